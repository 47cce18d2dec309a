import ArgumentParser
import FeedConfig
import FeedCore
import FeedIO
import FeedMachine
import FeedObserve
import Glibc

/// `feedh run`: live packets through the whole pipeline, until it is told to stop.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run live packets through the whole pipeline: books, opportunities, orders on paper.",
    discussion: """
      Receives the feeds of the configuration (protocol, group and port of each line) at its live ports. Starts \
      disarmed: orders are decided and refused, until feedh control arms it and the configuration allows that \
      (orders.arming). Orders go to simulated venues: there is no gateway to a real one yet.

      SIGINT (Ctrl-C) and SIGTERM end the run in good order: no packet is taken any more, open orders are cancelled, a \
      report follows. SIGUSR1 engages the kill switch, SIGUSR2 disarms. Exits with 0 then; with 1 where every queue \
      failed; with 2 for bad usage, configuration or ports. Step by step: Docs/LIVE.md.

      Examples, the first three together a live run on this machine alone, of the committed capture:
        feedh run --config Captures/live.yaml --status &
        feedh transmit Captures/demo.pcap --interface lo --group own
        feedh control --config Captures/live.yaml stop
        feedh run --config live.yaml
        feedh run --config live.yaml --duration 1h --report day.json --orders orders
        feedh control --config live.yaml arm
      """)

  /// Every queue failed: the run could not go on.
  private static let queuesFailedCode: Int32 = 1

  @Option(help: ArgumentHelp("Configuration (YAML); see feedh check-config.", valueName: "file"),
    completion: .file(extensions: ["yaml", "yml"]))
  var config: String

  @Flag(help: "A status line on standard error each interval, also where that is no terminal.")
  var status = false

  @Option(help: ArgumentHelp("Time between status lines, 100ms to 1h.", valueName: "duration"))
  var interval = "1s"

  @Option(help: ArgumentHelp("End the run after this long.", valueName: "duration"))
  var duration: String?

  @Option(help: ArgumentHelp("End the run behind this many packets.", valueName: "n"))
  var packets: UInt64?

  @Option(help: ArgumentHelp("Control socket instead of live.controlSocket.", valueName: "path"))
  var socket: String?

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
    var settings = try ConfigurationFile.loadOrFail(config)
    let options = try controlOptions()
    try RecoverySecrets.read(into: &settings)
    // What the configuration leaves open is found out before anything is opened.
    try LiveRun.check(settings)
    let readiness = LiveReadiness(machine: Machine.read(try MachineRoot(path: "/")))
    var warnings = readiness.prepare(&settings)
    let reportFile = try report.map { try TextOutput(path: $0) }
    let ordersFolder = try orders.map { try OutputDirectory(path: $0) }
    let histogramFolder = try hgrm.map { try OutputDirectory(path: $0) }

    // From here on signals are for the control thread; threads made later inherit that.
    let control = try LiveControl(socketPath: socket ?? settings.live.controlSocket, options: options)
    let recovery = try LiveRecovery(&settings)
    let ports = try LivePorts(settings)
    warnings += ports.warnings + (recovery?.warnings ?? [])
    Self.warn(warnings)
    for line in ports.plan + (recovery?.plan ?? []) { Feedh.report(line) }
    control.warnings = warnings
    let run = try LiveRun(
      settings: settings, queues: ports.entries, recovery: recovery, packetsMaximum: packets ?? .max,
      onWarnings: { Self.warn($0) })
    run.run(control: control)

    if let reportFile {
      ReplayReport(run).write(to: reportFile)
      try reportFile.finish()
    }
    if let ordersFolder { try OrderFiles.write(run, to: ordersFolder) }
    if let histogramFolder { try HistogramFiles.write(run, to: histogramFolder) }
    let output = TextOutput.standardOutput()
    output.write(ReplayScreen(run, configuration: config).text)
    try output.finish()
    if run.live?.end == .queuesFailed { throw ExitCode(Self.queuesFailedCode) }
  }

  private static func warn(_ warnings: [String]) {
    for warning in warnings { Feedh.report("warning: \(warning)") }
  }

  private func controlOptions() throws -> LiveControl.Options {
    guard let nanoseconds = DurationText.nanoseconds(interval), (100_000_000...3_600_000_000_000).contains(nanoseconds)
    else { throw UsageError("--interval is \"\(interval)\"; allowed: 100ms ... 1h; write it like 1s") }
    var options = LiveControl.Options()
    if status || isatty(STDERR_FILENO) == 1 { options.statusNanoseconds = nanoseconds }
    if let duration {
      guard let nanoseconds = DurationText.nanoseconds(duration), nanoseconds > 0 else {
        throw UsageError("--duration is \"\(duration)\"; allowed: 1ns and more; write it like 90s or 8h")
      }
      options.durationNanoseconds = nanoseconds
    }
    if packets == 0 { throw UsageError("--packets is 0; allowed: 1 and more; leave it out to run until a signal") }
    return options
  }
}
