import Testing

@testable import FeedConfig

struct ProblemTests {
  @Test(arguments: ProblemExample.all)
  func eachProblemIsNamedWithItsPlace(_ example: ProblemExample) {
    #expect(problemLines(example.yaml) == ["f.yaml:\(example.line)"])
    #expect(load(example.yaml).settings == nil)
  }

  @Test func theExamplesAreRead() {
    #expect(ProblemExample.all.count == 92)
  }

  @Test func allProblemsAreReportedInOneRunInOrder() {
    let lines = load(
      """
      venues:
        - nmae: x
          tick: 0.01
          tick: 0.02
          tick: 1e-3
        - name: "a b"
          fees: [1]
        - { name: y, roundLot: 0, orderLatency: 11s, replyLatency: 5 }
      feeds:
        - { name: f, venue: nowhere, protocol: itch5, lines: [ { name: A, group: 1.2.3, port: 70000 }, { name: A } ] }
        - { name: f, venue: "a b", lines: 7 }
      sesion: { silence: 1us }
      session: { silence: 1us, silence: 2us }
      shards: none
      """
    ).problems.map { "\($0.line):\($0.column)" }
    #expect(
      lines == [
        "2:5", "4:5", "5:5", "5:11", "6:11", "7:11", "8:26", "8:43", "8:62", "10:23", "10:42", "10:76", "10:89",
        "10:98", "10:106", "11:13", "11:23", "11:37", "12:1", "13:21", "13:26", "13:35", "14:9",
      ])
  }

  @Test func problemsStayOneLineWhateverTheTextHolds() {
    let long = String(repeating: "z", count: 100)
    let yaml = "\"a\\nb\\u2028c\\u202Ed\": 1\nvenues: [ { name: \"x\\ty\\0\\e\(long)\" } ]"
    let lines = problemLines(yaml)
    #expect(lines.count == 2)
    #expect(lines[0].contains("unknown key \"a?b?c?d\""))
    #expect(lines[1].contains("\"x?y??zzz") && lines[1].contains("z…\""))
    for line in lines { #expect(line.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0 != "\u{2028}" }) }
  }

  @Test func oneErrorHoldsAllProblems() {
    let problems = load("a: 1\nb: 2").problems
    let error = ConfigurationError(problems: problems)
    #expect(error.description.split(separator: "\n").count == 2)
  }

  @Test func aTooLongListIsReportedOnce() {
    let list = (0..<9).map { "- name: v\($0)" }.joined(separator: "\n")
    #expect(
      problemLines("venues:\n\(list)") == [
        "f.yaml:2:1: venues has 9 entries; allowed: a list of at most 8 entries;"
          + " remove 1; only the first 8 were checked"
      ])
  }

  @Test func feedsWithoutVenueCountAsVenues() {
    let feeds = (0..<9).map { "- { name: f\($0), lines: [ { name: A, port: \($0 + 1) } ] }" }.joined(separator: "\n")
    #expect(
      problemLines("feeds:\n\(feeds)") == [
        "f.yaml:2:1: 9 venues with those that feeds without a venue get; allowed: at most 8;"
          + " give such feeds one of the venues"
      ])
  }

  @Test func repeatedKeysBeforeASyntaxErrorAreReportedToo() {
    let places = load("latency: { a: 1, a: 2 }\nsession: { silence: 1s, silence: 2s }\nx: [").problems.map {
      "\($0.line):\($0.column)"
    }
    #expect(places == ["1:12", "2:12", "4:1"])
  }

  @Test(arguments: [
    "? [1]\n: 2\n? [1]\n: 3", "\"\\x61\": 1\n\"\\x61\": 2", "\"\": 1\n\"\": 2", "&k a: 1\n*k : 2",
  ])
  func repeatedKeysThatCannotBeMaskedEndTheReadingWithAProblem(yaml: String) {
    let (settings, problems) = load(yaml)
    #expect(settings == nil)
    #expect(problems.contains { $0.what.contains("stands twice") })
  }
}

