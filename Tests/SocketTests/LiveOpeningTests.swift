import FeedCore
import Glibc
import Testing

@testable import FeedIO

/// What cannot be opened says so in one line, with the remedy.
@Suite(.serialized, .enabled(if: TestNetwork.isPossible, TestNetwork.reason))
struct LiveOpeningTests {
  enum Kind: String, CaseIterable { case socket, ring }

  private func error(
    _ kind: Kind, _ interface: String, _ subscriptions: [LiveSubscription]
  ) -> LiveOpeningError? {
    do throws(LiveOpeningError) {
      switch kind {
      case .socket: try UDPSocketQueue(name: "t", interface: interface, subscriptions: subscriptions).close()
      case .ring: try PacketRingQueue(name: "t", interface: interface, subscriptions: subscriptions).close()
      }
      return nil
    } catch {
      #expect(!error.description.contains("\n"))
      return error
    }
  }

  @Test(arguments: Kind.allCases) func interfacesThatCannotReceiveAreRefused(kind: Kind) throws {
    let network = try TestNetwork()
    defer { network.leave() }
    let group = LiveSubscription.test("239.1.1.1", 26_400)
    #expect(error(kind, "nosuch0", [group]) == .noInterface(name: "nosuch0", have: "lo right left"))
    #expect(error(kind, "", [group]) == .noInterface(name: "", have: "lo right left"))
    #expect(
      error(kind, String(repeating: "x", count: 300), [group])
        == .noInterface(name: String(repeating: "x", count: 300), have: "lo right left"))
    try TestNetwork.ip("link set right multicast off")
    #expect(error(kind, "right", [group]) == .noMulticast(interface: "right"))
    #expect(error(kind, "right", [.test("10.9.0.2", 26_400)]) == nil)
    try TestNetwork.ip("link set right down")
    #expect(error(kind, "right", [group]) == .interfaceIsDown(name: "right"))
  }

  @Test(arguments: Kind.allCases) func subscriptionsThatMeanNothingAreRefused(kind: Kind) throws {
    let network = try TestNetwork()
    defer { network.leave() }
    let source = IPAddress("10.9.0.77")!
    #expect(error(kind, "right", [.test("239.1.1.1", 0)]) == .badPort(subscription: "239.1.1.1:0"))
    #expect(
      error(kind, "right", [LiveSubscription(address: IPAddress("10.9.0.2")!, port: 26_400, sources: [source])])
        == .sourcesOfUnicast(subscription: "10.9.0.2:26400"))
    for wrong in ["2001:db8::1", "232.1.1.1", "0.0.0.0"] {
      let sources = [source, IPAddress(wrong)!]
      let subscription = LiveSubscription(address: IPAddress("232.1.1.1")!, port: 26_400, sources: sources)
      #expect(error(kind, "right", [subscription]) == .familyOfSource(subscription: "232.1.1.1:26400", source: wrong))
    }
    let sources = (0..<65).map { IPAddress(ipv4: 0x0A09_0100 + UInt32($0)) }
    let many = LiveSubscription(address: IPAddress("232.1.1.1")!, port: 26_400, sources: sources)
    #expect(error(kind, "right", [many]) == .tooManySources(subscription: "232.1.1.1:26400", count: 65, maximum: 64))
  }

  @Test func socketsWantAddressesAndPortsThatAreFree() throws {
    let network = try TestNetwork()
    defer { network.leave() }
    #expect(error(.socket, "right", []) == .noSubscription(interface: "right"))
    #expect(
      error(.socket, "right", [.test("10.9.0.200", 26_400)])
        == .notOurAddress(subscription: "10.9.0.200:26400", interface: "right"))
    let first = try UDPSocketQueue(name: "t", interface: "right", subscriptions: [.test("10.9.0.2", 26_400)])
    defer { first.close() }
    #expect(error(.socket, "right", [.test("10.9.0.2", 26_400)]) == .addressInUse(subscription: "10.9.0.2:26400"))
    // Of a group everybody gets a copy.
    let groups = try (0..<2).map { _ in
      try UDPSocketQueue(name: "t", interface: "right", subscriptions: [.test("239.1.1.1", 26_400)])
    }
    for queue in groups { queue.close() }
    let port = try withoutCapabilities { error(.socket, "right", [.test("10.9.0.2", 80)]) }
    #expect(port == .noPermission(what: "receiving port 80", right: "CAP_NET_BIND_SERVICE"))
    let subscriptions = (0..<1_025).map { LiveSubscription.test("239.1.\($0 >> 8).\($0 & 255)", 26_400) }
    #expect(error(.socket, "right", subscriptions) == .tooManySubscriptions(count: 1_025, maximum: 1_024))
  }

  @Test func ringsWantRightsAndFiltersThatFit() throws {
    let network = try TestNetwork()
    defer { network.leave() }
    let denied = try withoutCapabilities { error(.ring, "right", [.test("239.1.1.1", 26_400)]) }
    #expect(denied == .noPermission(what: "a packet ring on right", right: "CAP_NET_RAW"))
    #expect(denied?.description.contains("setcap") == true)
    let subscriptions = (0..<900).map { LiveSubscription.test("239.1.\($0 >> 8).\($0 & 255)", 26_400) }
    guard case .tooManySubscriptions(900, let maximum)? = error(.ring, "right", subscriptions) else {
      Issue.record("a filter of more than 4,096 instructions")
      return
    }
    // As many as it says fit.
    #expect(try RingFilter(Array(subscriptions[..<maximum])).instructions.count <= 4_096)
  }

  @Test(arguments: Kind.allCases) func membershipLimitsAreNamed(kind: Kind) throws {
    let network = try TestNetwork()
    defer { network.leave() }
    // More groups than one socket may join are no matter.
    let groups = (0..<30).map { LiveSubscription.test("239.1.3.\($0)", 26_400) }
    try TestNetwork.set("net/ipv4/igmp_max_memberships", "7")
    #expect(error(kind, "right", groups) == nil)
    // Nor is a group of two sources, but one of three.
    try TestNetwork.set("net/ipv4/igmp_max_msf", "2")
    let sources = (1...3).map { IPAddress("10.9.0.\($0 + 10)")! }
    let two = LiveSubscription(address: IPAddress("232.1.1.1")!, port: 26_400, sources: Array(sources[..<2]))
    let three = LiveSubscription(address: IPAddress("232.1.1.1")!, port: 26_400, sources: sources)
    #expect(error(kind, "right", groups + [two]) == nil)
    let reached = error(kind, "right", groups + [three])
    guard case .membershipLimit(_, "net.ipv4.igmp_max_msf")? = reached else {
      Issue.record("\(String(describing: reached))")
      return
    }
    try TestNetwork.set("net/ipv4/igmp_max_memberships", "0")
    let none = error(kind, "right", groups)
    guard case .membershipLimit(_, "net.ipv4.igmp_max_memberships")? = none else {
      Issue.record("\(String(describing: none))")
      return
    }
    #expect(none?.description.contains("sysctl -w net.ipv4.igmp_max_memberships=") == true)
  }

  @Test func whatFailsLeavesNothingOpen() throws {
    let network = try TestNetwork()
    defer { network.leave() }
    try TestNetwork.set("net/ipv4/igmp_max_msf", "1")
    let two = LiveSubscription(
      address: IPAddress("232.1.1.1")!, port: 26_400, sources: [IPAddress("10.9.0.11")!, IPAddress("10.9.0.12")!])
    let groups = (0..<10).map { LiveSubscription.test("239.1.3.\($0)", 26_400) }
    for kind in Kind.allCases { #expect(error(kind, "right", groups + [two]) != nil) }
    // A heading alone: no socket of this namespace is bound.
    #expect(try TestNetwork.sockets("udp").count == 1 && TestNetwork.sockets("packet").count == 1)
    let open = try PacketRingQueue(name: "t", interface: "right", subscriptions: groups)
    #expect(try TestNetwork.sockets("packet").count == 2, "the list would show them")
    open.close()
    #expect(try TestNetwork.hasLeft("000301EF"))
  }
}
