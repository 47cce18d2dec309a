import FeedObserve
import FeedSim
import Foundation
import Testing

@testable import FeedCore

/// The built `feedh run` and `feedh control`, fed over the loopback interface by UDP.
@Suite(.serialized) struct LiveCommandTests {
  /// A configuration whose lines are ports of this machine: venue v's line l at `base` + 10 v + l.
  private static func configuration(
    _ generated: Generated, base: Int, socket: String, driver: String = "socket", more: String = ""
  ) -> String {
    var text = "venues: [ { name: nasdaq }, { name: bx } ]\nfeeds:\n"
    for venue in 0...1 {
      text += "  - { name: f\(venue), venue: \(generated.settings.venues[venue].name), protocol: itch50, lines: ["
      text += (0...1).map { "{ name: L\($0), group: 127.0.0.1, port: \(base + 10 * venue + $0) }" }
        .joined(separator: ", ")
      text += " ] }\n"
    }
    text += "live: { controlSocket: \(socket), ports: [ { name: lo, interface: lo, driver: \(driver) } ] }\n"
    // Tests share few CPUs, and what they run for long is nobody's to keep resident.
    text += "threads: { idle: yield, lockMemory: false }\nsession: { reorderWindow: 5s, silence: 1h }\n"
    text += "capacity: { liveOrders: 40_000, instruments: 1_024, priceLevels: 60_000, records: 100_000 }\n"
    return text + more
  }

  /// Sends the payloads of a capture in order, each to its line's port.
  private static func send(_ frames: [CapturedFrame], base: Int) throws {
    let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    defer { close(descriptor) }
    for frame in frames {
      let (venue, line) = Generated.venueAndLine(frame)
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = in_port_t(UInt16(base + 10 * venue + line).bigEndian)
      address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      let payload = Array(frame.payload)
      let sent = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          sendto(descriptor, payload, payload.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      if sent != payload.count { throw CommandFailure("a datagram could not be sent: \(errno)") }
    }
  }

  /// Waits for an answer of the run's that is as wanted; the run itself may end instead.
  private static func wait(_ socket: String, _ process: CommandProcess, until isWanted: (String) -> Bool) throws {
    var last = ""
    do {
      try LiveHarness.wait {
        if let status = try? ControlSocket.ask(.status, at: socket) {
          last = status
          if isWanted(status) { return true }
        }
        if !process.isRunning {
          let run = try process.finish()
          throw CommandFailure("feedh run ended with \(run.status): \(run.errors)")
        }
        return false
      }
    } catch {
      throw CommandFailure("\(error); the last status was: \(last)")
    }
  }

  /// Ports of a test of its own, away from those that other tests and systems use.
  private static func base(_ offset: Int) -> Int { 10_000 + Int(getpid()) % 400 * 50 + offset }

  @Test func packetsOfTheLoopbackInterfaceComeToTheReplaysBooks() throws {
    let folder = CommandFolder()
    let generated = try Generated.make(seed: 91) { $0.messageCount = 6_000 }
    let frames = try generated.frames()
    let base = Self.base(0)
    let socket = folder.path("ctl")
    let config = try folder.write(Self.configuration(generated, base: base, socket: socket), "live.yaml")
    let replay = try ReplayRun(generated.captures, generated.settings)
    let process = try CommandProcess([
      "run", "--config", config, "--status", "--interval", "100ms", "--report", folder.path("report.json"),
    ])
    try Self.wait(socket, process) { $0.hasPrefix("ok") }
    try Self.send(frames, base: base)
    let wanted = "packets \(Text.grouped(frames.count))  "
    try Self.wait(socket, process) { $0.contains(wanted) }
    let stop = try CommandRun.feedh("control", "--config", config, "stop")
    #expect(stop.status == 0 && stop.output == "ok stopping: open orders are cancelled\n")
    let run = try process.finish()
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("ended by command") && run.errors.contains("orders off"))
    let report = try CommandRun.json(try folder.text("report.json"))
    #expect(report["bookDigest"] as? String == Text.digest(replay.summary.bookDigest))
    #expect(report["messages"] as? Int == Int(replay.summary.messages))
    #expect(report["messagesLost"] as? Int == 0)
    #expect(!FileManager.default.fileExists(atPath: socket))
  }

  @Test func signalsKillDisarmAndEndTheRun() throws {
    let folder = CommandFolder()
    let generated = try Generated.make(seed: 91) { $0.messageCount = 6_000 }
    let socket = folder.path("ctl")
    let config = try folder.write(
      Self.configuration(
        generated, base: Self.base(40), socket: socket, more: "orders: { enabled: true, arming: command }\n"),
      "live.yaml")
    let process = try CommandProcess(["run", "--config", config])
    try Self.wait(socket, process) { $0.hasPrefix("ok disarmed paper;") }
    let armed = try CommandRun.feedh("control", "--socket", socket, "arm")
    #expect(armed.status == 0 && armed.output == "ok armed: orders go to simulated venues (paper)\n")
    try Self.wait(socket, process) { $0.hasPrefix("ok ARMED paper;") }
    process.send(SIGUSR2)
    try Self.wait(socket, process) { $0.hasPrefix("ok disarmed paper;") }
    process.send(SIGUSR1)
    try Self.wait(socket, process) { $0.hasPrefix("ok KILLED paper;") }
    let refused = try CommandRun.feedh("control", "--socket", socket, "arm")
    #expect(refused.status == 1 && refused.output.hasPrefix("refused: the kill switch is engaged"))
    process.send(SIGTERM)
    let run = try process.finish()
    #expect(run.status == 0 && run.output.contains("ended by signal"), "\(run.errors)")
  }

  @Test func whatIsNotThereIsOneLineWithTheRemedy() throws {
    let folder = CommandFolder()
    func errors(_ configuration: String, _ arguments: [String] = []) throws -> String {
      let config = try folder.write(configuration, "c.yaml")
      let run = try CommandRun.feedh(["run", "--config", config] + arguments)
      #expect(run.status == 2 && run.output.isEmpty, "\(run.output)")
      // Warnings about this machine may stand before it.
      let lines = run.errorLines.filter { !$0.hasPrefix("feedh: warning: ") }
      #expect(lines.count == 1, "\(run.errors)")
      return lines.first ?? ""
    }
    let line = "lines: [ { name: A, group: 233.1.1.1, port: 5001 } ]"
    let feed = "venues: [ { name: v } ]\nfeeds: [ { name: f, venue: v, protocol: itch50, \(line) } ]\n"
    #expect(try errors("{}").contains("no live port is configured"))
    #expect(try errors("live: { ports: [ { name: p, interface: lo } ] }").contains("no feeds are configured"))
    #expect(
      try errors(feed + "live: { ports: [ { name: p, interface: nosuch0 } ] }")
        .hasPrefix("feedh: port p: interface nosuch0 does not exist; there are: lo"))
    for driver in ["packet", "libpcap", "dpdk"] {
      #expect(
        try errors(feed + "live: { ports: [ { name: p, interface: nosuch0, driver: \(driver) } ] }")
          .hasSuffix("; correct live.ports[].interface"), "\(driver)")
    }
    #expect(
      try errors(feed + "live: { ports: [ { name: p, pciAddress: \"0000:01:00.0\", driver: socket } ] }")
        .contains("needs the kernel's interface"))
    #expect(
      try errors(feed + "threads: { cores: 2, layout: walk }\nlive: { ports: [ { name: p, interface: lo } ] }")
        .contains("set threads.layout: rings"))
    #expect(
      try errors(feed + "live: { ports: [ { name: p, interface: lo } ] }", ["--packets", "0"]).contains("--packets is 0"))
    let nobody = try CommandRun.feedh("control", "--socket", folder.path("none"), "status")
    #expect(nobody.status == 2 && nobody.errors.contains("no run listens there"))
  }

  /// DPDK reads the capture as a queue (net_pcap): every packet, and the replay's books.
  @Test func dpdkPortOfACaptureComesToTheReplaysBooks() throws {
    let version = try CommandRun.feedh("--version")
    if version.output.contains("built without DPDK") { return print("skipped: DPDK: trait off") }
    let folder = CommandFolder()
    let generated = try Generated.make(seed: 92) { $0.messageCount = 6_000 }
    let replay = try ReplayRun(generated.captures, generated.settings)
    var text = "venues: [ { name: nasdaq }, { name: bx } ]\nfeeds:\n"
    for venue in 0...1 {
      text += "  - { name: f\(venue), venue: \(generated.settings.venues[venue].name), protocol: itch50, lines: ["
      text += generated.settings.feeds[venue].lines.map {
        "{ name: \($0.name), group: \($0.group!), port: \($0.port!) }"
      }.joined(separator: ", ")
      text += " ] }\n"
    }
    text += "live: { ports: [ { name: file, vdev: \"net_pcap0,rx_pcap=\(generated.captures[0])\" } ] }\n"
    text += "threads: { idle: yield, lockMemory: false }\nsession: { reorderWindow: 5s, silence: 1h }\n"
    let config = try folder.write(text, "live.yaml")
    let run = try CommandRun.feedh(
      "run", "--config", config, "--packets", "\(replay.summary.packets)", "--report", folder.path("report.json"))
    #expect(run.status == 0, "\(run.errors)")
    let report = try CommandRun.json(try folder.text("report.json"))
    #expect(report["bookDigest"] as? String == Text.digest(replay.summary.bookDigest))
    #expect(report["messages"] as? Int == Int(replay.summary.messages))
    // What the driver counted, and where the packet buffers are.
    let devices = try #require((report["live"] as? [String: Any])?["devices"] as? [[String: Any]])
    let device = try #require(devices.first)
    #expect(devices.count == 1 && device["port"] as? String == "file" && device["driver"] as? String == "net_pcap")
    #expect(device["device"] as? String == "net_pcap0" && device["membership"] == nil)
    #expect(device["buffers"] as? Int ?? 0 > 4_096 && device["buffersNotBack"] as? Int == 0)
    #expect((device["counters"] as? [String: Int])?["rx_good_packets"] == Int(replay.summary.packets))
    #expect(run.output.contains("net_pcap0, driver net_pcap; ") && run.output.contains(" buffers, all back"))
  }
}
