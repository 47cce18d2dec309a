/// How a transport lays messages one after another: where their length stands and what it counts. Data, so that one
/// walk without a branch on the transport serves all.
///
/// ```
/// |<------------------- step = length field + added ------------------->|
/// | …  length field (at lengthOffset, 1 or 2 bytes)  … | message bytes  |
/// |<-------------------- bodyOffset ------------------>|
/// ```
package struct BlockLayout: BitwiseCopyable, Sendable {
  /// Bytes that must be here before the length can be read, and the least step: no walk stands still.
  let minimum: UInt8
  let lengthOffset: UInt8
  /// Bytes of a block that its length field does not count.
  let added: UInt8
  /// Bytes of a block before what is delivered.
  let bodyOffset: UInt8
  /// Which bits of the two bytes at `lengthOffset` count, read in little-endian and in big-endian order. One is zero.
  let littleMask: UInt16
  let bigMask: UInt16
  /// True where the packet has one number, however many messages it holds.
  package let numbersPackets: Bool

  @inline(__always)
  init(
    minimum: UInt8, lengthOffset: UInt8 = 0, added: UInt8 = 0, bodyOffset: UInt8 = 0, littleMask: UInt16 = 0,
    bigMask: UInt16 = 0, numbersPackets: Bool = false
  ) {
    self.minimum = minimum
    self.lengthOffset = lengthOffset
    self.added = added
    self.bodyOffset = bodyOffset
    self.littleMask = littleMask
    self.bigMask = bigMask
    self.numbersPackets = numbersPackets
  }

  /// Bytes from the block at `block` to the next one; less than `minimum` where the length field is damaged.
  ///
  /// - Precondition: `minimum` bytes are here, which hold two bytes at `lengthOffset`.
  @inline(__always)
  func step(at block: UnsafeRawPointer) -> Int {
    let raw = block.littleEndian(UInt16.self, at: Int(lengthOffset))
    return Int(raw & littleMask | raw.byteSwapped & bigMask) &+ Int(added)
  }

  /// The first message at `offset` of `blocks`, nil where the bytes up to `end` do not hold it.
  @inline(__always)
  package func message(in blocks: UnsafeRawPointer, at offset: Int, end: Int) -> UnsafeRawBufferPointer? {
    guard offset &+ Int(minimum) <= end else { return nil }
    // SAFETY: `minimum` bytes are here.
    let step = step(at: blocks + offset)
    guard step >= Int(minimum), offset &+ step <= end else { return nil }
    return UnsafeRawBufferPointer(
      start: blocks + offset + Int(bodyOffset), count: step &- Int(bodyOffset))
  }

  /// Whole messages of `packet`, at most as many as it has numbers, and where they end.
  @inline(__always)
  package func wholeMessages(in packet: SequencedPacket) -> (count: UInt32, end: Int) {
    let minimum = Int(minimum)
    let end = Int(packet.blocksLength)
    let limit = numbersPackets ? UInt32.max : packet.messageCount
    var offset = 0
    var count: UInt32 = 0
    while count < limit, offset &+ minimum <= end {
      // SAFETY: `minimum` bytes are here.
      let step = step(at: packet.blocks + offset)
      guard step >= minimum, offset &+ step <= end else { break }
      offset &+= step
      count &+= 1
    }
    return (count, offset)
  }

  /// Numbers of `packet` whose messages are whole, walked; nil when its blocks contradict its length.
  @inline(__always)
  package func wholeNumbers(in packet: SequencedPacket) -> UInt32? {
    let (count, end) = wholeMessages(in: packet)
    guard end == Int(packet.blocksLength), count > 0 else { return nil }
    if numbersPackets { return packet.messageCount }
    return count == packet.messageCount ? count : nil
  }

  /// Where the block stands that is `count` blocks beyond `offset`. All of them are here.
  @inline(__always)
  private func offset(of count: UInt64, in blocks: UnsafeRawPointer, from offset: Int) -> Int {
    var offset = offset
    var left = count
    while left > 0 {
      offset &+= step(at: blocks + offset)
      left &-= 1
    }
    return offset
  }

  /// The blocks with numbers from ..< to of a packet whose blocks were checked.
  @inline(__always)
  func span(of packet: SequencedPacket, from: UInt64, to: UInt64) -> UnsafeRawBufferPointer {
    var offset = 0
    if !numbersPackets, from > packet.sequenceNumber {
      offset = self.offset(of: from &- packet.sequenceNumber, in: packet.blocks, from: 0)
    }
    let start = offset
    if to == packet.endSequence, packet.wholeCount == packet.messageCount {
      offset = Int(packet.blocksLength)
    } else {
      offset = self.offset(of: to &- from, in: packet.blocks, from: start)
    }
    return UnsafeRawBufferPointer(start: packet.blocks + start, count: offset - start)
  }

  /// Whether the messages that both packets hold are equal; nil when they hold none in common.
  func agree(_ a: SequencedPacket, _ b: SequencedPacket) -> Bool? {
    let from = max(a.sequenceNumber, b.sequenceNumber)
    let to = min(a.sequenceNumber &+ UInt64(a.wholeCount), b.sequenceNumber &+ UInt64(b.wholeCount))
    guard from < to else { return nil }
    return span(of: a, from: from, to: to).elementsEqual(span(of: b, from: from, to: to))
  }
}
