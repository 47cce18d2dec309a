@testable import FeedCore

/// What risk says of an order pair, and has booked then.
enum PairDecision: Equatable {
  case admitted(buy: AdmittedOrder, sell: AdmittedOrder)
  case refused(RefusalReason, leg: OrderIntent)
}

extension RiskGate {
  /// Judges a pair and books it where it may leave, as an executor does.
  mutating func admit(
    _ pair: OrderPairIntent, at nanoseconds: UInt64, hasRoom: Bool, view: some MarketView
  ) -> PairDecision {
    withUnsafeTemporaryAllocation(of: AdmittedOrder.self, capacity: 2) { orders in
      let legs = orders.baseAddress!
      if let refusal = judge(pair, at: nanoseconds, hasRoom: hasRoom, view: view, into: legs) {
        return .refused(refusal.reason, leg: refusal.leg)
      }
      book(legs, at: nanoseconds)
      return .admitted(buy: legs[0], sell: legs[1])
    }
  }
}
