import FeedCore
import FeedObserve
import Foundation
import Testing

/// `feedh replay` and what it writes, run as users run it on a generated day.
struct CommandReplayTests {
  /// Replays the day and returns its report.
  private static func report(_ arguments: String...) throws -> [String: Any] {
    let folder = CommandFolder()
    let run = try CommandRun.feedh(
      ["replay", CommandDay.capture, "--config", CommandDay.configuration, "--report", folder.path("r.json")]
        + arguments)
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.errors.isEmpty)
    return try CommandRun.json(try folder.text("r.json"))
  }

  private static func number(_ value: Any?) -> Int? { (value as? NSNumber)?.intValue }

  /// The keys of issue 2's "Stable machine output".
  @Test func theReportHasEveryKey() throws {
    let report = try Self.report()
    for key in [
      "packets", "messages", "gaps", "messagesLost", "duplicates", "sessionRestarts", "orphans", "malformed",
      "unknownTypes", "instruments", "liveOrders", "opportunities", "orders", "startNanoseconds", "elapsedNanoseconds",
      "nanosecondsPerMessage", "residentBytes",
    ] {
      #expect(report[key] is NSNumber, "\(key)")
    }
    for key in ["bookDigest", "orderDigest", "digest"] {
      let digest = try #require(report[key] as? String)
      #expect(digest.count == 16 && digest.allSatisfy { $0.isHexDigit && !$0.isUppercase }, "\(key) \(digest)")
    }
    for key in ["opportunityList", "orderList", "positions"] { #expect(report[key] is [[String: Any]], "\(key)") }
    #expect(report["refusals"] is [String: Any])
    let byType = try #require(report["byType"] as? [String: NSNumber])
    let byProtocol = try #require(report["byProtocol"] as? [String: [String: NSNumber]])
    #expect(byProtocol["itch50"] == byType)
    #expect(byType.values.reduce(0) { $0 + $1.intValue } == 20_000)
    let latency = try #require(report["latency"] as? [String: Any])
    #expect(Self.number(latency["sampleEvery"]) == 64)
    let core = try #require(latency["core0"] as? [String: Any])
    for stage in ["framed", "decoded", "applied", "detected", "encoded", "packetToOrder"] {
      let figures = try #require(core[stage] as? [String: NSNumber], "\(stage)")
      #expect(Set(figures.keys) == ["count", "p50", "p90", "p99", "p999", "max"])
      #expect(figures["p50"]!.uint64Value <= figures["p999"]!.uint64Value)
    }
    #expect(report["version"] as? String == "0.1.0")
  }

  @Test func everyInstructionSetGivesTheSameResultsAndIsNamed() throws {
    let digests = try InstructionSet.available.map { set in
      let report = try Self.report("--isa", set.rawValue)
      #expect(report["instructionSet"] as? String == set.rawValue)
      return report["digest"] as? String
    }
    #expect(Set(digests) == [try Self.report()["digest"] as? String], "\(InstructionSet.available)")
  }

  @Test func everyKeyOfTheReportIsDescribed() throws {
    let checkout = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = try String(contentsOf: checkout.appendingPathComponent("Docs/FORMATS.md"), encoding: .utf8)
    let report = try Self.report()
    var keys = Set(report.keys)
    for list in ["files", "feeds", "opportunityList", "orderList", "positions"] {
      keys.formUnion(((report[list] as? [[String: Any]])?.first ?? [:]).keys)
    }
    for object in ["profit", "replies", "latency"] { keys.formUnion(((report[object] as? [String: Any]) ?? [:]).keys) }
    for key in keys.sorted() where key != "core0" { #expect(text.contains("`\(key)`"), "\(key)") }
  }

  /// What the generator says it made, and what its two lossless lines mean for counters.
  @Test func countsAreTheGeneratorsOwn() throws {
    let report = try Self.report()
    let pcap = try CommandPcap(path: CommandDay.capture)
    #expect(Self.number(report["packets"]) == pcap.records.count)
    #expect(Self.number(report["messages"]) == 20_000)
    #expect(Self.number(report["duplicates"]) == 20_000)
    for key in ["gaps", "messagesLost", "sessionRestarts", "orphans", "malformed", "unknownTypes"] {
      #expect(Self.number(report[key]) == 0, "\(key)")
    }
    #expect(Self.number(report["instruments"]) == 80)
    #expect((report["firstOccurrences"] as? [Any])?.isEmpty == true)
    let first = (report["firstCaptureNanoseconds"] as? NSNumber)?.uint64Value
    #expect(first == pcap.records.first?.nanoseconds)
    #expect((report["lastCaptureNanoseconds"] as? NSNumber)?.uint64Value == pcap.records.last?.nanoseconds)
    let decoded = try CommandRun.feedh("decode", CommandDay.capture, "--format", "ndjson", "--type", "A")
    // Both lines.
    #expect(decoded.output.split(separator: "\n").count == 2 * (report["byType"] as! [String: Int])["A"]!)
  }

  /// Every row of the truth file, which a reference without code of the pipeline computed.
  @Test func opportunitiesAreTheTruthFiles() throws {
    let report = try Self.report()
    let columns = [
      "symbol", "buyVenue", "sellVenue", "beginNanoseconds", "peakNanoseconds", "endNanoseconds", "maximumEdge",
      "quantity", "notional", "gain", "buyPrice", "sellPrice", "end",
    ]
    let rows = try #require(report["opportunityList"] as? [[String: Any]]).map { row in
      columns.map { "\(row[$0] ?? "")" }
    }
    let truth = CommandRun.rows(try CommandDay.text("day.truth.tsv")).map { Array($0.dropLast()) }
    #expect(Set(rows) == Set(truth))
    #expect(rows.count == truth.count && Self.number(report["opportunities"]) == truth.count)
  }

  @Test(arguments: [["--cores", "2"], ["--cores", "3"], ["--cores", "2", "--layout", "rings"],
    ["--cores", "3", "--layout", "rings"], ["--speed", "50x"]])
  func coresLayoutAndSpeedChangeNoResult(arguments: [String]) throws {
    func results(_ report: [String: Any]) throws -> [String: String] {
      let machine: Set = [
        "startNanoseconds", "elapsedNanoseconds", "nanosecondsPerMessage", "residentBytes", "stalls",
        "ringFullWaits", "ringFillMax", "pageFaults", "latency", "cores", "layout",
      ]
      return try report.filter { !machine.contains($0.key) }.mapValues {
        String(
          decoding: try JSONSerialization.data(withJSONObject: $0, options: [.sortedKeys, .fragmentsAllowed]),
          as: UTF8.self)
      }
    }
    let folder = CommandFolder()
    _ = try CommandRun.feedh(
      ["replay", CommandDay.capture, "--config", CommandDay.configuration, "--report", folder.path("r.json")]
        + arguments)
    let one = try results(try Self.report())
    let other = try results(try CommandRun.json(try folder.text("r.json")))
    for key in one.keys.sorted() { #expect(one[key] == other[key], "\(key)") }
  }

  @Test func theReportIsTheSameTextEveryTimeButForTheMachinesFigures() throws {
    func keys() throws -> [Substring] {
      let folder = CommandFolder()
      _ = try CommandRun.feedh("replay", CommandDay.capture, "--report", folder.path("r.json"))
      return try folder.text("r.json").split(separator: "\n").filter { $0.hasPrefix("  \"") }
        .map { $0.prefix { $0 != ":" } }
    }
    let first = try keys()
    #expect(try keys() == first)
    #expect(Set(first).count == first.count)
  }

  /// The streams hold what the order list says, message by message.
  @Test func orderStreamsReadBackAreTheOrderList() throws {
    let folder = CommandFolder()
    let orders = folder.path("made/on/demand")
    let run = try CommandRun.feedh(
      "replay", CommandDay.capture, "--config", CommandDay.configuration, "--report", folder.path("r.json"), "--orders",
      orders)
    #expect(run.status == 0)
    let list = try #require(try CommandRun.json(try folder.text("r.json"))["orderList"] as? [[String: Any]])
    let kinds = ["O": "sent", "A": "accepted", "E": "executed", "C": "canceled", "J": "rejected"]
    var compared = 0
    for venue in ["nasdaq", "bx"] {
      let expected = list.filter { $0["venue"] as? String == venue && $0["kind"] as? String != "refused" }.map {
        "\($0["kind"]!) \($0["userRefNum"]!) \($0["quantity"]!)"
      }
      let decoded = try CommandRun.feedh("decode", "\(orders)/\(venue).soup", "--format", "ndjson")
      #expect(decoded.errors.isEmpty, "\(decoded.errors)")
      let rows = try decoded.objects().map { row -> String in
        let fields = try #require(row["fields"] as? [String: Any])
        let type = try #require(row["type"] as? String)
        return "\(kinds[type] ?? type) \(fields["userRefNum"]!) \(fields["quantity"] ?? fields["decrementShares"]!)"
      }
      #expect(rows == expected)
      compared += rows.count
    }
    #expect(compared > 100)

    // The table says the same, row by row.
    let csv = try String(contentsOfFile: orders + "/orders.csv", encoding: .utf8).split(separator: "\n")
      .map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
    let columns = csv[0]
    #expect(csv.count - 1 == list.count)
    for (row, record) in zip(csv.dropFirst(), list) {
      for (name, value) in zip(columns, row) where record[name] != nil && name != "price" {
        #expect(value == "\(record[name]!)", "\(name)")
      }
    }
  }

  @Test func histogramsAreWrittenPerCoreAndStage() throws {
    let folder = CommandFolder()
    let run = try CommandRun.feedh(
      "replay", CommandDay.capture, "--config", CommandDay.configuration, "--hgrm", folder.path("h"), "--report",
      folder.path("r.json"))
    #expect(run.status == 0)
    let latency = try #require(try CommandRun.json(try folder.text("r.json"))["latency"] as? [String: Any])
    let core = try #require(latency["core0"] as? [String: Any])
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path("h")) {
      let parts = name.split(separator: ".").map(String.init)
      #expect(parts.count == 3 && parts[0] == "core0" && parts[2] == "hgrm")
      let figures = try #require(core[parts[1]] as? [String: NSNumber])
      let text = try folder.text("h/" + name)
      let count = figures["count"]!.stringValue
      #expect(text.contains("Total count    = " + String(repeating: " ", count: 12 - count.count) + count))
    }
  }

  @Test func theScreenFitsAndSaysWhatHappened() throws {
    let run = try CommandRun.feedh("replay", CommandDay.capture, "--config", CommandDay.configuration, "--cores", "2")
    let lines = run.output.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count <= 46)
    #expect(lines.allSatisfy { $0.count <= 118 })
    for text in [
      "20,000 messages", "nasdaq-itch", "233.54.12.1:26401", "instruments", "live orders", ReplayReport.instructionSet, "none refused",
      "profit $", "digests", "ns/message", "packetToOrder",
    ] {
      #expect(run.output.contains(text), "\(text)")
    }
    #expect(lines.contains { $0.hasPrefix("faults") && $0.hasSuffix("none") })
  }

  @Test func faultsAreNamedWithTheirFirstPlace() throws {
    let folder = CommandFolder()
    let pcap = try CommandPcap(path: CommandDay.capture)
    // One byte of the third packet's UDP payload is damaged, and the file ends inside its last record.
    var bytes = pcap.prefix(500)
    let third = 24 + pcap.records[0].bytes.count + pcap.records[1].bytes.count
    bytes[third + 16 + 42 + 3] ^= 0xFF
    bytes.removeLast(5)
    let path = try folder.write(bytes, "damaged.pcap")
    let run = try CommandRun.feedh("replay", path, "--report", folder.path("r.json"))
    #expect(run.status == 0)
    let firsts = try #require(try CommandRun.json(try folder.text("r.json"))["firstOccurrences"] as? [[String: Any]])
    let checksum = try #require(firsts.first { $0["counter"] as? String == "badUDPChecksum" })
    #expect(Self.number(checksum["record"]) == 2)
    #expect(checksum["file"] as? String == "damaged.pcap")
    let tail = try #require(firsts.first { $0["counter"] as? String == "truncatedTail" })
    #expect(Self.number(tail["offset"]) == bytes.count + 5 - pcap.records[499].bytes.count)
    #expect(run.output.contains("damaged.pcap record 2"))
  }

  // MARK: - Signals

  /// Starts a paced replay whose report is a pipe: once it can be opened, `feedh` has made ready for signals.
  private static func paced(
    _ speed: String, _ arguments: [String] = [], signal: Int32
  ) throws -> (report: [String: Any], run: CommandRun) {
    let folder = CommandFolder()
    let pipe = folder.path("report")
    #expect(mkfifo(pipe, 0o600) == 0)
    let process = try CommandProcess(
      ["replay", CommandDay.capture, "--config", CommandDay.configuration, "--speed", speed, "--report", pipe]
        + arguments)
    let reader = try #require(FileHandle(forReadingAtPath: pipe))
    process.send(signal)
    let report = try CommandRun.json(String(decoding: reader.readDataToEndOfFile(), as: UTF8.self))
    return (report, try process.finish())
  }

  @Test func anInterruptEndsTheRunWithAReportThatSaysSo() throws {
    // The day takes minutes at this pace.
    let (report, run) = try Self.paced("0.01x", signal: SIGINT)
    #expect(run.status == 0)
    #expect(report["interrupted"] as? Bool == true)
    #expect(Self.number(report["messages"])! < 20_000)
    #expect(run.output.contains("INTERRUPTED"))
  }

  /// However far the run came: both cores stopped behind the same packet.
  @Test func anInterruptedRunOfTwoCoresIsARunOfTheFirstPackets() throws {
    let (report, _) = try Self.paced("20x", ["--cores", "2"], signal: SIGINT)
    let packets = try #require(Self.number(report["packets"]))
    let pcap = try CommandPcap(path: CommandDay.capture)
    #expect((report["interrupted"] as? Bool == true) == (packets < pcap.records.count))
    let folder = CommandFolder()
    let path = try folder.write(pcap.prefix(packets), "first.pcap")
    _ = try CommandRun.feedh(
      "replay", path, "--config", CommandDay.configuration, "--report", folder.path("r.json"))
    let first = try CommandRun.json(try folder.text("r.json"))
    for key in ["packets", "messages", "bookDigest", "orderDigest", "liveOrders"] {
      #expect("\(report[key]!)" == "\(first[key]!)", "\(key) after \(packets) packets")
    }
  }

  /// Trading begins two seconds into the capture, the signal comes at its beginning.
  @Test func theKillSwitchSignalRefusesEveryOrder() throws {
    let (report, run) = try Self.paced("2x", signal: SIGUSR1)
    #expect(run.status == 0)
    #expect(Self.number(report["orders"]) == 0)
    let refusals = try #require(report["refusals"] as? [String: Any])
    #expect(Set(refusals.keys) == ["killSwitch"])
    #expect(Self.number(refusals["killSwitch"]) == Self.number(report["opportunities"]))
  }

  /// Two venues, of whose symbols one is spelled in another way and one is listed at one venue only.
  @Test func symbolsThatFoundNoListingElsewhereAreReported() throws {
    let folder = CommandFolder()
    var files: [String] = []
    for (index, symbols) in [["IBM", "BRK.B"], ["IBM", "BRK/B"]].enumerated() {
      var feed = ScriptedFeed()
      feed.group += UInt64(index) << 8
      feed.sendAll([ScriptedFeed.system("O")] + symbols.enumerated().map {
        ScriptedFeed.directory(UInt64($0.offset + 1), $0.element)
      })
      files.append(try folder.write(PcapFile.bytes(feed.frames), "\(index).pcap"))
    }
    func unmatched(_ venueKeys: String, _ extra: String = "") throws -> (report: [String: Any], screen: String) {
      let configuration = """
        venues: [ { name: v }, { name: w\(venueKeys) } ]
        feeds:
        - { name: a, venue: v, lines: [ { name: A, file: 0.pcap } ] }
        - { name: b, venue: w, lines: [ { name: A, file: 1.pcap } ] }
        \(extra)
        """
      let file = try folder.write(configuration, "c.yaml")
      let run = try CommandRun.feedh(
        ["replay"] + files + ["--config", file, "--report", folder.path("r.json")])
      #expect(run.status == 0, "\(run.errors)")
      let report = try CommandRun.json(try folder.text("r.json"))
      return (try #require(report["unmatchedSymbols"] as? [String: Any]), run.output)
    }
    let plain = try unmatched("")
    #expect(Self.number(plain.report["count"]) == 2)
    let listings = try #require(plain.report["first"] as? [[String: String]])
    #expect(
      listings == [
        ["venue": "v", "symbol": "BRK.B", "canonicalSymbol": "BRK.B"],
        ["venue": "w", "symbol": "BRK/B", "canonicalSymbol": "BRK/B"],
      ])
    #expect(plain.screen.contains("unmatched: 2 at one venue only, first BRK.B at v, BRK/B at w"))
    // The rule for the whole venue, or an override for the one symbol.
    for (keys, extra) in [
      (", symbology: cqs", ""),
      ("", "symbols: { overrides: [ { venue: w, symbol: BRK/B, canonical: BRK.B } ] }"),
    ] {
      let matched = try unmatched(keys, extra)
      #expect(Self.number(matched.report["count"]) == 0)
      #expect(!matched.screen.contains("unmatched"))
    }
  }
}
