/// A decoded value, apart from the message's bytes.
public enum FieldValue: Equatable, Sendable {
  case unsigned(UInt64)
  case signed(Int64)
  /// A binary64; never one that is not a number: that is `null`.
  case real(Double)
  /// Each byte one scalar, U+0000 ... U+00FF; padding included.
  case text(String)
  /// The raw bytes of a field of bytes, or of an appendage.
  case bytes([UInt8])
  /// An optional field without a value.
  case null
  /// The entries of a group.
  case group([[NamedValue]])
}

/// A value under its field's name.
public struct NamedValue: Equatable, Sendable {
  public var name: String
  public var value: FieldValue

  public init(_ name: String, _ value: FieldValue) {
    self.name = name
    self.value = value
  }
}

/// Reads the fields of one message by its layout, without knowing the protocol. Not for the hot path: values are
/// copied out. `FieldSlot` is the way without copies.
public struct MessageReader {
  public let layout: MessageLayout
  public let message: UnsafeRawBufferPointer
  private let head: MessageHead
  /// Fields lie within it.
  private let rootEnd: Int

  /// - Precondition: `message` was judged readable by the protocol of the layout.
  init(layout: MessageLayout, message: UnsafeRawBufferPointer, head: MessageHead) {
    precondition(message.count >= layout.minimumLength && message.count > 0)
    self.layout = layout
    self.message = message
    self.head = head
    rootEnd = message.baseAddress.map {
      ProtocolDescription.rootEnd($0, count: message.count, head, length: layout.length, hasTail: layout.hasTail)
    } ?? 0
  }

  /// Value of a field of the layout, nil where the message ends before it.
  public func value(of field: FieldLayout) -> FieldValue? {
    guard field.offset + field.size <= rootEnd, let base = message.baseAddress else { return nil }
    return Self.value(of: field.slot, at: base, head.order)
  }

  /// Value of the field of that name, nil where the layout or the message does not have it.
  public func value(_ name: String) -> FieldValue? {
    layout.fields.first { $0.name == name }.flatMap { value(of: $0) }
  }

  /// All fields in wire order under their names, reserved ones too; then groups and strings, or the appendage where
  /// there is one.
  public func values() -> [(name: String, value: FieldValue)] {
    var result: [(name: String, value: FieldValue)] = []
    result.reserveCapacity(layout.fields.count + 2)
    for field in layout.fields {
      if let value = value(of: field) { result.append((field.name, value)) }
    }
    if layout.hasTail { result += tail() }
    if !layout.parts.isEmpty { result += parts() }
    if let appendage = layout.appendageBytes(of: message) {
      if layout.appendage == .optional {
        result.append((MessageLayout.appendageLengthName, .unsigned(UInt64(appendage.count))))
      }
      result.append((MessageLayout.appendageName, .bytes(Array(appendage))))
    }
    return result
  }

  /// Known groups that the message does not have are empty: it says how many it has.
  private func tail() -> [(name: String, value: FieldValue)] {
    guard let base = message.baseAddress else { return [] }
    var result: [(name: String, value: FieldValue)] = []
    var walk = MessageTail(base, count: message.count, head, layout, rootEnd)
    var rest = layout.groups[...]
    while let step = walk.nextGroup() {
      guard let group = step.group, let entries = step.entries else { continue }
      rest = rest.dropFirst()
      result.append((group.name, .group((0..<entries.count).map { Self.entry($0, of: entries, group, head.order) })))
    }
    result += rest.map { ($0.name, .group([])) }
    while let step = walk.nextString() {
      guard let string = step.string, let bytes = step.bytes else { continue }
      result.append((string.name, string.encoding == .bytes ? .bytes(Array(bytes)) : .text(Self.text(bytes))))
    }
    return result
  }

  /// What adds up behind the fixed part; a list is a group.
  private func parts() -> [(name: String, value: FieldValue)] {
    // The values of the message, and of each entry that is open; the names of the lists that are, and their entries.
    var values: [[NamedValue]] = [[]]
    var lists: [(name: String, entries: [[NamedValue]])] = []
    PartWalk.visit(message, layout, head.order) { event in
      switch event {
      case .field(let field, let base):
        values[values.count - 1].append(NamedValue(field.name, Self.value(of: field.slot, at: base, head.order)))
      case .bytes(let name, let bytes): values[values.count - 1].append(NamedValue(name, .bytes(Array(bytes))))
      case .beginList(let name): lists.append((name, []))
      case .beginEntry: values.append([])
      case .endEntry: lists[lists.count - 1].entries.append(values.removeLast())
      case .endList:
        let list = lists.removeLast()
        values[values.count - 1].append(NamedValue(list.name, .group(list.entries)))
      }
    }
    return values[0].map { ($0.name, $0.value) }
  }

  private static func entry(
    _ index: Int, of entries: GroupEntries, _ group: GroupLayout, _ order: ByteOrder
  ) -> [NamedValue] {
    // SAFETY: `has` compares with the entry's own length, and the entries lie within the message.
    group.fields.filter { entries.has($0.slot) }
      .map { NamedValue($0.name, value(of: $0.slot, at: entries.entry(index), order)) }
  }

  /// Value of one option, nil where its size is not the layout's.
  public static func value(
    of option: OptionLayout, in element: OptionElement, _ byteOrder: ByteOrder
  ) -> FieldValue? {
    guard element.value.count == option.value.size, let base = element.value.baseAddress else { return nil }
    return value(of: option.value.slot, at: base, byteOrder)
  }

  /// SAFETY: the caller checked that `offset + size` bytes are there.
  private static func value(of slot: FieldSlot, at base: UnsafeRawPointer, _ order: ByteOrder) -> FieldValue {
    if slot.isNull(at: base, order) { return .null }
    return switch slot.encoding {
    case .character, .text, .digits: .text(text(slot.bytes(at: base)))
    case .bytes: .bytes(Array(slot.bytes(at: base)))
    case .reserved: slot.size <= 8 ? .unsigned(slot.unsigned(at: base, order)) : .bytes(Array(slot.bytes(at: base)))
    case .signed: .signed(slot.signed(at: base, order))
    case .real: .real(slot.real(at: base, order))
    case .unsigned, .timestamp: .unsigned(slot.unsigned(at: base, order))
    }
  }

  private static func text(_ bytes: UnsafeRawBufferPointer) -> String {
    var text = String.UnicodeScalarView()
    for byte in bytes { text.append(Unicode.Scalar(byte)) }
    return String(text)
  }
}
