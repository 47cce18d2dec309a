/// What makes `feedh tune` and `feedh doctor` impossible: one line each, what, where and the remedy. What is missing
/// or unreadable inside a machine is no error but unknown.
public enum MachineError: Error, Equatable, Sendable, CustomStringConvertible {
  case noRoot(path: String, reason: String)
  /// The folder has neither `sys` nor `proc`.
  case noMachine(path: String)
  case notWritable(path: String, reason: String)
  case notRoot(option: String)
  case noState(path: String)
  case badState(path: String, line: Int)
  case recordingExists(path: String)

  public var description: String {
    switch self {
    case .noRoot(let path, let reason):
      "--root \(path): cannot be read: \(reason); name a folder with sys and proc in it"
    case .noMachine(let path):
      "--root \(path): has neither sys nor proc in it; name a recorded machine, as feedh tune --record makes"
    case .notWritable(let path, let reason):
      "\(path): cannot be written: \(reason); name another place or free space there"
    case .notRoot(let option):
      "\(option) changes the machine and needs root; run it with sudo, or leave it out to see the plan"
    case .noState(let path):
      "\(path): no saved state, so there is nothing to undo; name the file that --apply used (--state)"
    case .badState(let path, let line):
      "\(path): line \(line) is no saved state of feedh tune; name the file that --apply used (--state)"
    case .recordingExists(let path): "--record \(path): is there already; name a new folder, or remove it"
    }
  }
}
