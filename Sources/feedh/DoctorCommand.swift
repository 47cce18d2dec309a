import ArgumentParser
import FeedConfig
import FeedCore
import FeedMachine
import FeedObserve

/// `feedh doctor`: can this machine go live with this configuration?
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Check whether this machine is ready to go live; exit 1 where something fails.",
    discussion: """
      A list of pass, warn, fail and skipped: cores, ports and their limits, multicast, the groups of the feeds' lines \
      (joined and left again; with --listen also whether anything comes there), buffers, clock, disk, permissions, \
      memory, libraries, what feedh tune would change, and the jitter of each polling CPU, measured by a loop that \
      reads the cycle counter there. Changes nothing. Exits with 0 where nothing fails, 1 where something \
      does, 2 for bad usage or configuration. What each check means: Docs/TUNING.md.

      Examples:
        feedh doctor --config live.yaml
        feedh doctor --config live.yaml --json --jitter 5s > doctor.json
        feedh doctor --config live.yaml --listen 5s --servers
      """)

  @Option(help: ArgumentHelp("The configuration, YAML.", valueName: "file"), completion: .file())
  var config: String?

  @Flag(help: "One JSON object, alone on standard output.")
  var json = false

  @Option(help: ArgumentHelp("A recorded machine's folder instead of this machine.", valueName: "folder"))
  var root = "/"

  @Option(
    help: ArgumentHelp(
      "How long to measure each polling CPU, 1ms to 10s, all of them within 20s; 0s: not.", valueName: "duration"))
  var jitter = "1s"

  @Option(
    help: ArgumentHelp(
      "Wait so long, up to 10s, for packets on each line of the configuration; 0s: not.", valueName: "duration"))
  var listen = "0s"

  @Flag(help: "Also connect to the recovery servers of the configuration, and close again.")
  var servers = false

  func run() throws {
    guard let nanoseconds = DurationText.nanoseconds(jitter), nanoseconds == 0 || nanoseconds >= 1_000_000,
      nanoseconds <= 10_000_000_000
    else { throw UsageError("--jitter is \"\(jitter)\"; allowed: 0s, or 1ms ... 10s; write it like 500ms") }
    guard let listening = DurationText.nanoseconds(listen), listening <= 10_000_000_000 else {
      throw UsageError("--listen is \"\(listen)\"; allowed: 0s ... 10s; write it like 5s")
    }
    let begun = SystemClock.monotonic
    var settings: Settings?
    if let config { settings = try ConfigurationFile.loadOrFail(config) }
    let machineRoot = try MachineRoot(path: root)
    let machine = Machine.read(machineRoot, recordFolder: settings?.live.recordFolder)
    let doctor = Doctor(machine: machine, settings: settings, configuration: config)
    var checks = doctor.checks()
    var measured: [JitterMeasurement] = []
    if !machine.isLive {
      if listening > 0 { checks.append(.skipped("lines", "-", "a recorded machine hears nothing")) }
      checks.append(.skipped("clock", "cards", "a recorded machine's clocks stand still"))
      checks.append(.skipped("libraries", "-", "a recorded machine has none"))
      checks.append(.skipped("jitter", "-", "a recorded machine cannot be measured"))
    } else {
      checks += doctor.lineChecks(listening: listening)
      checks += doctor.cardClockChecks()
      checks += doctor.libraryChecks()
      if let config {
        checks += doctor.environmentChecks(program: ["/proc/self/exe", "dpdk-dry-run", "--config", config])
      }
      if servers { checks += doctor.serverChecks() }
      measured = measure(doctor, nanoseconds, spent: SystemClock.monotonic &- begun)
      checks += measured.map(doctor.check)
      if nanoseconds == 0 { checks.append(.skipped("jitter", "-", "switched off by --jitter")) }
    }
    let report = DoctorReport(doctor: doctor, checks: checks, jitter: measured)
    let output = TextOutput.standardOutput()
    if json { report.writeJSON(to: output) } else { report.write(to: output) }
    try output.finish()
    if !report.isReady { throw ExitCode(1) }
  }

  /// One CPU after the other, so that none of them measures the others' noise.
  private func measure(_ doctor: Doctor, _ nanoseconds: UInt64, spent: UInt64) -> [JitterMeasurement] {
    let cpus = doctor.pollingCPUs
    if nanoseconds == 0 || cpus.isEmpty { return [] }
    let clock = TickClock.calibrate()
    let each = JitterMeasurement.share(of: nanoseconds, cpus: cpus.count, spent: spent)
    return cpus.map { JitterMeasurement.measure(cpu: $0, nanoseconds: each, clock: clock) }
  }
}
