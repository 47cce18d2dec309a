import FeedCore
import Testing

@testable import FeedIO

/// Ports of DPDK as commands name them.
@Suite struct DPDKInterfaceTests {
  @Test func textNamesACardOrADevice() throws {
    #expect(DPDKInterface("eth1") == nil && DPDKInterface("net_ring0") == nil)
    let card = try #require(DPDKInterface("dpdk:0000:3b:00.0"))
    #expect(card.device == .pci(address: "0000:3b:00.0") && card.name == "0000:3b:00.0")
    let device = try #require(DPDKInterface("dpdk:net_pcap0,rx_pcap=a,rx_pcap=b"))
    #expect(device.device == .virtual(name: "net_pcap0", arguments: "rx_pcap=a,rx_pcap=b"))
    #expect(device.name == "net_pcap0")
  }

  @Test func groupsAreJoinedOnNetworksOnly() throws {
    let wanted = [
      LiveSubscription(address: IPAddress("239.1.1.1")!, port: 1), LiveSubscription(address: IPAddress("239.1.1.1")!, port: 2),
      LiveSubscription(address: IPAddress("10.0.0.1")!, port: 3),
    ]
    let card = try DPDKInterface("dpdk:0000:3b:00.0")!.receiving(wanted, isPromiscuous: false)
    #expect(card.groups.map { "\($0.address)" } == ["239.1.1.1"] && card.multicast == .filter)
    #expect(card.membership == .automatic && card.transmitQueues == 0)
    let mirror = try DPDKInterface("dpdk:0000:3b:00.0")!.receiving(wanted, isPromiscuous: true)
    #expect(mirror.groups.isEmpty && mirror.multicast == .promiscuous)
    let file = try DPDKInterface("dpdk:net_pcap0,rx_pcap=a")!.receiving(wanted, isPromiscuous: false)
    #expect(file.membership == .none && file.multicast == .all)
  }

  @Test func portThatIsSentToJoinsNothing() {
    let settings = DPDKInterface("dpdk:0000:3b:00.0")!.sending
    #expect(settings.transmitQueues == 1 && settings.membership == .none && settings.groups.isEmpty)
  }
}
