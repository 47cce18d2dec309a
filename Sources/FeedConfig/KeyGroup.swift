/// The keys that fill one value of type `Root`: what they are, and where each one goes.
struct KeyGroup<Root: Sendable>: Sendable {
  struct Binding: Sendable {
    /// Path below the group's prefix: "fees.takerPerShare".
    let relativePath: String
    let key: ConfigurationKey
    /// Nil for sections and lists.
    let write: (@Sendable (inout Root, ConfigurationValue) -> Void)?
  }

  /// Path of the value in the table: "", "venues[]", "detect.crossVenue".
  let prefix: String
  private(set) var bindings: [Binding] = []
  /// The value that the defaults are taken from.
  private let defaults: Root

  init(prefix: String, defaults: Root, _ build: (inout KeyGroup) -> Void) {
    self.prefix = prefix
    self.defaults = defaults
    build(&self)
  }

  func binding(_ relativePath: String) -> Binding? { bindings.first { $0.relativePath == relativePath } }

  // MARK: Building

  mutating func section(_ path: String, _ text: String) { append(path, .section, text: text) }

  mutating func list(_ path: String, maximumCount: Int, isRequired: Bool = false, _ text: String) {
    append(path, .list(maximumCount: maximumCount), isRequired: isRequired, text: text)
  }

  mutating func boolean(_ path: String, _ field: WritableKeyPath<Root, Bool> & Sendable, _ text: String) {
    append(path, .boolean, value: .boolean(defaults[keyPath: field]), text: text) { root, value in
      if case .boolean(let flag) = value { root[keyPath: field] = flag }
    }
  }

  /// A count, a duration or a decimal: whatever `Settings` keeps as an integer.
  mutating func integer<T: FixedWidthInteger & Sendable>(
    _ path: String, _ kind: ConfigurationKind, _ field: WritableKeyPath<Root, T> & Sendable, unit: String = "",
    _ text: String
  ) {
    append(path, kind, unit: unit, value: .integer(Int64(defaults[keyPath: field])), text: text) { root, value in
      if case .integer(let number) = value { root[keyPath: field] = T(number) }
    }
  }

  mutating func optionalInteger<T: FixedWidthInteger & Sendable>(
    _ path: String, _ kind: ConfigurationKind, _ field: WritableKeyPath<Root, T?> & Sendable, unit: String = "",
    _ text: String
  ) {
    let value = defaults[keyPath: field].map { ConfigurationValue.integer(Int64($0)) } ?? .none
    append(path, kind, unit: unit, value: value, isOptional: true, text: text) { root, value in
      if case .integer(let number) = value { root[keyPath: field] = T(number) } else { root[keyPath: field] = nil }
    }
  }

  mutating func text(
    _ path: String, _ kind: ConfigurationKind, _ field: WritableKeyPath<Root, String> & Sendable,
    default defaultText: String? = nil, isRequired: Bool = false, _ text: String
  ) {
    append(
      path, kind, value: .text(defaults[keyPath: field]), defaultText: defaultText, isRequired: isRequired, text: text
    ) { root, value in
      if case .text(let text) = value { root[keyPath: field] = text }
    }
  }

  mutating func optionalText(
    _ path: String, _ kind: ConfigurationKind, _ field: WritableKeyPath<Root, String?> & Sendable, _ text: String
  ) {
    let value = defaults[keyPath: field].map { ConfigurationValue.text($0) } ?? .none
    append(path, kind, value: value, isOptional: true, text: text) { root, value in
      if case .text(let text) = value { root[keyPath: field] = text } else { root[keyPath: field] = nil }
    }
  }

  mutating func choice<T: RawRepresentable & CaseIterable & Sendable>(
    _ path: String, _ field: WritableKeyPath<Root, T> & Sendable, _ text: String
  ) where T.RawValue == String {
    let names = T.allCases.map(\.rawValue)
    append(path, .choice(names), value: .text(defaults[keyPath: field].rawValue), text: text) { root, value in
      if case .text(let text) = value, let choice = T(rawValue: text) { root[keyPath: field] = choice }
    }
  }

  mutating func integers<T: FixedWidthInteger & Sendable>(
    _ path: String, _ kind: ConfigurationKind, _ field: WritableKeyPath<Root, [T]> & Sendable, unit: String = "",
    _ text: String
  ) {
    let value = ConfigurationValue.integers(defaults[keyPath: field].map { Int64($0) })
    append(path, kind, unit: unit, value: value, text: text) { root, value in
      if case .integers(let numbers) = value { root[keyPath: field] = numbers.map { T($0) } }
    }
  }

  mutating func optionalIntegers<T: FixedWidthInteger & Sendable>(
    _ path: String, _ kind: ConfigurationKind, _ field: WritableKeyPath<Root, [T]?> & Sendable, unit: String = "",
    _ text: String
  ) {
    let value = defaults[keyPath: field].map { ConfigurationValue.integers($0.map { Int64($0) }) } ?? .none
    append(path, kind, unit: unit, value: value, isOptional: true, text: text) { root, value in
      if case .integers(let numbers) = value {
        root[keyPath: field] = numbers.map { T($0) }
      } else {
        root[keyPath: field] = nil
      }
    }
  }

  private mutating func append(
    _ relativePath: String, _ kind: ConfigurationKind, unit: String = "", value: ConfigurationValue? = nil,
    defaultText: String? = nil, isRequired: Bool = false, isOptional: Bool = false, text: String,
    write: (@Sendable (inout Root, ConfigurationValue) -> Void)? = nil
  ) {
    let key = ConfigurationKey(
      path: prefix.isEmpty ? relativePath : "\(prefix).\(relativePath)", kind: kind, unit: unit,
      defaultText: isRequired ? "" : defaultText ?? value.map { kind.format($0) } ?? "",
      isRequired: isRequired, isOptional: isOptional, text: text)
    bindings.append(Binding(relativePath: relativePath, key: key, write: write))
  }
}
