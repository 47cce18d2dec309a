/// Best prices of one instrument at the end, as `feedh book --format tsv` prints them: prices in the venue's raw
/// units, 0 for an empty side.
public struct BookRow: Sendable, Equatable {
  public var venue: String
  /// The venue's number of the instrument; 0 where messages carry its symbol.
  public var locate: UInt32
  public var symbol: String
  public var bidPrice: UInt64
  public var bidQuantity: UInt64
  public var bidOrders: Int
  public var askPrice: UInt64
  public var askQuantity: UInt64
  public var askOrders: Int
  public var isOK: Bool

  init(
    venue: String, locate: UInt32, symbol: String, bid: ReferenceBook.Level?, ask: ReferenceBook.Level?,
    rawPerPrice4: UInt64, isOK: Bool
  ) {
    self.venue = venue
    self.locate = locate
    self.symbol = symbol
    bidPrice = bid.map { UInt64($0.price4) * rawPerPrice4 } ?? 0
    bidQuantity = bid?.shares ?? 0
    bidOrders = bid?.orderCount ?? 0
    askPrice = ask.map { UInt64($0.price4) * rawPerPrice4 } ?? 0
    askQuantity = ask?.shares ?? 0
    askOrders = ask?.orderCount ?? 0
    self.isOK = isOK
  }

  public static let header =
    "venue\tlocate\tsymbol\tbidPrice\tbidQuantity\tbidOrders\taskPrice\taskQuantity\taskOrders\tstate"

  public var line: String {
    "\(venue)\t\(locate)\t\(symbol)\t\(bidPrice)\t\(bidQuantity)\t\(bidOrders)\t\(askPrice)\t\(askQuantity)"
      + "\t\(askOrders)\t\(isOK ? "ok" : "halted")"
  }
}
