/// What risk says of an order pair.
enum PairDecision: BitwiseCopyable, Sendable, Equatable {
  /// Tokens are taken, open shares reserved, both orders remembered: both must now be sent.
  case admitted(buy: AdmittedOrder, sell: AdmittedOrder)
  /// Nothing was consumed. `leg` is the first that failed.
  case refused(RefusalReason, leg: OrderIntent)
}
