/// Numbers `first ..< end` of one channel. Empty where `end <= first`.
public struct SequenceRange: Sendable, BitwiseCopyable, Equatable, CustomStringConvertible {
  public var first: UInt64
  /// One past the last.
  public var end: UInt64

  public init(_ first: UInt64, _ end: UInt64) {
    self.first = first
    self.end = end
  }

  public var count: UInt64 { end > first ? end &- first : 0 }
  public var isEmpty: Bool { end <= first }
  public var description: String { "[\(first), \(end))" }

  func overlaps(_ other: SequenceRange) -> Bool { first < other.end && other.first < end }
  func contains(_ number: UInt64) -> Bool { number >= first && number < end }
}

/// One request for missing messages, before a venue's codec makes bytes of it.
public struct GapRequest: Sendable, BitwiseCopyable, Equatable {
  public var range: SequenceRange
  /// 1 for the first time, one more for each repetition of the range without progress.
  public var attempt: UInt16
}
