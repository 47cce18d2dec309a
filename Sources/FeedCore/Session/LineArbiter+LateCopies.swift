import Glibc

/// Late copies: messages delivered before, counted, and compared with what was delivered.
extension LineArbiter {
  mutating func remember(_ packet: SequencedPacket) {
    let position = Int(truncatingIfNeeded: historyCount) & (Self.historyCapacity - 1)
    history.base[position] = packet
    if let retention { PacketRetention.remember(retention, history.base + position, at: position) }
    historyCount &+= 1
  }

  /// The bytes of a connection do not stay: a later copy has nothing to be compared with.
  @inline(never)
  mutating func rememberWithoutBytes(_ packet: SequencedPacket) {
    var record = packet
    record.wholeCount = 0
    remember(record)
  }

  @inline(never)
  mutating func recordLateCopy(
    _ received: SequencedPacket, clock: UInt64, into sink: inout some DeliverySink
  ) {
    var packet = received
    guard check(&packet) else { return recordMalformed(received) }
    recordDuplicates(UInt64(packet.wholeCount), in: packet, clock: clock, into: &sink)
  }

  /// Counts the first `count` messages of `packet` as already delivered and compares their bytes with what was.
  mutating func recordDuplicates(
    _ count: UInt64, in packet: SequencedPacket, clock: UInt64, into sink: inout some DeliverySink
  ) {
    counters.add(.duplicates, count)
    guard historyCount > 0 else { return }
    let oldest = historyCount > UInt64(Self.historyCapacity) ? historyCount - UInt64(Self.historyCapacity) : 0
    // The line's copies usually follow one another: look where the last one was found, then search.
    var low = oldest
    var high = historyCount
    if historyHint >= oldest, historyHint < historyCount, past(historyHint).sequenceNumber <= packet.sequenceNumber {
      low = historyHint
      if low + 1 < historyCount, past(low + 1).sequenceNumber <= packet.sequenceNumber { low += 1 }
      if low + 1 >= historyCount || past(low + 1).sequenceNumber > packet.sequenceNumber { high = low + 1 }
    }
    while low < high {
      let middle = (low + high) / 2
      if past(middle).sequenceNumber <= packet.sequenceNumber { low = middle + 1 } else { high = middle }
    }
    // `low` is one past the last packet that begins at or before this one.
    var index = low > oldest ? low - 1 : low
    historyHint = index
    while index < historyCount, past(index).sequenceNumber < packet.sequenceNumber &+ count {
      if isRemembered(index) { compare(packet, with: past(index), clock: clock, into: &sink) }
      index += 1
    }
  }

  @inline(__always)
  func past(_ index: UInt64) -> SequencedPacket {
    history.base[Int(truncatingIfNeeded: index) & (Self.historyCapacity - 1)]
  }

  /// The bytes of the delivered packet are still there.
  @inline(__always)
  private func isRemembered(_ index: UInt64) -> Bool {
    guard let retention else { return true }
    return retention.pointee.remembers(Int(truncatingIfNeeded: index) & (Self.historyCapacity - 1))
  }

  /// Compares the messages that both packets hold; a difference is `lineDisagreement` and ends the feed's trust.
  mutating func compare(
    _ packet: SequencedPacket, with other: SequencedPacket, clock: UInt64, into sink: inout some DeliverySink
  ) {
    let from = max(packet.sequenceNumber, other.sequenceNumber)
    let to = min(
      packet.sequenceNumber &+ UInt64(packet.wholeCount), other.sequenceNumber &+ UInt64(other.wholeCount))
    guard from < to else { return }
    let a: UnsafeRawBufferPointer
    let b: UnsafeRawBufferPointer
    if hasLengthPrefix {
      a = MoldUDP64.layout.span(of: packet, from: from, to: to)
      b = MoldUDP64.layout.span(of: other, from: from, to: to)
    } else {
      a = layout.span(of: packet, from: from, to: to)
      b = layout.span(of: other, from: from, to: to)
    }
    if a.count == b.count, memcmp(a.baseAddress!, b.baseAddress!, a.count) == 0 { return }
    counters.note(.lineDisagreement, at: packet.occurrence)
    if !untrusted {
      untrusted = true
      publishTrust(clock: clock, packet: packet, into: &sink)
    }
  }
}
