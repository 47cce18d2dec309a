import FeedCore

/// Reads a configuration file (YAML) into `Settings`. See `ConfigurationKeys` for what it may hold.
public enum ConfigurationFile {
  /// A longer file is refused: it is no configuration, and YAML is read at a few MB a second.
  public static let maximumLength = 1 << 20

  /// Reads and checks a file.
  ///
  /// - Returns: the settings, nil exactly when there are problems; and all problems in the order of the file.
  public static func load(path: String) -> (settings: Settings?, problems: [ConfigurationProblem]) {
    do {
      return load(bytes: try read(path), file: path)
    } catch {
      return (nil, [error])
    }
  }

  /// Reads and checks a configuration that is in memory; `file` is what the problems call it.
  public static func load(bytes: [UInt8], file: String) -> (settings: Settings?, problems: [ConfigurationProblem]) {
    if bytes.isEmpty {
      return (nil, [problem(file, "the file is empty", "YAML; {} means every default", "write a configuration")])
    }
    guard let text = String(validating: bytes, as: UTF8.self) else { return (nil, [notUTF8(bytes, file)]) }
    let document = YAMLDocument(text: text, file: file)
    var walker = ConfigurationWalker(document: document, file: file)
    walker.run()
    return (walker.problems.isEmpty ? walker.settings : nil, walker.problems)
  }

  /// The settings of a file that has no problems.
  ///
  /// - Throws: `ConfigurationError` with every problem, one line each.
  public static func loadOrFail(_ path: String) throws(ConfigurationError) -> Settings {
    let (settings, problems) = load(path: path)
    guard let settings else { throw ConfigurationError(problems: problems) }
    return settings
  }

  // MARK: Reading

  private static func read(_ path: String) throws(ConfigurationProblem) -> [UInt8] {
    do {
      return try BoundedFile.read(path, maximum: maximumLength)
    } catch {
      let (what, allowed) =
        switch error {
        case .tooLong: ("the file is longer than 1 MiB", "YAML of at most 1 MiB")
        case .unreadable(let reason): ("cannot read it: \(reason)", "a readable file of YAML")
        }
      throw problem(path, what, allowed, "give the path of a configuration")
    }
  }

  /// Names the first byte that is no UTF-8. A capture given by mistake ends here.
  private static func notUTF8(_ bytes: [UInt8], _ file: String) -> ConfigurationProblem {
    var decoder = UTF8()
    var iterator = bytes.makeIterator()
    var line = 1
    var column = 1
    while case .scalarValue(let scalar) = decoder.decode(&iterator) {
      if scalar == "\n" { (line, column) = (line + 1, 1) } else { column += 1 }
    }
    return ConfigurationProblem(
      file: file, line: line, column: column, what: "the file is not UTF-8 text from here on", allowed: "YAML in UTF-8",
      remedy: "give the path of a configuration, or save it as UTF-8")
  }

  private static func problem(_ file: String, _ what: String, _ allowed: String, _ remedy: String)
    -> ConfigurationProblem
  {
    ConfigurationProblem(file: file, line: 0, column: 0, what: what, allowed: allowed, remedy: remedy)
  }
}
