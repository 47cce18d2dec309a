import FeedCore
import Testing

@testable import FeedConfig

struct SettingsTests {
  /// A value other than the default for every key.
  static let everything = """
    venues:
      - name: nasdaq
        fees:
          takerPerShare: "0.0030"
          takerFraction: 0.000001
          makerPerShare: "-0.0020"
          makerFraction: "-0.5"
          belowDollar: { takerPerShare: 1.5, takerFraction: "0.003", makerPerShare: "-0.000000001", makerFraction: 1 }
        symbology: cqs
        orderLatency: 11us
        replyLatency: 250ns
        roundLot: 10
        tick: 0.05
        tickBelowDollar: "0.0005"
    feeds:
      - name: nasdaq-itch
        venue: nasdaq
        protocol: itch50
        stream: 7
        role: snapshot
        of: live
        snapshotsInFlow: true
        lines:
          - { name: A, group: 233.54.12.1, port: 26401, file: nasdaq.a.pcap, role: retransmission, source: 10.0.0.5, livePort: feed-a, requestServer: "10.0.0.7:18000" }
          - { name: B, file: nasdaq.b.pcap }
        recovery:
          messages: true
          snapshots: true
          snapshotServer: "[2001:db8:0::1]:18001"
          usernameFrom: env:NASDAQ_USER
          passwordFrom: file:/etc/feedh/nasdaq.password
          sessionSubId: "0001"
          sourceId: SOURCE
          productId: 157
          channelId: 3
          tokenFrom: env:IEX_TOKEN
      - { name: live, venue: nasdaq, lines: [ { name: C, port: 26402 } ] }
    symbols: { overrides: [ { venue: nasdaq, symbol: BRK PR A, canonical: "BRK-A" } ] }
    session: { reorderWindow: 2ms, reorderWindowPackets: 512, silence: 1.5s, sequenceJumpMaximum: 4611686018427387904 }
    recovery:
      answerTimeout: 250ms
      requestSpacing: 3ms
      requestMessages: 500
      requestsInFlight: 2
      attempts: 7
      deadline: 12s
      gapMessages: 20_000
      requestsPerSession: 900
      snapshotAttempts: 9
      snapshotTimeout: 45s
      bufferPackets: 2_000
      bufferMessages: 4_000
      bufferBytes: 65_536
    detect:
      crossVenue: { minimumEdge: "0.0001", minimumQuantity: 2, maximumQuantity: 999_999, rearm: 10ms, enabled: true }
      imbalance: { depth: 5, threshold: "0.75", minimumQuantity: 2000, enabled: true }
    risk:
      maximumOrderQuantity: 500
      maximumOrderNotional: "250000.50"
      maximumPosition: 7_000
      maximumSymbolExposure: 9000000000
      maximumGrossExposure: "8000000000.000000001"
      priceCollar: "0.025"
      ordersPerSecond: 4000
      orderBurst: 400
      duplicateWindow: 3ms
      marketHoursOnly: false
      killSwitch: true
      killAt: 1_767_623_400_000_000_000
      shardAllotment: [250_000, 250_000, 250_000, 249_999]
    orders: { enabled: true, firm: "FEED", arming: command }
    shards: 4
    threads:
      { cores: 2, layout: walk, cpus: [3, 2], burstPackets: 32, stall: 2ms, idle: spin, scheduling: fifo, priority: 7,
        lockMemory: false }
    capacity: { liveOrders: 1_000_000, instruments: 1024, priceLevels: 2_000_000, records: 5000, openOrders: 64 }
    latency: { sampleEvery: 7 }
    verifyChecksums: false
    live:
      ports:
        - name: feed-a
          interface: enp3s0f0
          pciAddress: "0000:3b:00.0"
          vdev: "net_ring0,nodeaction=r:0:CREATE"
          driver: dpdk
          queues: 3
          queueDepthPackets: 512
          queueCores: [0, 0, 0]
          reception: promiscuous
          timestamps: host
          membership: none
          address: 10.1.2.3
          vlan: 77
          mtu: 9000
      receiveBufferBytes: 1_000_000
      lateCopyBytes: 2_000_000
      controlSocket: /run/feedh.sock
      recordFolder: /data/record
    """

  @Test func everyValueArrivesWhereItBelongs() throws {
    let settings = try settings(Self.everything)
    let venue = try #require(settings.venues.first)
    #expect(settings.venues.count == 1)
    #expect(venue.name == "nasdaq")
    #expect(venue.fees.taker == FeeRate(perShare: 3_000_000, fraction: 1_000))
    #expect(venue.fees.maker == FeeRate(perShare: -2_000_000, fraction: -500_000_000))
    #expect(venue.fees.takerBelowDollar == FeeRate(perShare: 1_500_000_000, fraction: 3_000_000))
    #expect(venue.fees.makerBelowDollar == FeeRate(perShare: -1, fraction: 1_000_000_000))
    #expect(venue.symbology == .cqs)
    #expect(
      settings.symbols.overrides == [SymbolOverride(venue: "nasdaq", symbol: "BRK PR A", canonical: "BRK-A")])
    #expect(venue.orderLatencyNanoseconds == 11_000)
    #expect(venue.replyLatencyNanoseconds == 250)
    #expect(venue.roundLot == 10)
    #expect(venue.tick == 50_000_000)
    #expect(venue.tickBelowDollar == 500_000)

    let feed = try #require(settings.feeds.first)
    #expect(settings.feeds.count == 2 && feed.snapshotsInFlow && !settings.feeds[1].snapshotsInFlow)
    #expect(feed.role == .snapshot && feed.of == "live")
    #expect(feed.name == "nasdaq-itch")
    #expect(feed.venue == "nasdaq")
    #expect(feed.protocol == "itch50" && feed.stream == 7)
    #expect(feed.role == .snapshot && feed.of == "live")
    var answers = LineSettings(name: "A", file: "nasdaq.a.pcap", group: "233.54.12.1", port: 26401)
    answers.role = .retransmission
    answers.source = "10.0.0.5"
    answers.livePort = "feed-a"
    answers.requestServer = "10.0.0.7:18000"
    #expect(feed.lines == [answers, LineSettings(name: "B", file: "nasdaq.b.pcap")])
    #expect(feed.recovery.messages && feed.recovery.snapshots)
    #expect(feed.lines[0].requestServer == "10.0.0.7:18000" && feed.lines[1].requestServer == nil)
    #expect(feed.recovery.snapshotServer == "[2001:db8::1]:18001")
    #expect(feed.recovery.usernameFrom == "env:NASDAQ_USER")
    #expect(feed.recovery.passwordFrom == "file:/etc/feedh/nasdaq.password")
    #expect(feed.recovery.sessionSubId == "0001" && feed.recovery.sourceId == "SOURCE")
    #expect(feed.recovery.productId == 157 && feed.recovery.channelId == 3)
    #expect(feed.recovery.tokenFrom == "env:IEX_TOKEN")
    #expect(feed.recovery.username.isEmpty && feed.recovery.password.isEmpty && feed.recovery.token.isEmpty)

    #expect(settings.session.reorderWindowNanoseconds == 2_000_000)
    #expect(settings.session.reorderWindowPackets == 512)
    #expect(settings.session.silenceNanoseconds == 1_500_000_000)
    #expect(settings.session.sequenceJumpMaximum == 1 << 62)

    let recovery = settings.recovery
    #expect(recovery.answerTimeoutNanoseconds == 250_000_000)
    #expect(recovery.requestSpacingNanoseconds == 3_000_000)
    #expect(recovery.requestMessages == 500)
    #expect(recovery.requestsInFlight == 2)
    #expect(recovery.attempts == 7)
    #expect(recovery.deadlineNanoseconds == 12_000_000_000)
    #expect(recovery.gapMessages == 20_000)
    #expect(recovery.requestsPerSession == 900)
    #expect(recovery.snapshotAttempts == 9)
    #expect(recovery.snapshotTimeoutNanoseconds == 45_000_000_000)
    #expect(recovery.bufferPackets == 2_000)
    #expect(recovery.bufferMessages == 4_000)
    #expect(recovery.bufferBytes == 65_536)
  }

  @Test func everyValueOfDetectionAndRiskArrivesWhereItBelongs() throws {
    let settings = try settings(Self.everything)
    let crossVenue = try #require(settings.crossVenue)
    #expect(crossVenue.minimumEdge == 100_000)
    #expect(crossVenue.minimumQuantity == 2)
    #expect(crossVenue.maximumQuantity == 999_999)
    #expect(crossVenue.rearmNanoseconds == 10_000_000)
    let imbalance = try #require(settings.imbalance)
    #expect(imbalance.depth == 5)
    #expect(imbalance.thresholdPartsPerMillion == 750_000)
    #expect(imbalance.minimumQuantity == 2_000)

    let risk = settings.risk
    #expect(risk.maximumOrderQuantity == 500)
    #expect(risk.maximumOrderNotional == 250_000_500_000_000)
    #expect(risk.maximumPosition == 7_000)
    #expect(risk.maximumSymbolExposure == 9_000_000_000_000_000_000)
    #expect(risk.maximumGrossExposure == 8_000_000_000_000_000_001)
    #expect(risk.collarPartsPerMillion == 25_000)
    #expect(risk.ordersPerSecond == 4_000)
    #expect(risk.orderBurst == 400)
    #expect(risk.duplicateWindowNanoseconds == 3_000_000)
    #expect(!risk.marketHoursOnly)
    #expect(risk.killSwitch)
    #expect(risk.killAtNanoseconds == 1_767_623_400_000_000_000)
    #expect(risk.shardAllotment == [250_000, 250_000, 250_000, 249_999])
  }

  @Test func everyValueOfExecutionArrivesWhereItBelongs() throws {
    let settings = try settings(Self.everything)
    #expect(settings.orders.enabled)
    #expect(settings.orders.firm == "FEED")
    #expect(settings.shardCount == 4)
    #expect(settings.threads.coreCount == 2)
    #expect(settings.threads.layout == .walk)
    #expect(settings.threads.cpus == [3, 2])
    #expect(settings.threads.burstPackets == 32)
    #expect(settings.threads.stallNanoseconds == 2_000_000)
    #expect(settings.threads.idle == .spin && settings.threads.scheduling == .fifo && settings.threads.priority == 7)
    #expect(!settings.threads.lockMemory && settings.orders.arming == .command)
    #expect(settings.capacity.liveOrders == 1_000_000)
    #expect(settings.capacity.instruments == 1_024)
    #expect(settings.capacity.priceLevels == 2_000_000)
    #expect(settings.capacity.records == 5_000)
    #expect(settings.capacity.openOrders == 64)
    #expect(settings.latency.sampleEvery == 7)
    #expect(!settings.verifyChecksums)

    let port = try #require(settings.live.ports.first)
    #expect(settings.live.ports.count == 1)
    #expect(port.name == "feed-a" && port.interface == "enp3s0f0" && port.pciAddress == "0000:3b:00.0")
    #expect(port.vdev == "net_ring0,nodeaction=r:0:CREATE" && port.driver == .dpdk)
    #expect(port.queues == 3 && port.queueDepthPackets == 512 && port.queueCores == [0, 0, 0])
    #expect(port.reception == .promiscuous && port.timestamps == .host && port.membership == .none)
    #expect(port.address == "10.1.2.3" && port.vlan == 77 && port.mtu == 9_000)
    #expect(settings.live.receiveBufferBytes == 1_000_000)
    #expect(settings.live.lateCopyBytes == 2_000_000 && settings.live.controlSocket == "/run/feedh.sock")
    #expect(settings.live.recordFolder == "/data/record")
  }

  /// A field that somebody adds to `Settings` without a key fails here.
  @Test func everyFieldOfSettingsCanBeSet() throws {
    var defaults = Settings()
    defaults.venues = [VenueSettings(name: "")]
    defaults.feeds = [
      FeedSettings(name: "", venue: "", lines: [LineSettings(name: ""), LineSettings(name: "")]),
      FeedSettings(name: "", venue: "", lines: [LineSettings(name: "")]),
    ]
    defaults.imbalance = ImbalanceSettings()
    defaults.symbols.overrides = [SymbolOverride(venue: "", symbol: "", canonical: "")]
    defaults.live.ports = [PortSettings(name: "")]
    // No values of a configuration: they are read from where it says (`RecoverySecrets`).
    let secrets = ["username", "password", "token"].map { "feeds[0].recovery.\($0)" }
    let before = leaves(of: defaults).filter { !secrets.contains($0.key) }
    let after = leaves(of: try settings(Self.everything)).filter { !secrets.contains($0.key) }
    #expect(before.keys.sorted() == after.keys.sorted())
    for (path, value) in before where !path.hasPrefix("feeds[0].lines[1]") && !path.hasPrefix("feeds[1]") {
      #expect(after[path] != value, "\(path) keeps its default")
    }
    // The switches of the detectors are no fields: they decide whether the section is nil.
    let leafKeys = ConfigurationKeys.all.filter {
      if case .section = $0.kind { false } else if case .list = $0.kind { false } else { true }
    }
    let fields = before.keys.filter { !$0.hasPrefix("feeds[0].lines[1]") && !$0.hasPrefix("feeds[1]") }
    #expect(leafKeys.count == fields.count + 2)
  }

  private func leaves(of value: Any, at path: String = "") -> [String: String] {
    let mirror = Mirror(reflecting: value)
    if value is [Int] || value is [UInt32] || value is any RawRepresentable { return [path: "\(value)"] }
    if mirror.displayStyle == .optional {
      return mirror.children.first.map { leaves(of: $0.value, at: path) } ?? [path: "nil"]
    }
    if mirror.displayStyle == .collection {
      return mirror.children.enumerated().reduce(into: [:]) { result, child in
        result.merge(leaves(of: child.element.value, at: "\(path)[\(child.offset)]")) { a, _ in a }
      }
    }
    if mirror.children.isEmpty { return [path: "\(value)"] }
    return mirror.children.reduce(into: [:]) { result, child in
      let label = child.label ?? "?"
      result.merge(leaves(of: child.value, at: path.isEmpty ? label : "\(path).\(label)")) { a, _ in a }
    }
  }

  @Test(arguments: [
    "{}", "# nothing\n", "---\n", "venues:\nfeeds:\nsession:\ndetect:\nrisk: ~\n", "venues: []\nfeeds: []",
  ])
  func withoutValuesEveryDefaultApplies(yaml: String) throws {
    #expect(leaves(of: try settings(yaml)) == leaves(of: Settings()))
  }

  @Test func detectorsAreSwitchedByTheirSection() throws {
    #expect(try settings("{}").crossVenue != nil)
    #expect(try settings("detect: { crossVenue: { enabled: false, minimumEdge: 1 } }").crossVenue == nil)
    #expect(try settings("detect: { crossVenue: { minimumEdge: 1 } }").crossVenue?.minimumEdge == 1_000_000_000)
    #expect(try settings("detect: { crossVenue: }").crossVenue != nil)
    #expect(try settings("{}").imbalance == nil)
    #expect(try settings("detect: { imbalance: {} }").imbalance?.depth == 3)
    #expect(try settings("detect: { imbalance: { enabled: false } }").imbalance == nil)
  }

  @Test func nullTakesAnOptionalValueAway() throws {
    let settings = try settings("risk: { killAt: null, shardAllotment: ~ }\ndetect: { crossVenue: { rearm: } }")
    #expect(settings.risk.killAtNanoseconds == nil)
    #expect(settings.risk.shardAllotment == nil)
    #expect(settings.crossVenue?.rearmNanoseconds == nil)
  }

  @Test func aFeedWithoutVenueGetsOneOfItsName() throws {
    let settings = try settings(
      "venues: [ { name: b, roundLot: 5 } ]\n"
        + "feeds: [ { name: a, lines: [ { name: A, port: 1 } ] }, { name: b, lines: [ { name: A, port: 2 } ] } ]")
    #expect(settings.venues.map(\.name) == ["b", "a"])
    #expect(settings.venues.map(\.roundLot) == [5, 100])
    #expect(settings.feeds.map(\.venue) == ["a", "b"])
    #expect(settings.feeds.map(\.protocol) == ["auto", "auto"])
  }

  @Test func addressesArriveInCanonicalTextAndOverlapByValue() throws {
    let feeds = """
      feeds:
        - { name: a, lines: [ { name: A, group: "FF15:0::1", port: 1 } ] }
        - { name: b, lines: [ { name: A, group: "ff15::1", port: PORT } ] }
      """
    let settings = try settings(feeds.replacing("PORT", with: "2"))
    #expect(settings.feeds.map(\.lines[0].group) == ["ff15::1", "ff15::1"])
    #expect(load(feeds.replacing("PORT", with: "1")).problems.count == 1)
  }

  @Test(arguments: [
    ("file: a", "file: b", false), ("file: a", "file: a", true), ("file: a, port: 1", "file: a, port: 2", false),
    ("file: a, port: 1", "file: a", true), ("file: a, port: 1", "port: 1", true),
    ("file: a, port: 1", "port: 2", false),
    ("group: 1.1.1.1", "port: 1", true), ("group: 1.1.1.1", "group: 1.1.1.2", false), ("file: a", "port: 1", false),
    ("group: 1.1.1.1, port: 1", "group: 1.1.1.1, port: 2", false),
  ])
  func linesOverlapWhereNothingTellsThemApart(one: String, other: String, isOverlap: Bool) {
    for (one, other) in [(one, other), (other, one)] {
      let (_, problems) = load(
        "feeds: [ { name: f, lines: [ { name: A, \(one) } ] }, { name: g, lines: [ { name: A, \(other) } ] } ]")
      #expect(problems.map { $0.what.contains("overlaps") } == (isOverlap ? [true] : []))
    }
  }

  @Test func everyRangeIsEnforcedAtBothEnds() {
    for key in ConfigurationKeys.all {
      let range: ClosedRange<Int64>
      var step: Int64 = 1
      switch key.kind {
      case .count(let bounds), .duration(let bounds): range = bounds
      case .decimal(let bounds, let quantum): (range, step) = (bounds, quantum)
      default: continue
      }
      for bound in [range.lowerBound, range.upperBound] {
        let lines = problemLines(document(key, key.kind.format(.integer(bound / step))))
        #expect(!lines.contains { $0.contains("out of range") }, "\(key.path) at \(bound): \(lines)")
      }
      var outside = [key.kind.format(.integer(range.lowerBound / step - 1))]
      let (next, overflow) = (range.upperBound / step).addingReportingOverflow(1)
      outside.append(overflow ? "9223372036854775808" : key.kind.format(.integer(next)))
      for text in outside {
        let lines = problemLines(document(key, text))
        #expect(lines.contains { $0.contains("out of range") }, "\(key.path) at \(text): \(lines)")
      }
    }
  }

  /// A configuration in which `key` has the value `text`.
  private func document(_ key: ConfigurationKey, _ text: String) -> String {
    let parts = key.path.split(separator: ".").map(String.init)
    return parts.dropLast().reversed().reduce("\(parts.last ?? ""): \(text)") { inner, part in
      part.hasSuffix("[]") ? "\(part.dropLast(2)): [ { name: n, \(inner) } ]" : "\(part): { \(inner) }"
    }
  }

  @Test func quotedAndPlainValuesMeanTheSame() throws {
    let settings = try settings("\"shards\": '4'\nverifyChecksums: \"false\"\nsession: { 'silence': \"2s\" }")
    #expect(settings.shardCount == 4)
    #expect(!settings.verifyChecksums)
    #expect(settings.session.silenceNanoseconds == 2_000_000_000)
  }

  @Test func anchorsAndAliasesWork() throws {
    let settings = try settings(
      """
      venues:
        - name: a
          fees: &fees { takerPerShare: "0.0030" }
          tick: &tick "0.05"
        - name: b
          fees: *fees
          tickBelowDollar: *tick
      """)
    #expect(settings.venues.map(\.fees.taker.perShare) == [3_000_000, 3_000_000])
    #expect(settings.venues[1].tickBelowDollar == 50_000_000)
  }

  @Test func problemsInAnAliasAreReportedAtItsAnchor() {
    let (_, problems) = load("venues:\n- name: a\n  fees: &f { takerPerShare: x }\n- name: b\n  fees: *f")
    #expect(problems.map { "\($0.line):\($0.column)" } == ["3:29", "3:29"])
    #expect(problems.map(\.what).allSatisfy { $0.contains("not a decimal number") })
  }
}
