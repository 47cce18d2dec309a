import FeedConfig
import FeedCore
import FeedObserve
import Foundation
import Testing

@testable import FeedMachine

/// A machine written by a test: a folder with `sys` and `proc`, removed with its last user.
final class MachineFolder: Sendable {
  let root: String

  init() {
    // Some hundred small files each time: in memory where there is such a folder.
    let shared = "/dev/shm/"
    let base = FileManager.default.isWritableFile(atPath: shared) ? shared : NSTemporaryDirectory()
    root = base + "feedh-machine-" + UUID().uuidString
    for folder in ["/sys", "/proc"] {
      try! FileManager.default.createDirectory(atPath: root + folder, withIntermediateDirectories: true)
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }

  /// Lines "PATH = CONTENT"; a newline is added to each content, as the kernel does. "| CONTENT" is a further line of
  /// the file before. "PATH =" holds only that newline, PATH alone is an empty folder, "PATH -> TARGET" a symbolic link.
  func write(_ text: String) {
    var last = ""
    for line in text.split(separator: "\n").map(String.init) {
      if line.hasPrefix("| ") {
        put((self.text(last) ?? "") + line.dropFirst(2) + "\n", at: last)
      } else if let range = line.range(of: " -> ") {
        link(String(line[..<range.lowerBound]), to: String(line[range.upperBound...]))
      } else if line.hasSuffix(" =") {
        last = String(line.dropLast(2))
        put("\n", at: last)
      } else if let range = line.range(of: " = ") {
        last = String(line[..<range.lowerBound])
        put(line[range.upperBound...] + "\n", at: last)
      } else {
        try! FileManager.default.createDirectory(atPath: root + line, withIntermediateDirectories: true)
      }
    }
  }

  func put(_ content: String, at path: String) { put(Array(content.utf8), at: path) }

  func put(_ bytes: [UInt8], at path: String) {
    let url = URL(fileURLWithPath: root + path)
    try! FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try! Data(bytes).write(to: url)
  }

  func link(_ path: String, to target: String) {
    let url = URL(fileURLWithPath: root + path)
    try! FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try! FileManager.default.createSymbolicLink(atPath: url.path, withDestinationPath: target)
  }

  func remove(_ path: String) { try! FileManager.default.removeItem(atPath: root + path) }

  func text(_ path: String) -> String? {
    FileManager.default.contents(atPath: root + path).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Every ordinary file below, by path, with what it holds.
  func contents() -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    for case let name as String in FileManager.default.enumerator(atPath: root)! {
      let attributes = try? FileManager.default.attributesOfItem(atPath: "\(root)/\(name)")
      guard attributes?[.type] as? FileAttributeType == .typeRegular,
        let data = FileManager.default.contents(atPath: "\(root)/\(name)")
      else { continue }
      files["/" + name] = [UInt8](data)
    }
    return files
  }

  // MARK: What is tested

  func machineRoot() throws -> MachineRoot { try MachineRoot(path: root) }
  func machine() throws -> Machine { Machine.read(try machineRoot()) }

  func plan(_ yaml: String? = nil) throws -> TuningPlan {
    TuningPlan(machine: try machine(), settings: try optionalSettings(yaml))
  }

  func doctor(_ yaml: String? = nil) throws -> Doctor {
    Doctor(
      machine: try machine(), settings: try optionalSettings(yaml),
      configuration: yaml == nil ? nil : "live.yaml")
  }
}

func settings(_ yaml: String) throws -> Settings {
  let (settings, problems) = ConfigurationFile.load(bytes: Array(yaml.utf8), file: "live.yaml")
  #expect(problems == [])
  return try #require(settings)
}

/// Not `map`, whose nil of a large struct is not to be trusted in debug builds.
func optionalSettings(_ yaml: String?) throws -> Settings? {
  if let yaml { return try settings(yaml) }
  return nil
}

/// One line a finding: "change governor cpu 4-5: powersave → performance".
func lines(_ findings: [Finding]) -> [String] {
  findings.map { finding in
    let wanted = finding.wanted.isEmpty ? "" : " → \(finding.wanted)"
    let how = finding.application == .none ? "" : " (\(finding.application.rawValue))"
    return "\(finding.verdict) \(finding.rule) \(finding.subject): \(finding.current)\(wanted)\(how)"
  }
}

/// One line a check: "fail ports feed-a: eth1 is down".
func lines(_ checks: [DoctorCheck]) -> [String] {
  checks.map { "\($0.result) \($0.name) \($0.subject): \($0.detail)" }
}

func json(_ write: (TextOutput) -> Void) throws -> [String: Any] {
  let output = TextOutput()
  write(output)
  let value = try JSONSerialization.jsonObject(with: Data(output.text.utf8))
  return try #require(value as? [String: Any])
}

/// A small generator whose seed reproduces a test (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  /// From FEEDH_TEST_SEED, else `standard`; printed, so that a failure can be repeated.
  static func seeded(_ standard: UInt64, _ test: String) -> SeededGenerator {
    let seed = ProcessInfo.processInfo.environment["FEEDH_TEST_SEED"].flatMap { UInt64($0) } ?? standard
    print("\(test): FEEDH_TEST_SEED=\(seed)")
    return SeededGenerator(state: seed)
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// One run of a shell with a script.
func shell(_ arguments: [String], environment: [String: String] = [:]) throws -> (status: Int32, output: String) {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = arguments
  process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
  let pipe = Pipe()
  process.standardOutput = pipe
  process.standardError = pipe
  try process.run()
  let output = pipe.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  return (process.terminationStatus, String(decoding: output, as: UTF8.self))
}

/// A file of the checkout, found from this one.
func contents(ofDocument path: String) throws -> String {
  let checkout = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  return try String(contentsOf: checkout.appendingPathComponent(path), encoding: .utf8)
}
