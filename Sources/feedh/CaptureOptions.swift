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

  /// The settings of `--config`, else the defaults.
  func settings() throws -> Settings { try config.map { try ConfigurationFile.loadOrFail($0) } ?? Settings() }

  func validate() throws { try Self.check(protocolName) }

  static func check(_ protocolName: String) throws {
    guard protocolName == "auto" || FeedProtocol(name: protocolName) != nil else {
      throw ValidationError("--protocol \(protocolName): unknown; give auto, or one of \(FeedProtocol.names)")
    }
  }
}

extension CaptureRun.Options {
  init(_ options: CaptureOptions) {
    self.init()
    protocolName = options.protocolName
  }
}
