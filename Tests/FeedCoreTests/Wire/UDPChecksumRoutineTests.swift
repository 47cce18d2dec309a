import CSIMD
import Testing

@testable import FeedCore

/// The routines that judge both checksums of a frame, each against sums taken word by word.
@Suite struct UDPChecksumRoutineTests {
  private static var instructionSets: [feedh_isa] { InstructionSet.available.map(\.code) }

  /// RFC 1071 word by word, all ones where it holds.
  private static func sum(_ bytes: some Collection<UInt8>, _ initial: UInt32 = 0) -> UInt32 {
    var sum = initial
    for (index, byte) in bytes.enumerated() { sum += index % 2 == 0 ? UInt32(byte) << 8 : UInt32(byte) }
    while sum > 0xFFFF { sum = (sum & 0xFFFF) + (sum >> 16) }
    return sum
  }

  /// Ethernet, IPv4 without options, UDP of `length` bytes with right checksums.
  private static func frame(length: Int, _ random: inout BookTestRandom) -> [UInt8] {
    var frame = (0..<34 + length).map { _ in UInt8.random(in: 0...255, using: &random) }
    frame.replaceSubrange(38..<40, with: [UInt8(length >> 8), UInt8(length & 0xFF)])
    set(&frame, 24, to: 0)
    set(&frame, 24, to: ~sum(frame[14..<34]))
    set(&frame, 40, to: 0)
    let checksum = ~sum(frame[34...], pseudoHeader(frame)) & 0xFFFF
    set(&frame, 40, to: checksum == 0 ? 0xFFFF : checksum)
    return frame
  }

  private static func pseudoHeader(_ frame: [UInt8]) -> UInt32 {
    sum(frame[26..<34]) + 17 + UInt32(frame[38]) << 8 + UInt32(frame[39])
  }

  private static func set(_ frame: inout [UInt8], _ offset: Int, to word: UInt32) {
    frame[offset] = UInt8(word >> 8 & 0xFF)
    frame[offset + 1] = UInt8(word & 0xFF)
  }

  /// The frame ends where the memory does that the routine may read.
  private static func holds(_ frame: [UInt8], _ instructionSet: feedh_isa) -> Bool {
    let exact = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: frame.count)
    defer { exact.deallocate() }
    _ = exact.initialize(from: frame)
    return feedh_udp_checksums_hold(instructionSet, exact.baseAddress!, UInt32(frame.count - 34)) == 1
  }

  @Test func everyRoutineAcceptsWhatIsRightAndRefusesEveryFlippedBit() {
    let seed = UInt64.random(in: .min ... .max)
    print("everyRoutineAcceptsWhatIsRightAndRefusesEveryFlippedBit: seed \(seed)")
    var random = BookTestRandom(seed: seed)
    for length in Array(8...330) + [511, 512, 513, 1_472, 1_473, 9_000, 65_515] {
      let right = Self.frame(length: length, &random)
      var wrong = right
      // Neither the lengths nor the checksum field, of which 0 is right whatever the rest.
      let place = [14, 33, 34, 36, 34 + length - 1, Int.random(in: 34..<34 + length, using: &random)]
        .filter { $0 < 34 + length && !(38..<42).contains($0) }.randomElement(using: &random)!
      wrong[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
      // One in 65,535 flips makes the field that of a datagram whose sum is left to the NIC.
      let isLeft = Self.sum([], Self.pseudoHeader(wrong)) == UInt32(wrong[40]) << 8 | UInt32(wrong[41])
      for set in Self.instructionSets {
        #expect(Self.holds(right, set), "\(length) bytes, \(set), seed \(seed)")
        #expect(Self.holds(wrong, set) == (isLeft && place >= 34), "\(length) bytes, byte \(place), \(set), seed \(seed)")
      }
    }
  }

  @Test func noChecksumAndOneLeftToTheNICAreNotJudgedButTheIPHeaderIs() {
    var random = BookTestRandom(seed: 7)
    for length in [8, 40, 200, 300] {
      var none = Self.frame(length: length, &random)
      Self.set(&none, 40, to: 0)
      var left = none
      Self.set(&left, 40, to: Self.sum([], Self.pseudoHeader(left)))
      for set in Self.instructionSets {
        #expect(Self.holds(none, set) && Self.holds(left, set))
        var badHeader = none
        badHeader[22] ^= 1
        #expect(!Self.holds(badHeader, set))
      }
    }
  }
}
