import FeedCore
import FeedIO
import FeedObserve
import Foundation
import Testing

/// The captures and expected rows outside the repository: `FEEDH_SHARED`, else `../shared` beside the checkout.
private enum Reference {
  static let captures: String = {
    var checkout = URL(fileURLWithPath: #filePath)
    for _ in 0..<4 { checkout.deleteLastPathComponent() }
    let shared = ProcessInfo.processInfo.environment["FEEDH_SHARED"] ?? checkout.path + "/../shared"
    return shared + "/captures"
  }()
  static let isPresent = FileManager.default.fileExists(atPath: captures + "/expected")
  static let absence: Comment = "captures with expected rows are not there: set FEEDH_SHARED"
}

@Suite struct ReferenceRowsTests {
  /// Rows of another decoder, made from the same documents, over every one-message capture of the protocol. Its
  /// `file` is the path below the captures' folder, ours the base name.
  @Test(.enabled(if: Reference.isPresent, Reference.absence), arguments: ["itch50", "ouch50", "cboe-boe"])
  func rowsEqualTheReferenceFieldByField(name: String) throws {
    let expected = try String(
      contentsOfFile: Reference.captures + "/expected/one-packet-\(name).ndjson", encoding: .utf8)
    var rowsByFile: [String: [NSDictionary]] = [:]
    for line in expected.split(separator: "\n") {
      let row = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? NSDictionary)
      let file = try #require(row["file"] as? String)
      rowsByFile[file, default: []].append(row)
    }
    let folder = Reference.captures + "/one-packet/"
    let captures = try #require(FileManager.default.enumerator(atPath: folder + name))
      .compactMap { ($0 as? String).flatMap { $0.hasSuffix(".pcap") ? "\(name)/\($0)" : nil } }
    #expect(Set(captures) == Set(rowsByFile.keys))

    for file in captures.sorted() {
      for choice in [nil, DecodeProtocol(rawValue: name)] {
        var selection = DecodeSelection()
        selection.format = .ndjson
        selection.protocol = choice
        selection.namesFiles = true
        var decoder = try CaptureDecoder(selection)
        var output = Data()
        let faults = try decoder.decode(try CaptureSet(paths: [folder + file])) { output.append(contentsOf: $0) }
        #expect(faults == [])
        let expected = try #require(rowsByFile[file])
        let isUnknown = expected.contains { $0["unknownLayout"] != nil }
        #expect(decoder.tally.faultLines.isEmpty != isUnknown, "\(file)")
        var rows: [NSDictionary] = []
        for line in output.split(separator: UInt8(ascii: "\n")) {
          let row = try #require(try JSONSerialization.jsonObject(with: line) as? [String: Any])
          #expect(row["file"] as? String == file.split(separator: "/").last.map(String.init))
          rows.append(row.merging(["file": file]) { $1 } as NSDictionary)
        }
        if isUnknown {
          // The reference prints nothing of a message that does not add up; we print its fixed part and count it.
          #expect(expected.count == 1 && rows.count == 1 && decoder.tally.count(of: .optionalFieldLengths) == 1)
          #expect(rows[0]["sequence"] as? NSObject == expected[0]["sequence"] as? NSObject)
        } else {
          #expect(rows == expected, "\(file)")
        }
      }
    }
  }
}
