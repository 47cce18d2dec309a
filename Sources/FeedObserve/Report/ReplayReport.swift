import FeedCore
import FeedIO

/// The report of `feedh replay --report`: one JSON object, described key by key in Docs/FORMATS.md.
///
/// Keys come in a fixed order, counts and times as integers, money as integers of nanodollars. Everything but the
/// figures of the machine (`startNanoseconds`, `elapsedNanoseconds`, `nanosecondsPerMessage`, `residentBytes`,
/// `stalls`, `ringFullWaits`, `ringFillMax`, `pageFaults`, `latency`) is the same for any number of cores, layout, burst
/// size and speed.
public struct ReplayReport {
  /// The vector instructions that change price levels: "avx512", "avx2" or "scalar", as this CPU allows.
  public static var instructionSet: String { InstructionSet.chosen.rawValue }

  private let run: any FinishedRun
  private let summary: ReplaySummary
  private let faults: [Fault]
  private let positions: [MarkedPosition]

  /// - Parameter run: one that has run.
  public init(_ run: any FinishedRun) {
    self.run = run
    summary = run.summary
    faults = Fault.all(of: run)
    positions = MarkedPosition.all(of: run)
  }

  public func write(to output: TextOutput) {
    var writer = JSONWriter(output)
    writer.object { json in
      writeRun(&json)
      writeInput(&json)
      writeCounts(&json)
      writeResults(&json)
      writeDigests(&json)
      writeFigures(&json)
      writeOpportunities(&json)
      writeOrders(&json)
    }
  }

  /// Packets that could not be read as what they should be: `counters.malformed` and every wire fault.
  public static func malformed(_ summary: ReplaySummary) -> UInt64 {
    WireCounter.allCases.filter(\.isFault).reduce(summary[.malformed]) { $0 + summary.wire[$1] }
  }

  // MARK: What ran

  private func writeRun(_ json: inout JSONWriter) {
    json.member("version", Version.text)
    json.member("instructionSet", Self.instructionSet)
    json.member("interrupted", run.isInterrupted)
    json.member("cores", run.settings.threads.coreCount)
    json.member("layout", run.settings.threads.layout.rawValue)
    json.member("shards", run.settings.shardCount)
    json.list("files", of: run.live == nil ? run.inputs : []) { json, file in
      json.member("name", file.name)
      json.member("kind", file.kind)
      json.member("compression", file.compression)
      json.member("bytes", file.bytes)
    }
    if let live = run.live { writeLive(live, &json) }
  }

  private func writeLive(_ live: LiveOutcome, _ json: inout JSONWriter) {
    json.object("live") { json in
      json.member("end", live.end.rawValue)
      json.member("venues", "paper")
      json.member("arming", live.arming.rawValue)
      json.member("armed", live.isArmed)
      json.member("timesArmed", live.timesArmed)
      json.member("cancels", summary.cancelsSent)
      json.member("longestCycleNanoseconds", live.longestCycleNanoseconds)
      json.list("queues", of: live.queues) { json, queue in
        json.member("name", queue.name)
        json.member("core", queue.core)
        json.member("packets", queue.figures.packets)
        json.member("bytes", queue.figures.bytes)
        json.member("drops", queue.figures.drops)
        json.member("noBuffers", queue.figures.noBuffers)
        json.member("errors", queue.figures.errors)
        json.member("cut", queue.figures.cut)
        json.member("timestamps", queue.figures.timestamps.rawValue)
        if let linkIsUp = queue.figures.linkIsUp { json.member("linkIsUp", linkIsUp) }
        json.member("linkDowns", queue.linkDowns)
        if let failure = queue.failure { json.member("failure", failure) }
      }
      json.list("lines", of: live.lines) { json, line in
        json.member("feed", line.feed)
        json.member("name", line.name)
        json.member("packets", line.packets)
        json.member("silences", line.silences)
        json.member("silent", line.isSilent)
      }
      json.list("devices", of: live.devices) { Self.write($1, to: &$0) }
      if let folder = live.recordFolder { writeRecordings(live.recordings, folder, &json) }
      json.list("recovery", of: live.recovery) { json, feed in
        json.member("feed", feed.name)
        for counter in LiveRecoveryCounter.allCases where feed[counter] > 0 {
          json.member(counter.name, feed[counter])
        }
      }
      json.list("warnings") { json in live.warnings.forEach { json.element($0) } }
    }
  }

  private static func write(_ device: LiveOutcome.Device, to json: inout JSONWriter) {
    let figures = device.figures
    json.member("port", device.port)
    json.member("device", figures.device)
    json.member("driver", figures.driver)
    json.member("buffers", figures.buffers?.buffers)
    json.member("buffersNotBack", figures.buffers?.leaked)
    if let membership = figures.membership {
      json.object("membership", isInline: true) { json in
        json.member("queries", membership.queries)
        json.member("sent", membership.sent)
        json.member("suppressed", membership.suppressed)
        json.member("versionChanges", membership.versionChanges)
        json.member("ignored", membership.ignored)
      }
    }
    json.object("counters", isInline: true) { json in
      for counter in figures.counters { json.member(counter.name, counter.value) }
    }
  }

  private func writeRecordings(_ recordings: [RecordingFigures], _ folder: String, _ json: inout JSONWriter) {
    json.member("recordFolder", folder)
    json.list("recordings", of: recordings) { json, recorded in
      json.member("name", recorded.name)
      json.member("packets", recorded.offeredPackets)
      json.member("writtenPackets", recorded.writtenPackets)
      json.member("writtenBytes", recorded.writtenBytes)
      json.member("ringDroppedPackets", recorded.ringDroppedPackets)
      json.member("otherLinkPackets", recorded.otherLinkPackets)
      json.member("notWrittenPackets", recorded.notWrittenPackets)
      json.member("files", recorded.files)
      if let failure = recorded.failure { json.member("failure", failure.description) }
    }
  }

  private func writeInput(_ json: inout JSONWriter) {
    json.list("feeds", of: summary.channels) { json, channel in
      json.member("name", channel.name)
      json.member("venue", channel.venueName)
      json.member("protocol", channel.protocol)
      json.member("state", "\(channel.state)")
      json.list("lines") { json in channel.lines.forEach { json.element($0) } }
      json.list("linePackets") { json in channel.linePackets.forEach { json.element($0) } }
      if let recovery = channel.recovery { writeRecovery(recovery, &json) }
    }
    json.list("ignoredFlows", of: run.plan.ignored) { json, flow in
      json.member("file", run.inputs[Int(flow.key.fileIndex)].name)
      json.member("destination", flow.key.description)
      json.member("packets", flow.packets)
    }
  }

  // MARK: Counts

  private func writeCounts(_ json: inout JSONWriter) {
    json.member("packets", summary.packets)
    json.member("messages", summary.messages)
    writeTypes("byType", summary.byType, &json)
    json.object("byProtocol") { json in
      for name in Set(summary.channels.map(\.protocol)).sorted() {
        writeTypes(name, FeedProtocol(name: name).flatMap { summary.byProtocol[$0] } ?? [:], &json)
      }
    }
    json.member("firstCaptureNanoseconds", run.firstCaptureNanoseconds)
    json.member("lastCaptureNanoseconds", summary.clock == 0 ? nil : summary.clock)
    json.member("gaps", summary[.gaps])
    json.member("messagesLost", summary[.messagesLost])
    json.member("duplicates", summary[.duplicates])
    json.member("sessionRestarts", summary[.sessionRestarts])
    json.member("orphans", summary.orphans)
    json.object("orphansByType", isInline: true) { json in
      for (type, count) in summary.orphansByType.sorted(by: { $0.key < $1.key }) {
        json.member(type, count)
      }
    }
    json.member("malformed", Self.malformed(summary))
    json.member("unknownTypes", summary[.unknownTypes])
    json.object("counters") { json in
      for counter in Counter.allCases { json.member(counter.name, summary[counter]) }
    }
    json.object("wire") { json in
      for counter in WireCounter.allCases { json.member(counter.name, summary.wire[counter]) }
    }
    json.object("capture") { json in
      for counter in CaptureCounter.allCases {
        json.member(counter.name, run.readings.first { $0.counter == counter }?.count ?? 0)
      }
    }
    json.list("firstOccurrences") { json in
      for fault in faults { writeFirst(fault, &json) }
    }
  }

  private func writeTypes(_ key: String, _ counts: [String: UInt64], _ json: inout JSONWriter) {
    json.object(key, isInline: true) { json in
      for (type, count) in counts.sorted(by: { $0.key < $1.key }) { json.member(type, count) }
    }
  }

  private func writeFirst(_ fault: Fault, _ json: inout JSONWriter) {
    json.object(isInline: true) { json in
      json.member("layer", fault.layer.rawValue)
      json.member("counter", fault.name)
      json.member("count", fault.count)
      json.member("file", fault.file)
      if let packet = fault.packet { json.member("packet", packet) }
      if let record = fault.record { json.member("record", record) }
      if let offset = fault.offset { json.member("offset", offset) }
    }
  }

  // MARK: Results

  private func writeResults(_ json: inout JSONWriter) {
    json.member("instruments", summary.instruments.count)
    json.member("liveOrders", summary.liveOrders)
    writeUnmatched(&json)
    json.object("bookStates", isInline: true) { json in
      for state in BookState.allCases { json.member("\(state)", summary.instruments.count { $0.state == state }) }
    }
    json.member("opportunities", summary.opportunityCount)
    json.member("imbalanceSignals", summary.imbalanceSignals)
    json.member("orders", summary.ordersSent)
    json.object("replies", isInline: true) { json in writeReplies(&json) }
    json.object("refusals") { json in
      for (reason, count) in summary.refusals { json.member("\(reason)", count) }
    }
    json.object("profit", isInline: true) { json in
      let profit = ProfitSummary(positions)
      json.member("total", profit.profit)
      json.member("cash", profit.cash)
      json.member("marked", profit.marked)
      json.member("fees", profit.fees)
      json.member("unmarkedSymbols", profit.unmarkedCount)
    }
    json.list("positions") { json in
      for entry in positions { writePosition(entry, &json) }
    }
    json.member("recordsDropped", summary.recordsDropped)
    json.member("wireMessagesDropped", summary.wireMessagesDropped)
  }

  private func writeUnmatched(_ json: inout JSONWriter) {
    let unmatched = UnmatchedSymbols(summary.instruments, venueCount: run.plan.venues.count)
    json.object("unmatchedSymbols") { json in
      json.member("count", unmatched.count)
      json.list("first", of: unmatched.listings) { json, listing in
        json.member("venue", listing.venue)
        json.member("symbol", listing.symbol.description)
        json.member("canonicalSymbol", listing.canonical.description)
      }
    }
  }

  private func writeReplies(_ json: inout JSONWriter) {
    let replies = summary.replies
    json.member("accepted", replies.accepted)
    json.member("executed", replies.executed)
    json.member("canceled", replies.canceled)
    json.member("rejected", replies.rejected)
    json.member(
      "inconsistent",
      replies.malformed + replies.unknownOrder + replies.outOfOrder + replies.acceptedBeyondOrder
        + replies.impossibleQuantity + replies.impossiblePrice + replies.brokenTrades)
  }

  private func writePosition(_ entry: MarkedPosition, _ json: inout JSONWriter) {
    let position = entry.position
    json.object(isInline: true) { json in
      json.member("symbol", position.symbol.description)
      json.member("shares", position.shares)
      json.member("sharesBought", position.sharesBought)
      json.member("sharesSold", position.sharesSold)
      json.member("cash", position.cash)
      json.member("fees", position.fees)
      json.member("mark", entry.mark)
      json.member("markSource", entry.source?.rawValue)
      json.member("profit", entry.profit)
    }
  }

  private func writeRecovery(_ recovery: RecoverySummary, _ json: inout JSONWriter) {
    json.object("recovery", isInline: true) { json in
      json.member("givenUp", recovery.lastFailure?.name)
      for counter in RecoveryCounter.allCases where recovery.counters[counter] > 0 {
        json.member(counter.name, recovery.counters[counter])
      }
    }
  }

  private func writeDigests(_ json: inout JSONWriter) {
    json.member("bookDigest", Text.digest(summary.bookDigest))
    json.member("contentsDigest", Text.digest(run.contentsDigest()))
    json.member("orderDigest", Text.digest(summary.orderDigest))
    json.member("digest", Text.digest(summary.digest))
  }

  // MARK: The machine

  private func writeFigures(_ json: inout JSONWriter) {
    json.member("startNanoseconds", run.startNanoseconds)
    json.member("elapsedNanoseconds", run.elapsedNanoseconds)
    json.member("nanosecondsPerMessage", decimal: run.nanosecondsPerMessage)
    json.member("residentBytes", run.residentBytes)
    json.member("stalls", summary.stalls)
    json.member("ringFullWaits", summary.ringFullWaits)
    json.member("ringFillMax", summary.ringFillMax)
    json.member("pageFaults", summary.pageFaults)
    json.object("latency") { json in
      json.member("sampleEvery", run.sampleEvery)
      for (core, cpu, stages) in summary.stages {
        json.object("core\(core)") { json in
          json.member("cpu", cpu)
          for stage in StageHistograms.Stage.allCases { writeStage(stage, stages[stage], &json) }
        }
      }
    }
  }

  private func writeStage(
    _ stage: StageHistograms.Stage, _ histogram: LatencyHistogram, _ json: inout JSONWriter
  ) {
    let figures = LatencySummary(histogram, clock: run.clock)
    json.object(stage.name, isInline: true) { json in
      json.member("count", figures.count)
      json.member("p50", figures.p50)
      json.member("p90", figures.p90)
      json.member("p99", figures.p99)
      json.member("p999", figures.p999)
      json.member("max", figures.max)
    }
  }

  // MARK: Lists

  private func writeOpportunities(_ json: inout JSONWriter) {
    json.list("opportunityList", of: summary.opportunities) { json, record in
      json.member("symbol", record.symbol.description)
      json.member("buyVenue", run.plan.venues[Int(record.buyVenue)].name)
      json.member("sellVenue", run.plan.venues[Int(record.sellVenue)].name)
      json.member("beginNanoseconds", record.beginNanoseconds)
      json.member("peakNanoseconds", record.peakNanoseconds)
      json.member("endNanoseconds", record.endNanoseconds)
      json.member("maximumEdge", record.maximumEdge)
      json.member("quantity", record.quantity)
      json.member("notional", record.notional)
      json.member("gain", record.gain)
      json.member("buyPrice", record.buyPrice)
      json.member("sellPrice", record.sellPrice)
      json.member("end", "\(record.end)")
      json.member("orderPairs", record.orderPairs)
      json.member("shard", record.shard)
      json.member("number", record.number)
    }
  }

  private func writeOrders(_ json: inout JSONWriter) {
    json.list("orderList", of: summary.orders) { json, record in
      json.member("captureNanoseconds", record.captureNanoseconds)
      json.member("shard", record.shard)
      json.member("symbol", record.symbol.description)
      json.member("venue", run.plan.venueName(record.venue))
      json.member("side", OrderText.side(record))
      json.member("kind", "\(record.kind)")
      json.member("quantity", record.quantity)
      json.member("price", record.price)
      json.member("userRefNum", record.userRefNum)
      json.member("reason", OrderText.reason(record))
      json.member("opportunity", record.opportunity)
      json.member("matchNumber", record.matchNumber)
    }
  }
}

extension FeedPlan {
  /// The name of a venue; a number for one that an order named and the plan does not have.
  func venueName(_ index: VenueIndex) -> String {
    Int(index) < venues.count ? venues[Int(index)].name : "\(index)"
  }
}
