import Testing

@testable import FeedCore

struct OpportunityTableTests {
  @Test func behavesLikeADictionary() {
    let seed = BookTestRandom.seed()
    var random = BookTestRandom(seed: seed)
    var table = OpportunityTable()
    var model: [UInt64: UInt64] = [:]
    for step in 0..<20_000 {
      let key = OpportunityTable.key(group: GroupIndex(random.below(120)), pair: random.below(64))
      if random.chance(500) {
        if model[key] == nil {
          let entry = table.insert(key)
          if entry?.pointee.record != OpportunityRecord() || entry?.pointee.lastPairNanoseconds != 0 {
            Issue.record("seed \(seed): an entry that is not fresh")
          }
          entry?.pointee.record.number = UInt64(step)
          model[key] = UInt64(step)
        }
      } else {
        table.remove(key)
        model[key] = nil
      }
      if table.find(key)?.pointee.record.number != model[key] || table.count != model.count {
        Issue.record("seed \(seed), step \(step)")
        return
      }
    }
    var keys: Set<UInt64> = []
    table.forEachKey { keys.insert($0) }
    #expect(keys == Set(model.keys), "seed \(seed)")
    for (key, number) in model { #expect(table.find(key)?.pointee.record.number == number, "seed \(seed)") }
  }

  @Test func keysGiveBackWhatTheyNameAndAFullTableRefuses() {
    for group in [GroupIndex(0), 1, 131_071, .max] {
      for pair in [0, 1, 63] {
        let key = OpportunityTable.key(group: group, pair: pair)
        #expect(OpportunityTable.group(ofKey: key) == group)
        #expect(OpportunityTable.pair(ofKey: key) == pair)
      }
    }
    var table = OpportunityTable()
    for group in 0..<OpportunityTable.capacity {
      #expect(table.insert(OpportunityTable.key(group: GroupIndex(group), pair: 1)) != nil)
    }
    #expect(table.insert(OpportunityTable.key(group: .max, pair: 1)) == nil)
    table.remove(OpportunityTable.key(group: 5, pair: 1))
    #expect(table.insert(OpportunityTable.key(group: .max, pair: 1)) != nil)
  }
}
