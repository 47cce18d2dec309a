import ArgumentParser
import FeedCore
import FeedObserve

/// `feedh bench`: what decoding a capture costs.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure frames, sessions and decoding of captures, without books.",
    discussion: """
      Every field that a book looks at goes into a checksum, which is equal for equal captures. The round that took \
      least is reported.

      Example:
        feedh generate --plain cmeMDP3 --messages 1000000 --output cme
        feedh bench cme.pcap --rounds 5
      """)

  @OptionGroup var input: CaptureOptions

  @Option(help: ArgumentHelp("How often the captures are read, 1 to 100.", valueName: "n"))
  var rounds = 3

  @Option(help: ArgumentHelp("Write the result to this file (JSON).", valueName: "file"), completion: .file())
  var report: String?

  func validate() throws {
    guard (1...100).contains(rounds) else { throw ValidationError("--rounds \(rounds): give 1 to 100") }
  }

  func run() throws {
    let reportFile = try report.map { try TextOutput(path: $0) }
    let run = try DecodeRun(
      paths: input.captures, settings: try input.settings(), protocolName: input.protocolName, roundCount: rounds)
    let best = run.best
    let output = TextOutput.standardOutput()
    output.write(
      "\(best.messages) messages, \(best.events) events, \(DecodeRun.nanosecondsPerMessage(best)) ns a message, "
        + "checksum 0x\(String(best.checksum, radix: 16))\n")
    try output.finish()
    if let reportFile {
      run.write(to: reportFile)
      try reportFile.finish()
    }
  }
}
