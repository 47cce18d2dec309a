import FeedCore
import Foundation
import Testing

/// Bad usage, files and configuration: one clear line on standard error, nothing on standard output, exit 2.
struct CommandErrorTests {
  @Test(arguments: [
    ["replay"], ["replay", "@/missing.pcap"], ["replay", "@"], ["replay", "@/empty"], ["replay", "@/text"],
    ["replay", "@/text.gz"], ["replay", "@day", "--filter", "udp prt"], ["replay", "@day", "--config", "@/bad.yaml"],
    ["replay", "@day", "--config", "@/missing.yaml"], ["replay", "@day", "--unknown"],
    ["replay", "@day", "--speed", "10"], ["replay", "@day", "--speed", "fast"], ["replay", "@day", "--speed", "0x"], ["replay", "@day", "--speed", "-1x"],
    ["replay", "@day", "--cores", "0"], ["replay", "@day", "--cores", "17"], ["replay", "@day", "--cores", "two"],
    ["replay", "@day", "--cores", "2", "--config", "@/cpus.yaml"],
    ["replay", "@day", "--layout", "tree"], ["replay", "@day", "--protocol", "fix"],
    ["replay", "@day", "--report", "@/no/report.json"], ["replay", "@day", "--orders", "@/text"],
    ["replay", "@day", "--hgrm", "@/text/inside"], ["replay", "@/orders.soup"],
    ["book", "@day", "--symbol", "NOSUCH"], ["book", "@day", "--symbol", "WAYTOOLONG"],
    ["book", "@day", "--at", "noon"], ["book", "@day", "--at", "25:00:00"], ["book", "@day", "--queues"], ["book", "@day", "--depth", "5"],
    ["book", "@day", "--symbol", "A", "--depth", "0"], ["book", "@day", "--format", "xml"], ["book", "@/text"],
    ["info"], ["info", "@/missing.pcap"], ["info", "@day", "--format", "tsv"], ["decode", "@/missing.pcap"],
    ["decode", "@day", "--type", "?"], ["decode", "@day", "--protocol", "x"], ["generate"],
    ["generate", "--output", "@/day2", "--symbols", "0"], ["generate", "--output", "@/no/day"], ["check-config"],
    ["check-config", "@/bad.yaml"], ["nonsense"], ["replay", "@day", "--isa", "sse9"],
    // No CPU has both.
    ["replay", "@day", "--isa", InstructionSet.neon.isAvailable ? "avx512" : "neon"],
  ])
  func badUsageIsOneLineAndExitsWithTwo(arguments: [String]) throws {
    let folder = try Self.folderOfBadFiles()
    let run = try CommandRun.feedh(
      arguments.map {
        try $0 == "@day" ? CommandDay.capture : $0.hasPrefix("@") ? folder.root + $0.dropFirst() : $0
      })
    #expect(run.status == 2)
    #expect(run.output.isEmpty)
    #expect(run.errorLines.count == 1, "\(run.errors)")
    if arguments.first != "check-config" { #expect(run.errors.hasPrefix("feedh: "), "\(run.errors)") }
  }

  private static func folderOfBadFiles() throws -> CommandFolder {
    let folder = CommandFolder()
    try folder.write([UInt8](), "empty")
    try folder.write("this is no capture, it is a sentence", "text")
    // A gzip header and then nothing that could be unpacked.
    try folder.write([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0xFF, 0xFF, 0xFF], "text.gz")
    try folder.write("threads: { corez: 2 }\n", "bad.yaml")
    try folder.write("threads: { cores: 1, cpus: [0] }\n", "cpus.yaml")
    // SoupBinTCP Unsequenced Data of two bytes.
    try folder.write([0, 3, UInt8(ascii: "U"), 1, 2, 0, 3, UInt8(ascii: "S"), 1, 2], "orders.soup")
    return folder
  }

  /// What is not there is named where it was asked for, with what is there and what to do.
  @Test(arguments: [[], ["--via", "sockets", "--group", "233.54.12.1:26401"]])
  func aMissingInterfaceIsNamedWithThoseThatAreThere(options: [String]) throws {
    let folder = CommandFolder()
    let output = folder.path("r.pcap")
    let run = try CommandRun.feedh(["record", "--interface", "nosuch0", "--output", output] + options)
    #expect(run.status == 2 && run.output.isEmpty && run.errorLines.count == 1, "\(run.errors)")
    #expect(run.errors.hasPrefix("feedh: --interface nosuch0: no such interface; there are: lo"), "\(run.errors)")
    #expect(run.errors.hasSuffix("; name one of them\n"), "\(run.errors)")
    #expect(!FileManager.default.fileExists(atPath: output))
  }

  @Test func everyProblemOfAConfigurationIsALine() throws {
    let folder = CommandFolder()
    let path = try folder.write("threads: { corez: 2 }\nshards: 99\n", "two.yaml")
    let run = try CommandRun.feedh("replay", CommandDay.capture, "--config", path)
    #expect(run.status == 2)
    #expect(run.errorLines.count == 2)
    #expect(run.errorLines.allSatisfy { $0.hasPrefix("feedh: \(path):") })
  }

  @Test func aConfigurationMayNameMoreCoresThanTheCommandLineTakes() throws {
    let folder = CommandFolder()
    let path = try folder.write("shards: 2\nthreads: { cores: 2 }\n", "two.yaml")
    let tooMany = try CommandRun.feedh("replay", CommandDay.capture, "--config", path, "--cores", "3")
    #expect(tooMany.status == 2)
    #expect(tooMany.errors.contains("1 to 2"))
    #expect(try CommandRun.feedh("replay", CommandDay.capture, "--config", path, "--cores", "1").status == 0)
  }

  @Test(arguments: ["replay", "book", "decode", "info", "generate", "check-config"])
  func helpOfEachCommandHasAnExampleAndExitsWithZero(command: String) throws {
    let run = try CommandRun.feedh(command, "--help")
    #expect(run.status == 0)
    #expect(run.errors.isEmpty)
    #expect(run.output.contains("Example"))
    #expect(run.output.contains("feedh \(command) "))
  }

  @Test func versionNamesTheReleaseAndDPDK() throws {
    let run = try CommandRun.feedh("--version")
    #expect(run.status == 0)
    let lines = run.output.split(separator: "\n")
    #expect(lines.first == "0.1.0")
    #expect(lines.last == "built without DPDK" || lines.last?.hasPrefix("DPDK ") == true)
  }

  @Test func aReaderThatHasSeenEnoughIsNoFailure() throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = try [
      "-c", "{ \"$0\" decode \"$1\"; echo status $? >&2; } | head -1", CommandRun.program.path, CommandDay.capture,
    ]
    let errors = Pipe()
    process.standardError = errors
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(text == "status 0\n")
  }
}
