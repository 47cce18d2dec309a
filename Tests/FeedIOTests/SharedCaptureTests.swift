import FeedCore
import Foundation
import Testing

@testable import FeedIO

/// Real captures, recorded by others.
@Suite(.enabled(if: Shared.captures != nil, "FEEDH_SHARED/captures (default ../shared/captures) is not here"))
struct SharedCaptureTests {
  private struct Count {
    var udp = 0
    var tcp = 0
    var discarded: [WireCounter: Int] = [:]
    var readings: [CaptureReading] = []
  }

  private func count(_ path: String, verifyChecksums: Bool) throws -> Count {
    let set = try CaptureSet(paths: [path])
    let source = set.makeSource()
    let parser = FrameParser(verifyChecksums: verifyChecksums)
    let burst = UnsafeMutableBufferPointer<Packet>.allocate(capacity: 64)
    defer { burst.deallocate() }
    var count = Count()
    while !source.isExhausted {
      for packet in burst[..<source.receive(into: burst)] {
        switch parser.parse(packet) {
        case .payload(let view): if view.transport == .udp { count.udp += 1 } else { count.tcp += 1 }
        case .discarded(let counter): count.discarded[counter, default: 0] += 1
        }
      }
    }
    count.readings = source.readings
    return count
  }

  @Test func everyOnePacketCaptureHasAPayload() throws {
    let folder = try #require(Shared.captures) + "/one-packet"
    let names = try #require(FileManager.default.enumerator(atPath: folder)).compactMap { $0 as? String }
      .filter { $0.hasSuffix(".pcap") }
    #expect(names.count >= 100)
    for name in names {
      // Some were made by hand, their checksums left wrong and their times in no order.
      let count = try count(folder + "/" + name, verifyChecksums: false)
      #expect(count.udp + count.tcp >= 1, "\(name): \(count.discarded)")
      #expect(count.readings.allSatisfy { $0.counter == .timeWentBack }, "\(name): \(count.readings)")
    }
  }

  @Test(.enabled(if: hasLibrary("libz.so.1"), "needs libz.so.1 (Debian: zlib1g)"))
  func iexSampleHasItsPacketsAndOneTruncatedTail() throws {
    let count = try count(try #require(Shared.captures) + "/iex/DEEP10.pcap.gz", verifyChecksums: true)
    #expect(count.udp == 121_314 && count.tcp == 0)
    #expect(count.discarded.isEmpty)
    #expect(count.readings.map(\.counter) == [.truncatedTail] && count.readings.map(\.count) == [1])
  }

  @Test func deribitSampleHasItsPackets() throws {
    let count = try count(
      try #require(Shared.captures) + "/deribit/sample_capture_v1_6.pcapng", verifyChecksums: true)
    #expect(count.udp == 5_066 && count.discarded.isEmpty, "\(count.discarded)")
    #expect(count.readings.map(\.counter) == [.timeWentBack] && count.readings.map(\.count) == [4])
  }

  @Test func nasdaqSamplesHaveTheirMessages() throws {
    let folder = try #require(Shared.captures) + "/nasdaq/"
    for (name, messages) in [("20200130_AAPL_first_10k.itch50", 10_000), ("20191230_AAPL_from_0935.itch50", 49_947)] {
      let set = try CaptureSet(paths: [folder + name])
      #expect(set.files[0].kind == .lengthPrefixedITCH)
      let walk = Walk(set)
      #expect(walk.packets.count == messages && walk.readings.isEmpty, "\(walk.faults)")
    }
  }
}
