import FeedCore

/// Which messages `feedh decode` prints, and how.
public struct DecodeSelection: Sendable {
  public var format = RowFormat.table
  /// What every flow and stream carries; nil: recognised by structure.
  public var `protocol`: DecodeProtocol?
  /// What may be recognised. The columns of `csv` follow from it.
  public var candidates = DecodeProtocol.recognised
  /// Message types as output shows them; empty: all.
  public var types: [String] = []
  /// Only messages about this symbol (`SymbolFilter`).
  public var symbol: Symbol?
  /// Stop after this many rows; nil: no limit.
  public var limit: UInt64?
  /// Rows name their file: true where several captures are read.
  public var namesFiles = false
  /// Rows name their flow (source and destination) and, over TCP, which end sent it.
  public var namesFlows = false

  public init() {}
}

/// A selection that can select nothing.
public enum DecodeSelectionError: Error, Equatable, CustomStringConvertible {
  case unknownType(String, allowed: [String])

  public var description: String {
    switch self {
    case .unknownType(let type, let allowed):
      "--type \(type): no such message type; the types are \(allowed.joined(separator: " "))"
    }
  }
}
