/// Joins snapshots of single instruments to a channel's live messages: NYSE refresh, CME snapshot loop, Deribit.
///
/// Each instrument has a state of its own and becomes trustworthy by itself; the live messages of those that wait share
/// one bounded buffer. Instruments are dense indices, `0 ..< capacity`.
///
/// Two ways to know that a live message continues an instrument's book:
/// - `channel`: numbers of the channel's messages or packets. The channel is without holes from `start` on, so a
///   snapshot through S can be joined when S + 1 ≥ `start`.
/// - `chain`: each change names the instrument's change before it (Deribit `prevChangeId`). A snapshot through change S
///   can be joined when the first kept change beyond S continues S; without one the next live change has to.
///
/// | event \ state | waiting | receiving | joining | current | gaveUp |
/// |---|---|---|---|---|---|
/// | `live`, continues | keep | keep | keep | ≤ S drop, else deliver | deliver |
/// | `live`, chain broken | keep | keep | keep | keep; → waiting | deliver |
/// | `emptied` at n: its book is empty by the venue's word | → current through n | same | same | – | → current |
/// | buffer full | forget what is kept of all, `start` = n | same | → waiting | – | – |
/// | `lost`, live goes on at n | forget, `start` = n | same | → waiting | channel: n > S + 1 → waiting; chain: – | – |
/// | `snapshotBegan` through S | too old: no; else clear → receiving | clear again | no | channel: no; chain: S newer: clear → receiving | no, but keep from here on → waiting |
/// | `snapshotEnded` | – | drop what is ≤ S; → joining or current; chain does not continue: → waiting | – | – | – |
/// | `snapshotAborted` (part lost) | – | → waiting | – | – | – |
/// | `nextJoined` finds nothing more | | | → current | | |
/// | deadline over | → gaveUp | → gaveUp | → gaveUp | – | – |
/// | `lose`: live packets are lost, nobody knows how many | forget, no `start` | same | same | → waiting | – |
/// | `restart`, of all or of one | – | → waiting | → waiting | → waiting | → waiting |
///
/// A snapshot for `channel` needs `start`: before any live message or heartbeat was heard, none is taken.
///
/// `isWhole` says that nothing is missing since all books were empty (the channel's first number was heard): then an
/// instrument that becomes known is current at once. It ends with the first loss.
public struct InstrumentJoin: Sendable {
  public enum Numbering: UInt8, Sendable, BitwiseCopyable { case channel, chain }

  public enum State: UInt8, Sendable, BitwiseCopyable {
    /// No book, or one that is not to be trusted.
    case waiting
    case receiving
    /// The snapshot is in the book; kept messages are being applied (`nextJoined`).
    case joining
    case current
    case gaveUp
  }

  fileprivate struct Instrument: BitwiseCopyable {
    var state = State.waiting
    /// More parts of the last change follow (chain).
    var hasOpenChange = false
    /// `channel`: S of the snapshot in the book. `chain`: the last change in it.
    var through: UInt64 = 0
    /// S of the snapshot that is coming.
    var arriving: UInt64 = 0
    /// `channel`: from this number on nothing of the instrument is missing, if that is later than for the channel.
    var begins: UInt64 = 0
    var kept = RecoveryBuffer.List()
  }

  public let limits: RecoveryLimits
  public let numbering: Numbering
  public private(set) var counters = RecoveryCounters()
  /// Why waiting instruments were given up, nil if they were not.
  public private(set) var failure: RecoveryFailure?
  /// Instruments known and not current.
  public private(set) var waitingCount = 0
  public private(set) var knownCount = 0

  private let instruments: Storage<Instrument>
  private var buffer: RecoveryBuffer
  /// `channel`: the first number from which on the channel is without holes; nil while nothing was heard.
  private var start: UInt64?
  private var next: UInt64 = 0
  /// Nothing is missing since all books were empty.
  public private(set) var isWhole = false
  /// When waiting instruments are given up; `.max` while none waits.
  private var dueAt = UInt64.max
  private var overflowed = false

  init(limits: RecoveryLimits, numbering: Numbering, instruments capacity: Int, buffer: RecoveryBuffer) {
    self.init(
      limits: limits, numbering: numbering,
      instruments: Storage(capacity: max(1, capacity), hugePages: false), buffer: buffer)
  }

  private init(
    limits: RecoveryLimits, numbering: Numbering, instruments: Storage<Instrument>, buffer: RecoveryBuffer
  ) {
    self.limits = limits
    self.numbering = numbering
    self.instruments = instruments
    self.buffer = buffer
  }

  /// Several joins of one channel, each with its own instruments and an equal share of what may be kept.
  static func parts(
    _ count: Int, limits: RecoveryLimits, numbering: Numbering, instruments capacity: Int, settings: RecoverySettings
  ) -> [InstrumentJoin] {
    let all = Storage<Instrument>(capacity: count * max(1, capacity), hugePages: false)
    let buffers = RecoveryBuffer.parts(
      count, messages: settings.bufferMessages / count, bytes: settings.bufferBytes / count)
    return (0..<count).map {
      InstrumentJoin(
        limits: limits, numbering: numbering,
        instruments: all.part(from: $0 * max(1, capacity), count: max(1, capacity)), buffer: buffers[$0])
    }
  }

  public init(limits: RecoveryLimits, numbering: Numbering, instruments: Int, settings: RecoverySettings) {
    self.init(
      limits: limits, numbering: numbering, instruments: instruments,
      buffer: RecoveryBuffer(messages: settings.bufferMessages, bytes: settings.bufferBytes))
  }

  // Inlined: a call of a method that does not mutate copies all of the join (Swift 6.3.1).
  @inline(__always)
  public func state(of instrument: Int) -> State {
    instrument >= 0 && instrument < knownCount ? instruments[instrument].state : .waiting
  }
  /// `channel`: S of the snapshot in the instrument's book. `chain`: the last change in it.
  @inline(__always)
  public func through(of instrument: Int) -> UInt64 {
    instrument >= 0 && instrument < knownCount ? instruments[instrument].through : 0
  }
  /// All known instruments have a book to be trusted. False while none is known.
  public var isSynchronised: Bool { knownCount > 0 && waitingCount == 0 }

  // MARK: - The channel

  /// One live message, in order of the channel. `previous` and `isLast` matter in a chain only.
  public mutating func live(
    _ instrument: Int, number: UInt64, previous: UInt64 = 0, isLast: Bool = true, _ message: UnsafeRawBufferPointer,
    captureNanoseconds: UInt64, now: UInt64
  ) -> LiveVerdict {
    if numbering == .channel { hear(number, now: now) }
    guard know(instrument, now: now) else { return .drop }
    // Its first change in a channel that is whole: whatever its number.
    if isWhole, numbering == .chain, instruments[instrument].through == 0 { instruments[instrument].through = previous }
    var entry = RecoveryBuffer.Entry()
    entry.number = number
    entry.previous = previous
    entry.captureNanoseconds = captureNanoseconds
    entry.isLast = isLast
    switch instruments[instrument].state {
    case .gaveUp: return .deliver
    case .waiting, .receiving, .joining: return keep(instrument, entry, message, now: now)
    case .current:
      if continues(instrument, entry) {
        advance(instrument, by: entry)
        return .deliver
      }
      if numbering == .channel || number <= instruments[instrument].through { return .drop }
      counters.add(.chainBreaks)
      suspect(instrument, now: now)
      return keep(instrument, entry, message, now: now)
    }
  }

  /// How far each instrument's chain is, for who keeps it at hand: good as long as the join is there.
  var chain: Chain { Chain(instruments: instruments.base) }

  struct Chain: BitwiseCopyable {
    fileprivate let instruments: UnsafeMutablePointer<Instrument>

    /// The everyday case of `live` in a chain: the change that continues the last one of a book that is current. True:
    /// as `live` delivers it. False: nothing was done.
    ///
    /// - Parameter instrument: 0 ..< the join's capacity. One that is not known is not current.
    @inline(__always)
    func advances(_ instrument: Int, number: UInt64, previous: UInt64, isLast: Bool) -> Bool {
      let known = instruments + instrument
      // 0: nothing is known of its chain yet.
      guard known.pointee.state == .current, previous != 0, known.pointee.through == previous, number > previous else {
        return false
      }
      known.pointee.through = number
      known.pointee.hasOpenChange = !isLast
      return true
    }
  }

  /// `channel`: the next number of the channel, from a heartbeat.
  public mutating func liveNext(_ number: UInt64) {
    if start == nil {
      start = number
      next = number
    }
  }

  /// The channel begins at `number`; `isWhole`: that is its first one, and all books are empty before it.
  public mutating func begin(at number: UInt64, isWhole: Bool) {
    start = number
    next = number
    self.isWhole = isWhole
    guard isWhole else { return }
    for index in 0..<knownCount {
      instruments[index] = Instrument()
      instruments[index].state = .current
    }
    buffer.removeAll()
    waitingCount = 0
    dueAt = .max
  }

  /// Numbers below this one were heard, of messages that concern no instrument here.
  public mutating func reached(_ number: UInt64) { if start != nil { next = max(next, number) } }

  /// `channel`: messages of the instrument below `number` are missing, whatever the channel has.
  public mutating func begin(_ instrument: Int, at number: UInt64, now: UInt64) {
    guard know(instrument, now: now) else { return }
    instruments[instrument].begins = number
    if instruments[instrument].state == .current { suspect(instrument, now: now) }
  }

  /// Live packets are lost, and nothing says where the channel goes on: the next `begin` does.
  public mutating func lose(now: UInt64) {
    forgetKept(now: now)
    start = nil
    isWhole = false
    for index in 0..<knownCount {
      if instruments[index].state == .current { suspect(index, now: now) }
      if instruments[index].state == .receiving { instruments[index].state = .waiting }
    }
  }

  /// The venue says that the instrument's book is empty after message `number`: it is known then.
  public mutating func emptied(_ instrument: Int, at number: UInt64, now: UInt64) {
    guard know(instrument, now: now), instruments[instrument].state != .current else { return }
    buffer.removeAll(of: &instruments[instrument].kept)
    instruments[instrument] = Instrument()
    // What else the message, or its packet, has of the instrument comes behind it.
    instruments[instrument].through = numbering == .chain || number == 0 ? number : number - 1
    instruments[instrument].hasOpenChange = numbering == .chain
    becomeCurrent(instrument)
  }

  /// Live packets are lost; the channel goes on at `number`.
  ///
  /// In a chain this changes nothing: an instrument that lost nothing shows it by its next change.
  public mutating func lost(before number: UInt64, now: UInt64) {
    if numbering == .chain { return }
    forgetKept(now: now)
    start = number
    next = number
    isWhole = false
    for index in 0..<knownCount where instruments[index].state == .current {
      if number > instruments[index].through &+ 1 { suspect(index, now: now) }
    }
  }

  /// The channel's numbers start anew.
  public mutating func restart(now: UInt64) {
    buffer.removeAll()
    start = nil
    isWhole = false
    failure = nil
    overflowed = false
    for index in 0..<knownCount { instruments[index] = Instrument() }
    waitingCount = knownCount
    dueAt = waitingCount > 0 ? deadline(from: now) : .max
  }

  /// One instrument's book is empty, or can't be followed any more: it waits for a snapshot, and nothing is kept of it.
  public mutating func restart(_ instrument: Int, now: UInt64) {
    guard instrument >= 0, instrument < knownCount else { return }
    buffer.removeAll(of: &instruments[instrument].kept)
    if instruments[instrument].state == .current { waitingCount += 1 }
    if dueAt == .max { dueAt = deadline(from: now) }
    instruments[instrument] = Instrument()
  }

  // MARK: - Snapshots

  /// An instrument's snapshot begins. True: empty its book, what follows goes into it.
  public mutating func snapshotBegan(_ instrument: Int, through: UInt64, now: UInt64) -> Bool {
    guard know(instrument, now: now) else { return false }
    switch instruments[instrument].state {
    case .joining: return false
    case .gaveUp:
      // The flow is alive after all. What came since is not kept: a later snapshot, from here on, can be joined.
      instruments[instrument].state = .waiting
      instruments[instrument].begins = next
      if dueAt == .max { dueAt = deadline(from: now) }
      return false
    case .current:
      if numbering == .channel || through <= instruments[instrument].through { return false }
      suspect(instrument, now: now)
    case .waiting, .receiving:
      if numbering == .channel {
        guard let start, reaches(through, max(start, instruments[instrument].begins)) else {
          counters.add(.snapshotsTooOld)
          if instruments[instrument].state == .receiving { instruments[instrument].state = .waiting }
          return false
        }
      }
    }
    instruments[instrument].state = .receiving
    instruments[instrument].arriving = through
    return true
  }

  /// The instrument's snapshot is whole.
  public mutating func snapshotEnded(_ instrument: Int, now: UInt64) {
    guard instrument >= 0, instrument < knownCount, instruments[instrument].state == .receiving else { return }
    let through = instruments[instrument].arriving
    if numbering == .channel, !reaches(through, max(start ?? .max, instruments[instrument].begins)) {
      // The channel lost packets while the snapshot came.
      counters.add(.snapshotsTooOld)
      instruments[instrument].state = .waiting
      return
    }
    while let first = buffer.first(of: instruments[instrument].kept), first.number <= through {
      counters.add(.messagesInSnapshot)
      _ = buffer.removeFirst(of: &instruments[instrument].kept)
    }
    if numbering == .chain, let first = buffer.first(of: instruments[instrument].kept), first.previous != through {
      // Kept from here on: a later snapshot reaches what is there already.
      counters.add(.snapshotsTooOld)
      instruments[instrument].state = .waiting
      return
    }
    counters.add(.snapshotsJoined)
    instruments[instrument].through = through
    instruments[instrument].hasOpenChange = false
    if instruments[instrument].kept.isEmpty {
      becomeCurrent(instrument)
    } else {
      instruments[instrument].state = .joining
    }
  }

  /// A part of the snapshot under way is lost.
  public mutating func snapshotAborted(_ instrument: Int) {
    guard instrument >= 0, instrument < knownCount, instruments[instrument].state == .receiving else { return }
    counters.add(.snapshotsFailed)
    instruments[instrument].state = .waiting
  }

  /// The next kept message of an instrument to apply; after the last one it is current.
  ///
  /// A chain that breaks among what was kept leaves the instrument waiting.
  public mutating func nextJoined(_ instrument: Int, now: UInt64) -> RecoveredMessage? {
    guard instrument >= 0, instrument < knownCount, instruments[instrument].state == .joining else { return nil }
    while let first = buffer.first(of: instruments[instrument].kept) {
      if !continues(instrument, first) {
        if first.number > instruments[instrument].through {
          counters.add(.chainBreaks)
          instruments[instrument].state = .waiting
          return nil
        }
        _ = buffer.removeFirst(of: &instruments[instrument].kept)
        continue
      }
      guard let (entry, bytes) = buffer.removeFirst(of: &instruments[instrument].kept) else { break }
      advance(instrument, by: entry)
      counters.add(.messagesJoined)
      return RecoveredMessage(number: entry.number, captureNanoseconds: entry.captureNanoseconds, bytes: bytes)
    }
    becomeCurrent(instrument)
    return nil
  }

  // MARK: - Time

  /// When waiting instruments are given up. `.max` = none waits.
  public var nextDue: UInt64 { dueAt }

  /// Gives up the instruments that still wait, if that is due.
  public mutating func advance(to now: UInt64) {
    guard dueAt <= now else { return }
    dueAt = .max
    failure = overflowed ? .bufferFull : .deadlinePassed
    buffer.removeAll()
    for index in 0..<knownCount where instruments[index].state != .current {
      instruments[index].kept = RecoveryBuffer.List()
      if instruments[index].state != .gaveUp { counters.add(.snapshotsGivenUp) }
      instruments[index].state = .gaveUp
    }
  }

  // MARK: - Helpers

  /// Instruments become known in any order; those below a known one are known with it.
  private mutating func know(_ instrument: Int, now: UInt64) -> Bool {
    if instrument < 0 || instrument >= instruments.capacity { return false }
    if instrument >= knownCount {
      if dueAt == .max, !isWhole { dueAt = deadline(from: now) }
      if isWhole {
        for index in knownCount...instrument { instruments[index].state = .current }
      } else {
        waitingCount += instrument + 1 - knownCount
      }
      knownCount = instrument + 1
    }
    return true
  }

  /// A snapshot through `through` leaves nothing out before `first`.
  private func reaches(_ through: UInt64, _ first: UInt64) -> Bool { first <= through || first &- through <= 1 }

  private func continues(_ instrument: Int, _ entry: RecoveryBuffer.Entry) -> Bool {
    let known = instruments.base[instrument]
    // A packet may hold several messages of an instrument, all under its number.
    if numbering == .channel { return entry.number > known.through }
    return entry.previous == known.through && entry.number > known.through
      || known.hasOpenChange && entry.number == known.through
  }

  /// The change is in the book. In a channel `through` stays that of the snapshot: the arbiter passes nothing twice.
  private mutating func advance(_ instrument: Int, by entry: RecoveryBuffer.Entry) {
    if numbering == .channel { return }
    instruments[instrument].through = entry.number
    instruments[instrument].hasOpenChange = !entry.isLast
  }

  /// `channel`: a number was heard. A hole that nobody told of is one nevertheless.
  private mutating func hear(_ number: UInt64, now: UInt64) {
    if start == nil {
      start = number
    } else if number > next {
      lost(before: number, now: now)
    }
    next = max(next, number &+ 1)
  }

  private mutating func keep(
    _ instrument: Int, _ entry: RecoveryBuffer.Entry, _ message: UnsafeRawBufferPointer, now: UInt64
  ) -> LiveVerdict {
    if !buffer.append(message, entry, to: &instruments[instrument].kept) {
      counters.add(.bufferOverflows)
      overflowed = true
      forgetKept(now: now)
      if numbering == .channel { start = entry.number }
      if !buffer.append(message, entry, to: &instruments[instrument].kept) {
        if numbering == .channel { start = entry.number &+ 1 }
        return .drop
      }
    }
    counters.add(.messagesBuffered)
    return .buffered
  }

  private mutating func forgetKept(now: UInt64) {
    buffer.removeAll()
    for index in 0..<knownCount {
      instruments[index].kept = RecoveryBuffer.List()
      if instruments[index].state == .joining { instruments[index].state = .waiting }
    }
  }

  private mutating func suspect(_ instrument: Int, now: UInt64) {
    if dueAt == .max { dueAt = deadline(from: now) }
    waitingCount += 1
    instruments[instrument].state = .waiting
    instruments[instrument].hasOpenChange = false
  }

  private mutating func becomeCurrent(_ instrument: Int) {
    instruments[instrument].state = .current
    waitingCount -= 1
    if waitingCount == 0 {
      dueAt = .max
      overflowed = false
    }
  }

  /// As long as all attempts of a channel's snapshot may take.
  private func deadline(from now: UInt64) -> UInt64 {
    let (span, tooLong) = limits.snapshotTimeoutNanoseconds.multipliedReportingOverflow(
      by: UInt64(limits.snapshotAttempts))
    let (due, overflowed) = now.addingReportingOverflow(span)
    return tooLong || overflowed ? .max : due
  }
}
