import Testing

@testable import FeedCore

/// The executor against a slow, independent model of everything behind the risk limits: random books that change while
/// orders are under way, halts, closures, lost trust, three symbols, two venues with different latencies.
@Suite struct OrderModelTests {
  /// Lists and dictionaries; works in decimal steps of 1/10,000 dollar where the executor works in nanodollars.
  private struct Model {
    struct Order {
      var venue: Int, number: UInt32, side: UInt8, group: Int, quantity: UInt32, price: Int32, opportunity: UInt64
    }
    struct Event {
      var due: UInt64
      var sequence: Int
      /// Nil: the order arrives at its venue. Else this record comes back.
      var reply: OrderRecord?
      var order: Order
    }
    struct Holding: Equatable {
      var shares = 0
      var cash = 0
      var fees = 0
      var openBuy = 0
      var openSell = 0
    }
    static let orderLatency: [UInt64] = [1_000, 500]
    static let replyLatency: [UInt64] = [2_000, 700]

    var pending: [Event] = []
    var sequence = 0
    var log: [OrderRecord] = []
    var holdings: [Int: Holding] = [:]
    var numbers: [UInt32] = [0, 0]
    var matches: [UInt64] = [0, 0]
    var consumed: [[UInt64: UInt32]] = [[:], [:]]

    mutating func push(_ due: UInt64, _ order: Order, _ reply: OrderRecord?) {
      pending.append(Event(due: due, sequence: sequence, reply: reply, order: order))
      sequence += 1
    }

    static func record(_ kind: OrderRecord.Kind, _ order: Order, at time: UInt64) -> OrderRecord {
      var record = OrderRecord()
      record.captureNanoseconds = time
      record.symbol = Symbol("SYM\(order.group)")!
      record.opportunity = order.opportunity
      record.price = Int64(order.price) * 100_000
      record.quantity = order.quantity
      record.userRefNum = order.number
      record.kind = kind
      record.venue = VenueIndex(order.venue)
      record.side = order.side
      return record
    }

    mutating func submit(_ pair: OrderPairIntent, at time: UInt64, _ market: OrderTestMarket) {
      for leg in [pair.buy, pair.sell] {
        let state = market[Int(leg.venue), Int(leg.group)].state
        var reason: RefusalReason?
        if !market.isOpen[Int(leg.venue)] {
          reason = .marketClosed
        } else if state == .halted {
          reason = .halted
        } else if state != .ok {
          reason = .bookNotOk
        }
        if let reason {
          var order = Self.order(leg, number: 0)
          order.side = side(leg)
          var record = Self.record(.refused, order, at: time)
          record.reason = UInt16(reason.rawValue)
          log.append(record)
          return
        }
      }
      for leg in [pair.buy, pair.sell] {
        numbers[Int(leg.venue)] += 1
        var order = Self.order(leg, number: numbers[Int(leg.venue)])
        order.side = side(leg)
        if leg.side == .buy {
          holdings[order.group, default: Holding()].openBuy += Int(leg.quantity)
        } else {
          holdings[order.group, default: Holding()].openSell += Int(leg.quantity)
        }
        log.append(Self.record(.sent, order, at: time))
        push(time + Self.orderLatency[order.venue], order, nil)
      }
    }

    static func order(_ leg: OrderIntent, number: UInt32) -> Order {
      Order(
        venue: Int(leg.venue), number: number, side: 0, group: Int(leg.group), quantity: leg.quantity,
        price: leg.limitPrice, opportunity: leg.opportunity)
    }

    func side(_ leg: OrderIntent) -> UInt8 {
      if leg.side == .buy { return UInt8(ascii: "B") }
      let holding = holdings[Int(leg.group)] ?? Holding()
      return holding.shares - holding.openSell >= Int(leg.quantity) ? UInt8(ascii: "S") : UInt8(ascii: "T")
    }

    mutating func advance(to time: UInt64, _ market: OrderTestMarket) {
      while let next = pending.filter({ $0.due <= time }).min(by: { ($0.due, $0.sequence) < ($1.due, $1.sequence) }) {
        pending.removeAll { $0.sequence == next.sequence }
        if let reply = next.reply { arrive(reply, next.order) } else { trade(next.order, at: next.due, market) }
      }
    }

    private mutating func trade(_ order: Order, at time: UInt64, _ market: OrderTestMarket) {
      let due = time + Self.replyLatency[order.venue]
      let state = market[order.venue, order.group].state
      if !market.isOpen[order.venue] || state == .halted {
        var record = Self.record(.rejected, order, at: due)
        record.reason = market.isOpen[order.venue] ? 7 : 2
        push(due, order, record)
        return
      }
      push(due, order, Self.record(.accepted, order, at: due))
      var rest = order.quantity
      let isBuy = order.side == UInt8(ascii: "B")
      var opposite = isBuy ? market[order.venue, order.group].asks : market[order.venue, order.group].bids
      opposite = opposite.filter { isBuy ? $0.price <= order.price : $0.price >= order.price }
      while state == .ok && rest > 0 && !opposite.isEmpty {
        // The best price, and there the one that came first.
        var best = 0
        for index in opposite.indices where index > 0 {
          let (a, b) = (opposite[index], opposite[best])
          if a.price == b.price ? a.arrival < b.arrival : isBuy == (a.price < b.price) { best = index }
        }
        let resting = opposite.remove(at: best)
        let taken = consumed[order.venue][resting.orderReferenceNumber] ?? 0
        if taken >= resting.quantity { continue }
        let quantity = min(rest, resting.quantity - taken)
        consumed[order.venue][resting.orderReferenceNumber] = taken + quantity
        rest -= quantity
        matches[order.venue] += 1
        var record = Self.record(.executed, order, at: due)
        record.quantity = quantity
        record.price = Int64(resting.price) * 100_000
        record.matchNumber = 1 << 63 + UInt64(order.venue) << 48 + matches[order.venue]
        push(due, order, record)
      }
      if rest > 0 {
        var record = Self.record(.canceled, order, at: due)
        record.quantity = rest
        record.reason = 73
        push(due, order, record)
      }
    }

    private mutating func arrive(_ record: OrderRecord, _ order: Order) {
      log.append(record)
      if record.kind == .accepted { return }
      var holding = holdings[order.group] ?? Holding()
      let quantity = Int(record.quantity)
      let isBuy = order.side == UInt8(ascii: "B")
      if isBuy { holding.openBuy -= quantity } else { holding.openSell -= quantity }
      if record.kind == .executed {
        // Venue 0 charges 0.0030 a share; venue 1 pays 0.0001 and takes 0.0000278 of the price, rounded up.
        let price = Int(record.price)
        let fee = order.venue == 0 ? 3_000_000 : (price * 27_800 + 999_999_999) / 1_000_000_000 - 100_000
        holding.shares += isBuy ? quantity : -quantity
        holding.cash += (isBuy ? -price : price) * quantity - fee * quantity
        holding.fees += fee * quantity
      }
      holdings[order.group] = holding
    }
  }

  private static func settings() -> Settings {
    OrderTest.settings {
      $0.venues[0].fees.taker.perShare = 3_000_000
      $0.venues[1].fees.taker = FeeRate(perShare: -100_000, fraction: 27_800)
      $0.risk.duplicateWindowNanoseconds = 0
      $0.risk.orderBurst = 1_000_000
      $0.risk.maximumPosition = .max
      $0.risk.maximumSymbolExposure = .max
      $0.risk.maximumGrossExposure = .max
    }
  }

  /// One random change of one book; tells both sides of orders that leave.
  private static func change(
    _ market: OrderTestMarket, _ reference: inout UInt64, _ random: inout OrderTestRandom,
    _ left: (_ venue: Int, _ reference: UInt64) -> Void
  ) {
    let venue = Int.random(in: 0...1, using: &random)
    let group = Int.random(in: 0...2, using: &random)
    switch Int.random(in: 0..<20, using: &random) {
    case 0..<9:
      reference += 1
      market.add(
        venue, group: group, Bool.random(using: &random) ? .buy : .sell, .random(in: 1...120, using: &random),
        at: .random(in: 99_990...100_010, using: &random), reference: reference)
    case 9..<14:
      let book = market[venue, group]
      guard let order = (book.bids + book.asks).randomElement(using: &random) else { return }
      market.remove(venue, group: group, reference: order.orderReferenceNumber)
      left(venue, order.orderReferenceNumber)
    case 14..<18:
      let quantity = UInt32.random(in: 1...40, using: &random)
      if let index = market[venue, group].asks.indices.randomElement(using: &random) {
        let old = market[venue, group].asks[index].quantity
        market[venue, group].asks[index].quantity = max(1, old - min(old, quantity))
      }
    case 18:
      market[venue, group].state = [.ok, .ok, .ok, .ok, .halted, .gap].randomElement(using: &random)!
    default:
      market.isOpen[venue] = Int.random(in: 0..<10, using: &random) > 0
    }
  }

  @Test func everyEventAndPositionEqualsTheSlowModel() {
    let seed: UInt64 = .random(in: 0 ... .max)
    print("everyEventAndPositionEqualsTheSlowModel seed \(seed)")
    var random = OrderTestRandom(seed: seed)
    for _ in 0..<12 {
      let market = OrderTestMarket(groups: 3)
      // The collar is tested elsewhere: here every price passes.
      market.bestOverride = ConsolidatedBest(bid: 1, ask: 199_999_990_000_000)
      var executor = ShardExecutor(settings: Self.settings(), shard: 0, venueCount: 2, groupCapacity: 3)
      var eager = ShardExecutor(settings: Self.settings(), shard: 0, venueCount: 2, groupCapacity: 3)
      var model = Model()
      var reference: UInt64 = 0
      var now: UInt64 = 1_700_000_000_000_000_000
      for step in 0..<600 {
        now += .random(in: 0...900, using: &random)
        // One advances only when something is due, the other at every opportunity: no difference may show.
        if executor.nextDue <= now { executor.advance(to: now, view: market) }
        eager.advance(to: now - .random(in: 0...1, using: &random), view: market)
        eager.advance(to: now, view: market)
        model.advance(to: now, market)
        Self.change(market, &reference, &random) { venue, reference in
          executor.orderLeft(venue: VenueIndex(venue), reference: reference)
          eager.orderLeft(venue: VenueIndex(venue), reference: reference)
          model.consumed[venue][reference] = nil
        }
        if step % 2 == 0 {
          let buyVenue = VenueIndex.random(in: 0...1, using: &random)
          let pair = OrderTest.pair(
            .random(in: 1...300, using: &random), group: .random(in: 0...2, using: &random),
            buy: .random(in: 99_990...100_010, using: &random), sell: .random(in: 99_990...100_010, using: &random),
            buyVenue: buyVenue, sellVenue: 1 - buyVenue, opportunity: UInt64(step))
          executor.submit(pair, at: now, view: market)
          eager.submit(pair, at: now, view: market)
          model.submit(pair, at: now, market)
        }
        Self.checkConsistency(executor)
        #expect(executor.consumedOrderCount(at: 0) == model.consumed[0].count)
        #expect(executor.consumedOrderCount(at: 1) == model.consumed[1].count)
      }
      executor.advance(to: .max, view: market)
      eager.advance(to: .max, view: market)
      model.advance(to: .max, market)

      let log = (0..<executor.orderLog.count).map { executor.orderLog[$0] }
      #expect(log.count == model.log.count)
      if let index = zip(log, model.log).enumerated().first(where: { $1.0 != $1.1 })?.offset {
        Issue.record("event \(index): \(log[index]) instead of \(model.log[index])")
      }
      var holdings: [Int: Model.Holding] = [:]
      for place in 0..<executor.positions.count {
        let position = executor.positions[place]
        let group = market.symbols.firstIndex(of: position.symbol)!
        holdings[group] = Model.Holding(
          shares: Int(position.shares), cash: Int(position.cash), fees: Int(position.fees),
          openBuy: Int(position.openBuy), openSell: Int(position.openSell))
      }
      #expect(holdings == model.holdings)
      #expect(log.contains { $0.kind == .executed } && log.contains { $0.kind == .canceled })
      #expect(executor.openOrderCount == 0 && executor.nextDue == .max)
      #expect(eager.orderDigest == executor.orderDigest && executor.orderDigest != 0)
    }
  }

  /// Positions, open orders, exposure and counters agree with each other.
  private static func checkConsistency(_ executor: ShardExecutor) {
    var open: [Symbol: (buy: UInt64, sell: UInt64)] = [:]
    executor.forEachOpenOrder {
      if $0.side == .buy { open[$0.symbol, default: (0, 0)].buy += UInt64($0.openQuantity) }
      if $0.side == .sell { open[$0.symbol, default: (0, 0)].sell += UInt64($0.openQuantity) }
    }
    var gross: Int128 = 0
    for place in 0..<executor.positions.count {
      let position = executor.positions[place]
      #expect(position.openBuy == open[position.symbol]?.buy ?? 0)
      #expect(position.openSell == open[position.symbol]?.sell ?? 0)
      #expect(position.shares == Int64(position.sharesBought) - Int64(position.sharesSold))
      gross += position.exposure
    }
    #expect(executor.positions.grossExposure == gross)
  }

  @Test func limitsHoldWhateverIsSubmittedAndFilled() {
    let seed: UInt64 = .random(in: 0 ... .max)
    print("limitsHoldWhateverIsSubmittedAndFilled seed \(seed)")
    var random = OrderTestRandom(seed: seed)
    let settings = OrderTest.settings {
      $0.capacity.openOrders = 32
      $0.risk.maximumPosition = 700
      $0.risk.maximumSymbolExposure = 8_000 * FixedPoint.one
      $0.risk.maximumGrossExposure = 20_000 * FixedPoint.one
      $0.risk.ordersPerSecond = 1_000_000
      $0.risk.orderBurst = 12
    }
    let market = OrderTestMarket(groups: 3)
    var executor = ShardExecutor(settings: settings, shard: 0, venueCount: 2, groupCapacity: 3)
    var reference: UInt64 = 0
    var now: UInt64 = 1_700_000_000_000_000_000
    for _ in 0..<8_000 {
      now += .random(in: 0...900, using: &random)
      executor.advance(to: now, view: market)
      Self.change(market, &reference, &random) { venue, reference in
        executor.orderLeft(venue: VenueIndex(venue), reference: reference)
      }
      let before = executor.orderDigest
      let gross = executor.positions.grossExposure
      let buyVenue = VenueIndex.random(in: 0...1, using: &random)
      let isSent = executor.submit(
        OrderTest.pair(
          .random(in: 1...300, using: &random), group: .random(in: 0...2, using: &random),
          buy: .random(in: 99_990...100_010, using: &random), sell: .random(in: 99_990...100_010, using: &random),
          buyVenue: buyVenue, sellVenue: 1 - buyVenue), at: now, view: market)
      Self.checkConsistency(executor)
      #expect(executor.orderDigest != before)
      if isSent {
        // No fill can bring the position over the limit, however the open orders end; gross is within the limit.
        #expect(executor.positions.grossExposure <= Int128(settings.risk.maximumGrossExposure))
      } else {
        #expect(executor.positions.grossExposure == gross)
      }
      for place in 0..<executor.positions.count {
        let position = executor.positions[place]
        #expect(position.shares + Int64(position.openBuy) <= 700 && position.shares - Int64(position.openSell) >= -700)
      }
      #expect(executor.openOrderCount <= 32)
    }
    executor.advance(to: .max, view: market)
    #expect(executor.openOrderCount == 0)
    for reason in [RefusalReason.positionLimit, .symbolExposure, .grossExposure, .orderRate, .halted, .bookNotOk] {
      #expect(executor.refusals[reason] > 0, "\(reason) never came up")
    }
    #expect(executor.refusals.total + executor.ordersSent / 2 == 8_000)
  }
}
