/// Gaps: packets that wait behind one, the window that closes it, and numbers too far ahead to be believed at once.
extension LineArbiter {
  /// Delivers what waited and is next now.
  mutating func drain(clock: UInt64, into sink: inout some DeliverySink) {
    var taken = 0
    while taken < heldCount, held[taken].sequenceNumber <= next {
      deliverRest(held[taken], clock: clock, into: &sink)
      taken += 1
    }
    if taken > 0 {
      heldCount -= taken
      for index in 0..<heldCount { held[index] = held[index + taken] }
    }
    settle(clock: clock, into: &sink)
  }

  /// After deliveries: live when nothing is missing, else waiting, since the oldest packet that waits.
  mutating func settle(clock: UInt64, into sink: inout some DeliverySink) {
    if state == .awaiting {
      // Only a snapshot ends it.
    } else if next < highestKnown {
      if let recovery, recovery.pointee.isMissing(next) {
        state = .recovering
        waitingFor = next
      } else if state != .waiting || next != waitingFor {
        // A gap that only shrank or stayed keeps its time.
        waitFromNow(clock)
      }
    } else {
      state = endAnnounced != nil ? .ended : .live
      holesDue = .max
    }
    publishTrust(clock: clock, packet: marker(at: clock), into: &sink)
  }

  /// Begins to wait for `next`: since the first packet or heartbeat that showed it missing.
  mutating func waitFromNow(_ clock: UInt64) {
    state = .waiting
    waitingFor = next
    waitingSince = clock
    for index in 0..<heldCount { waitingSince = min(waitingSince, held[index].captureNanoseconds) }
    if let announcement, announcement.endSequence > next {
      waitingSince = min(waitingSince, announcement.captureNanoseconds)
    }
    // Behind a gap that was long in recovery a window is over already: it closes now, not in the past.
    if recovery != nil, clock > settings.reorderWindowNanoseconds {
      waitingSince = max(waitingSince, clock - settings.reorderWindowNanoseconds)
    }
  }

  /// Keeps a packet that speaks of numbers beyond those it holds.
  mutating func announce(_ packet: SequencedPacket, clock: UInt64) {
    if let announcement, announcement.endSequence >= packet.endSequence { return }
    announcement = packet
    announcement?.captureNanoseconds = clock
  }

  mutating func hold(_ packet: SequencedPacket, clock: UInt64, into sink: inout some DeliverySink) {
    if packet.kind != .data { return }
    highestKnown = max(highestKnown, packet.endSequence)
    if heldCount >= settings.reorderWindowPackets, state == .joining || state == .waiting {
      let wasJoining = state == .joining
      closeWindow(clock: clock, into: &sink)
      // Judged like those that waited with it, and known to the numbers that begin now.
      if wasJoining { return acceptRare(packet, clock: clock, into: &sink) }
    }
    if heldCount == held.capacity { makeRoom(for: packet, clock: clock, into: &sink) }
    if packet.endSequence <= next, state != .joining {
      recordLateCopy(packet, clock: clock, into: &sink)
      return
    }
    if packet.sequenceNumber <= next, state != .joining, state != .awaiting {
      deliverRest(packet, clock: clock, into: &sink)
      drain(clock: clock, into: &sink)
      return
    }
    var position = heldCount
    while position > 0, held[position - 1].sequenceNumber > packet.sequenceNumber { position -= 1 }
    // A copy of a packet that waits already.
    var twin = position
    while twin > 0, held[twin - 1].sequenceNumber == packet.sequenceNumber {
      twin -= 1
      if held[twin].wholeCount >= packet.wholeCount {
        compare(packet, with: held[twin], clock: clock, into: &sink)
        counters.add(.duplicates, UInt64(packet.wholeCount))
        return
      }
    }
    if let kept = retain(packet, into: &sink) {
      for index in stride(from: heldCount, to: position, by: -1) { held[index] = held[index - 1] }
      held[position] = kept
      heldCount += 1
    } else {
      // As if it had been lost: what it holds is known to be missing.
      counters.note(.retentionFull, at: packet.occurrence)
    }
    if state == .live || state == .ended {
      waitFromNow(clock)
      publishTrust(clock: clock, packet: packet, into: &sink)
    }
  }

  /// The window of the oldest gap, or of the join, is over.
  mutating func closeWindow(clock: UInt64, into sink: inout some DeliverySink) {
    if recovery != nil { recover(clock: clock, into: &sink) } else { giveUpWaiting(clock: clock, into: &sink) }
  }

  /// What is missing is lost; after a join the numbers begin late.
  mutating func giveUpWaiting(clock: UInt64, into sink: inout some DeliverySink) {
    if state == .joining {
      open(at: heldCount > 0 ? held[0].sequenceNumber : highestKnown, clock: clock, into: &sink)
      return
    }
    let resume = heldCount > 0 ? min(held[0].sequenceNumber, highestKnown) : highestKnown
    let place = heldCount > 0 ? held[0].occurrence : announcement?.occurrence ?? Occurrence()
    counters.note(.gaps, at: place)
    counters.note(.messagesLost, resume &- next, at: place)
    // Where instruments recover by themselves their books lose their trust by what comes next.
    if numbering.instrumentsRecover {
      sink.flushIfFull()
      sink.batch.append(.messagesLost, channel: channel, detail: 0, packet: marker(at: clock), clock: clock)
    } else {
      untrusted = true
    }
    next = resume
    wantRefresh(isLateStart: false, clock: clock)
    // The next gap, if any, began to wait when its own packets came.
    drain(clock: clock, into: &sink)
  }

  // MARK: - Doubtful numbers

  func isFarAhead(_ packet: SequencedPacket) -> Bool {
    state != .joining && packet.sequenceNumber > next
      && packet.sequenceNumber &- next > settings.sequenceJumpMaximum
      // Continuing what already waits beyond a believed jump is no new jump.
      && !(heldCount > 0 && packet.sequenceNumber >= held[0].sequenceNumber
        && (packet.sequenceNumber <= held[heldCount - 1].sequenceNumber
          || packet.sequenceNumber &- held[heldCount - 1].sequenceNumber <= settings.sequenceJumpMaximum))
      && !(heldCount == 0 && highestKnown > next && packet.sequenceNumber == highestKnown)
  }

  func continues(_ first: SequencedPacket, _ second: SequencedPacket) -> Bool {
    second.sequenceNumber >= first.endSequence
      && second.sequenceNumber &- first.endSequence <= settings.sequenceJumpMaximum
      && (second.packetIndex != first.packetIndex || second.fileIndex != first.fileIndex)
  }

  mutating func setAside(_ packet: SequencedPacket, into sink: inout some DeliverySink) {
    refuseAside()
    counters.note(.sequenceJumpsHeld, at: packet.occurrence)
    if packet.session != session { doubtedSent = min(doubtedSent, packet.sendNanoseconds) }
    if let kept = retain(packet, into: &sink) {
      aside = kept
    } else {
      counters.note(.retentionFull, at: packet.occurrence)
      counters.add(.sequenceJumpsRefused)
    }
  }

  mutating func refuseAside() {
    if aside != nil { counters.add(.sequenceJumpsRefused) }
    aside = nil
  }
}

// MARK: - Packets that outlast their burst

extension LineArbiter {
  /// The packet where it stays until it is delivered or dropped. Nil: there is no memory for it.
  mutating func retain(_ packet: SequencedPacket, into sink: inout some DeliverySink) -> SequencedPacket? {
    guard let retention else { return packet }
    return retention.pointee.holds(packet) ? packet : copy(packet, to: retention, into: &sink)
  }

  @inline(never)
  private mutating func copy(
    _ packet: SequencedPacket, to retention: UnsafeMutablePointer<PacketRetention>, into sink: inout some DeliverySink
  ) -> SequencedPacket? {
    if !retention.pointee.hasRoom(for: packet) {
      if retention.pointee.isFull(waiting: heldCount + rejudgedCount) { return nil }
      // What was delivered from the half that is filled next has to be worked off.
      sink.settle()
      retention.pointee.turn()
      for index in 0..<heldCount { retention.pointee.move(&held[index]) }
      for index in 0..<rejudgedCount { retention.pointee.move(&rejudged[index]) }
      if var moved = aside {
        retention.pointee.move(&moved)
        aside = moved
      }
      retention.pointee.moved(heldCount + rejudgedCount, for: packet)
      if !retention.pointee.hasRoom(for: packet) { return nil }
    }
    return retention.pointee.keep(packet)
  }
}
