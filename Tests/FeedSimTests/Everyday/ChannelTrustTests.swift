import FeedCore
import Testing

@testable import FeedSim

/// Whose loss costs which books: two channels of one venue change books, and one of them loses a packet. A book is worth
/// what the channel is that changes it, wherever its instrument was named (`BookEvent.Kind.assignChannel`); where
/// instruments are named on the channel that changes them, what that one is.
@Suite struct ChannelTrustTests {
  /// Definitions, and what names instruments otherwise, come on a third channel, before any change.
  private static let namedElsewhere: Set<FeedProtocol> = [.cmeMDP3, .coinbaseDerivatives, .eobi, .deribit]

  private struct Day {
    var frames: [MemorySink.Frame] = []
    /// Per channel: which of `frames` may be lost, and the instrument that each changes.
    var losable: [[(frame: Int, instrument: Int)]] = [[], []]
    /// Per channel: instruments whose books it changed before any of these.
    var changed: [Set<Int>] = [[], []]
    /// Per instrument: the last frame that changes it.
    var last: [Int: Int] = [:]
  }

  /// Instruments of even place are changed on the first channel, the others on the second; one change in a packet.
  private static func day(_ feedProtocol: FeedProtocol, seed: UInt64) -> Day {
    var day = Day()
    var writers = (0...1).map { _ in PlainWriters.writer(feedProtocol, midnightNanoseconds: PlainRun.midnight) }
    var channels = (0...2).map { PlainRun.Channel(feedProtocol, $0) }
    var market = PlainMarket(seed: seed)
    var now: UInt64 = 34_200_000_000_000
    func send(_ channel: Int, _ messages: [[UInt8]]) {
      for start in stride(from: 0, to: messages.count, by: 6) {
        now += 5_000
        day.frames.append(channels[channel].frame(Array(messages[start..<min(start + 6, messages.count)]), at: now))
      }
    }
    for (channel, messages) in openings(feedProtocol, &writers, at: now) { send(channel, messages) }
    for change in 0..<6_000 {
      let next = market.next()
      let channel = next.instrument % 2
      let frame = day.frames.count
      now += 1_000
      send(channel, writers[channel].messages(next, at: now))
      if day.frames.count == frame { continue }
      day.last[next.instrument] = frame
      if change < 3_000 {
        day.changed[channel].insert(next.instrument)
      } else if change < 5_000 {
        day.losable[channel].append((frame, next.instrument))
      }
    }
    return day
  }

  /// What names the instruments and lets them trade, channel by channel.
  private static func openings(
    _ feedProtocol: FeedProtocol, _ writers: inout [any PlainWriter], at now: UInt64
  ) -> [(channel: Int, messages: [[UInt8]])] {
    let messages = writers[0].opening(at: now)
    _ = writers[1].opening(at: now)
    let count = PlainMarket.instrumentCount
    if feedProtocol == .eobi {
      // A TradeReversal names an instrument without changing its book; that it trades its own channel says.
      let (named, trading) = (eobi(13_200), eobi(13_301, ["SecurityTradingStatus": .unsigned(203)]))
      return [(2, named)] + [0, 1].map { parity in
        (parity, trading.indices.filter { $0 % 2 == parity }.map { trading[$0] })
      }
    }
    if namedElsewhere.contains(feedProtocol) { return [(2, messages)] }
    // A time first, perhaps; then of each instrument as many.
    let each = messages.count / count
    let first = messages.count - each * count
    return [0, 1].map { parity in
      let own = (0..<count).filter { $0 % 2 == parity }
      return (
        parity,
        Array(messages[..<first]) + own.flatMap { messages[(first + $0 * each)..<(first + ($0 + 1) * each)] }
      )
    }
  }

  /// Such a message of each instrument.
  private static func eobi(_ code: UInt32, _ values: [String: FieldValue] = [:]) -> [[UInt8]] {
    (1...PlainMarket.instrumentCount).map {
      PlainTemplate(
        EOBILayouts.release60, code: code,
        values.merging(["SecurityID": .signed(Int64($0))]) { one, _ in one }).bytes
    }
  }

  /// As books are called: by symbol, by name, or by number.
  private static func name(_ instrument: Int, _ feedProtocol: FeedProtocol) -> String {
    switch feedProtocol {
    case .eobi, .coinbaseDerivatives: "#\(instrument + 1)"
    case .deribit: PlainWriters.symbol(instrument) + "-PERPETUAL"
    default: PlainWriters.symbol(instrument)
    }
  }

  @Test(arguments: FeedProtocol.allCases)
  func aLossCostsTheBooksOfItsChannelAndNoOthers(_ feedProtocol: FeedProtocol) throws {
    let seed = RecoveryRandom.seed("\(#function) \(feedProtocol.name)")
    let day = Self.day(feedProtocol, seed: seed)
    let whole = try PlainRun(feedProtocol, channels: 3, day.frames)
    #expect(whole.summary[.messagesLost] == 0 && whole.states.values.allSatisfy { $0 == .ok }, "seed \(seed)")
    for lossy in 0...1 {
      var random = RecoveryRandom(seed: seed)
      let gone = day.losable[lossy][random.int(0...day.losable[lossy].count - 1)]
      var frames = day.frames
      frames.remove(at: gone.frame)
      let run = try PlainRun(feedProtocol, channels: 3, frames)
      #expect(run.summary[.messagesLost] >= 1, "seed \(seed)")
      for channel in 0...1 {
        #expect(day.changed[channel].count > 200)
        var wrong: [String] = []
        for instrument in day.changed[channel].sorted() {
          // Deribit's changes each name the one before: a book whose next one does misses nothing.
          let isHit = channel == lossy
            && (feedProtocol != .deribit || instrument == gone.instrument || day.last[instrument]! < gone.frame)
          let expected: BookState = !isHit ? .ok : feedProtocol == .deribit ? .gap : .untrusted
          let name = Self.name(instrument, feedProtocol)
          if run.states[name] != expected { wrong.append("\(name) \(run.states[name].map { "\($0)" } ?? "unknown")") }
        }
        #expect(wrong == [], "channel \(channel), \(lossy) lost a packet, seed \(seed)")
      }
    }
  }
}
