import FeedCore

/// Length-prefixed files: a 2-byte big-endian length, that many bytes of message; length 0 ends the file.
extension FileCursor {
  mutating func fillMessages(_ out: UnsafeMutablePointer<Packet>, limit: Int) -> Int {
    let base = base
    let length = length
    let fileIndex = fileIndex
    var offset = offset
    var clock = clock
    var count = 0
    while count < limit {
      // SAFETY: the length is read only where 2 bytes remain, and the message ends within the file.
      let remaining = length &- offset &- 2
      if remaining < 0 { break }
      let messageLength = Int(base.bigEndian(UInt16.self, at: offset))
      if messageLength == 0 || messageLength > remaining { break }
      let message = base + offset + 2
      Self.prefetch(message, messageLength)
      // ITCH's timestamp, nanoseconds since midnight; a message too short to hold one is malformed, not timeless.
      if messageLength >= 11 {
        let time = message.bigEndianUInt48(at: 5)
        if time < clock { note(.timeWentBack, at: offset) } else { clock = time }
      }
      (out + count).initialize(
        to: Packet(
          bytes: message, captureNanoseconds: clock, capturedLength: UInt32(truncatingIfNeeded: messageLength),
          wireLength: UInt32(truncatingIfNeeded: messageLength),
          recordIndex: recordIndex &+ UInt64(truncatingIfNeeded: count), fileIndex: fileIndex, linkType: .message))
      offset = offset &+ 2 &+ messageLength
      count &+= 1
    }
    self.offset = offset
    self.clock = clock
    recordIndex &+= UInt64(truncatingIfNeeded: count)
    if count < limit { endMessages() }
    return count
  }

  /// Why the walk stopped short.
  @inline(never)
  private mutating func endMessages() {
    let remaining = length - offset
    if remaining == 0 { return finish() }
    if remaining >= 2 && base.bigEndian(UInt16.self, at: offset) == 0 {
      if remaining > 2 { note(.bytesAfterEnd, at: offset + 2) }
      return finish()
    }
    stop(.truncatedTail, at: offset)
  }
}
