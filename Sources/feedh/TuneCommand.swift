import ArgumentParser
import FeedConfig
import FeedCore
import FeedMachine
import FeedObserve

/// `feedh tune`: what the machine should be for a configuration, and making it so.
struct TuneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tune", abstract: "Print how to tune this machine for feedh; apply it, or take it back.",
    discussion: """
      Reads CPUs, kernel, memory, network cards and clocks, and prints what is, what it should be for the \
      configuration (without one: for its defaults), why, and the commands. Reading needs no rights; --apply and \
      --undo need root. \
      Cards are changed by --apply only where live.ports of the configuration names them. What each rule means: \
      Docs/TUNING.md.

      Examples:
        feedh tune --config live.yaml
        feedh tune --config live.yaml --script tune.sh
        sudo feedh tune --config live.yaml --apply
        sudo feedh tune --undo
        feedh tune --record machine; feedh tune --root machine
      """)

  @Option(help: ArgumentHelp("The configuration, YAML.", valueName: "file"), completion: .file())
  var config: String?

  @Flag(help: "One JSON object, alone on standard output.")
  var json = false

  @Option(help: ArgumentHelp("A recorded machine's folder instead of this machine.", valueName: "folder"))
  var root = "/"

  @Flag(help: "Make the changes that can be made while the machine runs.")
  var apply = false

  @Flag(help: "Restore what was before --apply.")
  var undo = false

  @Option(
    help: ArgumentHelp("Write the plan as a shell script; - for standard output.", valueName: "file"))
  var script: String?

  @Option(
    help: ArgumentHelp("Write everything that was read as a folder for --root.", valueName: "folder"))
  var record: String?

  @Option(
    help: ArgumentHelp(
      "Where --apply keeps what was before, for --undo. (default: \(MachineTuner.stateName) below the root)",
      valueName: "file"))
  var state: String?

  func validate() throws {
    let modes = [("--apply", apply), ("--undo", undo), ("--script", script != nil), ("--record", record != nil)]
    let chosen = modes.filter(\.1).map(\.0)
    if chosen.count > 1 { throw ValidationError("\(chosen.joined(separator: " and ")) exclude each other; give one") }
    if state != nil && !apply && !undo { throw ValidationError("--state belongs to --apply and --undo; leave it out") }
    if json && (script != nil || record != nil) {
      throw ValidationError("--json shows a plan, which \(chosen[0]) does not; leave one out")
    }
  }

  func run() throws {
    var settings: Settings?
    if let config { settings = try ConfigurationFile.loadOrFail(config) }
    let machineRoot = try MachineRoot(path: root, isRecording: record != nil)
    let machine = Machine.read(machineRoot, recordFolder: settings?.live.recordFolder)
    if let record { return try machine.record(machineRoot, to: record) }
    let plan = TuningPlan(machine: machine, settings: settings)
    if let script {
      let output = script == "-" ? TextOutput.standardOutput() : try TextOutput(path: script)
      output.write(TuningScript(plan: plan).text)
      return try output.finish()
    }
    var outcomes: [ChangeOutcome]?
    if apply || undo {
      let tuner = try MachineTuner(root: machineRoot, statePath: state, option: apply ? "--apply" : "--undo")
      outcomes = apply ? try tuner.apply(plan.changes) : try tuner.undo()
    }
    let output = TextOutput.standardOutput()
    if json {
      plan.writeJSON(configuration: config, outcomes: outcomes, to: output)
    } else if let outcomes {
      for outcome in outcomes { output.write(outcome.description + "\n") }
      let done = outcomes.count(where: \.isDone)
      output.write("\(done) of \(outcomes.count) \(apply ? "changed" : "restored")\n")
    } else {
      plan.write(to: output)
    }
    try output.finish()
    // Done in part is no success: a service that tunes at start has to see it.
    if let outcomes, !outcomes.allSatisfy(\.isDone) { throw ExitCode(1) }
  }
}
