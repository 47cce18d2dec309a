/// What a `MembershipHost` heard and said.
public struct MembershipCounts: Sendable, Equatable {
  public var queries: UInt64 = 0
  /// Frames sent.
  public var sent: UInt64 = 0
  /// Answers that another host's report made superfluous.
  public var suppressed: UInt64 = 0
  /// Changes of the version spoken.
  public var versionChanges: UInt64 = 0
  /// Frames that say nothing to a host: other types, damaged ones.
  public var ignored: UInt64 = 0
  public init() {}

  mutating func add(_ other: MembershipCounts) {
    queries &+= other.queries
    sent &+= other.sent
    suppressed &+= other.suppressed
    versionChanges &+= other.versionChanges
    ignored &+= other.ignored
  }
}
