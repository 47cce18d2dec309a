/// Versions of the Internet Group Management Protocol.
public enum IGMPVersion: UInt8, Sendable, Comparable {
  /// RFC 1112: reports, no leaves.
  case v1 = 1
  /// RFC 2236: a report per group, leaves.
  case v2 = 2
  /// RFC 3376: one report of all groups, with their sources.
  case v3 = 3

  public static func < (one: IGMPVersion, other: IGMPVersion) -> Bool { one.rawValue < other.rawValue }
}
