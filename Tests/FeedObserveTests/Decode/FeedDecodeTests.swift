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

/// `feedh decode` of the venues' datagrams: recognised, framed and printed by the code that runs.
@Suite struct FeedDecodeTests {
  /// By folder: names that `--protocol` takes for its captures.
  private static let families = [
    "itch50": ["itch50"], "iex": ["tops16", "deep10", "deepPlus"], "cboe-pitch": ["pitch"],
    "nyse": ["nyseIntegrated"], "memx": ["memxDepth"], "cme": ["cmeMDP3"],
    "coinbase-derivatives": ["coinbaseDerivatives"], "eobi": ["eobi"],
  ]

  private static func decode(_ path: String, as choice: DecodeProtocol? = nil) throws -> (
    rows: [NSDictionary], tally: DecodeTally
  ) {
    var selection = DecodeSelection()
    selection.format = .ndjson
    selection.protocol = choice
    var decoder = try CaptureDecoder(selection)
    var output = Data()
    let faults = try decoder.decode(try CaptureSet(paths: [path])) { output.append(contentsOf: $0) }
    #expect(faults.isEmpty, "\(path)")
    let rows = try output.split(separator: UInt8(ascii: "\n")).map { line in
      try #require(try JSONSerialization.jsonObject(with: line) as? NSDictionary)
    }
    return (rows, decoder.tally)
  }

  /// Rows of another decoder, made from the same documents: number, type and every field of every message of the
  /// one-packet captures, in their order.
  ///
  /// Not compared: rows that the other decoder marks as of unknown layout; messages that it left out, which for PITCH
  /// come in lengths that it does not have; and the captures of CME's schema version 12, all of them over TCP, which
  /// `decode` does not frame.
  @Test(.enabled(if: Reference.isPresent, Reference.absence), arguments: families.keys.sorted())
  func rowsOfDatagramsEqualTheReferenceFieldByField(family: String) throws {
    let text = try String(
      contentsOfFile: Reference.captures + "/expected/one-packet-\(family).ndjson", encoding: .utf8)
    var expected: [String: [[String: Any]]] = [:]
    for line in text.split(separator: "\n") {
      let row = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      expected[try #require(row["file"] as? String), default: []].append(row)
    }
    #expect(!expected.isEmpty)
    var compared = 0
    for (file, rows) in expected.sorted(by: { $0.key < $1.key }) where !file.hasPrefix("cme/Mdp3.Sbe.v1.12/") {
      let path = Reference.captures + "/one-packet/" + file
      let (ours, tally) = try Self.decode(path)
      #expect(tally.count(of: .undecodedPackets) == 0 && tally.count(of: .cutPackets) == 0, "\(file)")
      let wanted = rows.filter { $0["unknownLayout"] == nil }.map { row in
        NSDictionary(dictionary: row.filter { $0.key != "file" })
      }
      var rest = ours[...]
      for row in wanted {
        // In order: what stands between is a message that the other decoder does not have.
        guard let place = rest.firstIndex(of: row) else {
          Issue.record("\(file): no row \(row) among \(rest)")
          continue
        }
        #expect(place == rest.startIndex || family == "cboe-pitch" || wanted.count < rows.count, "\(file): \(rest)")
        rest = rest[(place + 1)...]
        compared += 1
      }
      #expect(rest.isEmpty || family == "cboe-pitch" || wanted.count < rows.count, "\(file): \(rest)")

      // Told what it is, the decoder prints the same.
      let named = try #require(Self.families[family]).compactMap { DecodeProtocol(rawValue: $0) }
      let again = try named.filter { try Self.decode(path, as: $0).rows == ours }
      #expect(ours.isEmpty ? again.count == named.count : again.count == 1, "\(file)")
    }
    #expect(compared > 5)
  }

  /// `DEEP10.json` has what another program counted in the sample: messages by type, of every packet of the capture.
  @Test(.enabled(if: Reference.isPresent, Reference.absence))
  func messagesOfTheDEEPSampleByTypeEqualTheReference() throws {
    let reference = try #require(
      try JSONSerialization.jsonObject(
        with: Data(contentsOf: URL(fileURLWithPath: Reference.captures + "/expected/DEEP10.json"))) as? [String: Any])
    let expected = try #require(reference["byType"] as? [String: Int])
    var selection = DecodeSelection()
    selection.format = .ndjson
    var decoder = try CaptureDecoder(selection)
    var counts: [String: Int] = [:]
    let key = Array("\"protocol\":\"deep\",\"type\":\"".utf8)
    _ = try decoder.decode(try CaptureSet(paths: [Reference.captures + "/iex/DEEP10.pcap.gz"])) { output in
      for line in output.split(separator: UInt8(ascii: "\n")) {
        // `{"packet":…,"sequence":…,"protocol":…`: the third key of a row.
        guard let start = line.firstIndex(of: UInt8(ascii: "p"), after: 2) else { continue }
        let head = line[(start - 1)...]
        guard head.starts(with: key) else { continue }
        counts[String(decoding: head.dropFirst(key.count).prefix { $0 != UInt8(ascii: "\"") }, as: UTF8.self), default: 0] += 1
      }
    }
    #expect(counts == expected)
    #expect(decoder.tally.messages == UInt64(expected.values.reduce(0, +)))
    #expect(decoder.tally.faultLines.isEmpty)
  }
}

extension Slice<UnsafeRawBufferPointer> {
  /// Behind the comma before the `count`th next key.
  fileprivate func firstIndex(of byte: UInt8, after commas: Int) -> Index? {
    var left = commas
    for index in indices where self[index] == UInt8(ascii: ",") {
      left -= 1
      if left == 0 { return index + 2 < endIndex && self[index + 2] == byte ? index + 2 : nil }
    }
    return nil
  }
}
