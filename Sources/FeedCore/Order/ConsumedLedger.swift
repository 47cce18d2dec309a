/// How much of each resting order of the recorded book has filled us: it cannot fill us again until that order leaves
/// the book. One per venue and shard, keyed by order reference number (day-unique within a venue).
struct ConsumedLedger {
  private var consumed: FixedTable<UInt64, UInt32>

  init(capacity: Int) { consumed = FixedTable(capacity: capacity) }

  func prefaultBeginning() { consumed.prefaultBeginning() }

  var count: Int { consumed.count }

  /// What is left for us of a resting order that shows `displayed` shares. The recorded market may have taken some of
  /// the shares that we took: then less is left, never more.
  func available(_ orderReferenceNumber: UInt64, displayed: UInt32) -> UInt32 {
    let taken = consumed.value(of: orderReferenceNumber) ?? 0
    return displayed > taken ? displayed - taken : 0
  }

  /// False, and nothing changed, when the ledger is full.
  mutating func consume(_ orderReferenceNumber: UInt64, _ quantity: UInt32) -> Bool {
    let index = consumed.find(orderReferenceNumber)
    if index < 0 { return consumed.insert(orderReferenceNumber, quantity) }
    // Never more than the order displayed, so it cannot overflow.
    consumed[slot: index] &+= quantity
    return true
  }

  mutating func orderLeft(_ orderReferenceNumber: UInt64) { consumed.remove(orderReferenceNumber) }

  mutating func removeAll() { consumed.removeAll() }
}
