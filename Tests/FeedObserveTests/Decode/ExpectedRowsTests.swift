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

  /// Every captured message whose layout is known encodes back to its bytes, padding apart. Some publishers of CME leave
  /// bytes in the padding of group headers: there the values are compared.
  @Test(
    .enabled(if: Reference.isPresent, Reference.absence),
    arguments: ["iex", "cboe-pitch", "nyse", "memx", "cme", "coinbase-derivatives", "eobi", "deribit"])
  func capturedMessagesEncodeBackToTheirBytes(family: String) throws {
    let folder = Reference.captures + (family == "deribit" ? "/" : "/one-packet/") + family
    let files = try #require(FileManager.default.enumerator(atPath: folder)).compactMap { $0 as? String }
      .filter { $0.hasSuffix(".pcap") || $0.hasSuffix(".pcapng") }
    var (count, paddedCount) = (0, 0)
    for file in files {
      for message in try TransportWalk.messages(of: folder + "/" + file, family: family) {
        try message.bytes.withUnsafeBytes { bytes in
          guard message.description.verdict(of: bytes) == .exact, let reader = message.description.read(bytes) else {
            return
          }
          let padding = reader.layout.fields.filter { $0.encoding == .reserved }
          var values: [String: FieldValue] = [:]
          for (name, value) in reader.values() where !padding.contains(where: { $0.name == name }) {
            values[name] = value.withoutPadding(of: reader.layout.groups.first { $0.name == name })
          }
          var encoded = try message.description.writer(of: reader.layout).encode(values)
          for field in padding where field.offset + field.size <= encoded.count {
            let place = field.offset..<(field.offset + field.size)
            encoded.replaceSubrange(place, with: message.bytes[place])
          }
          let isSame = encoded == message.bytes
          if !isSame, family == "cme" {
            let again = try #require(encoded.withUnsafeBytes { message.description.read($0)?.values() })
            #expect(again.map(\.value) == reader.values().map(\.value) && encoded.count == bytes.count)
            paddedCount += 1
          } else {
            #expect(isSame, "\(file) \(reader.layout.name)")
          }
          count += 1
        }
      }
    }
    #expect(count > 4 && paddedCount < 3)
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

extension FieldValue {
  fileprivate func withoutPadding(of group: GroupLayout?) -> FieldValue {
    guard case .group(let entries) = self, let group else { return self }
    let padding = Set(group.fields.filter { $0.encoding == .reserved }.map(\.name))
    return .group(entries.map { $0.filter { !padding.contains($0.name) } })
  }
}
