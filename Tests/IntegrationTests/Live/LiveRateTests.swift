import Foundation
import Testing

/// What the sources are promised to keep up with: `feedh transmit` at 100,000 packets a second for 10 s over virtual
/// Ethernet, into each of them. Every payload of every group comes once, whole, in order.
@Suite(.enabled(if: LiveNamespace.isPossible, Comment(rawValue: LiveNamespace.requirement)), .serialized)
struct LiveRateTests {
  @Test func packetRingsLoseNothing() throws { try expectAll("--interface r0 --receive-buffer-bytes 268435456") }

  @Test func socketsLoseNothing() throws {
    let groups = Set(try LiveDay.pcap().records.map { Self.flow(Array($0.bytes.dropFirst(16))) })
    try expectAll(
      "--interface r0 --via sockets --receive-buffer-bytes 268435456 "
        + groups.sorted().map { "--group \($0)" }.joined(separator: " "))
  }

  /// DPDK's driver for kernel interfaces, its ring as long as the pauses of a machine that others use too.
  @Test(.enabled(if: isDPDKBuilt, "DPDK: trait off")) func netAfPacketLosesNothing() throws {
    try expectAll("--interface dpdk:net_af_packet0,iface=r0,qpairs=1,blocksz=4096,framesz=2048,framecnt=131072")
  }

  /// Group and port of a generated frame, which carries no VLAN tag: "233.54.12.1:26401".
  private static func flow(_ frame: [UInt8]) -> String {
    frame[30..<34].map(String.init).joined(separator: ".") + ":\(Int(frame[36]) << 8 | Int(frame[37]))"
  }

  /// Records what is sent through a source, and compares it payload by payload.
  private func expectAll(_ source: String) throws {
    let (folder, day) = try LiveDay.linked()
    let frames = day.records.map { Array($0.bytes.dropFirst(16)) }
    // Ten seconds' worth, in whole repetitions.
    let repetitions = 1_000_000 / frames.count + 1
    let count = repetitions * frames.count
    try LiveNamespace.run(
      """
      # Other programs want the CPUs too, and the rate is to be reached.
      renice -n -19 -p $$ > /dev/null
      start_recording r.json \(source) --output r.pcap --packets \(count) --seconds 120 --ring-bytes 268435456
      "$FEEDH" transmit day.pcap --interface t0 --rate 100000 --loop \(repetitions) --json > t.json
      wait $recorder
      """, in: folder)
    let sent = try CommandRun.json(folder.text("t.json"))
    #expect(sent["frames"] as? Int == count)
    let pacing = try #require(sent["pacingErrorNanoseconds"] as? [String: Any])
    #expect(pacing["count"] as? Int == count)
    for percentile in ["p50", "p99", "max"] { #expect(pacing[percentile] is Int) }
    print("\(source): \(count) packets, reached \(sent["framesPerSecond"] ?? "?")/s, pacing error \(pacing)")
    let report = try #require((try CommandRun.json(folder.text("r.json"))["interfaces"] as? [[String: Any]])?.first)
    #expect(report["ringDroppedPackets"] as? Int == 0 && report["kernelDroppedPackets"] as? Int == 0, "\(report)")
    let received = try Received(path: folder.path("r.pcap"), frames: frames)
    let expected = Dictionary(grouping: frames, by: Self.flow).mapValues { $0.count * repetitions }
    #expect(received.misplaced == 0 && received.counts == expected)
  }

  /// What a recording holds of frames that were sent over and over.
  private struct Received {
    /// Of each flow.
    private(set) var counts: [String: Int] = [:]
    /// Payloads that are not the next one of their flow.
    private(set) var misplaced = 0

    init(path: String, frames: [[UInt8]]) throws {
      let flows = Dictionary(grouping: frames) { $0[30..<34].reduce(0) { $0 << 8 | UInt32($1) } }
      let file = try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe)
      var came: [UInt32: Int] = [:]
      file.withUnsafeBytes { file in
        var offset = 24
        while offset + 16 <= file.count {
          let length = Int(file.loadUnaligned(fromByteOffset: offset + 8, as: UInt32.self))
          let frame = UnsafeRawBufferPointer(rebasing: file[(offset + 16)..<(offset + 16 + length)])
          offset += 16 + length
          let flow = UInt32(bigEndian: frame.loadUnaligned(fromByteOffset: 30, as: UInt32.self))
          let position = came[flow, default: 0]
          came[flow] = position + 1
          guard let sent = flows[flow] else {
            misplaced += 1
            continue
          }
          let wanted = sent[position % sent.count]
          // Behind Ethernet, IP and UDP: sockets do not tell these.
          let isEqual = wanted.count == frame.count
            && wanted.withUnsafeBytes { memcmp($0.baseAddress! + 42, frame.baseAddress! + 42, length - 42) == 0 }
          if !isEqual { misplaced += 1 }
        }
      }
      for (flow, count) in came {
        guard let frame = flows[flow]?.first else { continue }
        counts[LiveRateTests.flow(frame)] = count
      }
    }
  }
}
