import ArgumentParser
import FeedCore
import FeedObserve

/// `feedh info`: what is in captures.
struct InfoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info", abstract: "Print what captures hold: files, flows, sessions, numbers, lines.",
    discussion: """
      Each flow is judged by itself: numbers it did not show may be on another line. FEEDS says which flows a replay \
      without configuration takes for lines of one feed.

      Examples:
        feedh info day.pcap
        feedh info a.pcap b.pcap --filter "udp portrange 26401-26404" --format json
      """)

  @Argument(help: "Capture files.", completion: .file())
  var captures: [String]

  @Option(help: ArgumentHelp("Take only packets that this libpcap filter expression passes.", valueName: "expression"))
  var filter: String?

  @Option(
    name: .customLong("protocol"),
    help: ArgumentHelp(
      "auto (recognise by structure), or of all flows: \(FeedProtocol.names).", valueName: "protocol"))
  var protocolName = "auto"

  @Option(help: "\(CaptureInfo.Format.allCases.map(\.rawValue).joined(separator: ", ")).")
  var format = CaptureInfo.Format.table

  func validate() throws { try CaptureOptions.check(protocolName) }

  func run() throws {
    let info = try CaptureInfo(paths: captures, filter: filter, protocol: protocolName)
    let output = TextOutput.standardOutput()
    info.write(format, to: output)
    try output.finish()
  }
}

extension CaptureInfo.Format: ExpressibleByArgument {}
