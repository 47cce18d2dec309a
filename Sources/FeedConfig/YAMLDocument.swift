import Yams

/// A YAML text as Yams composes it, and every problem on the way.
///
/// Yams refuses a mapping that repeats a key, at the first one and for the whole file. To report all of them, and all
/// other problems too, the first of two equal keys is masked in the text (private-use characters of the same number,
/// so that no mark moves), the text is composed again, and `name(of:)` gives the key its name back.
struct YAMLDocument {
  /// A place in the text. Yams' `Mark` is not hashable.
  struct Place: Hashable, Comparable {
    /// From 1.
    var line: Int
    /// From 1, in Unicode scalars.
    var column: Int
    static func < (a: Place, b: Place) -> Bool { (a.line, a.column) < (b.line, b.column) }
  }

  /// More repeated keys than this end the search: each costs one pass over the text.
  static let maximumMaskedKeys = 256

  /// Nil where the text is not YAML (then `problems` says why), or holds no value.
  private(set) var root: Node?
  private(set) var problems: [ConfigurationProblem] = []
  private let file: String
  private var scalars: [Unicode.Scalar]
  /// Position in `scalars` of each line's first scalar.
  private let lineStarts: [Int]
  private var maskedKeys: [Place: String] = [:]

  init(text: String, file: String) {
    self.file = file
    scalars = Array(text.unicodeScalars)
    // A byte order mark is no character of the text.
    if scalars.first == "\u{FEFF}" { scalars.removeFirst() }
    lineStarts = Self.lineStarts(of: scalars)
    refuseForbiddenScalars()
    if problems.isEmpty { compose() }
  }

  /// The text of a key, also of one that was masked.
  func name(of key: Node.Scalar) -> String {
    key.mark.flatMap { maskedKeys[Place(line: $0.line, column: $0.column)] } ?? key.string
  }

  // MARK: Composing

  private mutating func compose() {
    while true {
      do {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars)
        // Resolver.basic: we read texts ourselves, so no pattern need be matched. An explicit encoding: the default
        // one is taken from the environment, and says so on standard output.
        root = try Parser(yaml: String(text), resolver: .basic, encoding: .utf8).singleRoot()
        return
      } catch YamlError.duplicatedKeysInMapping(let names, let context) {
        let place = Place(line: context.mark.line, column: context.mark.column)
        if mask(names.first ?? "", at: place) { continue }
        problems.append(
          problem(
            place, "key \(ConfigurationProblem.quoted(names.first ?? "")) stands twice in one mapping",
            allowed: "each key once", "remove one of the two; keys after this one were not checked"))
      } catch let error as YamlError {
        problems.append(problem(of: error))
      } catch {
        problems.append(problem(Place(line: 1, column: 1), "the YAML reader failed: \(error)"))
      }
      reportMaskedKeys()
      return
    }
  }

  /// Hides the key at `place`; false where the text there is not just the key (an alias, escapes, several lines).
  private mutating func mask(_ name: String, at place: Place) -> Bool {
    let key = Array(name.unicodeScalars)
    guard !key.isEmpty, maskedKeys.count < Self.maximumMaskedKeys, maskedKeys[place] == nil,
      var position = self.position(of: place)
    else { return false }
    if scalars[position] == "\"" || scalars[position] == "'" { position += 1 }
    guard position + key.count <= scalars.count, scalars[position..<position + key.count].elementsEqual(key) else {
      return false
    }
    for offset in 0..<key.count { scalars[position + offset] = "\u{F8FF}" }
    // Distinct from every other masked key: U+E000 ... U+E0FF.
    scalars[position] = Unicode.Scalar(0xE000 + UInt32(maskedKeys.count)) ?? "\u{E000}"
    maskedKeys[place] = name
    return true
  }

  /// Where the text could not be composed, nobody walks it, and the repeated keys found so far are reported here.
  private mutating func reportMaskedKeys() {
    for (place, name) in maskedKeys {
      problems.append(
        problem(
          place, "key \(ConfigurationProblem.quoted(name)) stands again below in the same mapping",
          allowed: "each key once", "remove one of the two"))
    }
  }

  // MARK: Problems

  private func problem(
    _ place: Place, _ what: String, allowed: String = "one YAML document", _ remedy: String = "correct the YAML here"
  ) -> ConfigurationProblem {
    ConfigurationProblem(
      file: file, line: place.line, column: place.column, what: what, allowed: allowed, remedy: remedy)
  }

  private func problem(of error: YamlError) -> ConfigurationProblem {
    switch error {
    case .scanner(let context, let text, let mark, _), .parser(let context, let text, let mark, _),
      .composer(let context, let text, let mark, _):
      let place = Place(line: mark.line, column: mark.column)
      var what = "YAML syntax: " + text
      if let context { what += ", \(context.text) at \(context.mark.line):\(context.mark.column)" }
      if let position = self.position(of: place), scalars[position] == "\t" {
        return problem(place, what, "indent with spaces: YAML allows no tabs there")
      }
      if text.hasPrefix("but found another document") {
        return problem(place, "a second YAML document begins", "keep one document: remove this line and what follows")
      }
      if text == "found undefined alias" {
        return problem(
          place, "alias of an anchor that is not defined above", "define the anchor first, or repeat the keys")
      }
      return problem(place, ConfigurationProblem.printable(what))
    default:
      // Memory or encoding: the reader's own characters were checked before.
      return problem(Place(line: 1, column: 1), ConfigurationProblem.printable("the YAML reader failed: \(error)"))
    }
  }

  /// YAML 1.1, 5.1 Character Set. One problem per line.
  private mutating func refuseForbiddenScalars() {
    var line = 0
    var reported = -1
    for (position, scalar) in scalars.enumerated() {
      while line + 1 < lineStarts.count && lineStarts[line + 1] <= position { line += 1 }
      let isAllowed =
        switch scalar.value {
        case 0x09, 0x0A, 0x0D, 0x20...0x7E, 0x85, 0xA0...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD, 0x10000...0x10FFFF:
          true
        default: false
        }
      if isAllowed || reported == line { continue }
      reported = line
      let code = String(scalar.value, radix: 16, uppercase: true)
      problems.append(
        problem(
          Place(line: line + 1, column: position - lineStarts[line] + 1),
          "character U+\(String(repeating: "0", count: max(0, 4 - code.count)))\(code)", allowed: "printable text",
          "remove it"))
    }
  }

  // MARK: Places

  private func position(of place: Place) -> Int? {
    guard place.line >= 1, place.line <= lineStarts.count, place.column >= 1 else { return nil }
    let position = lineStarts[place.line - 1] + place.column - 1
    return position < scalars.count ? position : nil
  }

  /// Lines as libYAML counts them: CR LF, CR, LF, NEL, LS and PS end one.
  private static func lineStarts(of scalars: [Unicode.Scalar]) -> [Int] {
    var starts = [0]
    for (position, scalar) in scalars.enumerated() {
      switch scalar {
      case "\r" where position + 1 < scalars.count && scalars[position + 1] == "\n": break
      case "\r", "\n", "\u{85}", "\u{2028}", "\u{2029}": starts.append(position + 1)
      default: break
      }
    }
    return starts
  }
}
