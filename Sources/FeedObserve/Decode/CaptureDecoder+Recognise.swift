import FeedCore

/// Recognition by structure, never by port numbers or file names known beforehand.
///
/// A packet that holds together proves its port: from then on whatever comes on that port is taken for the same
/// protocol, so that damaged packets are counted as malformed and not as foreign.
extension CaptureDecoder {
  /// Whether a UDP payload is MoldUDP64 with ITCH 5.0 messages: the message count and the block lengths consume the
  /// payload exactly and one message or more is of a known type and long enough, or all messages are so and the
  /// lengths contradict the payload's. Heartbeats and ends of session are 20 bytes with a count that says so.
  mutating func isMold(_ payload: UnsafeRawBufferPointer, port: UInt16, isCut: Bool) -> Bool {
    if itchIndex < 0 { return false }
    if protocols.count == 1 || moldPorts.contains(port) { return true }
    guard payload.count >= Self.moldHeaderLength, let base = payload.baseAddress else { return false }
    // SAFETY: the header is there; each block is compared with the payload's end before it is read.
    let messageCount = base.bigEndian(UInt16.self, at: 18)
    if messageCount == 0 || messageCount == .max { return payload.count == Self.moldHeaderLength }
    var (readable, unreadable) = (0, 0)
    var offset = Self.moldHeaderLength
    var isWhole = true
    for _ in 0..<messageCount {
      guard offset &+ 2 <= payload.count else {
        isWhole = isCut
        break
      }
      let length = Int(base.bigEndian(UInt16.self, at: offset))
      guard offset &+ 2 &+ length <= payload.count else {
        isWhole = isCut
        break
      }
      let message = UnsafeRawBufferPointer(start: base + offset + 2, count: length)
      if protocols[itchIndex].verdict(of: message).isReadable { readable += 1 } else { unreadable += 1 }
      offset &+= 2 &+ length
    }
    if offset != payload.count, !isCut { isWhole = false }
    guard readable > 0, isWhole || unreadable == 0 else { return false }
    moldPorts.insert(port)
    return true
  }
}
