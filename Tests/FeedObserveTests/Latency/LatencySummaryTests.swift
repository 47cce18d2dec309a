import FeedCore
import Foundation
import Testing

@testable import FeedObserve

@Suite("Latency summary")
struct LatencySummaryTests {
  @Test func ticksBecomeNanoseconds() {
    let histogram = LatencyHistogram()
    for value: UInt64 in 1...200 { histogram.record(value) }
    // Two ticks to a nanosecond.
    let summary = LatencySummary(histogram, clock: TickClock(ticksPerSecond: 2_000_000_000))
    #expect(summary.count == 200)
    #expect(summary.p50 == 50)
    #expect(summary.p90 == 90)
    #expect(summary.p99 == 99)
    #expect(summary.p999 == 100)
    #expect(summary.max == 100)
  }

  @Test func jsonHasTheReportsKeys() throws {
    let histogram = LatencyHistogram()
    histogram.record(42)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let text = String(decoding: try encoder.encode(LatencySummary(histogram, clock: .nanosecond)), as: UTF8.self)
    #expect(text == #"{"count":1,"max":42,"p50":42,"p90":42,"p99":42,"p999":42}"#)
  }

  @Test func hgrmOfTicksIsInTheUnitAskedFor() throws {
    let histogram = LatencyHistogram()
    histogram.record(200, count: 4)
    let clock = TickClock(ticksPerSecond: 2_000_000_000)
    let micro = try HgrmFile(HgrmText(clock: clock, unit: .microseconds).render(histogram))
    #expect(micro.rows.last == HgrmFile.Row(value: 0.1, level: 1, totalCount: 4, inverse: nil))
    #expect(micro.closing["Mean"] == 0.1)
    let nano = try HgrmFile(HgrmText(clock: clock, unit: .nanoseconds).render(histogram))
    #expect(nano.rows.last?.value == 100)
    #expect(nano.closing["Max"] == 100)
  }

  @Test func finerTicksGiveMoreLines() throws {
    let histogram = LatencyHistogram()
    for value: UInt64 in 0..<10_000 { histogram.record(value) }
    let coarse = try HgrmFile(HgrmText(clock: .nanosecond, ticksPerHalfDistance: 1).render(histogram))
    let fine = try HgrmFile(HgrmText(clock: .nanosecond, ticksPerHalfDistance: 20).render(histogram))
    #expect(coarse.rows.count * 5 < fine.rows.count)
    #expect(coarse.rows.last?.totalCount == 10_000)
  }
}
