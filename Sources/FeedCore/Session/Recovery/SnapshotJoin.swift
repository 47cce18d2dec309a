/// Joins one snapshot of a whole channel to its live messages: GLIMPSE, Cboe spin, IEX SNAP, MEMX-TCP.
///
/// Numbers are those of the live channel. A snapshot *through* S holds everything up to and including S. What the
/// venues say differs, and their codecs bring it to this: GLIMPSE names the next number to process (S + 1), the others
/// name S. `start` below is the first number from which on live messages are here without a hole.
///
/// | event \ state | idle | wanted | requested | receiving | joining | synchronised | gaveUp |
/// |---|---|---|---|---|---|---|---|
/// | `begin` | → wanted | – | – | – | – | → wanted | – |
/// | `live` n | deliver | keep | keep | keep | keep | ≤ S drop, else deliver | deliver |
/// | `live` n a second time | deliver | drop | drop | drop | drop | as above | deliver |
/// | `liveNext` n (heartbeat) | – | n is `start` if none is known | same | same | – | – | – |
/// | live messages are lost, they go on at n | – | forget what is kept, `start` = n | same | same | failed | n > S + 1: → wanted | – |
/// | buffer full | | forget what is kept, `start` = n | same | same | failed | | |
/// | `snapshotBegan` | no | no | clear the books → receiving | clear again, count again | no | no | no |
/// | `snapshotMessage` | no | no | no | apply | no | no | no |
/// | `snapshotEnded` through S | no | no | no | too few messages, or S + 1 < `start`: failed; else drop what is ≤ S; → joining, synchronised | no | no | no |
/// | `refused`, `failed` | – | – | failed | failed | – | – | – |
/// | nothing came for the timeout | – | – | failed | failed | – | – | – |
/// | `nextJoined` finds nothing more | | | | | → synchronised | | |
/// | `restart` | – | → idle | → idle | → idle | → idle | → idle | → idle |
///
/// *failed*: → wanted, to be asked for again after a back-off; attempts used up, or a final refusal → gaveUp. "no":
/// counted as `snapshotsUnexpected`, not to be applied. A request leaves only when `start` is known, since a server's
/// snapshot may otherwise be older than what is heard first, and nothing would say that the channel goes on where the
/// snapshot ends.
public struct SnapshotJoin: Sendable {
  public enum State: Sendable, Equatable, BitwiseCopyable {
    /// No snapshot is needed.
    case idle
    /// To be asked for, once live messages are heard and the back-off is over.
    case wanted
    case requested
    case receiving
    /// The snapshot is in the books; kept messages are being applied (`nextJoined`).
    case joining
    case synchronised
    case gaveUp(RecoveryFailure)
  }

  public let limits: RecoveryLimits
  public private(set) var state = State.idle
  public private(set) var counters = RecoveryCounters()
  /// S of the snapshot in the books.
  public private(set) var through: UInt64 = 0

  private var buffer: RecoveryBuffer
  private var kept = RecoveryBuffer.List()
  /// The first number from which on live messages are here without a hole; nil while nothing was heard.
  private var start: UInt64?
  /// The next live number.
  private var next: UInt64 = 0
  private var attempt: UInt16 = 0
  private var dueAt: UInt64 = 0
  private var announcedCount: UInt64?
  private var messageCount: UInt64 = 0
  private var overflowed = false

  init(limits: RecoveryLimits, buffer: RecoveryBuffer) {
    self.limits = limits
    self.buffer = buffer
  }

  public init(limits: RecoveryLimits, settings: RecoverySettings) {
    self.init(
      limits: limits, buffer: RecoveryBuffer(messages: settings.bufferMessages, bytes: settings.bufferBytes))
  }

  // MARK: - The channel

  /// A snapshot is needed: a late start, or messages lost for good.
  ///
  /// - Parameter due: no request leaves before this.
  public mutating func begin(now: UInt64, due: UInt64 = 0) {
    switch state {
    case .idle, .synchronised:
      forgetKept()
      start = nil
      attempt = 0
      overflowed = false
      state = .wanted
      dueAt = max(now, due)
    default: break
    }
  }

  /// The channel's numbers start anew: what was is of no use.
  public mutating func restart() {
    forgetKept()
    start = nil
    through = 0
    state = .idle
  }

  /// One live message, in order; `captureNanoseconds` is when it came.
  public mutating func live(
    _ number: UInt64, _ message: UnsafeRawBufferPointer, captureNanoseconds: UInt64, now: UInt64
  ) -> LiveVerdict {
    switch state {
    case .idle, .gaveUp: return .deliver
    case .synchronised: return number <= through ? .drop : .deliver
    case .wanted, .requested, .receiving, .joining:
      if start != nil, number < next { return .drop }
      if start != nil, number > next { lost(before: number, now: now) }
      // Given up: what goes on goes into books nobody trusts.
      if case .gaveUp = state { return .deliver }
      let wasJoining = state == .joining
      let verdict = keep(number, message, captureNanoseconds)
      if wasJoining, overflowed { fail(.bufferFull, now: now) }
      if case .gaveUp = state { return .deliver }
      return verdict
    }
  }

  /// The channel's next number, from a heartbeat.
  public mutating func liveNext(_ number: UInt64, now: UInt64) {
    switch state {
    case .wanted, .requested, .receiving:
      if start == nil {
        start = number
        next = number
      }
    default: break
    }
  }

  /// Live messages are lost; they go on at `number`.
  ///
  /// - Parameter isOverflow: they are lost for want of room.
  public mutating func lost(before number: UInt64, isOverflow: Bool = false, now: UInt64) {
    if isOverflow {
      counters.add(.bufferOverflows)
      overflowed = true
    }
    switch state {
    case .idle, .gaveUp: break
    case .wanted, .requested, .receiving: beginAnew(at: number)
    case .joining:
      beginAnew(at: number)
      fail(.snapshotTooOld, now: now)
    case .synchronised:
      if number <= through &+ 1 { return }
      begin(now: now)
      beginAnew(at: number)
    }
  }

  // MARK: - The snapshot

  /// When `nextRequest` has something to do at the earliest. `.max` = nothing.
  public var nextDue: UInt64 {
    switch state {
    case .wanted: start == nil ? .max : dueAt
    case .requested, .receiving: dueAt
    default: .max
    }
  }

  /// Runs what is due at `now`; a request where one is to be sent.
  public mutating func nextRequest(now: UInt64) -> SnapshotRequest? {
    if state == .requested || state == .receiving, dueAt <= now {
      counters.add(.requestsTimedOut)
      fail(state == .requested ? .serverSilent : .snapshotIncomplete, now: now)
    }
    guard state == .wanted, dueAt <= now, let start else { return nil }
    attempt &+= 1
    state = .requested
    overflowed = false
    wait(from: now)
    counters.add(.snapshotsRequested)
    return SnapshotRequest(throughMinimum: start &- 1, attempt: attempt)
  }

  /// The server is alive and at work: its patience begins anew.
  public mutating func accepted(now: UInt64) {
    if state == .requested || state == .receiving { wait(from: now) }
  }

  /// The server begins. True: empty the books, the snapshot's messages go into them.
  ///
  /// - Parameters:
  ///   - through: S, where the server says it now.
  ///   - messageCount: how many will come, where the server says so.
  public mutating func snapshotBegan(through: UInt64?, messageCount count: UInt64?, now: UInt64) -> Bool {
    guard state == .requested || state == .receiving else {
      counters.add(.snapshotsUnexpected)
      return false
    }
    if let through, isTooOld(through) {
      fail(overflowed ? .bufferFull : .snapshotTooOld, now: now)
      return false
    }
    state = .receiving
    announcedCount = count
    messageCount = 0
    wait(from: now)
    return true
  }

  /// A message of the snapshot. False: do not apply it.
  public mutating func snapshotMessage(now: UInt64) -> Bool {
    guard state == .receiving else {
      counters.add(.snapshotsUnexpected)
      return false
    }
    messageCount &+= 1
    wait(from: now)
    return true
  }

  /// The snapshot is whole, and holds everything through `through`.
  public mutating func snapshotEnded(through: UInt64, now: UInt64) {
    guard state == .receiving else { return counters.add(.snapshotsUnexpected) }
    if let announcedCount, announcedCount != messageCount { return fail(.snapshotIncomplete, now: now) }
    if isTooOld(through) { return fail(overflowed ? .bufferFull : .snapshotTooOld, now: now) }
    self.through = through
    counters.add(.snapshotsJoined)
    while let first = buffer.first(of: kept), first.number <= through {
      counters.add(.messagesInSnapshot)
      _ = buffer.removeFirst(of: &kept)
    }
    // Without kept messages the next live one is at most S + 1: `start` is, and nothing was lost since.
    if kept.isEmpty { becomeSynchronised() } else { state = .joining }
  }

  public mutating func refused(_ refusal: RecoveryRefusal, now: UInt64) {
    guard state == .requested || state == .receiving else { return counters.add(.responsesUnmatched) }
    counters.add(.requestsRefused)
    switch refusal {
    case .busy: fail(.serverBusy, now: now)
    case .tooLarge: giveUp(.requestInvalid)
    case .final(let failure): giveUp(failure)
    }
  }

  /// The attempt failed: connection lost, bytes malformed, end too early.
  public mutating func failed(_ failure: RecoveryFailure, now: UInt64) {
    if state == .requested || state == .receiving { fail(failure, now: now) }
  }

  /// The next kept message to apply, in order; after the last one the channel is synchronised.
  public mutating func nextJoined() -> RecoveredMessage? {
    guard state == .joining else { return nil }
    guard let (entry, bytes) = buffer.removeFirst(of: &kept) else {
      becomeSynchronised()
      return nil
    }
    counters.add(.messagesJoined)
    return RecoveredMessage(number: entry.number, captureNanoseconds: entry.captureNanoseconds, bytes: bytes)
  }

  // MARK: - Helpers

  private func isTooOld(_ through: UInt64) -> Bool {
    guard let start else { return false }
    return start > through && start &- through > 1
  }

  private mutating func becomeSynchronised() {
    state = .synchronised
    attempt = 0
  }

  private mutating func wait(from now: UInt64) {
    let (due, overflowed) = now.addingReportingOverflow(limits.snapshotTimeoutNanoseconds)
    dueAt = overflowed ? .max : due
  }

  private mutating func keep(
    _ number: UInt64, _ message: UnsafeRawBufferPointer, _ captureNanoseconds: UInt64
  ) -> LiveVerdict {
    if start == nil { start = number }
    next = number &+ 1
    var entry = RecoveryBuffer.Entry()
    entry.number = number
    entry.previous = number &- 1
    entry.captureNanoseconds = captureNanoseconds
    if !buffer.append(message, entry, to: &kept) {
      counters.add(.bufferOverflows)
      beginAnew(at: number)
      overflowed = true
      if !buffer.append(message, entry, to: &kept) {
        start = next
        return .drop
      }
    }
    next = number &+ 1
    counters.add(.messagesBuffered)
    return .buffered
  }

  private mutating func beginAnew(at number: UInt64) {
    forgetKept()
    start = number
    next = number
  }

  private mutating func forgetKept() {
    buffer.removeAll()
    kept = RecoveryBuffer.List()
  }

  private mutating func fail(_ failure: RecoveryFailure, now: UInt64) {
    counters.add(.snapshotsFailed)
    if failure == .snapshotTooOld { counters.add(.snapshotsTooOld) }
    if attempt >= limits.snapshotAttempts { return giveUp(failure) }
    state = .wanted
    let (due, overflowed) = now.addingReportingOverflow(limits.patience(attempt: max(1, attempt)))
    dueAt = overflowed ? .max : due
  }

  /// The input or the session ends first.
  public mutating func interrupt() { abandon(.interrupted) }

  /// Nothing more is asked for, whatever is under way.
  mutating func abandon(_ failure: RecoveryFailure) {
    switch state {
    case .wanted, .requested, .receiving, .joining: giveUp(failure)
    case .idle, .synchronised, .gaveUp: break
    }
  }

  private mutating func giveUp(_ failure: RecoveryFailure) {
    counters.add(.snapshotsGivenUp)
    state = .gaveUp(failure)
    forgetKept()
  }
}
