import FeedCore

/// Rows for reading: position, protocol, type and name of the message, then its fields as `name=value`. Prices carry
/// their decimal point, times are hh:mm:ss.nnnnnnnnn, options of an appendage appear under their own names.
public struct TableRows: RowFormatter {
  private static let nameWidth = 26
  private static let protocolWidth = 10

  /// A class, so that a row costs one reference count and no copy of a dozen arrays.
  private final class Plan {
    let byteOrder: ByteOrder
    let head: Literal
    let fields: [FieldPlan]
    let isFlat: Bool
    let hasAppendage: Bool
    let rowLengthMaximum: Int

    init(
      byteOrder: ByteOrder, head: Literal, fields: [FieldPlan], isFlat: Bool, hasAppendage: Bool,
      rowLengthMaximum: Int
    ) {
      self.byteOrder = byteOrder
      self.head = head
      self.fields = fields
      self.isFlat = isFlat
      self.hasAppendage = hasAppendage
      self.rowLengthMaximum = rowLengthMaximum
    }
  }

  private var literals = Literals()
  private var plans: [[Plan]] = []
  private var tails: [[TailPlan]] = []
  private let protocols: [ProtocolDescription]
  private let namesFiles: Bool
  private let namesFlows: Bool
  /// The names of file and flow, each followed by a space.
  private var file: [UInt8] = []
  private var fileCount = 0

  public init(_ protocols: [ProtocolDescription], namesFiles: Bool, namesFlows: Bool = false) {
    self.protocols = protocols
    self.namesFiles = namesFiles
    self.namesFlows = namesFlows
    for description in protocols {
      plans.append(description.layouts.indices.map { Self.plan($0, of: description, &literals) })
      tails.append(description.layouts.map { TailPlan($0, description.byteOrder, &literals) { ($1 ? "" : " ") + $0 + "=" } })
    }
  }

  private static func plan(
    _ layoutIndex: Int, of description: ProtocolDescription, _ literals: inout Literals
  ) -> Plan {
    let layout = description.layouts[layoutIndex]
    let head = literals.add(
      "  " + padded(description.name, protocolWidth) + "  " + padded(layout.typeText, 4) + "  "
        + padded(layout.name, nameWidth) + " ")
    var fields: [FieldPlan] = []
    var rowLengthMaximum = 128 + head.count
    // The type stands in its own column; of the head nothing else is of use to readers.
    for field in layout.fields
    where field.encoding != .reserved && field.role == .value && field.name != MessageLayout.appendageLengthName {
      let literal = literals.add(" " + field.name + "=")
      fields.append(FieldPlan(literal: literal, slot: field.slot, order: description.byteOrder))
      rowLengthMaximum += literal.count + field.slot.rowLengthMaximum(textFactor: 4)
    }
    return Plan(
      byteOrder: description.byteOrder, head: head, fields: fields,
      isFlat: description.isFlat(layoutIndex: layoutIndex), hasAppendage: layout.hasAppendage,
      rowLengthMaximum: rowLengthMaximum)
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(width - text.utf8.count, 0))
  }

  public func appendHeader(to buffer: inout RowBuffer) {
    let line = (namesFiles ? "file " : "") + (namesFlows ? "flow direction " : "") + "  packet    sequence  "
      + Self.padded("protocol", Self.protocolWidth) + "  type  " + Self.padded("message", Self.nameWidth)
      + "  fields\n"
    buffer.reserve(line.utf8.count)
    for byte in line.utf8 { buffer.append(byte) }
  }

  public mutating func beginFile(named name: String) {
    file = Array(name.utf8) + [UInt8(ascii: " ")]
    fileCount = file.count
  }

  public mutating func beginFlow(_ flow: String?, from side: StreamSide?) {
    file.removeSubrange(fileCount...)
    file += Array("\(flow ?? "-") \(side.map { "\($0)" } ?? "-") ".utf8)
  }

  public func append(_ message: DecodedMessage, to buffer: inout RowBuffer) {
    guard let base = message.bytes.baseAddress else { return }
    let plan = plans[message.protocolIndex][message.layoutIndex]
    buffer.reserve(plan.rowLengthMaximum + file.count)
    if !file.isEmpty { file.withUnsafeBytes { buffer.append($0) } }
    buffer.appendRightAligned(message.packetIndex, width: 8)
    if let sequenceNumber = message.sequenceNumber {
      buffer.append("  ")
      buffer.appendRightAligned(sequenceNumber, width: 10)
    } else {
      buffer.append("           -")
    }
    literals.append(plan.head, to: &buffer)
    let description = protocols[message.protocolIndex]
    let end = plan.isFlat
      ? message.bytes.count : description.rootEnd(of: message.bytes, layoutIndex: message.layoutIndex)
    // SAFETY: `isPresent` proves that the message holds the field.
    for field in plan.fields where field.isPresent(before: end) {
      literals.append(field.literal, to: &buffer)
      Self.append(field.slot, at: base, plan.byteOrder, to: &buffer)
    }
    if !plan.isFlat {
      tails[message.protocolIndex][message.layoutIndex].appendTable(message, description, literals, to: &buffer)
    }
    if plan.hasAppendage, let appendage = description.layouts[message.layoutIndex].appendageBytes(of: message.bytes) {
      appendOptions(appendage, of: description, to: &buffer)
    }
    buffer.reserve(1)
    buffer.append(UInt8(ascii: "\n"))
  }

  /// The caller reserved `FieldSlot.rowLengthMaximum`, and proved that the message has the field.
  static func append(
    _ slot: FieldSlot, at base: UnsafeRawPointer, _ order: ByteOrder, to buffer: inout RowBuffer
  ) {
    if slot.null != .none, slot.isNull(at: base, order) {
      buffer.append("-")
      return
    }
    switch slot.encoding {
    case .character, .text, .digits:
      let text = slot.trimmed(at: base)
      if text.isEmpty { buffer.append("\"\"") } else { buffer.appendVisible(text) }
    case .signed:
      let value = slot.signed(at: base, order)
      if value < 0 { buffer.append(UInt8(ascii: "-")) }
      append(value.magnitude, decimals: Int(slot.decimals), to: &buffer)
    case .unsigned, .reserved:
      append(slot.unsigned(at: base, order), decimals: Int(slot.decimals), to: &buffer)
    case .timestamp: append(time: slot.unsigned(at: base, order), to: &buffer)
    case .real: buffer.appendReal(slot.real(at: base, order))
    case .bytes: buffer.appendHexadecimal(slot.bytes(at: base))
    }
  }

  private static func append(_ value: UInt64, decimals: Int, to buffer: inout RowBuffer) {
    var unit: UInt64 = 1
    for _ in 0..<decimals { unit &*= 10 }
    buffer.appendDecimal(value / unit)
    if decimals == 0 { return }
    buffer.append(UInt8(ascii: "."))
    buffer.appendDecimal(value % unit, digits: decimals)
  }

  /// A time beyond the day is no time: printed as the number it is.
  private static func append(time: UInt64, to buffer: inout RowBuffer) {
    let seconds = time / 1_000_000_000
    guard seconds < 86_400 else {
      buffer.appendDecimal(time)
      return
    }
    buffer.appendDecimal(seconds / 3_600, digits: 2)
    buffer.append(UInt8(ascii: ":"))
    buffer.appendDecimal(seconds / 60 % 60, digits: 2)
    buffer.append(UInt8(ascii: ":"))
    buffer.appendDecimal(seconds % 60, digits: 2)
    buffer.append(UInt8(ascii: "."))
    buffer.appendDecimal(time % 1_000_000_000, digits: 9)
  }

  private func appendOptions(
    _ appendage: UnsafeRawBufferPointer, of description: ProtocolDescription, to buffer: inout RowBuffer
  ) {
    var elements = OptionElements(appendage)
    while let element = elements.next() {
      // An option's name, and its value as text or as digits.
      buffer.reserve(64 + element.value.count * 4)
      buffer.append(UInt8(ascii: " "))
      if let option = description.option(ofTag: element.tag), element.value.count == option.value.size,
        let base = element.value.baseAddress {
        for byte in option.value.name.utf8 { buffer.append(byte) }
        buffer.append(UInt8(ascii: "="))
        Self.append(option.value.slot, at: base, description.byteOrder, to: &buffer)
      } else {
        buffer.append("option")
        buffer.appendDecimal(UInt64(element.tag))
        buffer.append(UInt8(ascii: "="))
        buffer.appendHexadecimal(element.value)
      }
    }
    buffer.reserve(24)
    if elements.isMalformed { buffer.append(" (malformed options)") }
  }
}
