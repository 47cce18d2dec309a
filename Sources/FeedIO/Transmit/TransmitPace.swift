/// How fast a capture is sent.
public enum TransmitPace: Sendable, Equatable {
  /// As fast as the sinks take it.
  case maximum
  /// At the capture's own pace, times this many millionths: 1,000,000 is real time, 10,000,000 ten times as fast.
  case scaled(partsPerMillion: UInt64)
  /// So many packets of the capture a second, evenly. On several lines each packet has one time.
  case rate(packetsPerSecond: UInt64)
}
