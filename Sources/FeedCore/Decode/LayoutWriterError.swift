/// Why values do not make a message.
public enum MessageWriterError: Error, Equatable, CustomStringConvertible {
  case unknownField(message: String, field: String, allowed: [String])
  case missingField(message: String, field: String)
  case wrongKind(message: String, field: String, expected: String)
  case outOfRange(message: String, field: String, size: Int)

  public var description: String {
    switch self {
    case .unknownField(let message, let field, let allowed):
      "\(message) has no field \(field); its fields are \(allowed.joined(separator: ", "))"
    case .missingField(let message, let field): "\(message) needs a value for \(field)"
    case .wrongKind(let message, let field, let expected): "\(field) of \(message) must be \(expected)"
    case .outOfRange(let message, let field, let size):
      "\(field) of \(message) does not fit into its \(size) byte\(size == 1 ? "" : "s"); give a smaller value"
    }
  }
}
