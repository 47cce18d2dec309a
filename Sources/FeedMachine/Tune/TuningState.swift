import FeedObserve
import Glibc

/// What was before `--apply`, on disk: one change a line, fields divided by tabs; a tab, newline or backslash in a
/// field is written \t, \n, \\.
///
/// ```
/// feedh tune state 1
/// file     PATH       VALUE  PREVIOUS  CONTENT    CONTENT: the file before, byte by byte in hexadecimal digits
/// nic      INTERFACE  NAME   VALUE     PREVIOUS
/// feature  INTERFACE  NAME   VALUE     PREVIOUS   1 on, 0 off
/// ```
struct TuningState: Equatable {
  struct Entry: Equatable {
    var change: MachineChange
    /// What a file held; empty for others.
    var content: [UInt8] = []
  }

  private static let heading = "feedh tune state 1"
  private(set) var entries: [Entry] = []

  init() {}

  /// Adds what is about to be changed. What is there already keeps what it was before the first change.
  mutating func add(_ entry: Entry) {
    guard let index = entries.firstIndex(where: { $0.change.target == entry.change.target }) else {
      entries.append(entry)
      return
    }
    switch (entries[index].change, entry.change) {
    case (.file(let path, _, let previous), .file(_, let value, _)):
      entries[index].change = .file(path: path, value: value, previous: previous)
    case (.nic(let interface, let setting, _, let previous), .nic(_, _, let value, _)):
      entries[index].change = .nic(interface: interface, setting: setting, value: value, previous: previous)
    case (.feature(let interface, let name, _, let previous), .feature(_, _, let isOn, _)):
      entries[index].change = .feature(interface: interface, name: name, isOn: isOn, previous: previous)
    default: break
    }
  }

  mutating func remove(_ target: String) { entries.removeAll { $0.change.target == target } }

  // MARK: On disk

  /// Nil where there is no such file.
  static func load(_ path: String) throws(MachineError) -> TuningState? {
    guard let file = fopen(path, "re") else {
      if errno == ENOENT { return nil }
      throw .notWritable(path: path, reason: String(cString: strerror(errno)))
    }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 65_536)
    while bytes.count < MachineRoot.lengthMaximum {
      let count = fread(&piece, 1, piece.count, file)
      if count == 0 { break }
      bytes += piece[..<count]
    }
    return try parse(String(decoding: bytes, as: UTF8.self), path)
  }

  private static func parse(_ text: String, _ path: String) throws(MachineError) -> TuningState {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    if lines.first.map(String.init) != heading { throw .badState(path: path, line: 1) }
    var state = TuningState()
    for (number, line) in lines.enumerated().dropFirst() where !line.isEmpty {
      guard let entry = entry(line) else { throw .badState(path: path, line: number + 1) }
      state.entries.append(entry)
    }
    return state
  }

  private static func entry(_ line: Substring) -> Entry? {
    let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(plain)
    guard fields.count == 5 else { return nil }
    switch fields[0] {
    case "file":
      // Nothing but what tune writes to is ever written back.
      guard isMachinePath(fields[1]), let content = bytes(fields[4]) else { return nil }
      return Entry(change: .file(path: fields[1], value: fields[2], previous: fields[3]), content: content)
    case "nic":
      guard let setting = NICSetting(rawValue: fields[2]), let value = UInt32(fields[3]),
        let previous = UInt32(fields[4])
      else { return nil }
      return Entry(change: .nic(interface: fields[1], setting: setting, value: value, previous: previous))
    case "feature":
      guard ["0", "1"].contains(fields[3]), ["0", "1"].contains(fields[4]) else { return nil }
      return Entry(
        change: .feature(interface: fields[1], name: fields[2], isOn: fields[3] == "1", previous: fields[4] == "1"))
    default: return nil
    }
  }

  private static func isMachinePath(_ path: String) -> Bool {
    (path.hasPrefix("/sys/") || path.hasPrefix("/proc/")) && !path.split(separator: "/").contains("..")
  }

  /// Replaces the file in one step, or removes it where nothing is left to undo.
  func save(_ path: String) throws(MachineError) {
    if entries.isEmpty {
      unlink(path)
      return
    }
    do {
      if let slash = path.lastIndex(of: "/"), slash > path.startIndex {
        _ = try OutputDirectory(path: String(path[..<slash]))
      }
      let output = try TextOutput(path: path + ".new")
      output.write(text)
      try output.finish()
      if rename(path + ".new", path) != 0 { throw OutputError(path: path) }
    } catch let error as OutputError {
      throw .notWritable(path: error.path, reason: String(cString: strerror(error.code)))
    } catch {
      throw .notWritable(path: path, reason: "\(error)")
    }
  }

  var text: String {
    let lines = entries.map { entry in
      switch entry.change {
      case .file(let path, let value, let previous):
        ["file", path, value, previous, Self.digits(entry.content)]
      case .nic(let interface, let setting, let value, let previous):
        ["nic", interface, setting.rawValue, "\(value)", "\(previous)"]
      case .feature(let interface, let name, let isOn, let previous):
        ["feature", interface, name, isOn ? "1" : "0", previous ? "1" : "0"]
      }
    }.map { (fields: [String]) in fields.map(Self.escaped).joined(separator: "\t") }
    return ([Self.heading] + lines).map { $0 + "\n" }.joined()
  }

  private static func escaped(_ field: String) -> String {
    field.replacing("\\", with: "\\\\").replacing("\t", with: "\\t").replacing("\n", with: "\\n")
  }

  private static func plain(_ field: Substring) -> String {
    var text = ""
    var isEscaped = false
    for scalar in field.unicodeScalars {
      if isEscaped {
        text.unicodeScalars.append(scalar == "t" ? "\t" : scalar == "n" ? "\n" : scalar)
        isEscaped = false
      } else if scalar == "\\" {
        isEscaped = true
      } else {
        text.unicodeScalars.append(scalar)
      }
    }
    return text
  }

  private static func digits(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  private static func bytes(_ digits: String) -> [UInt8]? {
    let codes = Array(digits.utf8)
    if codes.count % 2 != 0 { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: codes.count, by: 2) {
      guard let byte = UInt8(String(decoding: codes[index...index + 1], as: UTF8.self), radix: 16) else { return nil }
      bytes.append(byte)
    }
    return bytes
  }
}
