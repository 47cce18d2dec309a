import Testing

@testable import FeedCore

private let all = [
  ITCH50Layouts.description, ITCH50Layouts.glimpse, OUCH50Layouts.inbound, OUCH50Layouts.outbound,
]

@Suite struct LayoutTests {
  /// Lengths as the fact sheets and the venue's documents give them.
  @Test func lengthsAreThoseOfTheDocuments() {
    let itch: [Character: Int] = [
      "S": 12, "R": 39, "H": 25, "Y": 20, "L": 26, "V": 35, "W": 12, "K": 28, "J": 35, "h": 21, "A": 36, "F": 40,
      "E": 31, "C": 36, "X": 23, "D": 19, "U": 35, "P": 44, "Q": 40, "B": 19, "I": 50, "N": 20, "O": 48,
    ]
    let inbound: [Character: Int] = ["O": 47, "U": 40, "X": 9, "M": 10, "Q": 1, "C": 17, "D": 9, "E": 9]
    let outbound: [Character: Int] = [
      "S": 10, "A": 64, "U": 68, "C": 18, "D": 32, "E": 36, "B": 36, "J": 29, "P": 13, "I": 13, "T": 30, "M": 18,
      "R": 16, "Q": 13, "X": 25, "G": 17, "K": 17,
    ]
    for (description, expected) in zip(all, [itch, ["G": 21], inbound, outbound]) {
      let lengths = Dictionary(
        uniqueKeysWithValues: description.layouts.map { (Character(Unicode.Scalar($0.type)), $0.length) })
      #expect(lengths == expected, "\(description.name)")
    }
  }

  @Test func fieldsFollowOneAnotherWithoutHoles() {
    for description in all {
      for layout in description.layouts {
        var end = 0
        for field in layout.fields {
          #expect(field.offset == end, "\(description.name) \(layout.name) \(field.title)")
          #expect(field.size > 0)
          end += field.size
        }
        #expect(end == layout.length)
        #expect(Set(layout.fields.map(\.name)).count == layout.fields.count, "two fields of one name")
        #expect(layout.fields.first?.encoding == .character)
      }
    }
  }

  @Test func everyTypeIsJudgedByItsLength() {
    for description in all {
      for layout in description.layouts {
        func verdict(_ length: Int) -> MessageVerdict {
          var bytes = [UInt8](repeating: 0x20, count: length)
          if length > 0 { bytes[0] = layout.type }
          return bytes.withUnsafeBytes { description.verdict(of: $0) }
        }
        #expect(verdict(layout.length) == .exact)
        #expect(verdict(layout.length + 1) == (layout.hasAppendage ? .exact : .longer), "\(layout.name)")
        #expect(verdict(0) == .empty)
        let shortest = layout.minimumLength
        #expect(verdict(shortest) == .exact)
        if shortest > 1 { #expect(verdict(shortest - 1) == .short, "\(layout.name)") }
      }
    }
  }

  @Test func unknownTypesBetweenKnownOnesAreNamedAsSuch() {
    for description in all {
      let known = Set(description.layouts.map(\.type))
      for type in UInt8.min...UInt8.max {
        let bytes = [type] + [UInt8](repeating: 0, count: 99)
        let verdict = bytes.withUnsafeBytes { description.verdict(of: $0) }
        #expect((verdict == .unknownType) == !known.contains(type))
        #expect((description.layout(ofType: type) != nil) == known.contains(type))
      }
    }
  }

  @Test func onlyAIQCanceledMayEndEarlier() {
    for description in all {
      for layout in description.layouts {
        let isAIQ = layout.name == "AIQ Canceled"
        #expect(layout.minimumLength == layout.length - (isAIQ ? 1 : 0))
      }
    }
    let bytes = [UInt8(ascii: "D")] + [UInt8](repeating: 1, count: 30)
    bytes.withUnsafeBytes { bytes in
      let names = OUCH50Layouts.outbound.read(bytes)?.values().map(\.name)
      #expect(names?.contains("liquidityFlag") == true)
      #expect(names?.contains("aiqStrategy") == false)
    }
  }

  @Test func newerLayoutsAreMarked() {
    #expect(OUCH50Layouts.inbound.layouts.filter(\.isNewer).map(\.typeText) == ["C", "D", "E"])
    #expect(OUCH50Layouts.outbound.layouts.filter(\.isNewer).map(\.typeText) == ["X", "G", "K"])
    #expect(OUCH50Layouts.inbound.options.filter(\.isNewer).map(\.tag) == [26, 27, 28])
    #expect(ITCH50Layouts.description.layouts.filter(\.isNewer).isEmpty)
  }

  @Test(arguments: [
    ("Buy/Sell Indicator", "buySellIndicator"), ("MPID", "mpid"), ("IPO Flag", "ipoFlag"), ("ClOrdID", "clOrdID"),
    ("UserRefNum", "userRefNum"), ("Reg SHO Action", "regSHOAction"), ("Issue Sub-Type", "issueSubType"),
    ("InterMarket Sweep Eligibility", "interMarketSweepEligibility"), ("CrossType", "crossType"),
    ("Quantity prevented from trading", "quantityPreventedFromTrading"), ("AIQ Strategy", "aiqStrategy"),
    ("LULD Reference Price Tier", "luldReferencePriceTier"), ("Level 1", "level1"), ("XMLData", "xmlData"),
    ("Price (display)", "price"), ("BBO Weight Indicator", "bboWeightIndicator"), ("A1B", "a1B"), ("", ""),
  ])
  func titlesBecomeLowerCamelCase(title: String, name: String) { #expect(FieldLayout.name(of: title) == name) }

  // MARK: By hand, from the documents

  /// TotalView-ITCH 5.0, "Add Order – No MPID Attribution".
  @Test func addOrderIsReadFieldByField() throws {
    let bytes = LayoutVector.bytes(
      "41 0D2C 0002 1F1A D635 BD15 000000000012D687 53 00000064 4141504C20202020 0016ED24")
    try bytes.withUnsafeBytes { bytes in
      let reader = try #require(ITCH50Layouts.description.read(bytes))
      #expect(reader.layout.name == "Add Order (no MPID)")
      let expected: [(String, FieldValue)] = [
        ("messageType", .text("A")), ("stockLocate", .unsigned(3372)), ("trackingNumber", .unsigned(2)),
        ("timestamp", .unsigned(34_200_123_456_789)), ("orderReferenceNumber", .unsigned(1_234_567)),
        ("buySellIndicator", .text("S")), ("shares", .unsigned(100)), ("stock", .text("AAPL    ")),
        ("price", .unsigned(1_502_500)),
      ]
      let values = reader.values()
      #expect(values.map(\.name) == expected.map(\.0))
      #expect(values.map(\.value) == expected.map(\.1))
    }
  }

  /// The Enter Order vector of the OUCH 5.0 fact sheet.
  @Test func enterOrderIsWrittenByteForByte() throws {
    let writer = try #require(OUCH50Layouts.inbound.writer(ofType: UInt8(ascii: "O")))
    let bytes = try writer.encode([
      "userRefNum": .unsigned(1), "side": .text("B"), "quantity": .unsigned(100), "symbol": .text("AAPL"),
      "price": .unsigned(1_502_500), "timeInForce": .text("0"), "display": .text("Y"), "capacity": .text("A"),
      "interMarketSweepEligibility": .text("N"), "crossType": .text("N"), "clOrdID": .text("ORD1"),
    ])
    let expected = LayoutVector.bytes(
      "4F 00000001 42 00000064 4141504C20202020 000000000016ED24 30 59 41 4E 4E 4F524431202020202020202020 20 0000")
    #expect(bytes == expected)
    #expect(bytes.count == 47)
  }

  /// The option bytes that the OUCH 5.0 fact sheet quotes from real messages.
  @Test func appendageOptionsAreWalkedByTheirLengths() throws {
    let accepted = LayoutVector.bytes("05024D4C524F 021230")
    accepted.withUnsafeBytes { bytes in
      var elements = OptionElements(bytes)
      let read = Array(IteratorSequence(elements))
      #expect(read.map(\.tag) == [2, 18])
      let values = read.map { element in
        OUCH50Layouts.outbound.option(ofTag: element.tag).flatMap { MessageReader.value(of: $0, in: element, .big) }
      }
      #expect(values == [.text("MLRO"), .text("0")])
      while elements.next() != nil {}
      #expect(!elements.isMalformed)
    }
  }

  @Test(arguments: ["00", "0502", "02123005", "FF01"])
  func optionsThatRunOverTheEndStopTheWalk(hex: String) {
    LayoutVector.bytes(hex).withUnsafeBytes { bytes in
      var elements = OptionElements(bytes)
      while elements.next() != nil {}
      #expect(elements.isMalformed)
    }
  }

  @Test func pegOffsetsAreSigned() {
    LayoutVector.bytes("0507FFFFFF38").withUnsafeBytes { bytes in
      var elements = OptionElements(bytes)
      let value = elements.next().flatMap { element in
        OUCH50Layouts.inbound.option(ofTag: element.tag).flatMap { MessageReader.value(of: $0, in: element, .big) }
      }
      #expect(value == .signed(-200))
    }
  }

  @Test func anOptionalAppendageCountsOnlyWhenItsLengthAgrees() throws {
    let writer = try #require(OUCH50Layouts.inbound.writer(ofType: UInt8(ascii: "X")))
    let values: [String: FieldValue] = ["userRefNum": .unsigned(7), "quantity": .unsigned(0)]
    let plain = try writer.encode(values)
    #expect(plain.count == 9)
    let options: [UInt8] = [2, 28, 1]
    let long = try writer.encode(values.merging([MessageLayout.appendageName: .bytes(options)]) { $1 })
    #expect(long == plain + [0, 3] + options)
    for (bytes, expected) in [(plain, nil), (long, options), (plain + [0], nil), (plain + [0, 9, 1], nil)] {
      bytes.withUnsafeBytes { message in
        #expect(writer.layout.appendageBytes(of: message).map(Array.init) == expected)
        #expect(writer.layout.appendageIsConsistent(in: message) == (bytes == plain || bytes == long))
      }
    }
  }

  @Test func valuesThatDoNotFitAreNamed() throws {
    let writer = try #require(ITCH50Layouts.description.writer(ofType: UInt8(ascii: "B")))
    var values: [String: FieldValue] = [
      "stockLocate": .unsigned(1), "trackingNumber": .unsigned(0), "timestamp": .unsigned(0),
      "matchNumber": .unsigned(.max),
    ]
    let whole = try writer.encode(values)
    #expect(whole.count == 19)
    values["stockLocate"] = .unsigned(65_536)
    #expect(throws: MessageWriterError.outOfRange(message: "Broken Trade", field: "stockLocate", size: 2)) {
      try writer.encode(values)
    }
    values["stockLocate"] = .text("1")
    #expect(throws: MessageWriterError.self) { try writer.encode(values) }
    values["stockLocate"] = nil
    #expect(throws: MessageWriterError.missingField(message: "Broken Trade", field: "stockLocate")) {
      try writer.encode(values)
    }
    values["locate"] = .unsigned(1)
    #expect(throws: MessageWriterError.self) { try writer.encode(values) }
  }

  /// Both byte orders and every size of a number, against arithmetic done byte by byte.
  @Test func numbersOfEverySizeAreReadInBothByteOrders() {
    let bytes: [UInt8] = [0x80, 0xFF, 0x01, 0x7F, 0x00, 0xAB, 0xCD, 0xEF, 0x12]
    bytes.withUnsafeBytes { buffer in
      for size in 1...8 {
        for offset in 0...(bytes.count - size) {
          let slice = Array(bytes[offset..<(offset + size)])
          let big = slice.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
          let little = slice.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
          let slot = FieldSlot(offset: offset, size: size, encoding: .unsigned)
          #expect(slot.unsigned(at: buffer.baseAddress!, .big) == big)
          #expect(slot.unsigned(at: buffer.baseAddress!, .little) == little)
          let bound = size == 8 ? UInt64.max : (UInt64(1) << UInt64(8 * size)) - 1
          let expected = slice[0] & 0x80 == 0 ? Int64(bitPattern: big) : Int64(bitPattern: big | ~bound)
          #expect(slot.signed(at: buffer.baseAddress!, .big) == expected)
        }
      }
    }
  }

  /// Any bytes of the right length decode and encode back to themselves.
  @Test func randomMessagesRoundTrip() throws {
    let seed = UInt64.random(in: 0 ... .max)
    var state = seed
    func random() -> UInt64 {
      state = Mix.spread(state &+ 0x9E37_79B9_7F4A_7C15)
      return state
    }
    for description in all {
      for layout in description.layouts {
        for _ in 0..<50 {
          let extra = layout.hasAppendage ? Int(random() % 12) : 0
          var bytes = (0..<(layout.length + extra)).map { _ in UInt8(truncatingIfNeeded: random()) }
          bytes[0] = layout.type
          for field in layout.fields where field.encoding == .reserved { bytes[field.offset] = 0 }
          if layout.appendage == .optional {
            bytes.removeLast(extra)
            if extra > 0 { bytes += [0, UInt8(extra)] + (0..<extra).map { UInt8($0) } }
          }
          try bytes.withUnsafeBytes { message in
            let values = try #require(description.read(message)).values()
            let writer = try #require(description.writer(ofType: layout.type))
            let encoded = try writer.encode(Dictionary(uniqueKeysWithValues: values.map { ($0.name, $0.value) }))
            #expect(encoded == bytes, "\(description.name) \(layout.name), seed \(seed)")
          }
        }
      }
    }
  }

  // MARK: The fact sheets' vectors

  @Test(.enabled(if: LayoutVector.isPresent, .init(rawValue: LayoutVector.absence)), arguments: all)
  func vectorsDecodeToTheirFieldsAndBack(description: ProtocolDescription) throws {
    let vectors = try LayoutVector.load(description.name)
    let types = Set(vectors.map(\.type))
    #expect(types == Set(description.layouts.filter { !$0.isNewer }.map(\.typeText)), "\(description.name)")
    for vector in vectors {
      try vector.bytes.withUnsafeBytes { bytes in
        let reader = try #require(description.read(bytes), "\(vector)")
        #expect(reader.layout.length == vector.length)
        var decoded: [String: FieldValue] = [:]
        var named: [String: FieldValue] = [:]
        for field in reader.layout.fields {
          decoded[field.title] = reader.value(of: field)
          named[field.name] = reader.value(of: field)
        }
        #expect(decoded == vector.fields, "\(vector)")
        let writer = try #require(description.writer(ofType: vector.bytes[0]))
        let encoded = try writer.encode(named)
        #expect(encoded == vector.bytes, "\(vector)")
      }
    }
  }
}
