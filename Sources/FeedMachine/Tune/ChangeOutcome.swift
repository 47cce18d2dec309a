import FeedObserve
import Glibc

/// What became of one change.
public struct ChangeOutcome: Equatable, Sendable {
  public var change: MachineChange
  /// Errno value, 0 for success.
  public var error: Int32
  /// What is read afterwards; nil where it cannot be.
  public var now: String?
  /// It reads as it was written, or as the kernel writes the same thing.
  public var isDone: Bool

  /// One line: what was done, or why not.
  public var description: String {
    let was =
      switch change {
      case .file(_, _, let previous): previous
      case .nic(_, _, _, let previous): "\(previous)"
      case .feature(_, _, _, let previous): previous ? "on" : "off"
      }
    if error != 0 { return "\(change.target): not \(change.valueText): \(String(cString: strerror(error)))" }
    if !isDone { return "\(change.target): set to \(change.valueText), but reads \(now ?? "nothing") (was \(was))" }
    return "\(change.target): \(change.valueText) (was \(was))"
  }

  func writeMembers(_ json: inout JSONWriter) {
    json.member("target", change.target)
    json.member("value", change.valueText)
    json.member("now", now)
    json.member("isDone", isDone)
    json.member("error", error == 0 ? nil : String(cString: strerror(error)))
  }
}
