/// Append-only records in memory reserved up front. When full, further records are counted, not kept.
public struct BoundedLog<Record: BitwiseCopyable> {
  public let storage: Storage<Record>
  public private(set) var count = 0
  /// Records that found no room.
  public private(set) var overflow: UInt64 = 0

  public init(capacity: Int) { storage = Storage(capacity: capacity, hugePages: false) }

  func prefaultBeginning() { storage.prefaultBeginning() }

  @inline(__always)
  public mutating func append(_ record: Record) {
    if count == storage.capacity {
      overflow &+= 1
    } else {
      storage[count] = record
      count += 1
    }
  }

  public subscript(index: Int) -> Record {
    precondition(index >= 0 && index < count)
    return storage[index]
  }
}
