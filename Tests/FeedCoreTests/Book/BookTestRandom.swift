import Foundation

/// SplitMix64: a seed that reproduces.
struct BookTestRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// True so many times in a thousand.
  mutating func chance(_ perMille: Int) -> Bool { Int(next() % 1_000) < perMille }

  mutating func pick<T>(_ list: [T]) -> T { list[Int(next() % UInt64(list.count))] }

  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

  /// A new seed, or the one of `FEEDH_TEST_SEED`; printed, because a failure is of no use without it.
  static func seed(_ test: String = #function) -> UInt64 {
    let given = ProcessInfo.processInfo.environment["FEEDH_TEST_SEED"].flatMap { UInt64($0) }
    let seed = given ?? UInt64.random(in: 0...UInt64.max)
    print("\(test): seed \(seed) (FEEDH_TEST_SEED=\(seed) repeats it)")
    return seed
  }
}
