import Testing

@testable import FeedCore

@Suite struct FrameParserTests {
  @Test func plainEthernetUDPGivesPayloadAddressesAndPorts() {
    #expect(outcome(TestFrame.plain) == .udp4())
  }

  @Test func bytesAfterTheIPPacketAreIgnored() {
    #expect(outcome(TestFrame.plain + [0xAA, 0xBB, 0xCC, 0xDD]) == .udp4())
    let short = TestFrame.ethernet(0x0800, TestFrame.ipv4(TestFrame.udp([1])))
    #expect(outcome(short + [UInt8](repeating: 0xEE, count: 60 - short.count)) == .udp4([1]))
  }

  @Test(arguments: [[0x8100], [0x88A8, 0x8100], [0x9100, 0x8100, 0x8100], [Int](repeating: 0x8100, count: 8)])
  func vlanTagsAreLookedThrough(tags: [Int]) {
    #expect(outcome(TestFrame.ethernet(0x0800, TestFrame.ipv4(TestFrame.udp()), tags: tags)) == .udp4())
    #expect(outcome(TestFrame.ethernet(0x86DD, TestFrame.ipv6(TestFrame.udp6()), tags: tags)) == .udp6())
  }

  @Test func moreVLANTagsThanTheMaximumAreNotIP() {
    let frame = TestFrame.ethernet(
      0x0800, TestFrame.ipv4(TestFrame.udp()), tags: [Int](repeating: 0x8100, count: FrameParser.vlanTagsMaximum + 1))
    #expect(outcome(frame) == .discarded(.notIP))
  }

  @Test func everyLinkTypeReachesIP() {
    let ip = TestFrame.ipv4(TestFrame.udp())
    let ip6 = TestFrame.ipv6(TestFrame.udp6())
    // SLL: packet type, ARPHRD, address length, address (8), protocol.
    let sll: [UInt8] = [0, 2, 0, 1, 0, 6] + [UInt8](repeating: 0x11, count: 8)
    #expect(outcome(sll + [0x08, 0x00] + ip, link: .linuxSLL) == .udp4())
    #expect(outcome(sll + [0x86, 0xDD] + ip6, link: .linuxSLL) == .udp6())
    #expect(outcome(sll + [0x81, 0x00, 0, 5, 0x08, 0x00] + ip, link: .linuxSLL) == .udp4())
    #expect(outcome(sll + [0x00, 0x04] + ip, link: .linuxSLL) == .discarded(.notIP))
    // SLL2: protocol, reserved, interface (4), ARPHRD, packet type, address length, address (8).
    let sll2: [UInt8] = [0, 0, 0, 0, 0, 3, 0, 1, 0, 6] + [UInt8](repeating: 0x22, count: 8)
    #expect(outcome([0x08, 0x00] + sll2 + ip, link: .linuxSLL2) == .udp4())
    #expect(outcome([0x86, 0xDD] + sll2 + ip6, link: .linuxSLL2) == .udp6())
    #expect(outcome([0x81, 0x00] + sll2 + [0, 5, 0x08, 0x00] + ip, link: .linuxSLL2) == .udp4())
    #expect(outcome([2, 0, 0, 0] + ip, link: .loopback) == .udp4())
    #expect(outcome([0, 0, 0, 2] + ip, link: .loopback) == .udp4())
    #expect(outcome([30, 0, 0, 0] + ip6, link: .loopback) == .udp6())
    #expect(outcome(ip, link: .rawIP) == .udp4())
    #expect(outcome(ip6, link: .rawIP) == .udp6())
    #expect(outcome(ip, link: .ipv4) == .udp4())
    #expect(outcome(ip6, link: .ipv6) == .udp6())
    #expect(outcome(ip, link: .ipv6) == .discarded(.badIPHeader))
    #expect(outcome(ip6, link: .ipv4) == .discarded(.badIPHeader))
    #expect(outcome(TestFrame.plain, link: .unsupported) == .discarded(.unsupportedLink))
    #expect(outcome(TestFrame.plain, link: .message) == .discarded(.unsupportedLink))
  }

  @Test func ipv4OptionsAreSkipped() {
    for count in stride(from: 4, through: 40, by: 4) {
      let ip = TestFrame.ipv4(TestFrame.udp(), options: [UInt8](repeating: 1, count: count))
      #expect(outcome(TestFrame.ethernet(0x0800, ip)) == .udp4())
    }
  }

  @Test func fragmentsAreNamed() {
    for fragment in [0x2000, 0x0001, 0x2010, 0x1FFF] {
      let ip = TestFrame.ipv4(TestFrame.udp(), fragment: fragment)
      #expect(outcome(TestFrame.ethernet(0x0800, ip)) == .discarded(.fragments))
    }
    // "Don't fragment" and the reserved bit alone are no fragment.
    for fragment in [0x0000, 0x4000, 0x8000, 0xC000] {
      let ip = TestFrame.ipv4(TestFrame.udp(), fragment: fragment)
      #expect(outcome(TestFrame.ethernet(0x0800, ip)) == .udp4())
    }
  }

  @Test func ipv4HeaderFaultsAreNamed() {
    func spoiled(_ index: Int, _ value: UInt8) -> [UInt8] {
      var frame = TestFrame.plain
      frame[14 + index] = value
      return frame
    }
    #expect(outcome(spoiled(0, 0x44)) == .discarded(.badIPHeader))
    #expect(outcome(spoiled(0, 0x65)) == .discarded(.badIPHeader))
    #expect(outcome(spoiled(3, 19)) == .discarded(.badIPLength))
    #expect(outcome(spoiled(2, 0x40)) == .discarded(.badIPLength))
    #expect(outcome(spoiled(8, 99)) == .discarded(.badIPChecksum))
    #expect(outcome(spoiled(8, 99), verifyChecksums: false) == .udp4())
    #expect(outcome(spoiled(9, 1), verifyChecksums: false) == .discarded(.otherTransport))
    #expect(outcome(TestFrame.ethernet(0x0806, [UInt8](repeating: 0, count: 46))) == .discarded(.notIP))
  }

  @Test func udpLengthThatContradictsIPDiscards() {
    for length in [0, 7, 8, 20, 22, 9000] {
      var frame = TestFrame.plain
      frame.replaceSubrange(38..<40, with: TestFrame.bigEndian(length, bytes: 2))
      #expect(outcome(frame, verifyChecksums: false) == .discarded(.badUDPLength))
    }
    #expect(
      outcome(TestFrame.ethernet(0x0800, TestFrame.ipv4([1, 2, 3]))) == .discarded(.badUDPLength))
  }

  @Test func udpChecksumIsCheckedWherePresent() {
    var frame = TestFrame.plain
    frame[frame.count - 1] ^= 1
    #expect(outcome(frame) == .discarded(.badUDPChecksum))
    #expect(outcome(frame, verifyChecksums: false).payloadBytes != nil)
    frame.replaceSubrange(40..<42, with: [0, 0])
    #expect(outcome(frame).payloadBytes != nil, "zero means none over IPv4")
    let absent6 = TestFrame.ethernet(0x86DD, TestFrame.ipv6(TestFrame.udp6(checksum: false)))
    #expect(outcome(absent6) == .discarded(.badUDPChecksum))
    #expect(outcome(absent6, verifyChecksums: false) == .udp6())
    var wrong6 = TestFrame.ethernet(0x86DD, TestFrame.ipv6(TestFrame.udp6()))
    wrong6[60] ^= 0x80
    #expect(outcome(wrong6) == .discarded(.badUDPChecksum))
  }

  @Test func udpChecksumLeftToTheNICIsNotChecked() {
    // Nothing but the pseudo header's own sum, not complemented.
    var frame = TestFrame.ethernet(0x0800, TestFrame.ipv4(TestFrame.udp()))
    let length = 8 + TestFrame.payload.count
    let pseudo = TestFrame.bigEndian(17, bytes: 2) + TestFrame.bigEndian(length, bytes: 4)
    let partial = TestFrame.scalarSum(TestFrame.source4 + TestFrame.group4 + pseudo)
    frame.replaceSubrange(40..<42, with: TestFrame.bigEndian(Int(partial), bytes: 2))
    #expect(outcome(frame) == .udp4())
    frame.replaceSubrange(40..<42, with: TestFrame.bigEndian(Int(partial ^ 1), bytes: 2))
    #expect(outcome(frame) == .discarded(.badUDPChecksum))
    var frame6 = TestFrame.ethernet(0x86DD, TestFrame.ipv6(TestFrame.udp6()))
    let partial6 = TestFrame.scalarSum(TestFrame.source6 + TestFrame.group6 + pseudo)
    frame6.replaceSubrange(60..<62, with: TestFrame.bigEndian(Int(partial6), bytes: 2))
    #expect(outcome(frame6) == .udp6())
  }

  @Test func checksumsHoldForEveryPayloadLength() {
    for length in 1...300 {
      let payload = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ length) }
      #expect(outcome(TestFrame.ethernet(0x0800, TestFrame.ipv4(TestFrame.udp(payload)))) == .udp4(payload))
      #expect(outcome(TestFrame.ethernet(0x86DD, TestFrame.ipv6(TestFrame.udp6(payload)))) == .udp6(payload))
    }
  }

  @Test func emptyPayloadsAreCountedApart() {
    #expect(outcome(TestFrame.ethernet(0x0800, TestFrame.ipv4(TestFrame.udp([])))) == .discarded(.emptyPayload))
    let acknowledgement = TestFrame.ipv4(TestFrame.tcp([]), protocol: 6)
    #expect(outcome(TestFrame.ethernet(0x0800, acknowledgement)) == .discarded(.emptyPayload))
    #expect(!WireCounter.emptyPayload.isFault)
  }

  @Test func tcpGivesSequenceNumberAndFlags() {
    for options in [0, 12, 40] {
      let frame = TestFrame.ethernet(0x0800, TestFrame.ipv4(TestFrame.tcp(options: options), protocol: 6))
      #expect(
        outcome(frame)
          == .payload(
            bytes: TestFrame.payload, declared: TestFrame.payload.count, destination: "233.54.12.111",
            source: "10.1.2.3", port: 26400, sourcePort: 51000, transport: .tcp, sequence: 0x0102_0304, flags: 0x18))
    }
    var bad = TestFrame.tcp()
    bad[12] = 0x40
    #expect(outcome(TestFrame.ethernet(0x0800, TestFrame.ipv4(bad, protocol: 6))) == .discarded(.badTCPHeader))
    bad[12] = 0xF0
    #expect(outcome(TestFrame.ethernet(0x0800, TestFrame.ipv4(bad, protocol: 6))) == .discarded(.badTCPHeader))
    let stub = TestFrame.ipv4([UInt8](repeating: 0, count: 19), protocol: 6)
    #expect(outcome(TestFrame.ethernet(0x0800, stub)) == .discarded(.badTCPHeader))
  }

  @Test func ipv6ExtensionHeadersAreLookedThrough() {
    let udp = TestFrame.udp6()
    func frame(_ headers: [(type: UInt8, body: [UInt8])], last: UInt8 = 17) -> [UInt8] {
      let types = headers.map(\.type) + [last]
      let chain = headers.enumerated().flatMap { [types[$0.offset + 1]] + $0.element.body }
      return TestFrame.ethernet(0x86DD, TestFrame.ipv6(chain + udp, next: types[0]))
    }
    let eight: [UInt8] = [0, 1, 4, 0, 0, 0, 0]
    let sixteen: [UInt8] = [1] + [UInt8](repeating: 1, count: 14)
    let routing: [UInt8] = [2, 0, 0] + [UInt8](repeating: 0, count: 20)
    let atomicFragment: [UInt8] = [0, 0, 0, 0, 0, 0, 9]
    let authentication: [UInt8] = [4, 0, 0] + [UInt8](repeating: 9, count: 20)
    #expect(outcome(frame([(0, eight)])) == .udp6())
    #expect(outcome(frame([(60, sixteen)])) == .udp6())
    #expect(outcome(frame([(43, routing)])) == .udp6())
    #expect(outcome(frame([(44, atomicFragment)])) == .udp6())
    #expect(outcome(frame([(51, authentication)])) == .udp6())
    #expect(
      outcome(
        frame([(0, eight), (60, sixteen), (43, routing), (44, atomicFragment), (51, authentication), (60, eight)]))
        == .udp6())
    #expect(outcome(frame([(0, eight)], last: 58)) == .discarded(.otherTransport))
    #expect(outcome(frame([(0, eight)], last: 59)) == .discarded(.otherTransport))
    #expect(outcome(frame([(44, [0, 0, 1, 0, 0, 0, 9])])) == .discarded(.fragments))
    #expect(outcome(frame([(44, [0, 0, 8, 0, 0, 0, 9])])) == .discarded(.fragments))
    #expect(outcome(frame([(0, [200, 0, 0, 0, 0, 0, 0])])) == .discarded(.badIPLength))
    let many = [(type: UInt8, body: [UInt8])](
      repeating: (60, eight), count: FrameParser.extensionHeadersMaximum)
    #expect(outcome(frame(many)) == .udp6())
    #expect(outcome(frame(many + [(60, eight)])) == .discarded(.badIPHeader))
  }

  @Test func routingHeaderInUseSkipsTheChecksum() {
    // Two segments left: the checksum is over the last address, which the sender alone knows to be in there.
    let chain: [UInt8] = [17, 2, 0, 2] + [UInt8](repeating: 5, count: 20)
    var udp = TestFrame.udp6()
    udp[6] ^= 0x55
    #expect(outcome(TestFrame.ethernet(0x86DD, TestFrame.ipv6(chain + udp, next: 43))) == .udp6())
  }

  @Test func ipv6LengthFaultsAreNamed() {
    let udp = TestFrame.udp6()
    let zero = TestFrame.ethernet(0x86DD, TestFrame.ipv6(udp, payloadLength: 0))
    #expect(outcome(zero) == .discarded(.badIPLength))
    let long = TestFrame.ethernet(0x86DD, TestFrame.ipv6(udp, payloadLength: udp.count + 1))
    #expect(outcome(long) == .discarded(.badIPLength))
    let short = TestFrame.ethernet(0x86DD, TestFrame.ipv6(udp, payloadLength: udp.count - 1))
    #expect(outcome(short) == .discarded(.badUDPLength))
    let inside = TestFrame.ethernet(0x86DD, TestFrame.ipv6([17, 0, 0, 0], next: 0))
    #expect(outcome(inside) == .discarded(.badIPLength))
  }

  @Test func frameCutByTheSnapLengthGivesItsBeginningAndSaysSo() {
    let tagged = TestFrame.ethernet(0x0800, TestFrame.ipv4(TestFrame.udp()), tags: [0x8100])
    for frame in [TestFrame.plain, tagged] {
      let headers = frame.count - TestFrame.payload.count
      for here in 0..<frame.count {
        let result = outcome(Array(frame[..<here]), wireLength: frame.count)
        if here <= headers {
          #expect(result == .discarded(.shortFrame))
        } else {
          #expect(result == .udp4(Array(frame[headers..<here]), declared: TestFrame.payload.count))
        }
      }
    }
  }

  @Test func frameShorterThanItsIPLengthWithoutASnapLengthIsAFault() {
    let frame = TestFrame.plain
    for here in 0..<frame.count {
      #expect(
        outcome(Array(frame[..<here])) == .discarded(here < 34 ? .shortFrame : .badIPLength))
    }
  }

  @Test func cutIPv6AndTCPNeverReadBeyondWhatIsHere() {
    let frames = [
      TestFrame.ethernet(0x86DD, TestFrame.ipv6([17, 0, 1, 4, 0, 0, 0, 0] + TestFrame.udp6(), next: 0)),
      TestFrame.ethernet(0x0800, TestFrame.ipv4(TestFrame.tcp(), protocol: 6)),
    ]
    for frame in frames {
      for here in 0..<frame.count {
        let result = outcome(Array(frame[..<here]), wireLength: frame.count)
        let left = here - (frame.count - TestFrame.payload.count)
        #expect(result.payloadBytes?.count == (left > 0 ? left : nil))
        #expect(result.declaredLength == (left > 0 ? TestFrame.payload.count : nil))
      }
    }
  }

  @Test func anyBytesGiveAVerdict() {
    let seed = UInt64.random(in: .min ... .max)
    print("anyBytesGiveAVerdict: seed \(seed)")
    var random = WireRandom(seed)
    let links: [LinkType] = [.ethernet, .rawIP, .linuxSLL, .linuxSLL2, .ipv4, .ipv6, .loopback, .unsupported, .message]
    let models = [
      TestFrame.plain, TestFrame.ethernet(0x0800, TestFrame.ipv4(TestFrame.udp()), tags: [0x88A8, 0x8100]),
      TestFrame.ethernet(0x86DD, TestFrame.ipv6([17, 0, 1, 4, 0, 0, 0, 0] + TestFrame.udp6(), next: 0)),
      TestFrame.ethernet(0x0800, TestFrame.ipv4(TestFrame.tcp(), protocol: 6)), TestFrame.ipv4(TestFrame.udp()),
    ]
    var payloads = 0
    for _ in 0..<20_000 {
      var frame = models[Int(random.next() % UInt64(models.count))]
      for _ in 0..<random.next() % 4 { frame[Int(random.next() % UInt64(frame.count))] = UInt8(random.next() & 0xFF) }
      frame.removeLast(Int(random.next() % 8) == 0 ? Int(random.next() % UInt64(frame.count)) : 0)
      let link = random.next() % 3 == 0 ? links[Int(random.next() % UInt64(links.count))] : .ethernet
      let result = outcome(
        frame, link: link, wireLength: frame.count + Int(random.next() % 4) * 20,
        verifyChecksums: random.next() & 1 == 0)
      if let bytes = result.payloadBytes {
        payloads += 1
        #expect(!bytes.isEmpty && bytes.count <= result.declaredLength!, "seed \(seed)")
      }
    }
    #expect(payloads > 100, "seed \(seed)")
  }

  @Test func countersKeepTheFirstPacketOfEachKind() {
    var counters = WireCounters()
    #expect(counters.first(.notIP) == nil)
    counters.record(.notIP, fileIndex: 3, recordIndex: 17)
    counters.record(.notIP, fileIndex: 1, recordIndex: 18)
    counters.record(.emptyPayload, fileIndex: 0, recordIndex: 0)
    #expect(counters[.notIP] == 2 && counters[.emptyPayload] == 1 && counters[.fragments] == 0)
    #expect(counters.first(.notIP)?.fileIndex == 3 && counters.first(.notIP)?.recordIndex == 17)
    #expect(WireCounters.kinds == WireCounter.allCases.count)
  }
}

/// A seeded generator (SplitMix64), so that a failing run can be repeated.
struct WireRandom: RandomNumberGenerator {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
