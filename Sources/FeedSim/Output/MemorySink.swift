/// Keeps all packets in memory: for tests, and for feeding a pipeline without a file.
public final class MemorySink: CaptureSink {
  public struct Frame: Sendable, Equatable {
    public var bytes: [UInt8]
    public var captureNanoseconds: UInt64
    public var venue: Int
    public var line: Int
    /// The UDP payload.
    public var payload: ArraySlice<UInt8> { bytes[UDPFramer.headerLength...] }
  }
  public private(set) var frames: [Frame] = []
  public init() {}

  public func write(frame: [UInt8], captureNanoseconds: UInt64, venue: Int, line: Int) throws(GeneratorError) {
    frames.append(Frame(bytes: frame, captureNanoseconds: captureNanoseconds, venue: venue, line: line))
  }
}
