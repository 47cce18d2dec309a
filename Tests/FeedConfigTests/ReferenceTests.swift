import FeedCore
import Testing
import Yams

@testable import FeedConfig

struct ReferenceTests {
  @Test func theReferenceInTheDocumentationIsTheGeneratedOne() throws {
    let committed = try contents("Docs/CONFIGURATION.md")
    #expect(
      committed == ConfigurationReference.markdown(),
      "stale: run feedh check-config --reference > Docs/CONFIGURATION.md")
  }

  @Test func everyDefaultInTheTableReadsBackToItself() {
    for key in ConfigurationKeys.all where !key.defaultText.isEmpty && !key.defaultText.contains(" ") {
      if key.defaultText == "null" {
        #expect(key.isOptional, "\(key.path)")
        continue
      }
      if case .counts = key.kind {
        #expect(key.defaultText == "[]", "\(key.path)")
        continue
      }
      let text = key.defaultText.trimmingQuotes
      guard case .success(let value) = key.kind.parse(text, of: key.path) else {
        Issue.record("\(key.path): its default \(key.defaultText) is refused")
        continue
      }
      #expect(key.kind.format(value) == key.defaultText, "\(key.path)")
    }
  }

  @Test func pathsAreUniqueAndParentsComeFirst() {
    var seen: Set<String> = [""]
    for key in ConfigurationKeys.all {
      let parent = key.path.split(separator: ".").dropLast().joined(separator: ".").replacing("[]", with: "")
      #expect(seen.contains(parent), "\(key.path)")
      #expect(seen.insert(key.path.replacing("[]", with: "")).inserted, "\(key.path)")
      #expect(!key.text.isEmpty && key.text.hasSuffix("."), "\(key.path)")
    }
  }

  @Test func theExampleHasNoProblemsAndMeansTheDefaults() throws {
    let (settings, problems) = ConfigurationFile.load(
      path: checkout.appendingPathComponent("Deploy/feedh.example.yaml").path)
    #expect(problems == [])
    var example = try #require(settings)
    #expect(example.venues.count == 2 && example.feeds.count == 2)
    example.venues = []
    example.feeds = []
    #expect(example.symbols.overrides.count == 1)
    example.symbols.overrides = []
    #expect(example.live.ports == [PortSettings(name: "feed-a", interface: "eth1")])
    example.live.ports = []
    #expect(String(reflecting: example) == String(reflecting: Settings()))
  }

  /// Above each key stands what it does, and, where it has a value, its kind, range and default.
  @Test func theExampleDocumentsEveryKey() throws {
    let text = try contents("Deploy/feedh.example.yaml")
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { $0.drop { $0 == " " } }
    let root = try #require(try Yams.compose(yaml: text))
    var keyLines: [String: Int] = [:]
    gather(root, at: "", into: &keyLines)
    for key in ConfigurationKeys.all {
      let line = try #require(keyLines[key.path], "\(key.path) is missing")
      let comments = lines[..<(line - 1)].reversed().prefix { $0.hasPrefix("# ") }.map { $0.dropFirst(2) }
      #expect(comments.contains(key.text[...]), "\(key.path) on line \(line)")
      if key.kind == .section { continue }
      #expect(comments.first == key.summary[...], "\(key.path) on line \(line)")
    }
  }

  /// The line of the first mention of each key.
  private func gather(_ node: Node, at path: String, into keyLines: inout [String: Int]) {
    switch node {
    case .mapping(let mapping):
      for (key, value) in mapping {
        guard let name = key.scalar?.string, let line = key.mark?.line else { continue }
        let keyPath = path.isEmpty ? name : "\(path).\(name)"
        keyLines[keyPath] = keyLines[keyPath] ?? line
        gather(value, at: keyPath, into: &keyLines)
      }
    case .sequence(let sequence):
      for entry in sequence { gather(entry, at: path + "[]", into: &keyLines) }
    case .scalar, .alias: break
    }
  }
}

extension String {
  fileprivate var trimmingQuotes: String { count >= 2 && hasPrefix("\"") ? String(dropFirst().dropLast()) : self }
}
