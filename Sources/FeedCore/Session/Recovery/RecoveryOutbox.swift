/// What the recoveries of one ingest owner want sent: a bounded ring, written by the owner, read by whoever does I/O.
///
/// Nothing waits for room in it: a request that finds none is lost like one on its way, and is repeated when its
/// patience ends; it is counted as `outboxOverflows`. A copy of the value is the same outbox.
public struct RecoveryOutbox: Sendable {
  public static var capacity: Int { 256 }
  private let ring = SPSCRing<RecoveryOutput>(capacity: RecoveryOutbox.capacity)
  private let due = SharedWord()

  public init() { due.note(.max) }

  /// Reader: the oldest, nil when there is none.
  public func next() -> RecoveryOutput? { ring.pop() }

  /// Reader: when a timer of the owner is due at the latest, capture clock; `.max`: none. A packet of
  /// `LinkType.connection` without bytes lets the clock go on where no other packet does.
  public var nextDue: UInt64 { due.glance() }

  func push(_ output: RecoveryOutput) -> Bool { ring.push(output) }
  func note(nextDue: UInt64) { due.note(nextDue) }
}
