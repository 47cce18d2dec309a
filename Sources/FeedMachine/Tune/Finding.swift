/// What one rule says of one thing of a machine.
public struct Finding: Equatable, Sendable {
  public enum Verdict: String, Sendable, CaseIterable {
    /// As it should be.
    case good
    /// Should be changed.
    case change
    /// Worth knowing; nothing to do.
    case information
    /// The machine did not tell.
    case unknown
  }

  /// How a change comes about.
  public enum Application: String, Sendable, CaseIterable {
    /// While the machine runs: `--apply` does it.
    case runTime
    /// With the next start of the kernel.
    case boot
    /// By somebody who decides: a service, the configuration, the firmware, cables.
    case byHand
    /// There is nothing to change.
    case none
  }

  public var rule: String
  /// What it is about: "cpu 2-5", "eth1", "machine".
  public var subject: String
  public var verdict: Verdict
  /// What is.
  public var current: String
  /// What it should be; empty where nothing is wanted.
  public var wanted: String
  /// Why, one or two sentences.
  public var reason: String
  public var application = Application.none
  /// What brings it about and back, as commands of a shell. Those of `boot` are words for the kernel's command line.
  public var commands: [String] = []
  public var undoCommands: [String] = []
  /// The same for `--apply`; empty unless the application is `runTime`.
  public var changes: [MachineChange] = []

  public static func good(_ rule: String, _ subject: String, _ current: String, _ reason: String) -> Finding {
    Finding(rule: rule, subject: subject, verdict: .good, current: current, wanted: "", reason: reason)
  }

  public static func information(_ rule: String, _ subject: String, _ current: String, _ reason: String) -> Finding {
    Finding(rule: rule, subject: subject, verdict: .information, current: current, wanted: "", reason: reason)
  }

  public static func unknown(_ rule: String, _ subject: String, _ reason: String) -> Finding {
    Finding(rule: rule, subject: subject, verdict: .unknown, current: "unknown", wanted: "", reason: reason)
  }

  /// A change while the machine runs.
  public static func change(
    _ rule: String, _ subject: String, is current: String, wanted: String, _ reason: String, _ changes: [MachineChange]
  ) -> Finding {
    Finding(
      rule: rule, subject: subject, verdict: .change, current: current, wanted: wanted, reason: reason,
      application: .runTime, commands: ShellCommands.commands(changes),
      undoCommands: ShellCommands.commands(changes.reversed().map(\.reversed)), changes: changes)
  }

  /// A change that `--apply` leaves alone.
  public static func advice(
    _ rule: String, _ subject: String, is current: String, wanted: String, _ reason: String,
    _ application: Application, commands: [String], undo: [String]
  ) -> Finding {
    Finding(
      rule: rule, subject: subject, verdict: .change, current: current, wanted: wanted, reason: reason,
      application: application, commands: commands, undoCommands: undo)
  }

  /// The same change, left to somebody who decides.
  func byHand() -> Finding {
    var finding = self
    if finding.application == .runTime { finding.application = .byHand }
    finding.changes = []
    return finding
  }
}
