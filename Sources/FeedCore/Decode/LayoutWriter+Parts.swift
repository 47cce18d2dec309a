extension MessageWriter {
  /// The bytes of the parts behind the fixed part, from values under their names; a list is a group of entries.
  func append(
    _ parts: [PartLayout], _ values: [String: FieldValue], to bytes: inout [UInt8]
  ) throws(MessageWriterError) {
    for part in parts { try append(part, values, to: &bytes) }
  }

  private func append(
    _ part: PartLayout, _ values: [String: FieldValue], to bytes: inout [UInt8]
  ) throws(MessageWriterError) {
    switch part {
    case .field(let field): try append(required: field, values, to: &bytes)
    case .bitfields(let sets):
      let bits = try raw(PartLayout.bitfieldsName, values)
      bytes += bits
      for (index, byte) in bits.enumerated() {
        for bit in 0..<8 where byte >> UInt8(bit) & 1 == 1 {
          guard index < sets.count, let field = sets[index][bit] else {
            throw .unknownField(
              message: layout.name, field: "bit \(bit) of bitfield \(index + 1)",
              allowed: sets.joined().compactMap { $0?.name })
          }
          try append(required: field, values, to: &bytes)
        }
      }
    case .countedBytes(let title):
      let name = FieldLayout.name(of: title)
      let given = try raw(name, values)
      guard given.count <= 255 else { throw .outOfRange(message: layout.name, field: name, size: 255) }
      bytes.append(UInt8(given.count))
      bytes += given
    case .list(let title, let parts):
      let name = FieldLayout.name(of: title)
      var entries: [[NamedValue]] = []
      if let value = values[name] {
        guard case .group(let given) = value else {
          throw .wrongKind(message: layout.name, field: name, expected: "a group")
        }
        entries = given
      }
      guard entries.count <= 255 else { throw .outOfRange(message: layout.name, field: name, size: 1) }
      bytes.append(UInt8(entries.count))
      for entry in entries { try append(parts, Self.dictionary(entry), to: &bytes) }
    case .sized(let length, let type, let choices):
      let start = bytes.count
      if values[length.name] != nil {
        try append(required: length, values, to: &bytes)
      } else {
        bytes += [UInt8](repeating: 0, count: length.size)
      }
      try append(required: type, values, to: &bytes)
      if let parts = choices[bytes[bytes.count - 1]] {
        try append(parts, values, to: &bytes)
      } else {
        bytes += try raw(PartLayout.dataName, values)
      }
      if values[length.name] == nil {
        let own = FieldValue.unsigned(UInt64(bytes.count - start))
        var field: [UInt8] = []
        try append(required: length, [length.name: own], to: &field)
        bytes.replaceSubrange(start..<(start + length.size), with: field)
      }
    }
  }

  private func append(
    required field: FieldLayout, _ values: [String: FieldValue], to bytes: inout [UInt8]
  ) throws(MessageWriterError) {
    guard let value = values[field.name] else { throw .missingField(message: layout.name, field: field.name) }
    try append(value, as: field, to: &bytes)
  }

  private func raw(_ name: String, _ values: [String: FieldValue]) throws(MessageWriterError) -> [UInt8] {
    guard let value = values[name] else { return [] }
    guard case .bytes(let bytes) = value else {
      throw .wrongKind(message: layout.name, field: name, expected: "bytes")
    }
    return bytes
  }

  private static func dictionary(_ entry: [NamedValue]) -> [String: FieldValue] {
    Dictionary(entry.map { ($0.name, $0.value) }) { first, _ in first }
  }

  /// The names that may be given for the parts.
  static func names(of parts: [PartLayout]) -> [String] {
    parts.flatMap { part -> [String] in
      if case .bitfields(let sets) = part {
        return [PartLayout.bitfieldsName] + sets.joined().compactMap { $0?.name }
      }
      return part.name.map { [$0] } ?? []
    }
  }
}
