/// Judges one thing of a machine. Rules are pure: the same machine and goal give the same findings.
public protocol TuningRule {
  /// Name in plans and in `Docs/TUNING.md`.
  static var name: String { get }
  static func findings(_ machine: Machine, _ goal: TuningGoal) -> [Finding]
}
