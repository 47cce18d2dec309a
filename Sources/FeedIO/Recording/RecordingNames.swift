import Glibc

/// What a recording's files are called.
///
///     FILE without rotation   FILE
///     FILE with rotation      STEM-20260105T143000.000000123Z-000001.pcapng
///     FOLDER                  FOLDER/TAP-20260105T143000.000000123Z-000001.pcapng
///
/// The time is the first packet's; numbers count from 1. Names sort in the order in which the files were written.
struct RecordingNames {
  private let stem: String
  private let suffix: String
  private let isOneFile: Bool
  private var number = 0

  /// Makes the folder where it is missing.
  init(_ options: RecordingOptions, tap: String) throws(RecordingError) {
    suffix = options.chosenFormat.suffix
    isOneFile = options.isFile && !options.rotates
    if options.isFile {
      stem = String(options.path.dropLast(suffix.count))
    } else {
      try Self.makeFolder(options.path)
      stem = (options.path.hasSuffix("/") ? options.path : options.path + "/") + Self.plain(tap)
    }
  }

  mutating func next(firstNanoseconds: UInt64) -> String {
    number += 1
    if isOneFile { return stem + suffix }
    return "\(stem)-\(Self.time(firstNanoseconds))-\(Self.pad(UInt64(number), 6))\(suffix)"
  }

  private static func makeFolder(_ path: String) throws(RecordingError) {
    func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
    var prefix = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/") {
      prefix += prefix.isEmpty || prefix.hasSuffix("/") ? String(part) : "/" + part
      if mkdir(prefix, 0o777) != 0, errno != EEXIST { throw .noFolder(path: prefix, reason: reason(errno)) }
    }
    var status = stat()
    if stat(path, &status) != 0 { throw .noFolder(path: path, reason: reason(errno)) }
    if status.st_mode & S_IFMT != S_IFDIR { throw .noFolder(path: path, reason: reason(ENOTDIR)) }
    if access(path, W_OK) != 0 { throw .noFolder(path: path, reason: reason(errno)) }
  }

  /// A tap's name, "feed-a:0", as part of a file's name.
  private static func plain(_ name: String) -> String {
    let letters = name.unicodeScalars.map { scalar -> Character in
      let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
      return isPlain || scalar == "-" || scalar == "." || scalar == "_" ? Character(scalar) : "_"
    }
    let text = String(letters.prefix(64))
    return text.isEmpty || text.hasPrefix(".") ? "queue" + text : text
  }

  private static func time(_ nanoseconds: UInt64) -> String {
    var seconds = time_t(clamping: nanoseconds / 1_000_000_000)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func two(_ value: Int32) -> String { pad(UInt64(max(0, value)), 2) }
    let date = pad(UInt64(max(0, parts.tm_year + 1_900)), 4) + two(parts.tm_mon + 1) + two(parts.tm_mday)
    let clock = two(parts.tm_hour) + two(parts.tm_min) + two(parts.tm_sec)
    return "\(date)T\(clock).\(pad(nanoseconds % 1_000_000_000, 9))Z"
  }

  private static func pad(_ number: UInt64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
