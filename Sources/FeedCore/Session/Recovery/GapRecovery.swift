/// Asks for a channel's missing messages until they came, or gives up by name. Takes events and times, returns
/// requests; whoever calls it sends them and hands what comes back to the line arbiter as one more line.
///
/// It holds no opinion on what the next number is: the arbiter says what is missing, and every arrival, from whichever
/// line or server, is told here. So a late original after its retransmission, or the reverse, is no event.
///
/// | event \ state | whole | recovering | gaveUp |
/// |---|---|---|---|
/// | `missing` | remember; → recovering; too much → gaveUp | remember, numbers known already once; too much → gaveUp | – |
/// | `arrived`, none of it missing | – | an answer ends its request | – |
/// | `arrived`, some of it missing | – | forget those; nothing left → whole | – |
/// | `accepted` | unmatched | the request's patience begins anew | unmatched |
/// | `refused` busy | unmatched | back-off; attempts used up → gaveUp `serverBusy` | unmatched |
/// | `refused` too large | unmatched | ask for half; for one message → gaveUp `requestInvalid` | unmatched |
/// | `refused` finally | unmatched | → gaveUp with the reason | unmatched |
/// | `unavailable`, some of it missing | – | → gaveUp `messagesUnavailable` | – |
/// | `forget` | – | numbers below are not wanted any more; nothing left → whole | – |
/// | patience of a request over | – | repeat; attempts used up → gaveUp `serverSilent` | – |
/// | deadline of the oldest missing number over | – | → gaveUp `deadlinePassed` | – |
/// | allowance used up, a request due | – | → gaveUp `allowanceSpent` | – |
/// | `restart` | – | → whole | → whole |
///
/// A number is in at most one request at a time: a repetition takes the place of what it repeats. What has arrived in
/// the meantime is not asked for again. Progress starts the count of attempts anew, which is bounded because each
/// progress leaves less missing.
///
/// No event allocates; at most `gapCapacity` separate ranges are kept, in 2 KiB.
public struct GapRecovery: Sendable, BitwiseCopyable {
  public enum State: Sendable, Equatable, BitwiseCopyable {
    /// Nothing is missing.
    case whole
    case recovering
    /// Messages are lost for good; only `restart` leads on.
    case gaveUp(RecoveryFailure)
  }

  private struct Gap: BitwiseCopyable {
    var range = SequenceRange(0, 0)
    var openedAt: UInt64 = 0
  }

  private enum Phase: UInt8, BitwiseCopyable { case free, inFlight, backOff }

  private struct Slot: BitwiseCopyable {
    var phase = Phase.free
    /// Some of the range came since the request was sent.
    var progressed = false
    var attempt: UInt16 = 0
    var range = SequenceRange(0, 0)
    /// When patience ends (in flight), or the repetition may leave (back-off).
    var dueAt: UInt64 = 0
  }

  /// Separate missing ranges.
  public static var gapCapacity: Int { 64 }

  public let limits: RecoveryLimits
  public private(set) var state = State.whole
  public private(set) var counters = RecoveryCounters()
  /// Ascending, neither empty, touching nor overlapping.
  private var gaps = InlineArray<64, Gap>(repeating: Gap())
  private var gapCount = 0
  private var slots = InlineArray<16, Slot>(repeating: Slot())
  private var messagesPerRequest: UInt64
  private var sendableAt: UInt64 = 0
  /// Until when an answer to any request so far can come.
  private var answersDue: UInt64 = 0
  private var sessionRequests: UInt64 = 0

  public init(limits: RecoveryLimits) {
    self.limits = limits
    messagesPerRequest = limits.messagesPerRequest
  }

  // MARK: - What is missing

  public var missingCount: UInt64 {
    var count: UInt64 = 0
    for index in 0..<gapCount { count &+= gaps[index].range.count }
    return count
  }

  /// Whether the number is known to be missing.
  public func isMissing(_ number: UInt64) -> Bool {
    for index in 0..<gapCount where gaps[index].range.contains(number) { return true }
    return false
  }

  /// Whether a request under way, or one that waits for its repetition, asks for any of these numbers.
  public func isAskedFor(_ range: SequenceRange) -> Bool {
    for index in 0..<limits.requestsInFlight where slots[index].phase != .free {
      if slots[index].range.overlaps(range) { return true }
    }
    return false
  }

  /// One past the highest missing number, nil where none is.
  public var missingEnd: UInt64? { gapCount > 0 ? gaps[gapCount - 1].range.end : nil }

  /// The lowest missing number, nil where none is.
  public var firstMissing: UInt64? { gapCount > 0 ? gaps[0].range.first : nil }

  /// The arbiter waits for these numbers.
  public mutating func missing(_ range: SequenceRange, now: UInt64) {
    if case .gaveUp = state { return }
    if range.isEmpty { return }
    var merged = Gap(range: range, openedAt: now)
    var kept = 0
    var place = 0
    var next = gaps
    for index in 0..<gapCount {
      let gap = gaps[index]
      if gap.range.end >= merged.range.first, gap.range.first <= merged.range.end {
        merged.range.first = min(merged.range.first, gap.range.first)
        merged.range.end = max(merged.range.end, gap.range.end)
        merged.openedAt = min(merged.openedAt, gap.openedAt)
      } else {
        next[kept] = gap
        kept += 1
        if gap.range.end < merged.range.first { place = kept }
      }
    }
    if state == .whole { counters.add(.gapsOpened) }
    state = .recovering
    if kept == Self.gapCapacity { return giveUp(.tooManyGaps) }
    var index = kept
    while index > place {
      next[index] = next[index - 1]
      index -= 1
    }
    next[place] = merged
    gaps = next
    gapCount = kept + 1
    if missingCount > limits.gapMessages { giveUp(.gapTooLarge) }
  }

  /// Messages came, on a line, on a retransmission flow, or in a stream.
  ///
  /// - Parameter isAnswer: they came from the server that is asked.
  public mutating func arrived(_ range: SequenceRange, isAnswer: Bool, now: UInt64) {
    guard state == .recovering, !range.isEmpty else { return }
    let removed = remove(range)
    counters.add(.messagesRecovered, removed)
    for index in 0..<limits.requestsInFlight where slots[index].phase != .free {
      settle(index, with: range, isAnswer: isAnswer, now: now)
    }
    becomeWholeIfNothingIsMissing()
  }

  /// Numbers below `number` are not wanted any more: a snapshot holds them.
  public mutating func forget(below number: UInt64) {
    guard state == .recovering else { return }
    _ = remove(SequenceRange(0, number))
    for index in 0..<limits.requestsInFlight where slots[index].phase != .free {
      if firstMissing(in: slots[index].range) == nil { slots[index].phase = .free }
    }
    becomeWholeIfNothingIsMissing()
  }

  /// The channel's numbers start anew, or a snapshot took the place of what was lost.
  public mutating func restart(isNewSession: Bool) {
    if state == .recovering { counters.add(.gapsFilled) }
    state = .whole
    gapCount = 0
    for index in slots.indices { slots[index].phase = .free }
    messagesPerRequest = limits.messagesPerRequest
    if isNewSession { sessionRequests = 0 }
  }

  /// No request leaves before `time`, nor before every answer to an earlier one has come or is given up: behind a
  /// `restart` of numbers that packets do not tell from those before. Returns when that is.
  public mutating func askAgain(from time: UInt64) -> UInt64 {
    let from = max(time, answersDue)
    sendableAt = max(sendableAt, from)
    return from
  }

  // MARK: - What the server says

  /// The server accepted the request that begins at `first`: its data follow.
  public mutating func accepted(first: UInt64, now: UInt64) {
    guard let index = slot(first: first) else { return counters.add(.responsesUnmatched) }
    counters.add(.requestsAccepted)
    if slots[index].phase == .inFlight {
      slots[index].dueAt = due(after: limits.patience(attempt: slots[index].attempt), now: now)
    }
  }

  /// The server refused the request that begins at `first`.
  public mutating func refused(first: UInt64, _ refusal: RecoveryRefusal, now: UInt64) {
    guard let index = slot(first: first) else { return counters.add(.responsesUnmatched) }
    counters.add(.requestsRefused)
    switch refusal {
    case .final(let failure): giveUp(failure)
    case .busy:
      if slots[index].attempt >= limits.attempts { return giveUp(.serverBusy) }
      slots[index].phase = .backOff
      slots[index].dueAt = now &+ limits.patience(attempt: slots[index].attempt)
    case .tooLarge:
      if slots[index].range.count <= 1 { return giveUp(.requestInvalid) }
      messagesPerRequest = max(1, min(messagesPerRequest, slots[index].range.count / 2))
      slots[index].range.end = slots[index].range.first &+ messagesPerRequest
      slots[index].phase = .backOff
      slots[index].dueAt = now
    }
  }

  /// The server itself has lost these messages.
  public mutating func unavailable(_ range: SequenceRange) {
    guard state == .recovering, firstMissing(in: range) != nil else { return }
    giveUp(.messagesUnavailable)
  }

  /// The way to the server is gone for good, or it let us not in.
  public mutating func fail(_ failure: RecoveryFailure) {
    if state == .recovering { giveUp(failure) }
  }

  // MARK: - Time

  /// When `nextRequest` has something to do at the earliest. `.max` = nothing.
  public var nextDue: UInt64 { nextDue(canSend: true) }

  /// - Parameter canSend: false while there is no way to the server: then time only ends patience.
  public func nextDue(canSend: Bool) -> UInt64 {
    guard state == .recovering else { return .max }
    var due = UInt64.max
    for index in 0..<gapCount { due = min(due, limits.deadline(of: gaps[index].openedAt)) }
    var hasFreeSlot = false
    for index in 0..<limits.requestsInFlight {
      switch slots[index].phase {
      case .free: hasFreeSlot = canSend
      case .inFlight: due = min(due, slots[index].dueAt)
      case .backOff: due = canSend ? min(due, max(slots[index].dueAt, sendableAt)) : due
      }
    }
    if hasFreeSlot, uncovered() != nil { due = min(due, sendableAt) }
    return due
  }

  /// Runs what is due at `now` and returns one request to send; call again until nil.
  ///
  /// - Parameter canSend: as for `nextDue`.
  public mutating func nextRequest(now: UInt64, canSend: Bool = true) -> GapRequest? {
    guard state == .recovering else { return nil }
    expire(now: now)
    guard state == .recovering, canSend, now >= sendableAt else { return nil }
    for index in 0..<limits.requestsInFlight where slots[index].phase == .backOff && slots[index].dueAt <= now {
      guard let range = firstMissing(in: slots[index].range) else {
        slots[index].phase = .free
        continue
      }
      let attempt = slots[index].progressed ? 1 : slots[index].attempt &+ 1
      if attempt > 1 { counters.add(.requestsRepeated) }
      return send(range, attempt: attempt, slot: index, now: now)
    }
    for index in 0..<limits.requestsInFlight where slots[index].phase == .free {
      guard let range = uncovered() else { return nil }
      return send(range, attempt: 1, slot: index, now: now)
    }
    return nil
  }

  // MARK: - Helpers

  private mutating func send(_ wanted: SequenceRange, attempt: UInt16, slot: Int, now: UInt64) -> GapRequest? {
    if sessionRequests >= limits.requestsPerSession {
      giveUp(.allowanceSpent)
      return nil
    }
    var range = wanted
    range.end = range.first &+ min(range.count, messagesPerRequest)
    sessionRequests &+= 1
    sendableAt = now &+ limits.spacingNanoseconds
    counters.add(.requestsSent)
    slots[slot] = Slot(
      phase: .inFlight, progressed: false, attempt: attempt, range: range,
      dueAt: due(after: limits.patience(attempt: attempt), now: now))
    return GapRequest(range: range, attempt: attempt)
  }

  /// When patience with an answer ends.
  private mutating func due(after patience: UInt64, now: UInt64) -> UInt64 {
    let (due, overflow) = now.addingReportingOverflow(patience)
    answersDue = max(answersDue, overflow ? .max : due)
    return overflow ? .max : due
  }

  /// Ends what has waited too long.
  private mutating func expire(now: UInt64) {
    for index in 0..<gapCount where limits.deadline(of: gaps[index].openedAt) <= now { return giveUp(.deadlinePassed) }
    for index in 0..<limits.requestsInFlight where slots[index].phase == .inFlight && slots[index].dueAt <= now {
      counters.add(.requestsTimedOut)
      if !slots[index].progressed, slots[index].attempt >= limits.attempts { return giveUp(.serverSilent) }
      slots[index].phase = .backOff
    }
  }

  /// What an arrival means for one request.
  private mutating func settle(_ index: Int, with range: SequenceRange, isAnswer: Bool, now: UInt64) {
    let slot = slots[index]
    if isAnswer, limits.answer == .onePacket, slot.phase == .inFlight, range.contains(slot.range.first) {
      // The request is spent, whether or not its messages had come before; the rest has to be asked for.
      if firstMissing(in: SequenceRange(range.end, slot.range.end)) == nil {
        slots[index].phase = .free
      } else {
        slots[index].range.first = range.end
        slots[index].phase = .backOff
        slots[index].progressed = true
        slots[index].dueAt = now
      }
      return
    }
    if firstMissing(in: slot.range) == nil {
      slots[index].phase = .free
    } else if range.overlaps(slot.range) {
      slots[index].progressed = true
      if isAnswer, slot.phase == .inFlight {
        slots[index].dueAt = due(after: limits.patience(attempt: 1), now: now)
      }
    }
  }

  /// Takes numbers out of what is missing; returns how many were.
  private mutating func remove(_ range: SequenceRange) -> UInt64 {
    var removed: UInt64 = 0
    var next = gaps
    var kept = 0
    for index in 0..<gapCount {
      let gap = gaps[index]
      if !gap.range.overlaps(range) {
        next[kept] = gap
        kept += 1
        continue
      }
      let cut = SequenceRange(max(gap.range.first, range.first), min(gap.range.end, range.end))
      removed &+= cut.count
      let before = SequenceRange(gap.range.first, cut.first)
      let after = SequenceRange(cut.end, gap.range.end)
      if !before.isEmpty {
        next[kept] = Gap(range: before, openedAt: gap.openedAt)
        kept += 1
      }
      // Only one range can be cut in two. With all places taken it stays whole: what has come is asked for once more,
      // and the arbiter drops it.
      if !after.isEmpty, kept < Self.gapCapacity, before.isEmpty || gapCount < Self.gapCapacity {
        next[kept] = Gap(range: after, openedAt: gap.openedAt)
        kept += 1
      } else if !after.isEmpty {
        next[kept - 1].range.end = gap.range.end
        removed &-= cut.count
      }
    }
    gaps = next
    gapCount = kept
    return removed
  }

  /// The first missing numbers of `range` that stand together, nil where none is missing.
  private func firstMissing(in range: SequenceRange) -> SequenceRange? {
    for index in 0..<gapCount where gaps[index].range.overlaps(range) {
      let gap = gaps[index].range
      return SequenceRange(max(gap.first, range.first), min(gap.end, range.end))
    }
    return nil
  }

  /// The first missing numbers that no request covers, nil where there are none.
  private func uncovered() -> SequenceRange? {
    for index in 0..<gapCount {
      var first = gaps[index].range.first
      let end = gaps[index].range.end
      // Each round passes one slot, of which each can be passed once.
      for _ in 0...limits.requestsInFlight {
        var covering: UInt64?
        for slot in 0..<limits.requestsInFlight where slots[slot].phase != .free {
          if slots[slot].range.contains(first) { covering = slots[slot].range.end }
        }
        guard let covering else { break }
        first = covering
      }
      if first >= end { continue }
      var stop = end
      for slot in 0..<limits.requestsInFlight where slots[slot].phase != .free {
        if slots[slot].range.first > first { stop = min(stop, slots[slot].range.first) }
      }
      return SequenceRange(first, stop)
    }
    return nil
  }

  private func slot(first: UInt64) -> Int? {
    guard state == .recovering else { return nil }
    for index in 0..<limits.requestsInFlight where slots[index].phase != .free {
      if slots[index].range.first == first { return index }
    }
    return nil
  }

  private mutating func becomeWholeIfNothingIsMissing() {
    if gapCount > 0 { return }
    state = .whole
    counters.add(.gapsFilled)
    for index in slots.indices { slots[index].phase = .free }
  }

  private mutating func giveUp(_ failure: RecoveryFailure) {
    state = .gaveUp(failure)
    counters.add(.gapsGivenUp)
    gapCount = 0
    for index in slots.indices { slots[index].phase = .free }
  }
}
