/// One kind of option of an appendage: a TagValue element with a known tag. OUCH 5.0, "Optional Appendage".
public struct OptionLayout: Sendable {
  public let tag: UInt8
  /// Title, name, size and encoding of the value; its offset counts from the value's first byte.
  public let value: FieldLayout
  /// Known from an implementation only, not from the venue's own text.
  public let isNewer: Bool

  public init(_ tag: UInt8, _ value: FieldLayout, isNewer: Bool = false) {
    self.tag = tag
    self.value = value
    self.isNewer = isNewer
  }
}

/// One TagValue element on the wire: `length` (1 byte, tag and value), `tag` (1 byte), value.
public struct OptionElement {
  public let tag: UInt8
  /// Points into the message; may be empty.
  public let value: UnsafeRawBufferPointer
}

/// Walks the TagValue elements of an appendage. Unknown tags come out like known ones: their length skips them.
///
/// At a length of zero, or one that runs over the end, the walk stops and `isMalformed` says so.
public struct OptionElements: Sequence, IteratorProtocol {
  private let bytes: UnsafeRawBufferPointer
  private var offset = 0
  public private(set) var isMalformed = false

  public init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  public mutating func next() -> OptionElement? {
    if offset == bytes.count || isMalformed { return nil }
    let length = Int(bytes[offset])
    guard length >= 1, length <= bytes.count - offset - 1 else {
      isMalformed = true
      return nil
    }
    let element = OptionElement(
      tag: bytes[offset + 1],
      value: UnsafeRawBufferPointer(rebasing: bytes[(offset + 2)..<(offset + 1 + length)]))
    offset += 1 + length
    return element
  }
}
