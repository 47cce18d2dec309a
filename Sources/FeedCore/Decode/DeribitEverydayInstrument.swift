import CSIMD

/// All that everyday changes of an instrument take, in one cache line. Made when a change of it was read the long way
/// (`DeribitVenue.allowEveryday`); whatever may alter it makes it void.
struct DeribitEverydayInstrument: BitwiseCopyable {
  /// `DeribitVenue.gate`, or none: 0.
  var gate: UInt64 = 0
  /// Dense index at the venue.
  let index: UInt32
  private let spare: UInt32 = 0
  /// What prices and amounts are counted in.
  var stored: feedh_stored_scale
  /// The same, as the directory has it: to be marked as used.
  let scale: UnsafeMutablePointer<InstrumentScale>
  private let more: UInt64 = 0

  init(gate: UInt64, index: UInt32, scale: UnsafeMutablePointer<InstrumentScale>) {
    self.gate = gate
    self.index = index
    self.scale = scale
    let units = (scale.pointee.scale.divisor, scale.pointee.quantity.divisor)
    stored = feedh_stored_scale(
      per_one: (1e8 / Double(units.0), 1e8 / Double(units.1)), units: (Double(units.0), Double(units.1)))
    // As binary64 no longer each is a number of its own. No venue has such.
    if max(units.0, units.1) > 1 << 53 { self.gate = 0 }
  }
}
