import CPlatform
import Glibc
import Testing

@testable import FeedCore

@Suite struct StorageTests {
  @Test(arguments: [1, 100, 4_096, 600_000]) func memoryIsZeroedAndAlignedToPages(capacity: Int) {
    let storage = Storage<UInt64>(capacity: capacity)
    #expect(UInt(bitPattern: storage.base) & 4_095 == 0 && storage.capacity == capacity)
    #expect((0..<capacity).allSatisfy { storage[$0] == 0 })
    storage[capacity - 1] = .max
    #expect(storage.base[capacity - 1] == .max)
  }

  @Test func aLargeTableStartsOnAHugePage() {
    // 4 MiB and more; less is not worth one.
    #expect(UInt(bitPattern: Storage<UInt64>(capacity: 1 << 19).base) & (2 << 20 - 1) == 0)
    #expect(UInt(bitPattern: Storage<UInt64>(capacity: 1 << 19, hugePages: false).base) & 4_095 == 0)
  }

  @Test func prefaultingChangesNothing() {
    let storage = Storage<UInt32>(capacity: 10_000)
    storage[9_999] = 7
    storage.prefault()
    storage.prefault(count: 0)
    storage.prefault(count: 1 << 40)
    #expect(storage[9_999] == 7 && storage[0] == 0)
  }

  /// What is done where the kernel cannot be asked for it.
  @Test func touchingBringsEveryPageAndChangesNothing() {
    let storage = Storage<UInt8>(capacity: 64 << 12, hugePages: false)
    storage[5 << 12] = 7
    var isThere = [UInt8](repeating: 0, count: 64)
    #expect(mincore(storage.base, 64 << 12, &isThere) == 0 && isThere.count { $0 & 1 != 0 } < 64)
    feedh_touch(storage.base, 64 << 12)
    #expect(mincore(storage.base, 64 << 12, &isThere) == 0 && isThere.allSatisfy { $0 & 1 != 0 })
    #expect(storage[5 << 12] == 7 && (0..<64 << 12).allSatisfy { $0 == 5 << 12 || storage[$0] == 0 })
  }

  @Test func theLastElementMayBeTheLastByteOfAPage() {
    struct Five: BitwiseCopyable { var bytes: (UInt8, UInt8, UInt8, UInt8, UInt8) = (0, 0, 0, 0, 0) }
    let storage = Storage<Five>(capacity: 4_096)
    storage[4_095].bytes.4 = 9
    #expect(storage[4_095].bytes.4 == 9)
  }
}

@Suite struct FixedPointTests {
  @Test(arguments: [
    ("0", 0), ("1", 1_000_000_000), ("-0.0030", -3_000_000), ("+150.25", 150_250_000_000), (".5", 500_000_000),
    ("5.", 5_000_000_000), ("1_000", 1_000_000_000_000), ("0.000000001", 1), ("-0", 0),
    ("9223372036.854775807", Int64.max), ("-9223372036.854775808", Int64.min),
  ] as [(String, Int64)])
  func decimalsParseExactly(text: String, value: Int64) { #expect(FixedPoint.parse(text) == value) }

  @Test(arguments: [
    "", "-", "+", ".", "-.", "1e9", " 1", "1 ", "0x1", "1,000", "--1", "1.2.3", "_1", "0.0000000001", "1.0000000000",
    "9223372036.854775808", "-9223372036.854775809", "99999999999999999999", "１", "nan", "1\0",
  ])
  func anythingElseIsNil(text: String) { #expect(FixedPoint.parse(text) == nil) }

  @Test func everyValueReadsBack() {
    var random = SessionRandom(seed: SessionRandom.seed())
    for value in [0, 1, -1, .max, .min, FixedPoint.one, -FixedPoint.one, FixedPoint.perPrice4] as [Int64] {
      #expect(FixedPoint.parse(FixedPoint.format(value)) == value)
    }
    for _ in 0..<5_000 {
      let value = Int64(bitPattern: random.next()) >> Int64(random.int(0...63))
      #expect(FixedPoint.parse(FixedPoint.format(value)) == value)
    }
  }

  @Test func valuesPrintShortest() {
    #expect(FixedPoint.format(150_250_000_000) == "150.25" && FixedPoint.format(-3_000_000) == "-0.003")
    #expect(FixedPoint.format(.min) == "-9223372036.854775808" && FixedPoint.format(7_000_000_000) == "7")
  }

  @Test func aStepOfPrice4IsATenThousandthOfADollar() { #expect(FixedPoint.perPrice4 * 10_000 == FixedPoint.one) }
}

@Suite struct SymbolTests {
  @Test func symbolsCompareAsText() throws {
    let texts = ["A", "AA", "AAPL", "AAPL.A", "B", "ZVZZT", "ZZZZZZZZ"]
    let symbols = try texts.map { try #require(Symbol($0)) }
    #expect(symbols.sorted() == symbols && symbols.map(\.description) == texts)
    #expect(symbols[2].packed == 0x4141_504C_2020_2020)
  }

  @Test(arguments: ["", "A2345678901234567890123456789012X", " A", "A ", "É", "A\n", "\u{7F}"])
  func otherTextIsNoSymbol(text: String) {
    #expect(Symbol(text) == nil)
  }

  /// What the venues' longest fields hold: Deribit names, CME spreads, NYSE texts with a space.
  @Test(arguments: [
    "BRK B", "ESM6-ESU6", "BTC_USDC-27JUN25-100000-C-LONGEST", "A23456789012345678901234567890ZZ", "ABCDEFGHI",
    "ABCDEFGHIJKLMNOPQ", "ABCDEFGH I",
  ])
  func longTextsAreKeptWhole(text: String) throws {
    let text = String(text.prefix(32))
    let symbol = try #require(Symbol(text))
    #expect(symbol.description == text && symbol.count == text.count)
    #expect(symbol.isShort == (text.count <= 8))
    #expect(symbol.packed == Symbol(String(text.prefix(8)))!.packed)
  }

  @Test func fieldsOfMessagesEndAtTheirPadding() {
    func read(_ bytes: [UInt8]) -> Symbol {
      // One more byte: an empty array has no address.
      (bytes + [0x5A]).withUnsafeBytes { Symbol(bytes: $0.baseAddress!, count: bytes.count) }
    }
    #expect(read(Array("AAPL    ".utf8)) == Symbol("AAPL"))
    // NYSE: null terminated, whatever stands behind.
    #expect(read(Array("BRK B".utf8) + [0, 0x41, 0x42, 0, 0, 0]) == Symbol("BRK B"))
    #expect(read([]) == .unknown && read([0x20, 0x20]) == .unknown && read([0]) == .unknown)
    #expect(read([0x41, 0xFF, 0x42]).description == "A?B")
    #expect(read(Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ012345".utf8)).description == "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345")
  }

  @Test func longTextsCompareAsTextAndHaveTheirOwnWords() throws {
    let seed = BookTestRandom.seed()
    var random = BookTestRandom(seed: seed)
    var texts: Set<String> = ["ABCDEFGH", "ABCDEFGHA", "ABCDEFGHB", "ABCDEFGHABCDEFGHABCDEFGHB"]
    while texts.count < 300 {
      texts.insert(String((0...random.below(32)).map { _ in random.pick(["A", "B", "-", "0"]) as Character }))
    }
    let sorted = texts.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
    let symbols = try texts.map { try #require(Symbol($0)) }.sorted()
    #expect(symbols.map(\.description) == sorted, "seed \(seed)")
    // Digests of short symbols are what they were when a symbol was one word.
    for symbol in symbols where symbol.isShort { #expect(symbol.word == symbol.packed) }
    #expect(Set(symbols.map(\.word)).count == symbols.count, "seed \(seed)")
  }

  @Test func unprintableBytesShowAsQuestionMarks() {
    #expect(Symbol(packed: 0x4100_FF42_2020_2020).description == "A??B")
    #expect(Symbol.unknown.description == "")
    // Spaces inside a symbol stay.
    #expect(Symbol(packed: 0x4120_4220_2020_2020).description == "A B")
  }
}

@Suite struct MixTests {
  @Test func spreadIsABijectionOfWhatItTells() {
    // The inverse, step by step: x ^= x >> 32 undoes itself, the factor is odd.
    var inverse: UInt64 = 1
    let factor: UInt64 = 0xD6E8_FEB8_6659_FD93
    for _ in 0..<6 { inverse = inverse &* (2 &- factor &* inverse) }
    #expect(inverse &* factor == 1)
    func unspread(_ value: UInt64) -> UInt64 {
      var x = value ^ (value >> 32)
      x = x &* inverse
      x ^= x >> 32
      x = x &* inverse
      return x ^ (x >> 32)
    }
    var random = SessionRandom(seed: SessionRandom.seed())
    for _ in 0..<1_000 {
      let value = random.next() >> UInt64(random.int(0...63))
      #expect(unspread(Mix.spread(value)) == value)
    }
  }

  @Test func foldTellsOrderAndOperandsApart() {
    var random = SessionRandom(seed: SessionRandom.seed())
    for _ in 0..<1_000 {
      let (state, a, b) = (random.next(), random.next(), random.next())
      let folded = Mix.fold(state, a, b)
      #expect(folded != Mix.fold(state, b, a) && folded != Mix.fold(state ^ 1, a, b))
      #expect(folded != Mix.fold(state, a ^ 1, b) && folded != Mix.fold(state, a, b ^ 1))
      #expect(Mix.fold(folded, 1, 2) != Mix.fold(Mix.fold(state, 1, 2), a, b))
    }
  }

  @Test func smallInputsDoNotCollide() {
    var seen: Set<UInt64> = []
    for a in 0..<200 as Range<UInt64> { for b in 0..<200 as Range<UInt64> { seen.insert(Mix.fold(0, a, b)) } }
    #expect(seen.count == 40_000)
  }
}

@Suite struct ByteOrderTests {
  @Test func integersLoadAndStoreAtAnyAlignment() {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 32, alignment: 16)
    defer { memory.deallocate() }
    for offset in 0..<8 {
      memory.storeBigEndian(UInt64(0x0102_0304_0506_0708), at: offset)
      let view = UnsafeRawPointer(memory)
      #expect(view.byte(at: offset) == 1 && view.byte(at: offset + 7) == 8)
      #expect(view.bigEndian(UInt16.self, at: offset) == 0x0102)
      #expect(view.bigEndian(UInt32.self, at: offset + 1) == 0x0203_0405)
      #expect(view.littleEndian(UInt32.self, at: offset) == 0x0403_0201)
      #expect(view.bigEndianUInt48(at: offset + 1) == 0x0203_0405_0607)
      memory.storeBigEndianUInt48(0xFFEE_DDCC_BBAA, at: offset + 2)
      #expect(view.bigEndianUInt48(at: offset + 2) == 0xFFEE_DDCC_BBAA && view.byte(at: offset + 1) == 2)
    }
  }
}
