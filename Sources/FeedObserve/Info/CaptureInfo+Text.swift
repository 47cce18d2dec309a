import FeedCore
import FeedIO

extension CaptureInfo {
  public enum Format: String, Sendable, CaseIterable {
    case table
    case json
  }

  public func write(_ format: Format, to output: TextOutput) {
    switch format {
    case .json: writeJSON(to: output)
    case .table: for line in lines { output.write(line + "\n") }
    }
  }

  // MARK: - Table

  private var lines: [String] {
    var lines: [String] = []
    func section(_ name: String, _ content: [String]) {
      if content.isEmpty { return }
      if !lines.isEmpty { lines.append("") }
      lines.append(name)
      lines += content.map { "  " + $0 }
    }
    section("FILES", fileLines)
    section("FEEDS", feedLines)
    section("FLOWS", flowLines)
    section("PEAKS", peakLines)
    section("LINES", lagLines)
    let counters = counterLines
    section("COUNTERS", counters.isEmpty ? ["none: nothing wrong, nothing left out"] : counters)
    return lines
  }

  private var fileLines: [String] {
    var table = TextTable([
      ("file", .left), ("kind", .left), ("size", .right), ("packets", .right), ("first", .left), ("last", .left),
    ])
    for entry in files {
      func time(_ nanoseconds: UInt64?) -> String { nanoseconds.map { TimeText.capture($0) } ?? "-" }
      table.append([
        entry.file.baseName, entry.file.summary, Text.bytes(UInt64(entry.file.bytes.count)),
        Text.grouped(entry.packets), time(entry.firstCaptureNanoseconds), time(entry.lastCaptureNanoseconds),
      ])
    }
    var lines = table.lines
    for entry in files where entry.file.kind == .soupBinTCP {
      lines.append(
        "\(entry.file.baseName): \(Text.grouped(entry.unsequencedMessages)) messages to the venue, "
          + "\(Text.grouped(entry.sequencedMessages)) from it")
    }
    return lines
  }

  private var feedLines: [String] {
    plan.channels.map { "\($0.name)  \($0.protocol.name)  \($0.lines.joined(separator: ", "))" }
  }

  private var flowLines: [String] {
    if flows.isEmpty { return [] }
    var table = TextTable([
      ("file", .right), ("destination", .left), ("feed", .left), ("protocol", .left), ("stream", .left),
      ("session", .left), ("packets", .right), ("messages", .right), ("heartbeats", .right), ("first", .right),
      ("last", .right), ("gaps", .right), ("missing", .right), ("duplicates", .right), ("from", .left),
      ("to", .left),
    ])
    for flow in flows {
      func head(_ feed: String?) -> [String] {
        ["\(flow.key.fileIndex + 1)", "\(flow.transport) \(flow.place)", feed ?? "-", flow.protocolName ?? "-"]
      }
      let times = [flow.firstCaptureNanoseconds, flow.lastCaptureNanoseconds].map {
        TimeText.timeOfDay($0 % TimeText.nanosecondsPerDay, digits: 6)
      }
      if flow.sessions.isEmpty {
        table.append(
          head(flow.feed) + ["-", "-", Text.grouped(flow.packets)] + [String](repeating: "-", count: 7) + times)
      }
      for session in flow.sessions {
        table.append(
          head(session.feed ?? flow.feed) + [
            session.stream ?? "-", session.name, Text.grouped(session.packets), Text.grouped(session.messages),
            Text.grouped(session.heartbeats), session.firstSequence.map { "\($0)" } ?? "-",
            session.lastSequence.map { "\($0)" } ?? "-",
            Text.grouped(UInt64(session.gaps)), Text.grouped(session.missing), Text.grouped(session.duplicates),
          ] + times)
      }
      if flow.malformed > 0 {
        table.append(
          head(flow.feed) + ["-", "malformed", Text.grouped(flow.malformed)] + [String](repeating: "-", count: 7)
            + times)
      }
    }
    return table.lines + streamLines
  }

  /// One line for each direction of a connection that shows anything out of the ordinary.
  private var streamLines: [String] {
    flows.compactMap { flow in
      guard let stream = flow.stream else { return nil }
      let counters = stream.counters
      let parts = [
        ("retransmissions", counters.retransmissions), ("overlaps", counters.overlaps),
        ("conflicting bytes", counters.conflictingBytes), ("out of order", counters.outOfOrder),
        ("keep-alives", counters.keepAlives), ("holes", counters.holes), ("bytes in holes", counters.holeLength),
        ("started without SYN", counters.midStreamStarts), ("bytes skipped", stream.skippedLength),
      ].filter { $0.1 > 0 }.map { "\($0.0) \(Text.grouped($0.1))" }
      if parts.isEmpty { return nil }
      return "tcp \(stream.flow) \(stream.side.map { "from the \($0): " } ?? "")\(parts.joined(separator: ", "))"
    }
  }

  private var peakLines: [String] {
    if flows.isEmpty { return [] }
    var table = TextTable([
      ("file", .right), ("destination", .left), ("packets in 1 s", .right), ("100 ms", .right), ("1 ms", .right),
      ("messages in 1 s", .right), ("100 ms", .right), ("1 ms", .right),
    ])
    for flow in flows {
      let peaks = [flow.peaks.second, flow.peaks.tenth, flow.peaks.millisecond]
      table.append(
        ["\(flow.key.fileIndex + 1)", "\(flow.transport) \(flow.place)"] + peaks.map { Text.grouped($0.packets) }
          + peaks.map { Text.grouped($0.messages) })
    }
    return table.lines
  }

  /// Pairs of lines, by channel, with the names of both.
  private var pairs: [(feed: String, first: String, second: String, pair: LineLag.Pair)] {
    lags.sorted { $0.key < $1.key }.flatMap { channel, lag in
      lag.pairs.sorted { ($0.first, $0.second) < ($1.first, $1.second) }.map { pair in
        let feed = plan.channels[channel]
        return (feed.name, feed.lines[pair.first], feed.lines[pair.second], pair)
      }
    }
  }

  private var lagLines: [String] {
    if pairs.isEmpty { return [] }
    var table = TextTable([
      ("feed", .left), ("line", .left), ("first", .right), ("line", .left), ("first", .right), ("ties", .right),
      ("lag median", .right), ("lag p99", .right),
    ])
    for (feed, first, second, pair) in pairs {
      table.append([
        feed, first, Text.grouped(pair.firstWins), second, Text.grouped(pair.secondWins), Text.grouped(pair.ties),
        Text.duration(pair.medianNanoseconds), Text.duration(pair.p99Nanoseconds),
      ])
    }
    return table.lines
  }

  private var counterLines: [String] {
    var table = TextTable([("counter", .left), ("count", .right), ("first at", .left)])
    for reading in readings {
      let file = files[reading.firstFileIndex].file.baseName
      table.append([reading.name, Text.grouped(reading.count), "\(file) offset \(reading.firstOffset)"])
    }
    for counter in WireCounter.allCases {
      guard let first = wire.first(counter) else { continue }
      let file = files[Int(first.fileIndex)].file.baseName
      table.append([counter.name, Text.grouped(wire[counter]), "\(file) record \(first.recordIndex)"])
    }
    return Array(table.lines.dropFirst())
  }

  // MARK: - JSON

  private func writeJSON(to output: TextOutput) {
    var writer = JSONWriter(output)
    writer.object { json in
      json.list("files", of: files) { json, entry in Self.write(entry, &json) }
      json.list("feeds", of: plan.channels) { json, channel in
        json.member("name", channel.name)
        json.member("protocol", channel.protocol.name)
        json.list("lines") { json in channel.lines.forEach { json.element($0) } }
      }
      json.list("flows") { json in
        for flow in flows { json.object { json in write(flow, &json) } }
      }
      json.list("lines", of: pairs) { json, entry in
        let (feed, first, second, pair) = entry
        json.member("feed", feed)
        json.member("first", first)
        json.member("second", second)
        json.member("compared", pair.compared)
        json.member("firstWins", pair.firstWins)
        json.member("secondWins", pair.secondWins)
        json.member("ties", pair.ties)
        json.member("lagMedianNanoseconds", pair.medianNanoseconds)
        json.member("lagP99Nanoseconds", pair.p99Nanoseconds)
      }
      json.object("capture") { json in
        for counter in CaptureCounter.allCases {
          json.member(counter.name, readings.first { $0.counter == counter }?.count ?? 0)
        }
      }
      json.object("wire") { json in
        for counter in WireCounter.allCases { json.member(counter.name, wire[counter]) }
      }
    }
  }

  private static func write(_ entry: File, _ json: inout JSONWriter) {
    json.member("name", entry.file.baseName)
    json.member("kind", entry.file.kind.rawValue)
    json.member("compression", entry.file.compression.rawValue)
    json.member("bytes", entry.file.bytes.count)
    json.member("packets", entry.packets)
    json.member("firstCaptureNanoseconds", entry.firstCaptureNanoseconds)
    json.member("lastCaptureNanoseconds", entry.lastCaptureNanoseconds)
    guard entry.file.kind == .soupBinTCP else { return }
    json.member("unsequencedMessages", entry.unsequencedMessages)
    json.member("sequencedMessages", entry.sequencedMessages)
  }

  private static func write(_ stream: StreamStatistics, _ json: inout JSONWriter) {
    json.member("source", TCPFlow.text(stream.flow.source, stream.flow.sourcePort))
    json.member("direction", stream.side.map { "\($0)" })
    json.member("retransmissions", stream.counters.retransmissions)
    json.member("overlaps", stream.counters.overlaps)
    json.member("conflictingBytes", stream.counters.conflictingBytes)
    json.member("outOfOrder", stream.counters.outOfOrder)
    json.member("keepAlives", stream.counters.keepAlives)
    json.member("holes", stream.counters.holes)
    json.member("holeBytes", stream.counters.holeLength)
    json.member("midStreamStarts", stream.counters.midStreamStarts)
    json.member("skippedBytes", stream.skippedLength)
  }

  private func write(_ flow: FlowStatistics, _ json: inout JSONWriter) {
    json.member("file", files[Int(flow.key.fileIndex)].file.baseName)
    json.member("transport", "\(flow.transport)")
    json.member("destination", flow.key.description)
    if let stream = flow.stream { Self.write(stream, &json) }
    json.member("protocol", flow.protocolName)
    json.member("feed", flow.feed)
    json.member("packets", flow.packets)
    json.member("payloadBytes", flow.payloadBytes)
    json.member("malformed", flow.malformed)
    json.member("firstCaptureNanoseconds", flow.firstCaptureNanoseconds)
    json.member("lastCaptureNanoseconds", flow.lastCaptureNanoseconds)
    json.object("peakPackets", isInline: true) { json in
      json.member("in1s", flow.peaks.second.packets)
      json.member("in100ms", flow.peaks.tenth.packets)
      json.member("in1ms", flow.peaks.millisecond.packets)
    }
    json.object("peakMessages", isInline: true) { json in
      json.member("in1s", flow.peaks.second.messages)
      json.member("in100ms", flow.peaks.tenth.messages)
      json.member("in1ms", flow.peaks.millisecond.messages)
    }
    json.list("sessions", of: flow.sessions) { json, session in
      json.member("session", session.name)
      json.member("stream", session.stream)
      json.member("feed", session.feed)
      json.member("packets", session.packets)
      json.member("messages", session.messages)
      json.member("heartbeats", session.heartbeats)
      json.member("endsOfSession", session.endsOfSession)
      json.member("outOfBand", session.outOfBand)
      json.member("firstSequence", session.firstSequence)
      json.member("lastSequence", session.lastSequence)
      json.member("gaps", UInt64(session.gaps))
      json.member("missing", session.missing)
      json.member("duplicates", session.duplicates)
    }
  }
}
