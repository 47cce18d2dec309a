/// One message of a venue's fixed programme: start of day, opening, restart, close.
enum ScriptStep {
  case systemEvent(UInt8)
  case directory(Int)
  case tradingAction(Int)
  case neverTrades(Int)
  case coreSession(Int)
  case regSHO(Int)
  case participant(Int)
  case declineLevels
  case imbalance(Int)
  case openingCross(Int)
  /// No message: the programme goes on at this time, nanoseconds of the day, if it is not later already.
  case waitUntil(UInt64)
  /// No message: from here on the venue quotes, mostly adding.
  case beginQuoting
  /// No message: from here on the venue trades.
  case beginTrading
}
