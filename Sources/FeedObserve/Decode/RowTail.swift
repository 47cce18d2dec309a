import FeedCore

/// Groups and strings of one layout, prepared for rows. Shared by the formats: JSON in `ndjson` and `csv`, `name=value`
/// in `table`.
struct TailPlan {
  struct Group {
    var name: String
    var fields: [FieldPlan]
    var entryLengthMaximum: Int
  }

  private var groups: [Group] = []
  private var strings: [StringLayout] = []
  private let layout: MessageLayout

  /// - Parameter key: the text before a value, from the field's name and whether it is the entry's first.
  init(
    _ layout: MessageLayout, _ order: ByteOrder, _ literals: inout Literals, key: (String, Bool) -> String
  ) {
    for group in layout.groups {
      var fields: [FieldPlan] = []
      var length = 8
      for field in group.fields where field.encoding != .reserved {
        let literal = literals.add(key(field.name, fields.isEmpty))
        fields.append(FieldPlan(literal: literal, slot: field.slot, order: order))
        length += literal.count + field.slot.rowLengthMaximum(textFactor: 6)
      }
      groups.append(Group(name: group.name, fields: fields, entryLengthMaximum: length))
    }
    strings = layout.strings
    self.layout = layout
  }

  /// `,"noMDEntries":[{…},{…}],"instrumentName":"BTC-PERPETUAL"`
  func appendJSON(
    _ message: DecodedMessage, _ description: ProtocolDescription, _ literals: Literals, to buffer: inout RowBuffer
  ) {
    if !layout.parts.isEmpty {
      RowParts.appendJSON(message.bytes, layout, description.byteOrder, to: &buffer)
      return
    }
    visit(message, description) { group, entries in
      Self.appendKey(group.name, to: &buffer)
      appendJSON(entries, of: group, description.byteOrder, literals, to: &buffer)
    } string: { string, bytes in
      Self.appendKey(string.name, to: &buffer)
      Self.appendJSON(bytes, of: string, to: &buffer)
    }
  }

  /// The value of one group as JSON, of one string as it is; nothing where the message does not have it.
  func append(
    valueOf name: String, _ message: DecodedMessage, _ description: ProtocolDescription, _ literals: Literals,
    to buffer: inout RowBuffer
  ) {
    if !layout.parts.isEmpty {
      RowParts.appendJSON(valueOf: name, message.bytes, layout, description.byteOrder, to: &buffer)
      return
    }
    visit(message, description) { group, entries in
      if group.name == name { appendJSON(entries, of: group, description.byteOrder, literals, to: &buffer) }
    } string: { string, bytes in
      if string.name != name { return }
      buffer.reserve(bytes.count * 4)
      if string.encoding == .bytes { buffer.appendHexadecimal(bytes) } else { buffer.appendVisible(bytes) }
    }
  }

  /// ` noMDEntries=[{mdEntryPx=1.25 mdEntrySize=3} {…}] instrumentName=BTC-PERPETUAL`
  func appendTable(
    _ message: DecodedMessage, _ description: ProtocolDescription, _ literals: Literals, to buffer: inout RowBuffer
  ) {
    if !layout.parts.isEmpty {
      RowParts.appendTable(message.bytes, layout, description.byteOrder, to: &buffer)
      return
    }
    visit(message, description) { group, entries in
      buffer.reserve(group.name.utf8.count + 4)
      buffer.append(UInt8(ascii: " "))
      for byte in group.name.utf8 { buffer.append(byte) }
      buffer.append("=[")
      for index in 0..<(entries?.count ?? 0) {
        buffer.reserve(group.entryLengthMaximum)
        buffer.append(index == 0 ? "{" : " {")
        if let entries { appendTable(entries, index, of: group, description.byteOrder, literals, to: &buffer) }
        buffer.append("}")
      }
      buffer.reserve(1)
      buffer.append("]")
    } string: { string, bytes in
      buffer.reserve(string.name.utf8.count + 4 + bytes.count * 4)
      buffer.append(UInt8(ascii: " "))
      for byte in string.name.utf8 { buffer.append(byte) }
      buffer.append(UInt8(ascii: "="))
      if string.encoding == .bytes { buffer.appendHexadecimal(bytes) } else { buffer.appendVisible(bytes) }
    }
  }

  // MARK: Parts

  /// Known groups in wire order, those that the message does not have at the end and without entries.
  private func visit(
    _ message: DecodedMessage, _ description: ProtocolDescription, group: (Group, GroupEntries?) -> Void,
    string: (StringLayout, UnsafeRawBufferPointer) -> Void
  ) {
    var tail = description.tail(of: message.bytes, layoutIndex: message.layoutIndex)
    var index = 0
    while let step = tail.nextGroup() {
      guard index < groups.count, let entries = step.entries else { continue }
      group(groups[index], entries)
      index += 1
    }
    for absent in groups[index...] { group(absent, nil) }
    while let step = tail.nextString() {
      if let layout = step.string, let bytes = step.bytes { string(layout, bytes) }
    }
  }

  private static func appendKey(_ name: String, to buffer: inout RowBuffer) {
    buffer.reserve(name.utf8.count + 4)
    buffer.append(",\"")
    for byte in name.utf8 { buffer.append(byte) }
    buffer.append("\":")
  }

  private func appendJSON(
    _ entries: GroupEntries?, of group: Group, _ order: ByteOrder, _ literals: Literals, to buffer: inout RowBuffer
  ) {
    buffer.reserve(2)
    buffer.append("[")
    for index in 0..<(entries?.count ?? 0) {
      guard let entries else { break }
      buffer.reserve(group.entryLengthMaximum)
      buffer.append(index == 0 ? "{" : ",{")
      // SAFETY: the tail proved that the entries lie within the message, `isPresent` that the entry has the field.
      for field in group.fields where field.isPresent(before: entries.stride) {
        literals.append(field.literal, to: &buffer)
        buffer.appendJSON(field.slot, at: entries.entry(index), order)
      }
      buffer.append("}")
    }
    buffer.reserve(1)
    buffer.append("]")
  }

  private static func appendJSON(
    _ bytes: UnsafeRawBufferPointer, of string: StringLayout, to buffer: inout RowBuffer
  ) {
    buffer.reserve(bytes.count * 6 + 2)
    buffer.append("\"")
    if string.encoding == .bytes { buffer.appendHexadecimal(bytes) } else { buffer.appendJSON(bytes) }
    buffer.append("\"")
  }

  private func appendTable(
    _ entries: GroupEntries, _ index: Int, of group: Group, _ order: ByteOrder, _ literals: Literals,
    to buffer: inout RowBuffer
  ) {
    // SAFETY: as above.
    for field in group.fields where field.isPresent(before: entries.stride) {
      literals.append(field.literal, to: &buffer)
      TableRows.append(field.slot, at: entries.entry(index), order, to: &buffer)
    }
  }
}

extension RowBuffer {
  /// A field's value as JSON: a raw integer, a real number in the shortest digits that read back to it, text without
  /// its padding, bytes as hexadecimal digits, null where there is no value.
  ///
  /// The caller reserved `FieldSlot.rowLengthMaximum`, and proved that the message has the field.
  @inline(__always)
  mutating func appendJSON(_ slot: FieldSlot, at base: UnsafeRawPointer, _ order: ByteOrder) {
    if slot.null != .none, slot.isNull(at: base, order) {
      append("null")
      return
    }
    switch slot.encoding {
    case .character, .text, .digits:
      append(UInt8(ascii: "\""))
      appendJSON(slot.trimmed(at: base))
      append(UInt8(ascii: "\""))
    case .signed: appendDecimal(slot.signed(at: base, order))
    case .unsigned, .timestamp, .reserved: appendDecimal(slot.unsigned(at: base, order))
    case .real: appendReal(slot.real(at: base, order))
    case .bytes:
      append(UInt8(ascii: "\""))
      appendHexadecimal(slot.bytes(at: base))
      append(UInt8(ascii: "\""))
    }
  }

  /// The shortest decimal digits that read back to the same binary64, at most 24; `null` for what is no number, JSON
  /// having no infinity.
  @inline(never)
  mutating func appendReal(_ number: Double) {
    guard number.isFinite else {
      append("null")
      return
    }
    for byte in number.description.utf8 { append(byte) }
  }
}
