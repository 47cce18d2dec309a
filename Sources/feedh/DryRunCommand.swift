import ArgumentParser
import FeedConfig
import FeedMachine

/// `feedh dpdk-dry-run`: what `feedh doctor` runs in a process of its own. Not for people.
struct DryRunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dpdk-dry-run", abstract: "Start DPDK and open the ports of a configuration once.",
    shouldDisplay: false)

  @Option(help: ArgumentHelp("The configuration, YAML.", valueName: "file"), completion: .file())
  var config: String

  func run() throws {
    for check in EnvironmentDryRun.perform(try ConfigurationFile.loadOrFail(config)) {
      print(EnvironmentDryRun.line(check))
    }
  }
}
