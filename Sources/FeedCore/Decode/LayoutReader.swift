/// A decoded value, apart from the message's bytes.
public enum FieldValue: Equatable, Sendable {
  case unsigned(UInt64)
  case signed(Int64)
  /// Each byte one scalar, U+0000 ... U+00FF; padding included.
  case text(String)
  /// The raw bytes of an appendage.
  case bytes([UInt8])
}

/// Reads the fields of one message by its layout, without knowing the protocol. Not for the hot path: values are
/// copied out. `FieldSlot` is the way without copies.
public struct MessageReader {
  public let layout: MessageLayout
  public let message: UnsafeRawBufferPointer
  private let byteOrder: ByteOrder

  /// - Precondition: `message` is not shorter than the layout's `minimumLength` (`ProtocolDescription.read` checks).
  init(layout: MessageLayout, message: UnsafeRawBufferPointer, byteOrder: ByteOrder) {
    precondition(message.count >= layout.minimumLength && message.count > 0)
    self.layout = layout
    self.message = message
    self.byteOrder = byteOrder
  }

  /// Value of a field of the layout, nil where the message ends before it.
  public func value(of field: FieldLayout) -> FieldValue? {
    guard field.offset + field.size <= message.count, let base = message.baseAddress else { return nil }
    return Self.value(of: field.slot, at: base, byteOrder)
  }

  /// All fields in wire order under their names, reserved ones too; then the appendage where there is one.
  public func values() -> [(name: String, value: FieldValue)] {
    var result: [(name: String, value: FieldValue)] = []
    result.reserveCapacity(layout.fields.count + 2)
    for field in layout.fields {
      if let value = value(of: field) { result.append((field.name, value)) }
    }
    if let appendage = layout.appendageBytes(of: message) {
      if layout.appendage == .optional {
        result.append((MessageLayout.appendageLengthName, .unsigned(UInt64(appendage.count))))
      }
      result.append((MessageLayout.appendageName, .bytes(Array(appendage))))
    }
    return result
  }

  /// Value of one option, nil where its size is not the layout's.
  public static func value(
    of option: OptionLayout, in element: OptionElement, _ byteOrder: ByteOrder
  ) -> FieldValue? {
    guard element.value.count == option.value.size, let base = element.value.baseAddress else { return nil }
    return value(of: option.value.slot, at: base, byteOrder)
  }

  /// SAFETY: the caller checked that `offset + size` bytes are there.
  private static func value(of slot: FieldSlot, at base: UnsafeRawPointer, _ byteOrder: ByteOrder) -> FieldValue {
    if slot.encoding.isText {
      var text = String.UnicodeScalarView()
      for byte in slot.bytes(at: base) { text.append(Unicode.Scalar(byte)) }
      return .text(String(text))
    }
    return slot.encoding.isSigned
      ? .signed(slot.signed(at: base, byteOrder)) : .unsigned(slot.unsigned(at: base, byteOrder))
  }
}
