import FeedCore

/// Parts of one message (`PartLayout`) as text: JSON in `ndjson` and `csv`, `name=value` in `table`.
enum RowParts {
  /// The columns of `csv`: bitfields, what they name in one JSON object, and every list.
  static func columns(of layout: MessageLayout) -> [String] {
    layout.parts.flatMap { part -> [String] in
      if case .bitfields = part { return [PartLayout.bitfieldsName, PartLayout.optionalFieldsName] }
      return part.name.map { [$0] } ?? []
    }
  }

  /// `,"bitfields":"0100","clearingFirm":"BATS"`
  static func appendJSON(
    _ message: UnsafeRawBufferPointer, _ layout: MessageLayout, _ order: ByteOrder, to buffer: inout RowBuffer
  ) {
    var needsComma = [true]
    PartWalk.visit(message, layout, order) { event in appendJSON(event, order, &needsComma, to: &buffer) }
  }

  /// The value of one of `columns`; nothing where the message does not have it.
  static func appendJSON(
    valueOf column: String, _ message: UnsafeRawBufferPointer, _ layout: MessageLayout, _ order: ByteOrder,
    to buffer: inout RowBuffer
  ) {
    var needsComma = [false]
    var listDepth = 0
    var isWanted = false
    let isObject = column == PartLayout.optionalFieldsName
    if isObject { buffer.append("{") }
    PartWalk.visit(message, layout, order) { event in
      buffer.reserve(8)
      switch event {
      case .bytes(let name, let bytes) where listDepth == 0 && name == column:
        buffer.reserve(bytes.count * 2)
        buffer.appendHexadecimal(bytes)
      case .beginList(let name):
        if listDepth == 0 { isWanted = name == column }
        listDepth += 1
        // The column's own name is not part of its value.
        if isWanted {
          if listDepth == 1 {
            buffer.append("[")
            needsComma.append(false)
          } else {
            appendJSON(event, order, &needsComma, to: &buffer)
          }
        }
      case .endList:
        listDepth -= 1
        if isWanted { appendJSON(event, order, &needsComma, to: &buffer) }
      case .field where listDepth == 0:
        if isObject { appendJSON(event, order, &needsComma, to: &buffer) }
      default: if isWanted, listDepth > 0 { appendJSON(event, order, &needsComma, to: &buffer) }
      }
    }
    buffer.reserve(8)
    if isObject { buffer.append("}") }
  }

  /// ` bitfields=0100 clearingFirm=BATS units=[{unitNumber=1 unitSequence=46} {…}]`
  static func appendTable(
    _ message: UnsafeRawBufferPointer, _ layout: MessageLayout, _ order: ByteOrder, to buffer: inout RowBuffer
  ) {
    var needsSpace = [true]
    func appendKey(_ name: String) {
      buffer.reserve(name.utf8.count + 8)
      if needsSpace[needsSpace.count - 1] { buffer.append(UInt8(ascii: " ")) }
      needsSpace[needsSpace.count - 1] = true
      for byte in name.utf8 { buffer.append(byte) }
      buffer.append(UInt8(ascii: "="))
    }
    PartWalk.visit(message, layout, order) { event in
      buffer.reserve(8)
      switch event {
      case .field(let field, let base):
        appendKey(field.name)
        buffer.reserve(field.slot.rowLengthMaximum(textFactor: 4))
        // SAFETY: the walk proved that the field lies within the message.
        TableRows.append(field.slot, at: base, order, to: &buffer)
      case .bytes(let name, let bytes):
        appendKey(name)
        buffer.reserve(bytes.count * 2)
        buffer.appendHexadecimal(bytes)
      case .beginList(let name):
        appendKey(name)
        buffer.append(UInt8(ascii: "["))
        needsSpace.append(false)
      case .beginEntry:
        if needsSpace[needsSpace.count - 1] { buffer.append(UInt8(ascii: " ")) }
        needsSpace[needsSpace.count - 1] = true
        buffer.append(UInt8(ascii: "{"))
        needsSpace.append(false)
      case .endEntry:
        needsSpace.removeLast()
        buffer.append(UInt8(ascii: "}"))
      case .endList:
        needsSpace.removeLast()
        buffer.append(UInt8(ascii: "]"))
      }
    }
  }

  private static func appendJSON(
    _ event: PartEvent, _ order: ByteOrder, _ needsComma: inout [Bool], to buffer: inout RowBuffer
  ) {
    buffer.reserve(8)
    switch event {
    case .field(let field, let base):
      if field.encoding == .reserved { return }
      appendKey(field.name, &needsComma, to: &buffer)
      buffer.reserve(field.slot.rowLengthMaximum(textFactor: 6))
      // SAFETY: the walk proved that the field lies within the message.
      buffer.appendJSON(field.slot, at: base, order)
    case .bytes(let name, let bytes):
      appendKey(name, &needsComma, to: &buffer)
      buffer.reserve(bytes.count * 2 + 2)
      buffer.append(UInt8(ascii: "\""))
      buffer.appendHexadecimal(bytes)
      buffer.append(UInt8(ascii: "\""))
    case .beginList(let name):
      appendKey(name, &needsComma, to: &buffer)
      buffer.append("[")
      needsComma.append(false)
    case .beginEntry:
      if needsComma[needsComma.count - 1] { buffer.append(",") }
      needsComma[needsComma.count - 1] = true
      buffer.append("{")
      needsComma.append(false)
    case .endEntry:
      needsComma.removeLast()
      buffer.append("}")
    case .endList:
      needsComma.removeLast()
      buffer.append("]")
    }
  }

  private static func appendKey(_ name: String, _ needsComma: inout [Bool], to buffer: inout RowBuffer) {
    buffer.reserve(name.utf8.count + 8)
    if needsComma[needsComma.count - 1] { buffer.append(",") }
    needsComma[needsComma.count - 1] = true
    buffer.append("\"")
    for byte in name.utf8 { buffer.append(byte) }
    buffer.append("\":")
  }
}
