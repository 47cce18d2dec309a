/// What the guards against processor flaws cost, as information: feedh does not advise to lift them.
enum MitigationRule: TuningRule {
  static let name = "mitigations"
  private static let reason = """
    They make system calls and switches dearer, hardly the hot path, which does neither. On a machine that runs \
    nothing but trusted programs mitigations=off on the kernel's command line is an option, yours to weigh.
    """

  static func findings(_ machine: Machine, _ goal: TuningGoal) -> [Finding] {
    if machine.mitigations.isEmpty { return [.unknown(name, "machine", reason)] }
    let active = machine.mitigations.filter { $0.state.hasPrefix("Mitigation") }.map(\.name)
    let open = machine.mitigations.filter { $0.state.hasPrefix("Vulnerable") }.map(\.name)
    var parts = ["\(active.count) active"]
    if !open.isEmpty { parts.append("vulnerable to \(open.joined(separator: ", "))") }
    if let word = machine.commandLine?.value(of: "mitigations") { parts.append("mitigations=\(word)") }
    return [.information(name, "machine", parts.joined(separator: "; "), reason)]
  }
}
