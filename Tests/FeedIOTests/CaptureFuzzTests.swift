import FeedCore
import Testing

@testable import FeedIO

@Suite struct CaptureFuzzTests {
  /// Spoils bytes of good files, or joins pieces of them: whatever comes out, a walk ends and stays inside the file.
  @Test func spoiledFilesNeverCrashHangOrReadOutside() throws {
    let seed = UInt64.random(in: .min ... .max)
    print("spoiledFilesNeverCrash: seed \(seed)")
    var random = CaptureRandom(seed)
    let packets = (0..<20).map { index in
      TestPacket(UInt64(index) * 1_000, UDPFrame.make([UInt8](repeating: UInt8(index), count: index)))
    }
    let models: [[UInt8]] = [
      Pcap.file(packets), Pcap.file(packets, bigEndian: true, nanoseconds: false),
      Pcapng.section() + Pcapng.interface(resolution: 9)
        + packets.flatMap { Pcapng.enhanced($0.bytes, ticks: $0.nanoseconds) }
        + Pcapng.section(bigEndian: true) + Pcapng.interface(resolution: 0x8A, offsetSeconds: -3, bigEndian: true)
        + packets.flatMap { Pcapng.enhanced($0.bytes, ticks: $0.nanoseconds, bigEndian: true) }
        + Pcapng.simple([1, 2, 3], bigEndian: true),
      (0..<40).flatMap { Messages.prefixed(Messages.systemEvent(UInt64($0))) },
    ]
    let folder = TestFolder()
    var opened = 0
    for _ in 0..<600 {
      var bytes = models[Int(random.next() % UInt64(models.count))]
      for _ in 0..<random.next() % 6 {
        let place = Int(random.next() % UInt64(bytes.count))
        switch random.next() % 4 {
        case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
        case 1: bytes[place] = random.next() & 1 == 0 ? 0xFF : 0
        case 2: bytes.remove(at: place)
        default: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
        }
      }
      if random.next() % 4 == 0 { bytes.removeLast(Int(random.next() % UInt64(bytes.count - 1))) }
      let path = folder.write(bytes)
      guard let set = try? CaptureSet(paths: [path]) else { continue }
      opened += 1
      let source = set.makeSource()
      let burst = UnsafeMutableBufferPointer<Packet>.allocate(capacity: 16)
      defer { burst.deallocate() }
      let file = set.files[0].bytes
      let parser = FrameParser()
      var calls = 0
      while !source.isExhausted {
        calls += 1
        try #require(calls < 10_000, "seed \(seed): no end")
        for packet in burst[..<source.receive(into: burst)] {
          let start = packet.bytes - file.baseAddress!
          #expect(start >= 0 && start + Int(packet.capturedLength) <= file.count, "seed \(seed)")
          _ = parser.parse(packet)
        }
      }
    }
    #expect(opened > 100, "seed \(seed)")
  }

  @Test func randomBytesAreNoCaptureOrEndInCounters() {
    let seed = UInt64.random(in: .min ... .max)
    print("randomBytesAreNoCapture: seed \(seed)")
    var random = CaptureRandom(seed)
    let heads: [[UInt8]] = [
      [], Pcap.header(), Pcap.header(bigEndian: true), Pcapng.section(), Pcapng.section(bigEndian: true),
      [0x1F, 0x8B, 8, 0], [0x28, 0xB5, 0x2F, 0xFD],
    ]
    let folder = TestFolder()
    for _ in 0..<300 {
      let tail = (0..<Int(random.next() % 400)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      let path = folder.write(heads[Int(random.next() % UInt64(heads.count))] + tail)
      if let set = try? CaptureSet(paths: [path, path]) { _ = Walk(set) }
    }
  }
}
