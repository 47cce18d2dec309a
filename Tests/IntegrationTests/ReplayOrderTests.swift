import FeedSim
import Testing

@testable import FeedCore

/// Orders of whole runs: what they may do, what becomes of them, and what the positions say afterwards, all computed
/// again from the capture and the list of orders.
struct ReplayOrderTests {
  struct Scenario: Sendable, CustomTestStringConvertible {
    var name: String
    var seed: UInt64
    var venues = 3
    var restarts = 0
    /// Capture times rounded down to so many nanoseconds, so that packets share them.
    var grain: UInt64 = 1
    var orderLatency: [UInt64] = [10_000]
    var replyLatency: UInt64 = 10_000
    var change: @Sendable (inout Settings) -> Void = { _ in }
    var testDescription: String { name }

    func make() throws -> (capture: String, frames: [CapturedFrame], settings: Settings) {
      let made = try Generated.make(seed: seed) {
        $0.venueCount = venues
        $0.restartCount = restarts
        $0.lineCount = 1
        $0.dislocationCount = 60
        $0.messageCount = 15_000
        $0.takerFees = [TakerFee(), TakerFee(perShare: -1_500_000, belowDollarFraction: 1_999_999)]
      }
      var settings = made.settings
      settings.orders.enabled = true
      settings.crossVenue?.rearmNanoseconds = 150_000
      settings.crossVenue?.maximumQuantity = 300
      for venue in settings.venues.indices {
        settings.venues[venue].orderLatencyNanoseconds = orderLatency[venue % orderLatency.count]
        settings.venues[venue].replyLatencyNanoseconds = replyLatency
      }
      change(&settings)
      var frames = try made.frames()
      if grain == 1 { return (made.captures[0], frames, settings) }
      for index in frames.indices { frames[index].nanoseconds -= frames[index].nanoseconds % grain }
      return (PcapFile.write(frames), frames, settings)
    }
  }

  static let scenarios = [
    Scenario(name: "default limits", seed: 41),
    Scenario(name: "slow orders, a restart", seed: 42, restarts: 2, orderLatency: [30_000, 400_000, 5_000]),
    Scenario(name: "packets that share their times", seed: 43, grain: 10_000, orderLatency: [20_000, 7_000]),
    Scenario(name: "no latency", seed: 44, venues: 4, orderLatency: [0], replyLatency: 0),
    Scenario(name: "before the open too", seed: 45, venues: 2) { $0.risk.marketHoursOnly = false },
    Scenario(name: "limits that bite", seed: 46, restarts: 1, orderLatency: [60_000, 2_000]) {
      $0.risk.maximumOrderQuantity = 250
      $0.risk.maximumOrderNotional = 9_000 * FixedPoint.one
      $0.risk.maximumPosition = 400
      $0.risk.maximumSymbolExposure = 25_000 * FixedPoint.one
      $0.risk.maximumGrossExposure = 16 * 40_000 * FixedPoint.one
      $0.risk.ordersPerSecond = 16 * 40
      $0.risk.orderBurst = 16 * 6
      $0.risk.duplicateWindowNanoseconds = 2_000_000
    },
  ]

  /// Another seed each time, with latencies drawn at random.
  @Test func ordersOfARandomMarketObeyTheirLaws() throws {
    let seed = TestSeed.draw("ordersOfARandomMarketObeyTheirLaws")
    var random = SplitMix(seed)
    try ordersObeyTheirLawsAndFillAgainstTheRecordedBook(
      scenario: Scenario(
        name: "seed \(seed)", seed: random.next() >> 16, venues: 2 + random.below(4), restarts: random.below(4),
        grain: random.below(2) == 0 ? 1 : UInt64(1 + random.below(50_000)),
        orderLatency: (0..<3).map { _ in UInt64(1 + random.below(300_000)) },
        replyLatency: UInt64(random.below(200_000))))
  }

  @Test(arguments: scenarios) func ordersObeyTheirLawsAndFillAgainstTheRecordedBook(scenario: Scenario) throws {
    let (capture, frames, settings) = try scenario.make()
    let run = try ReplayRun([capture], settings)
    let orders = run.summary.orders
    let sent = orders.filter { $0.kind == .sent }
    #expect(run.summary.recordsDropped == 0)
    #expect(sent.count >= 40 && run.summary.ordersSent == UInt64(sent.count), "\(sent.count) sent")

    let expectation = OrderExpectation(frames, sent: sent, settings: settings, checksSending: scenario.grain == 1)
    #expect(expectation.violations == [])
    let outcomes = OrderExpectation.outcomes(orders)
    #expect(Set(outcomes.keys) == Set(sent.map(OrderExpectation.Key.init)))
    let wrong = expectation.outcomes.filter { outcomes[$0.key] != $0.value }.sorted { $0.value[0] < $1.value[0] }
    #expect(
      wrong.isEmpty,
      "\(wrong.count) of \(sent.count): \(wrong.prefix(2).map { "\($0.key) is \(outcomes[$0.key] ?? []) not \($0.value)" })"
    )

    checkConservation(orders)
    checkPositions(run.summary, settings)
    checkRefusals(run.summary)
    checkLimits(orders, settings)
    checkWire(run)
  }

  // MARK: - Laws

  private func checkConservation(_ orders: [OrderRecord]) {
    for (key, records) in Dictionary(grouping: orders.filter { $0.kind != .refused }, by: OrderExpectation.Key.init) {
      #expect(records[0].kind == .sent && records.filter { $0.kind == .sent }.count == 1, "\(key)")
      let answers = records.filter { $0.kind == .accepted || $0.kind == .rejected }
      #expect(answers.count == 1 && records[1] == answers[0], "\(key)")
      let gone = records.filter { $0.kind == .executed || $0.kind == .canceled || $0.kind == .rejected }
      #expect(gone.reduce(0) { $0 + $1.quantity } == records[0].quantity, "\(key)")
      #expect(answers[0].kind == .accepted || records.count == 2, "\(key)")
      let isBuy = records[0].side == UInt8(ascii: "B")
      #expect(
        records.filter { $0.kind == .executed }.allSatisfy {
          isBuy ? $0.price <= records[0].price : $0.price >= records[0].price
        }, "\(key)")
    }
  }

  /// Taker fee of one share in nanodollars, rounded up, by hand.
  private func fee(_ schedule: FeeSchedule, _ price: Int64) -> Int128 {
    let rate = price < 1_000_000_000 ? schedule.takerBelowDollar : schedule.taker
    let product = Int128(rate.fraction) * Int128(price)
    let floor = product >= 0 ? product / 1_000_000_000 : -((-product + 999_999_999) / 1_000_000_000)
    return Int128(rate.perShare) + floor + (product - floor * 1_000_000_000 > 0 ? 1 : 0)
  }

  private func checkPositions(_ summary: ReplaySummary, _ settings: Settings) {
    var expected: [Symbol: (shares: Int64, cash: Int128, fees: Int128, bought: UInt64, sold: UInt64)] = [:]
    for record in summary.orders where record.kind == .sent { expected[record.symbol] = (0, 0, 0, 0, 0) }
    for record in summary.orders where record.kind == .executed {
      let fees = fee(settings.venues[Int(record.venue)].fees, record.price) * Int128(record.quantity)
      let notional = Int128(record.price) * Int128(record.quantity)
      var position = expected[record.symbol]!
      position.fees += fees
      if record.side == UInt8(ascii: "B") {
        position.shares += Int64(record.quantity)
        position.bought += UInt64(record.quantity)
        position.cash -= notional + fees
      } else {
        position.shares -= Int64(record.quantity)
        position.sold += UInt64(record.quantity)
        position.cash += notional - fees
      }
      expected[record.symbol] = position
    }
    let positions = summary.positions.map {
      "\($0.symbol) \($0.shares) \($0.cash) \($0.fees) \($0.sharesBought) \($0.sharesSold) \($0.openBuy) \($0.openSell)"
    }
    let hand = expected.sorted { $0.key < $1.key }.map {
      "\($0.key) \($0.value.shares) \($0.value.cash) \($0.value.fees) \($0.value.bought) \($0.value.sold) 0 0"
    }
    #expect(difference(positions, hand) == nil)
  }

  private func checkRefusals(_ summary: ReplaySummary) {
    let refused = summary.orders.filter { $0.kind == .refused }
    var counts: [RefusalReason: UInt64] = [:]
    for record in refused {
      guard let reason = RefusalReason(rawValue: UInt8(record.reason)) else {
        Issue.record("refusal without a reason: \(record)")
        continue
      }
      counts[reason, default: 0] += 1
      #expect(record.userRefNum == 0)
    }
    #expect(Dictionary(uniqueKeysWithValues: summary.refusals.map { ($0.reason, $0.count) }) == counts)
  }

  /// Every order that left kept the limits, by what the list of orders says was held and open when it left.
  private func checkLimits(_ orders: [OrderRecord], _ settings: Settings) {
    let risk = settings.risk
    let shards = Int64(settings.shardCount)
    struct Holding {
      var shares: Int64 = 0
      var openBuy: Int64 = 0
      var openSell: Int64 = 0
      var price: Int64 = 0
      var exposure: Int128 { Int128(shares.magnitude + openBuy.magnitude + openSell.magnitude) * Int128(price) }
    }
    var held: [Symbol: Holding] = [:]
    var shardOf: [Symbol: UInt8] = [:]
    var recent: [UInt8: [OrderRecord]] = [:]
    // Records of one shard are in order; shards share no symbol.
    for record in orders where record.kind != .refused {
      let isBuy = record.side == UInt8(ascii: "B")
      let quantity = Int64(record.quantity)
      shardOf[record.symbol] = record.shard
      var holding = held[record.symbol] ?? Holding()
      switch record.kind {
      case .sent:
        #expect(record.quantity > 0 && record.quantity <= risk.maximumOrderQuantity)
        #expect(Int128(record.price) * Int128(quantity) <= Int128(risk.maximumOrderNotional))
        #expect(
          (record.side == UInt8(ascii: "S")) == (!isBuy && holding.shares - holding.openSell >= quantity), "\(record)")
        holding.price = record.price
        if isBuy { holding.openBuy += quantity } else { holding.openSell += quantity }
        let worst = isBuy ? holding.shares + holding.openBuy : holding.openSell - holding.shares
        #expect(worst <= risk.maximumPosition, "\(record)")
        #expect(holding.exposure <= Int128(risk.maximumSymbolExposure), "\(record)")
        held[record.symbol] = holding
        let gross = held.reduce(Int128(0)) { shardOf[$1.key] == record.shard ? $0 + $1.value.exposure : $0 }
        #expect(gross <= Int128(risk.maximumGrossExposure / shards), "\(record)")
        let earlier = recent[record.shard] ?? []
        #expect(
          !earlier.contains {
            $0.symbol == record.symbol && $0.venue == record.venue && $0.quantity == record.quantity
              && $0.price == record.price && ($0.side == UInt8(ascii: "B")) == isBuy
              && record.captureNanoseconds - $0.captureNanoseconds < risk.duplicateWindowNanoseconds
          }, "\(record)")
        // A bucket of b tokens lets at most b + rate × t orders out within any time t.
        let perSecond = UInt64(Int64(risk.ordersPerSecond) / shards)
        let burst = UInt64(Int64(risk.orderBurst) / shards)
        for (back, first) in earlier.reversed().enumerated().prefix(200) {
          let elapsed = record.captureNanoseconds - first.captureNanoseconds
          #expect(UInt64(back + 2) <= burst + (elapsed * perSecond) / 1_000_000_000 + 1, "\(record)")
        }
        recent[record.shard] = earlier + [record]
      case .executed:
        if isBuy { holding.openBuy -= quantity } else { holding.openSell -= quantity }
        holding.shares += isBuy ? quantity : -quantity
      case .canceled, .rejected:
        if isBuy { holding.openBuy -= quantity } else { holding.openSell -= quantity }
      case .accepted, .refused: break
      }
      held[record.symbol] = holding
    }
  }

  /// What went over the wire is what the records say; OUCH 5.0, "Enter Order": type 1, UserRefNum 4, side 1,
  /// quantity 4, symbol 8, price 8.
  private func checkWire(_ run: ReplayRun) {
    var last: [String: UInt64] = [:]
    var entered: [String] = []
    run.replay.forEachWireMessage { shard, message in
      if message.direction != .toVenue { return }
      let bytes = Array(message.bytes)
      let number = bytes.bigEndian(1, 4)
      #expect(bytes[0] == UInt8(ascii: "O") && number > last["\(shard) \(message.venue)"] ?? 0)
      last["\(shard) \(message.venue)"] = number
      let symbol = String(decoding: bytes[10..<18].prefix { $0 != 0x20 }, as: UTF8.self)
      entered.append(
        "\(message.captureNanoseconds) \(shard) \(message.venue) \(number) \(bytes[5]) \(bytes.bigEndian(6, 4)) "
          + "\(symbol) \(bytes.bigEndian(18, 8))")
    }
    let recorded = run.summary.orders.filter { $0.kind == .sent }.map {
      "\($0.captureNanoseconds) \($0.shard) \($0.venue) \($0.userRefNum) \($0.side) \($0.quantity) \($0.symbol) "
        + "\($0.price / 100_000)"
    }
    #expect(difference(entered, recorded) == nil)
  }

  // MARK: - Particular runs

  @Test func everyLimitHasRefusedSomething() throws {
    let (capture, _, settings) = try Self.scenarios[5].make()
    let run = try ReplayRun([capture], settings)
    let reasons = Set(run.summary.refusals.map(\.reason))
    for reason in [RefusalReason.orderQuantity, .orderNotional, .positionLimit, .orderRate] {
      #expect(reasons.contains(reason), "\(run.summary.refusals)")
    }
    let executed = run.summary.orders.filter { $0.kind == .executed }
    let canceled = run.summary.orders.filter { $0.kind == .canceled }
    let partly = Set(executed.map(OrderExpectation.Key.init)).intersection(canceled.map(OrderExpectation.Key.init))
    #expect(!executed.isEmpty && !canceled.isEmpty && !partly.isEmpty, "fills, misses and partial fills")
  }

  @Test func theKillSwitchLetsNothingOut() throws {
    let (capture, _, settings) = try Self.scenarios[0].make()
    let run = try ReplayRun([capture], settings.with { $0.risk.killSwitch = true })
    #expect(run.summary.ordersSent == 0 && run.summary.positions.isEmpty)
    #expect(run.summary.refusals.map(\.reason) == [.killSwitch])
    #expect(run.summary.opportunities.allSatisfy { $0.orderPairs == 0 })
    let free = try ReplayRun([capture], settings.with { $0.orders.enabled = false })
    #expect(free.summary.opportunities == run.summary.opportunities && free.summary.orders.isEmpty)
  }

  @Test func ordersStopAtTheTimeOfTheKill() throws {
    let (capture, _, settings) = try Self.scenarios[0].make()
    let whole = try ReplayRun([capture], settings)
    let sent = whole.summary.orders.filter { $0.kind == .sent }
    // At the time of an order itself, and a nanosecond later.
    for killAt in [sent[sent.count / 2].captureNanoseconds, sent[sent.count / 2].captureNanoseconds + 1] {
      let run = try ReplayRun([capture], settings.with { $0.risk.killAtNanoseconds = killAt })
      let before = run.summary.orders.filter { $0.kind == .sent }
      #expect(before == sent.filter { $0.captureNanoseconds < killAt })
      // What was under way arrives, and its replies come back.
      checkConservation(run.summary.orders)
      let late = run.summary.orders.filter { $0.kind == .refused && $0.captureNanoseconds >= killAt }
      #expect(!late.isEmpty && late.allSatisfy { $0.reason == UInt16(RefusalReason.killSwitch.rawValue) })
    }
  }
}
