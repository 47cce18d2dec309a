import FeedCore

/// Comma-separated values with a header line (RFC 4180, lines end with LF).
///
/// The columns depend on the protocols and types asked for, never on the data: `packet`, `sequence`, `protocol`,
/// `type` (after `file`, where rows name their file), then every field name of the layouts in the order of their
/// first appearance, and the appendage. A message leaves the columns it does not have empty. Numbers are the raw
/// wire integers. Text comes without padding; bytes outside printable ASCII as "\xNN", "\" doubled. A group is one
/// column, its entries a JSON array; an optional field without a value is empty.
public struct CSVRows: RowFormatter {
  private struct Column: BitwiseCopyable {
    /// Separators between the column before (that the message has) and this one.
    var separators: Int
    /// Nil for a group or a string.
    var slot: FieldSlot?
    var nameIndex: Int
  }

  /// A class, so that a row costs one reference count and no copy of a dozen arrays.
  private final class Plan {
    let byteOrder: ByteOrder
    /// `,protocol,type`
    let head: Literal
    /// In the order of the columns.
    let columns: [Column]
    let lastIndex: Int
    let isFlat: Bool
    let hasAppendage: Bool
    let rowLengthMaximum: Int

    init(
      byteOrder: ByteOrder, head: Literal, columns: [Column], lastIndex: Int, isFlat: Bool, hasAppendage: Bool,
      rowLengthMaximum: Int
    ) {
      self.byteOrder = byteOrder
      self.head = head
      self.columns = columns
      self.lastIndex = lastIndex
      self.isFlat = isFlat
      self.hasAppendage = hasAppendage
      self.rowLengthMaximum = rowLengthMaximum
    }
  }

  private var literals = Literals()
  /// By protocol and layout; nil for types not asked for.
  private var plans: [[Plan?]] = []
  private var tails: [[TailPlan]] = []
  private var names: [String] = []
  private let protocols: [ProtocolDescription]
  private let namesFiles: Bool
  private let namesFlows: Bool
  /// The columns of file and flow, with their commas.
  private var file: [UInt8] = []
  private var fileCount = 0

  /// - Parameter includes: whether messages of a layout may appear.
  public init(
    _ protocols: [ProtocolDescription], namesFiles: Bool, namesFlows: Bool = false,
    includes: (MessageLayout) -> Bool = { _ in true }
  ) {
    self.namesFiles = namesFiles
    self.namesFlows = namesFlows
    self.protocols = protocols
    var indices: [String: Int] = [:]
    var hasAppendage = false
    let wanted = protocols.flatMap(\.layouts).filter(includes)
    for layout in wanted {
      let fields = layout.fields.filter { $0.encoding != .reserved && $0.name != MessageLayout.appendageLengthName }
      for name in fields.map(\.name) + layout.groups.map(\.name) + layout.strings.map(\.name) + RowParts.columns(of: layout)
      where indices[name] == nil {
        indices[name] = names.count
        names.append(name)
      }
    }
    hasAppendage = wanted.contains(where: \.hasAppendage)
    if hasAppendage {
      for name in [MessageLayout.appendageLengthName, MessageLayout.appendageName] {
        indices[name] = names.count
        names.append(name)
      }
    }
    for description in protocols {
      var row: [Plan?] = []
      for (index, layout) in description.layouts.enumerated() {
        row.append(includes(layout) ? Self.plan(index, of: description, indices, names.count, &literals) : nil)
      }
      plans.append(row)
      tails.append(
        description.layouts.map { TailPlan($0, description.byteOrder, &literals) { ($1 ? "\"" : ",\"") + $0 + "\":" } })
    }
  }

  private static func plan(
    _ layoutIndex: Int, of description: ProtocolDescription, _ indices: [String: Int], _ columnCount: Int,
    _ literals: inout Literals
  ) -> Plan {
    let layout = description.layouts[layoutIndex]
    let head = literals.add(",\(description.name),\(layout.typeText)")
    var cells: [(index: Int, slot: FieldSlot?)] = []
    for field in layout.fields where field.encoding != .reserved {
      if let index = indices[field.name] { cells.append((index, field.slot)) }
    }
    for name in layout.groups.map(\.name) + layout.strings.map(\.name) + RowParts.columns(of: layout) {
      if let index = indices[name] { cells.append((index, nil)) }
    }
    var columns: [Column] = []
    var last = -1
    var rowLengthMaximum = 96 + head.count + columnCount
    for (index, slot) in cells.sorted(by: { $0.index < $1.index }) {
      columns.append(Column(separators: index - last, slot: slot, nameIndex: index))
      last = index
      rowLengthMaximum += slot?.rowLengthMaximum(textFactor: 5) ?? 0
    }
    return Plan(
      byteOrder: description.byteOrder, head: head, columns: columns, lastIndex: last,
      isFlat: description.isFlat(layoutIndex: layoutIndex), hasAppendage: layout.hasAppendage,
      rowLengthMaximum: rowLengthMaximum)
  }

  public func appendHeader(to buffer: inout RowBuffer) {
    let flow = namesFlows ? ["flow", "direction"] : []
    let line = ((namesFiles ? ["file"] : []) + flow + ["packet", "sequence", "protocol", "type"] + names)
      .joined(separator: ",") + "\n"
    buffer.reserve(line.utf8.count)
    for byte in line.utf8 { buffer.append(byte) }
  }

  public mutating func beginFile(named name: String) {
    let needsQuotes = name.utf8.contains { $0 == 0x22 || $0 == 0x2C || $0 == 0x0A || $0 == 0x0D }
    file = []
    if needsQuotes { file.append(0x22) }
    for byte in name.utf8 {
      if byte == 0x22 { file.append(0x22) }
      file.append(byte)
    }
    if needsQuotes { file.append(0x22) }
    file.append(UInt8(ascii: ","))
    fileCount = file.count
  }

  public mutating func beginFlow(_ flow: String?, from side: StreamSide?) {
    file.removeSubrange(fileCount...)
    file += Array("\(flow ?? ""),\(side.map { "\($0)" } ?? ""),".utf8)
  }

  public func append(_ message: DecodedMessage, to buffer: inout RowBuffer) {
    guard let base = message.bytes.baseAddress, let plan = plans[message.protocolIndex][message.layoutIndex] else {
      return
    }
    buffer.reserve(plan.rowLengthMaximum &+ file.count)
    if !file.isEmpty { file.withUnsafeBytes { buffer.append($0) } }
    buffer.appendDecimal(message.packetIndex)
    buffer.append(UInt8(ascii: ","))
    if let sequenceNumber = message.sequenceNumber { buffer.appendDecimal(sequenceNumber) }
    literals.append(plan.head, to: &buffer)
    let end = plan.isFlat
      ? message.bytes.count
      : protocols[message.protocolIndex].rootEnd(of: message.bytes, layoutIndex: message.layoutIndex)
    for column in plan.columns {
      for _ in 0..<column.separators { buffer.append(UInt8(ascii: ",")) }
      guard let slot = column.slot else {
        appendTail(names[column.nameIndex], of: message, plan, to: &buffer)
        continue
      }
      // SAFETY: a field is read only where the message holds it.
      guard slot.offset &+ slot.size <= end, slot.null == .none || !slot.isNull(at: base, plan.byteOrder) else {
        continue
      }
      switch slot.encoding {
      case .character, .text, .digits: Self.append(text: slot.trimmed(at: base), to: &buffer)
      case .signed: buffer.appendDecimal(slot.signed(at: base, plan.byteOrder))
      case .unsigned, .timestamp, .reserved: buffer.appendDecimal(slot.unsigned(at: base, plan.byteOrder))
      case .real: buffer.appendReal(slot.real(at: base, plan.byteOrder))
      case .bytes: buffer.appendHexadecimal(slot.bytes(at: base))
      }
    }
    var last = plan.lastIndex
    let layouts = protocols[message.protocolIndex].layouts
    if plan.hasAppendage, let appendage = layouts[message.layoutIndex].appendageBytes(of: message.bytes) {
      buffer.reserve(names.count &+ 64 &+ appendage.count * 2)
      // The appendage's two columns are the last ones; a counted length is a field and stands there already.
      if layouts[message.layoutIndex].appendage == .optional {
        while last < names.count - 2 {
          buffer.append(UInt8(ascii: ","))
          last += 1
        }
        buffer.appendDecimal(UInt64(appendage.count))
      }
      while last < names.count - 1 {
        buffer.append(UInt8(ascii: ","))
        last += 1
      }
      buffer.appendHexadecimal(appendage)
    }
    for _ in 0..<max(names.count - 1 - last, 0) { buffer.append(UInt8(ascii: ",")) }
    buffer.append(UInt8(ascii: "\n"))
  }

  /// A group as JSON, or a string, in one value. Makes room for the rest of the row again.
  @inline(never)
  private func appendTail(_ name: String, of message: DecodedMessage, _ plan: Plan, to buffer: inout RowBuffer) {
    var value = RowBuffer(capacity: 256)
    tails[message.protocolIndex][message.layoutIndex]
      .append(valueOf: name, message, protocols[message.protocolIndex], literals, to: &value)
    buffer.reserve(2 * value.count + 2 + plan.rowLengthMaximum)
    guard value.bytes.contains(where: { $0 == 0x22 || $0 == 0x2C }) else {
      buffer.append(value.bytes)
      return
    }
    buffer.append(UInt8(ascii: "\""))
    for byte in value.bytes {
      if byte == UInt8(ascii: "\"") { buffer.append(byte) }
      buffer.append(byte)
    }
    buffer.append(UInt8(ascii: "\""))
  }

  /// A value with a comma or a quote stands in quotes, and a quote in it twice.
  private static func append(text: UnsafeRawBufferPointer, to buffer: inout RowBuffer) {
    guard text.contains(where: { $0 == 0x22 || $0 == 0x2C }) else {
      buffer.appendVisible(text)
      return
    }
    buffer.append(UInt8(ascii: "\""))
    for index in text.indices {
      if text[index] == 0x22 { buffer.append(UInt8(ascii: "\"")) }
      buffer.appendVisible(UnsafeRawBufferPointer(rebasing: text[index...index]))
    }
    buffer.append(UInt8(ascii: "\""))
  }
}
