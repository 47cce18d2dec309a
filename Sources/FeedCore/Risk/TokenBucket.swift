/// Token bucket in integers: at most `burst` tokens, refilled by `tokensPerSecond`, driven by the caller's clock.
///
/// Credit is counted in 1e-9 tokens, so that one nanosecond adds exactly `tokensPerSecond` units: refilling in many
/// small steps or one large one gives the same credit, without rounding, for years. Starts full.
struct TokenBucket: BitwiseCopyable, Sendable {
  /// Units of credit in one token.
  private static let unit: UInt64 = 1_000_000_000
  let tokensPerSecond: UInt32
  let burst: UInt32
  /// At most `burst` × 1e9 < 2^62.
  private var credit: UInt64
  /// Clock of the last refill, nanoseconds.
  private var refilledNanoseconds: UInt64 = 0

  init(tokensPerSecond: UInt32, burst: UInt32) {
    self.tokensPerSecond = tokensPerSecond
    self.burst = burst
    credit = UInt64(burst) * Self.unit
  }

  /// Credits the time since the last refill. A clock that goes back adds nothing.
  mutating func refill(at nanoseconds: UInt64) {
    if nanoseconds <= refilledNanoseconds { return }
    let (high, low) = (nanoseconds - refilledNanoseconds).multipliedFullWidth(by: UInt64(tokensPerSecond))
    refilledNanoseconds = nanoseconds
    let full = UInt64(burst) * Self.unit
    let room = full - credit
    credit = high != 0 || low >= room ? full : credit + low
  }

  /// Whole tokens that are there now.
  var available: UInt64 { credit / Self.unit }

  /// Takes `count` tokens, or none and returns false.
  mutating func take(_ count: UInt32) -> Bool {
    let cost = UInt64(count) * Self.unit
    if cost > credit { return false }
    credit -= cost
    return true
  }
}
