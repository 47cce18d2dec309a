/// Refused order pairs by reason.
public struct RefusalCounters {
  private let counts = Storage<UInt64>(capacity: RefusalReason.allCases.count)

  init() {}

  public subscript(reason: RefusalReason) -> UInt64 { counts[Int(reason.rawValue)] }

  mutating func count(_ reason: RefusalReason) { counts[Int(reason.rawValue)] &+= 1 }

  /// Pairs refused in all.
  public var total: UInt64 { RefusalReason.allCases.reduce(0) { $0 &+ self[$1] } }
}
