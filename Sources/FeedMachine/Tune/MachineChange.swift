/// One thing that can be changed while the machine runs, and what it was before.
public enum MachineChange: Equatable, Sendable {
  /// A file of `/sys` or `/proc`; both values as they are written into it.
  case file(path: String, value: String, previous: String)
  case nic(interface: String, setting: NICSetting, value: UInt32, previous: UInt32)
  /// An offload, by the kernel's name for it.
  case feature(interface: String, name: String, isOn: Bool, previous: Bool)

  /// The same backwards.
  public var reversed: MachineChange {
    switch self {
    case .file(let path, let value, let previous): .file(path: path, value: previous, previous: value)
    case .nic(let interface, let setting, let value, let previous):
      .nic(interface: interface, setting: setting, value: previous, previous: value)
    case .feature(let interface, let name, let isOn, let previous):
      .feature(interface: interface, name: name, isOn: previous, previous: isOn)
    }
  }

  /// What is changed: equal for two changes of the same thing.
  public var target: String {
    switch self {
    case .file(let path, _, _): path
    case .nic(let interface, let setting, _, _): "\(interface) \(setting.rawValue)"
    case .feature(let interface, let name, _, _): "\(interface) feature.\(name)"
    }
  }

  /// The value as people read it.
  public var valueText: String {
    switch self {
    case .file(_, let value, _): value
    case .nic(_, _, let value, _): "\(value)"
    case .feature(_, _, let isOn, _): isOn ? "on" : "off"
    }
  }
}
