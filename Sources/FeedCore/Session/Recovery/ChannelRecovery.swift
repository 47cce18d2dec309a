/// All that one channel's recovery holds, beside its line arbiter: requests for messages, snapshots of the channel, and
/// the memory that a connection's messages are copied to. The arbiter says what is missing and acts on what comes of
/// it (the second table of `LineArbiter`); what is to be sent goes into the outbox of the ingest owner.
///
/// Made before the first packet; no event allocates.
struct ChannelRecovery {
  /// Bytes of messages from connections that are under way to the books at once: room for the longest message of any
  /// venue, and no more than serves.
  private static func arenaBytes(_ settings: RecoverySettings) -> Int {
    max(3 + 65_535, min(settings.bufferBytes, 1 << 20))
  }

  /// Packets that may wait for it.
  let bufferPackets: Int
  private let hasMessages: Bool
  private let hasSnapshots: Bool
  private let hasRefreshes: Bool
  private(set) var messages: MessageRecovery
  private(set) var snapshots: SnapshotRecovery
  /// The gap was given up, which the arbiter has not acted on yet.
  private var isMessagesGivenUp = false
  private var wasGivenUp = false
  /// Why it was given up last; nil: it was not.
  private(set) var lastFailure: RecoveryFailure?
  /// The clock of the last event.
  private var now: UInt64 = 0
  /// When the request for a refresh, or its patience, is due while the channel lives on; `.max`: nothing is.
  private(set) var refreshDue = UInt64.max
  private let channel: UInt8
  /// What cores tell of the room for what waits for refreshes; looked at with each refresh packet, and each
  /// `answerTimeout` once anything waited.
  private let needs: SnapshotNeeds?
  private let needsIntervalNanoseconds: UInt64
  private var needsDue = UInt64.max
  private var late = RecoveryCounters()
  private let arena: Storage<UInt8>
  private var arenaUsed = 0

  init(
    identity: RecoveryIdentity, feed: FeedRecoverySettings, settings: RecoverySettings, outbox: RecoveryOutbox,
    needs: SnapshotNeeds? = nil
  ) {
    channel = identity.channel
    self.needs = needs
    needsIntervalNanoseconds = settings.answerTimeoutNanoseconds
    bufferPackets = settings.bufferPackets
    hasMessages = feed.messages && identity.protocol.hasMessageRequests
    hasSnapshots = feed.snapshots && identity.protocol.hasChannelSnapshots
    hasRefreshes = feed.snapshots && identity.protocol.hasRefreshRequests
    messages = MessageRecovery(identity: identity, settings: settings, outbox: outbox)
    snapshots = SnapshotRecovery(identity: identity, settings: settings, outbox: outbox)
    arena = Storage(capacity: Self.arenaBytes(settings), hugePages: false)
  }

  // MARK: - What the arbiter asks

  /// Missing messages can be asked for, and were not given up in this session.
  var asksForMessages: Bool {
    if case .gaveUp = messages.gap.state { false } else { hasMessages }
  }

  /// A snapshot can be asked for, and none was given up in this session.
  var hasSnapshot: Bool { hasSnapshots && !snapshots.isGivenUp }
  /// How many messages before the first one heard are asked for. Where a snapshot brings them no slower, only a
  /// request's worth.
  var joinMessagesMaximum: UInt64 {
    hasSnapshot || hasRefreshes && !snapshots.isGivenUp ? messages.gap.limits.messagesPerRequest : messages.gap.limits.gapMessages
  }
  var isSnapshotGivenUp: Bool { snapshots.isGivenUp }
  func isMissing(_ number: UInt64) -> Bool { messages.gap.isMissing(number) }
  /// Whether a request under way, or one that waits for its repetition, asks for any of these. Where this channel asks
  /// for no messages, others' answers are all there is.
  func isAskedFor(_ range: SequenceRange) -> Bool { !hasMessages || messages.gap.isAskedFor(range) }
  /// When `advance` has something to do; never before the last event. `.max`: nothing.
  var nextDue: UInt64 { max(now, min(messages.nextDue, min(snapshots.nextDue, needsDue))) }

  /// True once after the gap was given up.
  mutating func takeMessagesGivenUp() -> Bool {
    let isGivenUp = isMessagesGivenUp
    isMessagesGivenUp = false
    return isGivenUp
  }

  // MARK: - What the arbiter tells

  mutating func restart(session: SessionName, now: UInt64) {
    self.now = now
    messages.restart(session: session, now: now)
    snapshots.restart(session: session, now: now)
    isMessagesGivenUp = false
    wasGivenUp = false
    needsDue = .max
    // What was told of the numbers before.
    _ = needs?.take(channel: channel)
    noteRefreshDue()
  }

  /// The numbers began anew, and packets do not say so: nothing is asked for before `time`, or before the answers to
  /// what was asked for earlier must have come; returns when that is.
  mutating func askAgain(from time: UInt64) -> UInt64 {
    let from = messages.askAgain(from: time)
    snapshots.askAgain(from: from)
    return from
  }

  mutating func missing(_ range: SequenceRange, now: UInt64) {
    self.now = now
    if asksForMessages { messages.missing(range, now: now) }
    noteFailures()
  }

  mutating func arrived(_ packet: SequencedPacket, isAnswer: Bool, now: UInt64) {
    self.now = now
    messages.arrived(
      SequenceRange(packet.sequenceNumber, packet.sequenceNumber &+ UInt64(packet.wholeCount)), isAnswer: isAnswer,
      now: now)
  }

  mutating func failMessages(_ failure: RecoveryFailure) {
    messages.fail(failure, now: now)
    noteFailures()
  }

  mutating func want(from first: UInt64, now: UInt64) {
    self.now = now
    snapshots.want(from: first, now: now)
  }

  /// Live packets are kept from `first` on only; what is missing before is of no interest any more.
  mutating func keptBegins(at first: UInt64, overflowed: Bool, now: UInt64) {
    self.now = now
    messages.forget(below: first, now: now)
    snapshots.keptBegins(at: first, overflowed: overflowed, now: now)
    noteFailures()
  }

  /// A snapshot holds everything below `number`.
  mutating func joined(below number: UInt64) {
    messages.forget(below: number, now: now)
    messages.resume(now: now)
    isMessagesGivenUp = false
  }

  /// What stands before `first` is lost to the messages, or was before the channel was heard: the instruments wait for
  /// snapshots, which are asked for where the venue has them on request.
  mutating func wantRefresh(from first: UInt64, isLateStart: Bool, now: UInt64) {
    if !hasRefreshes { return }
    self.now = now
    snapshots.wantRefresh(from: first, isLateStart: isLateStart, now: now)
    if needsDue == .max { awaitNeeds() }
    noteFailures()
  }

  /// A packet that brings snapshots of the channel's instruments: it may be what was asked for.
  ///
  /// - Parameter next: the channel's next live number.
  mutating func takeRefresh(_ packet: UnsafeRawBufferPointer, next: UInt64, now: UInt64) {
    if !hasRefreshes { return }
    self.now = now
    // A gap that was given up is mended: the next one is asked for again.
    if snapshots.takeRefresh(packet, next: next, now: now) { messages.resume(now: now) }
    takeNeeds(next: next)
    noteFailures()
  }

  /// The input, or the session, ends.
  mutating func interrupt() {
    messages.fail(.interrupted, now: now)
    snapshots.interrupt(now: now)
    noteFailures()
  }

  /// The input ends: no answer is waited for any more.
  mutating func hangUp() {
    messages.hangUp(now: now)
    if hasRefreshes { snapshots.interrupt(now: now) }
    snapshots.hangUp(now: now)
    noteFailures()
  }

  /// Takes a packet of a retransmission line that holds no numbered messages. False: it is none of the venue's answers.
  mutating func takeOutOfBand(_ packet: SequencedPacket, now: UInt64) -> Bool {
    self.now = now
    guard messages.isNYSE else { return false }
    let layout = XDPPacket.layout
    var offset = 0
    var isTaken = false
    // Bounded by the packet: each message takes four bytes at least.
    while let message = layout.message(in: packet.blocks, at: offset, end: Int(packet.blocksLength)) {
      if let range = NYSERecovery.unavailable(message) {
        messages.unavailable(range, now: now)
        isTaken = true
      }
      offset += Int(layout.bodyOffset) + message.count
    }
    noteFailures()
    return isTaken
  }

  /// - Parameter next: the channel's next live number.
  mutating func advance(to now: UInt64, next: UInt64) {
    self.now = now
    if needsDue <= now {
      takeNeeds(next: next)
      awaitNeeds()
    }
    messages.advance(to: now)
    snapshots.advance(to: now)
    noteFailures()
  }

  // MARK: - Connections

  /// Whether bytes of this connection are of interest: it is the service's newest. What comes on others is counted.
  mutating func isNewest(_ service: RecoveryService, _ connection: UInt32) -> Bool {
    let newest = service == .messages ? messages.connection.number : snapshots.connection.number
    if connection != newest { late.add(.responsesUnmatched) }
    return connection == newest
  }

  mutating func disconnected(_ service: RecoveryService, now: UInt64) {
    self.now = now
    if service == .messages { messages.disconnected(now: now) } else { snapshots.disconnected(now: now) }
    noteFailures()
  }

  mutating func receive(_ service: RecoveryService, _ bytes: UnsafeRawBufferPointer, now: UInt64) -> Int {
    self.now = now
    return service == .messages ? messages.receive(bytes, now: now) : snapshots.receive(bytes, now: now)
  }

  mutating func nextMessage(now: UInt64) -> (number: UInt64, block: UnsafeRawBufferPointer)? {
    let message = messages.nextMessage(now: now)
    noteFailures()
    return message
  }

  mutating func nextSnapshotEvent(now: UInt64) -> SnapshotRecovery.Event? {
    let event = snapshots.nextEvent(now: now)
    noteFailures()
    return event
  }

  /// Copies bytes that do not stay to where they do until the memory is used up; nil: it is. Then what was copied has
  /// to reach the books, and `emptyArena` makes room.
  mutating func keep(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    guard bytes.count <= arena.capacity - arenaUsed else { return nil }
    let place = UnsafeMutableRawPointer(arena.base + arenaUsed)
    // SAFETY: the guard leaves room for `bytes.count` bytes at `place`.
    if let source = bytes.baseAddress { place.copyMemory(from: source, byteCount: bytes.count) }
    arenaUsed += bytes.count
    return UnsafeRawBufferPointer(start: place, count: bytes.count)
  }

  mutating func emptyArena() { arenaUsed = 0 }

  // MARK: - For reports

  var counters: RecoveryCounters {
    var sum = messages.gap.counters
    sum.add(snapshots.join.counters)
    sum.add(messages.connection.counters)
    sum.add(snapshots.connection.counters)
    sum.add(late)
    return sum
  }

  /// Remembers what was given up, and whether the arbiter is to hear of it.
  private mutating func noteFailures() {
    noteRefreshDue()
    if case .gaveUp(let failure) = snapshots.join.state { lastFailure = failure }
    guard case .gaveUp(let failure) = messages.gap.state else {
      wasGivenUp = false
      return
    }
    if wasGivenUp { return }
    wasGivenUp = true
    isMessagesGivenUp = true
    lastFailure = failure
  }

  private mutating func noteRefreshDue() {
    refreshDue = hasRefreshes ? max(now, min(snapshots.nextDue, needsDue)) : .max
  }

  // MARK: - Room for what waits

  /// - Parameter next: no core can have kept anything beyond it: what is told may be late, of numbers that are no more.
  private mutating func takeNeeds(next: UInt64) {
    guard let needs, needs.isHeard else { return }
    let first = needs.take(channel: channel)
    if first > 0 { snapshots.keptOverflowed(before: min(first, next), now: now) }
  }

  private mutating func awaitNeeds() {
    guard let needs, needs.isHeard else { return }
    let (due, overflowed) = now.addingReportingOverflow(needsIntervalNanoseconds)
    needsDue = overflowed ? .max : due
  }
}
