import FeedCore
import Testing

@testable import FeedIO

/// What needs no network.
struct LiveUnitTests {
  @Test func cardsThatCountTAIAreWholeSecondsAhead() {
    let second: UInt64 = 1_000_000_000
    let now: UInt64 = 1_700_000_000 * second
    var tai = HardwareClock()
    // The packet was stamped 3 us before the kernel saw it.
    #expect(tai.unixNanoseconds(now + 37 * second - 3_000, system: now) == now - 3_000)
    #expect(!tai.isRefused && tai.offsetNanoseconds == -37_000_000_000)
    // Packets that waited long are no reason to doubt the clock.
    #expect(tai.unixNanoseconds(now + 38 * second, system: now + 1_900_000_000) == now + second)
    // A clock that was set since: to UTC.
    #expect(tai.unixNanoseconds(now + 60 * second, system: now + 60 * second + 5_000) == now + 60 * second)
    #expect(tai.offsetNanoseconds == 0)
  }

  @Test func cardsThatNobodySetAreNotTrusted() {
    let now: UInt64 = 1_700_000_000_000_000_000
    for stamp in [5_250_000_000, now + 250_000_000, now - 400_000_000, 1, .max, now &+ (1 << 63)] as [UInt64] {
      var clock = HardwareClock()
      let difference = Int64(bitPattern: now &- stamp) % 1_000_000_000
      let distance = min(difference.magnitude, 1_000_000_000 - difference.magnitude)
      #expect((clock.unixNanoseconds(stamp, system: now) == nil) == (distance > 100_000_000), "\(stamp)")
      #expect(clock.isRefused == (distance > 100_000_000))
    }
    // It is looked at again: PTP may have come up.
    var clock = HardwareClock()
    #expect(clock.unixNanoseconds(250_000_000, system: now) == nil)
    #expect(clock.unixNanoseconds(now - 10, system: now) == now - 10)
  }

  @Test func packetsOfSeveralSocketsAreMergedByTime() {
    let seed = SocketTestRandom.seed()
    print("merge: seed \(seed)")
    var random = SocketTestRandom(seed)
    let packets = UnsafeMutablePointer<Packet>.allocate(capacity: 256)
    let spare = UnsafeMutablePointer<Packet>.allocate(capacity: 256)
    defer {
      packets.deallocate()
      spare.deallocate()
    }
    for _ in 0..<500 {
      var all: [Packet] = []
      while all.count < 250 {
        let count = Int.random(in: 1...min(40, 256 - all.count), using: &random)
        let times = (0..<count).map { _ in UInt64.random(in: 0..<50, using: &random) }.sorted()
        let run = times.map { time in
          Packet(
            bytes: UnsafeRawPointer(packets), captureNanoseconds: time, capturedLength: 0, wireLength: 0,
            recordIndex: UInt64(all.count), fileIndex: 0, linkType: .ethernet)
        }
        for (index, packet) in run.enumerated() { packets[all.count + index] = packet }
        if !all.isEmpty { UDPSocketQueue.merge(packets, sorted: all.count, added: count, spare) }
        all += run
      }
      // Swift's sort is stable: earlier runs stay first among equals.
      let expected = all.sorted { $0.captureNanoseconds < $1.captureNanoseconds }
      let merged = (0..<all.count).map { packets[$0] }
      #expect(merged.map(\.captureNanoseconds) == expected.map(\.captureNanoseconds), "seed \(seed)")
      #expect(merged.map(\.recordIndex) == expected.map(\.recordIndex), "seed \(seed)")
    }
  }

  @Test func mentionsOfTheSameGroupAndPortAreOne() {
    let one = IPAddress("10.0.0.1")!
    let two = IPAddress("10.0.0.2")!
    func group(_ port: UInt16, _ sources: [IPAddress] = []) -> LiveSubscription {
      LiveSubscription(address: IPAddress("232.1.1.1")!, port: port, sources: sources)
    }
    #expect(LiveSubscription.merged([group(1), group(2), group(1)]) == [group(1), group(2)])
    #expect(LiveSubscription.merged([group(1, [one, one]), group(1, [two, one])]) == [group(1, [one, two])])
    #expect(LiveSubscription.merged([group(1, [one]), group(1)]) == [group(1)])
    #expect(LiveSubscription.merged([group(1), group(1, [one])]) == [group(1)])
    #expect(LiveSubscription.merged([]) == [])
  }

  @Test func addressesInNetworkOrder() {
    let ipv4 = IPAddress("239.1.2.3")!.withNetworkBytes { Array(UnsafeBufferPointer(start: $0, count: 4)) }
    #expect(ipv4 == [239, 1, 2, 3])
    let ipv6 = IPAddress("ff35:1:2::304")!.withNetworkBytes { Array(UnsafeBufferPointer(start: $0, count: 16)) }
    #expect(ipv6 == [0xFF, 0x35, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 3, 4])
    #expect(["224.0.0.0", "239.255.255.255", "ff02::1"].allSatisfy { IPAddress($0)!.isMulticast })
    let others = ["223.255.255.255", "240.0.0.0", "fe80::1", "::", "0.0.0.0"]
    #expect(others.allSatisfy { !IPAddress($0)!.isMulticast })
    #expect(["::", "0.0.0.0"].allSatisfy { IPAddress($0)!.isWildcard })
    #expect(["::1", "0.0.0.1"].allSatisfy { !IPAddress($0)!.isWildcard })
  }

  @Test(arguments: [
    (33_554_432, 1_500, 16_384, 2_048), (33_554_432, 9_000, 16_384, 2_048), (33_554_432, 65_536, 131_072, 256),
    (65_536, 1_500, 16_384, 48), (65_536, 65_536, 131_072, 48), (1 << 30, 1_500, 16_384, 65_536),
    (1 << 40, 1_500, 16_384, 65_536), (0, 0, 16_384, 48), (1_000_000, 16_000, 32_768, 48),
  ])
  func ringsHoldWhatWasPromisedAndTheLongestPacket(bytes: Int, mtu: Int, blockSize: Int, blockCount: Int) {
    let geometry = PacketRingOpening.geometry(bufferBytes: bytes, maximumTransmissionUnit: mtu)
    #expect(geometry == (blockSize, blockCount))
    #expect(geometry.blockCount > LiveSource.retainedBursts + 1 && geometry.blockSize >= mtu + 100)
  }

  @Test func errorsAreOneLineWithAllowedAndRemedy() {
    let errors: [(LiveOpeningError, String)] = [
      (.addressInUse(subscription: "10.0.0.1:5"),
        "10.0.0.1:5 is taken by another program that does not share it (see ss -ulnp); stop that program"),
      (.noInterface(name: "eth9", have: "lo eth0"),
        "interface eth9 does not exist; there are: lo, eth0; name one of them"),
      (.noMemory(what: "the packet ring of eth0", bytes: 1_024, remedy: "set live.receiveBufferBytes lower"),
        "no memory for the packet ring of eth0 of 1024 bytes; set live.receiveBufferBytes lower"),
      (.membershipLimit(subscription: "239.1.1.1:5", setting: "net.ipv4.igmp_max_msf"),
        "239.1.1.1:5 cannot be joined: net.ipv4.igmp_max_msf is reached; raise it with "
          + "sysctl -w net.ipv4.igmp_max_msf=..."),
      (.refused("epoll", at: "eth0", code: -12), "epoll failed at eth0: Cannot allocate memory"),
    ]
    for (error, text) in errors { #expect(error.description == text) }
  }
}
