/// Where a packet comes from: what a transport's header does not say.
struct PacketOrigin {
  var captureNanoseconds: UInt64
  var packetIndex: UInt64
  var fileIndex: UInt16
  var line: UInt8
}

/// The everyday case of the feed with the most messages, ahead of `accept`.
extension LineArbiter {
  /// True where a MoldUDP64 packet begins with the next number: a first look, before anything else is judged.
  ///
  /// SAFETY: `MoldUDP64.headerLength` bytes are at `payload`.
  @inline(__always)
  func isNext(mold payload: UnsafeRawPointer) -> Bool {
    state == .live && !silent && payload.bigEndian(UInt64.self, at: 10) == next
  }

  /// Takes a MoldUDP64 packet that is next (`isNext`), if it is whole. False where it is anything else: then nothing was
  /// done.
  ///
  /// The header is read field by field into registers, and from there into the history: a `SequencedPacket` that is
  /// filled in memory and copied at once makes each wide load wait for the narrow stores before it, some 20 cycles a
  /// packet.
  @inline(__always)
  mutating func acceptNext(
    mold payload: UnsafeRawPointer, length: Int, from origin: PacketOrigin, clock: UInt64,
    into sink: inout some DeliverySink
  ) -> Bool {
    // SAFETY: `headerLength` bytes are here.
    let high = payload.bigEndian(UInt64.self, at: 0)
    let low = payload.bigEndian(UInt16.self, at: 8)
    let first = next
    let count = UInt64(payload.bigEndian(UInt16.self, at: 18))
    // Neither a heartbeat nor the end of the session; the last number must not pass 2^64.
    guard likely(high == session.high), likely(low == session.low), likely(count &- 1 < 0xFFFE),
      likely(first <= .max &- count)
    else { return false }
    sink.flushIfFull()
    // What is written here is no message before the batch counts it.
    let writer = sink.batch.deliveryWriter(channel: channel)
    var offset = MoldUDP64.headerLength
    var index = 0
    repeat {
      guard likely(offset &+ MoldUDP64.prefixLength <= length) else { return false }
      // SAFETY: the prefix is here, and the message, before they are read.
      let size = Int(payload.bigEndian(UInt16.self, at: offset))
      offset &+= MoldUDP64.prefixLength
      writer.write(payload + offset, length: size, at: index)
      offset &+= size
      index &+= 1
    } while index < Int(count)
    // A message that passes the end makes all that follow do so.
    guard likely(offset == length) else { return false }
    sink.batch.appendPacket(payload: payload, origin: origin, clock: clock, messages: index)
    counters.add(.channelPackets)
    lastHeard = clock
    next = first &+ count
    highestKnown = max(highestKnown, next)
    let record = history.base + (Int(truncatingIfNeeded: historyCount) & (Self.historyCapacity - 1))
    record.pointee.session.high = high
    record.pointee.session.low = low
    record.pointee.headerLength = UInt16(MoldUDP64.headerLength)
    record.pointee.fileIndex = origin.fileIndex
    record.pointee.line = origin.line
    record.pointee.kind = .data
    record.pointee.sequenceNumber = first
    record.pointee.blocks = payload + MoldUDP64.headerLength
    record.pointee.captureNanoseconds = origin.captureNanoseconds
    record.pointee.packetIndex = origin.packetIndex
    record.pointee.sendNanoseconds = 0
    record.pointee.blocksLength = UInt32(truncatingIfNeeded: length &- MoldUDP64.headerLength)
    record.pointee.messageCount = UInt32(truncatingIfNeeded: count)
    record.pointee.wholeCount = UInt32(truncatingIfNeeded: count)
    record.pointee.stream = 0
    if let retention { PacketRetention.remember(retention, record, at: record - history.base) }
    historyCount &+= 1
    return true
  }
}
