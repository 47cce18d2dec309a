import CMachine
import Glibc

/// Changes a machine, and back.
///
/// What was before is on disk before the first change, so that an interrupted run can be undone. Changes that the
/// kernel refuses are outcomes, not errors: the others are made.
public struct MachineTuner {
  /// Where a machine keeps what was before, below its root.
  public static let stateName = "/var/lib/feedh/tune.state"

  private let root: MachineRoot
  private let statePath: String

  /// - Parameter statePath: nil: `stateName` below the root.
  /// - Throws: on this machine itself, where the user is not root.
  public init(root: MachineRoot, statePath: String?, option: String) throws(MachineError) {
    if root.isLive && geteuid() != 0 { throw .notRoot(option: option) }
    self.root = root
    self.statePath = statePath ?? root.path + Self.stateName
  }

  /// - Throws: where what was before cannot be kept; then nothing was changed.
  public func apply(_ changes: [MachineChange]) throws(MachineError) -> [ChangeOutcome] {
    var state = try TuningState.load(statePath) ?? TuningState()
    let known = Set(state.entries.map(\.change.target))
    for change in changes {
      var entry = TuningState.Entry(change: change)
      if case .file(let path, _, _) = change { entry.content = root.bytes(path) ?? [] }
      state.add(entry)
    }
    try state.save(statePath)
    let outcomes = changes.map { perform($0, content: nil) }
    for outcome in outcomes where outcome.error != 0 && !known.contains(outcome.change.target) {
      state.remove(outcome.change.target)
    }
    try state.save(statePath)
    return outcomes
  }

  /// Restores everything that was changed, the last change first. What cannot be restored stays on disk for another
  /// attempt, but for what is no longer there.
  ///
  /// - Throws: where nothing was kept, or it cannot be read.
  public func undo() throws(MachineError) -> [ChangeOutcome] {
    guard var state = try TuningState.load(statePath) else { throw .noState(path: statePath) }
    var outcomes: [ChangeOutcome] = []
    for entry in state.entries.reversed() {
      let outcome = perform(entry.change.reversed, content: entry.content)
      outcomes.append(outcome)
      if [0, ENOENT, ENODEV].contains(outcome.error) { state.remove(entry.change.target) }
    }
    try state.save(statePath)
    return outcomes
  }

  // MARK: One change

  /// - Parameter content: of a recorded machine's file what it held; nil: write the value.
  private func perform(_ change: MachineChange, content: [UInt8]?) -> ChangeOutcome {
    switch change {
    case .file(let path, let value, _):
      let error =
        if !root.isLive, let content { root.overwrite(path, content) } else { root.write(value, to: path) }
      let now = error == 0 ? root.selection(path) : nil
      return ChangeOutcome(change: change, error: error, now: now, isDone: now.map { Self.isSame($0, value) } ?? false)
    case .nic(let interface, let setting, let value, _):
      let error = set(interface, setting.rawValue, "\(value)") { feedh_nic_set(interface, setting.shimIndex, value) }
      let now = error == 0 ? facts(interface)?.settings[setting] : nil
      return ChangeOutcome(change: change, error: error, now: now.map { "\($0)" }, isDone: now == value)
    case .feature(let interface, let name, let isOn, _):
      let error = set(interface, "feature.\(name)", isOn ? "on" : "off") {
        feedh_nic_set_feature(interface, name, isOn)
      }
      let now = error == 0 ? facts(interface)?.features[name]?.isOn : nil
      return ChangeOutcome(change: change, error: error, now: now.map { $0 ? "on" : "off" }, isDone: now == isOn)
    }
  }

  private func facts(_ interface: String) -> NICFacts? {
    if root.isLive { return NICFacts.live(interface) }
    if let text = root.text(NICFacts.path(of: interface)) { return NICFacts(text: text) }
    return nil
  }

  /// Of a recorded machine the value of one line of the card's file, all other bytes as they are.
  private func set(_ interface: String, _ name: String, _ value: String, live: () -> Int32) -> Int32 {
    if root.isLive { return live() }
    let path = NICFacts.path(of: interface)
    guard let bytes = root.bytes(path) else { return ENODEV }
    var lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
      .map(String.init)
    guard let index = lines.firstIndex(where: { $0.hasPrefix(name + " ") }) else { return EOPNOTSUPP }
    let rest = lines[index].dropFirst(name.count + 1).drop { $0 != " " }
    lines[index] = "\(name) \(value)\(rest)"
    return root.overwrite(path, Array(lines.joined(separator: "\n").utf8))
  }

  /// The kernel writes masks and lists in its own form.
  static func isSame(_ now: String, _ value: String) -> Bool {
    if now == value { return true }
    if let a = CPUSet(list: now), let b = CPUSet(list: value), a == b { return true }
    if let a = CPUSet(mask: now), let b = CPUSet(mask: value), a == b { return true }
    return false
  }
}
