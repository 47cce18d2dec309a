/// What the length and the first byte of a message say about it.
public enum MessageVerdict: UInt8, Sendable, BitwiseCopyable {
  /// As long as its layout; with an appendage, at least as long as its fixed part.
  case exact
  /// A known type that goes on beyond its layout: a newer revision. The known head can be read.
  case longer
  /// A known type that ends before its layout does: nothing of it is read.
  case short
  case unknownType
  /// No byte at all, so no type: MoldUDP64 allows it.
  case empty

  /// Whether the fields of the layout can be read.
  @inlinable public var isReadable: Bool { self == .exact || self == .longer }
}

/// All messages of one protocol, found by their type byte in O(1).
public struct ProtocolDescription: Sendable, CustomStringConvertible {
  /// What output calls it: "itch50".
  public let name: String
  public let byteOrder: ByteOrder
  public let layouts: [MessageLayout]
  /// Options of the appendages; empty for most protocols.
  public let options: [OptionLayout]

  /// Position in `layouts` for each type byte, -1 for unknown types.
  private let indexByType: [Int16]
  /// `minimumLength` of each layout, and the length from which on it is `longer`.
  private let bounds: [Bounds]

  private struct Bounds: BitwiseCopyable {
    var fewest: Int
    var most: Int
  }

  /// - Precondition: every type and every option tag appears once.
  public init(
    name: String, byteOrder: ByteOrder, layouts: [MessageLayout], options: [OptionLayout] = []
  ) {
    self.name = name
    self.byteOrder = byteOrder
    self.layouts = layouts
    self.options = options
    var indexByType = [Int16](repeating: -1, count: 256)
    for (index, layout) in layouts.enumerated() {
      precondition(indexByType[Int(layout.type)] == -1, "\(name): two messages of type \(layout.typeText)")
      indexByType[Int(layout.type)] = Int16(index)
    }
    precondition(Set(options.map(\.tag)).count == options.count, "\(name): two options of one tag")
    self.indexByType = indexByType
    bounds = layouts.map {
      Bounds(fewest: max($0.minimumLength, 1), most: $0.hasAppendage ? .max : $0.length)
    }
  }

  public var description: String { name }

  /// Position in `layouts`, or -1.
  @inline(__always)
  public func layoutIndex(ofType type: UInt8) -> Int { Int(indexByType[Int(type)]) }

  public func layout(ofType type: UInt8) -> MessageLayout? {
    let index = layoutIndex(ofType: type)
    return index < 0 ? nil : layouts[index]
  }

  public func option(ofTag tag: UInt8) -> OptionLayout? { options.first { $0.tag == tag } }

  /// Judges a message by its type byte and length.
  public func verdict(of message: UnsafeRawBufferPointer) -> MessageVerdict {
    guard let type = message.first else { return .empty }
    let index = layoutIndex(ofType: type)
    if index < 0 { return .unknownType }
    let bounds = bounds[index]
    if message.count < bounds.fewest { return .short }
    return message.count > bounds.most ? .longer : .exact
  }

  /// A reader of `message`, nil where its type is unknown or it is short.
  ///
  /// The message's bytes must stay in place while the reader is used.
  public func read(_ message: UnsafeRawBufferPointer) -> MessageReader? {
    guard verdict(of: message).isReadable, let type = message.first, let layout = layout(ofType: type) else {
      return nil
    }
    return MessageReader(layout: layout, message: message, byteOrder: byteOrder)
  }

  /// A writer of messages of `type`, nil where it is unknown.
  public func writer(ofType type: UInt8) -> MessageWriter? {
    layout(ofType: type).map { MessageWriter(layout: $0, byteOrder: byteOrder) }
  }
}
