import CPlatform
import FeedCore
import Foundation
import Testing

@testable import FeedIO

/// What is wrong with a set-up is one line that names it, the limit and the remedy, and nothing stays open.
@Suite("DPDK failures", .enabled(if: DPDKTest.isBuilt, "DPDK: trait off"))
struct DPDKFailureTests {
  private func capture(_ folder: TestFolder) -> String {
    folder.write(Pcap.file([TestPacket(1_000, DPDKTest.frame(1, length: 60))]), as: "one.pcap")
  }

  @Test func missingCaptureNamesTheFileInTheDriversWords() throws {
    let error = try #require(try DPDKTest.openingError(.captures(["/nowhere/x.pcap"], name: "net_pcap_missing")))
    #expect(error.hasPrefix("DPDK cannot use net_pcap_missing: ") && error.contains("/nowhere/x.pcap"))
    #expect(error.contains("No such file") && !error.contains("\n"))
  }

  @Test func driverThatIsNotThereNamesThePackageToInstall() throws {
    let error = try #require(try DPDKTest.openingError(.virtual("net_nonsense0")))
    #expect(error.hasPrefix("DPDK cannot use net_nonsense0: ") && error.contains("librte-net-"))
  }

  @Test func interfaceThatIsNotThereIsNamed() throws {
    let device = DPDKDevice.packetSocket(interface: "feedhnone0", queues: 1, depth: 64)
    let error = try #require(try DPDKTest.openingError(device))
    #expect(error.contains("net_af_packet_feedhnone0"))
    let shared = try #require(try DPDKTest.openingError(.interface(name: "feedhnone0")))
    #expect(shared.hasPrefix("no port came of feedhnone0;"))
  }

  @Test func namesWithDPDKsOwnSyntaxAreRefused() throws {
    #expect(
      try DPDKTest.openingError(.virtual(name: "net_pcap0,rx_pcap=x", arguments: ""))
        == DPDKError.badDeviceName("net_pcap0,rx_pcap=x").description)
    #expect(try DPDKTest.openingError(.pci(address: "0:0")) == DPDKError.badPCIAddress("0:0").description)
  }

  @Test func cardThatTheEnvironmentWasNotGivenIsNoPort() throws {
    let error = try #require(try DPDKTest.openingError(.pci(address: "0000:fe:1f.7")))
    #expect(error.hasPrefix("no port came of 0000:fe:1f.7;") && error.contains("vfio-pci"))
  }

  @Test func queuesBeyondTheDeviceNameItsLimit() throws {
    let folder = TestFolder()
    let device = DPDKDevice.captures([capture(folder)], name: DPDKTest.name("net_pcap"))
    #expect(
      try DPDKTest.openingError(device) { $0.queues = 3 }
        == "port test: 3 receive queues exceed the device's 1; lower live.ports queues")
    #expect(
      try DPDKTest.openingError(device) { $0.transmitQueues = 2 }
        == "port test: 2 transmit queues exceed the device's 1; lower live.ports queues")
    // Nothing stayed open.
    #expect(try DPDKTest.openingError(device) == nil)
  }

  @Test func depthBeyondTheDeviceNamesItsRange() throws {
    let folder = TestFolder()
    let device = DPDKDevice.captures([capture(folder)], name: DPDKTest.name("net_pcap"))
    for depth in [0, 70_000] {
      let error = try #require(try DPDKTest.openingError(device) { $0.queueDepthPackets = depth })
      #expect(error.hasPrefix("port test: receive queue depth \(depth) is outside the device's "), "\(error)")
      #expect(error.hasSuffix("; set live.ports queueDepthPackets"), "\(error)")
    }
    #expect(try DPDKTest.openingError(device) == nil, "nothing stayed open")
  }

  @Test func mtuBeyondTheDeviceNamesItsRange() throws {
    let folder = TestFolder()
    let device = DPDKDevice.captures([capture(folder)], name: DPDKTest.name("net_pcap"))
    let error = try #require(try DPDKTest.openingError(device) { $0.mtu = 20 })
    #expect(error.hasPrefix("port test: MTU 20 is outside the device's "))
  }

  @Test func memoryThatIsNotThereNamesHowMuchIsWanted() throws {
    let folder = TestFolder()
    let device = DPDKDevice.captures([capture(folder)], name: DPDKTest.name("net_pcap"))
    let error = try #require(
      try DPDKTest.openingError(device) {
        // Buffers for jumbo frames, as many as no test environment has.
        $0.queueDepthPackets = 60_000
        $0.mtu = 60_000
      })
    #expect(error.hasPrefix("port test: no room for ") && error.contains("lower queues and queueDepthPackets"))
    #expect(try DPDKTest.openingError(device) == nil, "what was taken is given back")
  }

  @Test func steeringToAQueueThatIsNotThereIsRefused() throws {
    let folder = TestFolder()
    let device = DPDKDevice.captures([capture(folder)], name: DPDKTest.name("net_pcap"))
    let error = try DPDKTest.openingError(device) {
      $0.steering = [.init(group: IPAddress("233.54.12.111")!, queue: 1)]
    }
    #expect(
      error == "port test: 233.54.12.111 is sent to queue 1, of 0 ... 0; change it, or raise live.ports queues")
  }

  @Test func deviceThatIsOpenIsNotOpenedTwice() throws {
    let folder = TestFolder()
    let device = DPDKDevice.captures([capture(folder)], name: "net_pcap_twice")
    let port = try DPDKTest.open(device)
    #expect(
      try DPDKTest.openingError(device) == "net_pcap_twice is open already; name each device under one port")
    port.close()
    #expect(try DPDKTest.openingError(device) == nil)
  }

  @Test func portsAreOpenedAllOrNone() throws {
    let folder = TestFolder()
    let path = capture(folder)
    let good = DPDKPortSettings(name: "a", device: .captures([path], name: DPDKTest.name("net_pcap")))
    var other = DPDKPortSettings(name: "b", device: .virtual(DPDKTest.name("net_ring")))
    let environment = try DPDKTest.environment()
    let ports = try DPDKPort.open(all: [good, other], in: environment)
    #expect(ports.map(\.settings.name) == ["a", "b"] && ports.allSatisfy { $0.queues.count == 1 })
    for port in ports { port.close() }
    other.queues = 17
    #expect(throws: DPDKError.tooManyQueues(port: "b", kind: "receive", wanted: 17, limit: 16)) {
      try DPDKPort.open(all: [good, other], in: environment)
    }
    try DPDKPort.open(good, in: environment).close()
  }

  @Test func senderOfReportsThatIsNoHostIsRefused() throws {
    let error = try #require(
      try DPDKTest.openingError(.virtual(DPDKTest.name("net_ring"))) {
        $0.groups = [try! MulticastGroup(IPAddress("233.54.12.111")!)]
        $0.membership = .reports
        $0.address = IPAddress("233.1.1.1")!
      })
    #expect(error == "port test: \(MembershipError.badHostAddress(address: "233.1.1.1").description)")
  }

  @Test func otherSettingsInTheSameProcessAreRefused() throws {
    _ = try DPDKTest.environment()
    var settings = DPDKEnvironmentSettings()
    settings.megabytes = 77
    let error = #expect(throws: DPDKError.self) { try DPDKEnvironment.start(settings) }
    let text = try #require(error).description
    #expect(text.hasPrefix("DPDK runs already with other settings (feedh ") && text.hasSuffix("; restart feedh"))
    #expect(text.contains("--no-huge"))
  }

  // MARK: A process each

  @Test func hugePagesThatAreNotThereAreNamedWithTheRemedy() throws {
    try #require(HugePageMemory.freeMegabytes() < 1_000_000)
    let run = try DPDKTest.peer(["start", "memory=huge", "megabytes=1000000"])
    #expect(run.status == 1 && run.errors.isEmpty)
    #expect(run.output.hasPrefix("DPDK needs 1000000 MB of huge pages, ") && run.output.contains("feedh tune --apply"))
    let automatic = try DPDKTest.peer(["start", "memory=automatic"])
    #expect(automatic.status == 0, "\(automatic)")
    #expect(automatic.output == (HugePageMemory.freeMegabytes() < 128 ? "ok ordinary memory\n" : "ok huge pages\n"))
  }

  @Test func environmentThatCannotStartSaysWhyOnOneLineAndPrintsNothingElse() throws {
    let run = try DPDKTest.peer(["start", "extra=--no-such-option"])
    #expect(run.status == 1 && run.errors.isEmpty, "\(run.errors)")
    #expect(run.output.hasPrefix("DPDK cannot start: ") && run.output.contains("no-such-option"), "\(run.output)")
    #expect(run.output.split(separator: "\n").count == 1, "\(run.output)")
  }

  @Test func cardThatIsMissingIsNoPortThoughTheEnvironmentStarted() throws {
    let run = try DPDKTest.peer(["start", "pci=0000:fe:1f.7", "open=pci:0000:fe:1f.7"])
    #expect(run.status == 1 && run.errors.isEmpty, "\(run.errors)")
    #expect(run.output.hasPrefix("no port came of 0000:fe:1f.7; DPDK has none;"), "\(run.output)")
  }

  @Test func deviceThatFailedWhileTheEnvironmentStartedIsFoundOut() throws {
    let run = try DPDKTest.peer(["start", "extra=--vdev=net_pcap5,rx_pcap=/nowhere", "open=net_pcap5,rx_pcap=/nowhere"])
    #expect(run.status == 1)
    #expect(run.output.hasPrefix("DPDK cannot use net_pcap5: ") || run.output.hasPrefix("DPDK cannot start: "))
    #expect(run.output.contains("/nowhere"), "\(run.output)")
  }

  @Test func ordinaryMemoryServesWhereNoHugePagesAre() throws {
    let run = try DPDKTest.peer(["start", "memory=ordinary", "open=net_ring0"])
    #expect(run.status == 0 && run.output == "ok net_ring0 net_ring\n", "\(run)")
  }
  /// DPDK waits for its own threads in sleeps that are none for a real-time thread (`OrdinaryThread`).
  @Test(.enabled(if: DPDKTest.canBeRealTime, "needs SCHED_FIFO, chrt, taskset and timeout"))
  func environmentStartsForARealTimeProcessOnASingleCPU() throws {
    let cpu = try #require((0..<feedh_allowed_cpu_count()).map { feedh_allowed_cpu($0) }.first { $0 >= 0 })
    let run = try DPDKTest.peer(
      ["--signal=KILL", "100", "chrt", "--fifo", "1", "taskset", "--cpu-list", "\(cpu)", DPDKTest.peerProgram.path]
        + ["start", "memory=ordinary", "open=net_ring0"], program: #require(Program.path("timeout")))
    #expect(run.status == 0 && run.output == "ok net_ring0 net_ring\n", "\(run)")
  }
}
