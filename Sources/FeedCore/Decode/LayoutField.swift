/// One field of a message, as the venue's document describes it.
public struct FieldLayout: Sendable, Equatable {
  /// The document's spelling: "Buy/Sell Indicator".
  public let title: String
  /// Key in decoded output: the title in lowerCamelCase, "buySellIndicator".
  public let name: String
  public let slot: FieldSlot
  /// Units, code list, oddities; empty where the title says it all.
  public let notes: String

  public var offset: Int { slot.offset }
  public var size: Int { slot.size }
  public var encoding: FieldEncoding { slot.encoding }

  /// - Parameter offset: `MessageLayout` sets it: fields follow one another without holes.
  public init(_ title: String, _ size: Int, _ encoding: FieldEncoding, _ notes: String = "", offset: Int = 0) {
    self.title = title
    name = FieldLayout.name(of: title)
    slot = FieldSlot(offset: offset, size: size, encoding: encoding)
    self.notes = notes
  }

  func moved(to offset: Int) -> FieldLayout { FieldLayout(title, size, encoding, notes, offset: offset) }

  public static func unsigned(_ title: String, _ size: Int, _ notes: String = "") -> FieldLayout {
    FieldLayout(title, size, .unsigned, notes)
  }
  public static func character(_ title: String, _ notes: String = "") -> FieldLayout {
    FieldLayout(title, 1, .character, notes)
  }
  public static func text(_ title: String, _ size: Int, _ notes: String = "") -> FieldLayout {
    FieldLayout(title, size, .text, notes)
  }
  public static func price4(_ title: String, _ size: Int, _ notes: String = "") -> FieldLayout {
    FieldLayout(title, size, .price4, notes)
  }

  /// "Buy/Sell Indicator" → "buySellIndicator", "MPID" → "mpid", "IPO Flag" → "ipoFlag", "ClOrdID" → "clOrdID".
  ///
  /// Words are runs of ASCII letters and digits; what stands in parentheses is left out. The leading capitals of the
  /// first word become small, except the last of several that begins the next part ("XMLData" → "xmlData"). The
  /// other words begin with a capital and keep the rest.
  static func name(of title: String) -> String {
    var words: [[UInt8]] = [[]]
    var depth = 0
    for byte in title.utf8 {
      if byte == UInt8(ascii: "(") { depth += 1 }
      if depth == 0, isLetterOrDigit(byte) {
        words[words.count - 1].append(byte)
      } else if !words[words.count - 1].isEmpty {
        words.append([])
      }
      if byte == UInt8(ascii: ")"), depth > 0 { depth -= 1 }
    }
    words.removeAll(where: \.isEmpty)
    guard var result = words.first else { return "" }
    var capitals = result.prefix { isCapital($0) }.count
    if capitals > 1, capitals < result.count, isSmall(result[capitals]) { capitals -= 1 }
    for index in 0..<capitals { result[index] |= 0x20 }
    for word in words.dropFirst() {
      result.append(isSmall(word[0]) ? word[0] & ~0x20 : word[0])
      result += word.dropFirst()
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static func isCapital(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") }
  private static func isSmall(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") }
  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    isCapital(byte) || isSmall(byte) || byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }
}
