/// One row of the configuration's table.
public struct ConfigurationKey: Sendable, Equatable {
  /// Where it stands, from the top: "session.reorderWindow", "venues[].fees.takerPerShare".
  public let path: String
  public let kind: ConfigurationKind
  /// What a value counts or measures: "shares", "dollars per share"; empty where the kind says it all.
  public let unit: String
  /// The default as YAML text, or in words where it depends on other keys; empty for sections and required keys.
  public let defaultText: String
  /// The entry it stands in is refused without it.
  public let isRequired: Bool
  /// `null` is allowed and means that there is no value.
  public let isOptional: Bool
  /// What it does, one sentence.
  public let text: String

  /// The last part of the path: what stands in the file.
  public var name: String { String(path.split(separator: ".").last ?? "") }

  /// Kind, unit, range and default in one line: what the example file says above each key.
  public var summary: String {
    var parts = [kind.form + (unit.isEmpty ? "" : " (\(unit))")]
    if !kind.range.isEmpty { parts.append(kind.range) }
    if isRequired {
      parts.append("required")
    } else if !defaultText.isEmpty {
      parts.append("default \(defaultText)")
    }
    return parts.joined(separator: "; ")
  }
}
