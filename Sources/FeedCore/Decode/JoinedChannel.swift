/// A channel whose instruments recover by snapshots that come on flows of their own: CME's loop, NYSE's refresh,
/// Coinbase Derivatives, Eurex. It knows how far each book can be trusted, keeps the events of those that wait, and
/// says what of a snapshot is to be applied.
///
/// What is kept are events, not messages: a message may change several books, of which some wait. Each shard has an
/// `InstrumentJoin` with an equal share of the buffer, so that which core owns it changes no result.
///
/// | live event of an instrument that | becomes |
/// |---|---|
/// | is current, not told so yet | itself, and `instrumentGap` 0 |
/// | is current | itself; `none` where its snapshot holds it |
/// | waits: changes its book | kept, and `instrumentGap` 1 |
/// | waits: changes its trading state | kept, and itself: the state may be all that is known of it |
/// | waits: `clearBook` | itself: its book is known from here on |
/// | waits: a trade, or its break, where snapshots tell totals | itself, and kept for the statistics behind them |
/// | is current: the same, and its snapshot holds it | itself, without the statistics |
/// | any: other trades, ends of events | itself |
///
/// | event of a snapshot's message | is applied |
/// |---|---|
/// | `clearBook`: the instrument's snapshot begins | where `InstrumentJoin` takes it; damage is forgotten |
/// | changes of a book | while its snapshot is taken |
/// | `instrumentGap` 0: the snapshot ends | behind the message: what was kept follows, and the book is `ok` |
/// | `tradeTotals`, `lastTrade` | with the end of a snapshot that is joined, before what was kept |
/// | `instrumentGap` 1: it does not | the snapshot is dropped |
/// | trading state | while the snapshot is taken, or where no live message told one |
/// | market hours | where no live message told any |
struct JoinedChannel {
  typealias Packets = DecoderContext.Packets

  /// How the channel's messages are numbered, against which snapshots say how far they reach.
  enum Numbers: UInt8, BitwiseCopyable {
    /// MsgSeqNum of the packet (CME).
    case packet
    /// SeqNum of the packet's first message, counted on (XDP).
    case counted
    /// MsgSeqNum of each message (EOBI).
    case message
    /// instrSeqNum: each instrument's own numbers, +1 each (Coinbase Derivatives).
    case instrument
  }

  struct Told: OptionSet, BitwiseCopyable {
    let rawValue: UInt8
    /// The books know that the instrument is current.
    static var current: Told { Told(rawValue: 1) }
    /// A live message told its trading state.
    static var status: Told { Told(rawValue: 2) }
  }

  let context: DecoderContext
  let isRecovering: Bool
  let numbers: Numbers
  let joins: UnsafeMutablePointer<InstrumentJoin>
  let shardCount: Int
  /// Per dense index: its place in its shard's join + 1; 0 while it has none.
  let places: Storage<UInt32>
  private let placeCounts: Storage<UInt32>
  let told: Storage<UInt8>
  var isStarted = false
  private var hasLost = false
  var next: UInt64 = 0
  /// When the packet that began the channel was sent, and the snapshot packet at hand, by the venue's clock.
  var startSent: UInt64 = 0
  var snapshotSent: UInt64 = 0
  /// When the first packet behind the last restart was sent, likewise; `.max`: none came yet; 0: there was no restart.
  private var restartSent: UInt64 = 0
  var areHoursTold = false
  /// No join has anything due before this.
  var nextDue = UInt64.max
  /// Position of the last message of a packet whose messages are counted. Known by its place in the input: another
  /// packet may come to lie where one was.
  private var counted: (file: UInt16, packet: UInt64, offset: Int, index: UInt64) = (.max, .max, 0, 0)
  /// XDP: symbol indices that no message has named, and the last number of a message about each.
  private var unnamed: IdentifierTable
  private let unnamedNumbers: Storage<UInt64>

  var reader: SnapshotReader
  /// Instruments whose snapshots are under way.
  var open = InlineArray<4, Int>(repeating: 0)
  var openCount = 0
  /// A symbol whose refresh begins, until the message that names it was read.
  var expected: (symbol: UInt32, through: UInt64)?

  /// - Parameter isRecovering: the flows bring books; else only definitions, and no book waits for anything.
  init(_ context: DecoderContext, isRecovering: Bool, shardCount: Int) {
    self.context = context
    self.isRecovering = isRecovering
    self.shardCount = shardCount
    let capacity = context.directory.pointee.records.capacity
    switch context.feedProtocol {
    case .nyseIntegrated: numbers = .counted
    case .coinbaseDerivatives: numbers = .instrument
    case .eobi: numbers = .message
    default: numbers = .packet
    }
    let parts = InstrumentJoin.parts(
      shardCount, limits: RecoveryLimits(context.recovery), numbering: numbers == .instrument ? .chain : .channel,
      instruments: capacity, settings: context.recovery)
    joins = .allocate(capacity: shardCount)
    for shard in 0..<shardCount { (joins + shard).initialize(to: parts[shard]) }
    places = Storage(capacity: capacity, hugePages: false)
    placeCounts = Storage(capacity: shardCount, hugePages: false)
    told = Storage(capacity: capacity, hugePages: false)
    unnamed = IdentifierTable(capacity: numbers == .counted ? capacity : 1)
    unnamedNumbers = Storage(capacity: numbers == .counted ? capacity : 1, hugePages: false)
    reader = SnapshotReader(context.feedProtocol)
  }

  /// True where snapshots of this protocol are understood.
  static func serves(_ feedProtocol: FeedProtocol) -> Bool {
    switch feedProtocol {
    case .cmeMDP3, .nyseIntegrated, .coinbaseDerivatives, .eobi: true
    default: false
    }
  }

  // MARK: - Places

  func shard(of index: Int) -> Int {
    Int(context.symbols.pointee.groups[Int(context.directory.pointee.groups[index])].shard)
  }

  /// The instrument's join and its place in it.
  mutating func place(of index: Int) -> (join: UnsafeMutablePointer<InstrumentJoin>, place: Int) {
    let shard = shard(of: index)
    let join = joins + shard
    if places.base[index] == 0 {
      placeCounts[shard] += 1
      places[index] = placeCounts[shard]
    }
    return (join, Int(places.base[index]) - 1)
  }

  func state(of index: Int) -> InstrumentJoin.State {
    if places.base[index] == 0 { return .waiting }
    return joins[shard(of: index)].state(of: Int(places.base[index]) - 1)
  }

  func setTold(_ flag: Told, _ isSet: Bool, _ index: Int) {
    var flags = Told(rawValue: told.base[index])
    if isSet { flags.insert(flag) } else { flags.remove(flag) }
    told.base[index] = flags.rawValue
  }

  func isTold(_ flag: Told, _ index: Int) -> Bool { Told(rawValue: told.base[index]).contains(flag) }

  // MARK: - The channel

  /// Messages are lost, and those that come next say where the channel goes on. The books of the channel are stale.
  mutating func lose(now: UInt64) {
    for shard in 0..<shardCount {
      if numbers == .instrument { joins[shard].restart(now: now) } else { joins[shard].lose(now: now) }
      nextDue = min(nextDue, joins[shard].nextDue)
    }
    isStarted = false
    hasLost = true
    counted.packet = .max
    openCount = 0
    forgetTold(.current)
  }

  /// Numbers begin anew, and the channel's books are empty.
  mutating func restart(now: UInt64) {
    for shard in 0..<shardCount { joins[shard].restart(now: now) }
    isStarted = false
    restartSent = .max
    hasLost = false
    areHoursTold = false
    counted.packet = .max
    unnamed.removeAll()
    reader = SnapshotReader(context.feedProtocol)
    openCount = 0
    expected = nil
    forgetTold([.current, .status])
  }

  private func forgetTold(_ flags: Told) {
    for index in 0..<context.directory.pointee.count { told[index] &= ~flags.rawValue }
  }

  /// A message of this number is next. Its first one begins the channel; one beyond the next shows a loss.
  ///
  /// - Parameter payload: of its packet.
  private mutating func hear(
    _ number: UInt64, in payload: UnsafeRawPointer, now: UInt64, _ stamp: EventStamp, _ writer: inout EventWriter
  ) {
    if isStarted, number > next, numbers != .instrument {
      lose(now: now)
      _ = writer.next(.channelGap, 0, stamp)
    }
    if !isStarted {
      isStarted = true
      let isWhole = number <= 1 && !hasLost
      for shard in 0..<shardCount { joins[shard].begin(at: number, isWhole: isWhole) }
      next = number
      startSent = sendTime(payload)
      if restartSent == .max { restartSent = startSent }
    }
    next = max(next, number &+ 1)
  }

  /// A snapshot packet that was sent before the numbers began anew is of the session before, whatever its numbers are:
  /// one that was asked for then may come late.
  var isSnapshotStale: Bool { snapshotSent < restartSent }

  /// When a packet was sent, by the venue's clock, Unix nanoseconds.
  ///
  /// SAFETY: its header was proved when it was parsed: 12 bytes of MDP 3.0, 16 of XDP, 24 of Coinbase Derivatives, 32
  /// of EOBI.
  func sendTime(_ payload: UnsafeRawPointer) -> UInt64 {
    switch numbers {
    case .packet: payload.littleEndian(UInt64.self, at: 4)
    case .counted:
      UInt64(payload.littleEndian(UInt32.self, at: 8)) &* 1_000_000_000
        &+ UInt64(payload.littleEndian(UInt32.self, at: 12))
    case .message: payload.littleEndian(UInt64.self, at: 24)
    case .instrument: payload.littleEndian(UInt64.self, at: 0)
    }
  }

  // MARK: - Live messages

  /// Takes the events of a live message, behind its decoder.
  @inline(never)
  mutating func take(_ delivery: UnsafeMutablePointer<Delivery>, _ packets: Packets, _ writer: inout EventWriter) {
    if !isRecovering { return noteStatus(writer) }
    let packet = packets + Int(delivery.pointee.packet)
    let now = packet.pointee.captureNanoseconds
    let stamp = EventStamp(
      type: 0, exchangeNanoseconds: writer.count > 0 ? writer.event(at: 0).pointee.exchangeNanoseconds : 0)
    let events = writer.count
    if now >= nextDue { giveUp(now, stamp, &writer) }
    guard let number = number(delivery, packet) else { return }
    if numbers == .instrument {
      let first = packet.pointee.payload.littleEndian(UInt64.self, at: 8)
      hear(first, in: packet.pointee.payload, now: now, stamp, &writer)
    } else {
      hear(number, in: packet.pointee.payload, now: now, stamp, &writer)
    }
    for position in 0..<events { filter(position, number, now, packet.pointee.captureNanoseconds, &writer) }
    if numbers == .instrument { closeMessage(delivery, number, now) }
    if numbers == .counted, events == 0 { noteUnnamed(delivery, number) }
  }

  /// Trading states that live messages tell: definitions do not overrule them.
  private mutating func noteStatus(_ writer: borrowing EventWriter) {
    for position in 0..<writer.count {
      let event = writer.event(at: position)
      if SnapshotEventClass(event) == .status { setTold(.status, true, Int(event.pointee.instrument)) }
    }
  }

  /// The number by which snapshots know the message; nil where it has none.
  private mutating func number(
    _ delivery: UnsafeMutablePointer<Delivery>, _ packet: UnsafeMutablePointer<DeliveredPacket>
  ) -> UInt64? {
    let payload = packet.pointee.payload
    let bytes = delivery.pointee.bytes
    // SAFETY: a live message stands in its packet, behind the header that was proved when it was parsed.
    switch numbers {
    case .packet: return UInt64(payload.littleEndian(UInt32.self, at: 0))
    case .message: return delivery.pointee.length >= 8 ? UInt64(bytes.littleEndian(UInt32.self, at: 4)) : nil
    case .instrument:
      // Templates from 110 on have no instrument header: they are no incremental messages.
      guard delivery.pointee.length >= 20, bytes.littleEndian(UInt16.self, at: 4) < 110 else { return nil }
      return UInt64(bytes.littleEndian(UInt32.self, at: 16))
    case .counted:
      let offset = bytes - payload
      let isSame = counted.packet == packet.pointee.packetIndex && counted.file == packet.pointee.fileIndex
      if !isSame || counted.offset > offset {
        counted = (packet.pointee.fileIndex, packet.pointee.packetIndex, XDPPacket.headerLength, 0)
      }
      // The packet's blocks were walked when it was delivered, up to this message at least.
      while counted.offset < offset {
        counted.offset += max(4, Int(payload.littleEndian(UInt16.self, at: counted.offset)))
        counted.index += 1
      }
      return UInt64(payload.littleEndian(UInt32.self, at: 4)) + counted.index
    }
  }

  private mutating func filter(
    _ position: Int, _ number: UInt64, _ now: UInt64, _ captured: UInt64, _ writer: inout EventWriter
  ) {
    let event = writer.event(at: position)
    let index = Int(event.pointee.instrument)
    switch SnapshotEventClass(event) {
    case .other: return
    case .hours: areHoursTold = true
    case .channelCleared:
      // CME Channel Reset: all books are empty, which is all there is to know.
      hasLost = false
      for shard in 0..<shardCount { joins[shard].begin(at: next, isWhole: true) }
      nextDue = .max
      for index in 0..<context.directory.pointee.count where places[index] != 0 { setTold(.current, true, index) }
    case .missing:
      // A definition gave the instrument another name: what came under the old one is not in this book.
      let (join, place) = place(of: index)
      join.pointee.begin(place, at: next, now: now)
      nextDue = min(nextDue, join.pointee.nextDue)
      setTold(.current, false, index)
    case .cleared where leavesName(event):
      retire(index)
      writer.next(.instrumentGap, index, stamp(of: position, writer)).pointee.quantity = 1
    case .cleared:
      let (join, place) = place(of: index)
      join.pointee.reached(number)
      join.pointee.emptied(place, at: number, now: now)
      tellCurrent(index, &writer, like: position)
    case .status:
      setTold(.status, true, index)
      if keep(event, index, number, now, captured) == .deliver, state(of: index) == .current {
        tellCurrent(index, &writer, like: position)
      }
    case .change:
      switch keep(event, index, number, now, captured) {
      // A book that was given up goes on, untrusted.
      case .deliver: if state(of: index) == .current { tellCurrent(index, &writer, like: position) }
      case .drop: event.pointee.kind = .none
      case .buffered:
        setTold(.current, false, index)
        makeGap(event)
      }
    case .trade:
      if numbers == .instrument { keepTrade(position, index, number, now, captured, &writer) }
    case .whole, .totals: return
    }
  }

  /// A trade is told at once. Snapshots tell the totals of all trades up to theirs (Coinbase Derivatives' 122): those
  /// behind are added to them.
  private mutating func keepTrade(
    _ position: Int, _ index: Int, _ number: UInt64, _ now: UInt64, _ captured: UInt64, _ writer: inout EventWriter
  ) {
    let event = writer.event(at: position)
    event.pointee.flags.insert(.wasTold)
    let verdict = keep(event, index, number, now, captured)
    event.pointee.flags.remove(.wasTold)
    if verdict == .drop, state(of: index) == .current { event.pointee.flags.insert(.isInTotals) }
    if verdict == .buffered, isTold(.current, index) {
      // Its number shows that something is missing.
      setTold(.current, false, index)
      writer.next(.instrumentGap, index, stamp(of: position, writer)).pointee.quantity = 1
    }
  }

  private mutating func keep(
    _ event: UnsafeMutablePointer<BookEvent>, _ index: Int, _ number: UInt64, _ now: UInt64, _ captured: UInt64
  ) -> LiveVerdict {
    let (join, place) = place(of: index)
    join.pointee.reached(number)
    let overflows = join.pointee.counters[.bufferOverflows]
    let verdict = join.pointee.live(
      place, number: number, previous: number &- 1, isLast: numbers != .instrument,
      UnsafeRawBufferPointer(start: event, count: MemoryLayout<BookEvent>.size), captureNanoseconds: captured, now: now)
    if join.pointee.counters[.bufferOverflows] != overflows {
      context.counters.add(.snapshotBuffersFull)
      // What is kept begins with this message, or behind it where it found no room either.
      if numbers == .counted {
        context.needs?.tell(channel: context.channel, before: verdict == .buffered ? number : number &+ 1)
      }
    }
    nextDue = min(nextDue, join.pointee.nextDue)
    return verdict
  }

  private func makeGap(_ event: UnsafeMutablePointer<BookEvent>) {
    var gap = BookEvent()
    gap.head = event.pointee.head
    gap.kind = .instrumentGap
    gap.flags = []
    gap.isSell = false
    gap.exchangeNanoseconds = event.pointee.exchangeNanoseconds
    gap.instrument = event.pointee.instrument
    gap.quantity = 1
    event.pointee = gap
  }

  /// The first event of a book that is current says so, behind the message's events.
  private func tellCurrent(_ index: Int, _ writer: inout EventWriter, like position: Int) {
    if isTold(.current, index) { return }
    setTold(.current, true, index)
    _ = writer.next(.instrumentGap, index, stamp(of: position, writer))
  }

  private func stamp(of position: Int, _ writer: borrowing EventWriter) -> EventStamp {
    let event = writer.event(at: position)
    return EventStamp(
      type: event.pointee.type, exchangeNanoseconds: event.pointee.exchangeNanoseconds,
      flags: event.pointee.flags.intersection(.isPartial))
  }

  // MARK: - Names

  /// A definition empties the book that an instrument had under its number alone: from here on it has a name, and
  /// another book.
  func leavesName(_ event: UnsafeMutablePointer<BookEvent>) -> Bool {
    guard event.pointee.kind == .clearBook,
      context.directory.pointee.records[Int(event.pointee.instrument)].isNumberOnly
    else { return false }
    switch (numbers, event.pointee.type) {
    case (.packet, 27), (.packet, 29), (.packet, 41), (.packet, 54...58), (.packet, 63): return true
    case (.instrument, 10), (.instrument, 11), (.instrument, 110), (.instrument, 111): return true
    default: return false
    }
  }

  /// The book of an instrument that has another now: it waits for nothing, and nothing makes it whole.
  mutating func retire(_ index: Int) {
    guard isRecovering else { return }
    let (join, place) = place(of: index)
    join.pointee.emptied(place, at: next, now: 0)
    setTold(.current, true, index)
  }

  /// Each instrument of a message has one number more, whether or not the message changed its book.
  private mutating func closeMessage(_ delivery: UnsafeMutablePointer<Delivery>, _ number: UInt64, _ now: UInt64) {
    let instrument = delivery.pointee.bytes.littleEndian(Int32.self, at: 12)
    for view in [NumberedInstruments.View.main, .implied] {
      guard
        let index = context.directory.pointee.find(identifier: NumberedInstruments.identifier(instrument, view)),
        context.owns(index)
      else { continue }
      let (join, place) = place(of: index)
      _ = join.pointee.live(
        place, number: number, previous: number &- 1, UnsafeRawBufferPointer(start: nil, count: 0),
        captureNanoseconds: now, now: now)
      nextDue = min(nextDue, join.pointee.nextDue)
    }
  }

  // MARK: - Symbols named late

  /// XDP: a message about a symbol index that nothing named. A snapshot that names it has to reach that far.
  private mutating func noteUnnamed(_ delivery: UnsafeMutablePointer<Delivery>, _ number: UInt64) {
    guard delivery.pointee.length >= 16 else { return }
    // SAFETY: 16 bytes are here. Types 100 to 114 have the index at 8; the others of a symbol at 12.
    let type = delivery.pointee.bytes.littleEndian(UInt16.self, at: 2)
    guard type == 32 || type == 34 || (100...114).contains(type) else { return }
    let isLong = type == 32 || type == 34 || type == 105 || type == 106
    let symbol = UInt64(delivery.pointee.bytes.littleEndian(UInt32.self, at: isLong ? 12 : 8))
    if context.directory.pointee.find(identifier: symbol) != nil { return }
    if let known = unnamed.find(symbol) {
      unnamedNumbers[known] = number
    } else if unnamed.count < unnamed.capacity, unnamed.insert(symbol, index: unnamed.count) == .inserted {
      unnamedNumbers[unnamed.count - 1] = number
    }
  }

  /// A symbol index has a name now: its book misses what came before.
  mutating func takeName(_ symbol: UInt64, _ index: Int, now: UInt64) {
    guard places[index] == 0, let known = unnamed.find(symbol) else { return }
    let (join, place) = place(of: index)
    join.pointee.begin(place, at: unnamedNumbers[known] &+ 1, now: now)
    nextDue = min(nextDue, join.pointee.nextDue)
  }

  // MARK: - Time

  /// Gives up the instruments that waited too long.
  private mutating func giveUp(_ now: UInt64, _ stamp: EventStamp, _ writer: inout EventWriter) {
    nextDue = .max
    for shard in 0..<shardCount {
      if joins[shard].nextDue <= now {
        let before = joins[shard].counters[.snapshotsGivenUp]
        joins[shard].advance(to: now)
        context.counters.add(.snapshotsGivenUp, joins[shard].counters[.snapshotsGivenUp] - before)
        writer.next(.giveUp, 0, stamp).pointee.quantity = UInt32(shard)
      }
      nextDue = min(nextDue, joins[shard].nextDue)
    }
  }
}
