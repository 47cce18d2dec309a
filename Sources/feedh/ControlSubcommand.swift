import ArgumentParser
import FeedConfig
import FeedObserve

/// `feedh control`: a command to a live run over its control socket.
struct ControlSubcommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "control", abstract: "Ask a live run for its status; arm, disarm, kill or stop it.",
    discussion: """
      arm lets orders out, where the configuration allows it (orders.arming: command); disarm refuses them again; kill \
      engages the kill switch for the rest of the run; stop ends the run in good order. Prints the answer. Exits with \
      0 where the run did what was asked, 1 where it refused, 2 where no run answers.

      Examples:
        feedh control --config live.yaml status
        feedh control --socket /run/feedh.sock kill
      """)

  private static let refusedCode: Int32 = 1

  @Option(help: ArgumentHelp("The run's configuration: its live.controlSocket.", valueName: "file"),
    completion: .file(extensions: ["yaml", "yml"]))
  var config: String?

  @Option(help: ArgumentHelp("The run's control socket.", valueName: "path"))
  var socket: String?

  @Argument(help: ArgumentHelp(stringLiteral: ControlCommand.names))
  var command: ControlCommand

  func run() throws {
    let answer = try ControlSocket.ask(command, at: path())
    print(answer)
    if !answer.hasPrefix("ok") { throw ExitCode(Self.refusedCode) }
  }

  private func path() throws -> String {
    if let socket { return socket }
    guard let config else { throw UsageError("no run is named; give --socket PATH, or --config FILE") }
    guard let path = try ConfigurationFile.loadOrFail(config).live.controlSocket else {
      throw UsageError("\(config) has no live.controlSocket; add it, or give --socket PATH")
    }
    return path
  }
}

extension ControlCommand: ExpressibleByArgument {}
