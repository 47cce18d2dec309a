import FeedCore

/// Names of what happens to orders, as reports and `orders.csv` write them.
enum OrderText {
  /// A refusal's name, a cancel reason's or a reject code's words; empty for everything else.
  static func reason(_ record: OrderRecord) -> String {
    switch record.kind {
    case .refused:
      UInt8(exactly: record.reason).flatMap { RefusalReason(rawValue: $0) }.map { "\($0)" } ?? "\(record.reason)"
    case .canceled: cancelReason(UInt8(truncatingIfNeeded: record.reason))
    case .rejected: rejectReason(record.reason)
    case .sent, .accepted, .executed: ""
    }
  }

  /// OUCH 5.0, "Cancel Reasons".
  private static func cancelReason(_ character: UInt8) -> String {
    switch Unicode.Scalar(character) {
    case "D": "regulatory restriction"
    case "E": "closed"
    case "F": "post-only would slide"
    case "G": "post-only would lock"
    case "H": "halted"
    case "I": "immediate or cancel"
    case "K": "market collar"
    case "Q": "self-match prevention"
    case "S": "supervisory"
    case "T": "timeout"
    case "U": "user requested"
    case "X": "open protection"
    case "Z": "system"
    case "e": "direct listing"
    default: "cancel reason \(character)"
    }
  }

  /// OUCH 5.0, "Rejected Order Reasons"; by name those that the simulated venue gives.
  private static func rejectReason(_ code: UInt16) -> String {
    switch OUCH50.RejectReason(rawValue: code) {
    case .destinationClosed: "destination closed"
    case .invalidDisplay: "invalid display"
    case .halted: "halted"
    case .isoNotAllowed: "ISO not allowed"
    case .invalidSide: "invalid side"
    case .other: "other"
    case .invalidQuantity: "invalid quantity"
    case .invalidCrossOrder: "invalid cross order"
    case .invalidSymbol: "invalid symbol"
    case .invalidPrice: "invalid price"
    case .shortSellRestricted: "short sale restricted"
    case nil: "reject code \(code)"
    }
  }

  /// OUCH's side character: B buy, S sell, T sell short, E sell short exempt; empty where the record has none.
  static func side(_ record: OrderRecord) -> String {
    record.side > 0x20 && record.side < 0x7F ? String(Unicode.Scalar(record.side)) : ""
  }
}
