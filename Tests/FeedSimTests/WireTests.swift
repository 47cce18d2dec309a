import Foundation
import Testing

@testable import FeedSim

/// Packets as captured: headers, checksums, numbers, order, impairments.
@Suite struct WireTests {
  /// One's-complement sum of 16-bit words; 0xFFFF over a checked range, its checksum included.
  private static func sum(_ bytes: [UInt8], initial: UInt64 = 0) -> UInt64 {
    var sum = initial
    for (index, byte) in bytes.enumerated() { sum += index % 2 == 0 ? UInt64(byte) << 8 : UInt64(byte) }
    while sum > 0xFFFF { sum = (sum & 0xFFFF) + (sum >> 16) }
    return sum
  }

  @Test func headersAndChecksumsAreValid() throws {
    var groups = Set<[UInt8]>()
    for frame in try generate(smallOptions { $0.venueCount = 3 }).frames {
      let bytes = frame.bytes
      #expect(bigEndian(bytes, 12, 2) == 0x0800 && bytes[14] == 0x45 && bytes[23] == 17)
      #expect(Self.sum(Array(bytes[14..<34])) == 0xFFFF)
      let length = bytes.count - 34
      #expect(Int(bigEndian(bytes, 16, 2)) == length + 20 && Int(bigEndian(bytes, 38, 2)) == length)
      #expect(Self.sum(Array(bytes[26...]), initial: 17 + UInt64(length)) == 0xFFFF)
      #expect(bigEndian(bytes, 40, 2) != 0)
      #expect(bytes.count - 42 <= 1_420)
      // RFC 1112: the low 23 bits of the group.
      #expect(Array(bytes[0..<6]) == [1, 0, 0x5E, bytes[31] & 0x7F, bytes[32], bytes[33]])
      groups.insert(Array(bytes[30..<34] + bytes[36..<38]))
    }
    #expect(groups.count == 6, "a group and port of its own for each venue and line")
  }

  @Test func captureTimesNeverGoBack() throws {
    let options = smallOptions {
      $0.venueCount = 4
      $0.jitterNanoseconds = 100_000
      $0.reorder = Probability(partsPerMillion: 50_000)
      $0.duplicate = Probability(partsPerMillion: 50_000)
    }
    let frames = try generate(options).frames
    for (a, b) in zip(frames, frames.dropFirst()) {
      #expect(
        (a.captureNanoseconds, a.venue, a.line) <= (b.captureNanoseconds, b.venue, b.line))
    }
  }

  @Test func sequenceNumbersHaveNoGapOnACleanLine() throws {
    for lineBFramesDiffer in [false, true] {
      let (frames, result) = try generate(smallOptions { $0.lineBFramesDiffer = lineBFramesDiffer })
      var next: [[UInt64]] = [[1, 1], [1, 1]]
      var heartbeats = 0
      for frame in frames {
        let packet = try #require(ParsedPacket(frame.payload))
        #expect(packet.sequenceNumber == next[frame.venue][frame.line])
        next[frame.venue][frame.line] += UInt64(packet.messages.count)
        if packet.messageCount == 0 { heartbeats += 1 }
      }
      for venue in 0...1 {
        #expect(next[venue] == Array(repeating: UInt64(result.venues[venue].messageCount) + 1, count: 2))
      }
      #expect(heartbeats > 4)
    }
  }

  @Test func anIdleChannelBeatsEverySecond() throws {
    var last: [Int: UInt64] = [:]
    for frame in try generate(smallOptions()).frames {
      let channel = frame.venue * 2 + frame.line
      if let before = last[channel] { #expect(frame.captureNanoseconds - before < 1_100_000_000) }
      last[channel] = frame.captureNanoseconds
    }
  }

  @Test func bothLinesSayTheSame() throws {
    func stream(_ frames: [MemorySink.Frame], _ venue: Int, _ line: Int) throws -> [[UInt8]] {
      try frames.filter { $0.venue == venue && $0.line == line }
        .flatMap { try #require(ParsedPacket($0.payload)).messages }
    }
    for lineBFramesDiffer in [false, true] {
      let frames = try generate(smallOptions { $0.lineBFramesDiffer = lineBFramesDiffer }).frames
      for venue in 0...1 { #expect(try stream(frames, venue, 0) == stream(frames, venue, 1)) }
      let payloads = (0...1).map { line in frames.filter { $0.venue == 0 && $0.line == line }.map(\.payload) }
      #expect((payloads[0].map(Array.init) == payloads[1].map(Array.init)) == !lineBFramesDiffer)
    }
  }

  @Test func lineBLagsBySkewAndJitter() throws {
    let frames = try generate(
      smallOptions {
        $0.skewNanoseconds = 30_000
        $0.jitterNanoseconds = 10_000
      }
    ).frames
    let a = frames.filter { $0.venue == 0 && $0.line == 0 }
    let b = frames.filter { $0.venue == 0 && $0.line == 1 }
    #expect(a.count == b.count)
    for (first, second) in zip(a, b) {
      let lag = second.captureNanoseconds - first.captureNanoseconds
      #expect((30_000...60_000).contains(lag))
    }
  }

  @Test func impairmentsHappenAtTheirRates() throws {
    let options = smallOptions(seed: 8) {
      $0.messageCount = 60_000
      $0.lossA = Probability(partsPerMillion: 20_000)
      $0.duplicate = Probability(partsPerMillion: 50_000)
      $0.reorder = Probability(partsPerMillion: 30_000)
    }
    let (frames, result) = try generate(options)
    for venue in 0...1 {
      let a = result.venues[venue].lines[0]
      let sent = Double(a.sentPackets)
      #expect((0.010...0.032).contains(Double(a.lostPackets) / sent))
      #expect((0.035...0.065).contains(Double(a.duplicatedPackets) / sent))
      #expect((0.018...0.044).contains(Double(a.reorderedPackets) / sent))
      #expect(result.venues[venue].lines[1].lostPackets == 0)
      for line in 0...1 {
        let statistics = result.venues[venue].lines[line]
        #expect(
          frames.filter { $0.venue == venue && $0.line == line }.count
            == statistics.sentPackets - statistics.lostPackets + statistics.duplicatedPackets)
      }
    }
  }

  @Test func aRestartBeginsANewSessionWithAWholeStartOfDay() throws {
    let options = smallOptions {
      $0.restartCount = 1
      $0.lineCount = 1
    }
    var sessions: [[UInt8]] = []
    var types = ""
    for frame in try generate(options).frames where frame.venue == 0 {
      let packet = try #require(ParsedPacket(frame.payload))
      if packet.session != sessions.last {
        #expect(packet.sequenceNumber == 1)
        sessions.append(packet.session)
        types = ""
      }
      types += String(packet.messages.map(type(of:)))
    }
    #expect(sessions.count == 2)
    #expect(types.hasPrefix("S" + String(repeating: "R", count: 30) + String(repeating: "H", count: 29)))
    #expect(types.contains("A"))
  }

  @Test func aFileHoldsTheSamePacketsAsMemory() throws {
    let options = smallOptions(seed: 6)
    let frames = try generate(options).frames
    try withTemporaryFolder { folder in
      let (_, paths) = try FileOutput.generate(options, prefix: folder + "/day")
      let names = paths.map { ($0 as NSString).lastPathComponent }
      #expect(names == ["day.pcap", "day.truth.tsv", "day.expect.tsv", "day.yaml"])
      let records = frames.map { Record(nanoseconds: $0.captureNanoseconds, bytes: $0.bytes) }
      #expect(try Self.readPcap(paths[0]) == records)
      let (_, split) = try FileOutput.generate(options, prefix: folder + "/apart", split: true)
      #expect(
        split.prefix(4).map { ($0 as NSString).lastPathComponent } == [
          "apart.nasdaq.A.pcap", "apart.nasdaq.B.pcap", "apart.bx.A.pcap", "apart.bx.B.pcap",
        ])
      let bx = frames.filter { $0.venue == 1 && $0.line == 1 }
      #expect(try Self.readPcap(split[3]) == bx.map { Record(nanoseconds: $0.captureNanoseconds, bytes: $0.bytes) })
    }
  }

  private struct Record: Equatable {
    var nanoseconds: UInt64
    var bytes: [UInt8]
  }

  private static func readPcap(_ path: String) throws -> [Record] {
    let data = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    func word(_ offset: Int) -> UInt64 { data[offset..<offset + 4].reversed().reduce(0) { $0 << 8 | UInt64($1) } }
    #expect(word(0) == 0xA1B2_3C4D && word(20) == 1)
    var records: [Record] = []
    var offset = 24
    while offset < data.count {
      let length = Int(word(offset + 8))
      #expect(word(offset + 12) == UInt64(length))
      records.append(
        Record(
          nanoseconds: word(offset) * 1_000_000_000 + word(offset + 4),
          bytes: Array(data[(offset + 16)..<(offset + 16 + length)])))
      offset += 16 + length
    }
    return records
  }
}
