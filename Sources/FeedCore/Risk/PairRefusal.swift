/// Why an order pair may not leave. Nothing was consumed.
struct PairRefusal: BitwiseCopyable, Sendable, Equatable {
  var reason: RefusalReason
  /// The first leg that failed.
  var leg: OrderIntent
}
