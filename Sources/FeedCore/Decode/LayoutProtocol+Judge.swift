/// What `ProtocolDescription` needs of a layout to judge a message.
struct LayoutPlan: BitwiseCopyable {
  /// Bytes of the fixed part, and the fewest accepted.
  var length: Int
  var fewest: Int
  var hasTail: Bool
  var hasAppendage: Bool
  var hasParts: Bool
  /// From beyond this length on a message without tail is `longer`.
  var most: Int
  /// Position of the next layout of the same type, -1 after the last.
  var next = -1
  private var firstVersion: UInt32
  private var lastVersion: UInt32
  /// Bytes that must be printable; none where `printableCount` is 0.
  private var printableOffset = 0
  private var printableCount = 0

  init(_ layout: MessageLayout, alignment: Int) {
    length = layout.length
    fewest = max(layout.minimumLength, 1)
    hasTail = layout.hasTail
    hasAppendage = layout.hasAppendage
    hasParts = !layout.parts.isEmpty
    most = layout.hasAppendage ? .max : (layout.length + alignment - 1) / alignment * alignment
    switch layout.selector {
    case .versions(let range, let andLater):
      firstVersion = range.lowerBound
      lastVersion = andLater ? .max : range.upperBound
    case .always: (firstVersion, lastVersion) = (0, .max)
    case .printable(let offset, let count):
      (firstVersion, lastVersion) = (0, .max)
      (printableOffset, printableCount) = (offset, count)
    }
  }

  /// Whether the layout describes this message of its type.
  @inline(__always)
  func describes(_ base: UnsafeRawPointer, count: Int, version: UInt32) -> Bool {
    if !covers(version) { return false }
    if printableCount == 0 { return true }
    return isPrintable(base, count: count)
  }

  @inline(never)
  private func isPrintable(_ base: UnsafeRawPointer, count: Int) -> Bool {
    // Too short to tell: too short for this one, too.
    guard printableOffset &+ printableCount <= count else { return true }
    for place in printableOffset..<(printableOffset &+ printableCount) {
      let byte = base.byte(at: place)
      if byte < 0x20 || byte > 0x7E { return false }
    }
    return true
  }

  @inline(__always)
  func covers(_ version: UInt32) -> Bool { firstVersion <= version && version <= lastVersion }
}

extension ProtocolDescription {
  /// Finds the fields with a role, which must lie at the same place in all layouts.
  static func head(
    of layouts: [MessageLayout], _ name: String, _ order: ByteOrder, _ length: Int, _ unknownGroup: GroupDimension?
  ) -> MessageHead {
    func slot(_ what: String, _ isIt: (FieldRole) -> Bool) -> FieldSlot? {
      let slots = layouts.map { layout in layout.fields.first { isIt($0.role) }.map(\.slot) }
      guard let first = slots.first, let slot = first else {
        precondition(slots.allSatisfy { $0 == nil }, "\(name): some messages have no \(what)")
        return nil
      }
      precondition(
        slots.allSatisfy { $0?.offset == slot.offset && $0?.size == slot.size } && slot.size <= 4,
        "\(name): the \(what) is not always at the same place")
      return slot
    }
    var schemaNumber: UInt64 = 0
    for case .schema(let number) in layouts.first?.fields.map(\.role) ?? [] { schemaNumber = number }
    let head = MessageHead(
      order: order, length: length, type: slot("type") { $0 == .type }, version: slot("version") { $0 == .version },
      schema: slot("schema") { if case .schema = $0 { true } else { false } }, schemaNumber: schemaNumber,
      blockLength: slot("block length") { $0 == .blockLength },
      groupCount: slot("group count") { $0 == .groupCount },
      stringCount: slot("string count") { $0 == .stringCount }, alignment: 1, textPadding: 0x20,
      unknownGroup: unknownGroup)
    precondition(
      head.blockLength == nil || layouts.allSatisfy { $0.minimumLength >= length && head.judgedLength <= length },
      "\(name): the head is longer than a message")
    return head
  }

  /// For protocols whose messages tell more than a type byte.
  @inline(never)
  func judgeWhole(_ message: UnsafeRawBufferPointer) -> MessageJudgement {
    guard let base = message.baseAddress, message.count >= head.judgedLength else { return MessageJudgement(.short) }
    // SAFETY: the fields of the head are there.
    if let schema = head.schema, schema.unsigned(at: base, byteOrder) != head.schemaNumber {
      return MessageJudgement(.unknownType)
    }
    var index = 0
    if let type = head.type {
      index = layoutIndex(ofCode: UInt32(truncatingIfNeeded: type.unsigned(at: base, byteOrder)))
      if index < 0 { return MessageJudgement(.unknownType) }
      index = select(index, base, count: message.count)
      if index < 0 { return MessageJudgement(.unknownVersion) }
    }
    let plan = plan(index)
    let rootEnd = Self.rootEnd(base, count: message.count, head, length: plan.length, hasTail: plan.hasTail)
    if rootEnd < plan.fewest || message.count < rootEnd { return MessageJudgement(.short, index) }
    // Whether parts add up is asked where they are read (`PartWalk.addsUp`): the fixed part can be read in any case.
    if plan.hasParts { return MessageJudgement(.exact, index) }
    guard plan.hasTail || head.groupCount != nil || head.stringCount != nil else {
      let isLonger = head.blockLength == nil
        ? message.count > plan.most : message.count > aligned(rootEnd) || rootEnd > plan.length
      return MessageJudgement(isLonger ? .longer : .exact, index)
    }
    guard let end = tailEnd(message, base, layouts[index], rootEnd) else { return MessageJudgement(.short, index) }
    let isLonger = message.count > aligned(end.offset) || rootEnd > plan.length || end.isLonger
    return MessageJudgement(isLonger ? .longer : .exact, index)
  }

  private func aligned(_ length: Int) -> Int {
    head.alignment == 1 ? length : (length &+ head.alignment &- 1) / head.alignment &* head.alignment
  }

  /// Of the layouts of one type, the first that describes this message; -1 where none does.
  private func select(_ first: Int, _ base: UnsafeRawPointer, count: Int) -> Int {
    // SAFETY: the head is there.
    let version = head.version.map { UInt32(truncatingIfNeeded: $0.unsigned(at: base, byteOrder)) } ?? 0
    var index = first
    while index >= 0 {
      let plan = plan(index)
      if plan.describes(base, count: count, version: version) { return index }
      index = plan.next
    }
    return -1
  }

  /// End of the root block: by its own length where the message carries one, else by the layout where something
  /// follows it, else the message's end.
  static func rootEnd(
    _ base: UnsafeRawPointer, count: Int, _ head: MessageHead, length: Int, hasTail: Bool
  ) -> Int {
    if let blockLength = head.blockLength {
      // SAFETY: the head was there when the message was judged; `judgeWhole` checks before it asks.
      return head.length &+ Int(blockLength.unsigned(at: base, head.order))
    }
    return hasTail ? length : count
  }

  /// Where groups and strings end, and whether there are more of them than the layout has; nil where the message ends
  /// before they do, or where an entry is shorter than its layout.
  private func tailEnd(
    _ message: UnsafeRawBufferPointer, _ base: UnsafeRawPointer, _ layout: MessageLayout, _ rootEnd: Int
  ) -> (offset: Int, isLonger: Bool)? {
    var walk = MessageTail(base, count: message.count, head, layout, rootEnd)
    var isLonger = false
    while let step = walk.nextGroup() {
      guard let entries = step.entries else { return nil }
      guard let group = step.group else {
        isLonger = true
        continue
      }
      if entries.count > group.capacity { return nil }
      if entries.count > 0 {
        if entries.stride < group.minimumLength { return nil }
        if entries.stride > group.length { isLonger = true }
      }
    }
    while let step = walk.nextString() {
      if step.bytes == nil { return nil }
      if step.string == nil { isLonger = true }
    }
    var end = walk.cursor.offset
    // Slots that are always sent: those behind the last entry in use are padding.
    if let group = layout.groups.last, group.dimension.headerLength == 0, group.capacity != .max,
      message.count == layout.length + group.capacity * group.length {
      end = message.count
    }
    return (end, isLonger)
  }
}
