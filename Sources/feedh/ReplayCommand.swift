import ArgumentParser
import FeedConfig
import FeedCore
import FeedIO
import FeedObserve

/// Options of every command that runs captures through the pipeline.
struct CaptureOptions: ParsableArguments {
  @Argument(help: "Capture files: pcap, pcapng (also .gz, .zst), or length-prefixed ITCH.")
  var captures: [String]

  @Option(help: "Configuration file (YAML); see feedh check-config.")
  var config: String?

  @Option(name: .customLong("protocol"), help: "auto, or the protocol of every flow the configuration does not name.")
  var protocolName = "auto"

  @Option(help: "Take only packets that this libpcap filter expression passes.")
  var filter: String?
}

struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay", abstract: "Run captures through the whole pipeline.")

  @OptionGroup var input: CaptureOptions
  @Option(help: "Cores to use.") var cores = 1

  func run() throws {
    let set = try CaptureSet(paths: input.captures, filter: input.filter)
    set.prefault(limitBytes: 4 << 30)
    var settings = try input.config.map { try ConfigurationFile.loadOrFail($0) } ?? Settings()
    settings.threads.coreCount = cores
    let plan = try FlowDiscovery.plan(
      settings: settings, fileNames: set.files.map(\.baseName), protocol: input.protocolName,
      makeSource: { set.makeSource() })
    let replay = Replay(
      plan: plan, settings: settings, fileCount: set.files.count, bytesConsumed: { $0.consumedBytes },
      makeSource: { set.makeSource() })
    replay.run()
    let summary = replay.summary()
    print("packets", summary.packets, "messages", summary.messages, "ns/message",
      Double(replay.elapsedNanoseconds) / Double(summary.messages), "preparation ms", replay.preparationNanoseconds / 1_000_000)
    for counter in Counter.allCases where summary[counter] > 0 { print(counter.name, summary[counter]) }
    print("orphans", summary.orphans, "live", summary.liveOrders, "instruments", summary.instruments.count)
    print("opportunities", summary.opportunityCount, "orders", summary.ordersSent)
    print("digest", String(summary.bookDigest, radix: 16), String(summary.orderDigest, radix: 16))
    for i in summary.instruments.prefix(3) { print(i.locate, i.symbol, i.top, i.bidOrders, i.askOrders, i.state) }
  }
}
