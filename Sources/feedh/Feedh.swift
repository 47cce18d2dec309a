import ArgumentParser

@main
struct Feedh: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "feedh", abstract: "Market-data feed handler and order executor.",
    subcommands: [
      ReplayCommand.self, DecodeCommand.self, GenerateCommand.self, CheckConfigCommand.self])
}
