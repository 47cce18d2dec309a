/// One request for a snapshot, before a venue's codec makes bytes of it.
public struct SnapshotRequest: Sendable, BitwiseCopyable, Equatable {
  /// The snapshot has to hold everything up to this number to be of use.
  public var throughMinimum: UInt64
  /// 1 for the first.
  public var attempt: UInt16
}
