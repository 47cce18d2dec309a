/// Encodes messages of one layout from values under the fields' names: the inverse of `MessageReader.values`. Not for
/// the hot path.
public struct MessageWriter {
  public let layout: MessageLayout
  private let head: MessageHead
  private let version: UInt32?

  init(layout: MessageLayout, head: MessageHead, version: UInt32?) {
    self.layout = layout
    self.head = head
    self.version = version
  }

  /// The message's bytes.
  ///
  /// May be left out: every field whose role tells its value (type, lengths, counts, constants), reserved fields
  /// (zero), groups (empty), strings (empty), the appendage (none) and its length (counted). What is given is written
  /// as given. Text is padded right with spaces or NULs, as the venue does. Fields beyond the layout's
  /// `minimumLength` may be left out together: the message then ends before them; not where a tail follows.
  /// - Throws: `MessageWriterError` for an unknown or missing field, a value of the wrong kind or too large.
  public func encode(_ values: [String: FieldValue]) throws(MessageWriterError) -> [UInt8] {
    try checkNames(values)
    let appendage = try appendageBytes(values)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(layout.length + 2 + appendage.count)
    for (index, field) in layout.fields.enumerated() {
      if let value = values[field.name], field.encoding != .reserved || value != .null {
        try append(value, as: field, to: &bytes)
      } else if let number = implied(field, values) {
        append(number, size: field.size, to: &bytes)
      } else if field.encoding == .reserved {
        bytes += [UInt8](repeating: 0, count: field.size)
      } else if layout.appendage == .counted, field.name == MessageLayout.appendageLengthName {
        append(UInt64(appendage.count), size: 2, to: &bytes)
      } else if field.offset >= layout.minimumLength, !layout.hasTail,
        layout.fields[index...].allSatisfy({ values[$0.name] == nil }) {
        break
      } else {
        throw .missingField(message: layout.name, field: field.name)
      }
    }
    let rootEnd = bytes.count
    if layout.appendage == .optional, values[MessageLayout.appendageName] != nil {
      append(try optionalLength(values, appendage.count), size: 2, to: &bytes)
    }
    bytes += appendage
    for group in layout.groups { try append(group, values, to: &bytes) }
    for string in layout.strings { try append(string, values, to: &bytes) }
    try append(layout.parts, values, to: &bytes)
    bytes += [UInt8](repeating: 0, count: (head.alignment - bytes.count % head.alignment) % head.alignment)
    try patchLengths(values, rootEnd: rootEnd, in: &bytes)
    return bytes
  }

  // MARK: Fields with a role

  /// What a field holds where no value was given; lengths are written when the message is complete.
  private func implied(_ field: FieldLayout, _ values: [String: FieldValue]) -> UInt64? {
    switch field.role {
    case .value: nil
    case .type: UInt64(layout.code)
    case .schema(let number), .constant(let number): number
    case .messageLength, .blockLength: 0
    case .version: UInt64(version ?? newestVersion)
    case .groupCount: UInt64(layout.groups.count)
    case .stringCount: UInt64(layout.strings.count)
    case .entryCount(let title):
      switch values[FieldLayout.name(of: title)] {
      case .group(let entries): UInt64(entries.count)
      case .bytes(let bytes): UInt64(bytes.count)
      default: 0
      }
    }
  }

  private var newestVersion: UInt32 {
    if case .versions(let range, _) = layout.selector { range.upperBound } else { 0 }
  }

  private func patchLengths(
    _ values: [String: FieldValue], rootEnd: Int, in bytes: inout [UInt8]
  ) throws(MessageWriterError) {
    for field in layout.fields where values[field.name] == nil && field.offset + field.size <= rootEnd {
      let length: Int
      switch field.role {
      case .messageLength(let excluded): length = bytes.count - excluded
      case .blockLength: length = rootEnd - head.length
      default: continue
      }
      var number: [UInt8] = []
      if length < 0 || length >= 1 << (8 * field.size) {
        throw .outOfRange(message: layout.name, field: field.name, size: field.size)
      }
      append(UInt64(length), size: field.size, to: &number)
      bytes.replaceSubrange(field.offset..<(field.offset + field.size), with: number)
    }
  }

  private func checkNames(_ values: [String: FieldValue]) throws(MessageWriterError) {
    var allowed = layout.fields.map(\.name) + layout.groups.map(\.name) + layout.strings.map(\.name)
      + Self.names(of: layout.parts)
    if layout.appendage == .optional { allowed.append(MessageLayout.appendageLengthName) }
    if layout.hasAppendage { allowed.append(MessageLayout.appendageName) }
    for name in values.keys.sorted() where !allowed.contains(name) {
      throw .unknownField(message: layout.name, field: name, allowed: allowed)
    }
  }

  // MARK: What follows the fixed part

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
    _ group: GroupLayout, _ values: [String: FieldValue], to bytes: inout [UInt8]
  ) throws(MessageWriterError) {
    var entries: [[NamedValue]] = []
    if let value = values[group.name] {
      guard case .group(let given) = value else {
        throw .wrongKind(message: layout.name, field: group.name, expected: "a group")
      }
      entries = given
    }
    let dimension = group.dimension
    let limit = dimension.headerLength == 0 ? group.capacity : 1 << (8 * dimension.countSize) - 1
    if entries.count > limit {
      throw .outOfRange(message: layout.name, field: group.name, size: dimension.countSize)
    }
    if dimension.headerLength > 0 {
      var header = [UInt8](repeating: 0, count: dimension.headerLength)
      var number: [UInt8] = []
      append(UInt64(group.length), size: 2, to: &number)
      header.replaceSubrange(0..<2, with: number)
      number = []
      append(UInt64(entries.count), size: dimension.countSize, to: &number)
      header.replaceSubrange(dimension.countOffset..<(dimension.countOffset + dimension.countSize), with: number)
      bytes += header
    }
    for entry in entries { try append(entry, of: group, to: &bytes) }
    if dimension.headerLength == 0, group.capacity != .max {
      bytes += [UInt8](repeating: 0, count: (group.capacity - entries.count) * group.length)
    }
  }

  private func append(
    _ entry: [NamedValue], of group: GroupLayout, to bytes: inout [UInt8]
  ) throws(MessageWriterError) {
    for given in entry where !group.fields.contains(where: { $0.name == given.name }) {
      throw .unknownField(message: layout.name, field: "\(group.name).\(given.name)", allowed: group.fields.map(\.name))
    }
    for field in group.fields {
      if field.encoding == .reserved {
        bytes += [UInt8](repeating: 0, count: field.size)
      } else if let given = entry.first(where: { $0.name == field.name }) {
        try append(given.value, as: field, to: &bytes)
      } else {
        throw .missingField(message: layout.name, field: "\(group.name).\(field.name)")
      }
    }
  }

  private func append(
    _ string: StringLayout, _ values: [String: FieldValue], to bytes: inout [UInt8]
  ) throws(MessageWriterError) {
    let content: [UInt8]
    switch values[string.name] {
    case nil: content = []
    case .text(let text): content = try latin(text, string.name)
    case .bytes(let given): content = given
    default: throw .wrongKind(message: layout.name, field: string.name, expected: "text or bytes")
    }
    if string.lengthSize > 0 {
      if content.count >= 1 << (8 * string.lengthSize) {
        throw .outOfRange(message: layout.name, field: string.name, size: string.lengthSize)
      }
      append(UInt64(content.count), size: string.lengthSize, to: &bytes)
    }
    bytes += content
  }

  // MARK: Values

  func append(
    _ value: FieldValue, as field: FieldLayout, to bytes: inout [UInt8]
  ) throws(MessageWriterError) {
    func wrongKind(_ expected: String) -> MessageWriterError {
      .wrongKind(message: layout.name, field: field.name, expected: expected)
    }
    let tooLarge = MessageWriterError.outOfRange(message: layout.name, field: field.name, size: field.size)
    if value == .null {
      guard field.slot.null != .none else { throw wrongKind("a value: it has none that means nothing") }
      append(field.slot.nullBits, size: field.size, to: &bytes)
      return
    }
    switch field.encoding {
    case .character, .text, .digits:
      guard case .text(let text) = value else { throw wrongKind("text") }
      let scalars = try latin(text, field.name)
      if scalars.count > field.size { throw tooLarge }
      bytes += scalars + [UInt8](repeating: head.textPadding, count: field.size - scalars.count)
    case .bytes:
      // Identifiers are such fields, too: text is taken, and what is too short goes on with NULs.
      let given: [UInt8]
      switch value {
      case .bytes(let content): given = content
      case .text(let text): given = try latin(text, field.name)
      default: throw wrongKind("bytes or text")
      }
      if given.count > field.size { throw tooLarge }
      bytes += given + [UInt8](repeating: 0, count: field.size - given.count)
    case .real:
      guard case .real(let number) = value else { throw wrongKind("a real number") }
      append(number.bitPattern, size: 8, to: &bytes)
    case .signed:
      guard let number = Self.signed(value) else { throw wrongKind("a signed number") }
      let unused = Int64(64 - 8 * field.size)
      if (number << unused) >> unused != number { throw tooLarge }
      append(UInt64(bitPattern: number), size: field.size, to: &bytes)
    case .reserved where field.size > 8:
      guard case .bytes(let given) = value, given.count == field.size else { throw wrongKind("bytes") }
      bytes += given
    case .unsigned, .timestamp, .reserved:
      guard case .unsigned(let number) = value else { throw wrongKind("an unsigned number") }
      if field.size < 8, number >> UInt64(8 * field.size) != 0 { throw tooLarge }
      append(number, size: field.size, to: &bytes)
    }
  }

  private static func signed(_ value: FieldValue) -> Int64? {
    switch value {
    case .signed(let number): number
    case .unsigned(let number): Int64(exactly: number)
    default: nil
    }
  }

  private func latin(_ text: String, _ name: String) throws(MessageWriterError) -> [UInt8] {
    guard text.unicodeScalars.allSatisfy({ $0.value <= 0xFF }) else {
      throw .wrongKind(message: layout.name, field: name, expected: "text of one byte per character")
    }
    return text.unicodeScalars.map { UInt8($0.value) }
  }

  private func append(_ number: UInt64, size: Int, to bytes: inout [UInt8]) {
    for index in 0..<size {
      let place = head.order == .big ? size - 1 - index : index
      bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(8 * place)))
    }
  }
}
