/// Why risk refused an order pair. Listed in the order of the checks, but for the last: the first that fails names the
/// refusal.
///
/// Raw values stand in order records and digests: never renumber, append.
public enum RefusalReason: UInt8, CaseIterable, Sendable, BitwiseCopyable {
  /// `OrderSettings.enabled` is false.
  case ordersDisabled = 0
  /// Engaged by configuration, by its set time, or by command.
  case killSwitch = 1
  /// No room to follow another order pair to its end: open orders, timers, recent orders, numbers.
  case capacity = 2
  /// No such venue, the symbol has no instrument there, or its text is not known or longer than an
  /// order can carry.
  case unknownInstrument = 3
  /// The venue sent replies that contradict our order state.
  case sessionUnsynchronized = 4
  /// Quantity 0, or above the maximum.
  case orderQuantity = 5
  /// Price not positive, or that of the book's best ask for a purchase, above OUCH's 199,999.99 (from 200,000 on it
  /// would count as a market order), or not a whole number of 1/10,000 dollars.
  case orderPrice = 6
  /// Outside the venue's system events Q ... M.
  case marketClosed = 7
  /// The venue says the stock does not trade, or has not said that it does.
  case halted = 8
  /// The book is in any other state than `ok`.
  case bookNotOk = 9
  /// No consolidated best on the far side: nothing to hold the price against.
  case noReference = 10
  /// Price further beyond the consolidated best than the collar allows.
  case priceCollar = 11
  /// Short sale at or below the venue's best bid while Reg SHO restricts the stock.
  case shortSaleRestricted = 12
  case orderNotional = 13
  case positionLimit = 14
  case symbolExposure = 15
  case grossExposure = 16
  /// Equal to an order sent less than the duplicate window ago, or to the other leg.
  case duplicateOrder = 17
  /// Not enough tokens.
  case orderRate = 18
  /// A live run that the operator has not armed, or disarmed. Checked behind the kill switch.
  case disarmed = 19
}
