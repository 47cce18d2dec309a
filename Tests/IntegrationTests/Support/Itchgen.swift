import Foundation

/// The traffic generator of `FEEDH_SHARED/tools`, written by others: compiled here, run once per set of arguments.
enum Itchgen {
  struct Output: Sendable {
    var prefix: String
    var itch: String { prefix + ".itch" }
    var a: String { prefix + ".pcap" }
    var b: String { prefix + ".b.pcap" }

    /// Lines of `PREFIX.expect.tsv` by locate.
    func expected() throws -> [UInt32: String] {
      let text = try String(contentsOfFile: prefix + ".expect.tsv", encoding: .utf8)
      return Dictionary(
        uniqueKeysWithValues: text.split(separator: "\n").map { (UInt32($0.prefix { $0 != "\t" })!, String($0)) })
    }

    /// Messages by type of `PREFIX.stats`: lines "A 136093 45.364%".
    func countsByType() throws -> [String: UInt64] {
      let text = try String(contentsOfFile: prefix + ".stats", encoding: .utf8)
      var counts: [String: UInt64] = [:]
      for line in text.split(separator: "\n") {
        let fields = line.split(separator: " ")
        guard fields.count == 3, fields[0].utf8.count == 1, fields[2].hasSuffix("%") else { continue }
        counts[String(fields[0])] = UInt64(fields[1])
      }
      return counts
    }

    /// The number behind a word of the first line of `PREFIX.stats`: "live_end".
    func statistic(_ name: String) throws -> Int? {
      let words = try String(contentsOfFile: prefix + ".stats", encoding: .utf8).split { $0 == " " || $0 == "\n" }
      return words.firstIndex { $0 == name }.flatMap { Int(words[$0 + 1]) }
    }
  }

  static let isHere = SharedMaterial.has("tools/itchgen.cpp") && compiler != nil
  static let reason: String =
    SharedMaterial.has("tools/itchgen.cpp") ? "needs g++" : "FEEDH_SHARED/tools/itchgen.cpp is not here"

  private static let compiler = ["/usr/bin/g++", "/usr/local/bin/g++"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }
  private static let programs = OnceByKey<String>()
  private static let outputs = OnceByKey<Output>()

  static func run(_ arguments: String) throws -> Output {
    let program = try programs.value("itchgen") {
      let path = ScratchFolder.newPath("itchgen")
      try execute(compiler!, ["-O2", "-std=c++17", "-o", path, SharedMaterial.folder + "/tools/itchgen.cpp"])
      return path
    }
    return try outputs.value(arguments) {
      let prefix = ScratchFolder.newPath("itch")
      try execute(program, arguments.split(separator: " ").map(String.init) + ["-o", prefix])
      return Output(prefix: prefix)
    }
  }

  private static func execute(_ program: String, _ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    if process.terminationStatus != 0 {
      throw Failure(description: "\(program) \(arguments) ended with \(process.terminationStatus)")
    }
  }

  struct Failure: Error, CustomStringConvertible { let description: String }
}
