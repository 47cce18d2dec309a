import FeedCore
import Foundation
import Glibc
import Testing

@testable import FeedIO

/// Live capture by libpcap over a veth pair: what comes, what does not, and how it ends.
@Suite(.serialized, .enabled(if: TestNetwork.isPossible, TestNetwork.reason), .enabled(if: isPcapThere, "no libpcap"))
struct PcapLiveQueueTests {
  private func queue(
    _ interface: String, _ subscriptions: [LiveSubscription], _ options: PcapLiveOptions = PcapLiveOptions()
  ) throws -> PcapLiveQueue {
    try PcapLiveQueue(name: "t", interface: interface, subscriptions: subscriptions, options: options)
  }

  @Test func framesComeAsTheyWereSentWithNanoseconds() throws {
    let network = try TestNetwork()
    defer { network.leave() }
    let collector = Collector(try queue("right", [.test("239.1.2.3", 26_477)]))
    let sender = try FrameSender("left")
    let frames = (0..<300).map { testFrame($0, to: "239.1.2.3", 26_477, length: 8 + $0 * 4) }
    let before = unixNanoseconds()
    for frame in frames { #expect(sender.send(frame)) }
    let packets = collector.collect(300)
    let after = unixNanoseconds()
    #expect(packets.map(\.frame) == frames && packets.allSatisfy { $0.verdict == "whole" })
    #expect(packets.allSatisfy { (before...after).contains($0.captureNanoseconds) })
    #expect(packets.contains { $0.captureNanoseconds % 1_000 != 0 }, "nanoseconds")
    let figures = collector.queue.figures()
    #expect(figures.packets == 300 && figures.drops == 0 && figures.timestamps == .kernel && figures.linkIsUp == true)
    #expect(figures.bytes == frames.reduce(0) { $0 + UInt64($1.count) })
  }

  @Test func onlyWhatWasSubscribedPassesTaggedOrNot() throws {
    let network = try TestNetwork()
    defer { network.leave() }
    var source = LiveSubscription.test("232.1.2.3", 26_478)
    source.sources = [IPAddress("10.9.0.77")!]
    let collector = Collector(try queue("right", [.test("239.1.2.3", 26_477), source, .test("ff05::9", 26_479)]))
    let sender = try FrameSender("left")
    let tagged = TestFrame(group: "239.1.2.3", port: 26_477, payload: payload(2), tags: [0x8100_000A]).bytes
    let wanted = [
      testFrame(1, to: "239.1.2.3", 26_477), tagged, testFrame(3, to: "232.1.2.3", 26_478),
      TestFrame(source: "fe80::1", group: "ff05::9", port: 26_479, payload: payload(4)).bytes,
    ]
    let unwanted = [
      testFrame(5, to: "239.1.2.4", 26_477), testFrame(6, to: "239.1.2.3", 26_476),
      TestFrame(source: "10.9.0.78", group: "232.1.2.3", port: 26_478, payload: payload(7)).bytes,
    ]
    for frame in unwanted + wanted { #expect(sender.send(frame)) }
    let packets = collector.collect(wanted.count)
    #expect(Set(packets.map(\.frame)) == Set(wanted))
  }

  @Test func whatThisMachineSendsIsNotSeen() throws {
    let network = try TestNetwork()
    defer { network.leave() }
    // The kernels' own frames are not for this port.
    let collector = Collector(try queue("right", [.test("239.1.2.3", 1)]))
    let own = try FrameSender("right")
    let other = try FrameSender("left")
    for number in 0..<20 {
      #expect(own.send(testFrame(number, to: "239.1.2.3", 1)))
      #expect(other.send(testFrame(100 + number, to: "239.1.2.3", 1)))
    }
    let numbers = collector.collect(20).map { number(of: $0.payload) }
    #expect(numbers == Array(100..<120))
  }

  @Test func bytesStayForTheBurstsThatWerePromised() throws {
    let network = try TestNetwork()
    defer { network.leave() }
    var options = PcapLiveOptions()
    options.burstPacketsMaximum = 3
    let queue = try queue("lo", [.test("127.0.0.1", 26_480)], options)
    defer { queue.close() }
    try expectRetention(queue, DatagramSender("lo"), "127.0.0.1", 26_480)
  }

  @Test func dropsAreCountedWhenNobodyPolls() throws {
    let network = try TestNetwork()
    defer { network.leave() }
    var options = PcapLiveOptions()
    options.bufferBytes = 65_536
    let collector = Collector(try queue("right", [.test("239.1.2.3", 26_477)], options))
    let sender = try FrameSender("left")
    let count = 3_000
    for number in 0..<count { #expect(sender.send(testFrame(number, to: "239.1.2.3", 26_477, length: 1_000))) }
    var empty = 0
    while empty < 1_000 { empty = collector.poll() == 0 ? empty + 1 : 0 }
    let figures = collector.queue.figures()
    #expect(figures.drops > 0 && figures.packets > 0)
    #expect(figures.packets + figures.drops == UInt64(count))
  }

  @Test func aDownInterfaceIsWaitedForAndAGoneOneEndsTheQueue() throws {
    let network = try TestNetwork()
    defer { network.leave() }
    let collector = Collector(try queue("right", [.test("239.1.2.3", 26_477)]))
    let sender = try FrameSender("left")
    #expect(sender.send(testFrame(1, to: "239.1.2.3", 26_477)))
    collector.collect(1)
    try TestNetwork.ip("link set right down")
    #expect(collector.poll { collector.queue.figures().linkIsUp == false })
    #expect(collector.queue.failure == nil)
    try TestNetwork.ip("link set right up")
    #expect(collector.poll { collector.queue.figures().linkIsUp == true })
    let second = collector.collect { sender.send(testFrame(2, to: "239.1.2.3", 26_477)) }
    #expect(second.map { number(of: $0.payload) } == 2)
    try TestNetwork.ip("link delete left")
    #expect(collector.poll { collector.queue.failure != nil })
    #expect(collector.queue.failure?.description.hasPrefix("interface right has vanished") == true)
  }

  @Test func groupsAreJoinedAndLeft() throws {
    let network = try TestNetwork()
    defer { network.leave() }
    // 239.7.7.7, as /proc has it.
    let group = "070707EF"
    #expect(try !TestNetwork.groups().contains(group))
    let queue = try queue("right", [.test("239.7.7.7", 26_477)])
    #expect(try TestNetwork.groups().contains(group))
    queue.close()
    #expect(try TestNetwork.hasLeft(group))
  }

  @Test func whatCannotBeOpenedIsOneLine() throws {
    let network = try TestNetwork()
    defer { network.leave() }
    #expect(throws: LiveOpeningError.self) { try queue("nosuch0", []) }
    try TestNetwork.ip("link set right down")
    #expect(throws: LiveOpeningError.interfaceIsDown(name: "right")) { try queue("right", []) }
    try TestNetwork.ip("link set right up")
    try withoutCapabilities {
      #expect(
        throws: LiveOpeningError.noPermission(what: "capturing with libpcap at right", right: "CAP_NET_RAW")
      ) { try queue("right", []) }
    }
  }
}

/// Whether libpcap is on this machine.
let isPcapThere = (try? PcapLibrary()) != nil
