/// One thing wrong with a configuration: where, what, what is allowed and what to do about it.
///
/// Its description is one line, `FILE:LINE:COLUMN: what; allowed: …; remedy`, whatever the file holds: quoted text is
/// shortened and freed of control characters.
public struct ConfigurationProblem: Error, Equatable, Hashable, Sendable, CustomStringConvertible {
  public var file: String
  /// From 1; 0 where the problem is the file itself.
  public var line: Int
  /// From 1, counted in Unicode scalars; 0 where the problem is the file itself.
  public var column: Int
  public var what: String
  public var allowed: String
  public var remedy: String

  public init(file: String, line: Int, column: Int, what: String, allowed: String, remedy: String) {
    self.file = file
    self.line = line
    self.column = column
    self.what = what
    self.allowed = allowed
    self.remedy = remedy
  }

  public var description: String {
    let place = line > 0 ? "\(Self.printable(file)):\(line):\(column)" : Self.printable(file)
    return "\(place): \(what); allowed: \(allowed); \(remedy)"
  }

  /// `text` in quotes, at most 40 characters of it, without control characters or line breaks.
  static func quoted(_ text: some StringProtocol) -> String {
    let head = text.unicodeScalars.prefix(40)
    let isCut = head.endIndex != text.unicodeScalars.endIndex
    return "\"\(printable(String(String.UnicodeScalarView(head))))\(isCut ? "…" : "")\""
  }

  /// `text` with every control character, line separator and invisible direction mark replaced by "?".
  static func printable(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
        result.append("?")
      default: result.append(scalar)
      }
    }
    return String(result)
  }
}
