/// What stands before the entries of a repeating group and tells how many they are and how long each is.
public struct GroupDimension: Sendable, Equatable, BitwiseCopyable {
  /// Bytes of the group's header; 0 where a field of the root block counts the entries.
  public let headerLength: Int
  /// Where in the header the entries' length (2 bytes) and their number lie; the length always comes first.
  public let countOffset: Int
  public let countSize: Int

  public init(headerLength: Int, countOffset: Int, countSize: Int) {
    precondition(headerLength == 0 || headerLength >= 2 && countOffset + countSize <= headerLength)
    self.headerLength = headerLength
    self.countOffset = countOffset
    self.countSize = countSize
  }

  /// No header: a field of the root block, with `FieldRole.entryCount`, counts entries of fixed length.
  public static var field: GroupDimension { GroupDimension(headerLength: 0, countOffset: 0, countSize: 0) }
}

/// A repeating group: entries of the same fields, one after another.
public struct GroupLayout: Sendable {
  public let title: String
  /// Key in decoded output.
  public let name: String
  public let dimension: GroupDimension
  /// Of one entry; offsets count from the entry's start.
  public let fields: [FieldLayout]
  /// Bytes of one entry as far as it is known.
  public let length: Int
  /// Fewest bytes of an entry that are accepted; fields beyond are then absent.
  public let minimumLength: Int
  /// Most entries; where messages always carry that many slots, used or not, those behind the last entry are padding.
  public let capacity: Int

  /// - Parameter shortBy: bytes that entries of older versions lack at the end.
  public init(
    _ title: String, _ dimension: GroupDimension, _ fields: [FieldLayout], shortBy: Int = 0, capacity: Int = .max
  ) {
    self.title = title
    name = FieldLayout.name(of: title)
    self.dimension = dimension
    self.fields = FieldLayout.placed(fields)
    length = fields.reduce(0) { $0 + $1.size }
    minimumLength = length - shortBy
    self.capacity = capacity
    precondition(length > 0 && minimumLength > 0, "\(title): an entry has no bytes")
  }
}

/// A string of variable length behind the groups: its length, then its bytes.
public struct StringLayout: Sendable {
  public let title: String
  public let name: String
  /// Bytes of the length: 1 or 2; 0 where the string is what is left of the message.
  public let lengthSize: Int
  /// `.text`, or `.bytes` to be shown as hexadecimal digits.
  public let encoding: FieldEncoding
  public let notes: String

  public init(_ title: String, lengthSize: Int, _ encoding: FieldEncoding = .text, _ notes: String = "") {
    precondition((0...2).contains(lengthSize) && (encoding == .text || encoding == .bytes))
    self.title = title
    name = FieldLayout.name(of: title)
    self.lengthSize = lengthSize
    self.encoding = encoding
    self.notes = notes
  }
}

/// The entries of one group of one message, where they lie. A view: nothing is copied.
public struct GroupEntries: BitwiseCopyable {
  /// First byte of the first entry.
  public let start: UnsafeRawPointer
  /// Bytes from one entry to the next, as the message says.
  public let stride: Int
  public let count: Int

  /// - Precondition: `index` is less than `count`.
  @inlinable @inline(__always)
  public func entry(_ index: Int) -> UnsafeRawPointer {
    assert(index >= 0 && index < count)
    return start + index &* stride
  }

  /// Whether entries are long enough to have the field.
  @inlinable @inline(__always)
  public func has(_ slot: FieldSlot) -> Bool { slot.offset &+ slot.size <= stride }
}
