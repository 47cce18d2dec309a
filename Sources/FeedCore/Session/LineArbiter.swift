import Glibc

/// Turns the lines of one feed into one gap-free stream of messages: first arrival wins, late copies are dropped and
/// compared, packets ahead of a gap wait a bounded time for the other line.
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
///
/// Times are capture times. The window's close is a timer: it happens before any packet at or after its deadline
/// (`advance`).
struct LineArbiter<Framing: BlockFraming> {
  enum State: UInt8, BitwiseCopyable { case idle, joining, live, waiting, ended }

  let channel: UInt8
  let settings: SessionSettings
  let counters: Counters

  private(set) var state = State.idle
  /// The next number to deliver. Meaningful in `live`, `waiting` and `ended`.
  private(set) var next: UInt64 = 1
  private(set) var session = SessionName()
  private var previousSession = SessionName()
  private var hasPreviousSession = false
  /// One past the highest number any packet or heartbeat spoke of.
  private var highestKnown: UInt64 = 0
  /// The number at which the session was said to end, nil while nothing said so or messages went on beyond it.
  private var endAnnounced: UInt64?

  // Trust: the worst of these is the channel's state.
  private var lateStart = false
  private var untrusted = false
  private var silent = false
  private var isOpening = false
  private(set) var published = BookState.gap

  /// Packets that wait behind a gap, ascending by first number.
  private let held: Storage<SequencedPacket>
  private var heldCount = 0
  /// Room for what was held while the join closes.
  private let rejudged: Storage<SequencedPacket>
  /// When the oldest open gap (or the join) began to wait.
  private var waitingSince: UInt64 = 0
  /// `next` when that began: the first number of the gap.
  private var waitingFor: UInt64 = 0
  /// The last heartbeat, or packet cut short, that spoke of numbers no packet here holds; its time is when it did.
  private var announcement: SequencedPacket?

  /// A packet too far ahead, or of another session, that needs a second one to be believed.
  private var aside: SequencedPacket?

  /// What was delivered last, to compare late copies with: a ring, ascending.
  private let history: Storage<SequencedPacket>
  private var historyCount: UInt64 = 0
  private static var historyCapacity: Int { 2_048 }
  /// Per line: where in the history its last late copy was found.
  private var historyHint: UInt64 = 0

  /// Capture time of the last packet that was in sequence or a heartbeat.
  private var lastHeard: UInt64 = 0

  init(channel: UInt8, settings: SessionSettings, counters: Counters) {
    self.channel = channel
    self.settings = settings
    self.counters = counters
    held = Storage(capacity: settings.reorderWindowPackets, hugePages: false)
    rejudged = Storage(capacity: settings.reorderWindowPackets, hugePages: false)
    history = Storage(capacity: Self.historyCapacity, hugePages: false)
    history.prefault()
  }

  /// Messages delivered in the current session, as a number one past the last; 0 before the first packet.
  var isOpen: Bool { state != .idle }

  // MARK: - Entry points

  /// Takes one packet. `clock` is the capture clock, which never goes back.
  @inline(__always)
  mutating func accept(_ packet: SequencedPacket, clock: UInt64, into sink: inout some DeliverySink) {
    counters.add(.channelPackets)
    if state == .live, !silent, packet.kind == .data, packet.session == session {
      if packet.sequenceNumber == next, packet.wholeCount == packet.messageCount {
        deliverNext(packet, clock: clock, into: &sink)
        return
      }
      if packet.endSequence <= next {
        recordLateCopy(packet, clock: clock, into: &sink)
        return
      }
    }
    acceptRare(packet, clock: clock, into: &sink)
  }

  /// When a timer is due at the latest check: the reorder window or silence. `.max` = none.
  ///
  /// May be early for silence (heartbeats move it); `advance` looks again.
  var nextDue: UInt64 {
    var due = UInt64.max
    if state == .waiting || state == .joining { due = waitingSince &+ settings.reorderWindowNanoseconds }
    if state != .idle, state != .ended, !silent { due = min(due, lastHeard &+ settings.silenceNanoseconds) }
    return due
  }

  /// Runs every timer due at or before `clock`, each stamped with its own time.
  @inline(never)
  mutating func advance(to clock: UInt64, into sink: inout some DeliverySink) {
    while true {
      let due = nextDue
      if due > clock { return }
      if state == .waiting || state == .joining, waitingSince &+ settings.reorderWindowNanoseconds == due {
        closeWindow(clock: due, into: &sink)
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
    while state == .waiting || state == .joining { closeWindow(clock: clock, into: &sink) }
    refuseAside()
  }

  // MARK: - Delivery

  /// Delivers a whole packet that begins at `next`, in one walk over its blocks. Blocks that contradict the length
  /// take the packet back out of the batch.
  @inline(__always)
  private mutating func deliverNext(_ packet: SequencedPacket, clock: UInt64, into sink: inout some DeliverySink) {
    sink.flushIfFull()
    let mark = sink.batch.count
    let packetMark = sink.batch.packetCount
    sink.batch.beginPacket(packet, clock: clock)
    var offset = 0
    let end = Int(packet.blocksLength)
    for _ in 0..<packet.messageCount {
      // SAFETY: `offset` is checked against the bytes that are here before each read.
      guard offset &+ Framing.prefixLength <= end else { offset = .max; break }
      let length = Framing.messageLength(at: packet.blocks + offset)
      offset &+= Framing.prefixLength
      guard offset &+ length <= end else { offset = .max; break }
      sink.batch.append(message: packet.blocks + offset, length: length, channel: channel)
      offset &+= length
    }
    if offset != end {
      sink.batch.count = mark
      sink.batch.packetCount = packetMark
      recordMalformed(packet)
      return
    }
    sink.batch.endPacket()
    lastHeard = clock
    next &+= UInt64(packet.messageCount)
    highestKnown = max(highestKnown, next)
    remember(packet)
  }

  /// Delivers the part of a whole-checked packet from `next` on.
  private mutating func deliverRest(_ packet: SequencedPacket, clock: UInt64, into sink: inout some DeliverySink) {
    let skip = next &- packet.sequenceNumber
    if skip > 0 { recordDuplicates(min(skip, UInt64(packet.wholeCount)), in: packet, clock: clock, into: &sink) }
    if packet.wholeCount < packet.messageCount { announce(packet, clock: packet.captureNanoseconds) }
    guard packet.sequenceNumber &+ UInt64(packet.wholeCount) > next else { return }
    sink.flushIfFull()
    sink.batch.beginPacket(packet, clock: clock)
    var offset = 0
    for index in 0..<UInt64(packet.wholeCount) {
      let length = Framing.messageLength(at: packet.blocks + offset)
      offset += Framing.prefixLength
      if index >= skip { sink.batch.append(message: packet.blocks + offset, length: length, channel: channel) }
      offset += length
    }
    sink.batch.endPacket()
    next = packet.sequenceNumber &+ UInt64(packet.wholeCount)
    highestKnown = max(highestKnown, packet.endSequence)
    remember(packet)
  }

  /// Delivers what waited and is next now.
  private mutating func drain(clock: UInt64, into sink: inout some DeliverySink) {
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
  private mutating func settle(clock: UInt64, into sink: inout some DeliverySink) {
    if next < highestKnown {
      // A gap that only shrank or stayed keeps its time.
      if state != .waiting || next != waitingFor { waitFromNow(clock) }
    } else {
      state = endAnnounced != nil ? .ended : .live
    }
    publishTrust(clock: clock, packet: marker(at: clock), into: &sink)
  }

  /// Begins to wait for `next`: since the first packet or heartbeat that showed it missing.
  private mutating func waitFromNow(_ clock: UInt64) {
    state = .waiting
    waitingFor = next
    waitingSince = clock
    for index in 0..<heldCount { waitingSince = min(waitingSince, held[index].captureNanoseconds) }
    if let announcement, announcement.endSequence > next {
      waitingSince = min(waitingSince, announcement.captureNanoseconds)
    }
  }

  /// Keeps a packet that speaks of numbers beyond those it holds.
  private mutating func announce(_ packet: SequencedPacket, clock: UInt64) {
    if let announcement, announcement.endSequence >= packet.endSequence { return }
    announcement = packet
    announcement?.captureNanoseconds = clock
  }

  // MARK: - Everything but the next packet in order

  @inline(never)
  private mutating func acceptRare(
    _ received: SequencedPacket, clock: UInt64, into sink: inout some DeliverySink
  ) {
    var packet = received
    if packet.kind == .data {
      guard check(&packet) else { return recordMalformed(received) }
    } else if packet.blocksLength != 0 {
      return recordMalformed(received)
    }
    if state == .idle {
      session = packet.session
      begin(packet, clock: clock, into: &sink)
      return
    }
    if packet.session != session {
      acceptOtherSession(packet, clock: clock, into: &sink)
      return
    }
    if isFarAhead(packet) {
      guard var first = aside, first.session == session, continues(first, packet) else {
        setAside(packet)
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
  private mutating func take(_ packet: SequencedPacket, clock: UInt64, into sink: inout some DeliverySink) {
    if packet.kind != .data {
      counters.add(.heartbeats)
      note(packet, clock: clock)
      announce(packet, clock: clock)
      if packet.kind == .endOfSession { endAnnounced = packet.sequenceNumber }
      if packet.kind == .heartbeat, state == .ended, packet.sequenceNumber >= next { endAnnounced = nil }
      if silent, packet.sequenceNumber <= next { endSilence(packet, clock: clock, into: &sink) }
      switch state {
      case .joining: if packet.sequenceNumber <= 1 { open(at: 1, clock: clock, into: &sink) }
      case .live, .ended, .waiting: settle(clock: clock, into: &sink)
      case .idle: break
      }
      return
    }
    if state == .joining {
      if packet.sequenceNumber <= 1 {
        open(at: packet.sequenceNumber, with: packet, clock: clock, into: &sink)
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
    if packet.sequenceNumber <= next {
      deliverRest(packet, clock: clock, into: &sink)
      if state == .waiting, next >= gapEnd { counters.add(.gapsFilled) }
      drain(clock: clock, into: &sink)
    } else {
      hold(packet, clock: clock, into: &sink)
    }
  }

  private mutating func note(_ packet: SequencedPacket, clock: UInt64) {
    if packet.sequenceNumber <= next || packet.kind != .data { lastHeard = clock }
    highestKnown = max(highestKnown, packet.endSequence)
  }

  /// The first packet of a session.
  private mutating func begin(_ packet: SequencedPacket, clock: UInt64, into sink: inout some DeliverySink) {
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
    aside = nil
    announcement = nil
    take(packet, clock: clock, into: &sink)
  }

  /// Ends the join: numbers begin at `first`, with `packet` where that is known already.
  private mutating func open(
    at first: UInt64, with packet: SequencedPacket? = nil, clock: UInt64, into sink: inout some DeliverySink
  ) {
    next = first
    lateStart = first != 1
    lastHeard = clock
    // What was held is judged again now that a number is known: far jumps among it need their second packet.
    let waiting = heldCount
    for index in 0..<waiting { rejudged[index] = held[index] }
    heldCount = 0
    highestKnown = next
    state = .live
    // Trust is published once all is judged: not `ok` for the moment between the first packet and a gap behind it.
    isOpening = true
    if let packet { acceptRare(packet, clock: clock, into: &sink) }
    for index in 0..<waiting { acceptRare(rejudged[index], clock: clock, into: &sink) }
    // What a heartbeat announced during the join counts as well, where it is believable.
    if let announced = announcement?.endSequence, announced > highestKnown {
      if announced &- next <= settings.sequenceJumpMaximum { highestKnown = announced } else { announcement = nil }
    }
    isOpening = false
    // What was judged came in order of numbers, not of time.
    if state == .waiting { waitFromNow(clock) }
    settle(clock: clock, into: &sink)
  }

  private mutating func acceptOtherSession(
    _ packet: SequencedPacket, clock: UInt64, into sink: inout some DeliverySink
  ) {
    if hasPreviousSession, packet.session == previousSession {
      counters.add(.staleSessionPackets)
      return
    }
    var first: SequencedPacket?
    if packet.sequenceNumber > 1, state != .ended {
      guard let kept = aside, kept.session == packet.session, continues(kept, packet) else {
        setAside(packet)
        return
      }
      first = kept
      first?.captureNanoseconds = clock
      aside = nil
      counters.add(.sequenceJumpsBelieved)
    }
    finish(clock: clock, into: &sink)
    counters.note(.sessionRestarts, at: packet.occurrence)
    previousSession = session
    hasPreviousSession = true
    session = packet.session
    sink.flushIfFull()
    sink.batch.append(.sessionRestart, channel: channel, detail: 0, packet: packet, clock: clock)
    published = .gap
    begin(first ?? packet, clock: clock, into: &sink)
    if first != nil { acceptRare(packet, clock: clock, into: &sink) }
  }

  private mutating func hold(_ packet: SequencedPacket, clock: UInt64, into sink: inout some DeliverySink) {
    if packet.kind != .data { return }
    highestKnown = max(highestKnown, packet.endSequence)
    if heldCount == held.capacity { closeWindow(clock: clock, into: &sink) }
    if packet.endSequence <= next, state != .joining {
      recordLateCopy(packet, clock: clock, into: &sink)
      return
    }
    if packet.sequenceNumber <= next, state != .joining {
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
    for index in stride(from: heldCount, to: position, by: -1) { held[index] = held[index - 1] }
    held[position] = packet
    heldCount += 1
    if state == .live || state == .ended {
      waitFromNow(clock)
      publishTrust(clock: clock, packet: packet, into: &sink)
    }
  }

  /// The window of the oldest gap, or of the join, is over.
  private mutating func closeWindow(clock: UInt64, into sink: inout some DeliverySink) {
    if state == .joining {
      open(at: heldCount > 0 ? held[0].sequenceNumber : highestKnown, clock: clock, into: &sink)
      return
    }
    let resume = heldCount > 0 ? min(held[0].sequenceNumber, highestKnown) : highestKnown
    let place = heldCount > 0 ? held[0].occurrence : announcement?.occurrence ?? Occurrence()
    counters.note(.gaps, at: place)
    counters.note(.messagesLost, resume &- next, at: place)
    untrusted = true
    next = resume
    // The next gap, if any, began to wait when its own packets came.
    drain(clock: clock, into: &sink)
  }

  // MARK: - Doubtful numbers

  private func isFarAhead(_ packet: SequencedPacket) -> Bool {
    state != .joining && packet.sequenceNumber > next
      && packet.sequenceNumber &- next > settings.sequenceJumpMaximum
      // Continuing what already waits beyond a believed jump is no new jump.
      && !(heldCount > 0 && packet.sequenceNumber >= held[0].sequenceNumber
        && (packet.sequenceNumber <= held[heldCount - 1].sequenceNumber
          || packet.sequenceNumber &- held[heldCount - 1].sequenceNumber <= settings.sequenceJumpMaximum))
      && !(heldCount == 0 && highestKnown > next && packet.sequenceNumber == highestKnown)
  }

  private func continues(_ first: SequencedPacket, _ second: SequencedPacket) -> Bool {
    second.sequenceNumber >= first.endSequence
      && second.sequenceNumber &- first.endSequence <= settings.sequenceJumpMaximum
      && (second.packetIndex != first.packetIndex || second.fileIndex != first.fileIndex)
  }

  private mutating func setAside(_ packet: SequencedPacket) {
    refuseAside()
    counters.note(.sequenceJumpsHeld, at: packet.occurrence)
    aside = packet
  }

  private mutating func refuseAside() {
    if aside != nil { counters.add(.sequenceJumpsRefused) }
    aside = nil
  }

  // MARK: - Late copies

  private mutating func remember(_ packet: SequencedPacket) {
    history.base[Int(truncatingIfNeeded: historyCount) & (Self.historyCapacity - 1)] = packet
    historyCount &+= 1
  }

  @inline(never)
  private mutating func recordLateCopy(
    _ received: SequencedPacket, clock: UInt64, into sink: inout some DeliverySink
  ) {
    var packet = received
    guard check(&packet) else { return recordMalformed(received) }
    recordDuplicates(UInt64(packet.wholeCount), in: packet, clock: clock, into: &sink)
  }

  /// Counts the first `count` messages of `packet` as already delivered and compares their bytes with what was.
  private mutating func recordDuplicates(
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
      compare(packet, with: past(index), clock: clock, into: &sink)
      index += 1
    }
  }

  private func past(_ index: UInt64) -> SequencedPacket {
    history.base[Int(truncatingIfNeeded: index) & (Self.historyCapacity - 1)]
  }

  /// Compares the messages that both packets hold; a difference is `lineDisagreement` and ends the feed's trust.
  private mutating func compare(
    _ packet: SequencedPacket, with other: SequencedPacket, clock: UInt64, into sink: inout some DeliverySink
  ) {
    let from = max(packet.sequenceNumber, other.sequenceNumber)
    let to = min(
      packet.sequenceNumber &+ UInt64(packet.wholeCount), other.sequenceNumber &+ UInt64(other.wholeCount))
    guard from < to else { return }
    let a = span(of: packet, from: from, to: to)
    let b = span(of: other, from: from, to: to)
    if a.count == b.count, memcmp(a.baseAddress!, b.baseAddress!, a.count) == 0 { return }
    counters.note(.lineDisagreement, at: packet.occurrence)
    if !untrusted {
      untrusted = true
      publishTrust(clock: clock, packet: packet, into: &sink)
    }
  }

  /// The blocks with numbers from ..< to. The packet's blocks were checked.
  private func span(of packet: SequencedPacket, from: UInt64, to: UInt64) -> UnsafeRawBufferPointer {
    var offset = 0
    for _ in packet.sequenceNumber..<from {
      offset += Framing.prefixLength + Framing.messageLength(at: packet.blocks + offset)
    }
    let start = offset
    if to == packet.sequenceNumber &+ UInt64(packet.messageCount), packet.wholeCount == packet.messageCount {
      offset = Int(packet.blocksLength)
    } else {
      for _ in from..<to { offset += Framing.prefixLength + Framing.messageLength(at: packet.blocks + offset) }
    }
    return UnsafeRawBufferPointer(start: packet.blocks + start, count: offset - start)
  }

  // MARK: - Checks and trust

  /// Walks the blocks; false when they contradict the packet's length. Of a packet cut by the snap length
  /// (`wholeCount` is 0 on entry and `messageCount` is what it announced) the whole messages count.
  private func check(_ packet: inout SequencedPacket) -> Bool {
    let isCut = packet.wholeCount != packet.messageCount
    var offset = 0
    var whole: UInt32 = 0
    let end = Int(packet.blocksLength)
    while whole < packet.messageCount, offset + Framing.prefixLength <= end {
      let length = Framing.messageLength(at: packet.blocks + offset)
      guard offset + Framing.prefixLength + length <= end else { break }
      offset += Framing.prefixLength + length
      whole += 1
    }
    if isCut {
      packet.wholeCount = whole
      packet.blocksLength = UInt32(offset)
      return true
    }
    return whole == packet.messageCount && offset == end
  }

  private func recordMalformed(_ packet: SequencedPacket) { counters.note(.malformed, at: packet.occurrence) }

  private mutating func endSilence(_ packet: SequencedPacket, clock: UInt64, into sink: inout some DeliverySink) {
    silent = false
    publishTrust(clock: clock, packet: packet, into: &sink)
  }

  private mutating func publishTrust(
    clock: UInt64, packet: SequencedPacket, into sink: inout some DeliverySink
  ) {
    let trust: BookState =
      untrusted ? .untrusted
      : state == .waiting || state == .joining ? .gap
      : lateStart ? .lateStart
      : silent ? .silent : .ok
    if trust == published || isOpening { return }
    published = trust
    sink.flushIfFull()
    sink.batch.append(.channelState, channel: channel, detail: trust.rawValue, packet: packet, clock: clock)
  }

  /// Stands for "no packet" where only a time matters.
  private func marker(at clock: UInt64) -> SequencedPacket {
    var packet = SequencedPacket(blocks: UnsafeRawPointer(held.base))
    packet.captureNanoseconds = clock
    return packet
  }
}
