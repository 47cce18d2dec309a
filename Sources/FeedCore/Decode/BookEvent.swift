/// What one message of a feed means for the books, normalised: what it does to a book, to an instrument's status, or to
/// trade statistics. 48 bytes; made by a venue's decoder some messages ahead of `Books`, which applies it.
struct BookEvent: BitwiseCopyable {
  enum Kind: UInt8, BitwiseCopyable {
    /// Nothing to do but to publish: a message without effect, or of an instrument another core owns.
    case none
    case add
    case delete
    /// `reference` leaves, `second` comes with `quantity` and `price`; side from the old order.
    case replace
    case reduce
    /// Reduces by `quantity` at the order's own price; a trade.
    case execute
    /// Reduces by `quantity`; the trade's price is `price`. `isPrintable` says whether it counts.
    case executeWithPrice
    /// A trade that touches no order. `second` is its match number.
    case trade
    /// Takes back the trade with match number `reference`.
    case tradeBreak
    /// Trading state of the instrument: `quantity` is 1 when it trades.
    case tradingStatus
    /// Operational halt: `quantity` is 1 when halted.
    case operationalHalt
    /// Short-sale restriction: `quantity` is 1 when in effect.
    case shortSale
    /// Venue-wide event: `quantity` is the event character.
    case system

    /// The last of the kinds that change orders; `add` is the first.
    static var lastOfOrders: UInt8 { 6 }
  }

  var reference: UInt64 = 0
  var second: UInt64 = 0
  /// Nanoseconds since the venue's midnight.
  var exchangeNanoseconds: UInt64 = 0
  var price: Int32 = 0
  var quantity: UInt32 = 0
  /// Dense index at the venue.
  var instrument: UInt32 = 0
  /// Where the book's order table looks first for `reference`: its note to itself, made when it prefetches.
  var home: UInt32 = 0
  var head = Head()

  /// The small fields, in one word: a decoder has them ready in a table and writes them at once.
  struct Head: BitwiseCopyable {
    var kind = Kind.none
    var venue: VenueIndex = 0
    var channel: UInt8 = 0
    /// 1 for a sale: a number, because the hot path computes with it instead of branching.
    var sellBit: UInt8 = 0
    var isPrintable = true
    /// The wire's message type character, for counters.
    var type: UInt8 = 0
    /// Not of the event: two bytes that fill the word, for the decoder's table.
    var spare: (UInt8, UInt8) = (0, 0)
  }

  var kind: Kind {
    @inline(__always) get { head.kind }
    @inline(__always) set { head.kind = newValue }
  }
  var venue: VenueIndex {
    @inline(__always) get { head.venue }
    @inline(__always) set { head.venue = newValue }
  }
  var channel: UInt8 {
    @inline(__always) get { head.channel }
    @inline(__always) set { head.channel = newValue }
  }
  var sellBit: UInt8 { @inline(__always) get { head.sellBit } }
  var isPrintable: Bool {
    @inline(__always) get { head.isPrintable }
    @inline(__always) set { head.isPrintable = newValue }
  }
  var type: UInt8 {
    @inline(__always) get { head.type }
    @inline(__always) set { head.type = newValue }
  }

  @inline(__always)
  var isSell: Bool {
    get { head.sellBit != 0 }
    set { head.sellBit = newValue ? 1 : 0 }
  }

  /// It adds, changes or removes an order.
  @inline(__always)
  var changesOrders: Bool { kind.rawValue &- 1 < Kind.lastOfOrders }
}

/// What a decoder says of a message besides its event.
enum DecodeOutcome: UInt8, BitwiseCopyable {
  /// About an order of an instrument that was known.
  case everyday
  /// Anything else; an instrument may have been named for the first time.
  case other
  /// The messages behind this one may be read only after it was applied.
  case barrier
}
