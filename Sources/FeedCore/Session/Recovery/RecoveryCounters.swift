/// Counters of one channel's recoveries, in plain memory with one writer.
public struct RecoveryCounters: Sendable, BitwiseCopyable {
  private var values = InlineArray<24, UInt64>(repeating: 0)
  public init() {}

  @inline(__always)
  mutating func add(_ counter: RecoveryCounter, _ amount: UInt64 = 1) { values[counter.rawValue] &+= amount }

  public subscript(counter: RecoveryCounter) -> UInt64 { values[counter.rawValue] }

  /// Adds what another recovery of the same channel counted.
  public mutating func add(_ other: RecoveryCounters) {
    for index in values.indices { values[index] &+= other.values[index] }
  }
}
