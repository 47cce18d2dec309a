/// xoshiro256** seeded through SplitMix64 (Blackman, Vigna): the only source of chance in the generator.
///
/// Everything is integer arithmetic. Floating point would be the same on most machines, and libm's logarithm not
/// on all of them, while equal seeds must give equal bytes everywhere.
struct DeterministicRandom: Sendable {
  private var s0: UInt64
  private var s1: UInt64
  private var s2: UInt64
  private var s3: UInt64

  /// Streams of one seed are independent: what one purpose draws never shifts what another draws.
  init(seed: UInt64, stream: UInt64) {
    var state = seed &+ stream &* 0xD134_2543_DE82_EF95
    func splitMix() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
    s0 = splitMix()
    s1 = splitMix()
    s2 = splitMix()
    s3 = splitMix()
  }

  mutating func next() -> UInt64 {
    let scrambled = s1 &* 5
    let result = (scrambled << 7 | scrambled >> 57) &* 9
    let t = s1 << 17
    s2 ^= s0
    s3 ^= s1
    s1 ^= s2
    s0 ^= s3
    s2 ^= t
    s3 = s3 << 45 | s3 >> 19
    return result
  }

  /// 0 ..< bound, or 0 where bound is 0.
  mutating func below(_ bound: UInt64) -> UInt64 { next().multipliedFullWidth(by: bound).high }
  mutating func below(_ bound: Int) -> Int { Int(below(UInt64(bound))) }

  /// A value of `range`.
  mutating func within(_ range: ClosedRange<Int>) -> Int { range.lowerBound + below(range.count) }

  mutating func chance(_ probability: Probability) -> Bool {
    probability.billionths > 0 && below(UInt64(Probability.one)) < UInt64(probability.billionths)
  }

  mutating func chance(partsPerMillion: UInt64) -> Bool { below(1_000_000) < partsPerMillion }

  /// An exponentially distributed value of the given mean, rounded down.
  mutating func exponential(mean: UInt64) -> UInt64 {
    let (high, low) = mean.multipliedFullWidth(by: NaturalLogarithm.minusLogarithm(next()))
    return high << 32 | low >> 32
  }
  mutating func exponential(mean: Int) -> Int { Int(exponential(mean: UInt64(mean))) }

  mutating func pick<T>(_ choices: [T]) -> T { choices[below(choices.count)] }
}
