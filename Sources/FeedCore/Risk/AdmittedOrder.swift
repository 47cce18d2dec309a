/// One leg that passed risk, with what the encoder and the order state need of it.
struct AdmittedOrder: BitwiseCopyable, Sendable, Equatable {
  var intent: OrderIntent
  /// Canonical, as records and positions show it.
  var symbol: Symbol
  /// As the venue writes it: what goes on the wire, at most eight characters.
  var venueSymbol: Symbol
  /// Limit price, nanodollars.
  var price: Nanodollars
  /// Limit price in 1/10,000 dollars, 1 ... `OrderBounds.maximumPrice4`.
  var price4: UInt64
  /// OUCH side character: B, S, or T.
  var sideCharacter: UInt8
}
