import Foundation
import Synchronization

/// One run of the built `feedh`, as a user would start it.
struct CommandRun {
  var status: Int32
  var output: String
  var errors: String

  /// Lines of standard error.
  var errorLines: [String] { errors.split(separator: "\n").map(String.init) }
  /// Rows of a tab-separated table, its header left out.
  var rows: [[String]] { Self.rows(output) }

  /// The program stands beside the test bundle, which is the running executable.
  static let program: URL = {
    let tests = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return URL(fileURLWithPath: tests ?? CommandLine.arguments[0]).deletingLastPathComponent()
      .appendingPathComponent("feedh")
  }()

  static func feedh(_ arguments: [String]) throws -> CommandRun {
    let run = try CommandProcess(arguments)
    return try run.finish()
  }

  static func feedh(_ arguments: String...) throws -> CommandRun { try feedh(arguments) }

  static func rows(_ text: String) -> [[String]] {
    text.split(separator: "\n").dropFirst().map {
      $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
  }

  static func json(_ text: String) throws -> [String: Any] {
    let value = try JSONSerialization.jsonObject(with: Data(text.utf8))
    guard let object = value as? [String: Any] else { throw CommandFailure("not a JSON object: \(text.prefix(80))") }
    return object
  }

  /// Rows of `decode --format ndjson`.
  func objects() throws -> [[String: Any]] { try output.split(separator: "\n").map { try Self.json(String($0)) } }
}

struct CommandFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// A running `feedh`. Its output goes to files, so that no pipe can fill up.
final class CommandProcess {
  private let process = Process()
  private let folder = CommandFolder()
  private let ended = DispatchSemaphore(value: 0)

  init(_ arguments: [String]) throws {
    process.executableURL = CommandRun.program
    process.arguments = arguments
    for name in ["out", "err"] { _ = FileManager.default.createFile(atPath: folder.path(name), contents: nil) }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle(forWritingAtPath: folder.path("out"))
    process.standardError = FileHandle(forWritingAtPath: folder.path("err"))
    process.terminationHandler = { [ended] _ in ended.signal() }
    try process.run()
  }

  /// A test that failed leaves nothing that polls.
  deinit { if process.isRunning { send(SIGKILL) } }

  var isRunning: Bool { process.isRunning }

  func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

  func finish() throws -> CommandRun {
    // No command of a test takes so long: the limit is for what hangs.
    if ended.wait(timeout: .now() + .seconds(600)) == .timedOut {
      send(SIGKILL)
      throw CommandFailure("feedh \(process.arguments!) does not end: \(try folder.text("err"))")
    }
    guard process.terminationReason == .exit else {
      throw CommandFailure("feedh died of signal \(process.terminationStatus): \(try folder.text("err"))")
    }
    return CommandRun(
      status: process.terminationStatus, output: try folder.text("out"), errors: try folder.text("err"))
  }
}

/// A folder of one test, removed with its last user.
final class CommandFolder: Sendable {
  let root: String

  init() {
    root = NSTemporaryDirectory() + "feedh-command-" + UUID().uuidString
    try! FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }

  /// A folder for a static value, which is never released: it is removed when the tests end.
  static func untilExit() -> CommandFolder {
    let folder = CommandFolder()
    lasting.withLock { roots in
      if roots.isEmpty { atexit { CommandFolder.removeLasting() } }
      roots.append(folder.root)
    }
    return folder
  }

  private static let lasting = Mutex<[String]>([])

  private static func removeLasting() {
    for root in lasting.withLock({ $0 }) { try? FileManager.default.removeItem(atPath: root) }
  }

  func path(_ name: String) -> String { root + "/" + name }

  func text(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(fileURLWithPath: path(name))), as: UTF8.self)
  }

  /// `feedh generate` writes a day here, `day.pcap` and what goes with it: of two venues with two lines each, unless
  /// `options` say otherwise.
  func generateDay(symbols: Int, messages: Int, seed: Int, _ options: [String] = []) throws {
    let run = try CommandRun.feedh(
      ["generate", "--output", path("day"), "--symbols", "\(symbols)", "--messages", "\(messages)", "--seed", "\(seed)"]
        + options)
    guard run.status == 0 else { throw CommandFailure(run.errors) }
  }

  @discardableResult
  func write(_ bytes: some Sequence<UInt8>, _ name: String) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: path(name)))
    return path(name)
  }

  @discardableResult
  func write(_ text: String, _ name: String) throws -> String { try write(text.utf8, name) }
}

/// A generated day of two venues with two lines each, with orders switched on: made by `feedh generate` when its first
/// file is asked for.
enum CommandDay {
  private static let folder = CommandFolder.untilExit()

  static var capture: String { get throws { try path("day.pcap") } }
  static var configuration: String { get throws { try path("day.yaml") } }

  static func text(_ name: String) throws -> String {
    try made.get()
    return try folder.text(name)
  }

  private static func path(_ name: String) throws -> String {
    try made.get()
    return folder.path(name)
  }

  /// `let`: the runtime makes others wait.
  private static let made: Result<Void, any Error> = Result {
    try folder.generateDay(symbols: 40, messages: 20_000, seed: 11)
    try folder.write(try folder.text("day.yaml") + "orders: { enabled: true }\n", "day.yaml")
  }
}

/// A nanosecond pcap, record by record, as far as tests need it: little-endian, as `feedh generate` writes it.
struct CommandPcap {
  let header: [UInt8]
  /// Capture time and the whole record.
  let records: [(nanoseconds: UInt64, bytes: [UInt8])]

  init(path: String) throws {
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    func word(_ offset: Int) -> UInt64 { (0..<4).reduce(0) { $0 | UInt64(bytes[offset + $1]) << UInt64(8 * $1) } }
    header = Array(bytes[0..<24])
    var records: [(nanoseconds: UInt64, bytes: [UInt8])] = []
    var offset = 24
    while offset < bytes.count {
      let end = offset + 16 + Int(word(offset + 8))
      records.append((word(offset) * 1_000_000_000 + word(offset + 4), Array(bytes[offset..<end])))
      offset = end
    }
    self.records = records
  }

  /// The file's first packets.
  func prefix(_ count: Int) -> [UInt8] { header + records.prefix(count).flatMap(\.bytes) }
}
