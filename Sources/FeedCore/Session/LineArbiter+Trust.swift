/// Trust of the channel, and the check of a packet's blocks.
extension LineArbiter {
  /// Walks the blocks; false when they contradict the packet's length. Of a packet cut by the snap length
  /// (`wholeCount` is 0 on entry and `messageCount` is what it announced) the whole messages count.
  // Inlined: a call of a method that does not mutate copies all of the arbiter (Swift 6.3.1).
  @inline(__always)
  func check(_ packet: inout SequencedPacket) -> Bool {
    if packet.wholeCount == packet.messageCount {
      return hasLengthPrefix
        ? MoldUDP64.layout.wholeNumbers(in: packet) != nil : layout.wholeNumbers(in: packet) != nil
    }
    let (count, end) = layout.wholeMessages(in: packet)
    // Of a packet with one number for all its messages a part is nothing.
    packet.wholeCount = layout.numbersPackets ? 0 : count
    packet.blocksLength = layout.numbersPackets ? 0 : UInt32(truncatingIfNeeded: end)
    return true
  }

  func recordMalformed(_ packet: SequencedPacket) { counters.note(.malformed, at: packet.occurrence) }

  mutating func endSilence(_ packet: SequencedPacket, clock: UInt64, into sink: inout some DeliverySink) {
    silent = false
    publishTrust(clock: clock, packet: packet, into: &sink)
  }

  mutating func publishTrust(
    clock: UInt64, packet: SequencedPacket, into sink: inout some DeliverySink
  ) {
    let trust: BookState =
      untrusted ? .untrusted
      : state == .waiting || state == .joining || state == .recovering || state == .awaiting ? .gap
      : lateStart ? .lateStart
      : silent ? .silent : .ok
    if trust == published || isOpening { return }
    published = trust
    sink.flushIfFull()
    sink.batch.append(.channelState, channel: channel, detail: trust.rawValue, packet: packet, clock: clock)
  }

  /// Stands for "no packet" where only a time matters.
  func marker(at clock: UInt64) -> SequencedPacket {
    var packet = SequencedPacket(blocks: UnsafeRawPointer(held.base))
    packet.captureNanoseconds = clock
    return packet
  }
}
