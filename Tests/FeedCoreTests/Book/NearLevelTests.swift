import CSIMD
import Testing

@testable import FeedCore

/// The routines that change one of the eight best levels, each against a plain sorted array.
@Suite struct NearLevelTests {
  typealias Routine = (UnsafeMutablePointer<UInt64>, Int32, UInt32) -> UInt32

  /// Those this CPU can run.
  private static var routines: [(name: String, add: Routine, take: Routine)] {
    InstructionSet.available.map { set in
      let code = set.code
      return (set.rawValue, { feedh_level_add(code, $0, $1, $2) }, { feedh_level_take(code, $0, $1, $2) })
    }
  }

  /// What a routine must do, on an array of levels, best first.
  private struct Model {
    var levels: [Level] = []

    mutating func add(_ key: Int32, _ quantity: UInt32) -> UInt32 {
      let position = levels.firstIndex { $0.key <= key } ?? levels.count
      if position < levels.count, levels[position].key == key {
        let (sum, overflow) = levels[position].quantity.addingReportingOverflow(quantity)
        if overflow { return UInt32(position) | UInt32(FEEDH_LEVEL_OVERFLOW) }
        levels[position].quantity = sum
        return UInt32(position)
      }
      if levels.count == 8 { return UInt32(FEEDH_LEVEL_ELSEWHERE) }
      levels.insert(Level(key: key, quantity: quantity), at: position)
      return UInt32(position)
    }

    mutating func take(_ key: Int32, _ quantity: UInt32) -> UInt32 {
      guard let position = levels.firstIndex(where: { $0.key == key }) else { return UInt32(FEEDH_LEVEL_ELSEWHERE) }
      if levels[position].quantity > quantity {
        levels[position].quantity -= quantity
        return UInt32(position)
      }
      levels.remove(at: position)
      return UInt32(position) | (levels.isEmpty ? UInt32(FEEDH_LEVEL_NONE_LEFT) : 0)
    }

    var words: [UInt64] { (0..<8).map { $0 < levels.count ? levels[$0].word : Level.none.word } }
  }

  @Test func everyRoutineKeepsTheEightBestLevelsLikeASortedArray() {
    let seed = UInt64.random(in: .min ... .max)
    print("everyRoutineKeepsTheEightBestLevelsLikeASortedArray: seed \(seed)")
    let memory = Storage<UInt64>(capacity: 24)
    for routine in Self.routines {
      var random = BookTestRandom(seed: seed)
      // Keys at the ends of their range among them; quantities that overflow now and then.
      for keys: [Int32] in [Array(-3...3), Array(100...111), [.max, .max - 1, .min + 1, .min + 2, 0, -1, 1, 7, 9]] {
        var model = Model()
        for index in 0..<24 { memory[index] = Level.none.word }
        // What stands before and behind the line is not the routine's.
        memory[7] = 0xAAAA_AAAA_0000_0001
        memory[16] = 0xBBBB_BBBB_0000_0002
        for step in 0..<20_000 {
          let key = keys[Int(random.next() % UInt64(keys.count))]
          let quantity = random.next() % 64 == 0 ? UInt32.max - UInt32(random.next() % 3) : UInt32(random.next() % 9) + 1
          let isAdd = random.next() % 2 == 0
          let expected = isAdd ? model.add(key, quantity) : model.take(key, quantity)
          let outcome =
            isAdd ? routine.add(memory.base + 8, key, quantity) : routine.take(memory.base + 8, key, quantity)
          let isSame = outcome == expected && (0..<8).allSatisfy { memory[8 + $0] == model.words[$0] }
          #expect(isSame, "seed \(seed) \(routine.name) step \(step): \(isAdd) \(key) \(quantity)")
          if !isSame { return }
        }
        #expect(memory[7] == 0xAAAA_AAAA_0000_0001 && memory[16] == 0xBBBB_BBBB_0000_0002)
      }
    }
  }
}
