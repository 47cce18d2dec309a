/// Why values do not make a message.
public enum MessageWriterError: Error, Equatable, CustomStringConvertible {
  case unknownField(message: String, field: String, allowed: [String])
  case missingField(message: String, field: String)
  case wrongKind(message: String, field: String, expected: String)
  case outOfRange(message: String, field: String, size: Int)

  public var description: String {
    switch self {
    case .unknownField(let message, let field, let allowed):
      "\(message) has no field \(field); its fields are \(allowed.joined(separator: ", "))"
    case .missingField(let message, let field): "\(message) needs a value for \(field)"
    case .wrongKind(let message, let field, let expected): "\(field) of \(message) must be \(expected)"
    case .outOfRange(let message, let field, let size):
      "\(field) of \(message) does not fit into its \(size) byte\(size == 1 ? "" : "s"); give a smaller value"
    }
  }
}

/// Encodes messages of one layout from values under the fields' names: the inverse of `MessageReader.values`. Not for
/// the hot path.
public struct MessageWriter {
  public let layout: MessageLayout
  private let byteOrder: ByteOrder

  init(layout: MessageLayout, byteOrder: ByteOrder) {
    self.layout = layout
    self.byteOrder = byteOrder
  }

  /// The message's bytes.
  ///
  /// May be left out: the type (first field), reserved fields (zero), the appendage (none) and its length (counted).
  /// A length that is given is written as given. Text is padded right with spaces. Fields beyond the layout's
  /// `minimumLength` may be left out together: the message then ends before them.
  /// - Throws: `MessageWriterError` for an unknown or missing field, a value of the wrong kind or too large.
  public func encode(_ values: [String: FieldValue]) throws(MessageWriterError) -> [UInt8] {
    try checkNames(values)
    let appendage = try appendageBytes(values)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(layout.length + 2 + appendage.count)
    for (index, field) in layout.fields.enumerated() {
      if let value = values[field.name] {
        try append(value, as: field, to: &bytes)
      } else if index == 0, field.encoding == .character {
        bytes.append(layout.type)
      } else if field.encoding == .reserved {
        bytes += [UInt8](repeating: 0, count: field.size)
      } else if layout.appendage == .counted, field.name == MessageLayout.appendageLengthName {
        append(UInt64(appendage.count), size: 2, to: &bytes)
      } else if field.offset >= layout.minimumLength,
        layout.fields[index...].allSatisfy({ values[$0.name] == nil }) {
        break
      } else {
        throw .missingField(message: layout.name, field: field.name)
      }
    }
    if layout.appendage == .optional, values[MessageLayout.appendageName] != nil {
      append(try optionalLength(values, appendage.count), size: 2, to: &bytes)
    }
    return bytes + appendage
  }

  private func checkNames(_ values: [String: FieldValue]) throws(MessageWriterError) {
    var allowed = layout.fields.map(\.name)
    if layout.appendage == .optional { allowed.append(MessageLayout.appendageLengthName) }
    if layout.hasAppendage { allowed.append(MessageLayout.appendageName) }
    for name in values.keys.sorted() where !allowed.contains(name) {
      throw .unknownField(message: layout.name, field: name, allowed: allowed)
    }
  }

  private func appendageBytes(_ values: [String: FieldValue]) throws(MessageWriterError) -> [UInt8] {
    let name = MessageLayout.appendageName
    guard let value = values[name] else { return [] }
    guard case .bytes(let bytes) = value else {
      throw .wrongKind(message: layout.name, field: name, expected: "bytes")
    }
    if bytes.count > Int(UInt16.max) { throw .outOfRange(message: layout.name, field: name, size: Int(UInt16.max)) }
    return bytes
  }

  private func optionalLength(_ values: [String: FieldValue], _ count: Int) throws(MessageWriterError) -> UInt64 {
    let name = MessageLayout.appendageLengthName
    guard let value = values[name] else { return UInt64(count) }
    guard case .unsigned(let length) = value else {
      throw .wrongKind(message: layout.name, field: name, expected: "an unsigned number")
    }
    if length > UInt64(UInt16.max) { throw .outOfRange(message: layout.name, field: name, size: 2) }
    return length
  }

  private func append(
    _ value: FieldValue, as field: FieldLayout, to bytes: inout [UInt8]
  ) throws(MessageWriterError) {
    if field.encoding.isText {
      guard case .text(let text) = value else {
        throw .wrongKind(message: layout.name, field: field.name, expected: "text")
      }
      guard text.unicodeScalars.allSatisfy({ $0.value <= 0xFF }) else {
        throw .wrongKind(message: layout.name, field: field.name, expected: "text of one byte per character")
      }
      let scalars = text.unicodeScalars.map { UInt8($0.value) }
      if scalars.count > field.size { throw .outOfRange(message: layout.name, field: field.name, size: field.size) }
      bytes += scalars
      bytes += [UInt8](repeating: 0x20, count: field.size - scalars.count)
    } else if field.encoding.isSigned {
      guard case .signed(let number) = value else {
        throw .wrongKind(message: layout.name, field: field.name, expected: "a signed number")
      }
      let unused = Int64(64 - 8 * field.size)
      if (number << unused) >> unused != number {
        throw .outOfRange(message: layout.name, field: field.name, size: field.size)
      }
      append(UInt64(bitPattern: number), size: field.size, to: &bytes)
    } else {
      guard case .unsigned(let number) = value else {
        throw .wrongKind(message: layout.name, field: field.name, expected: "an unsigned number")
      }
      if field.size < 8, number >> UInt64(8 * field.size) != 0 {
        throw .outOfRange(message: layout.name, field: field.name, size: field.size)
      }
      append(number, size: field.size, to: &bytes)
    }
  }

  private func append(_ number: UInt64, size: Int, to bytes: inout [UInt8]) {
    for index in 0..<size {
      let place = byteOrder == .big ? size - 1 - index : index
      bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(8 * place)))
    }
  }
}
