/// What the channels of one Deribit venue have in common on one core: which instrument an id is, and how far each
/// instrument's book follows the chain of its changes.
///
/// Changes come on event channels, snapshots on others, so that this is shared: every channel's decoder of the venue
/// has a pointer to it. Ids get a place here when any message names them first, also before the message that gives the
/// instrument's name: changes that come before it are kept for its snapshot, too.
struct DeribitVenue {
  struct Instrument: BitwiseCopyable {
    /// The venue's dense index + 1; 0: not named yet.
    var index: UInt32 = 0
    /// The channel that carries its changes where `isFollowed`, else the one that named it.
    var channel: UInt8 = 0
    /// The channel that named it, which carries its snapshots.
    var namedBy: UInt8 = 255
    var isFollowed = false
    /// Packets of its channel are lost, and it has not shown yet that it lost nothing.
    var isSuspect = false
    /// instrumentState as last told, 255: none.
    var state: UInt8 = 255
  }

  /// Which event channel a snapshot channel's instruments have, as far as they showed it. Those that did not are taken
  /// to have the same, unless the others differ.
  private enum Pair {
    static var unknown: UInt8 { 255 }
    static var mixed: UInt8 { 254 }
  }

  let instruments: Storage<Instrument>
  /// Per place, from 1 on: what its everyday changes take.
  let everyday: Storage<DeribitEverydayInstrument>
  private var everydayScales = DeribitEverydayScales()
  /// What the entries of `everyday` were made under, 1 ..< 2^24. Another one makes all of them void.
  private var generation: UInt32 = 1
  /// Per snapshot channel: its event channel, `unknown`, or `mixed`.
  private let pairs = Storage<UInt8>(capacity: 256, hugePages: false)
  private(set) var count = 0
  private var places: IdentifierTable
  var join: InstrumentJoin
  /// A place whose kept changes did not all fit one message's events; -1: none.
  var unfinished = -1
  /// Time of the last message that has one, nanoseconds since midnight UTC.
  var exchangeNanoseconds: UInt64 = 0

  init(instruments capacity: Int, settings: RecoverySettings) {
    instruments = Storage(capacity: capacity, hugePages: false)
    everyday = Storage(capacity: capacity + 1, hugePages: false)
    places = IdentifierTable(capacity: capacity)
    places.prefault()
    for channel in 0..<256 { pairs[channel] = Pair.unknown }
    join = InstrumentJoin(
      limits: RecoveryLimits(settings), numbering: .chain, instruments: capacity, settings: settings)
  }

  /// The table of places, for who keeps it at hand.
  var placeLookup: IdentifierTable.Lookup { places.lookup }

  /// The place of an id, -1 for one not seen yet.
  @inline(__always)
  func find(_ instrumentId: UInt32) -> Int { places.find(UInt64(instrumentId)) ?? -1 }

  /// A place for a new id on `channel`; -1 when all are taken.
  mutating func add(_ instrumentId: UInt32, channel: UInt8) -> Int {
    guard count < instruments.capacity, places.insert(UInt64(instrumentId), index: count) == .inserted else {
      return -1
    }
    instruments[count] = Instrument()
    instruments[count].channel = channel
    forgetEveryday(count)
    count += 1
    return count - 1
  }

  // MARK: - Every day

  /// What an entry of `everyday` says where changes that come on `channel` may take it.
  func gate(channel: UInt8) -> UInt32 { generation << 8 | UInt32(channel) }

  /// The next changes of the instrument are everyday ones: it is this core's, its changes come on `channel`, nothing of
  /// them is suspect, and its scale is settled.
  mutating func allowEveryday(_ place: Int, channel: UInt8, scale: InstrumentScale) {
    let instrument = instruments.base[place]
    guard instrument.isFollowed, instrument.channel == channel, !instrument.isSuspect, instrument.index != 0,
      let stored = everydayScales.find(scale.scale, scale.quantity)
    else { return forgetEveryday(place) }
    everyday[place + 1] = DeribitEverydayInstrument(
      stored: stored, index: instrument.index &- 1, gate: gate(channel: channel))
  }

  /// Whether the next changes of the instrument go the short way.
  func allowsEveryday(_ place: Int) -> Bool {
    everyday.base[place + 1].gate == gate(channel: instruments.base[place].channel)
  }

  /// The instrument may not be what it was: its next change goes the long way.
  func forgetEveryday(_ place: Int) { everyday[place + 1].gate = 0 }

  /// None of them may.
  mutating func forgetEveryday() {
    generation += 1
    // Numbers begin anew, and no entry may be of such a one.
    if generation == 1 << 24 {
      for place in 0..<everyday.capacity { everyday[place].gate = 0 }
      generation = 1
    }
  }

  /// The channel that carries an instrument's changes is known, and the one that names it.
  mutating func pair(_ place: Int) {
    let instrument = instruments[place]
    guard instrument.isFollowed, instrument.namedBy != 255 else { return }
    let known = pairs[Int(instrument.namedBy)]
    pairs[Int(instrument.namedBy)] =
      known == Pair.unknown || known == instrument.channel ? instrument.channel : Pair.mixed
  }

  /// Whether the instrument's changes may come on `channel`.
  private func mayCome(_ instrument: Instrument, on channel: UInt8) -> Bool {
    if instrument.isFollowed { return instrument.channel == channel }
    let pair = pairs[Int(instrument.namedBy)]
    return pair == channel || pair >= Pair.mixed
  }

  /// Packets of an event channel are lost: its instruments are suspect, and those whose channel is not known yet.
  ///
  /// - Returns: bit c: some of them stand under channel c.
  mutating func suspect(channel: UInt8) -> UInt64 {
    forgetEveryday()
    var channels: UInt64 = 0
    for place in 0..<count {
      let instrument = instruments.base + place
      if !mayCome(instrument.pointee, on: channel) { continue }
      instrument.pointee.isSuspect = true
      channels |= 1 << UInt64(instrument.pointee.channel & 63)
    }
    return channels
  }

  /// The books of `channel` are empty: they wait for a snapshot, and for their state to be told again. Those that may
  /// have their changes on it wait for a snapshot, too: change ids may begin anew.
  mutating func restart(channel: UInt8, now: UInt64) {
    forgetEveryday()
    for place in 0..<count {
      let instrument = instruments.base + place
      let isEmpty = instrument.pointee.channel == channel
      guard isEmpty || mayCome(instrument.pointee, on: channel) else { continue }
      if isEmpty { instrument.pointee.state = 255 }
      instrument.pointee.isSuspect = false
      join.restart(place, now: now)
      if unfinished == place { unfinished = -1 }
    }
  }
}
