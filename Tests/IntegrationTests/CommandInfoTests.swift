import Foundation
import Testing

/// `feedh info` on captures whose making is known.
struct CommandInfoTests {
  @Test func flowsSessionsAndLinesAreThoseThatWereGenerated() throws {
    let folder = CommandFolder()
    let generated = try CommandRun.feedh(
      "generate", "--output", folder.path("i"), "--symbols", "20", "--messages", "8000", "--seed", "2",
      "--loss-a", "0.05", "--duplicate", "0.05")
    #expect(generated.status == 0, "\(generated.errors)")
    let json = try CommandRun.json(
      try CommandRun.feedh("info", folder.path("i.pcap"), "--format", "json").output)
    let pcap = try CommandPcap(path: folder.path("i.pcap"))
    let file = try #require((json["files"] as? [[String: Any]])?.first)
    #expect(file["name"] as? String == "i.pcap" && file["kind"] as? String == "pcap")
    #expect((file["packets"] as? NSNumber)?.intValue == pcap.records.count)
    #expect((file["firstCaptureNanoseconds"] as? NSNumber)?.uint64Value == pcap.records.first?.nanoseconds)
    #expect((file["lastCaptureNanoseconds"] as? NSNumber)?.uint64Value == pcap.records.last?.nanoseconds)

    let feeds = try #require(json["feeds"] as? [[String: Any]])
    #expect(feeds.map { Set($0["lines"] as! [String]) } == [
      ["233.54.12.1:26401", "233.54.13.1:26501"], ["233.54.12.2:26402", "233.54.13.2:26502"],
    ])
    let flows = try #require(json["flows"] as? [[String: Any]])
    #expect(flows.count == 4)
    #expect(flows.reduce(0) { $0 + ($1["packets"] as! NSNumber).intValue } == pcap.records.count)
    var sum = 0
    for feed in ["feed1", "feed2"] {
      let sessions = flows.filter { $0["feed"] as? String == feed }.map { flow -> [String: Int] in
        let session = (flow["sessions"] as! [[String: Any]])[0]
        return session.compactMapValues { ($0 as? NSNumber)?.intValue }
      }
      // Numbers seen once, and those lost, are all there were; the line without loss has all of them.
      let lineB = try #require(sessions.first { $0["missing"] == 0 })
      let lineA = try #require(sessions.first { $0["missing"]! > 0 })
      let all = lineB["messages"]! - lineB["duplicates"]!
      #expect(lineB["firstSequence"] == 1 && lineB["lastSequence"] == all)
      #expect(lineA["messages"]! - lineA["duplicates"]! + lineA["missing"]! == all)
      #expect(lineA["duplicates"]! > 0)
      sum += all
    }
    #expect(sum == 8_000)
    try expectPeaksAndLags(json, pcap)
  }

  /// Peaks and lags against a plain count over the capture's own records.
  private func expectPeaksAndLags(_ json: [String: Any], _ pcap: CommandPcap) throws {
    let flows = try #require(json["flows"] as? [[String: Any]])
    var packets: [String: [UInt64: Int]] = [:]
    for record in pcap.records {
      // Behind the record's header Ethernet and IPv4 without options, as the generator writes them.
      let frame = Array(record.bytes.dropFirst(16))
      let group = frame[30..<34].map(String.init).joined(separator: ".")
      let destination = "\(group):\(Int(frame[36]) << 8 | Int(frame[37]))"
      packets[destination, default: [:]][record.nanoseconds / 100_000_000, default: 0] += 1
    }
    for flow in flows {
      let peaks = try #require(flow["peakPackets"] as? [String: NSNumber])
      let destination = try #require(flow["destination"] as? String)
      #expect(peaks["in100ms"]?.intValue == packets[destination]?.values.max(), "\(destination)")
      #expect(peaks["in1s"]!.intValue >= peaks["in100ms"]!.intValue)
      #expect(peaks["in100ms"]!.intValue >= peaks["in1ms"]!.intValue)
    }
    let lines = try #require(json["lines"] as? [[String: Any]])
    #expect(lines.compactMap { $0["feed"] as? String } == ["feed1", "feed2"])
    for line in lines {
      let numbers = line.compactMapValues { ($0 as? NSNumber)?.intValue }
      #expect(numbers["firstWins"]! + numbers["secondWins"]! + numbers["ties"]! == numbers["compared"]!)
      #expect(numbers["compared"]! > 0 && numbers["lagMedianNanoseconds"]! <= numbers["lagP99Nanoseconds"]!)
    }
  }

  @Test func aFilterLeavesOneLine() throws {
    try CommandDay.make()
    let run = try CommandRun.feedh("info", CommandDay.capture, "--filter", "udp port 26402", "--format", "json")
    if run.status != 0 {
      // Without libpcap the command says which package to install.
      #expect(run.errors.contains("libpcap0.8"))
      return
    }
    let json = try CommandRun.json(run.output)
    let flows = try #require(json["flows"] as? [[String: Any]])
    #expect(flows.map { $0["destination"] as? String } == ["233.54.12.2:26402"])
    let capture = try #require(json["capture"] as? [String: NSNumber])
    let all = try CommandPcap(path: CommandDay.capture).records.count
    #expect(capture["filteredOut"]!.intValue + (flows[0]["packets"] as! NSNumber).intValue == all)
  }

  @Test func orderStreamsAreCountedByDirection() throws {
    try CommandDay.make()
    let folder = CommandFolder()
    _ = try CommandRun.feedh(
      "replay", CommandDay.capture, "--config", CommandDay.configuration, "--orders", folder.path("o"))
    let path = folder.path("o/bx.soup")
    let json = try CommandRun.json(try CommandRun.feedh("info", path, "--format", "json").output)
    let file = try #require((json["files"] as? [[String: Any]])?.first)
    let rows = try CommandRun.feedh("decode", path, "--format", "ndjson").objects()
    #expect(file["kind"] as? String == "soupBinTCP")
    #expect((file["unsequencedMessages"] as? NSNumber)?.intValue == rows.count { $0["type"] as? String == "O" })
    #expect((file["sequencedMessages"] as? NSNumber)?.intValue == rows.count { $0["type"] as? String != "O" })
  }

  @Test func theTableNamesFilesFeedsAndFlows() throws {
    try CommandDay.make()
    let run = try CommandRun.feedh("info", CommandDay.capture)
    #expect(run.status == 0 && run.errors.isEmpty)
    for text in ["FILES", "day.pcap", "FEEDS", "feed2", "FLOWS", "udp 233.54.13.2:26502", "COUNTERS"] {
      #expect(run.output.contains(text), "\(text)")
    }
  }
}
