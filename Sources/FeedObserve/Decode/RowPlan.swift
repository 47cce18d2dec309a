import FeedCore

/// Where one field's text before its value lies among a formatter's literals, and where its value lies.
struct FieldPlan: BitwiseCopyable {
  /// The encodings that fill the feeds, each with one load and without a value that means none; the rest is read by
  /// `FieldSlot`.
  enum Load: UInt8, BitwiseCopyable {
    case text
    case big2
    case big4
    case big6
    case big8
    case other
  }

  let literal: Literal
  let slot: FieldSlot
  let load: Load

  init(literal: Literal, slot: FieldSlot, order: ByteOrder) {
    self.literal = literal
    self.slot = slot
    let isNumber = slot.encoding == .unsigned || slot.encoding == .timestamp
    load = switch slot.size {
    case _ where slot.null != .none: .other
    case _ where slot.encoding.isText: .text
    case 2 where isNumber && order == .big: .big2
    case 4 where isNumber && order == .big: .big4
    case 6 where isNumber && order == .big: .big6
    case 8 where isNumber && order == .big: .big8
    default: .other
    }
  }

  /// - Parameter end: bytes of the message, or of the group's entry, in which fields lie.
  @inline(__always)
  func isPresent(before end: Int) -> Bool { slot.offset &+ slot.size <= end }
}

/// A piece of text prepared beforehand, in `Literals`.
struct Literal: BitwiseCopyable {
  var start: Int
  var count: Int

  /// - Parameter texts: of the `Literals` that made it.
  @inline(__always)
  func text(in texts: UnsafeRawPointer) -> UnsafeRawBufferPointer {
    // SAFETY: `Literals.add` said where it put the text.
    UnsafeRawBufferPointer(start: texts + start, count: count)
  }
}

/// All prepared texts of a formatter, one after another.
struct Literals {
  private var bytes: [UInt8] = []

  mutating func add(_ text: String) -> Literal {
    let start = bytes.count
    bytes += Array(text.utf8)
    return Literal(start: start, count: bytes.count - start)
  }

  /// All texts, for a row's appending; do not let the pointer escape.
  @inline(__always)
  func withBytes(_ body: (UnsafeRawPointer) -> Void) {
    bytes.withUnsafeBytes { texts in
      if let base = texts.baseAddress { body(base) }
    }
  }

  @inline(__always)
  func append(_ literal: Literal, to buffer: inout RowBuffer) {
    bytes.withUnsafeBytes {
      buffer.append(UnsafeRawBufferPointer(rebasing: $0[literal.start..<(literal.start &+ literal.count)]))
    }
  }
}

extension FieldSlot {
  /// Most bytes that the value can take in a row: each byte of text may become `textFactor`, and two quotes.
  func rowLengthMaximum(textFactor: Int) -> Int {
    switch encoding {
    case .character, .text, .digits: size * textFactor + 2
    case .bytes: size * 2 + 2
    case .real: 32
    case .unsigned, .signed, .timestamp, .reserved: 24
    }
  }
}
