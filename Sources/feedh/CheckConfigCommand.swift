import ArgumentParser
import CPlatform
import FeedConfig

/// `feedh check-config F`: prints what a configuration means, and everything wrong with it.
struct CheckConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check-config", abstract: "Print the plan of a configuration, and every problem in it.",
    discussion: """
      The plan goes to standard output: venues with fees, feeds and their lines, shards, cores and CPUs, what each
      shard gets of the limits, capacities with estimated memory. Each problem goes to standard error as one line,
      FILE:LINE:COLUMN: what; allowed: …; remedy. Exits with 0 when the configuration can be used, else with 2.

      Example:
        feedh check-config Deploy/feedh.example.yaml
      """)

  @Argument(help: "The configuration, YAML.", completion: .file(extensions: ["yaml", "yml"]))
  var file: String?

  /// How `Docs/CONFIGURATION.md` is made.
  @Flag(name: .customLong("reference"), help: .hidden)
  var printsReference = false

  func run() throws {
    if printsReference {
      print(ConfigurationReference.markdown(), terminator: "")
      return
    }
    guard let file else { throw UsageError("no configuration given; name one file") }
    let (settings, problems) = ConfigurationFile.load(path: file)
    for problem in problems { Feedh.write(problem.description) }
    guard let settings else {
      if problems.count > 1 { Feedh.report("\(problems.count) problems: no plan can be made of this configuration") }
      throw ExitCode(Feedh.failureCode)
    }
    let allowedCPUs = (0..<max(0, Int(feedh_allowed_cpu_count()))).map { Int(feedh_allowed_cpu(Int32($0))) }
    print("\(file) can be used. What follows from it:\n")
    print(ConfigurationPlan(settings: settings, allowedCPUs: allowedCPUs.filter { $0 >= 0 }))
  }
}
