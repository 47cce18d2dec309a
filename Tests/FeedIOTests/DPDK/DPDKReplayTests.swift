import FeedCore
import Foundation
import Testing

@testable import FeedIO

/// The same packets by way of DPDK and from the file make the same books.
@Suite("DPDK and replay", .enabled(if: DPDKTest.isBuilt, "DPDK: trait off"))
struct DPDKReplayTests {
  /// The committed capture: two venues with two lines each.
  private static let capture = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Captures/demo.pcap").path

  /// A queue that ends after so many packets, as a file does.
  private final class QueueSource: PacketSource {
    let port: DPDKPort
    private var remaining: Int

    init(_ port: DPDKPort, packets: Int) {
      self.port = port
      remaining = packets
    }

    var isExhausted: Bool { remaining == 0 }

    func receive(into burst: UnsafeMutableBufferPointer<Packet>) -> Int {
      let count = port.queues[0].receive(into: burst)
      remaining -= count
      return count
    }
  }

  @Test func netPcapGivesTheBookDigestOfReplay() throws {
    let (replay, live) = try summaries(of: Self.capture)
    #expect(replay.bookDigest != 0 && replay.messages > 10_000)
    #expect(live.bookDigest == replay.bookDigest && live.messages == replay.messages)
  }

  /// The driver has whole microseconds: where the capture has no others, all else is equal, too.
  @Test func netPcapOfWholeMicrosecondsGivesTheDigestOfReplay() throws {
    var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: Self.capture)))
    // A pcap with nanoseconds, in this machine's byte order: 24 bytes, then records of 16 and what they say.
    try #require(Array(bytes[0..<4]) == [0x4D, 0x3C, 0xB2, 0xA1])
    bytes.withUnsafeMutableBytes { bytes in
      var record = 24
      while record + 16 <= bytes.count {
        let nanoseconds = bytes.loadUnaligned(fromByteOffset: record + 4, as: UInt32.self)
        bytes.storeBytes(of: nanoseconds / 1_000 * 1_000, toByteOffset: record + 4, as: UInt32.self)
        record += 16 + Int(bytes.loadUnaligned(fromByteOffset: record + 8, as: UInt32.self))
      }
    }
    let folder = TestFolder()
    let (replay, live) = try summaries(of: folder.write(bytes, as: "microseconds.pcap"))
    #expect(!replay.opportunities.isEmpty)
    #expect(live.digest == replay.digest && live.orderDigest == replay.orderDigest)
  }

  /// What a replay of the file comes to, and what its packets through DPDK do.
  private func summaries(of capture: String) throws -> (replay: ReplaySummary, live: ReplaySummary) {
    let set = try CaptureSet(paths: [capture], filter: nil)
    var settings = Settings()
    settings.capacity.liveOrders = 100_000
    settings.capacity.priceLevels = 100_000
    let plan = try FlowDiscovery.plan(
      settings: settings, fileNames: set.files.map(\.baseName), protocol: "auto", makeSource: { set.makeSource() })
    let replay = Replay(plan: plan, settings: settings, fileCount: 1) { set.makeSource() }
    replay.run()

    let packets = replay.sources[0].packetsDelivered
    let port = try DPDKTest.open(.captures([capture], name: DPDKTest.name("net_pcap")))
    // One core, and so the closure runs once: the queue has one reader.
    let live = Replay(plan: plan, settings: settings, fileCount: 1) { QueueSource(port, packets: Int(packets)) }
    live.run()
    #expect(port.queues[0].figures().packets == packets)
    port.close()
    #expect(port.bufferAccount?.leaked == 0)
    return (replay.summary(), live.summary())
  }
}
