/// What an operator may ask of a live run over its control socket: one word a connection, one line back.
public enum ControlCommand: String, CaseIterable, Sendable {
  case status
  /// Lets orders out, where the configuration allows it.
  case arm
  case disarm
  /// Engages the kill switch, for the rest of the run.
  case kill
  /// Ends the run in good order.
  case stop

  /// "status, arm, …", for messages.
  public static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
