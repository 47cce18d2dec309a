/// Trade statistics and reference data of one instrument: touched by trades and directory messages only.
public struct InstrumentRecord: BitwiseCopyable, Sendable {
  public var symbol = Symbol.unknown
  // Trade statistics: 32 bytes behind 32, so that one cache line holds them.
  /// Shares traded: executions, printable prints, crosses, minus broken trades.
  public var volume: UInt64 = 0
  /// Sum of raw price × shares of the same trades; with `volume` gives the VWAP. Saturates.
  public var turnover: Int64 = 0
  public var lastPrice: Int32 = 0
  public var lastQuantity: UInt32 = 0
  /// Nanoseconds since midnight of the last trade.
  public var lastTradeNanoseconds: UInt64 = 0
  /// Venue's own number of it, as last announced (ITCH stock locate).
  public var locate: UInt32 = 0
  /// Shares, 1 ... 2^32-1.
  public var roundLot: UInt32 = 100
  /// Market category of the directory, 0 = unknown.
  public var marketCategory: UInt8 = 0
  /// Levels that a side of its book has at most, where the feed changes levels by their position; 0 = any number.
  public var bookDepth: UInt8 = 0
  /// Nothing named it but its number, which is its symbol until a definition comes.
  public var isNumberOnly = false
  /// Whether the venue trades it, as last told: what a book of it that comes later begins with. Of decoders that keep it.
  public var tradingState = TradingState.unknown
  /// It was made after its state was told, which its book has still to hear.
  public var lacksState = false
  /// A scale of its prices was refused, which its book has still to hear.
  public var hasRefusedScale = false
  /// What status messages of several instruments name: up to eight bytes as on the wire, 0 = unknown.
  public var securityGroup: UInt64 = 0
  public var asset: UInt64 = 0

  public enum TradingState: UInt8, BitwiseCopyable, Sendable {
    case unknown, trades, halted
  }
}
