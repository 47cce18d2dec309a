import FeedCore
import Testing

@testable import FeedConfig

struct PlanTests {
  @Test func limitsDivideInIntegersRoundedDown() {
    var settings = Settings()
    settings.shardCount = 3
    settings.risk.maximumGrossExposure = 10
    settings.risk.ordersPerSecond = 8
    settings.risk.orderBurst = 3
    #expect(
      RiskAllotment.all(of: settings)
        == [RiskAllotment](
          repeating: RiskAllotment(maximumGrossExposure: 3, ordersPerSecond: 2, orderBurst: 1), count: 3))
    settings.risk.shardAllotment = [500_000, 333_333, 0]
    #expect(
      RiskAllotment.all(of: settings) == [
        RiskAllotment(maximumGrossExposure: 5, ordersPerSecond: 4, orderBurst: 1),
        RiskAllotment(maximumGrossExposure: 3, ordersPerSecond: 2, orderBurst: 0),
        RiskAllotment(maximumGrossExposure: 0, ordersPerSecond: 0, orderBurst: 0),
      ])
  }

  @Test func theGreatestLimitDividesWithoutOverflow() {
    var settings = Settings()
    settings.shardCount = 1
    settings.risk.maximumGrossExposure = .max
    settings.risk.shardAllotment = [1_000_000]
    #expect(RiskAllotment.all(of: settings)[0].maximumGrossExposure == .max)
  }

  @Test func everyShardHasOneCore() {
    var settings = Settings()
    settings.shardCount = 5
    settings.threads.coreCount = 3
    settings.threads.layout = .walk
    settings.threads.cpus = [7, 4, 2]
    #expect(
      ConfigurationPlan(settings: settings).cores == [
        .init(index: 0, cpu: 7, shards: [0, 3]), .init(index: 1, cpu: 4, shards: [1, 4]),
        .init(index: 2, cpu: 2, shards: [2]),
      ])
    settings.threads.layout = .rings
    settings.threads.cpus = []
    #expect(
      ConfigurationPlan(settings: settings, allowedCPUs: [0, 9]).cores == [
        .init(index: 0, cpu: 0, shards: []), .init(index: 1, cpu: 9, shards: [0, 2, 4]),
        .init(index: 2, cpu: nil, shards: [1, 3]),
      ])
    settings.threads.coreCount = 1
    #expect(ConfigurationPlan(settings: settings).cores.map(\.shards) == [[0, 1, 2, 3, 4]])
  }

  /// Cores that poll live queues own shards in layout spread, and none in rings; the plan says who takes what.
  @Test func shardsOfALiveRunAreWhereItPutsThem() {
    var settings = Settings()
    settings.shardCount = 4
    settings.threads.coreCount = 3
    settings.threads.layout = .rings
    settings.live.ports = [0, 2].map { core in
      var port = PortSettings(name: "p\(core)", interface: "e\(core)")
      port.queueCores = [core]
      return port
    }
    settings.feeds = [0, 2].map { core in
      var line = LineSettings(name: "A", group: "239.0.0.\(core)", port: 1)
      line.livePort = "p\(core)"
      return FeedSettings(name: "f\(core)", venue: "v", lines: [line])
    }
    #expect(ConfigurationPlan(settings: settings).cores.map(\.shards) == [[], [0, 1, 2, 3], []])
    settings.threads.layout = .spread
    let plan = ConfigurationPlan(settings: settings)
    #expect(plan.cores.map(\.shards) == [[0, 3], [1], [2]])
    for line in ["shards 0 3; takes f0", "shards 2; takes f2", "queues 1 of cores 2"] {
      #expect(plan.description.contains(line), "\(line)")
    }
  }

  @Test func orderSlotsAreThePowerOfTwoAboveOneAndAHalfTimes() {
    #expect(ConfigurationPlan.orderSlotCount(1_024) == 2_048)
    #expect(ConfigurationPlan.orderSlotCount(2_500_000) == 4_194_304)
    #expect(ConfigurationPlan.orderSlotCount(1_365) == 2_048)
    #expect(ConfigurationPlan.orderSlotCount(1_366) == 4_096)
    #expect(ConfigurationPlan.orderSlotCount(64_000_000) == 134_217_728)
  }

  @Test func tablesAreCountedPerVenue() {
    var settings = Settings()
    settings.venues = [VenueSettings(name: "a"), VenueSettings(name: "b")]
    let bytes = ConfigurationPlan(settings: settings).tables.map(\.byteCount)
    #expect(bytes == [2 * 4_194_304 * 20, 2 * 4_000_000 * 8, 2 * 16_384 * 272, 1_000_000 * 128])
  }

  @Test func thePlanNamesEverythingThatWasConfigured() throws {
    // In layout rings the plan says more.
    let text = SettingsTests.everything.replacing("layout: walk", with: "layout: rings")
    let plan = ConfigurationPlan(settings: try settings(text), allowedCPUs: [0, 1, 2]).description
    for part in [
      "taker     0.003 a share + 0.000001 of the notional; below 1 dollar 1.5 a share + 0.003 of the notional",
      "latency   order 11us, reply 250ns", "symbols   cqs, 1 overridden", "nasdaq-itch → venue nasdaq, protocol itch50",
      "line A ← file nasdaq.a.pcap, multicast 233.54.12.1, port 26401", "line B ← file nasdaq.b.pcap",
      "waits 2ms or 512 packets", "crossVenue on: edge ≥ 0.0001", "again after 10ms",
      "imbalance  on: one side ≥ 75 %",
      "orders  on, firm FEED", "2.5 % beyond", "kill switch engaged from the start, engaged at 1767623400000000000",
      "shard 3     1999992000 dollars, 999 orders a second, bursts of 99", "4 on 2 cores, layout rings",
      "core 0  CPU 3  frames and arbitrates", "core 1  CPU 2  shards 0 1 2 3", "2_097_152 × 20 B × 1",
      "CPU 3 of threads.cpus is not allowed", "exceeds risk.maximumOrderQuantity 500", "every order is refused",
      "needs two venues",
    ] { #expect(plan.contains(part), "missing: \(part)") }
  }

  @Test func theDefaultPlanHasNoNotes() {
    let plan = ConfigurationPlan(settings: Settings(), allowedCPUs: [0])
    #expect(plan.notes == [])
    #expect(plan.description.contains("none configured"))
  }
}
