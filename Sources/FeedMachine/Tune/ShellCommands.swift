/// Changes as commands of a shell, few rather than many: files that differ in one number become one loop.
enum ShellCommands {
  static func commands(_ changes: [MachineChange]) -> [String] {
    var files: [(path: String, value: String)] = []
    var commands: [String] = []
    // `ethtool -G eth1 rx 1024 tx 1024`: settings of one option stand together, for a link that is reset only once.
    var options: [(head: String, words: String)] = []
    for change in changes {
      switch change {
      case .file(let path, let value, _): files.append((path, value))
      case .nic(let interface, let setting, let value, _):
        guard let arguments = setting.ethtoolArguments(interface: interface, value: value) else { continue }
        let words = arguments.split(separator: " ")
        let (head, tail) = (words.prefix(2).joined(separator: " "), words.dropFirst(2).joined(separator: " "))
        if let index = options.firstIndex(where: { $0.head == head }) {
          options[index].words += " " + tail
        } else {
          options.append((head, tail))
        }
      case .feature(let interface, let name, let isOn, _):
        commands.append("ethtool -K \(quoted(interface)) \(name) \(isOn ? "on" : "off")")
      }
    }
    commands = options.map { "ethtool \($0.head) \($0.words)" } + commands
    return write(files) + commands
  }

  // MARK: Files

  private static func write(_ files: [(path: String, value: String)]) -> [String] {
    let byFirst = grouped(files) { $0.firstIndex(where: \.isNumber) }
    let byLast = grouped(files) { path in
      guard let last = path.lastIndex(where: \.isNumber) else { return nil }
      return path[..<last].lastIndex(where: { !$0.isNumber }).map { path.index(after: $0) } ?? path.startIndex
    }
    return byFirst.count <= byLast.count ? byFirst : byLast
  }

  /// One command for all files of one value whose paths differ only in the number that starts at `start`.
  private static func grouped(
    _ files: [(path: String, value: String)], at start: (String) -> String.Index?
  ) -> [String] {
    var loops: [(head: String, tail: String, value: String, numbers: [String])] = []
    for (path, value) in files {
      let begin = start(path) ?? path.endIndex
      let digits = path[begin...].prefix(while: \.isNumber)
      let (head, tail) = (String(path[..<begin]), String(path[digits.endIndex...]))
      if !digits.isEmpty,
        let index = loops.firstIndex(where: { $0.head == head && $0.tail == tail && $0.value == value })
      {
        loops[index].numbers.append(String(digits))
      } else {
        loops.append((head, tail, value, digits.isEmpty ? [] : [String(digits)]))
      }
    }
    return loops.map { loop in
      if loop.numbers.count > 1 {
        let isJoined = loop.tail.first.map { $0.isLetter || $0 == "_" } ?? false
        let tail = loop.tail.isEmpty ? "" : quoted(loop.tail)
        let path = quoted(loop.head) + (isJoined ? "${n}" : "$n") + tail
        return "for n in \(loop.numbers.joined(separator: " ")); do echo \(quoted(loop.value)) > \(path); done"
      }
      return single(loop.head + (loop.numbers.first ?? "") + loop.tail, loop.value)
    }
  }

  private static func single(_ path: String, _ value: String) -> String {
    let prefix = "/proc/sys/"
    guard path.hasPrefix(prefix), !path.dropFirst(prefix.count).contains(".") else {
      return "echo \(quoted(value)) > \(quoted(path))"
    }
    let name = path.dropFirst(prefix.count).map { $0 == "/" ? "." : String($0) }.joined()
    return "sysctl -w \(quoted("\(name)=\(value)"))"
  }

  /// A word that the shell takes as it stands, in quotation marks where it needs them.
  static func quoted(_ word: String) -> String {
    let plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./,:@%+=-"
    if !word.isEmpty, word.allSatisfy(plain.contains) { return word }
    return "'" + word.replacing("'", with: "'\\''") + "'"
  }
}
