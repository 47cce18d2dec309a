/// What the process may do.
public struct ProcessRights: Equatable, Sendable {
  /// Effective capabilities, a bit each.
  public var capabilities: UInt64?
  /// RLIMIT_MEMLOCK in bytes, `UInt64.max` for unlimited.
  public var lockedMemoryMaximum: UInt64?
  /// RLIMIT_RTPRIO.
  public var realtimePriorityMaximum: UInt64?
  /// CPUs that it may run on.
  public var allowedCPUs: CPUSet?
  public init() {}

  /// Numbers of linux/capability.h.
  public enum Capability: Int, Sendable, CaseIterable {
    case netAdmin = 12
    case netRaw = 13
    case ipcLock = 14
    case sysNice = 23

    public var name: String {
      switch self {
      case .netAdmin: "CAP_NET_ADMIN"
      case .netRaw: "CAP_NET_RAW"
      case .ipcLock: "CAP_IPC_LOCK"
      case .sysNice: "CAP_SYS_NICE"
      }
    }
  }

  /// Nil: unknown.
  public func has(_ capability: Capability) -> Bool? {
    if let capabilities { return capabilities >> UInt64(capability.rawValue) & 1 == 1 }
    return nil
  }
}
