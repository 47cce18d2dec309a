import FeedCore
import Testing

@testable import FeedIO

@Suite struct MessageFileTests {
  private func file(_ messages: [[UInt8]]) -> [UInt8] { messages.flatMap(Messages.prefixed) }

  @Test func messagesComeWithoutTheirLengthAndWithTheirOwnTime() throws {
    let messages = [10, 20, 20, 90].map { Messages.systemEvent($0) }
    let walk = try walk(file(messages))
    #expect(walk.packets == [TestPacket(10, messages[0]), TestPacket(20, messages[1]), TestPacket(20, messages[2]),
      TestPacket(90, messages[3])])
    #expect(walk.links.allSatisfy { $0 == .message } && walk.recordIndexes == [0, 1, 2, 3])
    #expect(walk.readings.isEmpty)
  }

  @Test func clockIsTheRunningMaximumAndShortMessagesKeepIt() throws {
    let good = [30, 10].map { Messages.systemEvent($0) }
    let many = [[UInt8]](repeating: Messages.systemEvent(40), count: 16)
    let short: [UInt8] = [UInt8(ascii: "S"), 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]
    let walk = try walk(file(good + many + [short, Messages.systemEvent(50)]))
    #expect(walk.packets.map(\.nanoseconds) == [30, 30] + [UInt64](repeating: 40, count: 17) + [50])
    #expect(walk.faults == ["timeWentBack 1 @ 14"])
  }

  @Test func lengthZeroEndsTheFile() throws {
    let messages = [1, 2].map { Messages.systemEvent($0) }
    let clean = try walk(file(messages) + [0, 0])
    #expect(clean.packets.count == 2 && clean.readings.isEmpty)
    let more = try walk(file(messages) + [0, 0] + Messages.prefixed(messages[0]))
    #expect(more.packets.count == 2 && more.faults == ["bytesAfterEnd 1 @ 30"])
  }

  @Test func fileCutAnywhereGivesWhatIsWhole() throws {
    let messages = [1, 2, 3].map { Messages.systemEvent($0) }
    let file = file(messages)
    for length in 0..<file.count {
      let bytes = Array(file[..<length])
      if length < 14 {
        #expect(openingError(bytes) != nil)
        continue
      }
      let walk = try walk(bytes)
      #expect(walk.packets.count == length / 14)
      #expect(walk.faults == (length % 14 == 0 ? [] : ["truncatedTail 1 @ \(length / 14 * 14)"]))
    }
  }

  @Test func anyLengthIsReadOnceTheFileIsBelieved() throws {
    let many = [[UInt8]](repeating: Messages.systemEvent(1), count: 16)
    let long = [UInt8](repeating: 0, count: 65_535)
    let walk = try walk(file(many + [long, [1]]))
    #expect(walk.packets.count == 18 && walk.packets[16].bytes.count == 65_535)
    #expect(walk.faults == ["timeWentBack 1 @ \(16 * 14)"], "all zeros is an old time")
  }
}
