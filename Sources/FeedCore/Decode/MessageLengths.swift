/// The fewest and the most bytes of each message of a protocol whose messages have neither groups nor strings, by type
/// slot, made from its layouts once: one comparison tells a decoder that it may read, another that a message goes on
/// beyond its layout.
struct MessageLengths {
  /// Beyond any message for types that the protocol does not have.
  private let fewest = Storage<UInt16>(capacity: 256, hugePages: false)
  /// Likewise: nothing is longer.
  private let most = Storage<UInt16>(capacity: 256, hugePages: false)

  /// - Precondition: the codes of all messages are below 256, their lengths below 65,535; layouts of one type are equally
  ///   long.
  init(_ description: ProtocolDescription) {
    for slot in 0..<256 { (fewest[slot], most[slot]) = (.max, .max) }
    for layout in description.layouts {
      let slot = Int(layout.code)
      precondition(slot < 256 && layout.length < Int(UInt16.max), "\(layout.name): no slot for it")
      precondition(
        !layout.hasTail && !layout.hasAppendage && layout.parts.isEmpty && description.head.alignment == 1,
        "\(layout.name): its length is not told by its type")
      precondition(most[slot] == .max || Int(most[slot]) == layout.length, "\(layout.name): two lengths of one type")
      fewest[slot] = min(fewest[slot], UInt16(layout.minimumLength))
      most[slot] = UInt16(layout.length)
    }
  }

  /// Fewest bytes of a message of the type; `UInt16.max`, which no message reaches, where there is no such type.
  @inline(__always)
  subscript(type: UInt8) -> UInt16 { fewest.base[Int(type)] }

  /// Whether a message of `length` bytes goes on beyond the layout of its type; false where there is no such type.
  @inline(__always)
  func areExceeded(by length: UInt16, type: UInt8) -> Bool { length > most.base[Int(type)] }

  /// The same of a delivery, whose type stands in the byte at `offset`; false where it ends before that.
  @inline(__always)
  func areExceeded(by delivery: UnsafeMutablePointer<Delivery>, typeAt offset: Int) -> Bool {
    // SAFETY: the type is here.
    Int(delivery.pointee.length) > offset
      && areExceeded(by: delivery.pointee.length, type: delivery.pointee.bytes.byte(at: offset))
  }

  /// Counts a message that is too short for its type, or whose type is unknown; `type` is nil where it ends before it.
  @inline(never)
  func refuse(
    type: UInt8?, _ context: DecoderContext, _ delivery: UnsafeMutablePointer<Delivery>,
    _ packets: DecoderContext.Packets
  ) -> DecodeOutcome {
    if delivery.pointee.length == 0 {
      context.note(.emptyMessages, delivery, packets)
    } else if let type, self[type] == .max {
      context.note(.unknownTypes, delivery, packets)
    } else {
      context.note(.malformed, delivery, packets)
    }
    return .other
  }
}
