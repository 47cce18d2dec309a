import FeedCore

/// One JSON object per message and line:
///
///     {"packet":0,"sequence":1,"protocol":"itch50","type":"A","fields":{"messageType":"A","stockLocate":12,…}}
///
/// Numbers are the raw wire integers, real numbers in the shortest digits that read back to them; text comes without
/// the padding at its end; bytes and an appendage come as hexadecimal digits; a group is an array of objects; an
/// optional field without a value is null; reserved fields are left out. `file` is the first key where rows name their
/// file, `flow` and `direction` follow where they name flows; `sequence` is null where the transport numbers no messages.
public struct NDJSONRows: RowFormatter {
  /// A class, so that a row costs one reference count and no copy of a dozen arrays.
  private final class Plan {
    let byteOrder: ByteOrder
    /// `,"protocol":…,"fields":{`
    let head: Literal
    let fields: [FieldPlan]
    /// The fields lie within the message's own length, and no group follows.
    let isFlat: Bool
    let hasAppendage: Bool
    /// Most bytes a row can take, the file's name and an appendage's digits apart.
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
  private let protocols: [ProtocolDescription]
  private var plans: [[Plan]] = []
  /// Apart from the plans: of use to few messages.
  private var tails: [[TailPlan]] = []
  /// `"file":"…","flow":"…","direction":"client",`
  private var file: [UInt8] = []
  /// Bytes of it that name the file.
  private var fileCount = 0

  public init(_ protocols: [ProtocolDescription]) {
    self.protocols = protocols
    for description in protocols {
      plans.append(description.layouts.indices.map { Self.plan($0, of: description, &literals) })
      tails.append(
        description.layouts.map { TailPlan($0, description.byteOrder, &literals) { ($1 ? "\"" : ",\"") + $0 + "\":" } })
    }
  }

  private static func plan(
    _ layoutIndex: Int, of description: ProtocolDescription, _ literals: inout Literals
  ) -> Plan {
    let layout = description.layouts[layoutIndex]
    // Names and type codes are the tables' own: plain ASCII without anything to escape.
    let head = literals.add(
      ",\"protocol\":\"\(description.name)\",\"type\":\"\(layout.typeText)\",\"fields\":{")
    var fields: [FieldPlan] = []
    var rowLengthMaximum = 160 + head.count
    for field in layout.fields where field.encoding != .reserved {
      let literal = literals.add((fields.isEmpty ? "\"" : ",\"") + field.name + "\":")
      fields.append(FieldPlan(literal: literal, slot: field.slot, order: description.byteOrder))
      rowLengthMaximum += literal.count + field.slot.rowLengthMaximum(textFactor: 6)
    }
    return Plan(
      byteOrder: description.byteOrder, head: head, fields: fields,
      isFlat: description.isFlat(layoutIndex: layoutIndex), hasAppendage: layout.hasAppendage,
      rowLengthMaximum: rowLengthMaximum)
  }

  public func appendHeader(to buffer: inout RowBuffer) {}

  public mutating func beginFile(named name: String) {
    // A file name is UTF-8 and stays it; what JSON forbids inside a string is escaped.
    file = Array("\"file\":\"".utf8)
    for byte in name.utf8 {
      if byte < 0x20 || byte == 0x7F {
        let digits = String(byte, radix: 16)
        file += Array(("\\u00" + (digits.count < 2 ? "0" : "") + digits).utf8)
      } else {
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { file.append(UInt8(ascii: "\\")) }
        file.append(byte)
      }
    }
    file += Array("\",".utf8)
    fileCount = file.count
  }

  public mutating func beginFlow(_ flow: String?, from side: StreamSide?) {
    file.removeSubrange(fileCount...)
    // Addresses and ports: plain ASCII without anything to escape.
    file += Array("\"flow\":\(flow.map { "\"\($0)\"" } ?? "null"),".utf8)
    file += Array("\"direction\":\(side.map { "\"\($0)\"" } ?? "null"),".utf8)
  }

  public func append(_ message: DecodedMessage, to buffer: inout RowBuffer) {
    guard let base = message.bytes.baseAddress else { return }
    let plan = plans[message.protocolIndex][message.layoutIndex]
    buffer.reserve(plan.rowLengthMaximum &+ file.count)
    buffer.append(UInt8(ascii: "{"))
    if !file.isEmpty { file.withUnsafeBytes { buffer.append($0) } }
    buffer.append("\"packet\":")
    buffer.appendDecimal(message.packetIndex)
    buffer.append(",\"sequence\":")
    if let sequenceNumber = message.sequenceNumber {
      buffer.appendDecimal(sequenceNumber)
    } else {
      buffer.append("null")
    }
    let end = plan.isFlat ? message.bytes.count : rootEnd(of: message)
    literals.withBytes { texts in
      buffer.append(plan.head.text(in: texts))
      // SAFETY: `isPresent` proves that the message holds the field; each load is of the field's own size.
      for field in plan.fields where field.isPresent(before: end) {
        buffer.append(field.literal.text(in: texts))
        let offset = field.slot.offset
        switch field.load {
        case .text:
          buffer.append(UInt8(ascii: "\""))
          buffer.appendJSON(field.slot.trimmed(at: base))
          buffer.append(UInt8(ascii: "\""))
        case .big2: buffer.appendDecimal(UInt64(base.bigEndian(UInt16.self, at: offset)))
        case .big4: buffer.appendDecimal(UInt64(base.bigEndian(UInt32.self, at: offset)))
        case .big6: buffer.appendDecimal(base.bigEndianUInt48(at: offset))
        case .big8: buffer.appendDecimal(base.bigEndian(UInt64.self, at: offset))
        case .other: buffer.appendJSON(field.slot, at: base, plan.byteOrder)
        }
      }
    }
    if !plan.isFlat { appendTail(message, to: &buffer) }
    if plan.hasAppendage { appendAppendage(message, to: &buffer) }
    buffer.append("}}\n")
  }

  @inline(never)
  private func rootEnd(of message: DecodedMessage) -> Int {
    protocols[message.protocolIndex].rootEnd(of: message.bytes, layoutIndex: message.layoutIndex)
  }

  @inline(never)
  private func appendTail(_ message: DecodedMessage, to buffer: inout RowBuffer) {
    tails[message.protocolIndex][message.layoutIndex]
      .appendJSON(message, protocols[message.protocolIndex], literals, to: &buffer)
    buffer.reserve(8)
  }

  @inline(never)
  private func appendAppendage(_ message: DecodedMessage, to buffer: inout RowBuffer) {
    let layout = protocols[message.protocolIndex].layouts[message.layoutIndex]
    guard let appendage = layout.appendageBytes(of: message.bytes) else { return }
    buffer.reserve(64 + appendage.count * 2)
    if layout.appendage == .optional {
      buffer.append(",\"appendageLength\":")
      buffer.appendDecimal(UInt64(appendage.count))
    }
    buffer.append(",\"optionalAppendage\":\"")
    buffer.appendHexadecimal(appendage)
    buffer.append("\"")
    buffer.reserve(8)
  }
}
