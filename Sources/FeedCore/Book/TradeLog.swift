/// The last trades of a venue, so that a broken trade can be taken out of the statistics by its match number.
struct TradeLog {
  struct Trade: BitwiseCopyable {
    var matchNumber: UInt64
    var instrument: UInt32
    var quantity: UInt32
    var price: Int32
    var isBroken = false
  }
  /// In place of an instrument: one of another core's, of a venue whose breaks name only a number. It stands here so that
  /// a number that is used twice means the same trade on every core.
  static var foreignInstrument: UInt32 { .max }
  /// Trades that can be looked back upon.
  static var capacity: Int { 1 << 18 }
  private let ring = Storage<Trade>(capacity: TradeLog.capacity, hugePages: false)
  private var count: UInt64 = 0

  func prefault() { ring.prefault() }

  @inline(__always)
  mutating func append(_ trade: Trade) {
    ring.base[Int(truncatingIfNeeded: count) & (Self.capacity - 1)] = trade
    count &+= 1
  }

  mutating func appendForeign(matchNumber: UInt64) {
    append(Trade(matchNumber: matchNumber, instrument: Self.foreignInstrument, quantity: 1, price: 0))
  }

  /// Removes and returns the instrument's trade with this match number, the latest one if several; nil when it is not
  /// within reach.
  mutating func take(matchNumber: UInt64, instrument: UInt32) -> Trade? {
    guard let slot = slot(matchNumber, instrument, isBroken: false) else { return nil }
    ring[slot].isBroken = true
    return ring[slot]
  }

  /// The instrument's trade with this match number that was taken, the latest one if several.
  func taken(matchNumber: UInt64, instrument: UInt32) -> Trade? {
    guard let slot = slot(matchNumber, instrument, isBroken: true) else { return nil }
    return ring[slot]
  }

  private func slot(_ matchNumber: UInt64, _ instrument: UInt32, isBroken: Bool) -> Int? {
    var index = count
    let oldest = count > UInt64(Self.capacity) ? count - UInt64(Self.capacity) : 0
    while index > oldest {
      index -= 1
      let slot = Int(truncatingIfNeeded: index) & (Self.capacity - 1)
      let trade = ring.base[slot]
      if trade.matchNumber == matchNumber, trade.instrument == instrument, trade.isBroken == isBroken { return slot }
    }
    return nil
  }

  /// The instrument of the latest trade with this match number, of a venue whose numbers are unique; nil when it is
  /// not within reach.
  func instrument(matchNumber: UInt64) -> UInt32? {
    var index = count
    let oldest = count > UInt64(Self.capacity) ? count - UInt64(Self.capacity) : 0
    while index > oldest {
      index -= 1
      let trade = ring.base[Int(truncatingIfNeeded: index) & (Self.capacity - 1)]
      if trade.matchNumber == matchNumber, !trade.isBroken { return trade.instrument }
    }
    return nil
  }
}
