import Testing

@testable import FeedCore

/// The queues that somebody who fills orders against a book asks for: the same orders in the same order, whether the
/// side's list names them or the order table has to be walked.
struct QueueIndexTests {
  private struct Found: Equatable {
    var reference: UInt64
    var price: Int32
    var quantity: UInt32
  }

  /// What the books say rests on a side within `limit`.
  private func asked(_ harness: CoreHarness, _ stock: String, _ side: Side, limit: Int32) -> [Found] {
    var found: [Found] = []
    harness.books.forEachRestingOrder(of: harness.instrument(stock), side: side, limit: limit) {
      found.append(Found(reference: $0.orderReferenceNumber, price: $0.price, quantity: $0.quantity))
      return true
    }
    return found
  }

  /// The same of the slow reference, which keeps queues as arrays.
  private func expected(_ venue: ReferenceVenue, _ stock: String, _ side: Side, limit: Int32) -> [Found] {
    let levels = venue.books[stock]?.levels(isSell: side == .sell) ?? []
    return levels.filter { side == .sell ? $0.price <= Int64(limit) : $0.price >= Int64(limit) }
      .flatMap { level in
        level.orders.map { Found(reference: $0.reference, price: Int32($0.price), quantity: $0.quantity) }
      }
  }

  /// Random days, asked at random moments about random sides as deep as a random level; some stocks often, so that their
  /// lists grow old, some seldom.
  @Test(arguments: [MarketStream.References.dense, .sparse, .full, .mixed], [0, 30])
  func queuesAreThoseOfTheSlowReference(references: MarketStream.References, dirt: Int) {
    let seed = BookTestRandom.seed()
    var random = BookTestRandom(seed: seed)
    var options = MarketStream.Options()
    options.stocks = 6
    options.references = references
    options.dirt = dirt
    options.resting = 700
    options.span = 24
    let harness = CoreHarness()
    var reference = ReferenceVenue()
    var stream = MarketStream(options: options, seed: random.next())
    harness.trust(.ok)
    reference.isComplete = true
    let opening = stream.opening()
    for message in opening { reference.apply(message) }
    harness.send(opening)
    for packet in 0..<6_000 {
      let message = stream.next(reference)
      reference.apply(message)
      harness.send(message)
      guard random.chance(200) else { continue }
      let stock = MarketStream.stock(min(random.below(options.stocks), random.below(options.stocks)))
      let side: Side = random.chance(500) ? .buy : .sell
      let steps = Int32(100 * (random.below(options.span) - options.span / 2))
      let limit = random.chance(100) ? (side == .buy ? 1 : .max) : Int32(options.middle) + steps
      let wanted = expected(reference, stock, side, limit: limit)
      guard asked(harness, stock, side, limit: limit) == wanted else {
        Issue.record("seed \(seed), packet \(packet): \(stock) \(side) within \(limit)")
        return
      }
    }
  }

  private func book(orders: ClosedRange<Int>) -> (CoreHarness, ReferenceVenue) {
    let harness = CoreHarness()
    harness.trust(.ok)
    var reference = ReferenceVenue()
    for number in orders { add(number, price: 10_000, to: harness, &reference) }
    return (harness, reference)
  }

  private func add(_ number: Int, price: UInt32, to harness: CoreHarness, _ reference: inout ReferenceVenue) {
    let message = ITCHBytes.add(1, UInt64(number), "B", UInt32(number), "AAPL", price)
    harness.send(message)
    reference.apply(message)
  }

  private func list(_ harness: CoreHarness) -> [UInt64]? {
    let side = QueueIndex.side(harness.instrument("AAPL").index, isSell: false)
    guard let list = harness.books.venues[0].queues.list(ofSide: side) else { return nil }
    return (0..<list.count).map { list.references[$0] }
  }

  @Test func nobodyAskedNothingIsKept() {
    let (harness, _) = book(orders: 1...5)
    #expect(list(harness) == nil)
    #expect(harness.books.header(of: harness.instrument("AAPL"))?.pointee.flags.contains(.watchQueue) == false)
  }

  /// After the first question new orders are noted, those that left stay out of the answer, and the next question sees
  /// a list that names all orders and no others.
  @Test func listFollowsTheBookOnceItWasAskedFor() {
    var (harness, reference) = book(orders: 1...5)
    #expect(asked(harness, "AAPL", .buy, limit: 1) == expected(reference, "AAPL", .buy, limit: 1))
    #expect(list(harness) == [1, 2, 3, 4, 5])
    let left = ITCHBytes.delete(1, 3)
    harness.send(left)
    reference.apply(left)
    add(6, price: 10_100, to: harness, &reference)
    #expect(list(harness) == [1, 2, 3, 4, 5, 6])
    #expect(asked(harness, "AAPL", .buy, limit: 1).map(\.reference) == [6, 1, 2, 4, 5])
    #expect(list(harness) == [6, 1, 2, 4, 5])
    // Beyond the limit: it stays in the list, and out of the answer.
    #expect(asked(harness, "AAPL", .buy, limit: 10_100).map(\.reference) == [6])
    #expect(list(harness).map(Set.init) == [1, 2, 4, 5, 6])
  }

  /// A list is never taken at its word: with entries missing, or of orders that were never there, the answer is the same.
  @Test func listThatIsWrongChangesNoAnswer() {
    let (harness, reference) = book(orders: 1...40)
    let wanted = expected(reference, "AAPL", .buy, limit: 1)
    #expect(asked(harness, "AAPL", .buy, limit: 1) == wanted)
    let list = harness.books.venues[0].queues.list(
      ofSide: QueueIndex.side(harness.instrument("AAPL").index, isSell: false))!
    list.shorten(to: 7)
    list.append(99_999)
    list.append(3)
    list.append(3)
    #expect(asked(harness, "AAPL", .buy, limit: 1) == wanted)
    #expect(list.count == 40)
  }

  @Test func sideOfMoreOrdersThanAListHoldsIsAnsweredInFull() {
    let count = 3 * QueueIndex.listCapacity
    var (harness, reference) = book(orders: 1...count)
    #expect(asked(harness, "AAPL", .buy, limit: 1) == expected(reference, "AAPL", .buy, limit: 1))
    // Then as many again, of which each tenth stays: the list is tidied up on the way.
    for number in count + 1...2 * count {
      add(number, price: 10_000 + UInt32(number), to: harness, &reference)
      if number % 10 == 0 { continue }
      let left = ITCHBytes.delete(1, UInt64(number))
      harness.send(left)
      reference.apply(left)
    }
    #expect(list(harness)!.count <= QueueIndex.listCapacity)
    #expect(asked(harness, "AAPL", .buy, limit: 1) == expected(reference, "AAPL", .buy, limit: 1))
    #expect(asked(harness, "AAPL", .buy, limit: 10_001) == expected(reference, "AAPL", .buy, limit: 10_001))
  }

  @Test func bookThatWasEmptiedHasNoQueue() {
    var (harness, reference) = book(orders: 1...5)
    #expect(asked(harness, "AAPL", .buy, limit: 1).count == 5)
    harness.restart()
    #expect(asked(harness, "AAPL", .buy, limit: 1).isEmpty)
    reference.restart()
    // The numbers begin again: an entry of the session before must not name one of this.
    for number in 3...4 { add(number, price: 10_000, to: harness, &reference) }
    #expect(asked(harness, "AAPL", .buy, limit: 1) == expected(reference, "AAPL", .buy, limit: 1))
  }

  @Test func listOpenedLongestAgoIsGivenUpForANewOne() {
    var index = QueueIndex(instruments: QueueIndex.listCount)
    for side in 0..<QueueIndex.listCount {
      let (list, givenUp) = index.open(side: side)
      #expect(givenUp == -1)
      list.append(UInt64(side))
    }
    let (list, givenUp) = index.open(side: QueueIndex.listCount)
    #expect(givenUp == 0)
    #expect(list.count == 0)
    #expect(index.list(ofSide: 0) == nil)
    #expect(index.list(ofSide: 1)?.references[0] == 1)
    #expect(index.open(side: 0).givenUp == 1)
  }
}
