/// How a `PcapLiveQueue` receives.
public struct PcapLiveOptions: Sendable {
  /// Bytes of the kernel's buffer. 65,536 ... 1 G.
  public var bufferBytes = 33_554_432
  /// Packets of a burst at most: for so many there is memory. 1 ... 256.
  public var burstPacketsMaximum = 64
  /// Have the card let everything through; no group is joined.
  public var isPromiscuous = false
  public init() {}
}
