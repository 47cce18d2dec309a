import Foundation

@testable import FeedCore

/// The vectors of the fact sheets, outside the repository: `FEEDH_SHARED`, else `../shared` beside the checkout.
struct LayoutVector: Sendable, CustomStringConvertible {
  var proto: String
  var type: String
  var length: Int
  var bytes: [UInt8]
  /// Values under the sheet's spelling of the fields.
  var fields: [String: FieldValue]

  var description: String { "\(proto) \(type)" }

  static let isPresent = FileManager.default.fileExists(atPath: path)
  static let absence = "the fact sheets' vectors.jsonl is not there: set FEEDH_SHARED"

  private static let path: String = {
    let checkout = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let shared = ProcessInfo.processInfo.environment["FEEDH_SHARED"] ?? checkout.path + "/../shared"
    return shared + "/specs/vectors.jsonl"
  }()

  /// The vectors of one protocol; those whose field values are not text or whole numbers are of other protocols.
  static func load(_ proto: String) throws -> [LayoutVector] {
    let text = try String(contentsOfFile: path, encoding: .utf8)
    var result: [LayoutVector] = []
    for line in text.split(separator: "\n") {
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      guard let object, object["proto"] as? String == proto, let type = object["type"] as? String,
        let length = object["len"] as? Int, let hex = object["hex"] as? String,
        let fields = object["fields"] as? [String: Any]
      else { continue }
      var values: [String: FieldValue] = [:]
      for (name, value) in fields {
        if let text = value as? String {
          values[name] = .text(text)
        } else if let number = value as? NSNumber {
          values[name] = .unsigned(number.uint64Value)
        }
      }
      result.append(LayoutVector(proto: proto, type: type, length: length, bytes: bytes(hex), fields: values))
    }
    return result
  }

  static func bytes(_ hex: String) -> [UInt8] {
    let digits = hex.utf8.filter { $0 != UInt8(ascii: " ") }.map { UInt8(String(Unicode.Scalar($0)), radix: 16)! }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }
}
