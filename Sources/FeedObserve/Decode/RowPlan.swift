import FeedCore

/// Where one field's text before its value lies among a formatter's literals, and where its value lies.
struct FieldPlan: BitwiseCopyable {
  var literal: Literal
  var slot: FieldSlot

  /// - Parameter end: bytes of the message, or of the group's entry, in which fields lie.
  @inline(__always)
  func isPresent(before end: Int) -> Bool { slot.offset &+ slot.size <= end }
}

/// A piece of text prepared beforehand, in `Literals`.
struct Literal: BitwiseCopyable {
  var start: Int
  var count: Int
}

/// All prepared texts of a formatter, one after another.
struct Literals {
  private var bytes: [UInt8] = []

  mutating func add(_ text: String) -> Literal {
    let start = bytes.count
    bytes += Array(text.utf8)
    return Literal(start: start, count: bytes.count - start)
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
