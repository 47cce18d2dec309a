/// Counts of every `WireCounter`, and where each happened first. Plain memory: one owner thread.
public struct WireCounters: BitwiseCopyable, Sendable {
  /// Where a counter's first packet stands.
  public struct First: BitwiseCopyable, Sendable, Equatable {
    /// 0-based record in its file.
    public var recordIndex: UInt64 = 0
    public var fileIndex: UInt16 = 0
    public init() {}
  }

  static let kinds = 12
  private var counts = InlineArray<12, UInt64>(repeating: 0)
  private var firsts = InlineArray<12, First>(repeating: First())

  public init() { assert(WireCounter.allCases.count == Self.kinds) }

  /// Out of line: a frame that gives no payload is the rare case.
  @inline(never)
  public mutating func record(_ counter: WireCounter, fileIndex: UInt16, recordIndex: UInt64) {
    let index = Int(counter.rawValue)
    if counts[index] == 0 {
      firsts[index].recordIndex = recordIndex
      firsts[index].fileIndex = fileIndex
    }
    counts[index] &+= 1
  }

  /// Takes in what another thread counted. The first of each kind is the one with the least file, then record.
  mutating func add(_ other: WireCounters) {
    for index in 0..<Self.kinds where other.counts[index] > 0 {
      let theirs = other.firsts[index]
      let ours = firsts[index]
      if counts[index] == 0 || (theirs.fileIndex, theirs.recordIndex) < (ours.fileIndex, ours.recordIndex) {
        firsts[index] = theirs
      }
      counts[index] &+= other.counts[index]
    }
  }

  public subscript(counter: WireCounter) -> UInt64 { counts[Int(counter.rawValue)] }

  /// Nil while the counter is zero.
  public func first(_ counter: WireCounter) -> First? {
    self[counter] == 0 ? nil : firsts[Int(counter.rawValue)]
  }
}
