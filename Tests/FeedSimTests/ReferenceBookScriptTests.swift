import Foundation
import Testing

@testable import FeedSim

/// The expectation file against the plain Python book that the whole project measures itself with.
@Suite struct ReferenceBookScriptTests {
  private static let script = sharedFolder + "/tools/reference_book.py"
  /// The first python3 of the search path.
  private static let python = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    .map { $0 + "/python3" }.first { FileManager.default.isExecutableFile(atPath: $0) }
  private static let isHere = FileManager.default.fileExists(atPath: script)

  @Test(
    .enabled(if: isHere, "reference_book.py is not there: set FEEDH_SHARED to the folder that has tools/"),
    .enabled(if: python != nil, "there is no python3 on the PATH"),
    arguments: [1, 2] as [UInt64])
  func expectationsEqualThoseOfThePlainPythonBook(seed: UInt64) throws {
    try withTemporaryFolder { folder in
      let options = smallOptions(seed: seed) {
        $0.venueCount = 1
        $0.lineCount = 1
        $0.dislocationCount = 0
        $0.messageCount = 30_000
      }
      let (result, paths) = try FileOutput.generate(options, prefix: folder + "/day", split: true)
      let process = Process()
      process.executableURL = URL(fileURLWithPath: try #require(Self.python))
      process.arguments = [Self.script, "itch", paths[0]]
      let pipe = Pipe()
      process.standardOutput = pipe
      try process.run()
      let output = pipe.fileHandleForReading.readDataToEndOfFile()
      process.waitUntilExit()
      #expect(process.terminationStatus == 0)
      let object = try #require(try JSONSerialization.jsonObject(with: output) as? [String: Any])
      #expect(object["messages"] as? Int == 30_000)
      #expect((object["orphans"] as? [String: Any])?.isEmpty == true)
      #expect(object["liveOrders"] as? Int == result.venues[0].liveOrders)
      let tops = try #require(object["tops"] as? [[Any]])
      let lines = tops.map { $0.map { "\($0)" }.joined(separator: "\t") }
      let expected = result.books.filter { $0.bidPrice != 0 || $0.askPrice != 0 }.map {
        $0.line.split(separator: "\t").dropFirst().dropLast().joined(separator: "\t")
      }
      #expect(lines == expected, "seed \(seed)")
    }
  }
}
