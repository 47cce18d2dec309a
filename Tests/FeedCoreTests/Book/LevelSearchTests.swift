import CSIMD
import Testing

@testable import FeedCore

@Suite struct LevelSearchTests {
  /// Ascending levels with random gaps, some of them equal, extremes included, against the scalar twin.
  @Test func vectorAndScalarSearchAgree() {
    let seed = UInt64.random(in: .min ... .max)
    print("vectorAndScalarSearchAgree: seed \(seed)")
    var state = seed
    func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Mix.spread(state)
    }
    for _ in 0..<20_000 {
      var keys = (0..<8).map { _ in Int32(truncatingIfNeeded: next()) >> Int32(next() % 31) }
      if next() % 4 == 0 { keys[0] = .min }
      if next() % 4 == 0 { keys[7] = .max }
      keys.sort()
      let words = keys.flatMap { [$0, Int32(truncatingIfNeeded: next())] }
      let key = next() % 3 == 0 ? Int32(truncatingIfNeeded: next()) : keys[Int(next() % 8)]
      for valid: Int32 in 0...8 {
        let vector = feedh_levels_at_most(words, key, valid)
        #expect(vector == feedh_levels_at_most_scalar(words, key, valid), "seed \(seed): \(keys) \(key) \(valid)")
        #expect(vector == Int32(keys.prefix(Int(valid)).count { $0 <= key }), "seed \(seed): \(keys) \(key) \(valid)")
      }
    }
  }
}
