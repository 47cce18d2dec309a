import Foundation
import Testing

@testable import FeedConfig

struct RobustnessTests {
  /// Whatever the bytes: an answer, settings exactly when there are no problems, and each problem one line.
  private func check(_ bytes: [UInt8], _ note: @autoclosure () -> String) {
    let (settings, problems) = ConfigurationFile.load(bytes: bytes, file: "f")
    #expect((settings == nil) == !problems.isEmpty, "\(note())")
    for problem in problems {
      let line = problem.description
      #expect(line.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }, "\(note()): \(line)")
      #expect(!problem.what.isEmpty && !problem.allowed.isEmpty && !problem.remedy.isEmpty, "\(note()): \(line)")
    }
  }

  private func seeded(_ body: (inout SeededGenerator, String) throws -> Void) rethrows {
    let given = ProcessInfo.processInfo.environment["FEEDH_TEST_SEED"].flatMap { UInt64($0) }
    let seed = given ?? UInt64.random(in: 0...UInt64.max)
    print("seed \(seed) (FEEDH_TEST_SEED=\(seed) repeats it)")
    var generator = SeededGenerator(state: seed)
    try body(&generator, "seed \(seed)")
  }

  @Test func randomBytesNeverCrash() {
    seeded { generator, seed in
      for _ in 0..<300 {
        let length = Int.random(in: 1...200, using: &generator)
        let isText = Bool.random(using: &generator)
        let bytes = (0..<length).map { _ in UInt8.random(in: isText ? 0x09...0x7E : 0...255, using: &generator) }
        check(bytes, "\(seed), bytes \(bytes)")
      }
    }
  }

  @Test func randomYAMLNeverCrashes() {
    let names = ConfigurationKeys.all.map(\.name) + ["<<", "x", "", "é", "\u{10FFFF}"]
    let values = [
      "1", "-1", "0", "1e999", ".nan", ".inf", "-.inf", "0x7fff", "99999999999999999999999", "1ms", "-1s", "9e9h",
      "null", "~", "true", "\"\"", "'a'", "\"\\xff\\u2028\"", "|\n  text\n", "&a 1", "*a", "!!int 3", "!x y", "[", "]",
      "{", "}",
      "- ", "? ", ": ", ", ", "#", "\n", "\n  ", "\n    ", "\t", "---\n", "...\n", "%YAML 1.1\n", "233.0.0.1", "A",
      "\r\n", "\u{85}", "\u{2028}", "@", "`", "\"", "'", "\u{FEFF}",
    ]
    seeded { generator, seed in
      for _ in 0..<1_000 {
        var text = ""
        for _ in 0..<Int.random(in: 1...40, using: &generator) {
          switch Int.random(in: 0..<4, using: &generator) {
          case 0: text += names.randomElement(using: &generator)! + ": "
          case 1: text += "\n" + String(repeating: "  ", count: Int.random(in: 0...3, using: &generator))
          default: text += values.randomElement(using: &generator)!
          }
        }
        check(Array(text.utf8), "\(seed), text \(text.debugDescription)")
      }
    }
  }

  @Test func mutatedExamplesNeverCrash() throws {
    let example = Array(try contents("Deploy/feedh.example.yaml").utf8)
    let everything = Array(SettingsTests.everything.utf8)
    seeded { generator, seed in
      for round in 0..<150 {
        var bytes = round % 10 == 0 ? example : everything
        for _ in 0..<Int.random(in: 1...6, using: &generator) {
          let position = Int.random(in: 0..<bytes.count, using: &generator)
          let end = min(bytes.count, position + Int.random(in: 1...40, using: &generator))
          switch Int.random(in: 0..<4, using: &generator) {
          case 0: bytes[position] = UInt8.random(in: 0...255, using: &generator)
          case 1: bytes.removeSubrange(position..<end)
          case 2: bytes.insert(contentsOf: bytes[position..<end], at: position)
          default: bytes[position] = Array("{}[]:,-#&*!|>'\"%@`?\n \t0".utf8).randomElement(using: &generator)!
          }
          if bytes.isEmpty { bytes = [0x20] }
        }
        check(bytes, "\(seed), round \(round)")
      }
    }
  }

  @Test(arguments: [
    String(repeating: "[", count: 2_000), String(repeating: "{a: ", count: 2_000),
    String(repeating: "- ", count: 2_000), String(repeating: "? ", count: 2_000),
    "shards: " + String(repeating: "9", count: 100_000), "a: &a [*a]",
    "shards: " + String(repeating: "1_", count: 9_999),
    "\u{FEFF}", "\u{FEFF}shards: x", "%YAML 9.9\n---\nshards: 1", "%TAG ! x\n---\nshards: 1", "? ", "- - - -",
    "*a : *b",
    "\u{0}", "a\u{0}b: \u{0}", "---\n---\n---", "...", "&a", "!!map", "''", "|", ">\n", "\r\r\r", "\u{2028}\u{85}a",
    String(repeating: "a: 1\n", count: 600), String(repeating: "é: 1\n", count: 5),
  ])
  func hostileTextsAreAnswered(text: String) {
    check(Array(text.utf8), String(text.prefix(40)))
  }

  @Test func deepNestingIsRefusedNotRecursedInto() {
    for depth in [100, 900] {
      let text = "risk: " + String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
      #expect(problemLines(text).count == 1)
    }
    let tooDeep = "risk: " + String(repeating: "[", count: 1_500) + String(repeating: "]", count: 1_500)
    #expect(problemLines(tooDeep).count == 1)
  }

  /// Each level names the one before nine times: 9^12 values, were they walked.
  @Test func aliasesThatMultiplyAreNotWalked() {
    var text = "a0: &a0 [x]\n"
    for level in 1...12 {
      let aliases = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
      text += "a\(level): &a\(level) [\(aliases)]\n"
    }
    #expect(load(text + "venues: *a12\nfeeds: *a12").problems.count == 13 + 1 + 8 + 9)
  }

  @Test func everyRepeatedKeyIsReported() {
    let text = (0..<100).map { "venues: []\nx\($0): 1\nx\($0): 2\n" }.joined()
    let repeated = load(text).problems.filter { $0.what.contains("stands twice") }
    #expect(repeated.count == 99 + 100)
    #expect(repeated.first?.line == 3)
  }

  @Test func lineAndColumnFollowEveryLineEnding() {
    for ending in ["\n", "\r\n", "\r", "\u{85}", "\u{2028}"] {
      let lines = [
        "# é𝄞", "shards: 1", "\"session\": {}", "session: {}", "  # ", "latency: { é𝄞: 1, sampleEvery: x }",
      ]
      let text = lines.joined(separator: ending)
      let places = load(text).problems.map { "\($0.line):\($0.column)" }
      #expect(places == ["4:1", "6:12", "6:32"], "\(ending.debugDescription)")
    }
  }

  @Test func aByteOrderMarkIsNoCharacter() throws {
    #expect(try settings("\u{FEFF}shards: 4").shardCount == 4)
    #expect(load("\u{FEFF}shards: x").problems.map(\.column) == [9])
  }
}

struct ConfigurationFileTests {
  private func refusal(_ path: String) -> String {
    let (settings, problems) = ConfigurationFile.load(path: path)
    #expect(settings == nil && problems.count == 1)
    return problems.first?.description ?? ""
  }

  @Test func aFileThatCannotBeReadIsOneLine() {
    #expect(
      refusal("/nonexistent/feedh.yaml")
        == "/nonexistent/feedh.yaml: cannot read it: No such file or directory;"
        + " allowed: a readable file of YAML; give the path of a configuration")
    #expect(refusal("/").hasPrefix("/: cannot read it: Is a directory;"))
    #expect(refusal("").hasPrefix(": cannot read it:"))
    #expect(refusal("/dev/null").hasPrefix("/dev/null: the file is empty;"))
    #expect(refusal("/dev/zero").hasPrefix("/dev/zero: the file is longer than 1 MiB;"))
  }

  @Test func bytesThatAreNoUTF8AreOneLineWithTheirPlace() {
    for (bytes, place) in [
      ([0xD4, 0xC3, 0xB2, 0xA1], "1:1"), (Array("a: é\nb: ".utf8) + [0xFF], "2:4"), ([0x61, 0xC3], "1:2"),
    ] as [([UInt8], String)] {
      let problems = ConfigurationFile.load(bytes: bytes, file: "f").problems.map(\.description)
      #expect(
        problems == [
          "f:\(place): the file is not UTF-8 text from here on; allowed: YAML in UTF-8;"
            + " give the path of a configuration, or save it as UTF-8"
        ])
    }
  }

  @Test func loadOrFailThrowsEveryProblem() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("feedh-\(UUID().uuidString).yaml").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try "shards: 0\nlatency: { sampleEvery: 0 }".write(toFile: path, atomically: false, encoding: .utf8)
    let error = try #require(throws: ConfigurationError.self) { try ConfigurationFile.loadOrFail(path) }
    #expect(error.description.split(separator: "\n").map { $0.hasPrefix(path) } == [true, true])
    try "shards: 3".write(toFile: path, atomically: false, encoding: .utf8)
    #expect(try ConfigurationFile.loadOrFail(path).shardCount == 3)
  }
}
