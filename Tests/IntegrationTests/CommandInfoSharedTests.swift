import Foundation
import Testing

/// `feedh info` of the captures whose figures an independent script worked out.
@Suite(.enabled(if: SharedMaterial.has("captures/expected"), "FEEDH_SHARED/captures is not here"))
struct CommandInfoSharedTests {
  private static let captures = SharedMaterial.folder + "/captures/"

  private func expected(_ name: String) throws -> [String: Any] {
    try CommandRun.json(String(contentsOfFile: Self.captures + "expected/\(name).json", encoding: .utf8))
  }

  private func info(_ path: String) throws -> [String: Any] {
    let run = try CommandRun.feedh("info", Self.captures + path, "--format", "json")
    #expect(run.status == 0 && run.errors.isEmpty)
    return try CommandRun.json(run.output)
  }

  private func sessions(_ info: [String: Any]) throws -> [[String: Any]] {
    try #require(info["flows"] as? [[String: Any]]).flatMap { $0["sessions"] as? [[String: Any]] ?? [] }
  }

  private func sum(_ sessions: [[String: Any]], _ key: String) -> Int {
    sessions.reduce(0) { $0 + (($1[key] as? NSNumber)?.intValue ?? 0) }
  }

  @Test func ofTheDEEPSample() throws {
    let expected = try expected("DEEP10")
    let sessions = try sessions(info("iex/DEEP10.pcap.gz"))
    for key in ["packets", "messages", "heartbeats"] {
      #expect(sum(sessions, key) == (expected[key] as? NSNumber)?.intValue, "\(key)")
    }
    #expect(sessions.count - 1 == (expected["sessionRestarts"] as? NSNumber)?.intValue)
    #expect(sum(sessions, "gaps") == 0 && sum(sessions, "missing") == 0 && sum(sessions, "duplicates") == 0)
  }

  /// A packet of Deribit has one number for all its messages, and counts as one.
  @Test func ofTheDeribitSample() throws {
    let sessions = try sessions(info("deribit/sample_capture_v1_6.pcapng"))
    let channels = try #require(try expected("deribit_v1_6")["channels"] as? [[NSNumber]])
    let found = sessions.map { "\($0["stream"] ?? "") \($0["packets"] ?? "") \($0["firstSequence"] ?? "")" }
    #expect(found.sorted() == channels.map { "\($0[0]) \($0[1]) \($0[2])" }.sorted())
    #expect(sum(sessions, "gaps") == 0 && sum(sessions, "duplicates") == 0)
  }

  @Test(arguments: ["20191230_AAPL_from_0935", "20200130_AAPL_first_10k"])
  func ofTheNasdaqFiles(name: String) throws {
    let files = try #require(try info("nasdaq/\(name).itch50")["files"] as? [[String: Any]])
    #expect(files.first?["packets"] as? NSNumber == (try expected(name))["messages"] as? NSNumber)
    #expect(files.first?["kind"] as? String == "lengthPrefixedITCH")
  }
}
