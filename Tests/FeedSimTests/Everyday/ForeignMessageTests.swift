import FeedCore
import Testing

@testable import FeedSim

/// Messages of types that no sheet knows stand among those of a day: each is stepped over by its length and counted,
/// the message behind it is read, and no book sees a difference.
@Suite struct ForeignMessageTests {
  /// Where a message keeps its type, and in how many bytes.
  private static func type(_ feedProtocol: FeedProtocol) -> (offset: Int, length: Int) {
    switch feedProtocol {
    case .itch50, .tops15, .tops16, .deep10, .deepPlus, .miaxPearlDepth: (0, 1)
    case .pitch: (1, 1)
    case .memxDepth: (2, 1)
    case .nyseIntegrated, .eobi, .deribit: (2, 2)
    case .cmeMDP3, .coinbaseDerivatives: (4, 2)
    }
  }

  /// As long as `message`, and of a type that nobody knows.
  private static func foreign(_ message: [UInt8], _ feedProtocol: FeedProtocol) -> [UInt8] {
    var foreign = message
    let (offset, length) = type(feedProtocol)
    for place in offset..<(offset + length) { foreign[place] = 0xF9 }
    return foreign
  }

  private static func run(_ feedProtocol: FeedProtocol, weaves: Bool) throws -> (run: PlainRun, foreign: UInt64) {
    var channel = PlainRun.Channel(feedProtocol)
    var writer = PlainWriters.writer(feedProtocol, midnightNanoseconds: PlainRun.midnight)
    var market = PlainMarket(seed: 11)
    var now: UInt64 = 34_200_000_000_000
    var frames: [MemorySink.Frame] = []
    var count: UInt64 = 0
    func send(_ messages: [[UInt8]]) {
      for start in stride(from: 0, to: messages.count, by: 3) {
        var part = Array(messages[start..<min(start + 3, messages.count)])
        now += 5_000
        if weaves {
          // First, in the middle, or last.
          part.insert(foreign(part[0], feedProtocol), at: frames.count % (part.count + 1))
          count += 1
        }
        frames.append(channel.frame(part, at: now))
      }
    }
    send(writer.opening(at: now))
    for _ in 0..<1_500 {
      now += 1_000
      send(writer.messages(market.next(), at: now) + writer.messages(market.next(), at: now))
    }
    return (try PlainRun(feedProtocol, frames), count)
  }

  @Test(arguments: FeedProtocol.allCases)
  func typesNobodyKnowsAreCountedAndSteppedOver(_ feedProtocol: FeedProtocol) throws {
    let (plain, _) = try Self.run(feedProtocol, weaves: false)
    let (woven, foreign) = try Self.run(feedProtocol, weaves: true)
    #expect(plain.summary[.unknownTypes] == 0 && plain.states.count > 300, "\(plain.states.count) instruments")
    #expect(foreign > 400 && woven.summary[.unknownTypes] == foreign, "\(foreign) foreign messages")
    for counter in [Counter.malformed, .emptyMessages, .gaps, .messagesLost, .unknownActions] {
      #expect(woven.summary[counter] == 0, "\(counter)")
    }
    #expect(woven.summary.orphans == 0 && woven.states == plain.states)
    #expect(woven.contentsDigest == plain.contentsDigest)
  }
}
