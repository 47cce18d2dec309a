import FeedCore
import Testing

@testable import FeedSim

/// Venues of unlike protocols in one capture: their packets, their messages, and the truth over all of them.
@Suite struct UnlikeVenueTests {
  static let five = [
    VenueChoice(name: "nasdaq", feedProtocol: .itch50), VenueChoice(name: "bzx", feedProtocol: .pitch),
    VenueChoice(name: "arca", feedProtocol: .nyseIntegrated), VenueChoice(name: "memx", feedProtocol: .memxDepth),
    VenueChoice(name: "iex", feedProtocol: .deepPlus),
  ]

  private static func mixed(seed: UInt64, _ change: (inout GeneratorOptions) -> Void = { _ in }) -> GeneratorOptions {
    smallOptions(seed: seed) {
      $0.venues = five
      $0.messageCount = 20_000
      $0.dislocationCount = 30
      change(&$0)
    }
  }

  /// One packet, read by the transports' documents.
  struct Packet {
    var session: [UInt8] = []
    /// Of the first message, or of a heartbeat the next.
    var sequenceNumber: UInt64 = 0
    var isReset = false
    var isControl = false
    var messages: [[UInt8]] = []

    init?(_ payload: ArraySlice<UInt8>, _ feedProtocol: FeedProtocol) {
      let bytes = Array(payload)
      func little(_ offset: Int, _ length: Int) -> Int {
        bytes[offset..<offset + length].reversed().reduce(0) { $0 << 8 | Int($1) }
      }
      func big(_ offset: Int, _ length: Int) -> Int { bytes[offset..<offset + length].reduce(0) { $0 << 8 | Int($1) } }
      var offset: Int
      var count: Int
      switch feedProtocol {
      case .pitch:
        guard little(0, 2) == bytes.count, bytes[3] != 0 else { return nil }
        (offset, count, sequenceNumber) = (8, Int(bytes[2]), UInt64(little(4, 4)))
      case .nyseIntegrated:
        guard little(0, 2) == bytes.count, bytes.count <= 1_400 else { return nil }
        (offset, count, sequenceNumber) = (16, Int(bytes[3]), UInt64(little(4, 4)))
        isReset = bytes[2] == 12
        guard isReset || bytes[2] == (count == 0 ? 1 : 11) else { return nil }
      case .memxDepth:
        guard bytes[1] == 18 else { return nil }
        session = Array(bytes[2..<10])
        (offset, count, sequenceNumber) = (18, 0, UInt64(big(10, 8)) + 1)
        if bytes[0] == 2 { (offset, count, sequenceNumber) = (20, big(18, 2), UInt64(big(10, 8))) }
      case .deepPlus:
        guard bytes[0] == 1, little(2, 2) == 0x8005, little(4, 4) == 1, little(12, 2) + 40 == bytes.count else {
          return nil
        }
        session = Array(bytes[8..<12])
        (offset, count, sequenceNumber) = (40, little(14, 2), UInt64(little(24, 8)))
      default:
        guard let mold = ParsedPacket(payload) else { return nil }
        (session, sequenceNumber, messages) = (mold.session, mold.sequenceNumber, mold.messages)
        isControl = mold.messages.isEmpty
        return
      }
      isControl = count == 0
      for _ in 0..<count {
        var length: Int
        switch feedProtocol {
        case .pitch: length = Int(bytes[offset])
        case .nyseIntegrated: length = little(offset, 2)
        case .memxDepth: (length, offset) = (big(offset, 2), offset + 2)
        default: (length, offset) = (little(offset, 2), offset + 2)
        }
        guard length > 0, offset + length <= bytes.count else { return nil }
        messages.append(Array(bytes[offset..<offset + length]))
        offset += length
      }
      if offset != bytes.count { return nil }
    }
  }

  @Test(arguments: [false, true]) func everyTransportNumbersItsMessagesWithoutGap(lineBFramesDiffer: Bool) throws {
    let options = Self.mixed(seed: 3) {
      $0.lineBFramesDiffer = lineBFramesDiffer
      $0.restartCount = 5
    }
    let (frames, result) = try generate(options)
    struct Line {
      var session: [UInt8] = []
      var next: UInt64 = 1
      var sessions = 1
      var controls = 0
      var messages = 0
      var lastNanoseconds: UInt64 = 0
    }
    var lines = Array(repeating: Array(repeating: Line(), count: 2), count: 5)
    for frame in frames {
      var line = lines[frame.venue][frame.line]
      let packet = try #require(Packet(frame.payload, Self.five[frame.venue].feedProtocol))
      if packet.isReset || (packet.session != line.session && line.next > 1) {
        line.next = 1
        line.sessions += 1
        #expect(!packet.isReset || packet.messages.count == 1)
      }
      line.session = packet.session
      #expect(packet.sequenceNumber == line.next, "\(Self.five[frame.venue].name) line \(frame.line)")
      line.next = packet.sequenceNumber + UInt64(packet.messages.count)
      line.messages += packet.messages.count
      if packet.isControl { line.controls += 1 }
      // Restarting takes a moment; silence never lasts longer than a heartbeat's second.
      if line.lastNanoseconds > 0 { #expect(frame.captureNanoseconds - line.lastNanoseconds < 1_100_000_000) }
      line.lastNanoseconds = frame.captureNanoseconds
      lines[frame.venue][frame.line] = line
    }
    for (venue, choice) in Self.five.enumerated() {
      for line in lines[venue] {
        #expect(line.messages == result.venues[venue].messageCount)
        #expect(line.controls >= 2)
        // A Cboe unit goes on after its Unit Clear.
        #expect(line.sessions == (choice.feedProtocol == .pitch ? 1 : 2), "\(choice.name)")
      }
    }
  }

  @Test func streamOffsetsOfIEXCountBytes() throws {
    let options = Self.mixed(seed: 4) { $0.lineCount = 1 }
    var next: UInt64 = 0
    for frame in try generate(options).frames where frame.venue == 4 {
      let bytes = Array(frame.payload)
      func little(_ offset: Int, _ length: Int) -> UInt64 {
        bytes[offset..<offset + length].reversed().reduce(0) { $0 << 8 | UInt64($1) }
      }
      #expect(little(16, 8) == next)
      // The day's midnight is 1,767,589,200 s; Send Time is when the packet is captured on line A.
      #expect(little(32, 8) == frame.captureNanoseconds)
      next += little(12, 2)
    }
    #expect(next > 10_000)
  }

  /// The layouts are tested against the venues' own packets; the encoders share nothing with them.
  @Test(arguments: [5, 6] as [UInt64]) func theLayoutsReadEveryMessage(seed: UInt64) throws {
    let descriptions: [FeedProtocol: ProtocolDescription] = [
      .itch50: ITCH50Layouts.description, .pitch: CboePITCHLayouts.description,
      .nyseIntegrated: NYSEPillarLayouts.description, .memxDepth: MEMXLayouts.description,
      .deepPlus: IEXLayouts.deepPlus,
    ]
    let options = Self.mixed(seed: seed) {
      $0.messageCount = 60_000
      $0.restartCount = 5
    }
    var types: [FeedProtocol: Set<String>] = [:]
    var symbols: [Set<String>] = Array(repeating: [], count: 5)
    for frame in try generate(options).frames where frame.line == 0 {
      let feedProtocol = Self.five[frame.venue].feedProtocol
      let description = try #require(descriptions[feedProtocol])
      for message in try #require(Packet(frame.payload, feedProtocol)).messages {
        message.withUnsafeBytes { bytes in
          let verdict = description.verdict(of: bytes)
          guard verdict == .exact, let reader = description.read(bytes) else {
            Issue.record("\(Self.five[frame.venue].name) \(verdict) \(message), seed \(seed)")
            return
          }
          types[feedProtocol, default: []].insert(reader.layout.typeText)
          switch (feedProtocol, reader.layout.code) {
          case (.itch50, UInt32(UInt8(ascii: "R"))): symbols[frame.venue].insert(Self.text(reader.value("stock")))
          case (.pitch, 0x31): symbols[frame.venue].insert(Self.text(reader.value("symbol")))
          case (.nyseIntegrated, 3): symbols[frame.venue].insert(Self.text(reader.value("symbol")))
          case (.memxDepth, 1):
            let parts = [Self.text(reader.value("symbol")), Self.text(reader.value("symbolSfx"))]
            symbols[frame.venue].insert(parts.filter { !$0.isEmpty }.joined(separator: " "))
          case (.deepPlus, UInt32(UInt8(ascii: "D"))): symbols[frame.venue].insert(Self.text(reader.value("symbol")))
          default: break
          }
        }
      }
    }
    #expect(types[.pitch]?.count ?? 0 >= 17, "\(types[.pitch] ?? [])")
    #expect(types[.nyseIntegrated]?.count ?? 0 >= 11, "\(types[.nyseIntegrated] ?? [])")
    #expect(types[.memxDepth]?.count ?? 0 >= 9, "\(types[.memxDepth] ?? [])")
    #expect(types[.deepPlus]?.count ?? 0 >= 10, "\(types[.deepPlus] ?? [])")
    #expect(symbols.allSatisfy { $0.count == 30 }, "\(symbols.map(\.count))")
    #expect(symbols[0] == symbols[1] && symbols[0] == symbols[4] && symbols[2] == symbols[3])
    #expect(symbols[0] != symbols[2] && symbols[2].contains { $0.contains(" ") })
  }

  /// Without padding.
  private static func text(_ value: FieldValue?) -> String {
    switch value {
    case .text(let text): String(text.prefix { $0 != "\0" }.reversed().drop { $0 == " " }.reversed())
    case .bytes(let bytes): text(.text(String(decoding: bytes, as: UTF8.self)))
    default: ""
    }
  }

  @Test(arguments: [11, 12, 13] as [UInt64]) func theReferenceAgreesWithTheVenuesThemselves(seed: UInt64) throws {
    let options = Self.mixed(seed: seed) {
      $0.messageCount = 40_000
      $0.symbolCount = 40
      $0.restartCount = Int(seed % 3) * 3
    }
    let simulation = Simulation(options, sink: MemorySink())
    let result = try simulation.run()
    for (venue, state) in simulation.truth.venues.enumerated() {
      let name = Self.five[venue].name
      #expect(state.orphanCount == 0 && state.sequenceBreakCount == 0, "\(name), seed \(seed)")
      #expect(state.unreadCount == 0 && state.offScaleCount == 0, "\(name), seed \(seed)")
      #expect(state.orders.count == simulation.venues[venue].orders.liveCount, "\(name), seed \(seed)")
      #expect(state.symbols.count == 40, "\(name), seed \(seed)")
    }
    #expect(result.books.count == 200)
    for row in result.books {
      let venue = try #require(simulation.venues.firstIndex { $0.name == row.venue })
      let listings = simulation.venues[venue].listings
      let stock = try #require(listings.firstIndex { String(decoding: $0.symbol, as: UTF8.self) == row.symbol })
      let book = simulation.venues[venue].orders.books[stock]
      let isNumbered = [.itch50, .nyseIntegrated, .memxDepth].contains(Self.five[venue].feedProtocol)
      #expect(row.locate == (isNumbered ? listings[stock].identifier : 0))
      let unit: UInt64 = listings[stock].priceDecimals == 6 ? 100 : 1
      #expect(UInt64(book.bids.last?.price4 ?? 0) * unit == row.bidPrice, "\(row.line), seed \(seed)")
      #expect(UInt64(book.asks.last?.price4 ?? 0) * unit == row.askPrice, "\(row.line), seed \(seed)")
      #expect(book.bids.last?.shares ?? 0 == row.bidQuantity && Int(book.asks.last?.orderCount ?? 0) == row.askOrders)
    }
    #expect(result.books.contains { $0.venue == "arca" && $0.bidPrice > 10_000_000 })
  }

  @Test(arguments: [1, 2, 3] as [UInt64]) func everyPlantedDislocationIsInTheTruth(seed: UInt64) throws {
    let options = Self.mixed(seed: seed) { $0.restartCount = seed == 3 ? 5 : 0 }
    let (_, result) = try generate(options)
    #expect(result.planted.count == 30, "seed \(seed)")
    for dislocation in result.planted {
      #expect(
        result.opportunities.contains {
          $0.isPlanted && $0.symbol == dislocation.symbol && $0.buyVenue == dislocation.buyVenue
            && $0.sellVenue == dislocation.sellVenue && $0.beginNanoseconds <= dislocation.beginNanoseconds
            && $0.endNanoseconds >= dislocation.endNanoseconds && $0.maximumEdge >= dislocation.edge
        }, "\(dislocation), seed \(seed)")
    }
    // Between venues whose symbols differ, too.
    let suffixed = result.opportunities.filter { !$0.symbol.allSatisfy(\.isLetter) }
    #expect(suffixed.contains { ["arca", "memx"].contains($0.buyVenue) != ["arca", "memx"].contains($0.sellVenue) })
  }

  @Test func equalSeedsGiveEqualBytes() throws {
    let options = Self.mixed(seed: 9) {
      $0.lossA = Probability(partsPerMillion: 10_000)
      $0.restartCount = 2
    }
    let (first, firstResult) = try generate(options)
    let (second, secondResult) = try generate(options)
    #expect(first == second && firstResult.truthText == secondResult.truthText)
    #expect(firstResult.expectationText == secondResult.expectationText)
  }

  @Test func namedITCHVenuesSayWhatTheUnnamedSay() throws {
    let plain = try generate(smallOptions(seed: 7))
    let named = try generate(
      smallOptions(seed: 7) {
        $0.venues = [VenueChoice(name: "a", feedProtocol: .itch50), VenueChoice(name: "b", feedProtocol: .itch50)]
      })
    #expect(plain.frames == named.frames)
    #expect(named.result.venues.map(\.name) == ["a", "b"])
  }

  // MARK: - Options

  @Test func aVenueIsANameAndAProtocol() throws {
    #expect(try VenueChoice(parsing: "arca:nyseIntegrated") == Self.five[2])
    #expect(try VenueChoice(parsing: "nasdaq") == Self.five[0])
    for text in ["", ":pitch", "x:cmeMDP3", "x:", "x y:pitch", "a-name-of-seventeen:pitch", "x:pitch:y"] {
      let error = #expect(throws: GeneratorError.self) { try VenueChoice(parsing: text) }
      #expect(error?.description.contains("--venue") == true && error?.description.contains("\n") == false)
    }
    for change in [
      { $0.venues = [Self.five[0], Self.five[0]] },
      {
        $0.venues = Self.five
        $0.venueCount = 2
      },
      { $0.venues = [Self.five[0], VenueChoice(name: "cme", feedProtocol: .cmeMDP3)] },
    ] as [(inout GeneratorOptions) -> Void] {
      let options = smallOptions(seed: 1, change)
      let error = #expect(throws: GeneratorError.self) { try options.validate() }
      #expect(error?.description.contains("--venue") == true)
    }
  }

  @Test func theConfigurationNamesProtocolStreamAndLines() {
    let options = smallOptions { $0.venues = [Self.five[4], Self.five[1], Self.five[2]] }
    #expect(
      ConfigurationText.yaml(options).contains(
        """
        feeds:
          - name: iex
            venue: iex
            protocol: deepPlus
            stream: 1
            lines:
              - { name: A, group: 233.54.12.1, port: 26401 }
              - { name: B, group: 233.54.13.1, port: 26501 }
          - name: bzx
            venue: bzx
            protocol: pitch
            stream: 2
            lines:
              - { name: A, group: 233.54.12.2, port: 26402 }
              - { name: B, group: 233.54.13.2, port: 26502 }
          - name: arca
            venue: arca
            protocol: nyseIntegrated
            lines:
              - { name: A, group: 233.54.12.3, port: 26403 }
              - { name: B, group: 233.54.13.3, port: 26503 }
        """))
  }
}
