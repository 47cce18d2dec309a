/// Walks the groups and strings of a message, known ones and such as the message alone knows of. Nothing is copied.
public struct MessageTail {
  private(set) var cursor: MessageCursor
  private let base: UnsafeRawPointer
  private let head: MessageHead
  private let layout: MessageLayout
  private var groupIndex = 0
  private var stringIndex = 0
  private let groupCount: Int
  private let stringCount: Int

  /// - Precondition: the root block is there.
  init(_ base: UnsafeRawPointer, count: Int, _ head: MessageHead, _ layout: MessageLayout, _ rootEnd: Int) {
    cursor = MessageCursor(base, count: count, order: head.order, offset: rootEnd)
    self.base = base
    self.head = head
    self.layout = layout
    // SAFETY: the head is there.
    groupCount = head.groupCount.map { Int($0.unsigned(at: base, head.order)) } ?? layout.groups.count
    stringCount = head.stringCount.map { Int($0.unsigned(at: base, head.order)) } ?? layout.strings.count
  }

  /// The next group of the message; `group` is nil where the layout does not know it, `entries` where the message
  /// ends before them.
  public mutating func nextGroup() -> (group: GroupLayout?, entries: GroupEntries?)? {
    guard groupIndex < groupCount else { return nil }
    defer { groupIndex += 1 }
    guard groupIndex < layout.groups.count else {
      guard let dimension = head.unknownGroup else { return nil }
      return (nil, step(cursor.group(dimension)))
    }
    let group = layout.groups[groupIndex]
    if group.dimension.headerLength > 0 { return (group, step(cursor.group(group.dimension))) }
    let counter = layout.fields.first { $0.role == .entryCount(of: group.title) }
    // SAFETY: the root block is there, and the counter in it.
    let number = counter.map { Int($0.slot.unsigned(at: base, head.order)) } ?? 0
    return (group, step(cursor.entries(stride: group.length, number: number)))
  }

  /// The next string of the message; likewise.
  public mutating func nextString() -> (string: StringLayout?, bytes: UnsafeRawBufferPointer?)? {
    guard stringIndex < stringCount else { return nil }
    defer { stringIndex += 1 }
    let string = stringIndex < layout.strings.count ? layout.strings[stringIndex] : nil
    let bytes = cursor.string(lengthSize: string?.lengthSize ?? layout.strings.last?.lengthSize ?? 1)
    if bytes == nil { stringIndex = stringCount }
    return (string, bytes)
  }

  /// After a group that is cut nothing more can be found.
  private mutating func step(_ entries: GroupEntries?) -> GroupEntries? {
    if entries == nil { (groupIndex, stringIndex) = (groupCount, stringCount) }
    return entries
  }
}
