import Foundation
import Testing

@testable import FeedCore
@testable import FeedObserve

/// Streams of messages cut into segments, repeated, shuffled and lost: what is printed are those messages, in order,
/// once each, and with nothing lost all of them.
@Suite struct TCPDecodeModelTests {
  private struct Random {
    var state: UInt64
    mutating func below(_ bound: Int) -> Int {
      state = Mix.spread(state &+ 0x9E37_79B9_7F4A_7C15)
      return Int(state % UInt64(bound))
    }
    mutating func chance(_ perMille: Int) -> Bool { below(1000) < perMille }
  }

  private static func seed(_ test: String = #function) -> UInt64 {
    let given = ProcessInfo.processInfo.environment["FEEDH_TEST_SEED"].flatMap { UInt64($0) }
    let seed = given ?? UInt64.random(in: 0 ... .max)
    print("\(test): seed \(seed) (FEEDH_TEST_SEED=\(seed) repeats it)")
    return seed
  }

  /// Message `n` has the number n; the stream and where each message ends.
  private static func stream(_ isBOE: Bool, _ count: Int, _ random: inout Random) -> (bytes: [UInt8], ends: [Int]) {
    var bytes: [UInt8] = []
    var ends: [Int] = []
    for number in 1...count {
      if isBOE {
        bytes += TCPCapture.boeCancel(UInt8(number))
      } else {
        if random.chance(200) { bytes += TCPCapture.soup("R") }
        bytes += TCPCapture.cancel(UInt8(number))
      }
      ends.append(bytes.count)
    }
    return (bytes, ends)
  }

  private static func capture(
    _ bytes: [UInt8], lossPerMille: Int, _ random: inout Random
  ) -> TCPCapture {
    var cuts: [(start: Int, bytes: [UInt8])] = []
    var offset = 0
    while offset < bytes.count {
      let length = min(1 + random.below(60), bytes.count - offset)
      cuts.append((offset, Array(bytes[offset..<(offset + length)])))
      offset += length
    }
    for _ in 0..<(cuts.count / 3) {
      let start = random.below(bytes.count - 2)
      cuts.append((start, Array(bytes[start..<min(bytes.count, start + 2 + random.below(50))])))
    }
    for index in cuts.indices { cuts.swapAt(index, min(cuts.count - 1, index + random.below(10))) }
    cuts.removeAll { _ in random.chance(lossPerMille) }
    var capture = TCPCapture()
    let first = UInt32(truncatingIfNeeded: random.state)
    capture.add([], at: first &- 1, flags: TransportView.tcpSYN)
    for cut in cuts { capture.add(cut.bytes, at: first &+ UInt32(cut.start)) }
    return capture
  }

  private static func numbers(_ capture: TCPCapture, _ isBOE: Bool) throws -> [Int] {
    try capture.rows().compactMap { row in
      #expect(row.contains(isBOE ? " cboe-boe 0x39 " : " ouch50-in X "))
      return row.split(separator: " ").last.flatMap { Int($0) }
    }
  }

  @Test(arguments: [false, true])
  func withNothingLostEveryMessageIsPrintedOnceAndInOrder(isBOE: Bool) throws {
    var random = Random(state: Self.seed())
    for round in 0..<60 {
      let count = 1 + random.below(80)
      let stream = Self.stream(isBOE, count, &random)
      let capture = Self.capture(stream.bytes, lossPerMille: 0, &random)
      #expect(try Self.numbers(capture, isBOE) == Array(1...count), "round \(round)")
      let tally = try capture.decode().tally
      #expect(tally.faultLines.isEmpty, "round \(round): \(tally.faultLines)")
    }
  }

  @Test(arguments: [false, true])
  func withLossNothingIsPrintedThatWasNotSent(isBOE: Bool) throws {
    var random = Random(state: Self.seed())
    for round in 0..<60 {
      let count = 20 + random.below(80)
      let stream = Self.stream(isBOE, count, &random)
      let capture = Self.capture(stream.bytes, lossPerMille: 100, &random)
      let numbers = try Self.numbers(capture, isBOE)
      // Ascending, so in order and none twice; and whole in what was captured.
      #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 }, "round \(round)")
      var isThere = [Bool](repeating: false, count: stream.bytes.count)
      let first = capture.segments[0].sequenceNumber &+ 1
      for segment in capture.segments where !segment.bytes.isEmpty {
        let start = Int(segment.sequenceNumber &- first)
        for index in start..<(start + segment.bytes.count) { isThere[index] = true }
      }
      let length = isBOE ? 31 : 12
      for number in numbers {
        let end = stream.ends[number - 1]
        #expect(isThere[(end - length)..<end].allSatisfy { $0 }, "round \(round), message \(number)")
      }
    }
  }
}
