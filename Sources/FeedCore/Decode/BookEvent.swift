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
    /// The same; the trade's price is `price`, and `isPrintable` says whether it counts.
    case executeWithPrice
    /// An order's new `price` and `quantity`, both absolute. It keeps its place where `keepsPlace` says so and the
    /// price stays; else it goes to the end of its level.
    case modify
    /// An order's new `quantity`, absolute; 0 removes it. It keeps its place. No trade.
    case setQuantity
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
    /// Several events of one message: `quantity` of them, from position `reference` of the chunk's `EventList`.
    case group
    /// Another core's order, of a protocol whose later messages name only the order (`byReference`): kept so that they
    /// find it, in no book.
    case addForeign
    /// Another core's trade, of a protocol whose breaks name only a trade's number (`byReference`): its match number,
    /// `second`, is kept, so that a number used twice means the same trade on every core.
    case tradeForeign
    /// A level's `quantity`, absolute; 0 removes it. Level books only.
    case setLevel
    /// Level books by position (CME): `second` is the 1-based position on the side, `reference` how many levels the
    /// side has at most. Insert moves those from there on down by one.
    case insertLevelAt
    case changeLevelAt
    case deleteLevelAt
    /// Deletes the levels from the best through `second`; from `second` on.
    case deleteLevelsThrough
    case deleteLevelsFrom
    /// The side has this level and no other: `quantity` 0 = none. Top-of-book feeds.
    case setTop
    /// The instrument's book is empty; the channel's books are.
    case clearBook
    case clearChannel
    /// The instrument's book must not be trusted from here on, until a snapshot brings another one; `quantity` 1: for
    /// the session.
    case damage
    /// The instrument's book misses changes (`quantity` 1), or is whole again (0).
    case instrumentGap
    /// Changes of the channel's instruments may be missing: each is as after `instrumentGap` 1.
    case channelGap
    /// No snapshot came in time: books of the channel that miss changes, of shard `quantity`, are not to be trusted.
    case giveUp
    /// The instrument's changes come on the event's channel: from here on its trust is that channel's.
    case assignChannel
    /// The venue's event is complete: for the instrument; for all instruments of the channel.
    case endOfEvent
    case endOfChannelEvent
    /// A snapshot's trade statistics, of all trades up to its number: the volume is `quantity`, the turnover, in stored
    /// units, the bits of `reference`; the last trade, `quantity` at `price`, `second` nanoseconds since midnight.
    case tradeTotals
    case lastTrade

    /// The last of the kinds that change orders by everyday messages; `add` is the first.
    static var lastOfOrders: UInt8 { 8 }
  }

  /// In place of an instrument: the order's own, found by `reference` alone. Of protocols whose messages about an
  /// order do not name its instrument (PITCH).
  static var byReference: UInt32 { .max - 1 }

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

  /// Where `head` stands: eight bytes, which decoders write as one word.
  static var headOffset: Int { 40 }
  /// Where price and quantity stand, side by side: eight bytes, too.
  static var numbersOffset: Int { 24 }

  /// The small fields, in one word: a decoder has them ready in a table and writes them at once.
  struct Head: BitwiseCopyable {
    /// Where `sellBit` stands in the word, little-endian.
    static var sellShift: UInt64 { 24 }
    static var typeShift: UInt64 { 40 }
    static var flagsShift: UInt64 { 48 }
    var kind = Kind.none
    var venue: VenueIndex = 0
    var channel: UInt8 = 0
    /// 1 for a sale: a number, because the hot path computes with it instead of branching.
    var sellBit: UInt8 = 0
    var isPrintable = true
    /// The wire's message type, for counters and digests: `FeedProtocol.typeText(ofSlot:)` says which.
    var type: UInt8 = 0
    var flags = Flags()
    private var spare: UInt8 = 0
  }

  struct Flags: OptionSet, BitwiseCopyable {
    let rawValue: UInt8
    /// `modify`: the order keeps its place in the queue if its price stays.
    static var keepsPlace: Flags { Flags(rawValue: 1) }
    /// The venue's event goes on: the book is no publish point before `endOfEvent`, `endOfChannelEvent`, or an event of
    /// the instrument without this flag.
    static var isPartial: Flags { Flags(rawValue: 2) }
    /// `modify`: the order keeps its place if its price stays and its quantity does not grow.
    static var keepsPlaceUnlessMore: Flags { Flags(rawValue: 4) }
    /// `add`: an order with this reference may be there already; then it is a `modify`.
    static var mayModify: Flags { Flags(rawValue: 8) }
    /// `trade`, `tradeBreak`: told before; only the statistics, which a snapshot has set since, are to have it.
    static var wasTold: Flags { Flags(rawValue: 16) }
    /// `trade`, `tradeBreak`: the statistics, which a snapshot has set, have it.
    static var isInTotals: Flags { Flags(rawValue: 32) }
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
  var flags: Flags {
    @inline(__always) get { head.flags }
    @inline(__always) set { head.flags = newValue }
  }

  @inline(__always)
  var isSell: Bool {
    get { head.sellBit & 1 != 0 }
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
