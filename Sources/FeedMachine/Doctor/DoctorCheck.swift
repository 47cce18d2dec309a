/// One line of what `feedh doctor` says.
public struct DoctorCheck: Equatable, Sendable {
  public enum Result: String, Sendable, CaseIterable {
    case pass
    /// Going live is possible, and worse than it need be.
    case warn
    /// Going live would fail, lose packets, or show wrong times.
    case fail
    /// Not configured, or the machine does not tell; says why.
    case skipped
  }

  /// Name in reports and in `Docs/TUNING.md`.
  public var name: String
  public var subject: String
  public var result: Result
  /// What is, with the limit it was held against.
  public var detail: String
  /// What to do; empty where there is nothing to do.
  public var remedy: String

  public static func pass(_ name: String, _ subject: String, _ detail: String) -> DoctorCheck {
    DoctorCheck(name: name, subject: subject, result: .pass, detail: detail, remedy: "")
  }

  public static func warn(_ name: String, _ subject: String, _ detail: String, _ remedy: String) -> DoctorCheck {
    DoctorCheck(name: name, subject: subject, result: .warn, detail: detail, remedy: remedy)
  }

  public static func fail(_ name: String, _ subject: String, _ detail: String, _ remedy: String) -> DoctorCheck {
    DoctorCheck(name: name, subject: subject, result: .fail, detail: detail, remedy: remedy)
  }

  public static func skipped(_ name: String, _ subject: String, _ detail: String, _ remedy: String = "") -> DoctorCheck
  {
    DoctorCheck(name: name, subject: subject, result: .skipped, detail: detail, remedy: remedy)
  }
}
