/// What goes wrong between a recovery server and its client: seeded, so that a run can be repeated.
public struct RecoveryFaults: Sendable {
  /// Percent of requests that get no answer at all.
  public var silence: UInt64 = 0
  /// Percent of requests that are refused, where the protocol has a refusal.
  public var refusal: UInt64 = 0
  /// Percent of answering datagrams that are lost, and that come twice.
  public var loss: UInt64 = 0
  public var duplicate: UInt64 = 0
  /// Percent of answers that begin before, or go on beyond, what was asked for.
  public var overlap: UInt64 = 0
  /// Percent of stream answers after which the server closes the connection in the middle.
  public var disconnection: UInt64 = 0
  /// Longest delay of an answer, nanoseconds.
  public var delayNanoseconds: UInt64 = 0
  /// From this time on the server says nothing any more, not even heartbeats.
  public var deadFrom: UInt64 = .max
  private var random: DeterministicRandom

  public init(seed: UInt64) { random = DeterministicRandom(seed: seed, stream: 77) }

  mutating func happens(_ percent: UInt64) -> Bool { random.chance(partsPerMillion: percent * 10_000) }
  mutating func below(_ bound: UInt64) -> UInt64 { random.below(bound) }
  mutating func delay() -> UInt64 { delayNanoseconds == 0 ? 0 : random.below(delayNanoseconds) }

  /// The times at which copies of a datagram sent at `now` arrive: none, one or two, in any order with others.
  mutating func arrivals(at now: UInt64) -> [UInt64] {
    if happens(loss) { return [] }
    let first = now + delay()
    return happens(duplicate) ? [first, now + delay()] : [first]
  }
}
