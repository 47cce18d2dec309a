/// A piece of a message behind its fixed part whose place depends on what stands before it. Parts follow one another
/// without holes and end with the message: what does not add up so is not decoded.
public indirect enum PartLayout: Sendable {
  /// A field that is always there; its offset counts from the part's start.
  case field(FieldLayout)
  /// As many bytes as the last field of the fixed part says, then one field for each bit set: byte 1 first, and in
  /// each from 0x01 to 0x80. Nil: a bit whose field is not known, so that nothing behind it can be found.
  case bitfields([[FieldLayout?]])
  /// A count of one byte, which is not shown, and that many bytes, shown as hexadecimal digits.
  case countedBytes(String)
  /// A count of one byte, which is not shown, and that many entries.
  case list(String, [PartLayout])
  /// A group with its own length (2 bytes, all of it), a type (1 byte), and parts that depend on the type; the bytes of
  /// another type are `data`.
  case sized(length: FieldLayout, type: FieldLayout, [UInt8: [PartLayout]])

  /// The keys of bitfields and of the bytes of an unknown group.
  public static let bitfieldsName = "bitfields"
  public static let dataName = "data"
  /// The key under which `csv` shows what the bits name.
  public static let optionalFieldsName = "optionalFields"

  /// The key in decoded output; nil for what has several.
  public var name: String? {
    switch self {
    case .field(let field): field.name
    case .bitfields: Self.bitfieldsName
    case .countedBytes(let title), .list(let title, _): FieldLayout.name(of: title)
    case .sized: nil
    }
  }
}

/// What a walk over the parts of a message meets. Pointers lead into the message.
public enum PartEvent {
  /// The slot's offset is zero: read at the pointer.
  case field(FieldLayout, UnsafeRawPointer)
  case bytes(name: String, UnsafeRawBufferPointer)
  case beginList(name: String)
  case beginEntry
  case endEntry
  case endList
}

/// Walks the parts of one message. Not for the hot path.
public struct PartWalk {
  private let message: UnsafeRawBufferPointer
  private let order: ByteOrder
  private let visit: (PartEvent) -> Void
  private var offset: Int
  /// The byte before the first part: the number of bitfields, where there are any.
  private let bitfieldCount: Int

  private init(
    _ message: UnsafeRawBufferPointer, _ order: ByteOrder, from offset: Int, _ visit: @escaping (PartEvent) -> Void
  ) {
    self.message = message
    self.order = order
    self.offset = offset
    self.visit = visit
    bitfieldCount = offset > 0 && offset <= message.count ? Int(message[offset - 1]) : 0
  }

  /// Whether the parts account for every byte behind the fixed part.
  public static func addsUp(_ message: UnsafeRawBufferPointer, _ layout: MessageLayout, _ order: ByteOrder) -> Bool {
    var walk = PartWalk(message, order, from: layout.length) { _ in }
    return walk.take(layout.parts) && walk.offset == message.count
  }

  /// Visits the parts in wire order; where they do not add up, only the bitfields themselves.
  public static func visit(
    _ message: UnsafeRawBufferPointer, _ layout: MessageLayout, _ order: ByteOrder, _ visit: (PartEvent) -> Void
  ) {
    withoutActuallyEscaping(visit) { visit in
      var walk = PartWalk(message, order, from: layout.length, visit)
      if addsUp(message, layout, order) {
        _ = walk.take(layout.parts)
      } else if case .bitfields? = layout.parts.first, let bits = walk.bytes(walk.bitfieldCount) {
        visit(.bytes(name: PartLayout.bitfieldsName, bits))
      }
    }
  }

  private mutating func take(_ parts: [PartLayout]) -> Bool { parts.allSatisfy { take($0) } }

  private mutating func take(_ part: PartLayout) -> Bool {
    switch part {
    case .field(let field): return take(field)
    case .bitfields(let sets):
      guard let bits = bytes(bitfieldCount) else { return false }
      visit(.bytes(name: PartLayout.bitfieldsName, bits))
      for (index, byte) in bits.enumerated() where byte != 0 {
        for bit in 0..<8 where byte >> UInt8(bit) & 1 == 1 {
          guard index < sets.count, let field = sets[index][bit], take(field) else { return false }
        }
      }
      return true
    case .countedBytes(let title):
      guard let count = bytes(1)?.first, let bytes = bytes(Int(count)) else { return false }
      visit(.bytes(name: FieldLayout.name(of: title), bytes))
      return true
    case .list(let title, let parts):
      guard let count = bytes(1)?.first else { return false }
      visit(.beginList(name: FieldLayout.name(of: title)))
      for _ in 0..<count {
        visit(.beginEntry)
        guard take(parts) else { return false }
        visit(.endEntry)
      }
      visit(.endList)
      return true
    case .sized(let length, let type, let choices):
      let start = offset
      guard take(length), take(type), let base = message.baseAddress else { return false }
      // SAFETY: both fields are there.
      let declared = Int(length.slot.unsigned(at: base + start, order))
      let code = (base + start + length.size).byte(at: 0)
      if let parts = choices[code] { return take(parts) && offset == start + declared }
      guard let rest = bytes(start + declared - offset) else { return false }
      visit(.bytes(name: PartLayout.dataName, rest))
      return true
    }
  }

  private mutating func take(_ field: FieldLayout) -> Bool {
    guard let bytes = bytes(field.size), let base = bytes.baseAddress else { return false }
    visit(.field(field, base))
    return true
  }

  private mutating func bytes(_ count: Int) -> UnsafeRawBufferPointer? {
    guard count >= 0, count <= message.count - offset else { return nil }
    defer { offset += count }
    return UnsafeRawBufferPointer(rebasing: message[offset..<(offset + count)])
  }
}
