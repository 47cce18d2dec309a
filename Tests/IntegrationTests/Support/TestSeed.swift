import Foundation

/// The seed of a random test: a new one each run, printed; FEEDH_TEST_SEED repeats it.
enum TestSeed {
  static func draw(_ test: String) -> UInt64 {
    let given = ProcessInfo.processInfo.environment["FEEDH_TEST_SEED"].flatMap { UInt64($0) }
    let seed = given ?? UInt64.random(in: 1...999_999_999)
    print("\(test): seed \(seed) (FEEDH_TEST_SEED=\(seed) repeats it)")
    return seed
  }
}

/// SplitMix64: a seeded generator whose draws do not depend on the standard library's version.
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// 0 ..< bound.
  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
