import Testing

@testable import FeedCore

struct IdentifierTableTests {
  @Test func agreesWithADictionary() {
    let seed = BookTestRandom.seed()
    var random = BookTestRandom(seed: seed)
    for capacity in [1, 7, 32, 1_000] {
      var table = IdentifierTable(capacity: capacity)
      var model: [UInt64: Int] = [:]
      // Dense ids, symbols as words, and any 64 bits; zero among them.
      func key() -> UInt64 {
        switch random.below(3) {
        case 0: UInt64(random.below(2 * capacity))
        case 1: Symbol("S\(random.below(2 * capacity))")!.packed
        default: random.next()
        }
      }
      for step in 0..<20_000 {
        let key = key()
        if random.chance(2) {
          table.removeAll()
          model = [:]
        }
        if random.chance(500) {
          let index = random.below(1 << 24)
          let room = table.hasRoom(for: key)
          switch table.insert(key, index: index) {
          case .inserted:
            if model[key] != nil || model.count == capacity { Issue.record("seed \(seed), step \(step)") }
            model[key] = index
          case .replaced:
            if model[key] == nil { Issue.record("seed \(seed), step \(step)") }
            model[key] = index
          case .full:
            if model[key] != nil || model.count < capacity { Issue.record("seed \(seed), step \(step)") }
          }
          if room != (model[key] == index) { Issue.record("seed \(seed), step \(step): room") }
        }
        if table.find(key) != model[key] || table.count != model.count {
          Issue.record("seed \(seed), step \(step): \(key)")
          return
        }
      }
      for (key, index) in model where table.find(key) != index { Issue.record("seed \(seed): \(key)") }
    }
  }

  /// Keys made to meet in one slot: 64 are found, the next is refused, whatever room is left elsewhere.
  @Test func aProbeIsBoundedWhateverTheKeys() {
    var table = IdentifierTable(capacity: 1_000)
    // One of 2,048 slots; of keys of 32 bits.
    func slot(_ key: UInt64) -> UInt64 { (key &* 0x9E37_79B9_7F4A_7C15) >> UInt64(64 - 11) }
    let keys = (1...).lazy.map { UInt64($0) }.filter { slot($0) == 5 }.prefix(66)
    for (index, key) in keys.enumerated() {
      #expect(table.hasRoom(for: key) == (index < 64))
      #expect(table.insert(key, index: index) == (index < 64 ? .inserted : .full))
    }
    for (index, key) in keys.enumerated() { #expect(table.find(key) == (index < 64 ? index : nil)) }
    #expect(table.count == 64)
  }
}
