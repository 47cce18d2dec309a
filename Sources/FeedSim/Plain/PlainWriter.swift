import FeedCore

/// Says a change of the plain market in one protocol.
protocol PlainWriter {
  /// What names the instruments and lets them trade, before the first change.
  mutating func opening(at nanoseconds: UInt64) -> [[UInt8]]
  /// The messages of one change: usually one, none where it is out of the feed's sight.
  mutating func messages(_ change: PlainMarket.Change, at nanoseconds: UInt64) -> [[UInt8]]
}

enum PlainWriters {
  static func writer(_ feedProtocol: FeedProtocol, midnightNanoseconds: UInt64) -> any PlainWriter {
    switch feedProtocol {
    case .itch50, .pitch, .nyseIntegrated, .memxDepth, .deepPlus:
      PlainEquityWriter(feedProtocol, midnightNanoseconds: midnightNanoseconds)
    case .tops15, .tops16, .deep10: PlainIEXWriter(feedProtocol, midnightNanoseconds: midnightNanoseconds)
    case .miaxPearlDepth: PlainMIAXWriter(midnightNanoseconds: midnightNanoseconds)
    case .cmeMDP3: PlainCMEWriter(midnightNanoseconds: midnightNanoseconds)
    case .coinbaseDerivatives: PlainCoinbaseWriter(midnightNanoseconds: midnightNanoseconds)
    case .eobi: PlainEOBIWriter(midnightNanoseconds: midnightNanoseconds)
    case .deribit: PlainDeribitWriter(midnightNanoseconds: midnightNanoseconds)
    }
  }

  /// "PA000", …, "PT499".
  static func symbol(_ instrument: Int) -> String {
    let letter = String(UnicodeScalar(UInt8(ascii: "A") + UInt8(instrument / 20 % 26)))
    let second = String(UnicodeScalar(UInt8(ascii: "A") + UInt8(instrument % 20)))
    return "P" + letter + second
  }
}

/// The order-based US equities feeds, with the encoders of the simulation.
struct PlainEquityWriter: PlainWriter {
  private var encoder: any MessageEncoder
  private var random = DeterministicRandom(seed: 1, stream: 8)
  private let stocks: [Stock]
  private var match: UInt64 = 1
  private var encoded: [EncodedMessage] = []

  init(_ feedProtocol: FeedProtocol, midnightNanoseconds: UInt64) {
    stocks = (0..<PlainMarket.instrumentCount).map { instrument in
      Stock(
        root: Array(PlainWriters.symbol(instrument).utf8), tick: 100, tickRange: 105...1_999_999, spread: 2, scale: 700,
        isPrimaryListed: true, isFund: false, isTradable: true, fair: 2_000)
    }
    let listings = stocks.enumerated().map { index, stock in
      Listing(symbol: stock.root, identifier: UInt32(index + 1), priceDecimals: feedProtocol == .memxDepth ? 6 : 4)
    }
    encoder =
      switch feedProtocol {
      case .pitch: PITCHEncoder(listings: listings)
      case .nyseIntegrated: XDPEncoder(listings: listings, midnightNanoseconds: midnightNanoseconds)
      case .memxDepth: MEMXEncoder(listings: listings, midnightNanoseconds: midnightNanoseconds)
      case .deepPlus: DEEPPlusEncoder(listings: listings, midnightNanoseconds: midnightNanoseconds)
      default: ITCHEncoder(listings: listings, venue: 0)
      }
  }

  mutating func opening(at nanoseconds: UInt64) -> [[UInt8]] {
    stocks.indices.flatMap { index -> [[UInt8]] in
      say(.directory(stock: index, stocks[index]), at: nanoseconds)
        + say(
          .tradingAction(stock: index, state: UInt8(ascii: "T"), reason: "    ", isEarly: false), at: nanoseconds)
    }
  }

  mutating func messages(_ change: PlainMarket.Change, at nanoseconds: UInt64) -> [[UInt8]] {
    var order = RestingOrder(
      orderReferenceNumber: change.reference, price4: UInt32(change.cents * 100), shares: change.left,
      stock: UInt32(change.instrument), isBuy: change.isBuy)
    switch change.kind {
    case .add: return say(.add(stock: change.instrument, order, participant: nil), at: nanoseconds)
    case .delete: return say(.delete(order), at: nanoseconds)
    case .execute:
      order.shares = change.left + change.quantity
      match += 1
      return say(.execute(order, shares: change.quantity, match: match, at: nil), at: nanoseconds)
    }
  }

  private mutating func say(_ message: MarketMessage, at nanoseconds: UInt64) -> [[UInt8]] {
    encoded.removeAll(keepingCapacity: true)
    encoder.encode(message, at: nanoseconds, random: &random, into: &encoded)
    return encoded.map(\.bytes)
  }
}
