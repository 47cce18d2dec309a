/// Trade statistics and reference data of one instrument: touched by trades and directory messages only.
struct InstrumentRecord: BitwiseCopyable {
  var symbol = Symbol.unknown
  /// Venue's own number of it, as last announced (ITCH stock locate).
  var locate: UInt32 = 0
  /// Shares, 1 ... 2^32-1.
  var roundLot: UInt32 = 100
  /// Shares traded: executions, printable prints, crosses, minus broken trades.
  var volume: UInt64 = 0
  /// Sum of raw price × shares of the same trades; with `volume` gives the VWAP. Saturates.
  var turnover: UInt64 = 0
  var lastPrice: Int32 = 0
  var lastQuantity: UInt32 = 0
  /// Nanoseconds since midnight of the last trade.
  var lastTradeNanoseconds: UInt64 = 0
  /// Adds, executions, … applied.
  var events: UInt64 = 0
  /// Market category of the directory, 0 = unknown.
  var marketCategory: UInt8 = 0
}
