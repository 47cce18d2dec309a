import FeedCore
import FeedIO
import Foundation
import Testing

@testable import FeedSim

/// What servers know of a capture, against what the generator's packets hold by the documents of their transports.
@Suite struct ServedFeedTests {
  /// A nanosecond pcap of the frames, little-endian.
  private static func write(_ frames: [MemorySink.Frame]) throws -> String {
    var bytes: [UInt8] = []
    for (value, length) in [(0xA1B2_3C4D, 4), (2, 2), (4, 2), (0, 8), (65_535, 4), (1, 4)] {
      bytes.appendLittle(UInt64(value), length)
    }
    for frame in frames {
      bytes.appendLittle(frame.captureNanoseconds / 1_000_000_000, 4)
      bytes.appendLittle(frame.captureNanoseconds % 1_000_000_000, 4)
      bytes.appendLittle(UInt64(frame.bytes.count), 4)
      bytes.appendLittle(UInt64(frame.bytes.count), 4)
      bytes += frame.bytes
    }
    let path = NSTemporaryDirectory() + "feedh-served-\(UUID().uuidString).pcap"
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return path
  }

  private static func read(_ frames: [MemorySink.Frame], _ day: RecoveryDay) throws -> ServedFeed {
    let path = try write(frames)
    defer { try? FileManager.default.removeItem(atPath: path) }
    var settings = day.settings(.init(messages: RecoveryFaults(seed: 0)))
    if day.stream > 0 { settings.feeds[0].stream = day.stream }
    var reader = try ServedFeedReader(settings.feeds)
    return try #require(reader.read(try CaptureSet(paths: [path])).first)
  }

  @Test(arguments: PipelineGapTests.protocols)
  func everyMessageOfTheCaptureIsKnownWithItsNumberAndTime(feedProtocol: FeedProtocol) throws {
    let day = try RecoveryDay(feedProtocol, seed: 31, messages: 600, isRough: true)
    let feed = try Self.read(day.frames, day)
    #expect(feed.session == day.session && feed.hole == nil && feed.otherSessionPackets == 0)
    #expect(feed.published.map(\.message) == day.published.map(\.message))
    #expect(feed.published.map(\.at) == day.published.map(\.at))
  }

  @Test func whatTheCaptureLacksIsNamed() throws {
    let day = try RecoveryDay(.itch50, seed: 32, messages: 600)
    // The packets with one message are missing on both lines.
    let packet = try #require(UnlikeVenueTests.Packet(day.frames[60].payload, .itch50))
    let frames = day.frames.filter { frame in
      UnlikeVenueTests.Packet(frame.payload, .itch50)?.sequenceNumber != packet.sequenceNumber
    }
    let feed = try Self.read(frames, day)
    #expect(feed.hole == packet.sequenceNumber)
    #expect(UInt64(feed.published.count) == packet.sequenceNumber - 1)
  }

  @Test func feedThatCannotBeFoundIsNamed() throws {
    var settings = try RecoveryDay(.itch50, seed: 33, messages: 200).settings(.init(messages: RecoveryFaults(seed: 0)))
    settings.feeds[0].protocol = "auto"
    #expect(throws: ServeError.self) { try ServedFeedReader(settings.feeds) }
    settings.feeds[0].protocol = "itch50"
    settings.feeds[0].lines[0].port = nil
    #expect(throws: ServeError.self) { try ServedFeedReader(settings.feeds) }
    settings.feeds[0].recovery.messages = false
    #expect(throws: ServeError.self) { try ServedFeedReader(settings.feeds) }
  }
}
