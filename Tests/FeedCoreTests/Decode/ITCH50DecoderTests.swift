import Foundation
import Testing

@testable import FeedCore

/// Every message type at its length, one byte short, longer, and beside what is no message at all.
struct ITCH50DecoderTests {
  typealias M = ITCHBytes

  static let types = ITCHBytes.lengths.keys.sorted()

  @Test func lengthsAreTheFactSheets() {
    for type in UInt8.min...UInt8.max {
      #expect(ITCH50Decoder.length(ofType: type) == M.lengths[Character(UnicodeScalar(type))] ?? 0)
    }
    #expect(Self.types.count == 23)
  }

  /// A plausible message of each type about stock ABC, locate 1, order 1.
  static func message(_ type: Character) -> [UInt8] {
    switch type {
    case "S": M.system("Q", at: 9)
    case "R": M.directory(1, "ABC", roundLot: 7, at: 9)
    case "H": M.trading(1, "ABC", "H", at: 9)
    case "Y": M.regSHO(1, "ABC", "1", at: 9)
    case "h": M.halt(1, "ABC", "H", at: 9)
    case "A": M.add(1, 5, "S", 30, "ABC", 51_000, at: 9)
    case "F": M.add(1, 5, "S", 30, "ABC", 51_000, mpid: "MPID", at: 9)
    case "E": M.execute(1, 1, 10, match: 3, at: 9)
    case "C": M.executeWithPrice(1, 1, 10, match: 3, 50_500, at: 9)
    case "X": M.cancel(1, 1, 10, at: 9)
    case "D": M.delete(1, 1, at: 9)
    case "U": M.replace(1, 1, 6, 40, 50_700, at: 9)
    case "P": M.trade(1, "ABC", 20, 50_800, match: 4, at: 9)
    case "Q": M.cross(1, "ABC", 21, 50_900, match: 4, at: 9)
    case "B": M.broken(1, match: 2, at: 9)
    default: M.inert(type, 1, at: 9)
    }
  }

  private func harness(_ messages: [[UInt8]]) -> CoreHarness {
    let harness = CoreHarness()
    harness.trust(.ok)
    harness.send([
      M.directory(1, "ABC"), M.trading(1, "ABC"), M.add(1, 1, "B", 100, "ABC", 50_000),
      M.trade(1, "ABC", 1, 1, match: 2),
    ])
    harness.send(messages)
    return harness
  }

  /// Everything a message may change, as text.
  private func shape(_ harness: CoreHarness) -> String {
    let record = harness.record("ABC")!
    let sides = [Side.buy, .sell].map { "\(harness.levels("ABC", $0))" }
    let restricted = harness.books.isShortSaleRestricted(harness.instrument("ABC"))
    return "\(sides) \(harness.state("ABC")) \(restricted) \(harness.books.isMarketOpen(0)) lot \(record.roundLot) "
      + "volume \(record.volume) turnover \(record.turnover) last \(record.lastQuantity) \(record.lastPrice)"
  }

  @Test(arguments: types)
  func oneByteShortIsMalformedAndChangesNothing(type: Character) {
    let message = Self.message(type)
    #expect(message.count == M.lengths[type])
    let nothing = harness([])
    for length in [1, message.count - 1] {
      let short = harness([Array(message.prefix(length))])
      #expect(shape(short) == shape(nothing))
      #expect(short.digest("ABC") == nothing.digest("ABC"))
      #expect(short.counted(.malformed) == 1)
      #expect(short.counted(.unknownTypes) == 0)
      #expect(short.messages(type) == nothing.messages(type))
    }
  }

  @Test(arguments: types)
  func longerIsReadAsFarAsItIsKnown(type: Character) {
    let message = Self.message(type)
    let exact = harness([message])
    let longer = harness([message + [0xFF, 0x00, 0x41]])
    #expect(shape(longer) == shape(exact))
    #expect(longer.digest("ABC") == exact.digest("ABC"))
    #expect(exact.counted(.malformed) + longer.counted(.malformed) == 0)
    #expect(longer.messages(type) == harness([]).messages(type) + 1)
  }

  /// What stands beside a message in its packet does not shift how it is read.
  @Test(arguments: types)
  func badNeighboursDesynchroniseNothing(type: Character) {
    let message = Self.message(type)
    let alone = harness([message])
    let beside = harness([
      [], Array(message.dropLast()), M.head("Z", 1, at: 1) + [1, 2, 3], message, [0x41], M.head("z", 9, at: 1),
    ])
    #expect(shape(beside) == shape(alone))
    #expect(beside.counted(.emptyMessages) == 1)
    #expect(beside.counted(.malformed) == 2)
    #expect(beside.counted(.unknownTypes) == 2)
  }

  @Test func effectsOfEachTypeOnTheBook() {
    let before = shape(harness([]))
    #expect(before == "[\"[50000×100[1:100]]\", \"[]\"] ok false false lot 100 volume 1 turnover 1 last 1 1")
    let wanted: [Character: String] = [
      "S": before.replacingOccurrences(of: "ok false false", with: "ok false true"),
      "R": before.replacingOccurrences(of: "lot 100", with: "lot 7"),
      "H": before.replacingOccurrences(of: " ok ", with: " halted "),
      "h": before.replacingOccurrences(of: " ok ", with: " halted "),
      "Y": before.replacingOccurrences(of: "ok false false", with: "ok true false"),
      "A": before.replacingOccurrences(of: "\"[]\"", with: "\"[51000×30[5:30]]\""),
      "F": before.replacingOccurrences(of: "\"[]\"", with: "\"[51000×30[5:30]]\""),
      "E": before.replacingOccurrences(of: "50000×100[1:100]", with: "50000×90[1:90]")
        .replacingOccurrences(of: "volume 1 turnover 1 last 1 1", with: "volume 11 turnover 500001 last 10 50000"),
      "C": before.replacingOccurrences(of: "50000×100[1:100]", with: "50000×90[1:90]")
        .replacingOccurrences(of: "volume 1 turnover 1 last 1 1", with: "volume 11 turnover 505001 last 10 50500"),
      "X": before.replacingOccurrences(of: "50000×100[1:100]", with: "50000×90[1:90]"),
      "D": before.replacingOccurrences(of: "50000×100[1:100]", with: ""),
      "U": before.replacingOccurrences(of: "50000×100[1:100]", with: "50700×40[6:40]"),
      "P": before.replacingOccurrences(
        of: "volume 1 turnover 1 last 1 1", with: "volume 21 turnover 1016001 last 20 50800"),
      "Q": before.replacingOccurrences(
        of: "volume 1 turnover 1 last 1 1", with: "volume 22 turnover 1068901 last 21 50900"),
      "B": before.replacingOccurrences(of: "volume 1 turnover 1", with: "volume 0 turnover 0"),
    ]
    for type in Self.types { #expect(shape(harness([Self.message(type)])) == wanted[type] ?? before, "\(type)") }
  }

  @Test func theFirstOccurrenceIsKept() {
    let harness = harness([M.delete(1, 99)])
    harness.send([M.system("S"), Array(M.delete(1, 1).dropLast()), M.head("Z", 1, at: 1)])
    harness.send([M.head("Z", 1, at: 1), []])
    // Packets 0 to 2 were the set-up's. A block is two bytes of length and the message: 14 bytes of the system event,
    // 20 of the cut delete.
    #expect(harness.books.counters.first(.malformed)?.packetIndex == 3)
    #expect(harness.books.counters.first(.malformed)?.offset == 16)
    #expect(harness.books.counters.first(.unknownTypes)?.packetIndex == 3)
    #expect(harness.books.counters.first(.unknownTypes)?.offset == 36)
    #expect(harness.books.counters.first(.emptyMessages)?.packetIndex == 4)
    #expect(harness.books.counters.first(.badSide) == nil)
  }

  @Test func anAddOfNeitherSideIsCountedAndDropped() {
    let harness = harness([M.add(1, 7, "b", 10, "ABC", 50_000), M.add(1, 8, " ", 10, "ABC", 50_000)])
    #expect(harness.counted(.badSide) == 2)
    #expect(harness.liveOrders() == 1)
    #expect(harness.state("ABC") == .ok)
  }

  /// One core counts for all; the others still apply.
  @Test func onlyTheCountingCoreCountsMessages() {
    let harness = CoreHarness(countsMessages: false)
    harness.trust(.ok)
    harness.send([M.add(1, 1, "B", 10, "ABC", 50_000), [], M.head("Z", 1, at: 1), [0x41]])
    #expect(harness.messages("A") == 0)
    #expect(harness.counted(.malformed) + harness.counted(.unknownTypes) + harness.counted(.emptyMessages) == 0)
    #expect(harness.liveOrders() == 1)
    #expect(harness.core.messages == 0)
  }
}
