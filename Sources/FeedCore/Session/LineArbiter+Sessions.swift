/// Sessions: how one begins, how numbers begin anew, and what is left of the one before.
extension LineArbiter {
  /// The first packet of a session.
  mutating func begin(_ packet: SequencedPacket, clock: UInt64, into sink: inout some DeliverySink) {
    state = .joining
    next = 1
    heldCount = 0
    highestKnown = packet.endSequence
    endAnnounced = nil
    lateStart = false
    untrusted = false
    silent = false
    historyCount = 0
    waitingSince = clock
    lastHeard = clock
    sessionBegan = clock
    resetMark = max(resetMark, packet.sendNanoseconds)
    aside = nil
    announcement = nil
    holesDue = .max
    awaitingFrom = 0
    joinedNext = 0
    latestSent = 0
    doubtedSent = .max
    if let recovery { recovery.pointee.restart(session: session, now: clock) }
    if isNumberedAnew { doubtAnswers(clock: clock) }
    take(packet, clock: clock, into: &sink)
  }

  /// Ends the join: numbers begin at `first`, with `packet` where that is known already; `awaiting`: they are kept
  /// until a snapshot comes.
  mutating func open(
    at first: UInt64, with packet: SequencedPacket? = nil, awaiting: Bool = false, clock: UInt64,
    into sink: inout some DeliverySink
  ) {
    next = first
    lateStart = first != 1 && !awaiting
    if lateStart { wantRefresh(isLateStart: true, clock: clock) }
    lastHeard = clock
    // What was held is judged again now that a number is known: far jumps among it need their second packet.
    let waiting = heldCount
    for index in 0..<waiting { rejudged[index] = held[index] }
    rejudgedCount = waiting
    heldCount = 0
    highestKnown = next
    state = awaiting ? .awaiting : .live
    // Trust is published once all is judged: not `ok` for the moment between the first packet and a gap behind it.
    isOpening = true
    if let packet { acceptRare(packet, clock: clock, into: &sink) }
    for index in 0..<waiting { acceptRare(rejudged[index], clock: clock, into: &sink) }
    rejudgedCount = 0
    // What a heartbeat announced during the join counts as well, where it is believable.
    if let announced = announcement?.endSequence, announced > highestKnown {
      if announced &- next <= settings.sequenceJumpMaximum { highestKnown = announced } else { announcement = nil }
    }
    isOpening = false
    // What was judged came in order of numbers, not of time.
    if state == .waiting { waitFromNow(clock) }
    settle(clock: clock, into: &sink)
  }

  mutating func acceptOtherSession(
    _ packet: SequencedPacket, clock: UInt64, into sink: inout some DeliverySink
  ) {
    if hasPreviousSession, packet.session == previousSession {
      counters.add(.staleSessionPackets)
      return
    }
    var first: SequencedPacket?
    if packet.sequenceNumber > 1, state != .ended {
      guard let kept = aside, kept.session == packet.session, continues(kept, packet) else {
        setAside(packet, into: &sink)
        return
      }
      first = kept
      aside = nil
      counters.add(.sequenceJumpsBelieved)
    }
    restart(packet, after: first, clock: clock, into: &sink)
  }

  // MARK: - Numbers that begin anew under the same name

  /// Whether a number already passed is no late copy but the first of new numbers, by the transport's rule.
  @inline(__always)
  func isRestart(_ packet: SequencedPacket, clock: UInt64) -> Bool {
    guard state != .joining, packet.sequenceNumber > 0, packet.sequenceNumber < heardBeyond else { return false }
    // Late originals of what a snapshot holds may have been sent later than all that came of the lines; they come soon.
    if next == joinedNext, clock &- lastHeard <= settings.reorderWindowNanoseconds { return false }
    switch numbering.restart {
    case .never: return false
    case .laterSendTime: return isSentLater(packet)
    case .laterSendTimeOfFirst: return packet.sequenceNumber == 1 && isSentLater(packet)
    case .afterSilence:
      return (packet.sequenceNumber == 1 || next &- packet.sequenceNumber > UInt64(Self.historyCapacity))
        && clock &- lastHeard > settings.silenceNanoseconds
    }
  }

  /// Numbers below this are passed: the lines spoke of higher ones. A gap that is asked for stays open for long: what
  /// fills it was sent before what showed it.
  private var heardBeyond: UInt64 {
    if state != .recovering { return next }
    return heldCount > 0 ? held[0].sequenceNumber : highestKnown
  }

  /// Sent later than what came last by more than the reorder window.
  private func isSentLater(_ packet: SequencedPacket) -> Bool {
    (historyCount > 0 || latestSent > 0) && packet.sendNanoseconds > sentBeforeRestart
  }

  /// The latest send time a packet of these numbers can have: of what came last, and the reorder window.
  private var sentBeforeRestart: UInt64 {
    let sent = max(historyCount > 0 ? past(historyCount - 1).sendNanoseconds : 0, latestSent)
    return sent > .max - settings.reorderWindowNanoseconds ? .max : sent + settings.reorderWindowNanoseconds
  }

  mutating func acceptRestart(_ packet: SequencedPacket, clock: UInt64, into sink: inout some DeliverySink) {
    var first: SequencedPacket?
    if packet.sequenceNumber > 1 {
      guard let kept = aside, kept.session == session, kept.sequenceNumber < heardBeyond, continues(kept, packet) else {
        setAside(packet, into: &sink)
        return
      }
      first = kept
      aside = nil
      counters.add(.sequenceJumpsBelieved)
    }
    markNumberedAnew(sent: packet.sequenceNumber <= 1 ? packet.sendNanoseconds : sentBeforeRestart)
    restart(packet, after: first, clock: clock, into: &sink)
  }

  /// The numbers begin anew under the name they had: what was sent before `time` has numbers of those before, and
  /// answers may have, too.
  private mutating func markNumberedAnew(sent time: UInt64) {
    if numbering.tellsStaleBySendTime { staleBefore = max(staleBefore, time) }
    isNumberedAnew = true
  }

  /// Another session begins. Under its name packets that nobody believed were sent before its first: they had other
  /// numbers, such as those of a publisher that started again at once.
  private mutating func judgeDoubted(before first: SequencedPacket) {
    isNumberedAnew = false
    if doubtedSent >= first.sendNanoseconds { return }
    // All was sent before the number 1. Of a later one that much is known: the numbers began behind what was doubted.
    markNumberedAnew(sent: first.sequenceNumber <= 1 ? first.sendNanoseconds : doubtedSent + 1)
  }

  /// Takes a packet of kind `reset`. False when it goes on as the data or heartbeat it is now.
  mutating func takeReset(
    _ packet: inout SequencedPacket, clock: UInt64, into sink: inout some DeliverySink
  ) -> Bool {
    packet.kind = packet.messageCount > 0 ? .data : .heartbeat
    if numbering.reset == .names {
      // The name decides; one that was left comes again only if its start is not the other line's late copy.
      guard hasPreviousSession, packet.session == previousSession,
        clock &- sessionBegan > settings.reorderWindowNanoseconds
      else { return false }
      restart(packet, clock: clock, into: &sink)
      return true
    }
    let mark = packet.sendNanoseconds
    let isKnown = mark <= resetMark
    if state == .joining, numbering.reset == .begins || packet.sequenceNumber <= 1 {
      // What came first are later packets of the other line, or the last ones of the numbers before.
      resetMark = numbering.reset == .begins ? mark : max(resetMark, mark)
      forgetNumbers(before: packet, clock: clock)
      markNumberedAnew(sent: mark)
      doubtAnswers(clock: clock)
      return false
    }
    if numbering.reset == .begins, mark < resetMark {
      counters.add(.staleSessionPackets)
      return true
    }
    resetMark = max(resetMark, mark)
    if state == .idle {
      // `begin` follows.
      if packet.sequenceNumber <= 1 { markNumberedAnew(sent: mark) }
      return false
    }
    if isKnown { return false }
    if numbering.reset == .mayContinue, state == .joining || packet.sequenceNumber >= next { return false }
    markNumberedAnew(sent: mark)
    restart(packet, clock: clock, into: &sink)
    return true
  }

  /// The join ends with the first number there is.
  mutating func openAtFirst(
    _ packet: SequencedPacket, clock: UInt64, into sink: inout some DeliverySink
  ) {
    if numbering.tellsStaleBySendTime { forgetNumbers(before: packet, clock: clock) }
    if packet.kind == .data {
      open(at: packet.sequenceNumber, with: packet, clock: clock, into: &sink)
    } else {
      open(at: 1, clock: clock, into: &sink)
    }
  }

  /// Numbers begin with `packet` while the join is open: what was sent before it belongs to the numbers before. Only
  /// the send times tell, for nothing was delivered yet.
  @inline(never)
  private mutating func forgetNumbers(before packet: SequencedPacket, clock: UInt64) {
    let sent = packet.sendNanoseconds
    var kept = 0
    for index in 0..<heldCount where held[index].sendNanoseconds >= sent {
      held[kept] = held[index]
      kept += 1
    }
    var forgotten = heldCount - kept
    heldCount = kept
    if let announced = announcement, announced.sendNanoseconds < sent {
      announcement = nil
      forgotten += 1
    }
    if forgotten == 0 { return }
    endAnnounced = nil
    counters.note(.sessionRestarts, at: packet.occurrence)
    counters.add(.staleSessionPackets, UInt64(forgotten))
    markNumberedAnew(sent: sent)
    doubtAnswers(clock: clock)
  }

  /// Numbers began anew under a name that answers to earlier requests have, too.
  private mutating func doubtAnswers(clock: UInt64) {
    let (from, overflow) = clock.addingReportingOverflow(answerTimeoutNanoseconds)
    answersFrom = max(answersFrom, overflow ? .max : from)
    if let recovery { answersFrom = recovery.pointee.askAgain(from: answersFrom) }
  }

  /// A new session, or new numbers in the same one, begin with `kept` where one was, and `packet`.
  private mutating func restart(
    _ packet: SequencedPacket, after kept: SequencedPacket? = nil, clock: UInt64, into sink: inout some DeliverySink
  ) {
    finish(clock: clock, into: &sink)
    counters.note(.sessionRestarts, at: packet.occurrence)
    answersFrom = 0
    if packet.session == session {
      isNumberedAnew = true
    } else {
      judgeDoubted(before: kept ?? packet)
      previousSession = session
      hasPreviousSession = true
      session = packet.session
    }
    sink.flushIfFull()
    sink.batch.append(.sessionRestart, channel: channel, detail: 0, packet: packet, clock: clock)
    published = .gap
    if var first = kept {
      first.captureNanoseconds = clock
      begin(first, clock: clock, into: &sink)
      acceptRare(packet, clock: clock, into: &sink)
    } else {
      begin(packet, clock: clock, into: &sink)
    }
  }
}
