extension OUCH50 {
  /// Tags of the options that we read. OUCH 5.0, "Optional Appendage".
  public enum OptionTag: UInt8, Sendable, BitwiseCopyable {
    case firm = 2
  }

  /// Value of a four-byte option in the appendage whose length field stands at `offset`; nil when it is absent, or
  /// the options before it do not fit the appendage. Other tags are skipped by their length.
  ///
  /// - Precondition: the whole appendage is there (`formOfClientMessage`, `formOfServerMessage`).
  static func option(_ tag: OptionTag, in bytes: UnsafeRawPointer, appendageAt offset: Int) -> UInt32? {
    let end = offset + 2 + Int(bytes.bigEndian(UInt16.self, at: offset))
    var position = offset + 2
    // SAFETY: each read stays below `end`. An element takes at least one byte, so the loop ends.
    while position + 2 <= end {
      let length = Int(bytes.byte(at: position))
      if position + 1 + length > end { return nil }
      if bytes.byte(at: position + 1) == tag.rawValue && length == 5 {
        return bytes.bigEndian(UInt32.self, at: position + 2)
      }
      position += 1 + length
    }
    return nil
  }
}
