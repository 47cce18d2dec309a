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

  /// A MoldUDP64 packet of the capture, behind Ethernet and IPv4 without options, as the generator writes them.
  private struct MoldPacket {
    let nanoseconds: UInt64
    let destination: String
    let first: UInt64
    /// 0 in heartbeats and at the end of the session.
    let count: UInt64

    init(_ record: (nanoseconds: UInt64, bytes: [UInt8])) {
      let frame = Array(record.bytes.dropFirst(16))
      func number(_ bytes: Range<Int>) -> UInt64 { frame[bytes].reduce(0) { $0 << 8 | UInt64($1) } }
      nanoseconds = record.nanoseconds
      destination = frame[30..<34].map(String.init).joined(separator: ".") + ":\(number(36..<38))"
      first = number(52..<60)
      count = number(60..<62) == 0xFFFF ? 0 : number(60..<62)
    }
  }

  /// Peaks and lags against a plain count over the capture's own records.
  private func expectPeaksAndLags(_ json: [String: Any], _ pcap: CommandPcap) throws {
    let packets = Dictionary(grouping: pcap.records.map { MoldPacket($0) }) { $0.destination }
    let flows = try #require(json["flows"] as? [[String: Any]])
    for flow in flows {
      let destination = try #require(flow["destination"] as? String)
      for (name, milliseconds) in [("in1s", 1_000), ("in100ms", 100), ("in1ms", 1)] as [(String, UInt64)] {
        let parts = Dictionary(grouping: packets[destination] ?? []) { $0.nanoseconds / (milliseconds * 1_000_000) }
          .values
        let peakPackets = try #require(flow["peakPackets"] as? [String: NSNumber])
        let peakMessages = try #require(flow["peakMessages"] as? [String: NSNumber])
        #expect(peakPackets[name]?.intValue == parts.map(\.count).max(), "\(destination) \(name)")
        #expect(
          peakMessages[name]?.uint64Value == parts.map { $0.reduce(0) { $0 + $1.count } }.max(),
          "\(destination) \(name)")
      }
    }
    let lines = try #require(json["lines"] as? [[String: Any]])
    #expect(lines.compactMap { $0["feed"] as? String } == ["feed1", "feed2"])
    for (line, port) in zip(lines, [1, 2]) {
      let numbers = line.compactMapValues { ($0 as? NSNumber)?.uint64Value }
      // When each line first had each number.
      let arrivals = ["233.54.12.\(port):2640\(port)", "233.54.13.\(port):2650\(port)"].map { destination in
        var first: [UInt64: UInt64] = [:]
        for packet in packets[destination] ?? [] {
          for number in packet.first..<(packet.first + packet.count) where first[number] == nil {
            first[number] = packet.nanoseconds
          }
        }
        return first
      }
      let both = arrivals[0].compactMap { number, time in arrivals[1][number].map { (time, $0) } }
      #expect(both.count > 2_000 && numbers["compared"] == UInt64(both.count))
      #expect(numbers["firstWins"] == UInt64(both.count { $0.0 < $0.1 }))
      #expect(numbers["secondWins"] == UInt64(both.count { $0.1 < $0.0 }))
      #expect(numbers["ties"] == UInt64(both.count { $0.0 == $0.1 }))
      let lags = both.map { max($0.0, $0.1) - min($0.0, $0.1) }.sorted()
      for (name, percent) in [("lagMedianNanoseconds", 50), ("lagP99Nanoseconds", 99)] {
        // The least lag that this share of the numbers does not exceed, within 0.8 %.
        let exact = Double(lags[(lags.count * percent + 99) / 100 - 1])
        let told = Double(try #require(numbers[name]))
        #expect(abs(told - exact) <= exact * 0.008 + 1, "\(name): \(told), exactly \(exact)")
      }
    }
  }

  @Test func aFilterLeavesOneLine() throws {
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
    let run = try CommandRun.feedh("info", CommandDay.capture)
    #expect(run.status == 0 && run.errors.isEmpty)
    for text in ["FILES", "day.pcap", "FEEDS", "feed2", "FLOWS", "udp 233.54.13.2:26502", "COUNTERS"] {
      #expect(run.output.contains(text), "\(text)")
    }
  }
}
