import CSIMD
import Testing

@testable import FeedCore

/// Deribit's messages, written by hand, through a whole core: books, trust, what is refused.
struct DeribitDecoderTests {
  typealias D = DeribitBytes

  /// BTC-PERPETUAL named, its book at change 10: bid 25,000.5 × 20, ask 25,001 × 30.
  private func harness() -> DeribitHarness {
    let harness = DeribitHarness()
    harness.snapshot(D.snapshotStart)
    harness.snapshot(
      D.instrument(14, "BTC-PERPETUAL", tick: 0.5, step: 10),
      D.instrument(14, "BTC-PERPETUAL", tick: 0.5, step: 10, steps: []),
      D.ticker(14), D.snapshot(14, through: 10, [(1, 25_000.5, 20), (0, 25_001, 30)]))
    harness.snapshot(D.snapshotEnd)
    return harness
  }

  private let bids = ["2500050000000 2000000000"]
  private let asks = ["2500100000000 3000000000"]

  // MARK: - Messages

  @Test func aLateStartIsOkFromItsSnapshotOn() {
    let harness = DeribitHarness()
    harness.snapshot(D.snapshotStart)
    harness.snapshot(D.instrument(14, "BTC-PERPETUAL", tick: 0.5, step: 10), D.ticker(14))
    #expect(harness.state("BTC-PERPETUAL") == .gap)
    harness.snapshot(D.snapshot(14, through: 10, [(1, 25_000.5, 20), (0, 25_001, 30)]))
    #expect(harness.state("BTC-PERPETUAL") == .ok)
    #expect(harness.levels("BTC-PERPETUAL", .buy) == bids && harness.levels("BTC-PERPETUAL", .sell) == asks)
  }

  @Test func changesSetAndDeleteLevels() {
    let harness = harness()
    harness.event(
      D.book(14, previous: 10, change: 12, [(1, 0, 25_000, 50), (0, 1, 25_001, 10), (1, 2, 25_000.5, 0)]))
    #expect(harness.levels("BTC-PERPETUAL", .buy) == ["2500000000000 5000000000"])
    #expect(harness.levels("BTC-PERPETUAL", .sell) == ["2500100000000 1000000000"])
    #expect(harness.state("BTC-PERPETUAL") == .ok)
    // 2023-06-15 19:42:00.123 UTC.
    #expect(harness.core.books.exchangeNanoseconds(of: 0) == 70_920_123_000_000)
  }

  @Test func everyTemplateIsCountedOnce() {
    let harness = harness()
    harness.snapshot(D.comboLegs(14))
    harness.event(D.priceIndex, D.quoteRequest(14))
    harness.event(D.trade(14, direction: 0, 25_001, 10), D.ticker(14), D.book(14, previous: 10, change: 11, []))
    for template in 1000...1010 {
      #expect(harness.messages(template) == (template == 1003 ? 2 : 1), "\(template)")
    }
    #expect(harness.counted(.malformed) + harness.counted(.unknownTypes) == 0)
  }

  @Test func tradesChangeStatisticsAndNoLevel() {
    let harness = harness()
    harness.event(D.trade(14, direction: 0, 25_001, 10), D.ticker(14))
    #expect(harness.levels("BTC-PERPETUAL", .sell) == asks)
    // One step of 10, at 25,001 / 0.5 steps.
    let record = harness.record("BTC-PERPETUAL")
    #expect(record.volume == 1 && record.lastPrice == 50_002 && record.lastQuantity == 1)
  }

  @Test func aTradeOffTheStepsIsCountedAndTheBookStaysGood() {
    let harness = harness()
    harness.event(D.trade(14, direction: 1, 25_000.123, 10), D.trade(14, direction: 1, 25_000.5, 3))
    #expect(harness.counted(.tradePricesOffScale) == 1 && harness.counted(.quantitiesOffScale) == 1)
    #expect(harness.record("BTC-PERPETUAL").volume == 0 && harness.state("BTC-PERPETUAL") == .ok)
  }

  @Test(arguments: [0, 2, 3, 4, 5, 6, 9] as [UInt8]) func anyStateButOpenHalts(state: UInt8) {
    let harness = harness()
    harness.event(D.ticker(14, state: state))
    #expect(harness.state("BTC-PERPETUAL") == .halted)
    harness.event(D.ticker(14, state: 255))
    #expect(harness.state("BTC-PERPETUAL") == .halted, "255 says nothing")
    harness.event(D.ticker(14))
    #expect(harness.state("BTC-PERPETUAL") == .ok)
  }

  @Test func scalesComeFromTheDefinition() {
    let harness = DeribitHarness()
    harness.snapshot(
      D.instrument(5, "BTC-16JUN23-26000-C", tick: 0.0002, step: 0.1),
      D.instrument(5, "BTC-16JUN23-26000-C", tick: 0.0002, step: 0.1, steps: [(0.005, 0.0005)]))
    let scale = harness.scale("BTC-16JUN23-26000-C")
    // The common step of 0.0002 and 0.0005 is 0.0001.
    #expect(scale.scale == PriceScale(decimals: 8, divisor: 10_000))
    #expect(scale.quantity == QuantityScale(decimals: 8, divisor: 10_000_000))
    #expect(scale.quantity.nanounits == 100_000_000)
    harness.snapshot(D.snapshot(5, through: 1, [(1, 0.0055, 2.3)]))
    // The next cycle names the coarser step of 1000 again.
    harness.snapshot(D.instrument(5, "BTC-16JUN23-26000-C", tick: 0.0002, step: 0.1))
    #expect(harness.levels("BTC-16JUN23-26000-C", .buy) == ["550000 230000000"])
    #expect(harness.state("BTC-16JUN23-26000-C") == .ok && harness.counted(.priceScaleChanges) == 0)
  }

  @Test func aFinerStepThanPricesWereKeptInIsRefused() {
    let harness = harness()
    harness.snapshot(D.instrument(14, "BTC-PERPETUAL", tick: 0.1, step: 1))
    #expect(harness.counted(.priceScaleChanges) == 1 && harness.counted(.quantityScaleChanges) == 1)
    #expect(harness.state("BTC-PERPETUAL") == .untrusted)
  }

  @Test func aScaleThatEverydayChangesAreReadByIsInUseWhateverWasReleased() {
    let harness = harness()
    harness.event(D.book(14, previous: 10, change: 12, [(1, 1, 25_000.5, 50)]))
    // As when books begin anew behind the time that a run may come to.
    harness.core.books.venues[0].directory.pointee.releaseScales(channel: 0)
    harness.event(D.book(14, previous: 12, change: 14, [(1, 1, 25_000.5, 60)]))
    harness.snapshot(D.instrument(14, "BTC-PERPETUAL", tick: 0.1, step: 1))
    #expect(harness.counted(.priceScaleChanges) == 1 && harness.counted(.quantityScaleChanges) == 1)
    #expect(harness.levels("BTC-PERPETUAL", .buy) == ["2500050000000 6000000000"])
  }

  @Test func longNamesStayApartByTheirId() {
    let name = "BTC-ICOND-27SEP24-50000_55000_70000_75000"
    let harness = DeribitHarness()
    harness.snapshot(
      D.instrument(4_000_000_001, name, tick: 0.5, step: 10), D.instrument(70, name + "_X", tick: 0.5, step: 10))
    #expect(harness.id("BTC-ICOND-27SEP24-500~4000000001") != .none && harness.id("BTC-ICOND-27SEP24-500~70") != .none)
  }

  // MARK: - Exact numbers

  @Test func binary64BecomesTheDecimalItWasMadeFrom() {
    let cases: [(Double, Int64?)] = [
      (0, 0), (-0.0, 0), (0.0001, 10_000), (0.00000001, 1), (25_734.5, 2_573_450_000_000),
      (-12.34567891, -1_234_567_891), (22_517_997.99999999, 2_251_799_799_999_999),
      (30_000_000.05, 3_000_000_005_000_000), (123_456_789.1, 12_345_678_910_000_000),
      (91_999_999_999.5, 9_199_999_999_950_000_000), (1_000_000_000, 100_000_000_000_000_000),
      (0.000000001, nil), (1.0 / 3, nil), (.nan, nil), (.infinity, nil), (-.infinity, nil), (93e9, nil), (1e300, nil),
      (.leastNonzeroMagnitude, nil), (0.1 + 0.2, nil),
    ]
    for (real, scaled) in cases { #expect(DeribitReal.scaled8(real) == scaled, "\(real)") }
  }

  @Test func everyDecimalOfEightPlacesReadsBack() {
    var random = BookTestRandom(seed: 20_230_615)
    for _ in 0..<20_000 {
      let magnitude = Int64(random.next() % 2_251_799_800_000_000) >> Int64(random.next() % 50)
      let n = random.next() & 1 == 0 ? magnitude : -magnitude
      // The decimal's text, read by the library's own correctly rounding parser.
      let digits = String(n.magnitude)
      let padded = String(repeating: "0", count: max(0, 9 - digits.count)) + digits
      let real = Double((n < 0 ? "-" : "") + padded.dropLast(8) + "." + padded.suffix(8))!
      #expect(DeribitReal.scaled8(real) == n, "\(real)")
    }
  }

  /// Price and amount of a level at once, in stored units, against the way of one at a time over 10^-8.
  @Test func pricesAndAmountsAreStoredTogetherAsOneByOne() {
    let seed = BookTestRandom.seed()
    var random = BookTestRandom(seed: seed)
    func divisor() -> Int64 {
      switch random.below(4) {
      case 0: random.pick([1, 2, 10_000, 50_000_000, 100_000_000, 1_000_000_000, 1 << 40, (1 << 53) - 1])
      case 1: 1 + Int64(random.next() >> (11 + random.next() % 53))
      default: random.pick([1, 5, 25]) * Int64(pow10(random.below(11)))
      }
    }
    func pow10(_ exponent: Int) -> Int { (0..<exponent).reduce(1) { power, _ in 10 * power } }
    func number(_ divisor: Int64) -> Double {
      switch random.below(8) {
      case 0: Double(bitPattern: random.next())
      case 1:
        random.pick([0, -0.0, .nan, -.nan, .infinity, -.infinity, 22_517_997.99999999, 22_517_998, -22_517_998, 5e-9])
      case 2: Double(random.below(1_000_000_000)) / 3e6
      case 3: -Double(random.below(1_000_000_000)) / 1e8
      case 4: Double(random.below(2_251_799_800_000_000) >> random.below(50)) / 1e8
      // Units, also the outermost that there are, and one beside them.
      default:
        Double(
          (random.chance(100) ? random.pick([2_147_483_647, 2_147_483_648, -2_147_483_648, 4_294_967_295])
            : Int64(random.below(1 << 31) >> random.below(32)))
            .multipliedReportingOverflow(by: divisor).partialValue &+ (random.chance(50) ? 1 : 0)) / 1e8
      }
    }
    /// What the short way reads.
    func scaled(_ number: Double) -> Int64? { number.magnitude < 22_517_998 ? DeribitReal.scaled8(number) : nil }
    var held = 0
    // Aligned, as it has to be.
    let place = Storage<feedh_stored_scale>(capacity: 1, hugePages: false)
    for _ in 0..<200_000 {
      let divisors = (divisor(), divisor())
      let (price, amount, change) = (number(divisors.0), number(divisors.1), random.below(3))
      guard let prices = PriceScale(numerator: 1, denominator: 1, divisor: divisors.0),
        let amounts = QuantityScale(decimals: 9, divisor: divisors.1)
      else { continue }
      guard let scale = DeribitEverydayScales.scale(prices, amounts) else {
        Issue.record("\(divisors), seed \(seed)")
        continue
      }
      place[0] = scale
      // At an odd place, as in a message.
      var bytes = [UInt8](repeating: 0xEE, count: 17)
      bytes.withUnsafeMutableBytes {
        $0.storeBytes(of: price.bitPattern, toByteOffset: 1, as: UInt64.self)
        $0.storeBytes(of: amount.bitPattern, toByteOffset: 9, as: UInt64.self)
      }
      let found = bytes.withUnsafeBytes {
        feedh_stored_pair($0.baseAddress! + 1, UInt32(change), place.base)
      }
      let stored = (
        scaled(price).flatMap { prices.stored(raw: $0) },
        (change == 2 ? 0 : scaled(amount)).flatMap { amounts.stored(raw: $0) }
      )
      if let first = stored.0, let second = stored.1, second < 1 << 31 {
        held += 1
        #expect(
          found == Int64(second) << 32 | Int64(UInt32(bitPattern: first)),
          "\(price), \(amount), \(divisors), seed \(seed)")
      } else {
        #expect(found < 0, "\(price), \(amount), \(divisors), seed \(seed)")
      }
    }
    #expect(held > 20_000)
  }

  @Test func pairsOfScalesAreKeptOnceAsLongAsThereIsRoom() throws {
    var scales = DeribitEverydayScales()
    func find(_ tick: Int64, _ step: Int64 = 1) throws -> UnsafeMutablePointer<feedh_stored_scale>? {
      scales.find(
        try #require(PriceScale(numerator: 1, denominator: 1, divisor: tick)),
        try #require(QuantityScale(decimals: 9, divisor: step)))
    }
    var places: [UnsafeMutablePointer<feedh_stored_scale>] = []
    for tick in 1...DeribitEverydayScales.capacity { places.append(try #require(try find(Int64(tick)))) }
    #expect(Set(places).count == DeribitEverydayScales.capacity)
    for tick in 1...DeribitEverydayScales.capacity { #expect(try find(Int64(tick)) == places[tick - 1]) }
    #expect(places[6].pointee.units == (7, 1) && places[6].pointee.per_one == (1e8 / 7, 1e8))
    #expect(try find(1, 2) == nil, "a pair of its own")
    #expect(try find((1 << 53) + 1) == nil, "no binary64")
  }

  /// The number of what everyday changes were made under has 24 bits. Nothing of its last turn counts in the next one.
  @Test func noEverydayInstrumentOutlivesATurnOfGenerations() {
    var venue = DeribitVenue(instruments: 4, settings: RecoverySettings())
    let place = venue.add(300_001, channel: 2)
    venue.instruments[place].index = 1
    venue.instruments[place].isFollowed = true
    venue.allowEveryday(place, channel: 2, scale: InstrumentScale(scale: .price4))
    let gate = venue.gate(channel: 2)
    #expect(gate != 0 && venue.everyday[place + 1].gate == gate)
    var turns = 0
    repeat {
      venue.forgetEveryday()
      turns += 1
    } while venue.gate(channel: 2) != gate
    #expect(turns == (1 << 24) - 1 && venue.everyday[place + 1].gate == 0)
  }

  @Test func whatIsNotExactIsRefusedByName() {
    for (price, amount, counter) in [
      (25_000.0 + 1.0 / 3, 10.0, Counter.inexactReals), (.nan, 10, .inexactReals), (25_000, .infinity, .inexactReals),
      (25_000.25, 10, .pricesOffScale), (25_000, 15, .quantitiesOffScale), (25_000, -10, .quantitiesOffScale),
      (25_000, 43_000_000_000, .quantitiesOffScale),
    ] {
      let harness = harness()
      harness.event(D.book(14, previous: 10, change: 11, [(1, 0, price, amount)]))
      #expect(harness.counted(counter) == 1, "\(price) \(amount)")
      #expect(harness.state("BTC-PERPETUAL") != .ok, "\(price) \(amount)")
      #expect(harness.levels("BTC-PERPETUAL", .buy) == bids)
    }
  }

  // MARK: - The chain

  @Test func aBrokenChainMakesThatBookAloneStaleUntilItsSnapshot() {
    let harness = harness()
    harness.snapshot(
      D.instrument(15, "ETH-PERPETUAL", tick: 0.05, step: 1), D.ticker(15), D.snapshot(15, through: 3, [(1, 1_600, 5)]))
    harness.event(D.book(14, previous: 12, change: 13, [(1, 0, 25_000, 40)]))
    #expect(harness.state("BTC-PERPETUAL") == .gap && harness.state("ETH-PERPETUAL") == .ok)
    #expect(harness.counted(.chainBreaks) == 1 && harness.levels("BTC-PERPETUAL", .buy) == bids)
    // A snapshot from before what is missing does not reach what was kept.
    harness.snapshot(D.snapshot(14, through: 11, [(1, 24_999, 10)]))
    #expect(harness.state("BTC-PERPETUAL") == .gap)
    // One through 12 does: the kept change continues it.
    harness.snapshot(D.snapshot(14, through: 12, [(1, 24_999, 10)]))
    #expect(harness.state("BTC-PERPETUAL") == .ok)
    #expect(harness.levels("BTC-PERPETUAL", .buy) == ["2500000000000 4000000000", "2499900000000 1000000000"])
    harness.event(D.book(14, previous: 13, change: 20, [(1, 2, 25_000, 0)]))
    #expect(harness.levels("BTC-PERPETUAL", .buy) == ["2499900000000 1000000000"])
    #expect(harness.state("BTC-PERPETUAL") == .ok && harness.counted(.chainBreaks) == 1)
  }

  @Test func changesBeforeTheNameAreKeptForTheSnapshot() {
    let harness = DeribitHarness()
    harness.event(D.book(14, previous: 8, change: 10, [(1, 0, 25_000.5, 90)]))
    harness.event(D.book(14, previous: 10, change: 11, [(1, 1, 25_000.5, 70)]))
    harness.snapshot(
      D.snapshotStart, D.instrument(14, "BTC-PERPETUAL", tick: 0.5, step: 10), D.ticker(14),
      D.snapshot(14, through: 10, [(1, 25_000.5, 90)]))
    #expect(harness.state("BTC-PERPETUAL") == .ok)
    #expect(harness.levels("BTC-PERPETUAL", .buy) == ["2500050000000 7000000000"])
  }

  @Test func snapshotsOfTheSameOrAnOlderStateChangeNothing() {
    let harness = harness()
    harness.event(D.book(14, previous: 10, change: 12, [(1, 1, 25_000.5, 50)]))
    for through in [12, 11] as [UInt64] {
      harness.snapshot(D.snapshotStart, D.snapshot(14, through: through, [(1, 1, 10)]))
      #expect(harness.levels("BTC-PERPETUAL", .buy) == ["2500050000000 5000000000"])
      #expect(harness.state("BTC-PERPETUAL") == .ok)
    }
    // A newer one replaces the book.
    harness.snapshot(D.snapshotStart, D.snapshot(14, through: 15, [(1, 2, 10)]))
    #expect(harness.levels("BTC-PERPETUAL", .buy) == ["200000000 1000000000"])
    #expect(harness.levels("BTC-PERPETUAL", .sell) == [])
    #expect(harness.state("BTC-PERPETUAL") == .ok)
  }

  @Test func aChangeOfSeveralPartsIsOneEvent() {
    let harness = harness()
    harness.event(D.book(14, previous: 10, change: 12, [(1, 2, 25_000.5, 0)], isLast: false))
    #expect(harness.core.books.midEventCount == 1)
    harness.event(D.book(14, previous: 10, change: 12, [(1, 0, 24_000, 10)]))
    #expect(harness.core.books.midEventCount == 0 && harness.state("BTC-PERPETUAL") == .ok)
    #expect(harness.levels("BTC-PERPETUAL", .buy) == ["2400000000000 1000000000"])
  }

  @Test func aSnapshotOfSeveralPartsCountsWhenItsLastIsThere() {
    let harness = harness()
    harness.snapshot(D.snapshotStart, D.snapshot(14, through: 20, [(1, 24_000, 10)], isLast: false))
    #expect(harness.state("BTC-PERPETUAL") == .gap)
    harness.snapshot(D.snapshot(14, through: 20, [(0, 26_000, 20)]))
    #expect(harness.state("BTC-PERPETUAL") == .ok)
    #expect(harness.levels("BTC-PERPETUAL", .buy) == ["2400000000000 1000000000"])
    #expect(harness.levels("BTC-PERPETUAL", .sell) == ["2600000000000 2000000000"])
  }

  @Test func aSnapshotWithoutItsFirstPartIsNone() {
    let harness = harness()
    harness.snapshot(D.snapshotStart, D.snapshot(14, through: 20, [(1, 24_000, 10)], isLast: false), skipping: 0)
    harness.snapshot(D.snapshot(14, through: 20, [(0, 26_000, 20)]), skipping: 1)
    #expect(harness.state("BTC-PERPETUAL") == .gap)
    harness.snapshot(D.snapshotStart, D.snapshot(14, through: 20, [(1, 24_000, 10)]))
    #expect(harness.state("BTC-PERPETUAL") == .ok)
  }

  // MARK: - Loss and restart of a channel

  @Test func afterALossABookIsGoodAgainAtItsNextLinkedChange() {
    let harness = harness()
    harness.event(D.book(14, previous: 10, change: 12, [(1, 1, 25_000.5, 50)]))
    harness.event(D.priceIndex, skipping: 3)
    #expect(harness.state("BTC-PERPETUAL") == .gap)
    harness.event(D.book(14, previous: 12, change: 14, [(1, 1, 25_000.5, 60)]))
    #expect(harness.state("BTC-PERPETUAL") == .ok && harness.counted(.chainBreaks) == 0)
    #expect(harness.levels("BTC-PERPETUAL", .buy) == ["2500050000000 6000000000"])
  }

  @Test func afterALossASnapshotOfTheSameStateIsEnough() {
    let harness = harness()
    harness.event(D.book(14, previous: 10, change: 12, [(1, 1, 25_000.5, 50)]))
    harness.event(D.priceIndex, skipping: 3)
    harness.snapshot(D.snapshotStart, D.snapshot(14, through: 11, [(1, 25_000.5, 20)]))
    #expect(harness.state("BTC-PERPETUAL") == .gap, "from before what was lost")
    harness.snapshot(D.snapshotStart, D.snapshot(14, through: 12, [(1, 25_000.5, 50)]))
    #expect(harness.state("BTC-PERPETUAL") == .ok)
  }

  @Test func aLossOfSnapshotsLeavesBooksAsTheyAre() {
    let harness = harness()
    harness.event(D.book(14, previous: 10, change: 12, [(1, 1, 25_000.5, 50)]))
    harness.snapshot(D.snapshotStart, skipping: 5)
    #expect(harness.state("BTC-PERPETUAL") == .ok)
  }

  @Test func whileAChannelWaitsItsBooksDo() {
    let harness = harness()
    harness.event(D.book(14, previous: 10, change: 12, [(1, 1, 25_000.5, 50)]))
    harness.control(.channelState, channel: 0, .gap)
    #expect(harness.state("BTC-PERPETUAL") == .gap)
    harness.control(.channelState, channel: 0, .lateStart)
    #expect(harness.state("BTC-PERPETUAL") == .ok)
    harness.control(.channelState, channel: 0, .untrusted)
    #expect(harness.state("BTC-PERPETUAL") == .untrusted, "lines disagree")
  }

  @Test func aRestartEmptiesTheChannelsBooksUntilTheirSnapshots() {
    let harness = harness()
    harness.event(D.book(14, previous: 10, change: 1_000, [(1, 1, 25_000.5, 50)]))
    harness.restart(channel: 0)
    #expect(harness.levels("BTC-PERPETUAL", .buy) == [] && harness.state("BTC-PERPETUAL") == .gap)
    // The venue counts changes from low numbers again.
    harness.snapshot(D.snapshotStart, D.ticker(14), D.snapshot(14, through: 2, [(1, 25_000, 20)]))
    #expect(harness.state("BTC-PERPETUAL") == .ok)
    harness.event(D.book(14, previous: 2, change: 3, [(1, 1, 25_000, 30)]))
    #expect(harness.levels("BTC-PERPETUAL", .buy) == ["2500000000000 3000000000"])
  }

  @Test func aRestartOfTheSnapshotChannelLeavesFollowedBooks() {
    let harness = harness()
    harness.event(D.book(14, previous: 10, change: 12, [(1, 1, 25_000.5, 50)]))
    harness.restart(channel: 1)
    #expect(harness.state("BTC-PERPETUAL") == .ok)
    #expect(harness.levels("BTC-PERPETUAL", .buy) == ["2500050000000 5000000000"])
  }

  // MARK: - Bad bytes

  @Test func aTruncatedBodyIsMalformedAndItsChannelSuspect() {
    let message = D.book(14, previous: 10, change: 12, [(1, 1, 25_000.5, 50)])
    for length in 1..<message.count {
      let harness = harness()
      harness.event(D.book(14, previous: 10, change: 11, [(1, 1, 25_000.5, 40)]))
      harness.event(Array(message.prefix(length)))
      #expect(harness.counted(.malformed) == 1, "\(length)")
      #expect(harness.levels("BTC-PERPETUAL", .buy) == ["2500050000000 4000000000"], "\(length)")
      #expect(harness.state("BTC-PERPETUAL") == .gap, "\(length)")
    }
  }

  @Test func rootsAndEntriesShorterThanKnownAreMalformed() {
    let harness = harness()
    harness.event(D.message(1001, [UInt8](repeating: 0, count: 28)))
    harness.event(D.message(1003, [UInt8](repeating: 0, count: 132)))
    harness.event(D.message(1001, D.little(14, 4) + D.little(1, 8) + D.little(10, 8) + D.little(11, 8) + [1]))
    #expect(harness.counted(.malformed) == 3 && harness.state("BTC-PERPETUAL") == .gap)
  }

  @Test func longerRootsEntriesAndUnknownTemplatesAreSteppedOver() {
    let harness = harness()
    let root = D.little(14, 4) + D.little(1_686_858_120_123, 8) + D.little(10, 8) + D.little(11, 8) + [1, 99, 99]
    let entry = [1, 1] + D.real(25_000.5) + D.real(60) + [7, 7, 7]
    harness.event(
      D.message(1_777, [1, 2, 3], groups: [D.group(3, [[1, 2, 3], [4, 5, 6]])], strings: ["later"]),
      D.message(1001, root, groups: [D.group(21, [entry])]))
    #expect(harness.counted(.unknownTypes) == 1 && harness.state("BTC-PERPETUAL") == .ok)
    #expect(harness.levels("BTC-PERPETUAL", .buy) == ["2500050000000 6000000000"])
  }

  @Test func unreadableEntriesMakeTheBookWaitForItsSnapshot() {
    for entry in [(2, 0, 25_000, 10), (255, 1, 25_000, 10), (1, 3, 25_000, 10), (0, 255, 25_000, 10)] as [D.Change] {
      let harness = harness()
      harness.event(D.book(14, previous: 10, change: 11, [entry]))
      #expect(harness.state("BTC-PERPETUAL") == .gap && harness.levels("BTC-PERPETUAL", .buy) == bids)
      harness.snapshot(D.snapshotStart, D.snapshot(14, through: 11, [(1, 25_000, 10)]))
      #expect(harness.state("BTC-PERPETUAL") == .ok)
    }
  }

  @Test func randomDamageNeverCrashes() {
    var random = BookTestRandom(seed: BookTestRandom.seed())
    let harness = harness()
    var change: UInt64 = 10
    for _ in 0..<20_000 {
      change += 1
      var body = [
        D.book(14, previous: change - 1, change: change, [(1, 1, 25_000.5, 50), (0, 0, 26_000, 10)]),
        D.snapshot(14, through: change, [(1, 25_000.5, 20), (0, 25_001, 30)], isLast: random.next() & 1 == 0),
        D.instrument(14, "BTC-PERPETUAL", tick: 0.5, step: 10, steps: [(1, 5)]), D.ticker(14),
        D.trade(14, direction: 0, 25_001, 10), D.comboLegs(14),
      ].shuffled(using: &random).prefix(Int(random.next() % 3) + 1).flatMap { $0 }
      for _ in 0..<(random.next() % 4) {
        body[Int(random.next() % UInt64(body.count))] = UInt8(truncatingIfNeeded: random.next())
      }
      let length = random.chance(500) ? body.count : random.below(body.count + 1)
      harness.send(random.below(2), Array(body.prefix(length)), random.next() % 2)
    }
    #expect(harness.counted(.malformed) > 0)
  }
}
