import Foundation
import Testing

@testable import FeedCore
@testable import FeedObserve

/// Parts of a run and its reports that need no capture.
struct RunPartsTests {
  // MARK: - Times

  @Test func bookTimesAreTimesOfDayOrNanoseconds() {
    #expect(BookTime("09:35:00.5") == .exchange(nanoseconds: 34_500_500_000_000))
    #expect(BookTime("00:00:00") == .exchange(nanoseconds: 0))
    #expect(BookTime("23:59:59.999999999") == .exchange(nanoseconds: 86_399_999_999_999))
    #expect(BookTime("1767623400000000001") == .capture(nanoseconds: 1_767_623_400_000_000_001))
    #expect(BookTime("0") == .capture(nanoseconds: 0))
    for text in [
      "", "noon", "9:35:00", "09:35", "24:00:00", "09:60:00", "09:00:60", "09:35:00.", "09:35:00.1234567890",
      "09:35:00,5", "-1", "+5", "18446744073709551616", "1.5", "09:35:00Z", "0x10", "०९:३५:००",
    ] {
      #expect(BookTime(text) == nil, "\(text)")
    }
  }

  // MARK: - Capacities

  @Test func capacitiesFitTheInputAndNeverGrow() {
    var settings = Settings()
    settings.capacity.liveOrders = 5_000
    settings.capacity.priceLevels = 9_000
    let small = settings.fitted(toCaptureBytes: 100).capacity
    #expect(small.liveOrders == 1_024 && small.priceLevels == 8_192)
    let large = settings.fitted(toCaptureBytes: 1 << 40).capacity
    #expect(large.liveOrders == 5_000 && large.priceLevels == 9_000)
    // An order takes 38 bytes of a length-prefixed file at least: 2,000 of them fill this one.
    #expect(settings.fitted(toCaptureBytes: 2_000 * 38).capacity.liveOrders == 2_000)
  }

  // MARK: - Sequence numbers of one flow

  /// Against a set of numbers, with ranges that overlap, repeat and come late.
  @Test func missingAndRepeatedNumbersAreThoseOfASet() {
    var random = SystemRandomNumberGenerator()
    let seed = ProcessInfo.processInfo.environment["FEEDH_TEST_SEED"].flatMap { UInt64($0) } ?? random.next()
    print("missingAndRepeatedNumbersAreThoseOfASet: FEEDH_TEST_SEED=\(seed)")
    var state = seed
    func next(_ limit: UInt64) -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (state >> 33) % limit
    }
    for _ in 0..<200 {
      var ranges = NumberRanges()
      var seen: Set<UInt64> = []
      var known: (first: UInt64, end: UInt64)?
      var duplicates: UInt64 = 0
      for _ in 0..<60 {
        let from = 1 + next(120)
        let count = next(8)
        ranges.take(from, count: count)
        for number in from..<from + count where !seen.insert(number).inserted { duplicates += 1 }
        // A heartbeat, too, tells of numbers: those below the one it announces, but none above.
        if let (first, end) = known {
          let reaches = count > 0 || from > end
          known = (count > 0 ? min(first, from) : first, reaches ? max(end, from + count) : end)
        } else {
          known = (from, from + count)
        }
        let inside = seen.count { $0 >= known!.first && $0 < known!.end }
        #expect(ranges.duplicates == duplicates, "seed \(seed)")
        #expect(ranges.missing == known!.end - known!.first - UInt64(inside), "seed \(seed)")
        #expect(ranges.firstMessage == seen.min() && ranges.lastMessage == seen.max())
      }
    }
  }

  @Test func jumpsOverAllNumbersAreCounted() {
    var ranges = NumberRanges()
    ranges.take(1, count: 1)
    ranges.take(.max - 1, count: 10)
    #expect(ranges.missing == UInt64.max - 3)
    ranges.take(1 << 63, count: 5)
    #expect(ranges.missing == UInt64.max - 8)
    #expect(ranges.duplicates == 0)
  }

  // MARK: - Orders

  @Test func orderRowsAreExact() throws {
    var plan = FeedPlan()
    plan.venues = [VenueSettings(name: "nasdaq"), VenueSettings(name: "bx")]
    var sent = OrderRecord()
    sent.captureNanoseconds = 1_767_623_400_012_286_612
    sent.symbol = try #require(Symbol("PIY"))
    sent.opportunity = 3
    sent.price = 580_930_000_000
    sent.quantity = 100
    sent.userRefNum = 7
    sent.kind = .sent
    sent.shard = 12
    sent.side = UInt8(ascii: "B")
    var executed = sent
    executed.kind = .executed
    executed.matchNumber = 10_088_063_165_309_911_041
    executed.price = 123_400_000
    var refused = OrderRecord()
    refused.symbol = try #require(Symbol("A,\"B"))
    refused.venue = 1
    refused.side = UInt8(ascii: "T")
    refused.reason = UInt16(RefusalReason.priceCollar.rawValue)
    var canceled = sent
    canceled.kind = .canceled
    canceled.reason = UInt16(UInt8(ascii: "I"))
    var rejected = sent
    rejected.kind = .rejected
    rejected.reason = 0x0017
    var unknown = rejected
    unknown.reason = 0x7777
    // A venue the plan does not have.
    unknown.venue = 5
    let output = TextOutput()
    OrderFiles.writeCSV([sent, executed, refused, canceled, rejected, unknown], plan: plan, to: output)
    let head = "1767623400012286612,2026-01-05T14:30:00.012286612Z,12,PIY"
    #expect(
      output.text == """
        captureNanoseconds,captureTime,shard,symbol,venue,side,kind,quantity,price,userRefNum,reason,opportunity,\
        matchNumber
        \(head),nasdaq,B,sent,100,580.93,7,,3,0
        \(head),nasdaq,B,executed,100,0.1234,7,,3,10088063165309911041
        0,00:00:00.000000000,0,"A,""B",bx,T,refused,0,0,0,priceCollar,0,0
        \(head),nasdaq,B,canceled,100,580.93,7,immediate or cancel,3,0
        \(head),nasdaq,B,rejected,100,580.93,7,invalid symbol,3,0
        \(head),5,B,rejected,100,580.93,7,reject code 30583,3,0

        """)
  }

  /// SoupBinTCP 3.00: a length that counts the type, the type, the message.
  @Test func streamPacketsAreUnsequencedToTheVenueAndSequencedFromIt() {
    let output = TextOutput()
    for (direction, text) in [(WireDirection.toVenue, "abc"), (.fromVenue, "")] {
      let bytes = Array(text.utf8)
      bytes.withUnsafeBytes {
        OrderFiles.append(
          WireLog.Message(captureNanoseconds: 0, venue: 0, direction: direction, bytes: $0), to: output)
      }
    }
    #expect(Array(output.text.utf8) == [0, 4, 0x55, 0x61, 0x62, 0x63, 0, 1, 0x53])
  }

  // MARK: - Profit

  private func position(_ shares: Int64, cash: Int128, fees: Int128 = 0) -> Position {
    var position = Position()
    position.shares = shares
    position.cash = cash
    position.fees = fees
    return position
  }

  @Test func sharesAreValuedAtTheMidOfBothSides() {
    let best = ConsolidatedBest(bid: 10_000_000_000, ask: 10_020_000_000)
    let long = MarkedPosition(position(100, cash: -1_000_000_000_000), best: best, instruments: [])
    #expect(long.mark == 10_010_000_000 && long.source == .mid)
    #expect(long.profit == 1_000_000_000)
    let short = MarkedPosition(position(-100, cash: 1_000_000_000_000), best: best, instruments: [])
    #expect(short.profit == -1_000_000_000)
  }

  @Test func withoutBothSidesTheLatestTradeOfAnyVenueCounts() throws {
    func instrument(_ venue: VenueIndex, last: Int32, at time: UInt64) throws -> InstrumentSummary {
      var record = InstrumentRecord()
      record.lastPrice = last
      record.lastQuantity = 100
      record.lastTradeNanoseconds = time
      return InstrumentSummary(
        venue: venue, venueName: "v\(venue)", symbol: try #require(Symbol("A")), locate: 1,
        id: InstrumentID(venue: venue, index: 0), core: 0, top: TopOfBook(), state: .ok, digest: 0, record: record)
    }
    let marked = MarkedPosition(
      position(10, cash: 0), best: ConsolidatedBest(bid: 1),
      instruments: [try instrument(0, last: 100_000, at: 5), try instrument(1, last: 120_000, at: 9)])
    #expect(marked.mark == 12_000_000_000 && marked.source == .last)
    #expect(marked.profit == 120_000_000_000)
  }

  @Test func sharesThatNothingValuesAreSaidToBe() {
    let none = MarkedPosition(position(5, cash: -7), best: ConsolidatedBest(), instruments: [])
    #expect(none.mark == nil && none.profit == nil)
    // Without shares the cash is the profit, whatever the price.
    let flat = MarkedPosition(position(0, cash: 9, fees: 2), best: ConsolidatedBest(), instruments: [])
    #expect(flat.profit == 9)
    let sum = ProfitSummary([none, flat])
    #expect(sum.cash == 2 && sum.marked == 0 && sum.fees == 2 && sum.unmarkedCount == 1 && sum.profit == 2)
  }
}
