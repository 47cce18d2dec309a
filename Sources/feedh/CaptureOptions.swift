import ArgumentParser
import FeedConfig
import FeedCore
import FeedObserve

/// Options of every command that runs captures through the pipeline.
struct CaptureOptions: ParsableArguments {
  @Argument(
    help: "Capture files: pcap or pcapng, or length-prefixed ITCH, plain, .gz or .zst; merged by capture time.",
    completion: .file())
  var captures: [String]

  @Option(
    help: ArgumentHelp("Configuration (YAML); see feedh check-config.", valueName: "file"),
    completion: .file(extensions: ["yaml", "yml"]))
  var config: String?

  @Option(
    name: .customLong("protocol"),
    help: ArgumentHelp(
      "auto (recognise by structure), or of flows the configuration does not name: \(FeedProtocol.names).",
      valueName: "protocol"))
  var protocolName = "auto"

  @Option(
    name: .customLong("isa"),
    help: ArgumentHelp(
      "Use these vector instructions, not the widest this CPU has: scalar, avx2, avx512 or neon. Results are equal.",
      valueName: "set"))
  var instructionSet: InstructionSet?

  /// The settings of `--config`, else the defaults.
  func settings() throws -> Settings { try config.map { try ConfigurationFile.loadOrFail($0) } ?? Settings() }

  func validate() throws {
    try Self.check(protocolName)
    guard let instructionSet else { return }
    do {
      try InstructionSet.choose(instructionSet)
    } catch {
      throw ValidationError("--isa \(instructionSet.rawValue): \(error)")
    }
  }

  static func check(_ protocolName: String) throws {
    guard protocolName == "auto" || FeedProtocol(name: protocolName) != nil else {
      throw ValidationError("--protocol \(protocolName): unknown; give auto, or one of \(FeedProtocol.names)")
    }
  }
}

extension InstructionSet: ExpressibleByArgument {}

extension CaptureRun.Options {
  init(_ options: CaptureOptions) {
    self.init()
    protocolName = options.protocolName
  }
}
