import FeedCore
import Foundation
import Testing

@testable import FeedIO

/// What is decided before DPDK is asked: words for its environment, devices, sizes, times. Runs without it.
@Suite("DPDK settings")
struct DPDKSettingsTests {
  @Test func environmentWordsKeepOtherProcessesAndCoresOut() {
    var settings = DPDKEnvironmentSettings()
    settings.megabytes = 256
    #expect(
      settings.arguments(usesHugePages: false, allowedCPUs: [0, 2, 3]) == [
        "feedh", "--lcores=0@(0,2,3)", "--no-huge", "--no-shconf", "-m", "256", "--no-pci", "--no-telemetry",
        "--log-level=warning", "--file-prefix=feedh",
      ])
    settings.pciAddresses = ["0000:3B:00.0", "0000:3b:00.1"]
    settings.cpus = [1]
    settings.filePrefix = "feed-a"
    settings.extraArguments = ["--iova-mode=va"]
    #expect(
      settings.arguments(usesHugePages: true, allowedCPUs: [0, 2, 3]) == [
        "feedh", "--lcores=0@(1)", "--in-memory", "-a", "0000:3b:00.0", "-a", "0000:3b:00.1",
        "--no-telemetry", "--log-level=warning", "--file-prefix=feed-a", "--iova-mode=va",
      ])
  }

  @Test func addressesAndNamesThatDPDKWouldMisreadAreRefused() {
    #expect(DPDKDevice.isPCIAddress("0000:3b:00.0") && DPDKDevice.isPCIAddress("FFFF:ff:1f.7"))
    for text in ["", "3b:00.0", "0000:3b:00.8", "0000:3b:00.0,x", "0000-3b:00.0", "0000:3b:00.00", "0000:3g:00.0"] {
      #expect(!DPDKDevice.isPCIAddress(text), "\(text)")
    }
    #expect(DPDKDevice.isVirtualName("net_pcap0") && DPDKDevice.isVirtualName("net_af_packet_veth0"))
    for text in ["", "pcap0", "net_pcap0,rx_pcap=x", "net_ pcap", "net_" + String(repeating: "x", count: 70)] {
      #expect(!DPDKDevice.isVirtualName(text), "\(text)")
    }
    var settings = DPDKEnvironmentSettings()
    settings.pciAddresses = ["3b:00.0"]
    #expect(throws: DPDKError.badPCIAddress("3b:00.0")) { try settings.check() }
  }

  @Test func packetSocketsGetARingThatHoldsTheQueueDepth() {
    #expect(
      DPDKDevice.packetSocket(interface: "veth0", queues: 1, depth: 8_192)
        == .virtual(
          name: "net_af_packet_veth0", arguments: "iface=veth0,qpairs=1,blocksz=4096,framesz=2048,framecnt=8192"))
    // 9,000 bytes of payload and the headers of frame and ring need frames of 16 KiB.
    #expect(
      DPDKDevice.packetSocket(interface: "veth0", queues: 2, depth: 1_000, mtu: 9_000, name: "net_af_packet0")
        == .virtual(
          name: "net_af_packet0", arguments: "iface=veth0,qpairs=2,blocksz=16384,framesz=16384,framecnt=1024"))
    #expect(
      DPDKDevice.captures(["a.pcap", "b.pcap"])
        == .virtual(name: "net_pcap0", arguments: "rx_pcap=a.pcap,rx_pcap=b.pcap"))
    #expect(
      DPDKDevice.virtual("net_memif0,role=client,socket=x")
        == .virtual(name: "net_memif0", arguments: "role=client,socket=x"))
  }

  @Test func buffersSufficeForRingHeldBurstsAndCaches() {
    // 4,096 descriptors; 34 bursts of 64; caches of three halves of 256 for two threads, and 256.
    #expect(DPDKPortSettings.receiveBuffers(descriptors: 4_096) == 4_096 + 34 * 64 + 3 * 256 + 256)
    #expect(DPDKPortSettings.bufferRoom(mtu: 1_500) == 128 + 2_048)
    // 9,000 + 14 + 8 + 4 bytes, rounded up to 64.
    #expect(DPDKPortSettings.bufferRoom(mtu: 9_000) == 128 + 9_088)
    let port = DPDKPortSettings(name: "a", device: .captures(["a"]))
    #expect((16...64).contains(port.memoryMegabytes))
  }

  @Test func portsOfTheConfigurationBecomeDevices() throws {
    var port = PortSettings(name: "feed-a", interface: "ens1f0")
    port.queues = 2
    port.queueDepthPackets = 1_024
    let group = try MulticastGroup(IPAddress("233.54.12.111")!)
    let packetSocket = try #require(DPDKPortSettings(port, groups: [group]))
    #expect(packetSocket.device == .packetSocket(interface: "ens1f0", queues: 2, depth: 1_024))
    #expect(packetSocket.queues == 2 && packetSocket.queueDepthPackets == 1_024 && packetSocket.groups == [group])
    port.pciAddress = "0000:3b:00.0"
    #expect(try #require(DPDKPortSettings(port, groups: [])).device == .pci(address: "0000:3b:00.0"))
    #expect(DPDKPortSettings(PortSettings(name: "x"), groups: []) == nil)
  }

  /// What the configuration says of a port reaches DPDK; what it leaves open is the driver's.
  @Test func keysOfAPortBecomeSettings() throws {
    var port = PortSettings(name: "feed-a", pciAddress: "0000:3b:00.0")
    func made() throws -> DPDKPortSettings { try LivePorts.dpdkSettings(of: port, []) }
    let plain = try made()
    #expect(plain == DPDKPortSettings(name: "feed-a", device: .pci(address: "0000:3b:00.0")))
    #expect(plain.multicast == .filter && plain.membership == .automatic && plain.usesDeviceTimestamps)
    port.reception = .allMulticast
    (port.address, port.vlan, port.mtu, port.timestamps) = ("10.1.2.3", 77, 9_000, .host)
    let wanted = try made()
    #expect(wanted.multicast == .all && wanted.membership == .automatic)
    #expect(wanted.address == IPAddress("10.1.2.3") && wanted.vlan == 77 && wanted.mtu == 9_000)
    #expect(!wanted.usesDeviceTimestamps && wanted.memoryMegabytes > plain.memoryMegabytes)
    port.reception = .promiscuous
    #expect(try made().multicast == .promiscuous && made().membership == .none, "a mirror port joins nothing")
    for (membership, expected) in [
      (PortSettings.Membership.reports, DPDKPortSettings.Membership.reports), (.kernel, .kernel), (.none, .none),
    ] {
      port.membership = membership
      #expect(try made().membership == expected)
    }
    // A device of software without a network says nothing to one, unless it is told to.
    (port.reception, port.membership, port.pciAddress, port.vdev) = (.groups, .auto, nil, "net_ring0")
    #expect(try made().membership == .none && made().multicast == .all)
    port.membership = .reports
    #expect(try made().membership == .reports)
  }

  @Test func environmentServesAllPortsOfTheConfiguration() {
    let ports = [
      DPDKPortSettings(name: "a", device: .pci(address: "0000:3B:00.0")),
      DPDKPortSettings(name: "b", device: .pci(address: "0000:3b:00.1")),
      DPDKPortSettings(name: "c", device: .captures(["f"])),
    ]
    let settings = DPDKEnvironmentSettings(ports: ports)
    #expect(settings.pciAddresses == ["0000:3B:00.0", "0000:3b:00.1"])
    #expect(settings.megabytes == 64 + ports.reduce(0) { $0 + $1.memoryMegabytes })
  }

  // MARK: Times

  @Test func cardsTimesFollowTheLineThroughTwoMoments() throws {
    // A clock of 156.25 MHz: 6.4 ns a tick, exact in units of 2^-32 to 1.5e-10.
    let start: UInt64 = 1_700_000_000_000_000_000
    let time = try #require(
      DeviceTime(
        .init(ticks: 1_000, nanoseconds: start), .init(ticks: 156_251_000, nanoseconds: start + 1_000_000_000)))
    #expect(time.nanoseconds(156_251_000) == start + 1_000_000_000)
    for (ticks, elapsed) in [(156_251_005 as UInt64, 32 as UInt64), (312_501_000, 1_000_000_000)] {
      let error = Int64(time.nanoseconds(ticks)) - Int64(start + 1_000_000_000 + elapsed)
      #expect(abs(error) <= 1, "\(ticks)")
    }
    let before = Int64(time.nanoseconds(156_251_000 - 10)) - Int64(start + 1_000_000_000 - 64)
    #expect(abs(before) <= 1, "packets stamped before the moment")
  }

  @Test func clocksThatStandGoBackOrRaceGiveNoLine() {
    func line(_ ticks: UInt64, _ nanoseconds: UInt64) -> DeviceTime? {
      DeviceTime(.init(ticks: 500, nanoseconds: 500), .init(ticks: ticks, nanoseconds: nanoseconds))
    }
    #expect(line(500, 600) == nil && line(600, 500) == nil && line(600, 400) == nil && line(400, 600) == nil)
    #expect(line(501, 1_000_000_000) == nil && line(1_000_000_500, 501) == nil)
    #expect(line(600, 600) != nil)
  }

  @Test func wrappedCountersGoOn() throws {
    let time = try #require(
      DeviceTime(.init(ticks: .max - 99, nanoseconds: 1_000), .init(ticks: 0, nanoseconds: 1_100)))
    #expect(time.nanoseconds(50) == 1_150 && time.nanoseconds(.max - 49) == 1_050)
  }

  @Test func inboxKeepsOrderDropsWhenFullAndCutsLongFrames() {
    let inbox = FrameInbox()
    defer { inbox.deallocate() }
    var popped: [[UInt8]] = []
    for number in 0..<40 as Range<UInt8> {
      let frame = [UInt8](repeating: number, count: number == 3 ? 3_000 : 60)
      frame.withUnsafeBytes { inbox.push($0.baseAddress!, length: $0.count) }
    }
    while inbox.pop({ popped.append(Array($0)) }) {}
    #expect(popped.map { $0[0] } == Array(0..<32) && inbox.drops.value == 8)
    #expect(popped[3].count == FrameInbox.frameLengthMaximum && popped[4].count == 60)
    [UInt8]([9]).withUnsafeBytes { inbox.push($0.baseAddress!, length: 1) }
    popped = []
    while inbox.pop({ popped.append(Array($0)) }) {}
    #expect(popped == [[9]])
  }

  @Test(.enabled(if: !DPDKTest.isBuilt, "DPDK: trait on"))
  func withoutTheTraitTheErrorNamesTheBuild() {
    #expect(throws: DPDKError.notBuilt) { try DPDKEnvironment.start(DPDKEnvironmentSettings()) }
    #expect(DPDKError.notBuilt.description.contains("swift build --traits DPDK"))
  }
}
