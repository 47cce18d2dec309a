import Testing

@testable import FeedCore

struct InstrumentDirectoryTests {
  private var symbols = SymbolTable(capacity: 100, shardCount: 16)

  private func directory(_ capacity: Int = 4, owned: UInt64 = .max) -> InstrumentDirectory {
    InstrumentDirectory(venue: 2, capacity: capacity, ownedShards: owned, shardCount: 16, roundLot: 50)
  }

  private func name(_ registration: InstrumentDirectory.Registration) -> String {
    switch registration {
    case .known(let index): "known \(index)"
    case .new(let index): "new \(index)"
    case .remapped(let index): "remapped \(index)"
    case .full: "full"
    }
  }

  @Test func locatesAreGivenRemappedAndForgotten() {
    var symbols = symbols
    var directory = directory()
    let (a, b, c) = (Symbol("AAA")!, Symbol("BBB")!, Symbol("CCC")!)
    #expect(directory.find(locate: 1) == nil)
    #expect(name(directory.register(locate: 1, symbol: a, channel: 0, symbols: &symbols)) == "new 0")
    #expect(name(directory.register(locate: 1, symbol: a, channel: 0, symbols: &symbols)) == "known 0")
    #expect(name(directory.register(locate: 65_535, symbol: b, channel: 0, symbols: &symbols)) == "new 1")
    #expect(directory.find(locate: 65_535) == 1)
    #expect(name(directory.register(locate: 1, symbol: c, channel: 0, symbols: &symbols)) == "remapped 2")
    #expect(name(directory.register(locate: 1, symbol: b, channel: 0, symbols: &symbols)) == "remapped 1")
    #expect(name(directory.register(locate: 9, symbol: a, channel: 0, symbols: &symbols)) == "known 0")
    #expect(directory.records[0].locate == 9)
    #expect(directory.records[0].roundLot == 50)
    directory.forgetLocates()
    for locate in [UInt16(1), 9, 65_535] { #expect(directory.find(locate: locate) == nil) }
    #expect(name(directory.register(locate: 3, symbol: a, channel: 0, symbols: &symbols)) == "known 0")
    #expect(directory.count == 3)
    #expect(symbols.groups[Int(symbols.find(b)!)].listing(at: 2) == 1)
  }

  @Test func aFullDirectoryKeepsWhatItHas() {
    var symbols = symbols
    var directory = directory(1)
    #expect(name(directory.register(locate: 1, symbol: Symbol("AAA")!, channel: 0, symbols: &symbols)) == "new 0")
    #expect(name(directory.register(locate: 2, symbol: Symbol("BBB")!, channel: 0, symbols: &symbols)) == "full")
    #expect(name(directory.register(locate: 1, symbol: Symbol("BBB")!, channel: 0, symbols: &symbols)) == "full")
    #expect(directory.find(locate: 1) == 0)
    #expect(directory.find(locate: 2) == nil)
  }

  @Test func ownershipFollowsTheShard() {
    var symbols = symbols
    var owner = directory(64, owned: 0b101)
    for number in 0..<40 {
      let symbol = Symbol("S\(number)")!
      _ = owner.register(locate: UInt16(number), symbol: symbol, channel: 0, symbols: &symbols)
      let shard = SymbolTable.shard(of: symbol, shardCount: 16)
      #expect((owner.owned[number] == 1) == (shard == 0 || shard == 2))
    }
    // A locate nobody named has one owner too.
    let directories = (0..<16).map { directory(4, owned: 1 << UInt64($0)) }
    for locate in [UInt16(0), 1, 15, 16, 17, 65_535] {
      #expect(directories.filter { $0.ownsUnknown(locate: locate) }.count == 1)
    }
  }

  // MARK: - Other identifiers

  @Test func numbersAndTextsOfUpTo64BitsAreFound() {
    var symbols = symbols
    var directory = InstrumentDirectory(
      venue: 2, capacity: 8, ownedShards: .max, shardCount: 16, roundLot: 50, identifierCapacity: 4)
    let text = Symbol("ABC")!
    let identifiers = [UInt64(7), 70_000, UInt64(UInt32.max), text.packed, UInt64.max]
    for (number, identifier) in identifiers.enumerated() {
      #expect(directory.find(identifier: identifier) == nil)
      let symbol = Symbol("S\(number)")!
      #expect(
        name(directory.register(identifier: identifier, symbol: symbol, channel: 0, symbols: &symbols))
          == "new \(number)")
    }
    for (number, identifier) in identifiers.enumerated() {
      #expect(directory.find(identifier: identifier) == number)
      // The number where it has 32 bits, else none.
      #expect(directory.records[number].locate == UInt32(exactly: identifier) ?? 0)
    }
    #expect(directory.find(locate: 7) == 0)
    // The table of large identifiers is full: nothing was made.
    let full = directory.register(identifier: 99_999, symbol: Symbol("S9")!, channel: 0, symbols: &symbols)
    #expect(name(full) == "full" && directory.count == 5 && symbols.find(Symbol("S9")!) == nil)
    #expect(
      name(directory.register(identifier: 70_000, symbol: Symbol("S0")!, channel: 0, symbols: &symbols))
        == "remapped 0")
    directory.forgetLocates()
    for identifier in identifiers { #expect(directory.find(identifier: identifier) == nil) }
  }

  @Test func listingsOfUnlikeSpellingsShareAGroup() {
    var symbols = symbols
    var nasdaq = InstrumentDirectory(venue: 0, capacity: 8, ownedShards: .max, shardCount: 16, roundLot: 100)
    var nyse = InstrumentDirectory(
      venue: 1, capacity: 8, ownedShards: .max, shardCount: 16, roundLot: 100,
      symbolMap: SymbolMap(.cms, exceptions: [(Symbol("OLD")!, Symbol("NEW")!)]))
    for (locate, pair) in [("BRK.B", "BRK B"), ("AA-A", "AA PRA"), ("NEW", "OLD"), ("IBM", "IBM")].enumerated() {
      let identifier = UInt64(locate)
      _ = nasdaq.register(identifier: identifier, symbol: Symbol(pair.0)!, channel: 0, symbols: &symbols)
      _ = nyse.register(identifier: 100 + identifier, symbol: Symbol(pair.1)!, channel: 1, symbols: &symbols)
      #expect(nasdaq.groups[locate] == nyse.groups[locate])
      // Each venue keeps its own text; the group has the canonical one.
      #expect(nyse.records[locate].symbol.description == pair.1)
      #expect(symbols.groups[Int(nyse.groups[locate])].symbol.description == pair.0)
      // The shard is the canonical text's.
      #expect(nasdaq.owned[locate] == nyse.owned[locate])
    }
    #expect(symbols.commonCount(venues: 0b11) == 4 && nyse.symbolCollisions == 0)
  }

  /// Two symbols of one venue are two instruments, even where rules or overrides give them one name.
  @Test func symbolsOfOneVenueNeverShareAnInstrument() {
    var symbols = symbols
    var directory = InstrumentDirectory(
      venue: 0, capacity: 8, ownedShards: .max, shardCount: 16, roundLot: 100,
      symbolMap: SymbolMap(.cms, exceptions: [("X", "Y"), ("Y", "X")].map { (Symbol($0.0)!, Symbol($0.1)!) }))
    let texts = ["BRK B", "BRK.B", "BRK  B", "X", "Y"]
    for restart in 0..<2 {
      for (number, text) in texts.enumerated() {
        let registration = directory.register(
          locate: UInt16(number), symbol: Symbol(text)!, channel: 0, symbols: &symbols)
        #expect(name(registration) == "\(restart == 0 ? "new" : "known") \(number)")
      }
      directory.forgetLocates()
    }
    #expect(Set((0..<5).map { directory.groups[$0] }).count == 5)
    #expect(
      (0..<5).map { symbols.groups[Int(directory.groups[$0])].symbol.description }
        == ["BRK.B", "BRK.B~", "BRK  B", "Y", "X"])
    #expect(directory.symbolCollisions == 2)
  }

  // MARK: - Price scales

  @Test func aScaleIsTakenBeforeTheFirstPriceAndRefusedAfterIt() throws {
    var symbols = symbols
    var directory = directory()
    _ = directory.register(locate: 1, symbol: Symbol("AAA")!, channel: 3, symbols: &symbols)
    _ = directory.register(locate: 2, symbol: Symbol("BBB")!, channel: 4, symbols: &symbols)
    let micro = try #require(PriceScale(decimals: 6))
    let milli = try #require(PriceScale(decimals: 3))
    #expect(directory.scales[0].scale == .price4)
    #expect(directory.setScale(.price4, instrument: 0) == .unchanged)
    #expect(directory.setScale(micro, instrument: 0) == .set && directory.setScale(milli, instrument: 0) == .set)
    #expect(directory.scales[1].scale == .price4)
    #expect(directory.storedPrice(raw: 5, instrument: 0) == 5)
    #expect(directory.setScale(milli, instrument: 0) == .unchanged)
    #expect(directory.setScale(micro, instrument: 0) == .refused)
    #expect(directory.scales[0].scale == milli)
    // What everyday messages take of it is the same.
    #expect(directory.everydayScales[0].prices == milli.plain && directory.everydayScales[0].isUsed)
    #expect(directory.everydayScales[1].prices == PriceScale.price4.plain && !directory.everydayScales[1].isUsed)
    // Only the books of the channel that began anew are empty.
    directory.releaseScales(channel: 4)
    #expect(directory.setScale(micro, instrument: 0) == .refused)
    directory.releaseScales(channel: 3)
    #expect(!directory.everydayScales[0].isUsed)
    #expect(directory.setScale(micro, instrument: 0) == .set)
    #expect(directory.everydayScales[0].prices == micro.plain)
  }

  @Test func aPriceThatTheScaleCannotKeepIsNone() throws {
    var symbols = symbols
    var directory = directory()
    _ = directory.register(locate: 1, symbol: Symbol("AAA")!, channel: 0, symbols: &symbols)
    #expect(directory.setScale(try #require(PriceScale(decimals: 8, divisor: 100)), instrument: 0) == .set)
    #expect(directory.storedPrice(raw: 12_300, instrument: 0) == 123)
    #expect(directory.storedPrice(raw: 12_301, instrument: 0) == nil)
  }
}
