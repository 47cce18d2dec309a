/// What may follow the fixed part of a message: TagValue options, as in OUCH 5.0.
public enum AppendageRule: UInt8, Sendable, BitwiseCopyable {
  /// Nothing.
  case none
  /// The last fixed field is the appendage's length; that many bytes of options follow.
  case counted
  /// Newer revisions of the message go on with a 16-bit length and that many bytes of options; older ones end.
  case optional
}

/// When a layout describes a message of its type: venues change messages and keep the type.
public enum LayoutSelector: Sendable, Equatable {
  case always
  /// The schema version in the message lies in this range. With `andLater` newer versions too: they only append.
  case versions(ClosedRange<UInt32>, andLater: Bool)
  /// These bytes are printable ASCII: the only way to tell two revisions of equal length apart.
  case printable(offset: Int, count: Int)
}

/// One message of a protocol as data: printing, encoding, length checks and documentation are made from it.
public struct MessageLayout: Sendable {
  /// The document's spelling of the bytes after the fixed part, and the key under which they are decoded.
  public static let appendageTitle = "Optional Appendage"
  public static let appendageName = "optionalAppendage"
  /// The 16-bit length before them.
  public static let appendageLengthTitle = "Appendage Length"
  public static let appendageLengthName = "appendageLength"

  /// The number by which the message is found; the character's code where the type is a character.
  public let code: UInt32
  /// The type as output shows it: "A", "0x21", "100".
  public let typeText: String
  public let name: String
  /// Bytes of the fixed part.
  public let length: Int
  /// Fewest bytes accepted: `length`, or less where an older revision ends earlier. Fields beyond are then absent.
  public let minimumLength: Int
  /// In wire order, without holes.
  public let fields: [FieldLayout]
  /// What follows the fixed part, in wire order.
  public let groups: [GroupLayout]
  /// What follows the groups, in wire order.
  public let strings: [StringLayout]
  /// What follows the fixed part where its place depends on the message: in wire order, instead of groups and strings.
  public let parts: [PartLayout]
  public let appendage: AppendageRule
  public let selector: LayoutSelector
  /// Known from an implementation only, not from the venue's own text.
  public let isNewer: Bool
  /// Compared with packets of the venue itself.
  public let isSeen: Bool
  public let notes: String

  public var hasAppendage: Bool { appendage != .none }
  /// Whether anything but an appendage follows the fixed part.
  public var hasTail: Bool { !groups.isEmpty || !strings.isEmpty }
  /// The type of protocols that have one byte for it.
  public var type: UInt8 { UInt8(truncatingIfNeeded: code) }

  /// A message found by a number.
  ///
  /// - Parameters:
  ///   - shortBy: bytes that the shortest older revision lacks at the end.
  ///   - radix: how output shows the type: 10, or 16 for "0x21".
  /// - Precondition: names are unique, reserved fields apart; with `.counted` the last field is the 16-bit length.
  public init(
    code: UInt32, typeText: String? = nil, _ name: String, _ fields: [FieldLayout], groups: [GroupLayout] = [],
    strings: [StringLayout] = [], parts: [PartLayout] = [], appendage: AppendageRule = .none, selector: LayoutSelector = .always,
    shortBy: Int = 0, isNewer: Bool = false, isSeen: Bool = false, notes: String = ""
  ) {
    self.code = code
    self.typeText = typeText ?? String(code)
    self.name = name
    self.fields = FieldLayout.placed(fields)
    self.groups = groups
    self.strings = strings
    self.parts = parts
    length = fields.reduce(0) { $0 + $1.size }
    minimumLength = length - shortBy
    self.appendage = appendage
    self.selector = selector
    self.isNewer = isNewer
    self.isSeen = isSeen
    self.notes = notes
    precondition(
      appendage != .counted || (fields.last?.name == Self.appendageLengthName && fields.last?.size == 2),
      "\(name): a counted appendage needs its length as the last field")
    let names = fields.filter { $0.encoding != .reserved }.map(\.name) + groups.map(\.name) + strings.map(\.name)
    precondition(Set(names).count == names.count, "\(name): two fields of one name")
    precondition(groups.isEmpty && strings.isEmpty || appendage == .none, "\(name): groups and an appendage")
    precondition(parts.isEmpty || groups.isEmpty && strings.isEmpty && appendage == .none, "\(name): parts and groups")
  }

  /// A message found by a character.
  ///
  /// - Precondition: `type` is ASCII.
  public init(
    _ type: Unicode.Scalar, _ name: String, _ fields: [FieldLayout], groups: [GroupLayout] = [],
    strings: [StringLayout] = [], appendage: AppendageRule = .none, shortBy: Int = 0, isNewer: Bool = false,
    isSeen: Bool = false, notes: String = ""
  ) {
    self.init(
      code: UInt32(UInt8(ascii: type)), typeText: String(type), name, fields, groups: groups, strings: strings,
      appendage: appendage, shortBy: shortBy, isNewer: isNewer, isSeen: isSeen, notes: notes)
  }

  /// The same layout, marked as compared with packets of the venue itself.
  public func seen() -> MessageLayout {
    MessageLayout(
      code: code, typeText: typeText, name, fields, groups: groups, strings: strings, parts: parts,
      appendage: appendage, selector: selector, shortBy: length - minimumLength, isNewer: isNewer, isSeen: true, notes: notes)
  }

  /// The place of a field, for decoders that read it without the layout.
  ///
  /// - Precondition: the layout has it.
  public func slot(_ name: String) -> FieldSlot {
    guard let field = fields.first(where: { $0.name == name }) else {
      preconditionFailure("\(self.name) has no field \(name)")
    }
    return field.slot
  }

  /// The bytes of the options behind the fixed part of `message`, nil where it has none.
  ///
  /// With `.counted` these are all bytes that follow, whatever the length field says (`appendageIsConsistent`
  /// tells). With `.optional` they are there only if the 16-bit length accounts for all bytes that follow.
  public func appendageBytes(of message: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    switch appendage {
    case .none: return nil
    case .counted: return message.count < length ? nil : UnsafeRawBufferPointer(rebasing: message[length...])
    case .optional:
      // SAFETY: the count is checked first.
      guard message.count >= length + 2, let base = message.baseAddress,
        Int(base.bigEndian(UInt16.self, at: length)) == message.count - length - 2
      else { return nil }
      return UnsafeRawBufferPointer(rebasing: message[(length + 2)...])
    }
  }

  /// False where a counted appendage has more or fewer bytes than its length field says, or an optional one does.
  public func appendageIsConsistent(in message: UnsafeRawBufferPointer) -> Bool {
    switch appendage {
    case .none: return true
    case .counted:
      // SAFETY: the count is checked first.
      guard message.count >= length, length >= 2, let base = message.baseAddress else { return false }
      return Int(base.bigEndian(UInt16.self, at: length - 2)) == message.count - length
    case .optional: return message.count <= length || appendageBytes(of: message) != nil
    }
  }
}
