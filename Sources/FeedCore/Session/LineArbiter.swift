/// Turns the lines of one feed into one gap-free stream of messages: first arrival wins, late copies are dropped and
/// compared, packets ahead of a gap wait a bounded time for the other line. One for all transports: what differs is
/// data (`BlockLayout`, `Numbering`).
///
/// State table. `next` is the next number to deliver, `first`/`end` are the packet's first number and one past its
/// last. A cell says what happens and, after →, the new state; no arrow: the state stays.
///
/// | packet \ state | idle | joining | live | waiting | ended |
/// |---|---|---|---|---|---|
/// | data, first ≤ next < end | – | – | deliver from next | deliver, then what waited; → live or waiting | as live → live |
/// | data, end ≤ next | – | – | count duplicates, compare bytes | same | same |
/// | data, first > next | first = 1: deliver → live; else hold → joining | first = 1: deliver, then what waited → live; else hold | hold → waiting | hold (sorted) | as live |
/// | data, first > next + jump maximum | – | (judged when the join closes) | keep aside; a packet that continues it is believed → waiting | same | same |
/// | heartbeat, first = next | first = 1 → live; else → joining | note | note | note | → live |
/// | heartbeat, first > next | – | note | → waiting | note the highest known | → waiting |
/// | end of session | as heartbeat, → ended once nothing waits | ← | ← | ← | note |
/// | window closed (time or packets) | – | start at the lowest number held: not 1 = late start → live | numbers up to the lowest held are lost: untrusted; deliver → live or waiting | – |
/// | other session, first ≤ 1, or this one ended | – | restart → live/joining | ← | ← | ← |
/// | other session, first > 1 | – | keep aside until a second packet continues it, then restart → joining | ← | ← | – |
/// | the session before this one | – | count as stale, drop | ← | ← | ← |
/// | restart (`Numbering.Restart`), first = 1 | – | as data or heartbeat, but what was sent before it is stale | restart → live/joining | ← | ← |
/// | restart, first > 1 | – | – | keep aside until a second packet continues it, then restart → joining | ← | ← |
/// | reset that begins numbers (`Numbering.Reset`) | as data or heartbeat | as in idle, but what was sent before it is stale | restart → live/joining | ← | ← |
/// | copy of the reset that began this session | – | as data or heartbeat | ← | ← | ← |
/// | an older reset, or sent before the restart | – | count as stale, drop | ← | ← | ← |
/// | keep-alive | note | ends silence | ← | ← | ← |
/// | out of band | count, drop | ← | ← | ← | ← |
///
/// With a recovery (`ChannelRecovery`) a window that closes does not lose what is missing: it is asked for. *Recovering*
/// is waiting without a window; in *awaiting* a snapshot is on its way, `next` is the first number that is kept, and
/// nothing is delivered. *Lost* is what the window's close does above. "asks" and "has a snapshot": configured, and not
/// given up in this session.
///
/// | event \ state | joining | waiting | recovering | awaiting |
/// |---|---|---|---|---|
/// | window closed, asks | few enough messages before the first (`ChannelRecovery.joinMessagesMaximum`): `next` = 1 → recovering; else below, or late start | ask for each hole that is due → recovering | – | – |
/// | window closed, has a snapshot | ask for it, `next` = the lowest held → awaiting | the same → awaiting | – | – |
/// | data, first ≤ next < end | above | above | deliver, then what waited; → live, or recovering (the next hole is asked for), or waiting | hold |
/// | data, end ≤ next | above | above | count duplicates, compare bytes | same |
/// | data, first > next | above | above | hold | hold |
/// | heartbeat, end of session, other session, restart | above | above | as waiting | note; another session as waiting |
/// | a hole behind what is held, its window closed | – | – | ask for it too | ask for it too; where nothing asks: what is held before it is forgotten, `next` = what follows it |
/// | the buffer is full | as window closed | given up, `bufferFull` | given up, `bufferFull` | forget what is held, `next` = this packet's first |
/// | gap given up | – | – | has a snapshot: ask for it, `next` = the lowest held → awaiting; else lost → live or waiting; before the first message: late start | as a hole where nothing asks |
/// | snapshot whole, through S | – | – | – | drop what is ≤ S, `next` = S + 1, deliver what follows: ok → live, recovering or waiting |
/// | snapshot given up | – | – | – | deliver what is held, untrusted or late start as it would have been → live or waiting |
/// | input or session ends | late start | lost | given up, `interrupted`; lost | given up, `interrupted` |
/// | answer (a packet of a retransmission line), another session's | stale | ← | ← | ← |
/// | answer, the numbers began anew under the same name, not asked for since or too early | stale answer, drop | ← | ← | ← |
/// | answer, no data | count | ← | ← | ← |
/// | answer, first > next + jump maximum | above | count, drop | ← | ← |
///
/// Where instruments recover and the venue has refreshes on request (`ChannelRecovery.wantRefresh`), what is lost, or
/// stands before a late start, is asked for as a refresh while the channel goes on; no state here waits for it.
///
/// An answer is otherwise data of one more line, but never begins numbers anew, whatever its send time says. "Began
/// anew under the same name": by a reset or a restart, where packets name no session, or the one they had (XDP, a
/// restarted IEX-TP publisher); also where a packet of a session's name was sent before its first and not believed. An
/// answer to what was asked before then looks like one of the new numbers. So nothing is asked for, and no answer
/// taken, until every answer that can be under way has come or is given up (`recovery.answerTimeout`, or longer where a
/// repeated request was granted longer); from then on only answers are taken that a request since then asked for. An
/// answer over a connection comes on one that was opened since.
///
/// Times are capture times, but for send times, which are compared with one another only. The window's close is a
/// timer: it happens before any packet at or after its deadline (`advance`).
struct LineArbiter {
  enum State: UInt8, BitwiseCopyable { case idle, joining, live, waiting, ended, recovering, awaiting }

  let channel: UInt8
  let layout: BlockLayout
  /// The layout is MoldUDP64's: two bytes of length, big-endian, before each message.
  let hasLengthPrefix: Bool
  let numbering: Numbering
  let settings: SessionSettings
  let counters: Counters
  /// The longer of the configured silence and the transport's; `.max`: none.
  private let silenceNanoseconds: UInt64

  var state = State.idle
  /// The next number to deliver. Meaningful in `live`, `waiting` and `ended`.
  var next: UInt64 = 1
  var session = SessionName()
  var previousSession = SessionName()
  var hasPreviousSession = false
  /// When the session began, by the capture clock.
  var sessionBegan: UInt64 = 0
  /// Which reset began the session: its `sendNanoseconds`.
  var resetMark: UInt64 = 0
  /// What was sent before this belongs to the session before; 0: not known.
  var staleBefore: UInt64 = 0
  /// One past the highest number any packet or heartbeat spoke of.
  var highestKnown: UInt64 = 0
  /// The number at which the session was said to end, nil while nothing said so or messages went on beyond it.
  var endAnnounced: UInt64?

  // Trust: the worst of these is the channel's state.
  var lateStart = false
  var untrusted = false
  var silent = false
  var isOpening = false
  var published = BookState.gap

  /// Packets that wait behind a gap, ascending by first number.
  let held: Storage<SequencedPacket>
  var heldCount = 0
  /// Room for what was held while the join closes.
  let rejudged: Storage<SequencedPacket>
  var rejudgedCount = 0
  /// When the oldest open gap (or the join) began to wait.
  var waitingSince: UInt64 = 0
  /// `next` when that began: the first number of the gap.
  var waitingFor: UInt64 = 0
  /// The last heartbeat, or packet cut short, that spoke of numbers no packet here holds; its time is when it did.
  var announcement: SequencedPacket?

  /// A packet too far ahead, or of another session, that needs a second one to be believed.
  var aside: SequencedPacket?

  /// What was delivered last, to compare late copies with: a ring, ascending.
  let history: Storage<SequencedPacket>
  var historyCount: UInt64 = 0
  static var historyCapacity: Int { 2_048 }
  /// Where packets that outlast their burst are copied to; nil: they stay where they are.
  let retention: UnsafeMutablePointer<PacketRetention>?
  /// Per line: where in the history its last late copy was found.
  var historyHint: UInt64 = 0

  /// Capture time of the last packet that was in sequence or a heartbeat.
  var lastHeard: UInt64 = 0

  // Recovering and awaiting: behind what every packet touches.
  /// Asks for what is missing; nil: nobody does.
  let recovery: UnsafeMutablePointer<ChannelRecovery>?
  /// Bit l: line l carries answers to requests.
  let answerLines: UInt64
  /// When a hole behind what is held may be due to be asked for; `.max`: there is none.
  var holesDue = UInt64.max
  /// The first number missing when the snapshot was asked for; 0: a late start, which has lost nothing.
  var awaitingFrom: UInt64 = 0
  /// The latest send time of live packets that did not come in order, and of heartbeats: answers do not tell how far
  /// the venue is.
  var latestSent: UInt64 = 0
  /// The session's numbers began anew under the name they had, or without one: no packet of a retransmission line says
  /// which of them it is of.
  var isNumberedAnew = false
  /// Then no such packet is taken before this, by the capture clock: until then it may answer what was asked before.
  var answersFrom: UInt64 = 0
  /// How long an answer may be under way.
  let answerTimeoutNanoseconds: UInt64
  /// When the first packet of another session was sent that needs a second one to be believed; `.max`: none came in
  /// this session.
  var doubtedSent = UInt64.max
  /// `next` behind the last snapshot: while it stands, nothing delivered tells send times from before it.
  var joinedNext: UInt64 = 0

  /// - Parameters:
  ///   - instrumentsRecover: snapshots of its instruments come, whatever the transport.
  ///   - recovery: in memory that outlives the arbiter.
  ///   - answerLines: bit l: line l carries answers to requests.
  ///   - answerTimeoutNanoseconds: how long such an answer may be under way.
  ///   - retainedBytes: packets do not stay where they are: those that wait, and so many bytes of those delivered last,
  ///     are copied. Nil: they stay.
  init(
    channel: UInt8, transport: Transport, settings: SessionSettings, counters: Counters,
    instrumentsRecover: Bool = false, recovery: UnsafeMutablePointer<ChannelRecovery>? = nil, answerLines: UInt64 = 0,
    answerTimeoutNanoseconds: UInt64 = RecoverySettings().answerTimeoutNanoseconds, retainedBytes: Int? = nil
  ) {
    self.recovery = recovery
    self.answerLines = answerLines
    self.answerTimeoutNanoseconds = answerTimeoutNanoseconds
    self.channel = channel
    layout = transport.layout
    hasLengthPrefix = transport == .moldUDP64 || transport == .memxUDP
    var numbering = transport.numbering
    if instrumentsRecover { numbering.instrumentsRecover = true }
    self.numbering = numbering
    self.settings = settings
    self.counters = counters
    silenceNanoseconds = max(settings.silenceNanoseconds, transport.numbering.silenceNanosecondsMinimum)
    let heldCapacity = max(settings.reorderWindowPackets, recovery?.pointee.bufferPackets ?? 0)
    held = Storage(capacity: heldCapacity, hugePages: false)
    rejudged = Storage(capacity: heldCapacity, hugePages: false)
    history = Storage(capacity: Self.historyCapacity, hugePages: false)
    history.prefault()
    if let retainedBytes {
      let memory = UnsafeMutablePointer<PacketRetention>.allocate(capacity: 1)
      memory.initialize(
        to: PacketRetention(
          waitingPackets: heldCapacity, historyBytes: retainedBytes, historyPackets: Self.historyCapacity))
      retention = memory
    } else {
      retention = nil
    }
  }

  /// Messages delivered in the current session, as a number one past the last; 0 before the first packet.
  var isOpen: Bool { state != .idle }

  // MARK: - Entry points

  /// The 64-bit number for one of a transport whose numbers wrap (`Numbering.period`): as near to what comes next as
  /// a wrap allows. Elsewhere the number itself.
  @inline(__always)
  func unwrapped(_ number: UInt64) -> UInt64 {
    if numbering.period == 0 || number == 0 || state == .idle { return number }
    return Self.unwrapped(
      number, period: numbering.period, near: state == .joining ? max(1, highestKnown) : next,
      reach: settings.sequenceJumpMaximum)
  }

  private static func unwrapped(_ number: UInt64, period: UInt64, near reference: UInt64, reach: UInt64) -> UInt64 {
    let turn = (reference &- 1) / period &* period
    let candidate = turn &+ number
    // Just past a wrap in one direction or the other: believable jumps only.
    if candidate < reference, reference &- candidate > period / 2, candidate &+ period &- reference <= reach {
      return candidate &+ period
    }
    if candidate > reference, candidate &- reference > period / 2, turn >= period,
      reference &+ period &- candidate <= reach
    {
      return candidate &- period
    }
    return candidate
  }

  /// Takes one packet. `clock` is the capture clock, which never goes back.
  @inline(__always)
  mutating func accept(_ packet: SequencedPacket, clock: UInt64, into sink: inout some DeliverySink) {
    counters.add(.channelPackets)
    // What was sent before numbers began anew has numbers of its own, among them the next one.
    if state == .live, !silent, packet.kind == .data, packet.session == session, packet.sendNanoseconds >= staleBefore {
      if packet.sequenceNumber == next, packet.wholeCount == packet.messageCount {
        deliverNext(packet, clock: clock, into: &sink)
        return
      }
      if packet.endSequence <= next, numbering.restart == .never {
        recordLateCopy(packet, clock: clock, into: &sink)
        return
      }
    }
    acceptRare(packet, clock: clock, into: &sink)
  }

  /// When a timer is due at the latest check: the reorder window or silence. `.max` = none.
  ///
  /// May be early for silence (heartbeats move it); `advance` looks again.
  // Inlined: a call of a getter copies all of the arbiter (Swift 6.3.1), and channels without a silence ask each packet.
  @inline(__always)
  var nextDue: UInt64 {
    var due = UInt64.max
    if state == .waiting || state == .joining { due = waitingSince &+ settings.reorderWindowNanoseconds }
    if let recovery {
      let asking = state == .recovering || state == .awaiting
      due = min(due, asking ? min(holesDue, recovery.pointee.nextDue) : recovery.pointee.refreshDue)
    }
    if state != .idle, state != .ended, !silent, silenceNanoseconds != .max {
      due = min(due, lastHeard &+ silenceNanoseconds)
    }
    return due
  }

  /// Whether `nextDue` is ever anything but `.max` where nothing waits.
  @inline(__always)
  var hasTimersWhileLive: Bool { recovery != nil || silenceNanoseconds != .max }

  /// Runs every timer due at or before `clock`, each stamped with its own time.
  @inline(never)
  mutating func advance(to clock: UInt64, into sink: inout some DeliverySink) {
    while true {
      let due = nextDue
      if due > clock { return }
      if state == .waiting || state == .joining, waitingSince &+ settings.reorderWindowNanoseconds == due {
        closeWindow(clock: due, into: &sink)
      } else if isRecoveryDue(at: due) {
        advanceRecovery(to: due, into: &sink)
      } else {
        silent = true
        counters.add(.silences)
        publishTrust(clock: due, packet: marker(at: due), into: &sink)
      }
    }
  }

  /// The input ended: no packet will fill what is open.
  @inline(never)
  mutating func finish(clock: UInt64, into sink: inout some DeliverySink) {
    if state == .recovering || state == .awaiting { interruptRecovery(clock: clock, into: &sink) }
    while state == .waiting || state == .joining { giveUpWaiting(clock: clock, into: &sink) }
    refuseAside()
    recovery?.pointee.hangUp()
  }

  // MARK: - Everything but the next packet in order

  @inline(never)
  mutating func acceptRare(
    _ received: SequencedPacket, clock: UInt64, into sink: inout some DeliverySink
  ) {
    if received.kind == .outOfBand {
      counters.add(.outOfBandPackets)
      return
    }
    var packet = received
    if received.kind == .keepAlive { return keepAlive(received, clock: clock, into: &sink) }
    if packet.messageCount > 0 {
      guard check(&packet) else { return recordMalformed(received) }
    } else if packet.blocksLength != 0 {
      return recordMalformed(received)
    }
    if numbering.tellsStaleBySendTime, packet.sendNanoseconds < staleBefore {
      counters.add(.staleSessionPackets)
      return
    }
    if packet.kind == .reset, takeReset(&packet, clock: clock, into: &sink) { return }
    if state == .idle {
      session = packet.session
      begin(packet, clock: clock, into: &sink)
      return
    }
    if packet.session != session {
      acceptOtherSession(packet, clock: clock, into: &sink)
      return
    }
    if numbering.restart != .never, isRestart(packet, clock: clock) {
      acceptRestart(packet, clock: clock, into: &sink)
      return
    }
    if isFarAhead(packet) {
      guard var first = aside, first.session == session, continues(first, packet) else {
        setAside(packet, into: &sink)
        return
      }
      counters.add(.sequenceJumpsBelieved)
      aside = nil
      // What it shows missing is missing since it is believed: a window must not close in the past.
      first.captureNanoseconds = clock
      if first.kind != .data { announce(first, clock: clock) }
      note(first, clock: clock)
      hold(first, clock: clock, into: &sink)
    }
    take(packet, clock: clock, into: &sink)
  }

  /// A packet of this session at a believable number.
  mutating func take(_ packet: SequencedPacket, clock: UInt64, into sink: inout some DeliverySink) {
    if packet.kind != .data {
      counters.add(.heartbeats)
      note(packet, clock: clock)
      announce(packet, clock: clock)
      if recovery != nil { latestSent = max(latestSent, packet.sendNanoseconds) }
      if packet.kind == .endOfSession { endAnnounced = packet.sequenceNumber }
      if packet.kind == .heartbeat, state == .ended, packet.sequenceNumber >= next { endAnnounced = nil }
      if silent, packet.sequenceNumber <= next { endSilence(packet, clock: clock, into: &sink) }
      switch state {
      case .joining:
        if packet.sequenceNumber <= 1 { openAtFirst(packet, clock: clock, into: &sink) }
      case .live, .ended, .waiting: settle(clock: clock, into: &sink)
      case .recovering, .awaiting: settle(clock: clock, into: &sink)
      case .idle: break
      }
      return
    }
    if let recovery {
      let isAnswer = isAnswer(packet)
      recovery.pointee.arrived(packet, isAnswer: isAnswer, now: clock)
      if !isAnswer { latestSent = max(latestSent, packet.sendNanoseconds) }
    }
    if state == .joining {
      if packet.sequenceNumber <= 1 {
        openAtFirst(packet, clock: clock, into: &sink)
      } else {
        hold(packet, clock: clock, into: &sink)
      }
      return
    }
    if packet.endSequence <= next {
      recordLateCopy(packet, clock: clock, into: &sink)
      return
    }
    if let end = endAnnounced, packet.endSequence > end { endAnnounced = nil }
    let gapEnd = heldCount > 0 ? held[0].sequenceNumber : highestKnown
    note(packet, clock: clock)
    // What is not next shows a gap: trust must not come back for the moment before it is known.
    if silent, packet.sequenceNumber <= next, packet.sequenceNumber &+ UInt64(packet.wholeCount) > next {
      endSilence(packet, clock: clock, into: &sink)
    }
    if packet.sequenceNumber <= next, state != .awaiting {
      deliverRest(packet, clock: clock, into: &sink)
      if state == .waiting || state == .recovering, next >= gapEnd { counters.add(.gapsFilled) }
      drain(clock: clock, into: &sink)
    } else {
      hold(packet, clock: clock, into: &sink)
    }
  }

  mutating func note(_ packet: SequencedPacket, clock: UInt64) {
    if packet.sequenceNumber <= next || packet.kind != .data { lastHeard = clock }
    if state == .recovering || state == .awaiting { noteHole(before: packet, clock: clock) }
    highestKnown = max(highestKnown, packet.endSequence)
  }

  /// The venue lives, without saying at which number.
  private mutating func keepAlive(_ packet: SequencedPacket, clock: UInt64, into sink: inout some DeliverySink) {
    counters.add(.heartbeats)
    if state == .idle { return }
    lastHeard = clock
    if silent { endSilence(packet, clock: clock, into: &sink) }
  }
}
