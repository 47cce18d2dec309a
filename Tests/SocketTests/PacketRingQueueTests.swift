import FeedCore
import Glibc
import Testing

@testable import FeedIO

/// Whole frames through AF_PACKET rings, over a pair of veth interfaces.
@Suite(.serialized, .enabled(if: TestNetwork.isPossible, TestNetwork.reason))
struct PacketRingQueueTests {
  private func ring(
    _ subscriptions: [LiveSubscription], on interface: String = "right",
    _ change: (inout PacketRingOptions) -> Void = { _ in }
  ) throws -> PacketRingQueue {
    var options = PacketRingOptions()
    change(&options)
    return try PacketRingQueue(name: "test:0", interface: interface, subscriptions: subscriptions, options: options)
  }

  @Test func framesComeAsTheyWereSent() throws {
    let network = try TestNetwork()
    defer { network.leave() }
    let collector = Collector(try ring([.test("239.1.1.1", 26_400), .test("ff15::9", 26_401)]))
    let sender = try FrameSender("left")
    let before = unixNanoseconds()
    let frames = (0..<2_000).map { number in
      number % 3 == 0
        ? TestFrame(
          source: "2001:db8::77", group: "ff15::9", port: 26_401, payload: payload(number, length: 8 + number % 1_400)
        ).bytes
        : testFrame(number, to: "239.1.1.1", 26_400, length: 8 + number % 1_400)
    }
    for frame in frames { sender.send(frame) }
    let packets = collector.collect(2_000)
    #expect(packets.map(\.frame) == frames)
    #expect(packets.map(\.wireLength) == frames.map(\.count))
    #expect(Set(packets.map(\.verdict)) == ["whole"])
    #expect(Set(packets.map(\.destination)) == ["239.1.1.1:26400", "[ff15::9]:26401"])
    #expect(packets.allSatisfy { $0.captureNanoseconds >= before && $0.captureNanoseconds <= unixNanoseconds() })
    let figures = collector.queue.figures()
    #expect(figures.packets == 2_000 && figures.drops == 0 && figures.cut == 0 && figures.errors == 0)
    #expect(figures.bytes == UInt64(frames.reduce(0) { $0 + $1.count }))
    #expect(figures.timestamps == .kernel && figures.linkIsUp == true && collector.queue.failure == nil)
  }

  @Test func tagsThatTheKernelTookOutArePutBack() throws {
    let network = try TestNetwork()
    defer { network.leave() }
    let collector = Collector(try ring([.test("239.1.1.1", 26_400)]))
    let sender = try FrameSender("left")
    // 802.1Q, VLAN 0 with a priority, 802.1ad, and both: the inner one stays where it was.
    let frames = [[0x8100_0064], [0x8100_E000], [0x88A8_0065], [0x88A8_0066, 0x8100_4067], []].enumerated().map {
      TestFrame(group: "239.1.1.1", port: 26_400, payload: payload($0.offset), tags: $0.element).bytes
    }
    for frame in frames { sender.send(frame) }
    let packets = collector.collect(frames.count)
    #expect(packets.map(\.frame) == frames)
    #expect(packets.map(\.wireLength) == frames.map(\.count))
    #expect(Set(packets.map(\.destination)) == ["239.1.1.1:26400"])
  }

  @Test func jumboFramesComeWhole() throws {
    let network = try TestNetwork()
    defer { network.leave() }
    for side in ["left", "right"] { try TestNetwork.ip("link set \(side) mtu 9000") }
    let collector = Collector(try ring([.test("239.1.1.1", 26_400)]) { $0.bufferBytes = 65_536 })
    let sender = try FrameSender("left")
    let frames = (0..<200).map { testFrame($0, to: "239.1.1.1", 26_400, length: 8_972 - $0) }
    for frame in frames {
      #expect(sender.send(frame))
      collector.poll()
    }
    #expect(collector.collect(200).map(\.frame) == frames)
  }

  @Test func onlyWhatWasSubscribedPassesTheFilter() throws {
    let network = try TestNetwork()
    defer { network.leave() }
    let sources = ["10.9.0.11", "10.9.0.12"].map { IPAddress($0)! }
    let wanted: [LiveSubscription] = [
      .test("239.1.1.1", 26_400), .test("239.1.1.1", 26_401),
      LiveSubscription(address: IPAddress("232.1.1.1")!, port: 26_402, sources: sources), .test("ff15::9", 26_403),
      LiveSubscription(address: IPAddress("ff35::9")!, port: 26_404, sources: [IPAddress("2001:db8::1")!]),
      .test("0.0.0.0", 26_405),
    ]
    let collector = Collector(try ring(wanted))
    let everything = Collector(try ring([]))
    let sender = try FrameSender("left")
    var frames: [[UInt8]] = []
    var expected: [[UInt8]] = []
    for group in ["239.1.1.1", "239.1.1.2", "232.1.1.1", "10.9.0.2", "ff15::9", "ff35::9", "ff15::1:9"] {
      for port: UInt16 in 26_399...26_406 {
        for last in ["1", "11", "12"] {
          let isIPv6 = group.contains(":")
          let source = isIPv6 ? "2001:db8::\(last)" : "10.9.0.\(last)"
          let frame = TestFrame(source: source, group: group, port: port, payload: payload(frames.count)).bytes
          frames.append(frame)
          let isWanted = wanted.contains {
            ($0.address == IPAddress(group)! || $0.address.isWildcard && !isIPv6) && $0.port == port
              && ($0.sources.isEmpty || $0.sources.contains(IPAddress(source)!))
          }
          if isWanted { expected.append(frame) }
        }
      }
    }
    // TCP and a later fragment to a group and port that are wanted, ARP, and what is too short for any of it.
    var other = [frames[3], frames[3]]
    other[0][23] = 6
    other[1][21] = 1
    other.append([UInt8](repeating: 0xFF, count: 12) + [0x08, 0x06] + [UInt8](repeating: 0, count: 46))
    other.append(Array(frames[3][..<36]))
    for frame in other + frames { #expect(sender.send(frame)) }
    let last = testFrame(9_999, to: "239.1.1.1", 26_400)
    sender.send(last)
    #expect(collector.collect(expected.count + 1).map(\.frame) == expected + [last])
    #expect(expected.count == 2 * 3 + 2 + 3 + 1 + 4 * 3)
    // Without subscriptions everything comes; the kernel's own talk (router solicitations, reports) among it.
    let all = everything.poll { everything.packets.contains { $0.frame == last } }
    #expect(all && Set((other + frames).map { $0 }).isSubset(of: Set(everything.packets.map(\.frame))))
  }

  @Test func whatThisMachineSendsIsNotSeen() throws {
    let network = try TestNetwork()
    defer { network.leave() }
    let collector = Collector(try ring([.test("239.1.1.1", 26_400)]))
    let own = try DatagramSender("right")
    try own.send(payload(1), to: "239.1.1.1", 26_400)
    try FrameSender("right").send(testFrame(2, to: "239.1.1.1", 26_400))
    try FrameSender("left").send(testFrame(3, to: "239.1.1.1", 26_400))
    #expect(collector.collect(1).map { number(of: $0.payload) } == [3])
    // Not even on the loopback interface, where everything that is sent comes in again.
    let loopback = Collector(try ring([.test("239.1.1.1", 26_400)], on: "lo"))
    let sender = try DatagramSender("lo")
    for number in 0..<10 { try sender.send(payload(number), to: "239.1.1.1", 26_400) }
    #expect(loopback.collect(10).map { number(of: $0.payload) } == Array(0..<10))
  }

  @Test func checksumsThatNoCardWroteAreNotWrong() throws {
    let network = try TestNetwork()
    defer { network.leave() }
    let collector = Collector(try ring([.test("239.1.1.1", 26_400), .test("ff15::9", 26_400)]))
    // Programs of this machine: veth takes packets without checksums, as a card with offloads would.
    let ipv4 = try DatagramSender("left")
    let ipv6 = try DatagramSender("left", isIPv6: true)
    for number in 0..<10 {
      try ipv4.send(payload(number), to: "239.1.1.1", 26_400)
      try ipv6.send(payload(number), to: "ff15::9", 26_400)
    }
    // And one whose checksum is wrong, which stays so.
    var wrong = testFrame(10, to: "239.1.1.1", 26_400)
    wrong[wrong.count - 1] ^= 1
    try FrameSender("left").send(wrong)
    let packets = collector.collect(21)
    #expect(packets[..<20].allSatisfy { $0.verdict == "whole" }, "\(packets.map(\.verdict))")
    #expect(packets[20].verdict == "badUDPChecksum" && packets[20].frame == wrong)
    // IPv4: marked as absent.
    let checksums = packets[..<20].filter { $0.frame[12] == 8 }.map { Array($0.frame[40..<42]) }
    #expect(checksums == [[UInt8]](repeating: [0, 0], count: 10), "\(packets)")
  }

  @Test func bytesStayForTheBurstsThatWerePromised() throws {
    let network = try TestNetwork()
    defer { network.leave() }
    // The smallest ring there is: its blocks come round often.
    let queue = try ring([.test("239.1.1.1", 26_400)]) { $0.bufferBytes = 65_536 }
    defer { queue.close() }
    #expect(queue.blockCount == 48 && queue.blockSize == 16_384)
    try expectRetention(queue, try DatagramSender("left"), "239.1.1.1", 26_400)
  }

  @Test func dropsAreCountedWhenNobodyPolls() throws {
    let network = try TestNetwork()
    defer { network.leave() }
    let collector = Collector(try ring([.test("239.1.1.1", 26_400)]) { $0.bufferBytes = 65_536 })
    let sender = try FrameSender("left")
    for number in 0..<2_000 { sender.send(testFrame(number, to: "239.1.1.1", 26_400, length: 1_000)) }
    // The last block closes when its time is up.
    #expect(collector.poll { collector.queue.figures().drops + UInt64(collector.packets.count) == 2_000 })
    let figures = collector.queue.figures()
    #expect(figures.drops > 0 && collector.packets.count > 0)
    #expect(collector.queue.figures() == figures, "asking again counts nothing twice")
    // It goes on where there is room again.
    let came = collector.packets.count
    for number in 0..<20 { sender.send(testFrame(5_000 + number, to: "239.1.1.1", 26_400)) }
    #expect(collector.collect(came + 20).suffix(20).map { number(of: $0.payload) } == (0..<20).map { 5_000 + $0 })
  }

  @Test func aDownInterfaceIsWaitedForAndAGoneOneEndsTheQueue() throws {
    let network = try TestNetwork()
    defer { network.leave() }
    let collector = Collector(try ring([.test("239.1.1.1", 26_400)]))
    let sender = try FrameSender("left")
    sender.send(testFrame(1, to: "239.1.1.1", 26_400))
    collector.collect(1)
    for side in ["left", "right"] {
      try TestNetwork.ip("link set \(side) down")
      #expect(collector.poll { collector.queue.figures().linkIsUp == false })
      #expect(collector.queue.failure == nil)
      try TestNetwork.ip("link set \(side) up")
      #expect(collector.poll { collector.queue.figures().linkIsUp == true })
    }
    let second = collector.collect { sender.send(testFrame(2, to: "239.1.1.1", 26_400)) }
    #expect(second.map { number(of: $0.payload) } == 2)
    // Polling alone finds out.
    try TestNetwork.ip("link delete right")
    #expect(collector.poll { collector.queue.failure != nil })
    #expect("\(try #require(collector.queue.failure))".contains("interface right has vanished"))
    #expect(collector.queue.figures().linkIsUp == false && collector.queue.figures().packets >= 2)
  }

  @Test func groupsAreJoinedAndLeft() throws {
    let network = try TestNetwork()
    defer { network.leave() }
    let wire = Collector(try ring([], on: "left"))
    let queue = try ring([.test("239.1.2.3", 26_400), .test("239.1.2.3", 26_401)])
    #expect(try TestNetwork.groups().contains("030201EF"))
    // IGMPv3 (RFC 3376 section 4.2.12): a record for 239.1.2.3, to exclude nothing (4); then, as it is left, to
    // include nothing (3).
    func reports(_ type: UInt8) -> Bool {
      wire.packets.contains {
        $0.frame.count >= 54 && Array($0.frame[12..<14]) == [8, 0] && $0.frame[23] == 2
          && Array($0.frame[30..<34]) == [224, 0, 0, 22] && $0.frame[38] == 0x22 && $0.frame[46] == type
          && Array($0.frame[50..<54]) == [239, 1, 2, 3]
      }
    }
    #expect(wire.poll { reports(4) })
    queue.close()
    queue.close()
    #expect(wire.poll { reports(3) })
    #expect(try TestNetwork.hasLeft("030201EF"))
    // A tap joins nothing.
    let tap = try ring([.test("239.1.2.3", 26_400)]) { $0.reception = .promiscuous }
    #expect(try !TestNetwork.groups().contains("030201EF"))
    let collector = Collector(tap)
    var frame = testFrame(1, to: "239.1.2.3", 26_400)
    frame.replaceSubrange(0..<6, with: [0x02, 0, 0, 0, 0, 0x99])
    try FrameSender("left").send(frame)
    #expect(collector.collect(1)[0].frame == frame)
  }

  @Test(arguments: [PacketRingOptions.Fanout.byFlow, .byQueue])
  func ringsThatShareAnInterfaceGetEachPacketOnce(fanout: PacketRingOptions.Fanout) throws {
    let network = try TestNetwork()
    defer { network.leave() }
    let groups = (0..<32).map { LiveSubscription.test("239.1.4.\($0)", 26_400) }
    let rings = try (0..<2).map { _ in
      Collector(
        try ring(groups) {
          $0.fanout = fanout
          $0.fanoutGroup = 77
        })
    }
    let sender = try FrameSender("left")
    for number in 0..<1_600 { sender.send(testFrame(number, to: "239.1.4.\(number % 32)", 26_400)) }
    #expect(rings[0].poll {
      rings[1].poll()
      return rings[0].packets.count + rings[1].packets.count >= 1_600
    })
    #expect((rings[0].packets + rings[1].packets).map { number(of: $0.payload) }.sorted() == Array(0..<1_600))
    let flows = rings.map { Set($0.packets.map(\.destination)) }
    #expect(flows[0].isDisjoint(with: flows[1]), "a flow stays with one ring")
    #expect(rings.allSatisfy { $0.queue.figures().drops == 0 })
    if fanout == .byFlow { #expect(!flows[0].isEmpty && !flows[1].isEmpty) }
    // Another use of the same group number.
    #expect(throws: LiveOpeningError.fanoutRefused(interface: "right", group: 77)) {
      try ring(groups) {
        $0.fanout = fanout == .byFlow ? .byQueue : .byFlow
        $0.fanoutGroup = 77
      }
    }
  }
}
