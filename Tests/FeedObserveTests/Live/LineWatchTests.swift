import FeedCore
import Testing

@testable import FeedObserve

/// What is said of lines of which nothing is heard.
@Suite struct LineWatchTests {
  private static let second: UInt64 = 1_000_000_000

  /// Lines A and B at ports of their own, C at any; and one that brings answers only.
  private static func watch() throws -> LineWatch {
    var settings = Settings()
    settings.venues = [VenueSettings(name: "nasdaq")]
    settings.session.silenceNanoseconds = 5 * second
    settings.live.ports = ["a", "b"].map { PortSettings(name: "feed-\($0)", interface: "eth-\($0)") }
    var lines = [("A", "233.54.12.1", "feed-a"), ("B", "233.54.13.1", "feed-b"), ("C", "233.54.14.1", nil)].map {
      var line = LineSettings(name: $0.0, group: $0.1, port: 26_401)
      line.livePort = $0.2
      return line
    }
    var answers = LineSettings(name: "R", group: "10.0.0.1", port: 31_001)
    answers.role = .retransmission
    lines.append(answers)
    settings.feeds = [FeedSettings(name: "itch", venue: "nasdaq", protocol: "itch50", lines: lines)]
    let plan = try FlowDiscovery.livePlan(settings: settings, portNames: ["feed-a", "feed-b"])
    return LineWatch(plan, settings, at: 100 * second)
  }

  /// - Parameter heard: packets of lines A, B, C so far.
  private static func look(
    _ watch: inout LineWatch, at seconds: UInt64, heard: [UInt64], portPackets: UInt64 = 0
  ) -> [String] {
    watch.look(
      at: 100 * second + seconds * second, heard: { channel, line in channel == 0 ? heard[line] : 0 },
      portPackets: { _ in portPackets })
  }

  @Test func linesOfAnswersAreNotWatched() throws {
    #expect(try Self.watch().lines.map(\.name) == ["A", "B", "C"])
  }

  @Test func aLineThatIsNeverHeardIsNamedOnceWithWhatToLookAt() throws {
    var watch = try Self.watch()
    #expect(Self.look(&watch, at: 4, heard: [3, 0, 1]) == [] && watch.silent == [])
    let said = Self.look(&watch, at: 5, heard: [4, 0, 2])
    #expect(said.count == 1 && watch.silent == ["itch:B"])
    #expect(said[0].hasPrefix("feedh: feed itch: line B (233.54.13.1:26401) is silent, nothing was heard of it for 5"))
    #expect(said[0].contains("port feed-b receives nothing at all: check the cable"))
    #expect(Self.look(&watch, at: 9, heard: [5, 0, 3]) == [] && watch.silent == ["itch:B"])
  }

  @Test func otherPacketsAtItsPortPointToTheGroup() throws {
    var watch = try Self.watch()
    let said = Self.look(&watch, at: 6, heard: [0, 1, 0], portPackets: 7)
    #expect(said.count == 2 && watch.silent == ["itch:A", "itch:C"])
    #expect(said[0].contains("port feed-a receives other packets: check group, port and source"))
    #expect(said[1].contains("the run receives other packets"))
  }

  @Test func aFeedOfWhichNoLineIsHeardAnyMoreIsSaidToBeSo() throws {
    var watch = try Self.watch()
    #expect(Self.look(&watch, at: 1, heard: [1, 1, 1]) == [])
    let said = Self.look(&watch, at: 6, heard: [1, 1, 1], portPackets: 1)
    #expect(said.count == 3 && said.allSatisfy { $0.contains("no other line of the feed is heard") })
  }

  @Test func aLineThatComesBackIsSaidAndMayBeSilentAgain() throws {
    var watch = try Self.watch()
    _ = Self.look(&watch, at: 6, heard: [1, 0, 1])
    let back = Self.look(&watch, at: 7, heard: [2, 1, 2])
    #expect(back == ["feedh: feed itch: line B (233.54.13.1:26401) is heard"] && watch.silent == [])
    #expect(Self.look(&watch, at: 11, heard: [3, 1, 3]) == [])
    let gone = Self.look(&watch, at: 12, heard: [4, 1, 4], portPackets: 1)
    #expect(gone.count == 1 && gone[0].contains("it was before: its sender") && watch.silent == ["itch:B"])
    #expect(watch.lines.map(\.silences) == [0, 2, 0] && watch.lines.map(\.packets) == [4, 1, 4])
    #expect(watch.lines.map(\.isSilent) == [false, true, false])
  }
}
