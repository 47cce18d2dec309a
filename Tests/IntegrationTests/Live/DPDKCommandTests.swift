import Foundation
import Testing

/// `feedh record` and `feedh transmit` through ports of DPDK, whose device of software reads and writes captures.
@Suite(.enabled(if: isDPDKBuilt, "DPDK: trait off"))
struct DPDKCommandTests {
  private func day() throws -> (folder: CommandFolder, pcap: CommandPcap) {
    let folder = CommandFolder()
    try folder.generateDay(symbols: 20, messages: 6_000, seed: 9)
    return (folder, try CommandPcap(path: folder.path("day.pcap")))
  }

  private func frames(_ pcap: CommandPcap) -> [[UInt8]] { pcap.records.map { Array($0.bytes.dropFirst(16)) } }

  @Test func transmittedFramesLeaveAsTheyWereCaptured() throws {
    let (folder, day) = try day()
    let run = try CommandRun.feedh(
      "transmit", folder.path("day.pcap"), "--interface", "dpdk:net_pcap0,tx_pcap=\(folder.path("sent.pcap"))",
      "--speed", "max", "--json")
    #expect(run.status == 0, "\(run.errors)")
    let report = try CommandRun.json(run.output)
    #expect((report["frames"] as? NSNumber)?.intValue == day.records.count)
    #expect(try frames(CommandPcap(path: folder.path("sent.pcap"))) == frames(day))
  }

  @Test func recordedFramesAreThoseThatCame() throws {
    let (folder, day) = try day()
    let run = try CommandRun.feedh(
      "record", "--interface", "dpdk:net_pcap0,rx_pcap=\(folder.path("day.pcap"))", "--output",
      folder.path("recorded.pcap"), "--packets", "\(day.records.count)", "--seconds", "60", "--json")
    #expect(run.status == 0, "\(run.errors)")
    let recorded = try CommandPcap(path: folder.path("recorded.pcap"))
    #expect(frames(recorded) == frames(day))
    // The driver has whole microseconds.
    #expect(zip(recorded.records, day.records).allSatisfy { $0.nanoseconds == $1.nanoseconds / 1_000 * 1_000 })
    let report = try #require((try CommandRun.json(run.output)["interfaces"] as? [[String: Any]])?.first)
    #expect(report["name"] as? String == "net_pcap0:0")
  }

  @Test func twoLinesLeaveThroughPortsOfTheirOwn() throws {
    let (folder, day) = try day()
    let run = try CommandRun.feedh(
      "transmit", folder.path("day.pcap"), "--line", "A:dpdk:net_pcap0,tx_pcap=\(folder.path("a.pcap"))", "--line",
      "B:dpdk:net_pcap1,tx_pcap=\(folder.path("b.pcap"))", "--take", "A:233.54.12.1", "--take", "A:233.54.12.2",
      "--take", "B:233.54.13.1", "--take", "B:233.54.13.2", "--speed", "max")
    #expect(run.status == 0, "\(run.errors)")
    for (line, name) in ["a.pcap", "b.pcap"].enumerated() {
      let sent = try frames(CommandPcap(path: folder.path(name)))
      #expect(sent == frames(day).filter { $0[32] == 12 + line } && sent.count > 100, "\(name)")
    }
  }

  /// Two cores, a port and a queue each: what no rules of a card are needed for.
  @Test func twoCoresWithAPortEachComeToTheReplaysBooks() throws {
    let (folder, day) = try day()
    let split = try CommandRun.feedh(
      "transmit", folder.path("day.pcap"), "--line", "A:dpdk:net_pcap0,tx_pcap=\(folder.path("a.pcap"))", "--line",
      "B:dpdk:net_pcap1,tx_pcap=\(folder.path("b.pcap"))", "--take", "A:233.54.12.1", "--take", "A:233.54.13.1",
      "--take", "B:233.54.12.2", "--take", "B:233.54.13.2", "--speed", "max")
    #expect(split.status == 0, "\(split.errors)")
    var text = "venues: [ { name: nasdaq }, { name: bx } ]\nfeeds:\n"
    for (venue, name) in ["nasdaq", "bx"].enumerated() {
      let lines = (0...1).map { line in
        "{ name: L\(line), group: 233.54.\(12 + line).\(1 + venue), port: \(26_401 + 100 * line + venue), livePort: p\(venue) }"
      }
      text += "  - { name: f\(venue), venue: \(name), protocol: itch50, lines: [ \(lines.joined(separator: ", ")) ] }\n"
    }
    text += "live:\n  ports:\n"
    for (number, name) in ["a", "b"].enumerated() {
      text += "    - { name: p\(number), queueCores: [ \(number) ], "
        + "vdev: \"net_pcap\(number),rx_pcap=\(folder.path(name + ".pcap"))\" }\n"
    }
    text += "threads: { cores: 2, layout: spread, idle: yield, lockMemory: false }\n"
    text += "session: { reorderWindow: 5s, silence: 1h }\n"
    text += "capacity: { liveOrders: 40_000, instruments: 1_024, priceLevels: 60_000, records: 100_000 }\n"
    let config = try folder.write(text, "live.yaml")
    let live = try CommandRun.feedh(
      "run", "--config", config, "--packets", "\(day.records.count)", "--duration", "60s", "--report",
      folder.path("live.json"))
    #expect(live.status == 0, "\(live.errors)")
    let replay = try CommandRun.feedh(
      "replay", folder.path("day.pcap"), "--config", config, "--report", folder.path("replay.json"))
    #expect(replay.status == 0, "\(replay.errors)")
    let (one, other) = (
      try CommandRun.json(folder.text("live.json")), try CommandRun.json(folder.text("replay.json"))
    )
    #expect(one["bookDigest"] as? String == other["bookDigest"] as? String && one["bookDigest"] != nil)
    #expect(one["packets"] as? Int == day.records.count)
  }

  @Test func whatCannotBeIsOneLine() throws {
    let (folder, _) = try day()
    func error(_ words: String...) throws -> String {
      let run = try CommandRun.feedh(words)
      #expect(run.status == 2 && run.errorLines.count == 1, "\(run.errors)")
      return run.errors
    }
    #expect(
      try error(
        "transmit", folder.path("day.pcap"), "--interface", "dpdk:net_pcap0,tx_pcap=x", "--group", "127.0.0.1:5000"
      ).contains("is DPDK's; leave one of them out"))
    #expect(
      try error(
        "record", "--interface", "dpdk:net_ring0", "--via", "sockets", "--group", "239.1.1.1:5", "--output",
        folder.path("r.pcap")
      ).contains("has no sockets; leave --via out"))
    #expect(
      try error("record", "--interface", "dpdk:nonsense", "--output", folder.path("r.pcap"))
        .contains("device \"nonsense\" is none of DPDK's"))
  }
}

/// Whether the command that is tested was built with DPDK.
let isDPDKBuilt = (try? CommandRun.feedh("--version")).map { !$0.output.contains("built without DPDK") } ?? false
