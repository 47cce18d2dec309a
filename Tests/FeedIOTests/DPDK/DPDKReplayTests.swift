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
    let set = try CaptureSet(paths: [Self.capture], filter: nil)
    var settings = Settings()
    settings.capacity.liveOrders = 100_000
    settings.capacity.priceLevels = 100_000
    let plan = try FlowDiscovery.plan(
      settings: settings, fileNames: set.files.map(\.baseName), protocol: "auto", makeSource: { set.makeSource() })
    let replay = Replay(plan: plan, settings: settings, fileCount: 1) { set.makeSource() }
    replay.run()
    let expected = replay.summary()
    #expect(expected.bookDigest != 0 && expected.messages > 10_000)

    let packets = replay.sources[0].packetsDelivered
    let port = try DPDKTest.open(.captures([Self.capture], name: DPDKTest.name("net_pcap")))
    // One core, and so the closure runs once: the queue has one reader.
    let live = Replay(plan: plan, settings: settings, fileCount: 1) { QueueSource(port, packets: Int(packets)) }
    live.run()
    let summary = live.summary()
    #expect(summary.bookDigest == expected.bookDigest)
    #expect(summary.messages == expected.messages && port.queues[0].figures().packets == packets)
    port.close()
    #expect(port.bufferAccount?.leaked == 0)
  }
}
