import Foundation
import Testing

@testable import FeedConfig
@testable import FeedCore

/// The checkout, found from this file.
let checkout = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent()

func contents(_ path: String) throws -> String {
  try String(contentsOf: checkout.appendingPathComponent(path), encoding: .utf8)
}

func load(_ yaml: String) -> (settings: Settings?, problems: [ConfigurationProblem]) {
  ConfigurationFile.load(bytes: Array(yaml.utf8), file: "f.yaml")
}

/// The settings of a text that must have no problem.
func settings(_ yaml: String, _ location: SourceLocation = #_sourceLocation) throws -> Settings {
  let (settings, problems) = load(yaml)
  #expect(problems == [], sourceLocation: location)
  return try #require(settings, sourceLocation: location)
}

func problemLines(_ yaml: String) -> [String] { load(yaml).problems.map(\.description) }

/// A small generator whose seed reproduces a test (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return Mix.spread(state)
  }
}
