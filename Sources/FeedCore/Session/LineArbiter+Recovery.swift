/// Recovery: what a closed window leaves missing is asked for, and answers are taken. The second table of
/// `LineArbiter`.
extension LineArbiter {
  /// Answers come from a server that is asked: on a retransmission line, or over a connection.
  @inline(__always)
  func isAnswer(_ packet: SequencedPacket) -> Bool {
    packet.line == SequencedPacket.connectionLine || answerLines >> UInt64(packet.line & 63) & 1 != 0
  }

  /// Takes an answer. It never begins numbers anew: its send time is that of the repetition.
  @inline(never)
  mutating func acceptAnswer(_ received: SequencedPacket, clock: UInt64, into sink: inout some DeliverySink) {
    counters.add(.channelPackets)
    counters.add(.answerPackets)
    var packet = received
    if isNumberedAnew, packet.line != SequencedPacket.connectionLine, isAnswerDoubtful(packet, clock: clock) {
      return counters.note(.staleAnswerPackets, at: packet.occurrence)
    }
    if packet.kind == .outOfBand {
      if let recovery, recovery.pointee.takeOutOfBand(packet, now: clock) {
        judgeRecovery(clock: clock, into: &sink)
      } else {
        counters.add(.outOfBandPackets)
      }
      return
    }
    if packet.kind == .reset, packet.messageCount > 0 { packet.kind = .data }
    guard packet.kind == .data else { return counters.add(.heartbeats) }
    guard check(&packet) else { return recordMalformed(received) }
    guard state != .idle, packet.session == session else { return counters.add(.staleSessionPackets) }
    if isFarAhead(packet) { return counters.note(.sequenceJumpsRefused, at: packet.occurrence) }
    packet.sendNanoseconds = historyCount > 0 ? past(historyCount - 1).sendNanoseconds : 0
    take(packet, clock: clock, into: &sink)
    judgeRecovery(clock: clock, into: &sink)
  }

  /// Whether an answer may be to a request from before the numbers began anew.
  private func isAnswerDoubtful(_ packet: SequencedPacket, clock: UInt64) -> Bool {
    if clock < answersFrom { return true }
    guard packet.kind != .outOfBand, let recovery else { return false }
    return !recovery.pointee.isAskedFor(SequenceRange(packet.sequenceNumber, packet.endSequence))
  }

  /// Takes a message that came over a connection. What is beyond the next number cannot be kept, for its bytes do not
  /// stay; it is asked for again.
  private mutating func acceptFromConnection(
    _ number: UInt64, block: UnsafeRawBufferPointer, clock: UInt64, into sink: inout some DeliverySink
  ) {
    guard state != .idle, state != .joining, state != .awaiting, let start = block.baseAddress, number <= next else {
      return
    }
    var packet = SequencedPacket(blocks: start)
    packet.session = session
    packet.line = SequencedPacket.connectionLine
    packet.number(number, count: 1)
    packet.blocksLength = UInt32(truncatingIfNeeded: block.count)
    packet.captureNanoseconds = clock
    acceptAnswer(packet, clock: clock, into: &sink)
  }

  // MARK: - Connections

  /// Takes bytes of a connection to a server, and with `isEnd` that the server closed it.
  @inline(never)
  mutating func receive(
    _ bytes: UnsafeRawBufferPointer, of service: RecoveryService, isEnd: Bool, clock: UInt64,
    into sink: inout some DeliverySink
  ) {
    guard let recovery else { return }
    var offset = 0
    while offset < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
      let taken = recovery.pointee.receive(service, rest, now: clock)
      if service == .messages {
        takeMessages(clock: clock, into: &sink)
      } else {
        takeSnapshot(clock: clock, into: &sink)
      }
      if taken == 0 {
        // A message longer than its client's buffer, which holds the longest of its protocol.
        recovery.pointee.disconnected(service, now: clock)
        break
      }
      offset += taken
    }
    if isEnd { recovery.pointee.disconnected(service, now: clock) }
    judgeRecovery(clock: clock, into: &sink)
  }

  private mutating func takeMessages(clock: UInt64, into sink: inout some DeliverySink) {
    guard let recovery else { return }
    while let (number, block) = recovery.pointee.nextMessage(now: clock) {
      if let kept = keep(block, into: &sink) { acceptFromConnection(number, block: kept, clock: clock, into: &sink) }
    }
  }

  private mutating func takeSnapshot(clock: UInt64, into sink: inout some DeliverySink) {
    guard let recovery else { return }
    while let event = recovery.pointee.nextSnapshotEvent(now: clock) {
      sink.flushIfFull()
      switch event {
      case .clear:
        sink.batch.append(.snapshotBegan, channel: channel, detail: 0, packet: marker(at: clock), clock: clock)
      case .content(let bytes):
        guard let kept = keep(bytes, into: &sink), let start = kept.baseAddress else { continue }
        sink.batch.append(
          snapshotMessage: start, length: kept.count, channel: channel, packet: marker(at: clock), clock: clock)
      case .joined(let through):
        sink.batch.append(.snapshotEnded, channel: channel, detail: 0, packet: marker(at: clock), clock: clock)
        joinSnapshot(through: through, clock: clock, into: &sink)
      }
    }
  }

  /// Copies bytes of a connection to where they stay until the books have them.
  private mutating func keep(
    _ bytes: UnsafeRawBufferPointer, into sink: inout some DeliverySink
  ) -> UnsafeRawBufferPointer? {
    guard let recovery else { return nil }
    if let kept = recovery.pointee.keep(bytes) { return kept }
    sink.settle()
    recovery.pointee.emptyArena()
    return recovery.pointee.keep(bytes)
  }

  // MARK: - Windows and holes

  /// A window is over, and something can be asked for.
  mutating func recover(clock: UInt64, into sink: inout some DeliverySink) {
    guard let recovery else { return }
    if state == .joining {
      let first = heldCount > 0 ? held[0].sequenceNumber : highestKnown
      if recovery.pointee.asksForMessages, first &- 1 <= recovery.pointee.joinMessagesMaximum {
        open(at: 1, clock: clock, into: &sink)
      } else if recovery.pointee.hasSnapshot {
        awaitingFrom = 0
        recovery.pointee.want(from: first, now: clock)
        open(at: first, awaiting: true, clock: clock, into: &sink)
        examineHoles(clock: clock)
      } else {
        giveUpWaiting(clock: clock, into: &sink)
      }
    } else if recovery.pointee.asksForMessages {
      state = .recovering
      waitingFor = next
      recovery.pointee.missing(SequenceRange(next, heldCount > 0 ? held[0].sequenceNumber : highestKnown), now: clock)
      examineHoles(clock: clock)
      judgeRecovery(clock: clock, into: &sink)
    } else if recovery.pointee.hasSnapshot {
      awaitSnapshot(clock: clock, into: &sink)
    } else {
      giveUpWaiting(clock: clock, into: &sink)
    }
  }

  /// A packet that is not yet noted speaks of numbers beyond a hole.
  mutating func noteHole(before packet: SequencedPacket, clock: UInt64) {
    lastHeard = clock
    if packet.sequenceNumber > highestKnown || packet.wholeCount < packet.messageCount {
      holesDue = min(holesDue, clock &+ settings.reorderWindowNanoseconds)
    }
  }

  /// Asks for every hole behind `next` whose window is over, or, where nothing asks, gives up what stands before it.
  mutating func examineHoles(clock: UInt64) {
    holesDue = .max
    guard let recovery else { return }
    let before = next
    var from = next
    var forgotten = 0
    for index in 0...heldCount {
      let isLast = index == heldCount
      let to = isLast ? highestKnown : held[index].sequenceNumber
      if to > from {
        let known = isLast ? announcement?.captureNanoseconds ?? clock : held[index].captureNanoseconds
        if known &+ settings.reorderWindowNanoseconds > clock {
          holesDue = min(holesDue, known &+ settings.reorderWindowNanoseconds)
        } else if recovery.pointee.asksForMessages {
          recovery.pointee.missing(SequenceRange(from, to), now: clock)
        } else if state == .awaiting {
          forgotten = index
          next = to
        }
      }
      if !isLast { from = max(from, held[index].sequenceNumber &+ UInt64(held[index].wholeCount)) }
    }
    if next == before { return }
    recovery.pointee.keptBegins(at: next, overflowed: false, now: clock)
    heldCount -= forgotten
    for index in 0..<heldCount { held[index] = held[index + forgotten] }
  }

  /// The buffer is full, behind a gap in recovery or before a snapshot.
  @inline(never)
  mutating func makeRoom(for packet: SequencedPacket, clock: UInt64, into sink: inout some DeliverySink) {
    guard let recovery else { return }
    if state == .recovering {
      recovery.pointee.failMessages(.bufferFull)
      judgeRecovery(clock: clock, into: &sink)
    }
    if state == .awaiting, heldCount == held.capacity {
      heldCount = 0
      next = packet.sequenceNumber
      recovery.pointee.keptBegins(at: next, overflowed: true, now: clock)
      judgeRecovery(clock: clock, into: &sink)
    }
  }

  // MARK: - Time and verdicts

  func isRecoveryDue(at due: UInt64) -> Bool {
    guard let recovery else { return false }
    if state == .recovering || state == .awaiting { return min(holesDue, recovery.pointee.nextDue) <= due }
    return recovery.pointee.refreshDue <= due
  }

  /// Runs what is due of the recovery: requests leave, patience ends.
  mutating func advanceRecovery(to due: UInt64, into sink: inout some DeliverySink) {
    if holesDue <= due { examineHoles(clock: due) }
    recovery?.pointee.advance(to: due, next: next)
    judgeRecovery(clock: due, into: &sink)
  }

  /// Acts on what the recovery came to.
  mutating func judgeRecovery(clock: UInt64, into sink: inout some DeliverySink) {
    guard let recovery else { return }
    if recovery.pointee.takeMessagesGivenUp() {
      if state == .recovering {
        if recovery.pointee.hasSnapshot {
          awaitSnapshot(clock: clock, into: &sink)
        } else {
          loseMissing(clock: clock, into: &sink)
        }
      } else if state == .awaiting {
        examineHoles(clock: clock)
      }
    }
    if state == .awaiting, recovery.pointee.isSnapshotGivenUp { abandonSnapshot(clock: clock, into: &sink) }
  }

  /// The oldest gap is lost, as without recovery; before the first message it is a late start.
  private mutating func loseMissing(clock: UInt64, into sink: inout some DeliverySink) {
    state = .waiting
    if next == 1, historyCount == 0 {
      state = .live
      lateStart = true
      next = heldCount > 0 ? min(held[0].sequenceNumber, highestKnown) : highestKnown
      wantRefresh(isLateStart: true, clock: clock)
      drain(clock: clock, into: &sink)
    } else {
      giveUpWaiting(clock: clock, into: &sink)
    }
  }

  /// The input, or the session, ends while something is asked for.
  @inline(never)
  mutating func interruptRecovery(clock: UInt64, into sink: inout some DeliverySink) {
    guard let recovery else { return }
    recovery.pointee.interrupt()
    _ = recovery.pointee.takeMessagesGivenUp()
    if state == .recovering { loseMissing(clock: clock, into: &sink) }
    if state == .awaiting { abandonSnapshot(clock: clock, into: &sink) }
  }

  // MARK: - Snapshots

  /// Nothing before `next` comes any more: instruments that recover wait for snapshots through it.
  ///
  /// - Parameter isLateStart: nothing was heard before it.
  mutating func wantRefresh(isLateStart: Bool, clock: UInt64) {
    guard numbering.instrumentsRecover, let recovery else { return }
    recovery.pointee.wantRefresh(from: next, isLateStart: isLateStart, now: clock)
  }

  /// What is missing is lost to the messages: a snapshot shall take its place.
  private mutating func awaitSnapshot(clock: UInt64, into sink: inout some DeliverySink) {
    guard let recovery else { return }
    awaitingFrom = next == 1 && historyCount == 0 ? 0 : next
    next = heldCount > 0 ? min(held[0].sequenceNumber, highestKnown) : highestKnown
    state = .awaiting
    recovery.pointee.want(from: next, now: clock)
    examineHoles(clock: clock)
    publishTrust(clock: clock, packet: marker(at: clock), into: &sink)
    judgeRecovery(clock: clock, into: &sink)
  }

  /// The books hold everything through `through`: what was kept follows.
  mutating func joinSnapshot(through: UInt64, clock: UInt64, into sink: inout some DeliverySink) {
    guard state == .awaiting, let recovery, through < .max else { return }
    let after = through &+ 1
    var dropped = 0
    while dropped < heldCount, held[dropped].endSequence <= after { dropped += 1 }
    heldCount -= dropped
    for index in 0..<heldCount { held[index] = held[index + dropped] }
    next = after
    joinedNext = after
    highestKnown = max(highestKnown, after)
    recovery.pointee.joined(below: after)
    lateStart = false
    untrusted = false
    silent = false
    lastHeard = clock
    state = .live
    drain(clock: clock, into: &sink)
  }

  /// No snapshot will come: as without one.
  private mutating func abandonSnapshot(clock: UInt64, into sink: inout some DeliverySink) {
    if awaitingFrom == 0 {
      lateStart = true
    } else {
      let place = heldCount > 0 ? held[0].occurrence : Occurrence()
      counters.note(.gaps, at: place)
      counters.note(.messagesLost, next &- awaitingFrom, at: place)
      untrusted = true
    }
    state = .live
    drain(clock: clock, into: &sink)
  }
}
