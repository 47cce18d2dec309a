import FeedCore
import FeedIO

extension ConfigurationPlan {
  /// The plan for people; not a stable format. Ends without a newline.
  public var description: String {
    let parts = [
      venueLines, feedLines, sessionLines, detectorLines, riskLines, coreLines, liveLines, tableLines,
      notes.isEmpty ? [] : ["notes"] + notes.map { "  " + $0 },
    ]
    return parts.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
  }

  private func decimal(_ value: Int64) -> String { FixedPoint.format(value) }
  private func duration(_ nanoseconds: UInt64) -> String {
    ScalarText.format(nanoseconds: Int64(clamping: nanoseconds))
  }
  private func count(_ value: some BinaryInteger) -> String { ScalarText.format(Int64(clamping: value)) }
  private func percent(_ partsPerMillion: UInt32) -> String { decimal(Int64(partsPerMillion) * 100_000) + " %" }

  private func fee(_ rate: FeeRate) -> String {
    "\(decimal(rate.perShare)) a share + \(decimal(rate.fraction)) of the notional"
  }

  private var venueLines: [String] {
    if settings.venues.isEmpty { return ["venues  none configured: each feed gets one, without fees"] }
    return ["venues  \(settings.venues.count)"]
      + settings.venues.flatMap { venue -> [String] in
        [
          "  \(venue.name)",
          "    taker     \(fee(venue.fees.taker)); below 1 dollar \(fee(venue.fees.takerBelowDollar))",
          "    maker     \(fee(venue.fees.maker)); below 1 dollar \(fee(venue.fees.makerBelowDollar))",
          "    latency   order \(duration(venue.orderLatencyNanoseconds)),"
            + " reply \(duration(venue.replyLatencyNanoseconds))",
          "    tick      \(decimal(venue.tick)), below 1 dollar \(decimal(venue.tickBelowDollar));"
            + " round lot \(venue.roundLot)",
          "    symbols   \(venue.symbology.rawValue), \(overrideCount(of: venue)) overridden",
        ]
      }
  }

  private func overrideCount(of venue: VenueSettings) -> Int {
    settings.symbols.overrides.count { $0.venue == venue.name }
  }

  private var feedLines: [String] {
    if settings.feeds.isEmpty { return ["feeds   none configured: flows are recognised and named feed1, feed2, …"] }
    return ["feeds   \(settings.feeds.count)"]
      + settings.feeds.flatMap { feed -> [String] in
        ["  \(feed.name) → venue \(feed.venue), protocol \(feed.protocol)"]
          + feed.lines.map { "    line \($0.name) ← \(source(of: $0))" }
          + recoveryLines(of: feed)
      }
  }

  private func source(of line: LineSettings) -> String {
    var parts: [String] = []
    if let file = line.file { parts.append("file \(ConfigurationProblem.printable(file))") }
    if let group = line.group {
      parts.append((NetworkAddress(group)?.isMulticast == true ? "multicast " : "unicast ") + group)
    }
    if let port = line.port { parts.append("port \(port)") }
    if line.role == .retransmission { parts.append("answers to requests") }
    return parts.joined(separator: ", ")
  }

  private func recoveryLines(of feed: FeedSettings) -> [String] {
    let asked = [feed.recovery.messages ? "missing messages" : nil, feed.recovery.snapshots ? "snapshots" : nil]
      .compactMap { $0 }.joined(separator: " and ")
    if asked.isEmpty { return [] }
    var lines = ["    asks for \(asked), keeps \(count(settings.recovery.bufferPackets)) packets meanwhile"]
    let servers = feed.lines.compactMap { line in line.requestServer.map { "\($0) (line \(line.name))" } }
    if !servers.isEmpty { lines.append("    requests → \(servers.joined(separator: ", "))") }
    if let server = feed.recovery.snapshotServer { lines.append("    snapshots ← \(server)") }
    let secrets = [
      ("username", feed.recovery.usernameFrom), ("password", feed.recovery.passwordFrom),
      ("token", feed.recovery.tokenFrom),
    ].compactMap { name, place in place.map { "\(name) from \(ConfigurationProblem.printable($0))" } }
    if !secrets.isEmpty { lines.append("    as whom: \(secrets.joined(separator: ", "))") }
    return lines
  }

  private var sessionLines: [String] {
    let session = settings.session
    return [
      "session",
      "  gap       waits \(duration(session.reorderWindowNanoseconds))"
        + " or \(count(session.reorderWindowPackets)) packets for the other line",
      "  silent    after \(duration(session.silenceNanoseconds))",
      "  jump      over \(count(session.sequenceJumpMaximum)) messages needs a second packet",
      "  checksums \(settings.verifyChecksums ? "verified" : "ignored")",
    ]
  }

  private var detectorLines: [String] {
    var lines = ["detectors"]
    if let detector = settings.crossVenue {
      lines.append(
        "  crossVenue on: edge ≥ \(decimal(detector.minimumEdge)) a share after fees,"
          + " shares ≥ \(count(detector.minimumQuantity)), order pairs ≤ \(count(detector.maximumQuantity)), "
          + (detector.rearmNanoseconds.map { "again after \(duration($0))" } ?? "one pair per opportunity"))
    } else {
      lines.append("  crossVenue off")
    }
    if let detector = settings.imbalance {
      lines.append(
        "  imbalance  on: one side ≥ \(percent(detector.thresholdPartsPerMillion)) of the shares in"
          + " \(detector.depth) levels, shares ≥ \(count(detector.minimumQuantity))")
    } else {
      lines.append("  imbalance  off")
    }
    return lines
  }

  private var riskLines: [String] {
    let risk = settings.risk
    let firm = settings.orders.firm.isEmpty ? "the port's default firm" : "firm \(settings.orders.firm)"
    var lines = [
      "orders  \(settings.orders.enabled ? "on, \(firm)" : "off: detect only")",
      "risk",
      "  one order   \(count(risk.maximumOrderQuantity)) shares, \(decimal(risk.maximumOrderNotional)) dollars,"
        + " \(percent(risk.collarPartsPerMillion)) beyond the consolidated best",
      "  one symbol  \(count(risk.maximumPosition)) shares, \(decimal(risk.maximumSymbolExposure)) dollars",
      "  firm        \(decimal(risk.maximumGrossExposure)) dollars, \(count(risk.ordersPerSecond)) orders a second,"
        + " bursts of \(count(risk.orderBurst))",
      "  duplicates  within \(duration(risk.duplicateWindowNanoseconds)) refused",
      "  hours       \(risk.marketHoursOnly ? "between system events Q and M" : "any")",
      "  kill switch \(risk.killSwitch ? "engaged from the start" : "released")"
        + (risk.killAtNanoseconds.map { ", engaged at \($0) Unix ns" } ?? ""),
    ]
    let shares = RiskAllotment.all(of: settings)
    func text(_ share: RiskAllotment) -> String {
      "\(decimal(share.maximumGrossExposure)) dollars, \(count(share.ordersPerSecond)) orders a second,"
        + " bursts of \(count(share.orderBurst))"
    }
    if risk.shardAllotment == nil, let share = shares.first {
      lines.append("  each shard  \(text(share))")
    } else {
      lines += shares.enumerated().map { "  shard \($0)\($0 < 10 ? " " : "")    \(text($1))" }
    }
    return lines
  }

  private var coreLines: [String] {
    let threads = settings.threads
    return [
      "shards  \(settings.shardCount) on \(threads.coreCount) core\(threads.coreCount == 1 ? "" : "s"),"
        + " layout \(threads.layout.rawValue), bursts of \(threads.burstPackets) packets,"
        + " 1 burst in \(count(settings.latency.sampleEvery)) stamped"
    ]
      + cores.map { core in
        let cpu = core.cpu.map { "CPU \($0)" } ?? "CPU not known"
        let shards = core.shards.isEmpty
          ? "frames and arbitrates" : "shards " + core.shards.map(String.init).joined(separator: " ")
        return "  core \(core.index)  \(cpu)  \(shards)\(ingest(of: core.index))"
      }
  }

  /// Which feeds a core takes, where several cores poll queues.
  private func ingest(of core: Int) -> String {
    guard let queues = try? LiveQueuePlan(settings), queues.ingestCores.count > 1 else { return "" }
    let names = settings.feeds.indices.filter { queues.coreOfFeed[$0] == core }.map { settings.feeds[$0].name }
    return names.isEmpty ? "" : "; takes \(names.joined(separator: ", "))"
  }

  /// What `feedh run` does with it; nothing where no port is configured.
  private var liveLines: [String] {
    let live = settings.live
    if live.ports.isEmpty { return [] }
    let ports = live.ports.map { port in
      let place = [port.interface.map { "interface \($0)" }, port.pciAddress, port.vdev].compactMap { $0 }
      return "  \(port.name) ← \(place.joined(separator: ", ")), driver \(port.driver.rawValue), "
        + "queues \(port.queues)"
        + (port.queueCores.isEmpty ? "" : " of cores \(port.queueCores.map(String.init).joined(separator: " "))")
        + (port.reception == .groups ? "" : ", \(port.reception.rawValue)")
    }
    let orders = !settings.orders.enabled ? "off" : settings.orders.arming == .never
      ? "decided and refused: orders.arming is never" : "refused until feedh control arms them"
    return ["live    \(live.ports.count) port\(live.ports.count == 1 ? "" : "s")"] + ports + [
      "  orders    \(orders)", "  control   \(live.controlSocket ?? "no socket")",
      "  recorded  \(live.recordFolder.map { "to \(ConfigurationProblem.printable($0))" } ?? "no")",
    ]
  }

  private var tableLines: [String] {
    func mebibytes(_ bytes: Int) -> String {
      let tenths = (bytes * 10 + 524_288) / 1_048_576
      return "\(tenths / 10).\(tenths % 10) MiB"
    }
    let rows = tables.map { table in
      (
        "  \(table.key)", count(table.capacity),
        "\(count(table.slots)) × \(table.bytesPerSlot) B × \(table.count)", mebibytes(table.byteCount)
      )
    }
    func padded(_ text: String, _ width: Int, left: Bool = false) -> String {
      let spaces = String(repeating: " ", count: max(0, width - text.count))
      return left ? spaces + text : text + spaces
    }
    let venues = max(1, settings.venues.count)
    return ["capacity  per venue (\(venues)); estimated memory, resident once touched"]
      + rows.map { row in
        padded(row.0, 14) + padded(row.1, 12, left: true) + "   " + padded(row.2, 24) + padded(row.3, 12, left: true)
      }
      + [
        padded("  openOrders", 14) + padded(count(settings.capacity.openOrders), 12, left: true) + "   per shard",
        padded("  total", 53) + padded(mebibytes(tables.reduce(0) { $0 + $1.byteCount }), 12, left: true),
      ]
  }
}
