/// Seeded delays (SplitMix64), so that a run can be repeated.
struct DelayRandom: Sendable {
  var state: UInt64

  /// Uniform in 0 ... maximum.
  mutating func next(upTo maximum: UInt64) -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    z ^= z >> 31
    return maximum == .max ? z : z.multipliedFullWidth(by: maximum + 1).high
  }
}
