/// Delivering: messages of packets that are next go into the batch.
extension LineArbiter {
  /// Delivers a whole packet that begins at `next`, in one walk over its blocks. Blocks that contradict the length
  /// take the packet back out of the batch.
  @inline(__always)
  mutating func deliverNext(_ packet: SequencedPacket, clock: UInt64, into sink: inout some DeliverySink) {
    sink.flushIfFull()
    let mark = sink.batch.count
    let packetMark = sink.batch.packetCount
    sink.batch.beginPacket(packet, clock: clock)
    // The same walk twice: for the feeds with most messages the compiler knows the layout.
    let isWhole = hasLengthPrefix
      ? append(packet, MoldUDP64.layout, into: &sink.batch) : append(packet, layout, into: &sink.batch)
    if !isWhole {
      sink.batch.count = mark
      sink.batch.packetCount = packetMark
      recordMalformed(packet)
      return
    }
    sink.batch.endPacket()
    lastHeard = clock
    next &+= UInt64(packet.messageCount)
    highestKnown = max(highestKnown, next)
    remember(packet)
  }

  /// Appends the packet's messages; false when its blocks contradict its length.
  @inline(__always)
  private func append(_ packet: SequencedPacket, _ layout: BlockLayout, into batch: inout DeliveryBatch) -> Bool {
    let minimum = Int(layout.minimum)
    let bodyOffset = Int(layout.bodyOffset)
    let end = Int(packet.blocksLength)
    var offset = 0
    var count: UInt32 = 0
    while offset < end {
      guard offset &+ minimum <= end else { return false }
      // SAFETY: the layout's `minimum` of bytes is here, and the message, before they are read.
      let step = layout.step(at: packet.blocks + offset)
      guard step >= minimum, offset &+ step <= end else { return false }
      batch.append(
        message: packet.blocks + (offset &+ bodyOffset), length: step &- bodyOffset, channel: channel)
      offset &+= step
      count &+= 1
    }
    return count == packet.messageCount || layout.numbersPackets
  }

  /// Delivers the part of a whole-checked packet from `next` on.
  mutating func deliverRest(_ packet: SequencedPacket, clock: UInt64, into sink: inout some DeliverySink) {
    let skip = next &- packet.sequenceNumber
    if skip > 0 { recordDuplicates(min(skip, UInt64(packet.wholeCount)), in: packet, clock: clock, into: &sink) }
    if packet.wholeCount < packet.messageCount { announce(packet, clock: packet.captureNanoseconds) }
    guard packet.sequenceNumber &+ UInt64(packet.wholeCount) > next else { return }
    sink.flushIfFull()
    sink.batch.beginPacket(packet, clock: clock)
    // A packet that has one number is delivered whole.
    let first = layout.numbersPackets ? 0 : skip
    let end = Int(packet.blocksLength)
    var offset = 0
    var index: UInt64 = 0
    while offset < end {
      // SAFETY: the packet's blocks were checked.
      let step = layout.step(at: packet.blocks + offset)
      if index >= first {
        sink.batch.append(
          message: packet.blocks + offset + Int(layout.bodyOffset), length: step - Int(layout.bodyOffset),
          channel: channel)
      }
      offset += step
      index += 1
    }
    sink.batch.endPacket()
    next = packet.sequenceNumber &+ UInt64(packet.wholeCount)
    highestKnown = max(highestKnown, packet.endSequence)
    if packet.line == SequencedPacket.connectionLine { rememberWithoutBytes(packet) } else { remember(packet) }
  }
}
