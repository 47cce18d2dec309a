/// A message that was kept while a snapshot came and belongs behind it.
public struct RecoveredMessage {
  public let number: UInt64
  public let captureNanoseconds: UInt64
  /// Valid until the next live message is told.
  public let bytes: UnsafeRawBufferPointer
}
