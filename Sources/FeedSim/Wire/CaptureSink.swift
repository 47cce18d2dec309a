/// Where the captured packets go, in capture-time order; ties in order of venue, then line.
public protocol CaptureSink: AnyObject {
  /// - Parameters:
  ///   - frame: a whole Ethernet frame.
  ///   - captureNanoseconds: Unix nanoseconds, never less than the call before.
  ///   - venue: index of the venue, 0 ..< 8.
  ///   - line: 0 = A, 1 = B.
  func write(frame: [UInt8], captureNanoseconds: UInt64, venue: Int, line: Int) throws(GeneratorError)
}
