/// What the length and the type of a message say about it.
public enum MessageVerdict: UInt8, Sendable, BitwiseCopyable {
  /// As long as its layout; with an appendage, at least as long as its fixed part.
  case exact
  /// A known type that goes on beyond its layout: a newer revision. The known head can be read.
  case longer
  /// A known type that ends before its layout does, or before its own lengths and counts do: nothing of it is read.
  case short
  /// Of another schema, or of a type that the protocol does not have.
  case unknownType
  /// A known type, in a version of the schema for which no layout is known.
  case unknownVersion
  /// No byte at all, so no type: MoldUDP64 allows it.
  case empty

  /// Whether the fields of the layout can be read.
  @inlinable public var isReadable: Bool { self == .exact || self == .longer }
}

/// A verdict and the layout it is about.
public struct MessageJudgement: Sendable, BitwiseCopyable, Equatable {
  public var verdict: MessageVerdict
  /// Position in `ProtocolDescription.layouts`; -1 where no layout was found.
  public var layoutIndex: Int

  @inlinable
  public init(_ verdict: MessageVerdict, _ layoutIndex: Int = -1) {
    self.verdict = verdict
    self.layoutIndex = layoutIndex
  }
}

/// All messages of one protocol, found by their type in O(1).
public struct ProtocolDescription: Sendable, CustomStringConvertible {
  /// What output calls it: "itch50".
  public let name: String
  public let byteOrder: ByteOrder
  public let layouts: [MessageLayout]
  /// Options of the appendages; empty for most protocols.
  public let options: [OptionLayout]
  /// Bytes of the fields that all messages begin with, before a root block with a length of its own; else 0.
  public var headLength: Int { head.length }

  let head: MessageHead
  /// Position in `layouts` of the first layout of each type, -1 for unknown types; from `firstCode` on.
  private let indexByCode: [Int16]
  private let firstCode: UInt32
  private let plans: [LayoutPlan]
  /// The type is the first byte, each type has one layout, and nothing but lengths need be judged.
  let isPlain: Bool

  /// - Parameters:
  ///   - headLength: where messages carry the length of their root block: bytes before that block.
  ///   - alignment: messages are padded to a multiple of this.
  ///   - textPadding: what the venue fills up text with, a space or NUL; read as either.
  ///   - unknownGroup: the header of groups that a layout does not know, where messages tell the number of groups.
  /// - Precondition: fields with a role lie at the same place in all layouts; every type, or type and version, and
  ///   every option tag appears once. Without a field of role `.type` there is one layout.
  public init(
    name: String, byteOrder: ByteOrder, headLength: Int = 0, alignment: Int = 1, textPadding: UInt8 = 0x20,
    unknownGroup: GroupDimension? = nil, layouts: [MessageLayout], options: [OptionLayout] = []
  ) {
    self.name = name
    self.byteOrder = byteOrder
    self.layouts = layouts
    self.options = options
    var head = Self.head(of: layouts, name, byteOrder, headLength, unknownGroup)
    head.alignment = alignment
    head.textPadding = textPadding
    self.head = head
    precondition(head.type != nil || layouts.count == 1, "\(name): several messages and no type")
    precondition(layouts.count <= Int(Int16.max) && alignment > 0)
    precondition(Set(options.map(\.tag)).count == options.count, "\(name): two options of one tag")

    var plans = layouts.map { LayoutPlan($0, alignment: alignment) }
    let least = layouts.map(\.code).min() ?? 0
    let most = layouts.map(\.code).max() ?? 0
    precondition(most - least < 1 << 16, "\(name): types lie too far apart for a table")
    var table = [Int16](repeating: -1, count: Int(most - least) + 1)
    var last: [UInt32: Int] = [:]
    for (index, layout) in layouts.enumerated() {
      if let before = last[layout.code] {
        precondition(layouts[before].selector != .always, "\(name): two messages of type \(layout.typeText)")
        plans[before].next = index
      } else {
        table[Int(layout.code - least)] = Int16(index)
      }
      last[layout.code] = index
    }
    indexByCode = table
    firstCode = least
    self.plans = plans
    isPlain = head.type.map { $0.offset == 0 && $0.size == 1 } ?? false
      && head.schema == nil && head.blockLength == nil && head.version == nil && alignment == 1
      && layouts.allSatisfy { $0.selector == .always && !$0.hasTail }
  }

  public var description: String { name }

  @inline(__always)
  func plan(_ index: Int) -> LayoutPlan { plans[index] }

  /// Position in `layouts` of the first layout of a type, or -1.
  @inline(__always)
  public func layoutIndex(ofCode code: UInt32) -> Int {
    let place = Int(code) &- Int(firstCode)
    return place >= 0 && place < indexByCode.count ? Int(indexByCode[place]) : -1
  }

  @inline(__always)
  public func layoutIndex(ofType type: UInt8) -> Int { layoutIndex(ofCode: UInt32(type)) }

  public func layout(ofCode code: UInt32) -> MessageLayout? {
    let index = layoutIndex(ofCode: code)
    return index < 0 ? nil : layouts[index]
  }

  public func layout(ofType type: UInt8) -> MessageLayout? { layout(ofCode: UInt32(type)) }

  public func option(ofTag tag: UInt8) -> OptionLayout? { options.first { $0.tag == tag } }

  /// Judges a message by its type, its length and, where it has them, its groups and strings.
  @inline(__always)
  public func judge(_ message: UnsafeRawBufferPointer) -> MessageJudgement {
    guard let type = message.first else { return MessageJudgement(.empty) }
    guard isPlain else { return judgeWhole(message) }
    let index = layoutIndex(ofType: type)
    if index < 0 { return MessageJudgement(.unknownType) }
    if message.count < plans[index].fewest { return MessageJudgement(.short, index) }
    return MessageJudgement(message.count > plans[index].most ? .longer : .exact, index)
  }

  public func verdict(of message: UnsafeRawBufferPointer) -> MessageVerdict { judge(message).verdict }

  /// A reader of `message`, nil where its type is unknown or it is short.
  ///
  /// The message's bytes must stay in place while the reader is used.
  public func read(_ message: UnsafeRawBufferPointer) -> MessageReader? {
    let judgement = judge(message)
    guard judgement.verdict.isReadable else { return nil }
    return MessageReader(layout: layouts[judgement.layoutIndex], message: message, head: head)
  }

  /// A writer of messages of `type`, nil where it is unknown.
  public func writer(ofType type: UInt8) -> MessageWriter? { writer(ofCode: UInt32(type)) }

  /// A writer of messages of a type in a version of the schema (the newest where none is given), nil where unknown.
  public func writer(ofCode code: UInt32, version: UInt32? = nil) -> MessageWriter? {
    var index = layoutIndex(ofCode: code)
    var found = -1
    while index >= 0 {
      switch (layouts[index].selector, version) {
      case (.versions, nil): found = index
      case (.versions, let version?): if plans[index].covers(version) { found = index }
      case (_, _): if found < 0 { found = index }
      }
      index = plans[index].next
    }
    return found < 0 ? nil : MessageWriter(layout: layouts[found], head: head, version: version)
  }

  /// A writer of a layout of this protocol.
  public func writer(of layout: MessageLayout) -> MessageWriter {
    MessageWriter(layout: layout, head: head, version: nil)
  }

  public func hasAppendage(layoutIndex: Int) -> Bool { plans[layoutIndex].hasAppendage }

  /// False where an appendage has more or fewer bytes than its length says.
  ///
  /// - Precondition: `message` was judged readable.
  public func appendageIsConsistent(in message: UnsafeRawBufferPointer, layoutIndex: Int) -> Bool {
    !plans[layoutIndex].hasAppendage || layouts[layoutIndex].appendageIsConsistent(in: message)
  }

  /// The type of a message as output shows it, of unknown types too; nil where it ends before its type.
  public func typeText(of message: UnsafeRawBufferPointer) -> String? {
    guard let slot = head.type, let base = message.baseAddress, slot.offset + slot.size <= message.count else {
      return nil
    }
    // SAFETY: the type is there.
    let code = slot.unsigned(at: base, byteOrder)
    if let layout = layout(ofCode: UInt32(truncatingIfNeeded: code)) { return layout.typeText }
    if slot.encoding == .character, code > 0x20, code < 0x7F { return String(Unicode.Scalar(UInt8(code))) }
    let isHexadecimal = layouts.first?.typeText.hasPrefix("0x") ?? false
    return isHexadecimal || slot.encoding == .character
      ? "0x" + (code < 16 ? "0" : "") + String(code, radix: 16, uppercase: true) : String(code)
  }

  /// Whether the fields of a layout lie within the message's own length, and nothing but an appendage follows them.
  public func isFlat(layoutIndex: Int) -> Bool {
    head.blockLength == nil && !layouts[layoutIndex].hasTail && layouts[layoutIndex].parts.isEmpty
  }

  /// Bytes from the start of `message` within which the fields of its layout lie: the end of its root block.
  ///
  /// - Precondition: `message` was judged readable.
  public func rootEnd(of message: UnsafeRawBufferPointer, layoutIndex: Int) -> Int {
    guard let base = message.baseAddress else { return 0 }
    let plan = plans[layoutIndex]
    return Self.rootEnd(base, count: message.count, head, length: plan.length, hasTail: plan.hasTail)
  }

  /// What follows the root block: groups, then strings.
  ///
  /// - Precondition: `message` was judged readable, so it is not empty.
  public func tail(of message: UnsafeRawBufferPointer, layoutIndex: Int) -> MessageTail {
    guard let base = message.baseAddress else { preconditionFailure("an empty message has no layout") }
    return MessageTail(
      base, count: message.count, head, layouts[layoutIndex], rootEnd(of: message, layoutIndex: layoutIndex))
  }
}
