import FeedCore
import Testing

@testable import FeedIO

@Suite(.enabled(if: hasLibrary("libpcap.so.0.8", "libpcap.so.1"), "needs libpcap (Debian: libpcap0.8)"))
struct PacketFilterTests {
  private let frames = [
    UDPFrame.make([1], port: 26_477), UDPFrame.make([2], port: 26_478), UDPFrame.make([3], port: 26_477),
  ]
  private var file: [UInt8] { Pcap.file(frames.enumerated().map { TestPacket(UInt64($0.offset), $0.element) }) }

  @Test func onlyMatchingPacketsAreHandedOutAndTheRestCounted() throws {
    let walk = try walk(file, filter: "udp dst port 26477")
    #expect(walk.packets.map(\.bytes) == [frames[0], frames[2]])
    #expect(walk.recordIndexes == [0, 2], "a record keeps its position in the file")
    #expect(walk.faults == ["filteredOut 1 @ \(24 + 16 + frames[0].count)"])
  }

  @Test func blankFilterIsNone() throws {
    #expect(try walk(file, filter: " \t").packets.count == 3)
    #expect(try walk(file, filter: nil).packets.count == 3)
  }

  @Test func groupAndNegationWork() throws {
    #expect(try walk(file, filter: "dst host 233.54.12.111").packets.count == 3)
    #expect(try walk(file, filter: "not dst host 233.54.12.111").packets.isEmpty)
  }

  @Test func filterSeesTheLengthOnTheWire() throws {
    let cut = Pcap.file([TestPacket(0, Array(frames[0][..<34]), wireLength: 1_000)])
    #expect(try walk(cut, filter: "len > 900").packets.count == 1)
    #expect(try walk(cut, filter: "udp dst port 26477").packets.isEmpty, "the port was not captured")
  }

  @Test func everyLinkTypeHasItsOwnProgram() throws {
    let ip = Array(frames[0][14...])
    let sll: [UInt8] = [0, 2, 0, 1, 0, 6] + [UInt8](repeating: 0, count: 8) + [8, 0]
    let sll2: [UInt8] = [8, 0, 0, 0, 0, 0, 0, 3, 0, 1, 0, 6] + [UInt8](repeating: 0, count: 8)
    let links: [(UInt32, [UInt8], Bool)] = [
      (101, ip, false), (12, ip, false), (14, ip, false), (228, ip, false), (113, sll + ip, false),
      (276, sll2 + ip, false), (0, [2, 0, 0, 0] + ip, false), (0, [0, 0, 0, 2] + ip, true),
      (108, [0, 0, 0, 2] + ip, false),
    ]
    for (link, bytes, bigEndian) in links {
      let capture = Pcap.file([TestPacket(1, bytes)], bigEndian: bigEndian, link: link)
      #expect(try walk(capture, filter: "udp dst port 26477").packets.count == 1, "link type \(link)")
      #expect(try walk(capture, filter: "udp dst port 1").packets.isEmpty, "link type \(link)")
    }
  }

  @Test func pcapngInterfacesAreFilteredByTheirOwnLinkType() throws {
    let ip = Array(frames[0][14...])
    let capture =
      Pcapng.section() + Pcapng.interface(link: 1) + Pcapng.interface(link: 101)
      + Pcapng.enhanced(frames[0], ticks: 1) + Pcapng.enhanced(ip, ticks: 2, interface: 1)
      + Pcapng.enhanced(frames[1], ticks: 3)
    let walk = try walk(capture, filter: "udp dst port 26477")
    #expect(walk.packets.map(\.bytes) == [frames[0], ip])
    #expect(walk.readings.map(\.name) == ["filteredOut"] && walk.recordIndexes == [0, 1])
  }

  @Test func filterThatDoesNotCompileIsAnError() {
    let error = openingError(file, filter: "udp dst prot 26477")
    #expect(error?.description.hasPrefix("filter 'udp dst prot 26477' does not compile for Ethernet: ") == true)
    #expect(error?.description.contains("\n") == false)
    // Good for Ethernet, meaningless on raw IP.
    let raw = openingError(Pcap.header(link: 101), filter: "ether dst 01:00:5e:36:0c:6f")
    #expect(raw?.description.contains("raw IP") == true)
  }

  @Test func interfaceDescribedLaterThatTheFilterCannotJudgeIsCounted() throws {
    let capture =
      Pcapng.section() + Pcapng.interface(link: 1) + Pcapng.enhanced(frames[0], ticks: 1)
      + Pcapng.interface(link: 101) + Pcapng.enhanced(Array(frames[0][14...]), ticks: 2, interface: 1)
    let walk = try walk(capture, filter: "ether dst 01:00:5e:36:0c:6f")
    #expect(walk.packets.count == 1 && walk.readings.map(\.name) == ["filterNotApplicable"])
  }

  @Test func linkTypesThatFeedhDoesNotReadPassUnjudged() throws {
    #expect(try walk(Pcap.file([TestPacket(1, [1, 2, 3])], link: 105), filter: "udp").links == [.unsupported])
  }

  @Test func filterOnMessagesIsAnError() {
    guard case .filterNeedsPackets? = openingError(Messages.prefixed(Messages.systemEvent(1)), filter: "udp") else {
      Issue.record("a length-prefixed file took a filter")
      return
    }
  }

  @Test func filterThatMatchesNothingEndsAllTheSame() throws {
    let many = Pcap.file((0..<20_000).map { TestPacket(UInt64($0), [1, 2, 3]) })
    let walk = try walk(many, many, filter: "udp")
    #expect(walk.packets.isEmpty && walk.readings.map(\.count) == [40_000])
  }
}
