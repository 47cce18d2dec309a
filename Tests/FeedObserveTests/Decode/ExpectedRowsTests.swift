import FeedCore
import Foundation
import Testing

@testable import FeedObserve

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

  /// Expected rows, without those whose layout the other decoder did not know either.
  static func rows(_ family: String) throws -> [[String: Any]] {
    let text = try String(contentsOfFile: captures + "/expected/one-packet-\(family).ndjson", encoding: .utf8)
    return try text.split(separator: "\n").compactMap { line in
      let row = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      return row?["unknownLayout"] == nil ? row : nil
    }
  }
}

@Suite struct ExpectedRowsTests {
  /// Rows of another decoder, made from the same documents, of every message of the one-packet captures: every field,
  /// groups as arrays of objects. Protocols whose messages come in lengths that the other decoder leaves out may have
  /// more rows here, but none of theirs may miss.
  @Test(
    .enabled(if: Reference.isPresent, Reference.absence),
    arguments: ["iex", "cboe-pitch", "nyse", "memx", "cme", "coinbase-derivatives", "eobi"])
  func rowsEqualTheReferenceFieldByField(family: String) throws {
    let expected = Dictionary(grouping: try Reference.rows(family)) { $0["file"] as? String ?? "" }
    #expect(!expected.isEmpty)
    var compared = 0
    for (file, rows) in expected.sorted(by: { $0.key < $1.key }) {
      let messages = try TransportWalk.messages(of: Reference.captures + "/one-packet/" + file, family: family)
      var ours = try messages.compactMap { try Self.row($0) }
      for row in rows {
        let wanted = NSDictionary(dictionary: row.filter { $0.key != "file" })
        guard let place = ours.firstIndex(where: { Self.isSame($0, wanted) }) else {
          Issue.record("\(file): no row for \(wanted)")
          continue
        }
        #expect(ours[place] == wanted, "\(file)")
        ours.remove(at: place)
        compared += 1
      }
      let isLengthChosen = family == "cboe-pitch"
      #expect(isLengthChosen || ours.isEmpty, "\(file): rows that were not expected: \(ours)")
    }
    #expect(compared == expected.values.reduce(0) { $0 + $1.count })
  }

  private static func isSame(_ row: NSDictionary, _ wanted: NSDictionary) -> Bool {
    ["packet", "sequence", "protocol", "type"].allSatisfy { (row[$0] as? NSObject) == (wanted[$0] as? NSObject) }
  }

  /// The row of a message as JSON reads it back; nil where its layout is not known.
  static func row(_ message: WalkedMessage) throws -> NSDictionary? {
    let formatter = NDJSONRows([message.description])
    var buffer = RowBuffer(capacity: 64)
    let verdict = message.bytes.withUnsafeBytes { bytes -> MessageVerdict in
      let judgement = message.description.judge(bytes)
      if judgement.verdict.isReadable {
        formatter.append(
          DecodedMessage(
            protocolIndex: 0, layoutIndex: judgement.layoutIndex, bytes: bytes, packetIndex: UInt64(message.packet),
            sequenceNumber: message.sequence),
          to: &buffer)
      }
      return judgement.verdict
    }
    guard verdict.isReadable else { return nil }
    return try JSONSerialization.jsonObject(with: Data(buffer.bytes)) as? NSDictionary
  }
}
