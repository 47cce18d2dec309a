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

/// What a simulated server sends, and when it arrives.
public struct SimulatedAnswer: Sendable, Equatable {
  public enum Way: Sendable, Equatable {
    /// Unicast or multicast UDP.
    case datagram
    /// The next bytes of the TCP connection; arrival times of a connection never go back.
    case stream
    /// The server closed the TCP connection.
    case closed
  }
  public var at: UInt64
  public var way: Way
  public var bytes: [UInt8]
}

/// The sending side of a TCP connection: order is kept, pieces are cut anywhere.
struct SimulatedStream {
  private var lastAt: UInt64 = 0

  /// Bytes sent at `now`, in pieces; with `isCut` only a part of them, and then the end of the connection.
  mutating func send(
    _ bytes: [UInt8], at now: UInt64, faults: inout RecoveryFaults, isCut: Bool = false
  ) -> [SimulatedAnswer] {
    var answers: [SimulatedAnswer] = []
    var rest = isCut ? bytes[..<Int(faults.below(UInt64(bytes.count)))] : bytes[...]
    lastAt = max(lastAt, now + faults.delay())
    while !rest.isEmpty {
      let count = Int(faults.below(UInt64(rest.count))) + 1
      answers.append(SimulatedAnswer(at: lastAt, way: .stream, bytes: Array(rest.prefix(count))))
      rest = rest.dropFirst(count)
    }
    if isCut { answers.append(SimulatedAnswer(at: lastAt, way: .closed, bytes: [])) }
    return answers
  }
}
