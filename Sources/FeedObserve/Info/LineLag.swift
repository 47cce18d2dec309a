import FeedCore

/// How far the lines of one feed are apart: of each number, which line showed it first and how much later another
/// did.
public struct LineLag: Sendable {
  /// Two lines of the feed, `first` the lower one.
  public struct Pair: Sendable {
    public let first: Int
    public let second: Int
    public fileprivate(set) var firstWins: UInt64 = 0
    public fileprivate(set) var secondWins: UInt64 = 0
    /// Both at the same capture time.
    public fileprivate(set) var ties: UInt64 = 0
    fileprivate let lags = LatencyHistogram()

    public var compared: UInt64 { firstWins + secondWins + ties }
    /// Nanoseconds by which the later line came later, within 0.8 %.
    public var medianNanoseconds: UInt64 { lags.value(atPercentile: 50) }
    public var p99Nanoseconds: UInt64 { lags.value(atPercentile: 99) }
  }

  private struct Arrival {
    var number: UInt64 = 0
    var nanoseconds: UInt64 = 0
    var session: UInt64 = 0
    var line = -1
    /// Bit l: line l showed it; what a line sends again says nothing of how far it is behind.
    var lines: UInt64 = 0
  }

  /// Numbers that are remembered: a line further behind than this is compared with nothing.
  private static let arrivalsCount = 1 << 16
  /// What comes later than this is not the other line but numbers that began again.
  private static let lagMaximum: UInt64 = 10_000_000_000

  private var arrivals = [Arrival](repeating: Arrival(), count: arrivalsCount)
  public private(set) var pairs: [Pair] = []

  /// Takes the messages of one packet of a line.
  mutating func take(_ packet: SequencedPacket, count: UInt64, line: Int, at nanoseconds: UInt64) {
    let session = packet.session.high ^ UInt64(packet.session.low)
    for number in 0..<count {
      let number = packet.sequenceNumber &+ number
      let slot = Int(truncatingIfNeeded: number) & (Self.arrivalsCount - 1)
      let first = arrivals[slot]
      let isKnown = first.line >= 0 && first.number == number && first.session == session
        && nanoseconds &- first.nanoseconds <= Self.lagMaximum
      guard isKnown else {
        arrivals[slot] = Arrival(
          number: number, nanoseconds: nanoseconds, session: session, line: line, lines: Self.bit(line))
        continue
      }
      if first.lines & Self.bit(line) != 0 { continue }
      arrivals[slot].lines |= Self.bit(line)
      record(winner: first.line, loser: line, lag: nanoseconds &- first.nanoseconds)
    }
  }

  /// A channel has 17 lines at most.
  private static func bit(_ line: Int) -> UInt64 { 1 << UInt64(line & 63) }

  private mutating func record(winner: Int, loser: Int, lag: UInt64) {
    let (low, high) = (min(winner, loser), max(winner, loser))
    var position = pairs.firstIndex { $0.first == low && $0.second == high }
    if position == nil {
      pairs.append(Pair(first: low, second: high))
      position = pairs.count - 1
    }
    guard let position else { return }
    pairs[position].lags.record(lag)
    if lag == 0 {
      pairs[position].ties += 1
    } else if winner == low {
      pairs[position].firstWins += 1
    } else {
      pairs[position].secondWins += 1
    }
  }
}
