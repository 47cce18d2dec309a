import Testing

@testable import FeedCore

/// Every message type of the derivatives feeds at the length of the sheet's table, cut anywhere before its end, and
/// longer than known. The lengths stand here once more, copied from the sheets by hand.
struct DerivativeLengthTests {
  /// What became of a message: read, malformed, of unknown type, empty.
  private static func fate(_ harness: DerivativesHarness) -> [UInt64] {
    [.malformed, .unknownTypes, .emptyMessages].map { harness.noted($0) }
  }

  private static let malformed: [UInt64] = [1, 0, 0]
  private static let read: [UInt64] = [0, 0, 0]

  // MARK: - CME

  struct CMERow: CustomTestStringConvertible {
    var template: UInt16
    var version: UInt16
    var root: Int
    /// Bytes of a header, and of an entry behind it.
    var groups: [(header: Int, entry: Int)] = []
    var testDescription: String { "\(template) version \(version)" }
  }

  /// CME MDP 3.0, "Templates", "Other templates of the schema", and the table of older ones.
  static let cme: [CMERow] = [
    CMERow(template: 4, version: 13, root: 9, groups: [(3, 2)]), CMERow(template: 12, version: 13, root: 0),
    CMERow(template: 15, version: 13, root: 1), CMERow(template: 16, version: 13, root: 180),
    CMERow(template: 30, version: 13, root: 30), CMERow(template: 37, version: 13, root: 11, groups: [(3, 16)]),
    CMERow(template: 66, version: 13, root: 11, groups: [(3, 24)]),
    CMERow(template: 39, version: 13, root: 35, groups: [(3, 32)]),
    CMERow(template: 46, version: 13, root: 11, groups: [(3, 32), (8, 24)]),
    CMERow(template: 46, version: 9, root: 11, groups: [(3, 32), (8, 24)]),
    CMERow(template: 64, version: 13, root: 11, groups: [(3, 32), (8, 24)]),
    CMERow(template: 47, version: 13, root: 11, groups: [(3, 40)]),
    CMERow(template: 48, version: 13, root: 11, groups: [(3, 32), (8, 16)]),
    CMERow(template: 65, version: 13, root: 11, groups: [(3, 40), (8, 16)]),
    CMERow(template: 49, version: 13, root: 11, groups: [(3, 32)]),
    CMERow(template: 50, version: 13, root: 11, groups: [(3, 32)]),
    CMERow(template: 51, version: 13, root: 11, groups: [(3, 24)]),
    CMERow(template: 67, version: 13, root: 11, groups: [(3, 32)]),
    CMERow(template: 52, version: 13, root: 59, groups: [(3, 22)]),
    CMERow(template: 69, version: 13, root: 59, groups: [(3, 23)]),
    CMERow(template: 53, version: 13, root: 28, groups: [(3, 29)]),
    CMERow(template: 54, version: 13, root: 224, groups: [(3, 9), (3, 4), (3, 4), (3, 5)]),
    CMERow(template: 55, version: 13, root: 221, groups: [(3, 9), (3, 4), (3, 4), (3, 5), (3, 24), (3, 24)]),
    CMERow(template: 56, version: 13, root: 255, groups: [(3, 9), (3, 4), (3, 4), (3, 5), (3, 18)]),
    CMERow(template: 57, version: 13, root: 338, groups: [(3, 9), (3, 4), (3, 4), (3, 5)]),
    CMERow(
      template: 58, version: 13, root: 276,
      groups: [(3, 9), (3, 4), (3, 4), (3, 5), (3, 118), (3, 32), (3, 16)]),
    CMERow(template: 59, version: 13, root: 13, groups: [(3, 29)]),
    CMERow(template: 60, version: 13, root: 30, groups: [(3, 10)]),
    CMERow(template: 61, version: 13, root: 37, groups: [(3, 26)]),
    CMERow(template: 62, version: 13, root: 11, groups: [(3, 40)]),
    CMERow(template: 63, version: 13, root: 337, groups: [(3, 9), (3, 4), (3, 4), (3, 9), (3, 18)]),
    CMERow(template: 68, version: 13, root: 37, groups: [(3, 23)]),
    CMERow(template: 32, version: 5, root: 11, groups: [(3, 32)]),
    CMERow(template: 32, version: 8, root: 11, groups: [(3, 32), (8, 24)]),
    CMERow(template: 35, version: 5, root: 11, groups: [(3, 24)]),
    CMERow(template: 42, version: 5, root: 11, groups: [(3, 32), (8, 16)]),
    CMERow(template: 42, version: 9, root: 11, groups: [(3, 32), (8, 16)]),
    CMERow(template: 27, version: 5, root: 214, groups: [(3, 9), (3, 4), (3, 4), (3, 5)]),
    CMERow(template: 27, version: 8, root: 216, groups: [(3, 9), (3, 4), (3, 4), (3, 5)]),
    CMERow(template: 29, version: 5, root: 193, groups: [(3, 9), (3, 4), (3, 4), (3, 5), (3, 18)]),
    CMERow(template: 29, version: 9, root: 195, groups: [(3, 9), (3, 4), (3, 4), (3, 5), (3, 18)]),
  ]

  /// Two entries in each group, `more` bytes beyond the known in root and entries, all of one value.
  private static func message(_ row: CMERow, more: Int = 0, fill: UInt8 = 0x41) -> [UInt8] {
    let root = [UInt8](repeating: fill, count: row.root + more)
    let groups = row.groups.flatMap { group in
      let entry = [UInt8](repeating: fill, count: group.entry + more)
      return group.header == 8
        ? CMEBytes.group8(UInt16(entry.count), [entry, entry]) : CMEBytes.group3(UInt16(entry.count), [entry, entry])
    }
    return CMEBytes.message(row.template, version: row.version, root, groups)
  }

  @Test(arguments: cme) func templatesOfCMEAreReadAtTheirLengthOrLonger(row: CMERow) {
    for (more, tail) in [(0, []), (5, []), (0, [1, 2, 3]), (7, [9])] as [(Int, [UInt8])] {
      let harness = DerivativesHarness(.cmeMDP3)
      _ = harness.events(Self.message(row, more: more) + tail)
      #expect(Self.fate(harness) == Self.read, "\(more) bytes more")
    }
  }

  @Test(arguments: cme) func templatesOfCMEThatEndEarlyAreMalformed(row: CMERow) {
    let whole = Self.message(row)
    for length in [1, 9, 10, 10 + row.root - 1, whole.count - 1] + Array(stride(from: 11, to: whole.count, by: 13))
    where length < whole.count {
      let harness = DerivativesHarness(.cmeMDP3)
      #expect(harness.events(Array(whole.prefix(length))) == [], "cut to \(length)")
      #expect(Self.fate(harness) == Self.malformed, "cut to \(length)")
    }
    // A block or an entry that is one byte shorter than known, though the message says so.
    if row.root > 0 {
      let harness = DerivativesHarness(.cmeMDP3)
      var short = row
      short.root -= 1
      #expect(harness.events(Self.message(short)) == [])
      #expect(Self.fate(harness) == Self.malformed)
    }
  }

  // MARK: - EOBI

  struct EOBIRow: CustomTestStringConvertible {
    var template: UInt16
    /// In 14.1, 0 where the sheet has none; in 6.0 and before; the fewest of those before.
    var current: Int
    var old: Int
    var testDescription: String { "\(template)" }
  }

  /// EOBI, the tables of 14.1 and of 3.0 / 6.0; the others by their fields in 3.0 and 6.0.
  static let eobi: [EOBIRow] = [
    EOBIRow(template: 13_001, current: 16, old: 16), EOBIRow(template: 13_100, current: 56, old: 48),
    EOBIRow(template: 13_101, current: 88, old: 72), EOBIRow(template: 13_102, current: 64, old: 56),
    EOBIRow(template: 13_103, current: 24, old: 24), EOBIRow(template: 13_104, current: 56, old: 56),
    EOBIRow(template: 13_105, current: 56, old: 56), EOBIRow(template: 13_106, current: 72, old: 64),
    EOBIRow(template: 13_200, current: 0, old: 56), EOBIRow(template: 13_201, current: 56, old: 48),
    EOBIRow(template: 13_202, current: 104, old: 64), EOBIRow(template: 13_300, current: 24, old: 24),
    EOBIRow(template: 13_301, current: 56, old: 32), EOBIRow(template: 13_400, current: 0, old: 32),
    EOBIRow(template: 13_500, current: 0, old: 40), EOBIRow(template: 13_501, current: 0, old: 32),
    EOBIRow(template: 13_502, current: 0, old: 32), EOBIRow(template: 13_503, current: 0, old: 32),
    EOBIRow(template: 13_504, current: 64, old: 40), EOBIRow(template: 13_600, current: 24, old: 16),
    EOBIRow(template: 13_601, current: 96, old: 280), EOBIRow(template: 13_602, current: 40, old: 32),
  ]
  /// Where fields stand at other places in 14.1, a message that ends early is not read as an older one; the others are
  /// good from the fewest bytes that any release has.
  private static let isStrict: Set<UInt16> = [13_100, 13_101, 13_102, 13_106, 13_201, 13_601, 13_602]

  private static func header(_ time: UInt64) -> [UInt8] {
    LittleBytes().u16(32).u16(13_002).u32(.max).u32(9).u32(7).u8(1).u8(1).u8(0).pad(5).u64(time).bytes
  }
  private static let headers = [(true, header(1_763_640_000_000_000_000)), (false, header(1_512_378_000_000_000_000))]

  private static func eobiMessage(_ template: UInt16, _ length: Int) -> [UInt8] {
    let head = LittleBytes().u16(UInt16(length)).u16(template).u32(1).bytes
    return Array((head + [UInt8](repeating: 1, count: max(0, length - 8))).prefix(length))
  }

  @Test(arguments: eobi) func messagesOfEOBIAreReadAtTheirLengthAndNotOneByteShort(row: EOBIRow) {
    for (isCurrent, header) in Self.headers {
      let length = isCurrent ? row.current : row.old
      if length == 0 { continue }
      var lengths = [(length, Self.read)]
      // Slots of the summary are told apart by its length.
      if row.template != 13_601 { lengths.append((length + 8, Self.read)) }
      let fewest = Self.isStrict.contains(row.template) ? length : min(length, row.old)
      lengths.append((fewest - 1, Self.malformed))
      lengths.append((9, Self.malformed))
      lengths.append((5, Self.malformed))
      lengths.append((0, [0, 0, 1]))
      for (length, fate) in lengths {
        let harness = DerivativesHarness(.eobi)
        let events = harness.events(Self.eobiMessage(row.template, length), header: header)
        #expect(Self.fate(harness) == fate, "\(length) bytes, 14.1: \(isCurrent)")
        if fate != Self.read { #expect(events == [], "\(length) bytes, 14.1: \(isCurrent)") }
      }
    }
  }

  @Test func otherTemplatesOfEOBIAreUnknown() {
    for template in [0, 12_999, 13_000, 13_107, 13_302, 13_603, 13_700, 65_535] as [UInt16] {
      let harness = DerivativesHarness(.eobi)
      _ = harness.events(Self.eobiMessage(template, 64), header: Self.headers[0].1)
      #expect(Self.fate(harness) == [0, 1, 0], "\(template)")
    }
  }

  // MARK: - Coinbase Derivatives

  /// Template, version, bytes of the block: "Message header", and the blocks of version 2.
  static let coinbase: [(UInt16, UInt16, Int)] = [
    (20, 7, 42), (21, 7, 30), (22, 7, 46), (30, 7, 58), (31, 7, 62), (32, 7, 46), (33, 7, 58), (17, 7, 39), (40, 7, 31),
    (41, 7, 34), (42, 7, 26), (120, 7, 30), (200, 7, 9), (202, 7, 49), (124, 7, 4), (20, 2, 42), (21, 2, 30), (10, 2, 158),
    (11, 2, 167), (34, 2, 94), (110, 2, 114), (111, 2, 123), (120, 2, 30), (122, 2, 160),
  ]

  private static func coinbaseMessage(_ template: UInt16, _ version: UInt16, block: Int, length: Int) -> [UInt8] {
    let head = LittleBytes().u16(UInt16(length)).u16(UInt16(block)).u16(template).u16(1_201).u16(version).bytes
    return Array((head + [UInt8](repeating: 0x41, count: max(0, length - 10))).prefix(length))
  }

  /// A packet of a snapshot, instrument 7.
  private static let snapshotHeader = LittleBytes().u64(5).u64(1).u16(44).u8(2).u8(1).u32(7).bytes

  @Test(arguments: coinbase) func messagesOfCoinbaseDerivativesAreReadAtTheirLengthAndNotOneByteShort(
    template: UInt16, version: UInt16, block: Int
  ) {
    let padded = (10 + block + 7) / 8 * 8
    for (block, length, fate) in [
      (block, padded, Self.read), (block, 10 + block, Self.read), (block + 8, 10 + block + 8, Self.read),
      (block - 1, padded, Self.malformed), (block, 10 + block - 1, Self.malformed), (block, 9, Self.malformed),
      (.max & 0xFFFF, padded, Self.malformed),
    ] {
      let harness = DerivativesHarness(.coinbaseDerivatives)
      let message = Self.coinbaseMessage(template, version, block: block, length: length)
      let events = harness.events(message, header: Self.snapshotHeader)
      #expect(Self.fate(harness) == fate, "block \(block), \(length) bytes")
      if fate != Self.read { #expect(events == [], "block \(block), \(length) bytes") }
    }
  }

  @Test func otherMessagesOfCoinbaseDerivativesAreUnknown() {
    // A template; 10, 34, 110 of a version whose fields are not known; 124 before there was one; another schema.
    for (template, version, schema): (UInt16, UInt16, UInt16) in [
      (23, 7, 1_201), (12, 2, 1_201), (10, 7, 1_201), (34, 7, 1_201), (110, 3, 1_201), (124, 2, 1_201), (20, 1, 1_201),
      (20, 7, 1_202),
    ] {
      let harness = DerivativesHarness(.coinbaseDerivatives)
      var message = Self.coinbaseMessage(template, version, block: 182, length: 192)
      message.replaceSubrange(6..<8, with: LittleBytes().u16(schema).bytes)
      #expect(harness.events(message, header: Self.snapshotHeader) == [])
      #expect(Self.fate(harness) == [0, 1, 0], "\(template) \(version) \(schema)")
    }
  }

  // MARK: - Deribit

  /// Template, bytes of the root block, of an entry of its group (0: it has none), whether a name follows.
  static let deribit: [(UInt64, Int, Int, Bool)] = [
    (1_000, 140, 0, true), (1_001, 29, 18, false), (1_002, 4, 83, false), (1_003, 133, 0, false), (1_004, 22, 17, false),
    (1_005, 4, 0, false), (1_006, 0, 0, false), (1_007, 4, 8, false), (1_008, 32, 0, false), (1_009, 22, 0, false),
    (1_010, 139, 16, true),
  ]

  private static func deribitMessage(_ template: UInt64, root: Int, entry: Int, hasName: Bool) -> [UInt8] {
    let fill: UInt8 = 1
    let one = [UInt8](repeating: fill, count: max(0, entry))
    return DeribitBytes.message(
      template, [UInt8](repeating: fill, count: root), groups: entry > 0 ? [DeribitBytes.group(entry, [one, one])] : [],
      strings: hasName ? ["NAME"] : [])
  }

  @Test(arguments: deribit) func messagesOfDeribitAreReadAtTheirLengthAndNotOneByteShort(
    template: UInt64, root: Int, entry: Int, hasName: Bool
  ) {
    func malformed(_ body: [UInt8]) -> UInt64 {
      let harness = DeribitHarness()
      // A book that waits for a snapshot looks at no entries: this one follows its changes.
      let id: UInt32 = 0x0101_0101
      harness.snapshot(
        DeribitBytes.snapshotStart, DeribitBytes.instrument(id, "NAME", tick: 0.5, step: 10),
        DeribitBytes.snapshot(id, through: 0x0101_0101_0101_0101, [(1, 25_000, 10)]))
      #expect(harness.counted(.malformed) == 0)
      let before = harness.messages(Int(template))
      harness.event(body)
      #expect(harness.counted(.unknownTypes) == 0)
      let isCounted = harness.messages(Int(template)) == before + 1
      return harness.counted(.malformed) * 2 + (isCounted ? 1 : 0)
    }
    let whole = Self.deribitMessage(template, root: root, entry: entry, hasName: hasName)
    #expect(malformed(whole) == 1)
    #expect(malformed(Self.deribitMessage(template, root: root + 3, entry: entry, hasName: hasName)) == 1)
    if entry > 0 {
      #expect(malformed(Self.deribitMessage(template, root: root, entry: entry + 3, hasName: hasName)) == 1)
    }
    for length in [1, 11, 12 + root - 1, whole.count - 1] where length < whole.count {
      #expect(malformed(Array(whole.prefix(length))) == 2, "cut to \(length)")
    }
    if root > 0 {
      #expect(malformed(Self.deribitMessage(template, root: root - 1, entry: entry, hasName: hasName)) == 2)
    }
    // Entries that books need.
    if template == 1_001 || template == 1_002 {
      var short = Self.deribitMessage(template, root: root, entry: entry - 1, hasName: hasName)
      // A change that continues the book: changeId is greater than prevChangeId.
      if template == 1_001 { short[32] = 2 }
      #expect(malformed(short) == 3)
    }
  }
}
