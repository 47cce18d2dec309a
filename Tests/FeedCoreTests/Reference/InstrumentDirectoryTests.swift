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
}
