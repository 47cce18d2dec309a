/// Credentials and identifiers of a recovery session: at most 64 ASCII bytes, kept as a value.
public struct RecoveryText: Sendable, BitwiseCopyable {
  private var storage = InlineArray<64, UInt8>(repeating: 0)
  public private(set) var count = 0

  /// Nil: not ASCII, or longer than 64 bytes.
  public init?(_ text: String) {
    for byte in text.utf8 {
      guard byte < 0x80, count < 64 else { return nil }
      storage[count] = byte
      count += 1
    }
  }

  /// No text.
  public init() {}

  subscript(index: Int) -> UInt8 { storage[index] }
}
