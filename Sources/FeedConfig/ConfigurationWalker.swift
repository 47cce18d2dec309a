import FeedCore
import Yams

/// Walks the nodes of a configuration, fills `settings`, and gathers every problem; it never stops at one.
///
/// A value that is refused leaves its default behind. The caller must not use `settings` when there are problems.
struct ConfigurationWalker {
  typealias Place = YAMLDocument.Place

  let file: String
  let document: YAMLDocument
  private(set) var problems: [ConfigurationProblem]
  var settings = Settings()
  /// Where each value stands, by its path in the file ("feeds[2].lines[0].port"); only values that were understood.
  private(set) var places: [String: Place] = [:]
  /// Texts that were refused, by path: what follows from one of them is no second problem.
  private(set) var refused: [String: String] = [:]

  init(document: YAMLDocument, file: String) {
    self.document = document
    self.file = file
    problems = document.problems
  }

  /// Reads the whole document and checks what no single value shows.
  mutating func run() {
    defer { problems = Set(problems).sorted { ($0.line, $0.column, $0.what) < ($1.line, $1.column, $1.what) } }
    guard let root = document.root else { return }
    // A file of comments only: every default.
    if case .scalar(let scalar) = root, Self.isNull(scalar) { return }
    var settings = Settings()
    walk(root, in: ConfigurationKeys.settings, at: "", into: &settings) { walker, path, node, settings in
      walker.walkChild(path, node, into: &settings)
    }
    self.settings = settings
    check()
  }

  // MARK: Mappings

  /// Walks one mapping, a sub-section of `group` or the whole of it.
  ///
  /// - Parameters:
  ///   - section: path of the mapping below the group's prefix; empty for the group itself.
  ///   - path: path of the group's value in the file, with positions: "feeds[2]".
  ///   - child: reads the value of a list or section that is no part of the group.
  mutating func walk<Root: Sendable>(
    _ node: Node, in group: KeyGroup<Root>, section: String = "", at path: String, into root: inout Root,
    child: (inout ConfigurationWalker, String, Node, inout Root) -> Void = { _, _, _, _ in }
  ) {
    let tablePath = Self.joined(group.prefix, section)
    let filePath = Self.joined(path, section)
    let children = ConfigurationKeys.children(of: tablePath)
    guard let mapping = mapping(node, at: filePath, children: children) else { return }
    var seen: [String: Place] = [:]
    // A required key that was mistyped is not missing as well.
    var suggested: Set<String> = []
    for (keyNode, value) in mapping {
      guard let (name, place) = key(keyNode, in: filePath, children: children) else { continue }
      if let first = seen[name] {
        report(
          place, "key \(ConfigurationProblem.quoted(name)) stands twice in \(Self.shown(filePath))",
          allowed: "each key once", "remove it here or on line \(first.line)")
      }
      seen[name] = seen[name] ?? place
      guard let key = children.first(where: { $0.name == name }) else {
        if let meant = reportUnknown(name, place, in: filePath, children: children) { suggested.insert(meant) }
        continue
      }
      let relativePath = Self.joined(section, name)
      if let binding = group.binding(relativePath), let write = binding.write {
        if let parsed = self.value(of: value, for: key, at: Self.joined(path, relativePath)) { write(&root, parsed) }
      } else if key.kind == .section && ConfigurationKeys.children(of: key.path).contains(where: {
        group.binding(Self.joined(relativePath, $0.name)) != nil
      }) {
        walk(value, in: group, section: relativePath, at: path, into: &root, child: child)
      } else {
        child(&self, Self.joined(path, relativePath), value, &root)
      }
    }
    for key in children where key.isRequired && seen[key.name] == nil && !suggested.contains(key.name) {
      report(
        place(of: node), "\(Self.shown(filePath)) has no \(key.name)", allowed: key.kind.allowed, "add \(key.name):")
    }
  }

  /// The pairs of a mapping; an empty value counts as a mapping without pairs. Nil, reported, for anything else.
  private mutating func mapping(_ node: Node, at path: String, children: [ConfigurationKey]) -> [(Node, Node)]? {
    refuseTag(of: node, at: path)
    switch node {
    case .mapping(let mapping): return mapping.map { ($0.key, $0.value) }
    case .scalar(let scalar) where Self.isNull(scalar): return []
    default:
      report(
        place(of: node), "\(Self.shown(path)) is \(Self.form(of: node)), not a mapping",
        allowed: "the keys \(Self.list(children))", "write it as \"key: value\" lines")
      return nil
    }
  }

  private mutating func key(_ node: Node, in path: String, children: [ConfigurationKey]) -> (String, Place)? {
    guard case .scalar(let scalar) = node else {
      report(
        place(of: node), "\(Self.form(of: node)) as a key in \(Self.shown(path))",
        allowed: "the keys \(Self.list(children))", "write a plain key")
      return nil
    }
    refuseTag(of: node, at: path)
    let name = document.name(of: scalar)
    if name == "<<" && scalar.style == .plain {
      report(
        place(of: node), "merge key \"<<\" in \(Self.shown(path))", allowed: "the keys \(Self.list(children))",
        "repeat the keys, or give a whole section as an alias")
      return nil
    }
    return (name, place(of: node))
  }

  /// - Returns: the key that was probably meant.
  private mutating func reportUnknown(
    _ name: String, _ place: Place, in path: String, children: [ConfigurationKey]
  ) -> String? {
    var remedy = "remove it"
    let nearest = NearestName.find(name, among: children.map(\.name))
    if let nearest {
      remedy = "did you mean \"\(nearest)\"?"
    } else if let elsewhere = ConfigurationKeys.all.first(where: { $0.name == name }) {
      remedy = "did you mean \(elsewhere.path)?"
    }
    report(
      place, "unknown key \(ConfigurationProblem.quoted(name)) in \(Self.shown(path))",
      allowed: "the keys \(Self.list(children))", remedy)
    return nearest
  }

  // MARK: Lists

  /// The entries of a list of mappings; an empty value counts as an empty list. Empty, reported, for anything else.
  mutating func entries(of node: Node, at path: String) -> [Node] {
    let tablePath = Self.tablePath(of: path)
    guard let key = ConfigurationKeys.all.first(where: { $0.path == tablePath }),
      case .list(let maximumCount) = key.kind
    else { return [] }
    refuseTag(of: node, at: path)
    switch node {
    case .sequence(let sequence):
      places[path] = place(of: node)
      if sequence.count > maximumCount {
        report(
          place(of: node), "\(path) has \(sequence.count) entries", allowed: key.kind.allowed,
          "remove \(sequence.count - maximumCount); only the first \(maximumCount) were checked")
      }
      return Array(sequence.prefix(maximumCount))
    case .scalar(let scalar) where Self.isNull(scalar):
      places[path] = place(of: node)
      return []
    default:
      report(
        place(of: node), "\(path) is \(Self.form(of: node)), not a list", allowed: key.kind.allowed,
        "begin each entry with \"- \"")
      return []
    }
  }

  // MARK: Values

  /// The meaning of a value, or nil, reported.
  private mutating func value(of node: Node, for key: ConfigurationKey, at path: String) -> ConfigurationValue? {
    if case .counts(_, let maximumCount) = key.kind, case .sequence(let sequence) = node {
      refuseTag(of: node, at: path)
      if sequence.count > maximumCount {
        report(
          place(of: node), "\(path) has \(sequence.count) entries", allowed: key.kind.allowed,
          "remove \(sequence.count - maximumCount)")
        return nil
      }
      let values = sequence.enumerated().map { scalarValue(of: $1, for: key, at: "\(path)[\($0)]", isEntry: true) }
      places[path] = place(of: node)
      let numbers = values.compactMap { if case .integer(let number) = $0 { number } else { nil } }
      return numbers.count == values.count ? .integers(numbers) : nil
    }
    if case .counts = key.kind, case .scalar(let scalar) = node, !(Self.isNull(scalar) && key.isOptional) {
      report(
        place(of: node), "\(path) is \(Self.form(of: node)), not a list", allowed: key.kind.allowed,
        "write it like [1, 2]")
      return nil
    }
    return scalarValue(of: node, for: key, at: path, isEntry: false)
  }

  private mutating func scalarValue(
    of node: Node, for key: ConfigurationKey, at path: String, isEntry: Bool
  ) -> ConfigurationValue? {
    refuseTag(of: node, at: path)
    let place = place(of: node)
    guard case .scalar(let scalar) = node else {
      report(place, "\(path) is \(Self.form(of: node)), not one value", allowed: key.kind.allowed, "write one value")
      return nil
    }
    if Self.isNull(scalar) {
      if key.isOptional && !isEntry { return ConfigurationValue.none }
      report(place, "\(path) has no value", allowed: key.kind.allowed, "write a value, or remove the key")
      return nil
    }
    switch key.kind.parse(scalar.string, of: path) {
    case .success(let value):
      places[path] = place
      return value
    case .failure(let refusal):
      refused[path] = scalar.string
      report(place, refusal.what, allowed: key.kind.allowed, refusal.remedy)
      return nil
    }
  }

  /// Explicit tags could only contradict the table.
  private mutating func refuseTag(of node: Node, at path: String) {
    let tag =
      switch node {
      case .scalar(let scalar): scalar.tag
      case .mapping(let mapping): mapping.tag
      case .sequence(let sequence): sequence.tag
      case .alias(let alias): alias.tag
      }
    if Self.plainTags.contains(tag.rawValue) { return }
    report(
      place(of: node), "tag \(ConfigurationProblem.quoted(tag.rawValue)) in \(Self.shown(path))",
      allowed: "values without tags", "remove the tag")
  }

  // MARK: Reports

  mutating func report(_ place: Place, _ what: String, allowed: String, _ remedy: String) {
    problems.append(
      ConfigurationProblem(
        file: file, line: place.line, column: place.column, what: what, allowed: allowed, remedy: remedy))
  }

  func place(of node: Node) -> Place {
    node.mark.map { Place(line: $0.line, column: $0.column) } ?? Place(line: 1, column: 1)
  }

  // MARK: Words

  private static let plainTags = Set([Tag.Name.implicit, .str, .seq, .map].map(\.rawValue))

  static func isNull(_ scalar: Node.Scalar) -> Bool {
    scalar.style == .plain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
  }

  static func joined(_ a: String, _ b: String) -> String { a.isEmpty ? b : b.isEmpty ? a : "\(a).\(b)" }

  /// "feeds[2].lines[0].port" → "feeds[].lines[].port".
  static func tablePath(of path: String) -> String {
    String(path.filter { !($0.isASCII && $0.isNumber) })
  }

  private static func shown(_ path: String) -> String { path.isEmpty ? "the top level" : path }

  private static func list(_ children: [ConfigurationKey]) -> String { children.map(\.name).joined(separator: ", ") }

  private static func form(of node: Node) -> String {
    switch node {
    case .scalar(let scalar): isNull(scalar) ? "empty" : ConfigurationProblem.quoted(scalar.string)
    case .mapping: "a mapping"
    case .sequence: "a list"
    case .alias: "an alias"
    }
  }
}
