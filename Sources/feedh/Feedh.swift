import ArgumentParser
import CDPDK
import FeedConfig
import FeedObserve
import Glibc

@main
struct Feedh: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "feedh", abstract: "Market-data feed handler and order executor.",
    discussion: """
      Reads captures of market data, or receives it live, keeps every order book, finds opportunities across venues, and sends orders to \
      simulated venues. Exits with 0 when a run completes, whatever its counters; with 2 for bad usage, files or \
      configuration, which are one line on standard error.

      Example:
        feedh generate --output day --symbols 60 --messages 36000
        feedh replay day.pcap --config day.yaml
      """,
    version: "\(Version.text)\n\(dpdk)",
    subcommands: [
      ReplayCommand.self, BookCommand.self, DecodeCommand.self, InfoCommand.self, GenerateCommand.self,
      BenchCommand.self, BenchStepsCommand.self, RunCommand.self, ControlSubcommand.self, RecordCommand.self,
      TransmitCommand.self, ServeCommand.self, CheckConfigCommand.self, TuneCommand.self, DoctorCommand.self,
      DryRunCommand.self,
    ])

  /// "DPDK 22.11.11", or that there is none.
  private static var dpdk: String { feedh_dpdk_version().map { String(cString: $0) } ?? "built without DPDK" }

  static let failureCode: Int32 = 2

  /// Runs the command line. What goes wrong is one line on standard error (of a configuration: one per problem) and
  /// exit 2, the argument parser's own complaints too; help and version are no failures.
  static func main() {
    // A write to a closed pipe is an error to handle, not a signal to die of.
    signal(SIGPIPE, SIG_IGN)
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let error as OutputError where error.isClosedPipe {
      // The reader (head, less) has seen enough.
    } catch let code as ExitCode {
      Glibc.exit(code.rawValue)
    } catch {
      if exitCode(for: error).isSuccess { exit(withError: error) }
      report(message(for: error))
      Glibc.exit(failureCode)
    }
  }

  /// Prints each line as one line of its own, "feedh: …".
  static func report(_ text: String) {
    for line in text.split(separator: "\n") where !line.allSatisfy(\.isWhitespace) { write("feedh: \(line)") }
  }

  /// A line on standard error.
  static func write(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}

/// Bad usage that the argument parser cannot see: one line, which names the option, what is allowed and the remedy.
struct UsageError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
