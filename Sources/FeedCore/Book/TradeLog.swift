/// The last trades of a venue, so that a broken trade can be taken out of the statistics by its match number.
struct TradeLog {
  struct Trade: BitwiseCopyable {
    var matchNumber: UInt64
    var instrument: UInt32
    var quantity: UInt32
    var price: Int32
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
    var index = count
    let oldest = count > UInt64(Self.capacity) ? count - UInt64(Self.capacity) : 0
    while index > oldest {
      index -= 1
      let slot = Int(truncatingIfNeeded: index) & (Self.capacity - 1)
      let trade = ring[slot]
      if trade.matchNumber == matchNumber, trade.instrument == instrument, trade.quantity > 0 {
        ring[slot].quantity = 0
        return trade
      }
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
      if trade.matchNumber == matchNumber, trade.quantity > 0 { return trade.instrument }
    }
    return nil
  }
}
