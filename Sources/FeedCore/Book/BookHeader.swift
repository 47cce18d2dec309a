/// The far levels of one side of a book: a `FarTable` in the arena.
struct BookSide: BitwiseCopyable {
  /// First place of its block.
  var offset: UInt32 = 0
  /// Its levels; each addition that waits (`FarChanges`) counts as one, whether or not its level is there already.
  var count: UInt32 = 0
}

/// What the hot path needs of one instrument's book: one cache line.
struct BookHeader: BitwiseCopyable {
  struct Flags: OptionSet, BitwiseCopyable {
    let rawValue: UInt16
    /// This core owns the instrument's shard.
    static var owned: Flags { Flags(rawValue: 1) }
    /// Order departures are to be reported (the simulated venue consumed some).
    static var watchDepartures: Flags { Flags(rawValue: 2) }
    /// Depth changes matter, not only changes of the top: an opportunity is open or could open on size alone.
    static var watchDepth: Flags { Flags(rawValue: 4) }
    /// Reg SHO action 1 or 2.
    static var shortSaleRestricted: Flags { Flags(rawValue: 8) }
    /// The venue's trading state is T.
    static var trading: Flags { Flags(rawValue: 16) }
    /// Operational halt of this market.
    static var operationallyHalted: Flags { Flags(rawValue: 32) }
    /// A message showed that the book was wrong, or a capacity was reached.
    static var untrusted: Flags { Flags(rawValue: 64) }
    /// In the list of books changed since the last publish point.
    static var dirty: Flags { Flags(rawValue: 1 << dirtyBit) }
    static var dirtyBit: UInt16 { 7 }
    /// Another venue lists the symbol too.
    static var shared: Flags { Flags(rawValue: 256) }
    /// Changes of this instrument alone are missing, until its snapshot (`BookEvent.Kind.instrumentGap`).
    static var stale: Flags { Flags(rawValue: 512) }
    /// The venue's event goes on: no publish point yet.
    static var midEvent: Flags { Flags(rawValue: 1_024) }
    /// Orders may rest at 0 and below: spreads, and what else a derivatives venue trades.
    static var anyPrice: Flags { Flags(rawValue: 2_048) }
    /// A far level came near the greatest quantity: changes of far levels are done at once (`FarChanges`).
    static var largeFarLevels: Flags { Flags(rawValue: 4_096) }
    /// Untrusted until the session ends, whatever snapshots may come: its prices mean something else than they did.
    static var damagedForGood: Flags { Flags(rawValue: 8_192) }
    /// New orders are noted for who asks for its queues (`QueueIndex`).
    static var watchQueue: Flags { Flags(rawValue: 16_384) }
  }

  /// Bids, asks beyond the eight best.
  var bids = BookSide()
  var asks = BookSide()
  /// Hash of the book's events, exchange times only.
  var digest: UInt64 = 0
  /// The best level of each side, a copy; quantity 0 = the side is empty.
  var bestBid = Level.none
  var bestAsk = Level.none
  /// The far bound of each side (`VenueBook+Levels.swift`); `.min` where there is no far level.
  var farBid = Int32.min
  var farAsk = Int32.min
  /// `topSignature` as of the last publish point.
  var publishedSignature: UInt64 = 0
  /// Size class of the far levels' block, plus 1; 0: none.
  var bidSizeClass: UInt8 = 0
  var askSizeClass: UInt8 = 0
  var flags = Flags()
  var shard: UInt8 = 0
  var channel: UInt8 = 0
  var venue: VenueIndex = 0

  /// Where `bestBid` and `farBid` stand, those of the asks right behind them.
  static var bestOffset: Int { 24 }
  static var farOffset: Int { 40 }

  /// Best prices of any size.
  @inline(__always)
  var top: TopOfBook {
    TopOfBook(
      bidPrice: bestBid.quantity == 0 ? 0 : bestBid.key, bidQuantity: bestBid.quantity,
      askPrice: bestAsk.quantity == 0 ? 0 : 0 &- bestAsk.key, askQuantity: bestAsk.quantity)
  }

  /// One word that tells tops apart: a hash, 0 for an empty book. There is no room for a second top in the line.
  @inline(__always)
  var topSignature: UInt64 {
    let empty = Level.none.word
    return (bestBid.word ^ empty) &* 0x9E37_79B9_7F4A_7C15 ^ (bestAsk.word ^ empty)
  }

  /// The state of the instrument itself; its channel's may be worse.
  var ownState: BookState {
    if !flags.isDisjoint(with: [.untrusted, .damagedForGood]) { return .untrusted }
    if flags.contains(.stale) { return .gap }
    return flags.contains(.trading) && !flags.contains(.operationallyHalted) ? .ok : .halted
  }
}
