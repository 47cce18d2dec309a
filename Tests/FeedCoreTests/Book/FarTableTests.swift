import Testing

@testable import FeedCore

@Suite struct FarTableTests {
  @Test func tableFindsTakesAndOrdersLevelsLikeADictionary() {
    let seed = UInt64.random(in: .min ... .max)
    print("tableFindsTakesAndOrdersLevelsLikeADictionary: seed \(seed)")
    var random = BookTestRandom(seed: seed)
    let memory = Storage<Level>(capacity: 64)
    // Neighbouring ticks, prices of one home, and the ends of the range.
    for keys: [Int32] in [
      Array(-40...40), (0..<80).map { $0 * 100 + 1_000_000 }, [.max, .max - 1, .min + 1, .min + 2, 0, -1, 1],
    ] {
      for sizeClass in 0...3 {
        let table = FarTable(block: memory.base, sizeClass: sizeClass)
        table.removeAll()
        #expect(table.levelsMaximum == [8, 12, 24, 48][sizeClass])
        var model: [Int32: UInt32] = [:]
        for _ in 0..<2_000 {
          let key = keys.randomElement(using: &random)!
          if let there = model[key] {
            #expect(table.find(key)?.pointee.quantity == there, "seed \(seed)")
            if let level = table.find(key) { table.remove(level) }
            model[key] = nil
          } else {
            #expect(table.find(key) == nil, "seed \(seed)")
            if model.count < table.levelsMaximum {
              model[key] = UInt32.random(in: 1 ... .max, using: &random)
              table.insert(Level(key: key, quantity: model[key]!))
            }
          }
          #expect(table.best(below: nil).key == model.keys.max() ?? .min, "seed \(seed)")
          #expect(table.best(below: key).key == model.keys.filter { $0 < key }.max() ?? .min, "seed \(seed)")
        }
        var seen: [Int32: UInt32] = [:]
        table.forEach { seen[$0.key] = $0.quantity }
        #expect(seen == model, "seed \(seed)")
      }
    }
  }

  @Test func noBlockIsAnEmptyTable() {
    let table = FarTable(block: Storage<Level>(capacity: 8).base, sizeClass: -1)
    #expect(table.find(1) == nil && table.best(below: nil).isNone && table.levelsMaximum == 0)
    table.forEach { _ in Issue.record("there is a level") }
  }
}
