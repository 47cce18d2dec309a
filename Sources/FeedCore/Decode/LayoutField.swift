/// What a field is to the message it stands in. Everything but `.value` is filled in by the encoder where no value is
/// given for it, and tells the reader how to walk the message.
public enum FieldRole: Sendable, Equatable {
  case value
  /// The number by which the message is found in its protocol.
  case type
  /// Bytes of the whole message, padding to the protocol's alignment included, less `excluding`.
  case messageLength(excluding: Int)
  /// Bytes of the root block: what lies between the head and the first group.
  case blockLength
  /// The schema's number: a message with another one is none of the protocol.
  case schema(UInt64)
  /// The schema's version, by which layouts of one type are told apart.
  case version
  /// A number that is always the same; another one is read as it is.
  case constant(UInt64)
  /// How many groups, and how many strings, follow the root block.
  case groupCount
  case stringCount
  /// How many entries the group of this title has.
  case entryCount(of: String)
}

/// One field of a message, as the venue's document describes it.
public struct FieldLayout: Sendable, Equatable {
  /// The document's spelling: "Buy/Sell Indicator".
  public let title: String
  /// Key in decoded output: the title in lowerCamelCase, "buySellIndicator".
  public let name: String
  public let slot: FieldSlot
  public let role: FieldRole
  /// Units, code list, oddities; empty where the title says it all.
  public let notes: String

  public var offset: Int { slot.offset }
  public var size: Int { slot.size }
  public var encoding: FieldEncoding { slot.encoding }

  /// - Parameter offset: the message or group sets it: fields follow one another without holes.
  public init(
    _ title: String, _ size: Int, _ encoding: FieldEncoding, _ notes: String = "", decimals: UInt8 = 0,
    null: NullRule = .none, role: FieldRole = .value, offset: Int = 0
  ) {
    self.title = title
    name = FieldLayout.name(of: title)
    slot = FieldSlot(offset: offset, size: size, encoding: encoding, decimals: decimals, null: null)
    self.role = role
    self.notes = notes
  }

  /// The fields one after another, from `offset` on.
  static func placed(_ fields: [FieldLayout], from offset: Int = 0) -> [FieldLayout] {
    var end = offset
    return fields.map { field in
      defer { end += field.size }
      return FieldLayout(
        field.title, field.size, field.encoding, field.notes, decimals: field.slot.decimals, null: field.slot.null,
        role: field.role, offset: end)
    }
  }

  /// The same field, optional: one value means that there is none.
  public func orNull(_ rule: NullRule = .largest) -> FieldLayout {
    FieldLayout(
      title, size, encoding, notes, decimals: slot.decimals, null: rule, role: role, offset: offset)
  }

  public static func unsigned(
    _ title: String, _ size: Int, _ notes: String = "", role: FieldRole = .value
  ) -> FieldLayout {
    FieldLayout(title, size, .unsigned, notes, role: role)
  }
  public static func signed(_ title: String, _ size: Int, _ notes: String = "") -> FieldLayout {
    FieldLayout(title, size, .signed, notes)
  }
  public static func character(_ title: String, _ notes: String = "") -> FieldLayout {
    FieldLayout(title, 1, .character, notes)
  }
  /// A character that is the message's type.
  public static func typeCharacter(_ title: String) -> FieldLayout {
    FieldLayout(title, 1, .character, "the code", role: .type)
  }
  public static func text(_ title: String, _ size: Int, _ notes: String = "") -> FieldLayout {
    FieldLayout(title, size, .text, notes)
  }
  public static func bytes(_ title: String, _ size: Int, _ notes: String = "") -> FieldLayout {
    FieldLayout(title, size, .bytes, notes)
  }
  public static func reserved(_ size: Int, _ title: String = "pad") -> FieldLayout {
    FieldLayout(title, size, .reserved)
  }
  /// An unsigned integer with implied decimals.
  public static func price(_ title: String, _ size: Int, decimals: UInt8, _ notes: String = "") -> FieldLayout {
    FieldLayout(title, size, .unsigned, notes, decimals: decimals)
  }
  /// A two's complement integer with implied decimals.
  public static func signedPrice(_ title: String, _ size: Int, decimals: UInt8, _ notes: String = "") -> FieldLayout {
    FieldLayout(title, size, .signed, notes, decimals: decimals)
  }
  /// ITCH "Price(4)", OUCH "Price".
  public static func price4(_ title: String, _ size: Int, _ notes: String = "") -> FieldLayout {
    .price(title, size, decimals: 4, notes)
  }
  /// A binary64; one that is not a number has no value.
  public static func real(_ title: String, _ notes: String = "") -> FieldLayout {
    FieldLayout(title, 8, .real, notes, null: .notANumber)
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
