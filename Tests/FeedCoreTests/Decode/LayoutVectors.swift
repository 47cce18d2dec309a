import Foundation

@testable import FeedCore

/// The vectors of the fact sheets, outside the repository: `FEEDH_SHARED`, else `../shared` beside the checkout.
struct LayoutVector: Sendable, CustomStringConvertible {
  var proto: String
  var type: String
  var length: Int
  var bytes: [UInt8]
  /// By title: numbers and text as the vector's text has them.
  var fields: [String: FieldValue]

  var description: String { "\(proto) \(type)" }

  static let shared: String = {
    let checkout = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    return ProcessInfo.processInfo.environment["FEEDH_SHARED"] ?? checkout.path + "/../shared"
  }()
  static let path = shared + "/specs/vectors.jsonl"
  static var isPresent: Bool { FileManager.default.fileExists(atPath: path) }
  static let absence = "the fact sheets are not there: set FEEDH_SHARED"

  /// The vectors of all protocols, in the file's order.
  static func loadAll() throws -> [LayoutVector] {
    let text = try String(contentsOfFile: path, encoding: .utf8)
    var result: [LayoutVector] = []
    for line in text.split(separator: "\n") {
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      guard let object, let proto = object["proto"] as? String, let type = object["type"] as? String,
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

  static func load(_ proto: String) throws -> [LayoutVector] { try loadAll().filter { $0.proto == proto } }

  static func bytes(_ hex: String) -> [UInt8] {
    let digits = hex.utf8.filter { $0 != UInt8(ascii: " ") }.map { UInt8(String(Unicode.Scalar($0)), radix: 16)! }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }
}

extension FieldValue {
  /// As the vectors write it: one kind of number, bytes as text.
  var asInVectors: FieldValue {
    switch self {
    case .signed(let number) where number >= 0: .unsigned(UInt64(number))
    case .bytes(let bytes): .text(String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) })))
    default: self
    }
  }
}
