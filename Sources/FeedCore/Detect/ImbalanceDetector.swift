/// Order-book imbalance: a signal while one side's share of the shares displayed near the touch is at or above a bound.
///
/// It sends no orders. It shows what a second detector needs: a struct of its own, two calls in `Core`.
struct ImbalanceDetector: Detector {
  let settings: ImbalanceSettings
  /// Per venue and instrument: 0 none, 1 bids heavier, 2 asks heavier.
  private let signals: Storage<UInt8>
  private let instrumentCapacity: Int
  /// Signals begun, per shard.
  let begun: Storage<UInt64>
  /// Hash of the beginnings and ends of signals, per shard, in order.
  let digests: Storage<UInt64>

  init(settings: ImbalanceSettings, venueCount: Int, capacity: CapacitySettings) {
    self.settings = settings
    instrumentCapacity = capacity.instruments
    signals = Storage(capacity: venueCount * capacity.instruments, hugePages: false)
    begun = Storage(capacity: 64)
    digests = Storage(capacity: 64)
  }

  mutating func bookChanged(_ change: BookChange, books: inout Books, sink: inout some IntentSink) {
    let slot = Int(change.instrument.venue) * instrumentCapacity + change.instrument.index
    let signal = books.state(of: change.instrument) == .ok ? imbalance(of: change.instrument, books: books) : 0
    guard signal != signals[slot], let header = books.header(of: change.instrument) else { return }
    signals[slot] = signal
    let shard = Int(header.pointee.shard)
    if signal != 0 { begun[shard] &+= 1 }
    digests[shard] = Mix.fold(
      digests[shard], books.symbol(of: change.group).word,
      change.captureNanoseconds << 8 ^ UInt64(change.instrument.venue) << 2 ^ UInt64(signal))
  }

  private func imbalance(of instrument: InstrumentID, books: borrowing Books) -> UInt8 {
    let bids = shares(of: instrument, side: .buy, books: books)
    let asks = shares(of: instrument, side: .sell, books: books)
    let total = bids + asks
    if total < UInt64(settings.minimumQuantity) || total == 0 { return 0 }
    // Both products stay below 2^64: 16 levels of 32 bits times a million.
    let bound = total * UInt64(settings.thresholdPartsPerMillion)
    return bids * 1_000_000 >= bound ? 1 : asks * 1_000_000 >= bound ? 2 : 0
  }

  private func shares(of instrument: InstrumentID, side: Side, books: borrowing Books) -> UInt64 {
    var sum: UInt64 = 0
    var levels = 0
    books.forEachLevel(of: instrument, side: side) { _, quantity in
      sum += UInt64(quantity)
      levels += 1
      return levels < settings.depth
    }
    return sum
  }

  mutating func trustChanged(
    of venue: VenueIndex, captureNanoseconds: UInt64, books: inout Books, sink: inout some IntentSink
  ) {
    // A signal of a book that lost its trust is over, and one begins where trust is regained.
    for index in 0..<books.venues[Int(venue)].admitted {
      let instrument = InstrumentID(venue: venue, index: index)
      guard let header = books.header(of: instrument), header.pointee.flags.contains(.owned) else { continue }
      let change = BookChange(
        instrument: instrument, group: books.venues[Int(venue)].directory.pointee.groups[index], captureNanoseconds: captureNanoseconds)
      bookChanged(change, books: &books, sink: &sink)
    }
  }

  mutating func finish(captureNanoseconds: UInt64, books: inout Books) {}
}
