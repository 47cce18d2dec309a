/// The everyday case of all transports but MoldUDP64, which has its own (`acceptNext(mold:)`).
extension LineArbiter {
  /// True where a packet begins with the next number of this session: a first look, before anything else is judged.
  @inline(__always)
  func isNext(_ header: EverydayHeader) -> Bool {
    state == .live && !silent && header.sequenceNumber == next && header.session == session.high
  }

  /// Line `line` carries answers to requests.
  @inline(__always)
  func isAnswerLine(_ line: UInt8) -> Bool { answerLines >> UInt64(line & 63) & 1 != 0 }

  /// Takes a packet that is whole and next: what `accept` does with it, in one walk over its blocks that leaves the
  /// deliveries where the batch wants them. False where the blocks say otherwise: then nothing was done.
  ///
  /// - Precondition: `isNext`; `Framing.everydayLength` bytes are at `payload`, and `length` all that there are.
  @inline(__always)
  mutating func acceptNext<Framing: EverydayFraming>(
    _: Framing.Type, _ header: EverydayHeader, payload: UnsafeRawPointer, length: Int, from origin: PacketOrigin,
    clock: UInt64, into sink: inout some DeliverySink
  ) -> Bool {
    let layout = Framing.layout
    let minimum = Int(layout.minimum)
    let bodyOffset = Int(layout.bodyOffset)
    sink.flushIfFull()
    // What is written here is no message before the batch counts it.
    let writer = sink.batch.deliveryWriter(channel: channel)
    var block = payload + Framing.blocksOffset
    // The last place where a block's length can be read, and the end.
    let last = payload + (length &- minimum)
    let end = payload + length
    var index = 0
    // Bounded by the payload: each turn takes a block of `minimum` bytes at least.
    repeat {
      guard block <= last else { return false }
      // SAFETY: the layout's `minimum` of bytes is here, and the message, before they are read.
      let step = layout.step(at: block)
      guard step >= minimum, Framing.follows(block, index: index, header, of: payload) else { return false }
      writer.write(block + bodyOffset, length: step &- bodyOffset, at: index)
      block += step
      index &+= 1
    } while block < end
    // A message that passes the end makes all that follow do so.
    guard block == end, header.messageCount < 0 || index == header.messageCount else { return false }
    sink.batch.appendPacket(payload: payload, origin: origin, clock: clock, messages: index)
    counters.add(.channelPackets)
    let count: UInt64 = layout.numbersPackets ? 1 : UInt64(truncatingIfNeeded: index)
    let first = header.sequenceNumber
    lastHeard = clock
    next = first &+ count
    highestKnown = max(highestKnown, next)
    let record = history.base + (Int(truncatingIfNeeded: historyCount) & (Self.historyCapacity - 1))
    record.pointee.session.high = header.session
    record.pointee.session.low = 0
    record.pointee.headerLength = UInt16(Framing.recordedHeaderLength)
    record.pointee.fileIndex = origin.fileIndex
    record.pointee.line = origin.line
    record.pointee.kind = .data
    record.pointee.sequenceNumber = first
    record.pointee.blocks = payload + Framing.blocksOffset
    record.pointee.captureNanoseconds = origin.captureNanoseconds
    record.pointee.packetIndex = origin.packetIndex
    record.pointee.sendNanoseconds = header.sendNanoseconds
    record.pointee.blocksLength = UInt32(truncatingIfNeeded: length &- Framing.blocksOffset)
    record.pointee.messageCount = UInt32(truncatingIfNeeded: count)
    record.pointee.wholeCount = UInt32(truncatingIfNeeded: count)
    record.pointee.stream = header.stream
    if let retention { PacketRetention.remember(retention, record, at: record - history.base) }
    historyCount &+= 1
    return true
  }
}
