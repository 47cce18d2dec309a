import Testing

@testable import FeedSim

/// What the venues say, read from line A by the tests' own parser.
@Suite struct MessageTests {
  private static func messages(_ options: GeneratorOptions) throws -> [(venue: Int, session: [UInt8], bytes: [UInt8])] {
    try generate(options).frames.filter { $0.line == 0 }.flatMap { frame in
      let packet = try #require(ParsedPacket(frame.payload))
      return packet.messages.map { (frame.venue, packet.session, $0) }
    }
  }

  @Test(arguments: [1, 2, 3] as [UInt64]) func everyMessageHasItsLegalLength(seed: UInt64) throws {
    for message in try Self.messages(smallOptions(seed: seed) { $0.venueCount = 3 }) {
      #expect(message.bytes.count == messageLengths[type(of: message.bytes)], "seed \(seed)")
    }
  }

  @Test(arguments: [1, 7] as [UInt64]) func ordersLiveFromTheirAddToTheirEnd(seed: UInt64) throws {
    struct Live { var shares: UInt64; var locate: UInt64 }
    let options = smallOptions(seed: seed) {
      $0.messageCount = 20_000
      $0.restartCount = 2
    }
    var live: [[UInt64: Live]] = [[:], [:]]
    var used: [Set<UInt64>] = [[], []]
    var sessions: [[UInt8]] = [[], []]
    var times: [UInt64] = [0, 0]
    for (venue, session, bytes) in try Self.messages(options) {
      if session != sessions[venue] { live[venue] = [:] }
      sessions[venue] = session
      let time = bigEndian(bytes, 5, 6)
      #expect(time >= times[venue] && time < 86_400_000_000_000)
      times[venue] = time
      let locate = bigEndian(bytes, 1, 2)
      let reference = bytes.count >= 19 ? bigEndian(bytes, 11, 8) : 0
      func enter(_ reference: UInt64, _ shares: UInt64) {
        #expect(used[venue].insert(reference).inserted, "reference \(reference) used twice, seed \(seed)")
        #expect(shares > 0)
        live[venue][reference] = Live(shares: shares, locate: locate)
      }
      switch type(of: bytes) {
      case "A", "F":
        enter(reference, bigEndian(bytes, 20, 4))
        #expect((1...2_000_000_000).contains(bigEndian(bytes, 32, 4)))
      case "E", "C", "X":
        let order = try #require(live[venue][reference], "no order \(reference), seed \(seed)")
        let shares = bigEndian(bytes, 19, 4)
        #expect(shares > 0 && shares <= order.shares && order.locate == locate)
        live[venue][reference] = shares == order.shares ? nil : Live(shares: order.shares - shares, locate: locate)
      case "D", "U":
        let removed = live[venue].removeValue(forKey: reference)
        let order = try #require(removed, "no order \(reference), seed \(seed)")
        #expect(order.locate == locate)
        if type(of: bytes) == "U" { enter(bigEndian(bytes, 19, 8), bigEndian(bytes, 27, 4)) }
      default: break
      }
    }
    #expect(sessions[0].suffix(2) == [48, 50] && sessions[1].suffix(2) == [48, 50], "each venue restarts once")
  }

  @Test func theDayRunsFromStartOfMessagesToEndOfMessages() throws {
    let events = try Self.messages(smallOptions()).filter { $0.venue == 0 && type(of: $0.bytes) == "S" }
      .map { Character(Unicode.Scalar($0.bytes[11])) }
    #expect(String(events) == "OSQMEC")
  }

  @Test func locatesOfOneStockDifferBetweenVenues() throws {
    var locates: [[[UInt8]: UInt64]] = [[:], [:]]
    for (venue, _, bytes) in try Self.messages(smallOptions()) where type(of: bytes) == "R" {
      locates[venue][Array(bytes[11..<19])] = bigEndian(bytes, 1, 2)
    }
    #expect(locates[0].count == 30 && Set(locates[0].keys) == Set(locates[1].keys))
    #expect(locates[0].contains { locates[1][$0.key] != $0.value })
  }

  @Test func theMixIsThatOfARealDay() throws {
    let options = smallOptions(seed: 4) {
      $0.messageCount = 60_000
      $0.symbolCount = 100
    }
    let (_, result) = try generate(options)
    let total = Double(result.messageCount)
    func share(_ type: Character) -> Double {
      Double(result.venues.reduce(0) { $0 + $1.messageCounts[Int(type.asciiValue!)] }) / total
    }
    #expect((0.41...0.52).contains(share("A")))
    #expect((0.33...0.42).contains(share("D")))
    #expect((0.065...0.095).contains(share("U")))
    #expect((0.015...0.035).contains(share("E")))
    #expect((0.005...0.015).contains(share("X")))
    #expect((0.003...0.008).contains(share("F")))
    #expect((0.003...0.009).contains(share("P")))
    for type in "RHYLVSICQJh" as String { #expect(share(type) > 0, "no \(type)") }
    let perPacket = total / Double(result.venues.reduce(0) { $0 + $1.dataPackets })
    #expect((4...5.5).contains(perPacket))
  }

  @Test func aFewStocksTradeBelowADollarInFineTicks() throws {
    var fine = 0
    for (_, _, bytes) in try Self.messages(smallOptions()) where type(of: bytes) == "A" {
      let price4 = bigEndian(bytes, 32, 4)
      if price4 % 100 != 0 {
        #expect(price4 < 10_000)
        fine += 1
      }
    }
    #expect(fine > 0)
  }
}
