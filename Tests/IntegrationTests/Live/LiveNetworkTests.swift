import FeedObserve
import Foundation
import Testing

/// `feedh run` over virtual Ethernet: two cores with a queue each, what it records, links that go and come.
@Suite(.enabled(if: LiveNamespace.isPossible, Comment(rawValue: LiveNamespace.requirement)), .serialized)
struct LiveNetworkTests {
  /// A small day of two venues and lines A and B, and a configuration: each venue arrives at a port of its own.
  private func folder(_ drivers: [String], layout: String, cores: Int = 2) throws -> CommandFolder {
    let folder = CommandFolder()
    try folder.generateDay(symbols: 20, messages: 8_000, seed: 6)
    var text = "venues: [ { name: nasdaq }, { name: bx } ]\nfeeds:\n"
    for (venue, name) in ["nasdaq", "bx"].enumerated() {
      let lines = (0...1).map { line in
        "{ name: L\(line), group: 233.54.\(12 + line).\(1 + venue), port: \(26_401 + 100 * line + venue), "
          + "livePort: feed-\(venue) }"
      }
      text += "  - { name: f\(venue), venue: \(name), protocol: itch50, lines: [ \(lines.joined(separator: ", ")) ] }\n"
    }
    text += "live:\n  controlSocket: \(folder.path("ctl"))\n  recordFolder: \(folder.path("rec"))\n  ports:\n"
    for (number, driver) in drivers.enumerated() {
      text += "    - { name: feed-\(number), interface: r\(number), driver: \(driver), queueCores: [ \(number % cores) ] }\n"
    }
    text += "threads: { cores: \(cores), layout: \(layout), idle: yield, lockMemory: false }\n"
    text += "session: { reorderWindow: 5s, silence: 1h }\n"
    text += "capacity: { liveOrders: 40_000, instruments: 1_024, priceLevels: 60_000, records: 100_000 }\n"
    _ = try folder.write(text, "live.yaml")
    return folder
  }

  private func packets(_ folder: CommandFolder) throws -> Int { try CommandPcap(path: folder.path("day.pcap")).records.count }

  /// Shell functions: `control WORD`, `await PATTERN` (the status line has it), `await_not PATTERN`.
  private static let prelude = """
    control() { "$FEEDH" control --config live.yaml "$1"; }
    await() {
      for turn in $(seq 300); do
        if control status 2>/dev/null | grep -q "$1"; then return 0; fi
        kill -0 $run || { cat err.txt >&2; exit 8; }
      done
      echo "the status never said $1: $(control status)" >&2; exit 9
    }
    await_not() {
      for turn in $(seq 300); do
        if ! control status | grep -q "$1"; then return 0; fi
      done
      echo "the status went on saying $1" >&2; exit 9
    }
    start_run() {
      "$FEEDH" run --config live.yaml --report report.json "$@" > out.txt 2> err.txt &
      run=$!
      await '^ok'
    }
    send() {
      "$FEEDH" transmit day.pcap --line A:t0 --line B:t1 --take A:233.54.12.1 --take A:233.54.13.1 \
        --take B:233.54.12.2 --take B:233.54.13.2 --rate 20000 > transmit.txt
    }

    """

  @Test(arguments: ["socket", "packet", "libpcap"]) func twoCoresWithAQueueEachComeToTheReplaysBooks(driver: String) throws {
    let folder = try folder([driver, driver], layout: "spread")
    let count = try packets(folder)
    try LiveNamespace.run(
      Self.prelude + """
        start_run --packets \(count) --duration 60s
        send
        wait $run
        "$FEEDH" replay day.pcap --config live.yaml --report replay.json > replay.txt
        "$FEEDH" replay rec/* --config live.yaml --report recorded.json > recorded.txt
        """, in: folder)
    let live = try CommandRun.json(folder.text("report.json"))
    let outcome = try #require(live["live"] as? [String: Any])
    #expect(outcome["end"] as? String == "packets")
    let queues = try #require(outcome["queues"] as? [[String: Any]])
    #expect(queues.map { $0["core"] as? Int } == [0, 1] && queues.allSatisfy { $0["drops"] as? Int == 0 })
    let digest = try #require(live["bookDigest"] as? String)
    #expect(live["messagesLost"] as? Int == 0)
    // The recording holds what the queues of both cores brought.
    for name in ["replay.json", "recorded.json"] {
      let other = try CommandRun.json(folder.text(name))
      #expect(other["bookDigest"] as? String == digest, "\(name)")
      #expect(other["messages"] as? Int == live["messages"] as? Int && other["packets"] as? Int == count, "\(name)")
    }
    let recordings = try #require(outcome["recordings"] as? [[String: Any]])
    #expect(recordings.compactMap { $0["writtenPackets"] as? Int }.reduce(0, +) == count)
  }

  /// A link that is down is said once, and counted; its packets come when it is back. A port that vanishes is named, and
  /// the others go on; when none is left the run ends with exit code 1.
  @Test func linksThatGoAndComeAndPortsThatVanish() throws {
    let folder = try folder(["socket", "packet"], layout: "spread")
    let count = try packets(folder)
    try LiveNamespace.run(
      Self.prelude + """
        start_run
        ip link set t0 down
        await 'LINK DOWN feed-0'
        ip link set t0 up
        await_not 'LINK DOWN'
        ip link set t1 down
        await 'LINK DOWN feed-1'
        ip link set t1 up
        await_not 'LINK DOWN'
        # What is sent before the kernel has noticed the links at both ends is dropped.
        for end in t0 t1 r0 r1; do until ip -o link show $end | grep -q 'state UP'; do :; done; done
        send
        await 'packets \(Text.grouped(count))  '
        ip link delete t1
        await 'FAILED feed-1:0'
        ip link delete t0
        code=0; wait $run || code=$?
        test $code -eq 1
        "$FEEDH" replay day.pcap --config live.yaml --report replay.json > replay.txt
        """, in: folder)
    let errors = try folder.text("err.txt").split(separator: "\n").map(String.init)
    func lines(_ text: String) -> Int { errors.count { $0.contains(text) } }
    for port in 0...1 {
      #expect(lines("port feed-\(port): the link is down; the run goes on") == 1, "\(errors)")
      #expect(lines("port feed-\(port): the link is up again") == 1, "\(errors)")
      #expect(lines("queue feed-\(port):0 failed: interface r\(port) has vanished") == 1, "\(errors)")
    }
    let live = try CommandRun.json(folder.text("report.json"))
    let outcome = try #require(live["live"] as? [String: Any])
    #expect(outcome["end"] as? String == "queuesFailed")
    let queues = try #require(outcome["queues"] as? [[String: Any]])
    #expect(queues.map { $0["linkDowns"] as? Int } == [1, 1] && queues.allSatisfy { $0["failure"] != nil })
    let replay = try CommandRun.json(folder.text("replay.json"))
    #expect(live["bookDigest"] as? String == replay["bookDigest"] as? String)
  }

  /// Under DPDK feedh joins itself where the configuration says so: reports go out from the port's address, in its
  /// VLAN, at the start and, taken back, at the end. The interface has the MTU that was asked for.
  @Test(.enabled(if: isDPDKBuilt, "DPDK: trait off")) func membershipsAreReportedAsThePortIsConfigured() throws {
    let folder = CommandFolder()
    let line = "{ name: A, group: 233.54.12.1, port: 26401 }"
    try folder.write(
      """
      venues: [ { name: nasdaq } ]
      feeds: [ { name: f0, venue: nasdaq, protocol: itch50, lines: [ \(line) ] } ]
      live:
        controlSocket: \(folder.path("ctl"))
        ports:
          - { name: feed-0, interface: r0, driver: dpdk, membership: reports, address: 10.9.8.7, vlan: 77, mtu: 1400 }
      threads: { idle: yield, lockMemory: false }
      capacity: { liveOrders: 40_000, instruments: 1_024, priceLevels: 60_000, records: 100_000 }

      """, "live.yaml")
    try LiveNamespace.run(
      Self.prelude + """
        start_recording wire.json --interface t0 --output wire.pcap --seconds 120
        start_run
        ip -o link show r0 | grep -q 'mtu 1400 '
        control stop > stop.txt
        wait $run
        stop_recording
        """, in: folder)
    // Ethernet to IGMP's routers (01:00:5e:00:00:16), tag 77, IPv4 with 24 bytes of header, a report of version 3 with
    // one record (RFC 3376 section 4.2): kind and group.
    func bytes(_ frame: [UInt8], _ first: Int, _ count: Int) -> [UInt8] { Array(frame[first..<(first + count)]) }
    func isReport(_ frame: [UInt8]) -> Bool {
      if frame.count < 58 { return false }
      return bytes(frame, 12, 2) == [0x81, 0] && bytes(frame, 16, 2) == [8, 0] && frame[27] == 2
    }
    let wire = try CommandPcap(path: folder.path("wire.pcap"))
    let reports: [[UInt8]] = wire.records.map { Array($0.bytes.dropFirst(16)) }.filter(isReport)
    #expect(reports.count >= 2)
    for report in reports {
      #expect(bytes(report, 0, 6) == [1, 0, 0x5E, 0, 0, 0x16] && bytes(report, 14, 2) == [0, 77])
      #expect(bytes(report, 30, 4) == [10, 9, 8, 7] && bytes(report, 34, 4) == [224, 0, 0, 22])
      #expect(report[42] == 0x22 && bytes(report, 54, 4) == [233, 54, 12, 1], "\(report)")
    }
    // Into any source, and back to none.
    #expect(reports.first?[50] == 4 && reports.last?[50] == 3)
    let live = try #require(try CommandRun.json(folder.text("report.json"))["live"] as? [String: Any])
    let device = try #require((live["devices"] as? [[String: Any]])?.first)
    #expect(device["driver"] as? String == "net_af_packet" && device["buffersNotBack"] as? Int == 0)
    #expect((device["membership"] as? [String: Int])?["sent"] == reports.count)
  }

  /// A mirror port: what is for nobody here is received, and the network is asked for nothing.
  @Test func promiscuousRingJoinsNothingAndReceivesAll() throws {
    let folder = try folder(["packet", "packet"], layout: "spread")
    let count = try packets(folder)
    let text = try folder.text("live.yaml")
      .replacingOccurrences(of: "driver: packet", with: "driver: packet, reception: promiscuous")
    try folder.write(text, "live.yaml")
    try LiveNamespace.run(
      Self.prelude + """
        start_run --packets \(count) --duration 60s
        ip maddress show > joined.txt
        send
        wait $run
        "$FEEDH" replay day.pcap --config live.yaml --report replay.json > replay.txt
        """, in: folder)
    let joined = try folder.text("joined.txt")
    #expect(!joined.contains("233.54.") && joined.contains("r0"))
    let live = try CommandRun.json(folder.text("report.json"))
    let replay = try CommandRun.json(folder.text("replay.json"))
    #expect(live["bookDigest"] as? String == replay["bookDigest"] as? String && live["bookDigest"] != nil)
    #expect(live["packets"] as? Int == count && live["messagesLost"] as? Int == 0)
  }

  /// Only the first port's traffic is sent: doctor names the lines of the other.
  @Test func doctorTellsWhichLinesAreHeard() throws {
    let folder = try folder(["socket", "packet"], layout: "spread")
    try LiveNamespace.run(
      """
      "$FEEDH" doctor --config live.yaml --jitter 0s --listen 2s --json > doctor.json & doctor=$!
      while kill -0 $doctor 2> /dev/null; do
        "$FEEDH" transmit day.pcap --line A:t0 --take A:233.54.12.1 --take A:233.54.13.1 --rate 20000 > transmit.txt
      done
      """, in: folder)
    let checks = try #require(try CommandRun.json(folder.text("doctor.json"))["checks"] as? [[String: Any]])
    let lines = checks.filter { $0["name"] as? String == "lines" }
    #expect(lines.map { $0["subject"] as? String } == ["f0:L0 feed-0", "f0:L1 feed-0", "f1:L0 feed-1", "f1:L1 feed-1"])
    #expect(lines.map { $0["result"] as? String } == ["pass", "pass", "warn", "warn"], "\(lines)")
    #expect((lines.first?["detail"] as? String)?.hasPrefix("233.54.12.1:26401 is heard: ") == true)
    #expect((lines.last?["detail"] as? String) == "233.54.13.2:26502 joined, nothing heard in 2000 ms")
  }

  /// The commands of Captures/live.yaml and the README, faster.
  @Test func theDemoOverTheLoopbackInterfaceComesToTheReplaysBooks() throws {
    let folder = CommandFolder()
    var captures = URL(fileURLWithPath: #filePath)
    for _ in 0..<4 { captures.deleteLastPathComponent() }
    captures.appendPathComponent("Captures")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("demo.pcap"), withDestinationPath: captures.appendingPathComponent("demo.pcap").path)
    // Sockets of runs beside it are others'; nothing is silent because the machine is busy.
    let text = try String(contentsOf: captures.appendingPathComponent("live.yaml"), encoding: .utf8)
      .replacingOccurrences(of: "/tmp/feedh-demo.sock", with: folder.path("ctl"))
      .replacingOccurrences(of: "reorderWindow: 2s", with: "reorderWindow: 10s, silence: 1h")
    try folder.write(text, "live.yaml")
    try LiveNamespace.run(
      Self.prelude + """
        start_run --packets 15062 --duration 120s
        "$FEEDH" transmit demo.pcap --interface lo --group own --speed 10x > transmit.txt
        wait $run
        """, in: folder)
    let report = try CommandRun.json(folder.text("report.json"))
    // As Captures/README.md has it.
    #expect(report["bookDigest"] as? String == "9a61a49a55d7316d", "\(report["feeds"] ?? "")")
    #expect(report["messages"] as? Int == 36_000 && report["messagesLost"] as? Int == 0)
  }
}
