// Bytes as the events of a channel that lost messages: the gap recovery asks for nothing but what is missing, within
// its bounds; a join hands out every message once, in order, behind the snapshot that it joins.
//
// First byte: 0x03 gaps, a channel's join, instruments by channel numbers, instruments by a chain.
@testable import FeedCore

private let settings: RecoverySettings = {
  var settings = RecoverySettings()
  settings.requestMessages = 10
  settings.requestsInFlight = 3
  settings.requestSpacingNanoseconds = 5
  settings.answerTimeoutNanoseconds = 1_000
  settings.deadlineNanoseconds = 100_000
  settings.attempts = 3
  settings.gapMessages = 200
  settings.requestsPerSession = 100
  settings.snapshotAttempts = 3
  settings.snapshotTimeoutNanoseconds = 5_000
  settings.bufferMessages = 8
  settings.bufferBytes = 128
  return settings
}()
private let limits = RecoveryLimits(settings)

private struct Machines {
  var join = SnapshotJoin(limits: limits, settings: settings)
  var byChannel = InstrumentJoin(limits: limits, numbering: .channel, instruments: 4, settings: settings)
  var byChain = InstrumentJoin(limits: limits, numbering: .chain, instruments: 4, settings: settings)
}
nonisolated(unsafe) private let machines = tables { Machines() }

func fuzzRecoveryState(_ input: UnsafeRawBufferPointer) {
  guard let first = input.first else { return }
  let script = Script(UnsafeRawBufferPointer(rebasing: input[1...]))
  restoreTables()
  switch first & 3 {
  case 0: recoverGaps(script)
  case 1: joinChannel(script)
  case 2: joinInstruments(script, &machines.pointee.byChannel, .channel)
  default: joinInstruments(script, &machines.pointee.byChain, .chain)
  }
}

/// Numbers 1 ..< 1,024, each missing or not.
private func recoverGaps(_ input: Script) {
  var script = input
  var recovery = GapRecovery(limits: limits)
  var missing: Set<UInt64> = []
  var now: UInt64 = 1
  var last: GapRequest?
  func range() -> SequenceRange {
    let first = UInt64(script.byte()) << 2 | 1
    return SequenceRange(first, first + UInt64(script.byte() & 0x3F))
  }
  while !script.isOver {
    let what = script.byte()
    now += UInt64(what >> 3) * 100
    switch what & 7 {
    case 0, 1:
      let lost = range()
      let isOver = if case .gaveUp = recovery.state { true } else { false }
      recovery.missing(lost, now: now)
      if !isOver { missing.formUnion(lost.first..<lost.end) }
    case 2, 3:
      let came = range()
      recovery.arrived(came, isAnswer: what & 8 != 0, now: now)
      missing.subtract(came.first..<came.end)
    case 4: if let last { recovery.accepted(first: last.range.first, now: now) }
    case 5:
      let refusals: [RecoveryRefusal] = [.busy, .tooLarge, .busy, .final(.outOfRange)]
      recovery.refused(first: last?.range.first ?? 9, refusals[script.int() & 3], now: now)
    case 6:
      let number = UInt64(script.byte()) << 2
      recovery.forget(below: number)
      missing = missing.filter { $0 >= number }
    default:
      if what & 8 != 0 {
        let lost = range()
        let isTurned = what & 0x10 != 0
        recovery.unavailable(isTurned ? SequenceRange(lost.end, lost.first) : lost)
      }
      if what & 0x10 != 0 {
        recovery.restart(isNewSession: what & 0x20 != 0)
        missing = []
      }
    }
    var count = 0
    while let request = recovery.nextRequest(now: now) {
      last = request
      count += 1
      precondition(count <= settings.requestsInFlight, "more requests than may be under way")
      precondition(request.range.count >= 1 && request.range.count <= settings.requestMessages)
      precondition(missing.contains(request.range.first), "\(request.range) is asked for, \(request.range.first) is here")
      // A request that was too large is repeated at half its size: not more often than that goes.
      precondition(request.attempt >= 1 && Int(request.attempt) <= settings.attempts + 4)
    }
    switch recovery.state {
    case .whole: precondition(missing.isEmpty, "whole, and \(missing.count) are missing")
    case .recovering:
      precondition(recovery.missingCount == UInt64(missing.count), "\(recovery.missingCount) of \(missing.count) missing")
      precondition(recovery.firstMissing == missing.min())
      precondition(recovery.nextDue > now || recovery.nextDue == .max, "due, and nothing done")
    case .gaveUp: missing = []
    }
  }
}

/// A channel whose book is its last number: what goes into it has to continue it.
private func joinChannel(_ input: Script) {
  var script = input
  var now: UInt64 = 1
  var next: UInt64 = 100
  var book: UInt64?
  var isSnapshot = false
  let message: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]
  func apply(_ number: UInt64) {
    if let last = book { precondition(number == last + 1, "\(number) after \(last)") }
    book = number
  }
  while !script.isOver {
    let what = script.byte()
    now += UInt64(what >> 4) * 100
    switch what & 0x0F {
    case 0: machines.pointee.join.begin(now: now)
    case 1:
      machines.pointee.join.restart()
      (next, book, isSnapshot) = (1, nil, false)
    case 2: machines.pointee.join.liveNext(next, now: now)
    case 3:
      next += UInt64(what >> 4)
      machines.pointee.join.lost(before: next, now: now)
      if machines.pointee.join.state != .synchronised { book = nil }
    case 4: if machines.pointee.join.snapshotBegan(through: nil, messageCount: nil, now: now) {
      (book, isSnapshot) = (nil, true)
    }
    case 5: if machines.pointee.join.snapshotMessage(now: now) { precondition(isSnapshot) }
    case 6:
      let wasReceiving = machines.pointee.join.state == .receiving
      let through = next &+ UInt64(script.byte() & 15) &- 8
      machines.pointee.join.snapshotEnded(through: through, now: now)
      let isIn = machines.pointee.join.state == .synchronised || machines.pointee.join.state == .joining
      if wasReceiving, isIn { book = through }
    case 7: machines.pointee.join.refused(what & 0x80 != 0 ? .final(.outOfRange) : .busy, now: now)
    case 8: machines.pointee.join.failed(.connectionLost, now: now)
    case 9:
      if let joined = machines.pointee.join.nextJoined() {
        precondition(Array(joined.bytes) == Array(message.prefix(Int(joined.number % 20))))
        apply(joined.number)
      }
    case 10: _ = machines.pointee.join.nextRequest(now: now)
    default:
      let bytes = Array(message.prefix(Int(next % 20)))
      let isTrusted = machines.pointee.join.state == .synchronised
      let verdict = withExactCopy(bytes) {
        machines.pointee.join.live(next, $0, captureNanoseconds: now, now: now)
      }
      if isTrusted {
        switch verdict {
        case .deliver: apply(next)
        case .drop: precondition(next <= machines.pointee.join.through, "\(next) is dropped, and in no snapshot")
        case .buffered: preconditionFailure("nothing is kept of a channel that is synchronised")
        }
      }
      next += 1
    }
    let request = machines.pointee.join.nextRequest(now: now)
    precondition(request == nil || machines.pointee.join.nextRequest(now: now) == nil, "a request twice")
  }
}

/// Four instruments; a book is the number of its last change, or of the channel.
private func joinInstruments(_ input: Script, _ join: inout InstrumentJoin, _ numbering: InstrumentJoin.Numbering) {
  var script = input
  var now: UInt64 = 1
  var next: UInt64 = 100
  var books = [UInt64?](repeating: nil, count: 5)
  var changes: [UInt64] = [50, 60, 70, 80, 90]
  func apply(_ number: UInt64, _ instrument: Int) {
    if let last = books[instrument] { precondition(number > last, "\(number) after \(last) of \(instrument)") }
    books[instrument] = number
  }
  while !script.isOver {
    let what = script.byte()
    let instrument = Int(what >> 4 & 3)
    now += UInt64(what >> 6) * 500
    switch what & 0x0F {
    case 0:
      join.restart(now: now)
      books = books.map { _ in nil }
    case 1:
      join.restart(instrument, now: now)
      books[instrument] = nil
    case 2: join.liveNext(next)
    case 3:
      next += 3
      join.lost(before: next, now: now)
    case 4, 5:
      let number = numbering == .channel ? next &- 3 &+ UInt64(what >> 6) : changes[instrument]
      if join.snapshotBegan(instrument, through: number, now: now) { books[instrument] = nil }
    case 6, 7:
      let before = join.state(of: instrument)
      join.snapshotEnded(instrument, now: now)
      let after = join.state(of: instrument)
      if before == .receiving, after == .joining || after == .current { books[instrument] = join.through(of: instrument) }
    case 8: join.snapshotAborted(instrument)
    case 9:
      if let joined = join.nextJoined(instrument, now: now) { apply(joined.number, instrument) }
    case 10:
      join.advance(to: now)
      precondition(join.nextDue > now, "due, and nothing done")
    default:
      let before = changes[instrument]
      let step = what & 0x0F == 15 ? 5 : what & 0x0F == 14 ? 0 : 1
      changes[instrument] += UInt64(step)
      // A change that was lost shows as one that does not continue the last.
      let previous = step == 5 ? before + 3 : before
      let number = numbering == .channel ? next : changes[instrument]
      let isCurrent = join.state(of: instrument) == .current
      let verdict = withExactCopy([UInt8](repeating: 7, count: Int(number % 30))) {
        join.live(
          instrument, number: number, previous: previous, isLast: step != 0, $0, captureNanoseconds: now, now: now)
      }
      if isCurrent, verdict == .deliver { books[instrument] = number }
      if numbering == .channel { next += 1 }
    }
    precondition(!join.isSynchronised || (0..<4).contains { join.state(of: $0) == .current })
  }
}
