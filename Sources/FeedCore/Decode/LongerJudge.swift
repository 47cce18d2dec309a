/// Tells of messages with blocks, groups and strings whether they go on beyond their layout, as
/// `ProtocolDescription.judge` does. For the hot path: all that it takes of the layouts lies in flat tables, while a
/// layout at hand costs a reference count for each array that it has.
///
/// Decoders have a pointer to it, `LongerJudge.Pointer`, as they have one to `EverydayTables`.
struct LongerJudge {
  typealias Pointer = UnsafeMutablePointer<LongerJudge>

  /// What a layout's tail is, beside what its plan says.
  private struct Tail: BitwiseCopyable {
    var firstGroup = 0
    var groupCount = 0
    var firstString = 0
    var stringCount = 0
    /// Bytes of a message whose last group always has all of its slots; -1: it has as many as are used.
    var paddedLength = -1
  }

  private struct Group: BitwiseCopyable {
    /// 0: a number of the root block counts the entries.
    let headerLength: Int
    /// Counted from the header's start, or from the message's.
    let count: Number
    let length: Int
    let minimumLength: Int
    let capacity: Int
  }

  /// An unsigned number of 1 or 2 bytes, little-endian; of 0 bytes: there is none.
  private struct Number: BitwiseCopyable {
    let offset: Int
    let size: Int

    init(_ slot: FieldSlot?) {
      (offset, size) = (slot?.offset ?? 0, slot?.size ?? 0)
      precondition(size <= 2)
    }

    /// SAFETY: its bytes are here: the caller looked.
    @inline(__always)
    func value(_ bytes: UnsafeRawPointer) -> Int {
      if size == 1 { return Int(bytes.byte(at: offset)) }
      return size == 0 ? 0 : Int(bytes.littleEndian(UInt16.self, at: offset))
    }
  }

  /// A number of the head: of 2 bytes, or none.
  private struct Word: BitwiseCopyable {
    let offset: Int
    let mask: Int

    init(_ slot: FieldSlot?) {
      precondition(slot?.size ?? 2 == 2)
      (offset, mask) = (slot?.offset ?? 0, slot == nil ? 0 : 0xFFFF)
    }

    var isThere: Bool { mask != 0 }

    /// SAFETY: as above; there are 2 bytes in any case.
    @inline(__always)
    func value(_ message: UnsafeRawPointer) -> Int { Int(message.littleEndian(UInt16.self, at: offset)) & mask }
  }

  /// Bytes with the numbers that follow.
  private let judgedLength: Int
  private let type: Word
  private let version: Word
  private let schema: Word
  private let schemaNumber: Int
  private let blockLength: Word
  private let groupCount: Word
  private let stringCount: Word
  /// Bytes before the root block.
  private let headLength: Int
  /// Messages are padded to a multiple of this and one.
  private let alignmentMask: Int
  /// The header of groups that a layout does not know; 0 bytes: nothing is known of it.
  private let unknownHeaderLength: Int
  private let unknownCount: Number
  private let firstCode: Int
  /// Position of the first layout of each type, -1 for unknown ones; from `firstCode` on.
  private let indexByCode: Storage<Int16>
  private let plans: Storage<LayoutPlan>
  private let tails: Storage<Tail>
  private let groups: Storage<Group>
  /// Bytes of the lengths of strings.
  private let strings: Storage<Int>

  /// Never freed, like all tables of a run.
  static func make(_ description: ProtocolDescription) -> Pointer {
    let judge = Pointer.allocate(capacity: 1)
    judge.initialize(to: LongerJudge(description))
    return judge
  }

  /// - Precondition: numbers are little-endian, messages are padded to a power of two.
  ///   Layouts of one type are told apart by versions alone.
  private init(_ description: ProtocolDescription) {
    let (head, layouts) = (description.head, description.layouts)
    precondition(head.order == .little && head.alignment & (head.alignment - 1) == 0 && head.type != nil)
    for layout in layouts {
      if case .printable = layout.selector { preconditionFailure("\(layout.name): versions tell the layouts apart") }
    }
    judgedLength = max(2, head.judgedLength)
    (type, version, schema) = (Word(head.type), Word(head.version), Word(head.schema))
    schemaNumber = head.schema == nil ? 0 : Int(head.schemaNumber)
    (blockLength, groupCount, stringCount) = (Word(head.blockLength), Word(head.groupCount), Word(head.stringCount))
    headLength = head.length
    alignmentMask = head.alignment - 1
    unknownHeaderLength = head.unknownGroup?.headerLength ?? 0
    unknownCount = Number(head.unknownGroup.map { FieldSlot(unchecked: $0.countOffset, $0.countSize) })
    firstCode = Int(layouts.map(\.code).min() ?? 0)
    let codeCount = Int(layouts.map(\.code).max() ?? 0) - firstCode + 1
    indexByCode = Storage(capacity: codeCount, hugePages: false)
    for place in 0..<codeCount {
      indexByCode[place] = Int16(description.layoutIndex(ofCode: UInt32(firstCode + place)))
    }
    plans = Storage(capacity: layouts.count, hugePages: false)
    tails = Storage(capacity: layouts.count, hugePages: false)
    groups = Storage(capacity: max(1, layouts.reduce(0) { $0 + $1.groups.count }), hugePages: false)
    strings = Storage(capacity: max(1, layouts.reduce(0) { $0 + $1.strings.count }), hugePages: false)
    var tail = Tail()
    for (index, layout) in layouts.enumerated() {
      plans[index] = description.plan(index)
      tail.firstGroup += tail.groupCount
      tail.firstString += tail.stringCount
      (tail.groupCount, tail.stringCount) = (layout.groups.count, layout.strings.count)
      tail.paddedLength = -1
      if let last = layout.groups.last, last.dimension.headerLength == 0, last.capacity != .max {
        tail.paddedLength = layout.length + last.capacity * last.length
      }
      tails[index] = tail
      for (position, group) in layout.groups.enumerated() {
        let counter = layout.fields.first { $0.role == .entryCount(of: group.title) }
        let hasHeader = group.dimension.headerLength > 0
        groups[tail.firstGroup + position] = Group(
          headerLength: group.dimension.headerLength,
          count: Number(
            hasHeader
              ? FieldSlot(unchecked: group.dimension.countOffset, group.dimension.countSize) : counter?.slot),
          length: group.length, minimumLength: group.minimumLength, capacity: group.capacity)
      }
      for (position, string) in layout.strings.enumerated() {
        strings[tail.firstString + position] = string.lengthSize
      }
    }
  }

  @inline(__always)
  fileprivate func aligned(_ length: Int) -> Int { (length &+ alignmentMask) & ~alignmentMask }

  /// - Parameter message: `length` bytes, which are here.
  @inline(__always)
  fileprivate static func isLonger(_ judge: Pointer, _ message: UnsafeRawPointer, _ length: Int) -> Bool {
    guard length >= judge.pointee.judgedLength else { return false }
    // SAFETY: the numbers of the head are here.
    if judge.pointee.schema.value(message) != judge.pointee.schemaNumber { return false }
    let place = judge.pointee.type.value(message) &- judge.pointee.firstCode
    guard UInt(bitPattern: place) < UInt(bitPattern: judge.pointee.indexByCode.capacity) else { return false }
    let version = UInt32(truncatingIfNeeded: judge.pointee.version.value(message))
    var index = Int(judge.pointee.indexByCode.base[place])
    while index >= 0, !judge.pointee.plans.base[index].covers(version) {
      index = judge.pointee.plans.base[index].next
    }
    if index < 0 { return false }
    let plan = judge.pointee.plans.base + index
    let known = plan.pointee.length
    let hasBlock = judge.pointee.blockLength.isThere
    // The end of the root block: by its own length, else by the layout where something follows it, else the message's.
    let rootEnd =
      hasBlock
      ? judge.pointee.headLength &+ judge.pointee.blockLength.value(message) : plan.pointee.hasTail ? known : length
    if rootEnd < plan.pointee.fewest || length < rootEnd || plan.pointee.hasParts { return false }
    if plan.pointee.hasTail || judge.pointee.groupCount.isThere || judge.pointee.stringCount.isThere {
      guard let end = tailEnd(judge, message, length, index, rootEnd) else { return false }
      return rootEnd > known || length > judge.pointee.aligned(end)
    }
    return hasBlock ? rootEnd > known || length > judge.pointee.aligned(rootEnd) : length > plan.pointee.most
  }

  /// Where groups and strings end; before the message's start where there are more of them than the layout has; nil where
  /// the message ends before they do, or where an entry is shorter than its layout.
  @inline(__always)
  private static func tailEnd(
    _ judge: Pointer, _ message: UnsafeRawPointer, _ length: Int, _ index: Int, _ rootEnd: Int
  ) -> Int? {
    let tail = judge.pointee.tails.base + index
    var offset = rootEnd
    var isLonger = false
    // SAFETY: the numbers of the head are here, and a group's header where it is read.
    let groupCount =
      judge.pointee.groupCount.isThere ? judge.pointee.groupCount.value(message) : tail.pointee.groupCount
    let known = min(groupCount, tail.pointee.groupCount)
    var group = judge.pointee.groups.base + tail.pointee.firstGroup
    let end = group + known
    while group != end {
      var stride = group.pointee.length
      var counted = message
      if group.pointee.headerLength > 0 {
        counted = message + offset
        offset &+= group.pointee.headerLength
        if offset > length { return nil }
        stride = Int(counted.littleEndian(UInt16.self, at: 0))
      }
      let count = group.pointee.count.value(counted)
      if count > 0 {
        offset &+= count &* stride
        if offset > length || count > group.pointee.capacity || stride < group.pointee.minimumLength { return nil }
        if stride > group.pointee.length { isLonger = true }
      }
      group += 1
    }
    let stringCount =
      judge.pointee.stringCount.isThere ? judge.pointee.stringCount.value(message) : tail.pointee.stringCount
    if groupCount > known || stringCount > 0 {
      guard
        let rest = restEnd(judge, message, length, tail, offset, groups: groupCount &- known, strings: stringCount)
      else { return nil }
      offset = rest.end
      if rest.isLonger { isLonger = true }
    }
    if isLonger { return -1 &- judge.pointee.alignmentMask }
    // Slots that are always sent: those behind the last entry in use are padding.
    return length == tail.pointee.paddedLength ? length : offset
  }

  /// Where groups that the layout does not know end, and all strings; whether there are more than it has.
  @inline(never)
  private static func restEnd(
    _ judge: Pointer, _ message: UnsafeRawPointer, _ length: Int, _ tail: UnsafeMutablePointer<Tail>, _ start: Int,
    groups: Int, strings: Int
  ) -> (end: Int, isLonger: Bool)? {
    var offset = start
    let headerLength = judge.pointee.unknownHeaderLength
    // Each takes its header's bytes of the message.
    for _ in 0..<(headerLength > 0 ? groups : 0) {
      let header = message + offset
      offset &+= headerLength
      if offset > length { return nil }
      // SAFETY: the header is here.
      offset &+= judge.pointee.unknownCount.value(header) &* Int(header.littleEndian(UInt16.self, at: 0))
      if offset > length { return nil }
    }
    let sizes = judge.pointee.strings.base + tail.pointee.firstString
    for position in 0..<strings {
      let known = min(position, tail.pointee.stringCount &- 1)
      let size = known < 0 ? 1 : sizes[known]
      let place = message + offset
      offset &+= size
      if offset > length { return nil }
      // SAFETY: the string's length is here.
      offset &+= size == 1
        ? Int(place.byte(at: 0)) : size == 2 ? Int(place.littleEndian(UInt16.self, at: 0)) : length &- offset
      if offset > length { return nil }
    }
    return (offset, groups > 0 && headerLength > 0 || strings > tail.pointee.stringCount)
  }
}

extension LongerJudge.Pointer {
  /// Whether the message of `length` bytes at `message` goes on beyond its layout.
  @inline(never)
  func isLonger(_ message: UnsafeRawPointer, _ length: Int) -> Bool { LongerJudge.isLonger(self, message, length) }
}
