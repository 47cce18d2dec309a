import FeedCore
import Glibc
import Testing

@testable import FeedIO

/// Multicast and unicast datagrams through kernel sockets.
@Suite(.serialized, .enabled(if: TestNetwork.isPossible, TestNetwork.reason))
struct UDPSocketQueueTests {
  private func queue(
    _ interface: String, _ subscriptions: [LiveSubscription], _ change: (inout UDPSocketOptions) -> Void = { _ in }
  ) throws -> UDPSocketQueue {
    var options = UDPSocketOptions()
    change(&options)
    return try UDPSocketQueue(name: "test:0", interface: interface, subscriptions: subscriptions, options: options)
  }

  @Test func datagramsOfAGroupComeInOrderWithGroupPortAndSource() throws {
    let network = try TestNetwork()
    defer { network.leave() }
    let collector = Collector(try queue("lo", [.test("239.1.1.1", 26_400)]))
    let sender = try DatagramSender("lo")
    let before = unixNanoseconds()
    for number in 0..<3_000 { try sender.send(payload(number, length: 8 + number % 1_400), to: "239.1.1.1", 26_400) }
    let packets = collector.collect(3_000)
    #expect(packets.map(\.payload) == (0..<3_000).map { payload($0, length: 8 + $0 % 1_400) })
    #expect(Set(packets.map(\.destination)) == ["239.1.1.1:26400"])
    #expect(Set(packets.map(\.source)) == ["127.0.0.1:\(sender.port)"])
    #expect(Set(packets.map(\.verdict)) == ["whole"])
    // The kernel's stamps are of the system's clock.
    #expect(packets.allSatisfy { $0.captureNanoseconds >= before && $0.captureNanoseconds <= unixNanoseconds() })
    let figures = collector.queue.figures()
    #expect(figures.packets == 3_000 && figures.drops == 0 && figures.cut == 0 && figures.errors == 0)
    #expect(figures.bytes == UInt64(packets.reduce(0) { $0 + $1.payload.count + 42 }))
    #expect(figures.timestamps == .kernel && figures.linkIsUp == true && collector.queue.failure == nil)
  }

  @Test func framesAreWhatTheRFCsSay() throws {
    let network = try TestNetwork()
    defer { network.leave() }
    let collector = Collector(try queue("right", [.test("239.129.7.9", 26_400), .test("ff15::9", 26_401)]))
    let sender = try FrameSender("left")
    let ipv4 = TestFrame(
      source: "10.9.0.77", sourcePort: 0x4E21, group: "239.129.7.9", port: 26_400, payload: [0xA1, 0xA2, 0xA3])
    sender.send(ipv4.bytes)
    collector.collect(1)
    let ipv6 = TestFrame(source: "2001:db8::77", sourcePort: 0x4E22, group: "ff15::9", port: 26_401, payload: [0xB1])
    sender.send(ipv6.bytes)
    let packets = collector.collect(2)
    // Ethernet: the group's address (RFC 1112: the first bit of 129 is not part of it), source unknown.
    // IPv4: 31 bytes, don't fragment, time to live 1; 0x4500 + 0x001F + 0x4000 + 0x0111 + 0x0A09 + 0x004D + 0xEF81 +
    // 0x0709 = 0x18710, folded 0x8711, complement 0x78EE.
    #expect(
      packets[0].frame == [0x01, 0x00, 0x5E, 0x01, 0x07, 0x09, 0, 0, 0, 0, 0, 0, 0x08, 0x00]
        + [0x45, 0, 0, 31, 0, 0, 0x40, 0, 1, 17, 0x78, 0xEE, 10, 9, 0, 77, 239, 129, 7, 9]
        + [0x4E, 0x21, 0x67, 0x20, 0, 11, 0, 0, 0xA1, 0xA2, 0xA3])
    // UDP's field holds the sum of the pseudo header: 0x2001 + 0x0DB8 + 0x0077 + 0xFF15 + 0x0009 + 9 + 17 = 0x12D68,
    // folded 0x2D69.
    #expect(
      packets[1].frame == [0x33, 0x33, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0x86, 0xDD]
        + [0x60, 0, 0, 0, 0, 9, 17, 1] + [0x20, 0x01, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [0x77]
        + [0xFF, 0x15] + [UInt8](repeating: 0, count: 13) + [9]
        + [0x4E, 0x22, 0x67, 0x21, 0, 9, 0x2D, 0x69, 0xB1])
    #expect(packets.map(\.verdict) == ["whole", "whole"])
    #expect(packets.map(\.source) == ["10.9.0.77:20001", "[2001:db8::77]:20002"])
    #expect(packets.map(\.destination) == ["239.129.7.9:26400", "[ff15::9]:26401"])
  }

  @Test func onlyWhatWasSubscribedComes() throws {
    let network = try TestNetwork()
    defer { network.leave() }
    // Other sockets of this machine join more, and share a port.
    let other = Collector(try queue("right", [.test("239.1.1.2", 26_400), .test("239.1.1.1", 26_401)]))
    let collector = Collector(try queue("right", [.test("239.1.1.1", 26_400), .test("239.1.1.3", 26_401)]))
    let sender = try FrameSender("left")
    let unwanted = [("239.1.1.2", 26_400), ("239.1.1.1", 26_401), ("239.1.1.4", 26_400), ("10.9.0.2", 26_400)]
    for (number, to) in unwanted.enumerated() {
      sender.send(TestFrame(group: to.0, port: UInt16(to.1), payload: payload(number)).bytes)
    }
    sender.send(testFrame(100, to: "239.1.1.1", 26_400))
    sender.send(testFrame(101, to: "239.1.1.3", 26_401))
    #expect(collector.collect(2).map { number(of: $0.payload) } == [100, 101])
    #expect(other.collect(2).map { number(of: $0.payload) } == [0, 1])
    // Through the other interface the group is another matter: `left` sends to itself, so to say.
    let back = try FrameSender("right")
    back.send(testFrame(5, to: "239.1.1.1", 26_400))
    sender.send(testFrame(102, to: "239.1.1.1", 26_400))
    #expect(number(of: collector.collect(3)[2].payload) == 102)
  }

  @Test(arguments: [false, true]) func sourcesThatWereNotNamedAreNotHeard(isIPv6: Bool) throws {
    let network = try TestNetwork()
    defer { network.leave() }
    let group = isIPv6 ? "ff35::77" : "232.1.1.1"
    let sources = isIPv6 ? ["2001:db8::1", "2001:db8::2", "2001:db8::3"] : ["10.9.0.11", "10.9.0.12", "10.9.0.13"]
    let wanted = sources[1...].map { IPAddress($0)! }
    let two = LiveSubscription(address: IPAddress(group)!, port: 26_400, sources: wanted)
    let some = Collector(try queue("right", [two]))
    let any = Collector(try queue("right", [.test(group, 26_400)]))
    let sender = try FrameSender("left")
    for number in 0..<30 {
      sender.send(TestFrame(source: sources[number % 3], group: group, port: 26_400, payload: payload(number)).bytes)
    }
    #expect(some.collect(20).map { number(of: $0.payload) } == (0..<30).filter { $0 % 3 != 0 })
    #expect(any.collect(30).map { number(of: $0.payload) } == Array(0..<30))
  }

  @Test func unicastComesToOneAddressOrToAnyOfTheInterface() throws {
    let network = try TestNetwork()
    defer { network.leave() }
    let one = Collector(try queue("right", [.test("10.9.0.2", 26_400)]))
    let any = Collector(try queue("right", [.test("0.0.0.0", 26_401), .test("::", 26_402)]))
    try TestNetwork.ip("address add 2001:db8::2/64 dev right nodad")
    try TestNetwork.ip("address add 10.9.0.3/24 dev right")
    let mac = try macAddress("right")
    let sender = try FrameSender("left")
    let to = [
      ("10.9.0.2", 26_400), ("10.9.0.2", 26_401), ("10.9.0.3", 26_401), ("2001:db8::2", 26_402), ("239.1.1.1", 26_401),
    ]
    for (number, to) in to.enumerated() {
      let source = to.0.contains(":") ? "2001:db8::77" : "10.9.0.77"
      let frame = TestFrame(source: source, group: to.0, port: UInt16(to.1), payload: payload(number)).bytes
      sender.send(to.0.hasPrefix("239") ? frame : mac + frame[6...])
    }
    sender.send(mac + testFrame(9, to: "10.9.0.2", 26_401)[6...])
    #expect(one.collect(1).map(\.destination) == ["10.9.0.2:26400"])
    let packets = any.collect(4)
    #expect(packets.map { number(of: $0.payload) }.sorted() == [1, 2, 3, 9])
    #expect(
      packets.sorted { number(of: $0.payload) < number(of: $1.payload) }.map(\.destination)
        == ["10.9.0.2:26401", "10.9.0.3:26401", "[2001:db8::2]:26402", "10.9.0.2:26401"])
    #expect(packets.allSatisfy { $0.verdict == "whole" && Array($0.frame[..<6]) == mac })
  }

  @Test func manySocketsShareBurstsFairlyAndNoneStarves() throws {
    let network = try TestNetwork()
    defer { network.leave() }
    // Beyond what is asked directly: epoll.
    let groups = (0..<80).map { LiveSubscription.test("239.1.2.\($0)", 26_400) }
    for count in [2, 80] {
      let collector = Collector(try queue("right", Array(groups[..<count])), burst: 32)
      let sender = try FrameSender("left")
      // The first is far ahead of the others.
      for number in 0..<2_000 { sender.send(testFrame(number, to: "239.1.2.0", 26_400)) }
      for index in 1..<count { sender.send(testFrame(index, to: "239.1.2.\(index)", 26_400)) }
      #expect(collector.poll() == 32, "a burst is filled while there is something")
      // All others are heard in the time that fair shares of bursts of 32 take.
      for _ in 0..<(count / 16) { collector.poll() }
      #expect(Set(collector.packets.map(\.destination)).count == count)
      let packets = collector.collect(2_000 + count - 1)
      for index in 0..<count {
        let numbers = packets.filter { $0.destination == "239.1.2.\(index):26400" }.map { number(of: $0.payload) }
        #expect(numbers == (index == 0 ? Array(0..<2_000) : [index]), "group \(index)")
      }
      #expect(collector.queue.figures().drops == 0)
    }
  }

  @Test func datagramsBeyondTheBuffersAreCutAndSaySo() throws {
    let network = try TestNetwork()
    defer { network.leave() }
    let collector = Collector(try queue("lo", [.test("239.1.1.1", 26_400)]) { $0.datagramLengthMaximum = 100 })
    let sender = try DatagramSender("lo")
    for length in [99, 100, 101, 60_000] { try sender.send(payload(length, length: length), to: "239.1.1.1", 26_400) }
    let packets = collector.collect(4)
    #expect(packets.map(\.wireLength) == [141, 142, 143, 60_042])
    #expect(packets.map(\.frame.count) == [141, 142, 142, 142])
    #expect(packets.map(\.verdict) == ["whole", "whole", "cut", "cut"])
    #expect(packets[3].payload == Array(payload(60_000, length: 100)))
    #expect(collector.queue.figures().cut == 2)
    // Without a limit: what the interface's MTU lets through, at most 9,216 bytes.
    let whole = Collector(try queue("lo", [.test("239.1.1.1", 26_401)]))
    for length in [9_216, 9_217] { try sender.send(payload(length, length: length), to: "239.1.1.1", 26_401) }
    #expect(whole.collect(2).map(\.verdict) == ["whole", "cut"])
  }

  @Test func bytesStayForTheBurstsThatWerePromised() throws {
    let network = try TestNetwork()
    defer { network.leave() }
    let queue = try queue("lo", [.test("239.1.1.1", 26_400)]) { $0.burstPacketsMaximum = 3 }
    defer { queue.close() }
    try expectRetention(queue, try DatagramSender("lo"), "239.1.1.1", 26_400)
  }

  @Test func dropsAreCountedWhenNobodyPolls() throws {
    let network = try TestNetwork()
    defer { network.leave() }
    let groups = ["239.1.1.1", "239.1.1.2"]
    let collector = Collector(try queue("lo", groups.map { .test($0, 26_400) }) { $0.receiveBufferBytes = 65_536 })
    let sender = try DatagramSender("lo")
    for number in 0..<4_000 {
      try sender.send(payload(number, length: 1_000), to: groups[number % 4 == 0 ? 1 : 0], 26_400)
    }
    var came = 0
    while true {
      let count = collector.poll()
      came += count
      if count == 0 { break }
    }
    let figures = collector.queue.figures()
    #expect(came > 0 && figures.drops > 0)
    #expect(UInt64(came) + figures.drops == 4_000)
    #expect(collector.queue.figures() == figures, "asking again counts nothing twice")
  }

  @Test func aDownInterfaceIsWaitedForAndAGoneOneEndsTheQueue() throws {
    let network = try TestNetwork()
    defer { network.leave() }
    let collector = Collector(try queue("right", [.test("239.1.1.1", 26_400), .test("239.1.1.2", 26_400)]))
    let sender = try FrameSender("left")
    sender.send(testFrame(1, to: "239.1.1.1", 26_400))
    collector.collect(1)
    try TestNetwork.ip("link set right down")
    #expect(collector.poll { collector.queue.figures().linkIsUp == false })
    #expect(collector.queue.failure == nil && collector.poll() == 0)
    try TestNetwork.ip("link set right up")
    #expect(collector.poll { collector.queue.figures().linkIsUp == true })
    let second = collector.collect { sender.send(testFrame(2, to: "239.1.1.1", 26_400)) }
    #expect(second.map { number(of: $0.payload) } == 2)
    // Polling alone finds out.
    try TestNetwork.ip("link delete right")
    #expect(collector.poll { collector.queue.failure != nil })
    #expect("\(try #require(collector.queue.failure))".contains("interface right has vanished"))
    #expect(collector.queue.figures().linkIsUp == false && collector.queue.figures().packets >= 2)
  }

  @Test func leavingGivesTheGroupsBack() throws {
    let network = try TestNetwork()
    defer { network.leave() }
    // 239.1.2.3 as the kernel prints it: a word in memory order.
    let group = "030201EF"
    let queue = try queue("right", [.test("239.1.2.3", 26_400), .test("239.1.2.3", 26_401)])
    #expect(try TestNetwork.groups().contains(group))
    queue.close()
    queue.close()
    #expect(try TestNetwork.hasLeft(group))
    #expect(queue.receive(into: UnsafeMutableBufferPointer(start: nil, count: 0)) == 0)
    #expect(queue.figures().packets == 0)
  }

  @Test func memoryLimitsAreToldWithTheirRemedy() throws {
    let network = try TestNetwork()
    defer { network.leave() }
    // The largest that can be asked for is granted to root; nothing to warn of.
    #expect(try queue("lo", [.test("239.1.1.1", 26_400)]) { $0.receiveBufferBytes = 1 << 30 }.warnings == [])
    let warnings = try withoutCapabilities {
      try queue("lo", [.test("239.1.1.1", 26_400), .test("239.1.1.2", 26_400)]) {
        $0.receiveBufferBytes = 1 << 30
      }.warnings
    }
    #expect(warnings.count == 2, "once for all sockets")
    #expect(warnings.first?.contains("net.core.rmem_max; sysctl -w net.core.rmem_max=1073741823") == true)
    #expect(warnings.last?.contains("SO_PREFER_BUSY_POLL") == true && warnings.last?.contains("CAP_NET_ADMIN") == true)
  }
}
