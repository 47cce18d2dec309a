import FeedCore
import Foundation
import Testing

@testable import FeedObserve

/// Text of numbers, money and times; JSON; files that cannot be written.
struct OutputTests {
  @Test func numbersAreGroupedByThousands() {
    #expect(Text.grouped(0) == "0")
    #expect(Text.grouped(999) == "999")
    #expect(Text.grouped(1_000) == "1,000")
    #expect(Text.grouped(-1_234_567) == "-1,234,567")
    #expect(Text.grouped(UInt64.max) == "18,446,744,073,709,551,615")
  }

  @Test func moneyIsRoundedHalfAwayFromZero() {
    #expect(Text.money(0) == "0.00")
    #expect(Text.money(1_005_000_000) == "1.01")
    #expect(Text.money(-1_005_000_000) == "-1.01")
    #expect(Text.money(1_004_999_999) == "1.00")
    // Nothing left of it: no sign either.
    #expect(Text.money(-4_999_999) == "0.00")
    #expect(Text.money(1_234_567_890_000_000_000) == "1,234,567,890.00")
    #expect(Text.money(14_200_000, decimals: 4) == "0.0142")
    #expect(Text.money(1_999_999_999, decimals: 0) == "2")
    #expect(Text.money(1, decimals: 9) == "0.000000001")
  }

  @Test func spansSizesAndRatesTakeTheirNaturalUnit() {
    #expect(Text.duration(850) == "850 ns")
    #expect(Text.duration(12_345) == "12.3 us")
    #expect(Text.duration(9_120_000_000) == "9.120 s")
    #expect(Text.bytes(999) == "999 B")
    #expect(Text.bytes(182_450_000) == "182.4 MB")
    #expect(Text.rate(1_500, nanoseconds: 1_000_000) == "1.50 M")
    #expect(Text.rate(7, nanoseconds: 0) == "0")
    #expect(Text.digest(0xAB) == "00000000000000ab")
  }

  /// Against Foundation's calendar, over the whole range of the clock that reports may see.
  @Test func captureTimesAreUTC() throws {
    var generator = SystemRandomNumberGenerator()
    let seed = ProcessInfo.processInfo.environment["FEEDH_TEST_SEED"].flatMap { UInt64($0) } ?? generator.next()
    print("captureTimesAreUTC: FEEDH_TEST_SEED=\(seed)")
    var state = seed
    let formatter = ISO8601DateFormatter()
    for _ in 0..<2_000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let seconds = 86_400 + (state >> 11) % 18_000_000_000
      let nanoseconds = seconds * 1_000_000_000 + 7
      let expected = formatter.string(from: Date(timeIntervalSince1970: Double(seconds)))
      #expect(TimeText.capture(nanoseconds) == expected.dropLast() + ".000000007Z")
    }
    #expect(TimeText.capture(1_767_623_400_012_286_612) == "2026-01-05T14:30:00.012286612Z")
    #expect(TimeText.capture(951_782_400_000_000_000, digits: 0) == "2000-02-29T00:00:00Z")
  }

  @Test func timesOfLengthPrefixedFilesAreTimesOfDay() {
    #expect(TimeText.capture(34_200_000_000_001) == "09:30:00.000000001")
    #expect(TimeText.timeOfDay(34_200_500_000_000, digits: 3) == "09:30:00.500")
    #expect(TimeText.timeOfDay(0, digits: 0) == "00:00:00")
  }

  @Test func jsonKeepsTheOrderOfKeysAndEveryDigitOfAnInteger() throws {
    let output = TextOutput()
    var writer = JSONWriter(output)
    writer.object { json in
      json.member("z", Int128.max)
      json.member("a", -1)
      json.member("none", nil as Int?)
      json.member("is", true)
      json.member("ratio", decimal: "57.31")
      json.object("empty") { _ in }
      json.list("list") { json in
        json.object(isInline: true) { json in
          json.member("x", 1)
          json.list("y") { json in
            json.element(2)
            json.element("three")
          }
        }
        json.object(isInline: true) { json in json.member("x", 4) }
      }
    }
    #expect(
      output.text == """
        {
          "z": 170141183460469231731687303715884105727,
          "a": -1,
          "none": null,
          "is": true,
          "ratio": 57.31,
          "empty": {},
          "list": [
            {"x":1,"y":[2,"three"]},
            {"x":4}
          ]
        }

        """)
  }

  @Test func jsonTextReadsBackWhateverItHolds() throws {
    let text = "quote \" back \\ line \n tab \t nul \u{0} del \u{7F} é 🙂"
    let output = TextOutput()
    var writer = JSONWriter(output)
    writer.object { json in json.member(text, text) }
    let object = try JSONSerialization.jsonObject(with: Data(output.text.utf8)) as? [String: String]
    #expect(object == [text: text])
  }

  @Test func aFileThatCannotBeMadeIsNamedWithTheReason() {
    #expect(throws: OutputError(path: "/no/such/folder/file", code: ENOENT)) {
      try TextOutput(path: "/no/such/folder/file")
    }
    #expect(throws: OutputError(path: "/dev/null", code: ENOTDIR)) { try OutputDirectory(path: "/dev/null") }
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full"), "no /dev/full here"))
  func aFullDiskIsReportedAtTheEnd() throws {
    let output = try TextOutput(path: "/dev/full")
    output.write("text")
    #expect(throws: OutputError(path: "/dev/full", code: ENOSPC)) { try output.finish() }
  }

  @Test func foldersAreMadeWithTheirParents() throws {
    let root = NSTemporaryDirectory() + "feedh-output-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: root) }
    let folder = try OutputDirectory(path: root + "/a/b/")
    let file = try folder.makeFile("text")
    file.write("one\n")
    file.write([UInt8](repeating: 0x78, count: 3 << 20).withUnsafeBytes { String(decoding: $0, as: UTF8.self) })
    try file.finish()
    let written = try Data(contentsOf: URL(fileURLWithPath: root + "/a/b/text"))
    #expect(written.count == 4 + 3 << 20)
    folder.remove("text")
    #expect(!FileManager.default.fileExists(atPath: root + "/a/b/text"))
    // Again is no error.
    _ = try OutputDirectory(path: root + "/a/b")
  }
}
