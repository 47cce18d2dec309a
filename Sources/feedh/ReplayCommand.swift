import ArgumentParser
import FeedCore
import FeedIO
import FeedObserve

/// `feedh replay`: captures through the whole pipeline, and what came of it.
struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay", abstract: "Run captures through the whole pipeline: books, opportunities, orders.",
    discussion: """
      Prints one screen when the run is over. Results do not depend on --speed, --cores or --layout. On a terminal \
      progress goes to standard error. SIGINT (Ctrl-C) stops the run early and reports what was read; SIGUSR1 \
      engages the kill switch: no order leaves from then on.

      Examples:
        feedh replay day.pcap --config day.yaml
        feedh replay a.pcap.zst b.pcap.zst --speed 10x --cores 2 --report day.json --orders orders
        feedh replay day.pcap --filter "udp port 26401" --hgrm latency
      """)

  @OptionGroup var input: CaptureOptions

  @Option(
    help: ArgumentHelp("max, realtime, or a factor of the capture's pace such as 10x or 0.5x.", valueName: "speed"))
  var speed = "max"

  @Option(help: ArgumentHelp("Busy-polling threads, 1 to the number of shards.", valueName: "n"))
  var cores: Int?

  @Option(
    help: "How several cores share the work: rings (core 0 feeds the others; the default) or walk (each reads all).")
  var layout: ThreadSettings.Layout?

  @Option(help: ArgumentHelp("Take only packets that this libpcap filter expression passes.", valueName: "expression"))
  var filter: String?

  @Option(help: ArgumentHelp("Write the report to this file (JSON).", valueName: "file"), completion: .file())
  var report: String?

  @Option(
    help: ArgumentHelp("Write VENUE.soup (what was sent and answered) and orders.csv here.", valueName: "folder"),
    completion: .directory)
  var orders: String?

  @Option(help: ArgumentHelp("Write latency histograms here (HdrHistogram's .hgrm).", valueName: "folder"),
    completion: .directory)
  var hgrm: String?

  func run() throws {
    var options = CaptureRun.Options(input)
    options.filter = filter
    options.speed = try Speed.parse(speed)
    var settings = try input.settings()
    if let layout { settings.threads.layout = layout }
    if let cores { settings.threads.coreCount = cores }
    try checkThreads(settings)

    // From here on signals are for the control thread; threads made later inherit that.
    let control = RunControl()
    let run = try CaptureRun(paths: input.captures, settings: settings, options: options)
    // Results that cannot be written are found out before the run, not after it.
    let reportFile = try report.map { try TextOutput(path: $0) }
    let ordersFolder = try orders.map { try OutputDirectory(path: $0) }
    let histogramFolder = try hgrm.map { try OutputDirectory(path: $0) }
    run.run(control: control)

    if let reportFile {
      ReplayReport(run).write(to: reportFile)
      try reportFile.finish()
    }
    if let ordersFolder { try OrderFiles.write(run, to: ordersFolder) }
    if let histogramFolder { try HistogramFiles.write(run, to: histogramFolder) }
    let output = TextOutput.standardOutput()
    output.write(ReplayScreen(run, configuration: input.config).text)
    try output.finish()
  }

  private func checkThreads(_ settings: Settings) throws {
    let threads = settings.threads
    let maximum = min(settings.shardCount, 64)
    guard (1...maximum).contains(threads.coreCount) else {
      throw UsageError(
        "--cores \(threads.coreCount): there are \(settings.shardCount) shards; give 1 to \(maximum), or configure "
          + "shards")
    }
    if !threads.cpus.isEmpty, threads.cpus.count < threads.coreCount {
      throw UsageError(
        "--cores \(threads.coreCount): threads.cpus names \(threads.cpus.count) CPUs; give as many or fewer, or name "
          + "more")
    }
  }
}

extension ThreadSettings.Layout: ExpressibleByArgument {}

/// Reads `--speed`.
enum Speed {
  static func parse(_ text: String) throws(UsageError) -> ReplaySpeed {
    switch text {
    case "max": return .maximum
    case "realtime": return .paced(partsPerMillion: 1_000_000)
    default:
      // Parts per million: six decimals and no more.
      if text.hasSuffix("x") || text.hasSuffix("X"), let factor = FixedPoint.parse(text.dropLast()),
        factor % 1_000 == 0, (1...1_000_000_000_000).contains(factor / 1_000)
      {
        return .paced(partsPerMillion: UInt64(factor / 1_000))
      }
      throw UsageError(
        "--speed \(text): give max, realtime, or a factor with an x behind it, 0.000001x to 1000000x, such as 10x")
    }
  }
}
