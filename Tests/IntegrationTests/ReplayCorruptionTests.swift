import FeedIO
import FeedSim
import Testing

@testable import FeedCore

/// Random damage: no crash, no hang, and what was not damaged is as if nothing had been.
struct ReplayCorruptionTests {
  /// One byte of many of line A's frames is wrong. Each such frame fails a checksum or is no market data any more, and
  /// line B has what it held.
  @Test func damagedFramesOfOneLineChangeNoBook() throws {
    let seed = TestSeed.draw("damagedFramesOfOneLineChangeNoBook")
    var random = SplitMix(seed)
    let made = try Generated.make(seed: 61) {
      $0.venueCount = 2
      $0.restartCount = 2
    }
    let clean = try ReplayRun(made.captures, made.settings)
    for _ in 0..<4 {
      var frames = try made.frames()
      var damaged = 0
      for index in frames.indices where Generated.venueAndLine(frames[index]).line == 0 && random.below(20) == 0 {
        // Wrong addresses of Ethernet harm nobody.
        frames[index].bytes[12 + random.below(frames[index].bytes.count - 12)] ^= UInt8(1 + random.below(255))
        damaged += 1
      }
      let run = try ReplayRun([PcapFile.write(frames)], made.settings)
      #expect(run.summary.bookDigest == clean.summary.bookDigest, "seed \(seed)")
      #expect(run.summary[.messagesLost] == 0 && run.summary.byType == clean.summary.byType, "seed \(seed)")
      #expect(run.summary.orphans == 0 && run.summary[.malformed] == 0, "seed \(seed)")
      let discarded = WireCounter.allCases.reduce(0) { $0 + run.summary.wire[$1] }
      #expect(discarded + run.summary[.cutPackets] >= UInt64(damaged) * 9 / 10, "seed \(seed): \(run.faults)")
    }
  }

  /// Bytes of messages are wrong and no checksum tells. Books of stocks that no damaged message can have touched are
  /// the same to the last event.
  @Test func damagedMessagesHarmOnlyTheStocksTheyName() throws {
    let seed = TestSeed.draw("damagedMessagesHarmOnlyTheStocksTheyName")
    var random = SplitMix(seed)
    let made = try Generated.make(seed: 62) {
      $0.venueCount = 2
      $0.lineCount = 1
      $0.symbolCount = 120
    }
    let settings = made.settings.with { $0.verifyChecksums = false }
    let clean = try ReplayRun(made.captures, settings)
    var untouchedInAll = 0
    for _ in 0..<6 {
      var frames = try made.frames()
      var touched = Touched(frames)
      for _ in 0..<15 {
        let index = random.below(frames.count)
        let venue = Generated.venueAndLine(frames[index]).venue
        guard let message = frames[index].mold.messages.randomElement(using: &random) else { continue }
        let place = message.startIndex + random.below(message.count)
        touched.note(message, venue: venue)
        frames[index].bytes[place] ^= UInt8(1 + random.below(255))
        touched.note(frames[index].bytes[message.startIndex..<message.endIndex], venue: venue)
      }
      let harmed = touched.symbols()
      let run = try ReplayRun([PcapFile.write(frames)], settings)
      #expect(run.summary[.messagesLost] == 0 && run.summary.packets == clean.summary.packets, "seed \(seed)")
      for instrument in clean.summary.instruments {
        let name = "\(instrument.venue) \(instrument.symbol)"
        if harmed.contains(name) { continue }
        untouchedInAll += 1
        let now = run.summary.instruments.first { $0.venue == instrument.venue && $0.symbol == instrument.symbol }
        #expect(
          now?.digest == instrument.digest && now?.top == instrument.top && now?.state == instrument.state
            && now?.bidOrders == instrument.bidOrders && now?.askOrders == instrument.askOrders,
          "seed \(seed): \(name)")
      }
    }
    #expect(untouchedInAll > 300, "seed \(seed)")
  }

  /// Which stocks a damaged message, before or after its damage, has to do with.
  struct Touched {
    /// Per venue: locate → symbol; reference → locates of the messages that name it.
    private var symbolOf: [[UInt64: String]] = [[:], [:]]
    private var locatesOf: [[UInt64: Set<UInt64>]] = [[:], [:]]
    private var locates: [Set<UInt64>] = [[], []]
    private var references: [Set<UInt64>] = [[], []]
    private var names: [Set<String>] = [[], []]

    init(_ frames: [CapturedFrame]) {
      for frame in frames {
        let venue = Generated.venueAndLine(frame).venue
        for message in frame.mold.messages {
          let locate = message.bigEndian(1, 2)
          if message.first == UInt8(ascii: "R") { symbolOf[venue][locate] = Self.text(message, 11) }
          for reference in Self.references(message) { locatesOf[venue][reference, default: []].insert(locate) }
        }
      }
    }

    private static func text(_ message: ArraySlice<UInt8>, _ offset: Int) -> String {
      let start = message.startIndex + offset
      return String(decoding: message[start..<(start + 8)].prefix { $0 != 0x20 }, as: UTF8.self)
    }

    private static func references(_ message: ArraySlice<UInt8>) -> [UInt64] {
      switch Character(Unicode.Scalar(message.first!)) {
      case "A", "F", "E", "C", "X", "D": message.count >= 19 ? [message.bigEndian(11, 8)] : []
      case "U": message.count >= 27 ? [message.bigEndian(11, 8), message.bigEndian(19, 8)] : []
      default: []
      }
    }

    mutating func note(_ message: ArraySlice<UInt8>, venue: Int) {
      locates[venue].insert(message.bigEndian(1, 2))
      references[venue].formUnion(Self.references(message))
      // Wherever a type may hold a symbol: it can name another stock's.
      for offset in [11, 19, 24] where message.count >= offset + 8 { names[venue].insert(Self.text(message, offset)) }
    }

    /// "0 ABC" for venue 0.
    func symbols() -> Set<String> {
      var found: Set<String> = []
      for venue in 0..<2 {
        let all = references[venue].reduce(locates[venue]) { $0.union(locatesOf[venue][$1] ?? []) }
        for locate in all { if let symbol = symbolOf[venue][locate] { found.insert("\(venue) \(symbol)") } }
        found.formUnion(names[venue].map { "\(venue) \($0)" })
      }
      return found
    }
  }

  /// Bytes anywhere in the file, in any number: the run ends, and its result does not depend on how it is run.
  @Test func anyBytesMayBeWrong() throws {
    let seed = TestSeed.draw("anyBytesMayBeWrong")
    var random = SplitMix(seed)
    let made = try Generated.make(seed: 63) {
      $0.messageCount = 4_000
      $0.restartCount = 2
      $0.lossA = Probability(partsPerMillion: 10_000)
    }
    let bytes = PcapFile.bytes(try made.frames())
    for round in 0..<12 {
      var damaged = bytes
      for _ in 0..<[1, 10, 100, 1_000][round % 4] {
        // A record header that lies ends a pcap; with many wrong bytes most damage shall come after it.
        let place = round % 3 == 0 ? random.below(bytes.count) : bytes.count / 2 + random.below(bytes.count / 2)
        if place >= 24 { damaged[place] = UInt8(truncatingIfNeeded: random.next()) }
      }
      if round % 5 == 4 { damaged.removeLast(random.below(bytes.count / 2)) }
      let path = ScratchFolder.write(damaged, as: "pcap")
      var settings = ReplayDeterminismTests.trading(made.settings)
      settings.verifyChecksums = round % 2 == 0
      settings.crossVenue?.minimumEdge = 1
      let one: ReplayRun
      do {
        one = try ReplayRun([path], settings.with { $0.threads.burstPackets = 1 })
      } catch is FeedPlanError where !settings.verifyChecksums {
        // Wrong addresses that no checksum tells look like feeds of their own; more than eight are refused.
        continue
      }
      let other = try ReplayRun([path], settings.with { $0.threads.coreCount = 2 })
      #expect(difference(other.summary.everything, one.summary.everything, "seed \(seed) round \(round)") == nil)
    }
  }

  /// Messages of any content in packets of right form: every length of every type, and random fields.
  @Test func anyMessageMayCome() throws {
    let seed = TestSeed.draw("anyMessageMayCome")
    var random = SplitMix(seed)
    for _ in 0..<3 {
      var feed = ScriptedFeed()
      feed.open("AAA", "BBB", "CCC")
      let types = Array("SRHYLVWKJhAFECXDUPQBINOz".utf8)
      for _ in 0..<300 {
        feed.sendAll(
          (0..<(1 + random.below(20))).map { _ in
            var message = (0..<random.below(60)).map { _ in
              // Small numbers meet one another, great ones test the edges.
              random.below(3) == 0 ? UInt8(truncatingIfNeeded: random.next()) : UInt8(random.below(3))
            }
            if !message.isEmpty { message[0] = types[random.below(types.count)] }
            if message.count > 19 { message[19] = Array("BSTHQ0".utf8)[random.below(6)] }
            return message
          })
      }
      let path = PcapFile.write(feed.frames)
      let settings = Settings.small.with {
        $0.capacity.liveOrders = 1_024
        $0.capacity.priceLevels = 1_024
        $0.capacity.instruments = 40
      }
      let one = try ReplayRun([path], settings.with { $0.threads.burstPackets = 1 })
      let two = try ReplayRun([path], settings)
      #expect(difference(two.summary.everything, one.summary.everything, "seed \(seed)") == nil)
      #expect(one.summary[.messagesLost] == 0 && one.summary.messages == feed.next - 1, "seed \(seed)")
    }
  }
}
