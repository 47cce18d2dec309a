/// What may follow the fixed part of a message: TagValue options, as in OUCH 5.0.
public enum AppendageRule: UInt8, Sendable, BitwiseCopyable {
  /// Nothing.
  case none
  /// The last fixed field is the appendage's length; that many bytes of options follow.
  case counted
  /// Newer revisions of the message go on with a 16-bit length and that many bytes of options; older ones end.
  case optional
}

/// One message of a protocol as data: printing, encoding, length checks and documentation are made from it.
public struct MessageLayout: Sendable {
  /// The document's spelling of the bytes after the fixed part, and the key under which they are decoded.
  public static let appendageTitle = "Optional Appendage"
  public static let appendageName = "optionalAppendage"
  /// The 16-bit length before them.
  public static let appendageLengthTitle = "Appendage Length"
  public static let appendageLengthName = "appendageLength"

  /// First byte of the message.
  public let type: UInt8
  public let name: String
  /// Bytes of the fixed part.
  public let length: Int
  /// Fewest bytes accepted: `length`, or less where an older revision ends earlier. Fields beyond are then absent.
  public let minimumLength: Int
  /// In wire order, without holes.
  public let fields: [FieldLayout]
  public let appendage: AppendageRule
  /// Known from an implementation only, not from the venue's own text.
  public let isNewer: Bool
  public let notes: String

  public var hasAppendage: Bool { appendage != .none }
  /// The type as output shows it.
  public var typeText: String { String(Unicode.Scalar(type)) }

  /// - Precondition: `type` is ASCII; with `.counted` the last field is the 16-bit appendage length.
  public init(
    _ type: Unicode.Scalar, _ name: String, _ fields: [FieldLayout], appendage: AppendageRule = .none,
    shortBy: Int = 0, isNewer: Bool = false, notes: String = ""
  ) {
    self.type = UInt8(ascii: type)
    self.name = name
    var offset = 0
    self.fields = fields.map { field in
      defer { offset += field.size }
      return field.moved(to: offset)
    }
    length = offset
    minimumLength = offset - shortBy
    self.appendage = appendage
    self.isNewer = isNewer
    self.notes = notes
    precondition(
      appendage != .counted || (fields.last?.name == Self.appendageLengthName && fields.last?.size == 2),
      "\(name): a counted appendage needs its length as the last field")
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
