import CSIMD

/// What everyday changes of an instrument take, four instruments in a cache line. Made when a change of it was read the
/// long way (`DeribitVenue.allowEveryday`); whatever may alter it makes it void.
struct DeribitEverydayInstrument: BitwiseCopyable {
  /// What prices and amounts are counted in: of many instruments the same (`DeribitEverydayScales`).
  let stored: UnsafeMutablePointer<feedh_stored_scale>
  /// Dense index at the venue.
  let index: UInt32
  /// `DeribitVenue.gate`, or none: 0.
  var gate: UInt32
}

/// The pairs of scales that a venue's instruments have: a few in all, as ticks and contract sizes are.
struct DeribitEverydayScales {
  /// Those beyond go the long way.
  static var capacity: Int { 256 }
  private let scales = Storage<feedh_stored_scale>(capacity: capacity, hugePages: false)
  private var count = 0

  /// What a pair is for the short way. Nil where binary64 has no number of its own for each of its units: no venue has
  /// such.
  static func scale(_ prices: PriceScale, _ quantities: QuantityScale) -> feedh_stored_scale? {
    if max(prices.divisor, quantities.divisor) > 1 << 53 { return nil }
    let units = (Double(prices.divisor), Double(quantities.divisor))
    return feedh_stored_scale(per_one: (1e8 / units.0, 1e8 / units.1), units: units)
  }

  /// The place of a pair, which is made where there is none. Nil where there is no room, too.
  mutating func find(_ prices: PriceScale, _ quantities: QuantityScale) -> UnsafeMutablePointer<feedh_stored_scale>? {
    guard let scale = Self.scale(prices, quantities) else { return nil }
    for place in 0..<count where scales[place].units == scale.units { return scales.base + place }
    if count == Self.capacity { return nil }
    scales[count] = scale
    count += 1
    return scales.base + (count - 1)
  }
}
