import Testing

@testable import FeedCore

/// The order index against a dictionary, for every shape of reference numbers.
struct OrderTableTests {
  struct Key: Hashable {
    var reference: UInt64
    var instrument: Int
  }

  struct Value: Equatable {
    var isSell: Bool
    var price: Int32
    var quantity: UInt32
    var arrival: UInt32
  }

  enum Shape: CaseIterable {
    case dense, sparse, full, powers, oneHome, edge, nearMaximum, prefixed, manyPrefixes
  }

  private func reference(_ shape: Shape, _ number: Int, _ random: inout BookTestRandom) -> UInt64 {
    let number = UInt64(number)
    switch shape {
    case .dense: return number
    case .sparse: return number * 1_009
    case .full: return BookTestRandom.spread(number)
    case .powers: return number << 21
    // All in one neighbourhood of any table up to 2^20 slots, in low halves only.
    case .oneHome: return number << 44
    case .edge: return (1 << 47) - 200 + number
    case .nearMaximum: return .max - number
    // Units in the high bits, counted below; and more of them than numbers there are.
    case .prefixed: return (0x1F72_19 + number % 5 * 0x31) << 40 | 0x26_6A4F_7700 + number
    case .manyPrefixes: return number % 100 << 50 | number
    }
  }

  private func check(_ table: OrderTable, _ model: [Key: Value], _ note: String) {
    #expect(table.count == model.count, "\(note)")
    var seen: [Key: Value] = [:]
    table.forEach { instrument, isSell, order in
      let key = Key(reference: order.orderReferenceNumber, instrument: instrument)
      #expect(seen[key] == nil, "\(note)")
      seen[key] = Value(isSell: isSell, price: order.price, quantity: order.quantity, arrival: order.arrival)
      return true
    }
    #expect(seen == model, "\(note)")
    for (key, value) in model {
      let handle = table.find(key.reference, instrument: key.instrument)
      guard handle != OrderTable.none else { return fail("\(note): \(key) not found") }
      let slot = table.slot(handle)
      let found = Value(
        isSell: slot.isSell, price: slot.price, quantity: slot.quantity, arrival: table.arrival(handle))
      if slot.instrument != key.instrument || found != value { return fail("\(note): \(found), not \(value)") }
    }
  }

  private func fail(_ note: String) { Issue.record("\(note)") }

  @Test(arguments: Shape.allCases)
  func behavesLikeADictionary(shape: Shape) {
    let seed = BookTestRandom.seed()
    var random = BookTestRandom(seed: seed)
    var table = OrderTable(capacity: 500)
    var model: [Key: Value] = [:]
    var arrival: UInt32 = 0
    for step in 0..<12_000 {
      let key = Key(reference: reference(shape, random.below(900), &random), instrument: random.below(3) * 30_000)
      switch random.below(10) {
      case 0..<5:
        arrival += 1
        let value = Value(
          isSell: random.chance(500), price: Int32(truncatingIfNeeded: random.next()),
          quantity: max(1, UInt32(truncatingIfNeeded: random.next())), arrival: arrival)
        let wanted: OrderTable.Insertion = model[key] != nil ? .duplicate : model.count == 500 ? .full : .inserted
        let found = table.insert(
          key.reference, instrument: key.instrument, isSell: value.isSell, price: value.price,
          quantity: value.quantity, arrival: value.arrival)
        if found != wanted { return fail("seed \(seed), step \(step): \(found), not \(wanted)") }
        if wanted == .inserted { model[key] = value }
      case 5..<8:
        let handle = table.find(key.reference, instrument: key.instrument)
        if (handle == OrderTable.none) != (model[key] == nil) { return fail("seed \(seed), step \(step): \(key)") }
        if handle != OrderTable.none {
          table.remove(handle)
          model[key] = nil
        }
      default:
        let handle = table.find(key.reference, instrument: key.instrument)
        if (handle == OrderTable.none) != (model[key] == nil) { return fail("seed \(seed), step \(step): \(key)") }
        if handle != OrderTable.none {
          let quantity = UInt32(1 + random.below(1_000))
          if random.chance(500) {
            table.setQuantity(handle, quantity)
          } else {
            // A new price, and now and then a new place in time.
            let price = Int32(truncatingIfNeeded: random.next())
            let moves = random.chance(500)
            arrival += 1
            table.set(handle, price: price, quantity: quantity, arrival: moves ? arrival : nil)
            model[key]!.price = price
            if moves { model[key]!.arrival = arrival }
          }
          model[key]!.quantity = quantity
        }
      }
      if step % 3_000 == 2_999 {
        check(table, model, "seed \(seed), step \(step)")
        let gone = random.below(3) * 30_000
        table.removeAll { instrument, _ in instrument == gone }
        model = model.filter { $0.key.instrument != gone }
        check(table, model, "seed \(seed), step \(step), after a removal of all of one instrument")
      }
    }
  }

  @Test func fullTableTakesAnOrderAgainAfterARemoval() {
    var table = OrderTable(capacity: 3)
    for reference in UInt64(0)..<3 {
      #expect(table.insert(reference, instrument: 0, isSell: false, price: 1, quantity: 1, arrival: 0) == .inserted)
    }
    #expect(table.insert(9, instrument: 0, isSell: false, price: 1, quantity: 1, arrival: 0) == .full)
    #expect(table.insert(1, instrument: 0, isSell: false, price: 1, quantity: 1, arrival: 0) == .duplicate)
    #expect(table.insert(.max, instrument: 0, isSell: false, price: 1, quantity: 1, arrival: 0) == .full)
    table.remove(table.find(1, instrument: 0))
    #expect(table.insert(.max, instrument: 0, isSell: true, price: -5, quantity: .max, arrival: 7) == .inserted)
    let slot = table.slot(table.find(.max, instrument: 0))
    #expect(slot.isSell && slot.price == -5 && slot.quantity == .max)
    #expect(table.find(1, instrument: 0) == OrderTable.none)
  }

  /// The first visited satisfies a visitor that stops.
  @Test func aVisitStopsWhenToldTo() {
    var table = OrderTable(capacity: 100)
    for reference in UInt64(0)..<50 {
      _ = table.insert(reference << 40, instrument: 0, isSell: false, price: 1, quantity: 1, arrival: 0)
    }
    var count = 0
    table.forEach { _, _, _ in
      count += 1
      return count < 7
    }
    #expect(count == 7)
  }

  /// Each window of references lies over the orders that are left of those before it. A long day fills the table to the
  /// half so, and hardly an order may be pushed out of its neighbourhood.
  @Test func newOrdersOverManyOldOnesStayInTheirNeighbourhoods() {
    var random = BookTestRandom(seed: BookTestRandom.seed())
    var table = OrderTable(capacity: 40_000)
    var lasting: [UInt64] = []
    var oldest = 0
    var brief: [UInt64] = []
    for number in 1...250_000 {
      let reference = UInt64(number)
      #expect(
        table.insert(
          reference, home: table.homes.home(reference), instrument: 1, isSell: false, price: 1, quantity: 1,
          arrival: UInt32(number)) == .inserted)
      if random.chance(200) { lasting.append(reference) } else { brief.append(reference) }
      // Most leave soon; of the others the oldest, once there are 65,000.
      if brief.count == 1_000 {
        brief.shuffle(using: &random)
        for reference in brief { table.remove(table.find(reference, instrument: 1)) }
        brief.removeAll()
      }
      if lasting.count - oldest > 32_000 {
        table.remove(table.find(lasting[oldest], instrument: 1))
        oldest += 1
      }
    }
    #expect(table.count == lasting.count - oldest + brief.count && table.count > 30_000)
    #expect(table.wideCount < table.count / 1_000)
  }

  /// IEX's and NYSE's order numbers, and those of a few Cboe units, are as good as dense ones.
  @Test func ordersOfAFewPrefixesAreInTheCompactTable() {
    var table = OrderTable(capacity: 10_000)
    for number in UInt64(0)..<5_000 {
      let reference = ([0x6300, 0x101, 0x1F_7219, 0x1B_CADE] as [UInt64])[Int(number % 4)] << 40 | 0xAA_0000 + number
      #expect(table.insert(reference, instrument: 7, isSell: false, price: 1, quantity: 1, arrival: 1) == .inserted)
      #expect(table.homes.book(ofOrder: reference)?.instrument == 7 || table.find(reference, instrument: 7) >= 0)
      #expect(table.find(anyInstrument: reference) == table.find(reference, instrument: 7))
    }
    #expect(table.count == 5_000 && table.wideCount == 0)
  }

  @Test func ordersWithoutAnOrderInTheirNumbersAreInTheWideTable() {
    var table = OrderTable(capacity: 1_000, orders: .mixed)
    for number in UInt64(1)...500 {
      let reference = BookTestRandom.spread(number) | 1 << 63
      #expect(table.insert(reference, instrument: 7, isSell: true, price: 1, quantity: 1, arrival: 1) == .inserted)
      #expect(table.find(anyInstrument: reference) == table.find(reference, instrument: 7))
    }
    #expect(table.count == 500 && table.wideCount == 500)
  }
}

extension BookTestRandom {
  /// One number spread over 64 bits, always the same.
  static func spread(_ value: UInt64) -> UInt64 {
    var random = BookTestRandom(seed: value)
    return random.next()
  }
}
