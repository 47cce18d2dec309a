/// The parts of a protocol's messages that say how to read the rest: where type, version and lengths lie.
struct MessageHead: Sendable, BitwiseCopyable {
  var order: ByteOrder
  /// Bytes before the root block; 0 where messages have no length of their own for it.
  var length: Int
  var type: FieldSlot?
  var version: FieldSlot?
  var schema: FieldSlot?
  var schemaNumber: UInt64
  var blockLength: FieldSlot?
  var groupCount: FieldSlot?
  var stringCount: FieldSlot?
  /// Messages are padded to a multiple of it.
  var alignment: Int
  /// What the encoder fills up text with.
  var textPadding: UInt8
  /// How to step over groups that the layout does not know; nil where that is not possible.
  var unknownGroup: GroupDimension?

  /// Bytes up to which every field must be there before anything is judged.
  var judgedLength: Int {
    var length = 0
    if let type { length = max(length, type.offset + type.size) }
    for slot in [version, schema, blockLength, groupCount, stringCount] {
      if let slot { length = max(length, slot.offset + slot.size) }
    }
    return length
  }
}

/// Steps through what follows the root block of one message: groups, then strings. No allocation; every step compares
/// with the message's end before it reads.
public struct MessageCursor: BitwiseCopyable {
  private let base: UnsafeRawPointer
  private let count: Int
  private let order: ByteOrder
  /// Bytes from the message's start to what comes next.
  public private(set) var offset: Int

  /// - Precondition: the first `offset` bytes are there.
  init(_ base: UnsafeRawPointer, count: Int, order: ByteOrder, offset: Int) {
    self.base = base
    self.count = count
    self.order = order
    self.offset = offset
  }

  /// The next group, whose header tells length and number of its entries; nil where the message ends before it does.
  @inline(__always)
  public mutating func group(_ dimension: GroupDimension) -> GroupEntries? {
    guard dimension.headerLength <= count &- offset else { return nil }
    let header = base + offset
    // SAFETY: the header is there.
    let stride = Int(FieldSlot(unchecked: 0, 2).unsigned(at: header, order))
    let number = Int(FieldSlot(unchecked: dimension.countOffset, dimension.countSize).unsigned(at: header, order))
    offset &+= dimension.headerLength
    return entries(stride: stride, number: number)
  }

  /// The next group, of `number` entries of `stride` bytes; nil where the message ends before it does.
  @inline(__always)
  public mutating func entries(stride: Int, number: Int) -> GroupEntries? {
    // Neither is wider than 32 bits on the wire: the product fits.
    guard number &* stride <= count &- offset else { return nil }
    defer { offset &+= number &* stride }
    return GroupEntries(start: base + offset, stride: stride, count: number)
  }

  /// The next string, nil where the message ends before it does.
  public mutating func string(lengthSize: Int) -> UnsafeRawBufferPointer? {
    guard lengthSize <= count &- offset else { return nil }
    // SAFETY: the length is there.
    let length = lengthSize == 0
      ? count &- offset : Int(FieldSlot(unchecked: 0, lengthSize).unsigned(at: base + offset, order))
    offset &+= lengthSize
    guard length <= count &- offset else { return nil }
    defer { offset &+= length }
    return UnsafeRawBufferPointer(start: base + offset, count: length)
  }
}

extension FieldSlot {
  /// Without the checks of a layout's fields: for lengths and counts.
  @inline(__always)
  init(unchecked offset: Int, _ size: Int) {
    self.offset = offset
    self.size = size
    encoding = .unsigned
    decimals = 0
    null = .none
  }
}
