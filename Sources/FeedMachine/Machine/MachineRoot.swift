import Glibc

/// Where a machine is read from: the root of this one, or a folder that holds another one's `/sys` and `/proc`.
///
/// Whatever cannot be read is nil, and nothing here throws or traps on what files hold. Only ordinary files are opened,
/// at most `lengthMaximum` bytes of them are read, and no symbolic link of a recorded machine leads out of its folder.
public final class MachineRoot {
  /// /proc/interrupts of a machine with hundreds of CPUs takes about a megabyte.
  static let lengthMaximum = 8 << 20

  /// As given, without a slash at its end: "" for this machine.
  public let path: String
  /// This machine itself: questions without a file can be asked, and files are the kernel's.
  public let isLive: Bool
  private let resolved: String
  /// What was read, for `--record`; nil: nothing is kept.
  private(set) var recording: MachineRecording?

  /// - Throws: where the folder cannot be read, or is none of a machine.
  public init(path: String, isRecording: Bool = false) throws(MachineError) {
    guard let resolved = Self.resolve(path) else {
      throw .noRoot(path: path, reason: String(cString: strerror(errno)))
    }
    isLive = resolved == "/"
    self.resolved = isLive ? "" : resolved
    self.path = isLive ? "" : path.last == "/" ? String(path.dropLast()) : path
    if isRecording { recording = MachineRecording() }
    if !isLive, !isFolder("/sys"), !isFolder("/proc") { throw .noMachine(path: path) }
  }

  // MARK: Reading

  /// All of a file, nil where it cannot be read.
  public func bytes(_ path: String) -> [UInt8]? {
    guard let place = place(of: path) else { return nil }
    let descriptor = open(place, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    if descriptor < 0 { return nil }
    defer { close(descriptor) }
    var status = stat()
    if fstat(descriptor, &status) != 0 || status.st_mode & S_IFMT != S_IFREG { return nil }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 16_384)
    while bytes.count < Self.lengthMaximum {
      let count = piece.withUnsafeMutableBytes { read(descriptor, $0.baseAddress!, $0.count) }
      if count < 0 && errno == EINTR { continue }
      if count < 0 { return nil }
      if count == 0 { break }
      bytes += piece[..<count]
    }
    recording?.keep(bytes, at: path)
    return bytes
  }

  /// A file as text without white space at its ends; what is no UTF-8 is replaced. Nil where it cannot be read.
  public func text(_ path: String) -> String? {
    guard let bytes = bytes(path) else { return nil }
    let isSpace: (UInt8) -> Bool = { $0 <= 0x20 || $0 == 0x7F }
    guard let first = bytes.firstIndex(where: { !isSpace($0) }), let last = bytes.lastIndex(where: { !isSpace($0) })
    else { return "" }
    return String(decoding: bytes[first...last], as: UTF8.self)
  }

  /// A file that holds one whole number.
  public func integer(_ path: String) -> Int? {
    guard let text = text(path) else { return nil }
    return Int(text)
  }

  /// A file that holds a CPU list.
  public func cpuList(_ path: String) -> CPUSet? {
    guard let text = text(path) else { return nil }
    return CPUSet(list: text)
  }

  /// A file that holds a CPU mask.
  public func cpuMask(_ path: String) -> CPUSet? {
    guard let text = text(path) else { return nil }
    return CPUSet(mask: text)
  }

  /// The word in brackets of a file such as "always [madvise] never"; of another one its first word.
  public func selection(_ path: String) -> String? {
    guard let text = text(path) else { return nil }
    return Self.selected(in: text)
  }

  static func selected(in text: String) -> String? {
    let words = text.split(whereSeparator: \.isWhitespace)
    if let word = words.first(where: { $0.first == "[" && $0.last == "]" && $0.count > 2 }) {
      return String(word.dropFirst().dropLast())
    }
    return words.first.map(String.init)
  }

  /// Names in a folder, in order; empty where it cannot be read.
  ///
  /// - Parameter prefix: those alone that begin so.
  public func names(in path: String, prefix: String = "") -> [String] {
    guard let place = place(of: path), let folder = opendir(place) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while names.count < 65_536, let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
        // SAFETY: readdir ends the name with a zero inside d_name.
        name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != "..", name.hasPrefix(prefix) { names.append(name) }
    }
    names.sort { Self.numberedOrder($0, $1) }
    recording?.keepNames(names, in: path)
    return names
  }

  /// The last part of what a symbolic link leads to: a device's driver.
  public func linkName(_ path: String) -> String? {
    guard let place = place(ofEntry: path) else { return nil }
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let length = readlink(place, &buffer, buffer.count)
    if length <= 0 { return nil }
    let target = String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    recording?.keepLink(target, at: path)
    return target.split(separator: "/").last.map(String.init)
  }

  /// True also of a link whose end is not there: recorded machines have such.
  public func exists(_ path: String) -> Bool {
    guard place(of: path) != nil || linkName(path) != nil else { return false }
    recording?.keepExistence(of: path)
    return true
  }

  func isFolder(_ path: String) -> Bool {
    guard let place = place(of: path) else { return false }
    var status = stat()
    return stat(place, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  // MARK: Writing

  /// Writes into a file that is there, in one piece. Returns an errno value, 0 for success.
  ///
  /// A recorded machine's file takes the value as the kernel would: a choice among words keeps them all and moves the
  /// brackets; other files hold the value and a newline.
  func write(_ value: String, to path: String) -> Int32 {
    if isLive { return overwrite(path, Array(value.utf8)) }
    guard let old = text(path) else { return ENOENT }
    let words = old.split(separator: " ").map { $0.first == "[" ? String($0.dropFirst().dropLast()) : String($0) }
    let isChoice = old.contains("[") && words.contains(value)
    let new = isChoice ? words.map { $0 == value ? "[\($0)]" : $0 }.joined(separator: " ") : value
    return overwrite(path, Array("\(new)\n".utf8))
  }

  /// Replaces what a file that is there holds. Returns an errno value, 0 for success.
  func overwrite(_ path: String, _ bytes: [UInt8]) -> Int32 {
    guard let place = place(of: path) else { return ENOENT }
    // Without O_CREAT: a name that the kernel does not have must not become a file.
    let descriptor = open(place, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    if descriptor < 0 { return errno }
    defer { close(descriptor) }
    let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    if count < 0 { return errno }
    return count == bytes.count ? 0 : EIO
  }

  // MARK: Places

  /// Where `path` of the machine is, with all links followed; nil where it is not, or would be outside of the folder.
  private func place(of path: String) -> String? {
    guard let place = Self.resolve(resolved + path) else { return nil }
    return isInside(place) ? place : nil
  }

  /// The same for a link itself: only what stands before it is followed.
  private func place(ofEntry path: String) -> String? {
    guard let slash = path.lastIndex(of: "/"), let folder = place(of: String(path[..<slash])) else { return nil }
    return folder + path[slash...]
  }

  private func isInside(_ place: String) -> Bool {
    isLive || place == resolved || place.hasPrefix(resolved + "/")
  }

  private static func resolve(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// cpu2 before cpu10: runs of digits compare as numbers.
  static func numberedOrder(_ a: String, _ b: String) -> Bool {
    let (first, second) = (Array(a.utf8), Array(b.utf8))
    var (i, j) = (0, 0)
    func digits(_ text: [UInt8], _ start: Int) -> ArraySlice<UInt8> {
      text[start...].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
    while i < first.count, j < second.count {
      let (one, two) = (digits(first, i), digits(second, j))
      if !one.isEmpty, !two.isEmpty {
        let (x, y) = (one.drop { $0 == UInt8(ascii: "0") }, two.drop { $0 == UInt8(ascii: "0") })
        if x.count != y.count { return x.count < y.count }
        if !x.elementsEqual(y) { return x.lexicographicallyPrecedes(y) }
        (i, j) = (one.endIndex, two.endIndex)
      } else {
        if first[i] != second[j] { return first[i] < second[j] }
        (i, j) = (i + 1, j + 1)
      }
    }
    return first.count - i == second.count - j ? a < b : first.count - i < second.count - j
  }
}
