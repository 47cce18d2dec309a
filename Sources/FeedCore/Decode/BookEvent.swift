/// One message in the form all venues share: what it does to a book, to an instrument's status, or to trade
/// statistics. 56 bytes; made by a venue's decoder in batches, applied by `Books`.
struct BookEvent: BitwiseCopyable {
  enum Kind: UInt8, BitwiseCopyable {
    /// Nothing to do but to publish: a message without effect, or of an instrument another core owns.
    case none
    case add
    /// Reduces by `quantity` at the order's own price; a trade.
    case execute
    /// Reduces by `quantity`; the trade's price is `price`. `isPrintable` says whether it counts.
    case executeWithPrice
    case reduce
    case delete
    /// `reference` leaves, `second` comes with `quantity` and `price`; side from the old order.
    case replace
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
    /// The session layer's: trust of the channel (`quantity` is a `BookState`), a new session.
    case channelState
    case sessionRestart
  }

  /// Events decoded before they are applied: enough for prefetching, few enough to stay in the nearest cache.
  static let chunkMaximum = 64

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
  /// Index into the batch's packets.
  var packet: UInt16 = 0
  var kind = Kind.none
  var venue: VenueIndex = 0
  var channel: UInt8 = 0
  /// 1 for a sale: a number, because the hot path computes with it instead of branching.
  var sellBit: UInt8 = 0
  var isPrintable = true
  /// Publish point: the packet ends here.
  var endsPacket = false
  /// The wire's message type character, for counters.
  var type: UInt8 = 0

  @inline(__always)
  var isSell: Bool {
    get { sellBit != 0 }
    set { sellBit = newValue ? 1 : 0 }
  }
}
