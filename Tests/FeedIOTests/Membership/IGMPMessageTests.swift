import FeedCore
import Foundation
import Testing

@testable import FeedIO

/// Reading what others say.
@Suite("IGMP messages")
struct IGMPMessageTests {
  private static let host: UInt32 = 0x0A01_0203

  private func read(_ frame: [UInt8]) -> IGMPMessage? {
    frame.withUnsafeBytes { IGMPMessage(frame: $0, host: Self.host) }
  }

  @Test func queriesOfAllVersionsAreToldApartByTheirLengthAndCode() {
    func query(_ version: IGMPVersion, _ tenths: UInt64, interval: UInt64? = nil) -> IGMPMessage {
      .query(
        IGMPQuery(
          version: version, group: 0, sources: [], responseNanosecondsMaximum: tenths * 100_000_000,
          intervalSeconds: interval))
    }
    #expect(read(IGMPFrames.query1) == query(.v1, 100))
    #expect(read(IGMPFrames.query2) == query(.v2, 100))
    #expect(read(IGMPFrames.query3) == query(.v3, 100, interval: 125))
  }

  @Test("RFC 3376 section 4.1.1: codes from 128 on are a mantissa and an exponent")
  func codesFrom128OnAreFloatingPoint() {
    let expected: [(UInt8, UInt64)] = [
      (0, 0), (1, 1), (127, 127), (128, 128), (129, 136), (0x8F, 248), (0x90, 256), (0xFF, 31_744),
    ]
    for (code, value) in expected { #expect(IGMPQuery.decode(code) == value, "code \(code)") }
  }

  @Test func vlanTagsArePassedOver() {
    var frame = IGMPFrames.query2Group
    frame.insert(contentsOf: [0x81, 0x00, 0x00, 0x0A], at: 12)
    #expect(read(frame) == read(IGMPFrames.query2Group) && read(frame) != nil)
    frame.insert(contentsOf: [0x88, 0xA8, 0x00, 0x0B], at: 12)
    #expect(read(frame) == read(IGMPFrames.query2Group))
  }

  @Test("RFC 3376 section 4.1.12: a query to another address than its group's is none")
  func queryToAnotherAddressIsIgnored() {
    // To 224.0.0.2: one more, and the header's checksum one less.
    var frame = IGMPFrames.query3
    frame[33] = 2
    frame[25] -= 1
    #expect(read(frame) == nil)
    // To the host itself it must be taken.
    frame = IGMPFrames.query3
    frame.replaceSubrange(30..<34, with: [10, 1, 2, 3])
    // 0xe000 + 0x0001 became 0x0a01 + 0x0203: the sum is 0xd3fd less, its complement that much more (0xf810 - 0x2c02).
    frame[24] = 0xCC
    frame[25] = 0x0E
    #expect(read(frame) == read(IGMPFrames.query3) && read(frame) != nil)
  }

  @Test func lengthsBetweenTheVersionsAreNoQueries() {
    // Ten bytes (RFC 3376 section 7.1): two more than version 2, of zeros, so the checksum stays right.
    var frame = IGMPFrames.query2
    frame[17] += 2
    frame[25] -= 2
    #expect(read(frame) == nil)
  }

  @Test func everyCutAndEveryFlippedByteIsReadWithoutHarm() {
    for frame in [IGMPFrames.query3, IGMPFrames.query3Sources, IGMPFrames.query2Group, IGMPFrames.othersReport] {
      let length = 14 + (Int(frame[16]) << 8 | Int(frame[17]))
      for count in 0..<length {
        #expect(read(Array(frame[..<count])) == nil, "cut to \(count)")
      }
      // A flipped bit of the IP header or the message breaks a checksum or a rule. (Of the TTL's and others, too.)
      for offset in 14..<length {
        for bit in 0..<8 {
          var damaged = frame
          damaged[offset] ^= 1 << UInt8(bit)
          #expect(read(damaged) == nil, "byte \(offset) bit \(bit)")
        }
      }
    }
  }

  @Test func randomFramesAreReadWithoutHarm() {
    let seed = ProcessInfo.processInfo.environment["FEEDH_TEST_SEED"].flatMap { UInt64($0) } ?? .random(in: 1 ... .max)
    print("random IGMP frames: seed \(seed)")
    var random = CaptureRandom(seed)
    for _ in 0..<20_000 {
      var frame = IGMPFrames.query3Sources
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        frame[Int.random(in: 12..<frame.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      let cut = Array(frame[..<Int.random(in: 0...frame.count, using: &random)])
      if case .query(let query)? = read(cut) {
        #expect(query.sources.count <= 2 && (query.group == 0 || query.group >> 28 == 0xE), "seed \(seed)")
      }
    }
  }
}
