/// One request for missing messages, before a venue's codec makes bytes of it.
public struct GapRequest: Sendable, BitwiseCopyable, Equatable {
  public var range: SequenceRange
  /// 1 for the first time, one more for each repetition of the range without progress.
  public var attempt: UInt16
}
