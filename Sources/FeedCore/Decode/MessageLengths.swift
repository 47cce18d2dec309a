/// The fewest bytes of each message of a protocol, by type slot, made from its layouts once: one comparison tells a
/// decoder that it may read.
struct MessageLengths {
  /// Beyond any message for types that the protocol does not have.
  private let fewest = Storage<UInt16>(capacity: 256, hugePages: false)

  /// - Precondition: the codes of all messages are below 256, their lengths below 65,535.
  init(_ description: ProtocolDescription) {
    for slot in 0..<256 { fewest[slot] = .max }
    for layout in description.layouts {
      precondition(layout.code < 256 && layout.minimumLength < Int(UInt16.max), "\(layout.name): no slot for it")
      fewest[Int(layout.code)] = min(fewest[Int(layout.code)], UInt16(layout.minimumLength))
    }
  }

  /// Fewest bytes of a message of the type; `UInt16.max`, which no message reaches, where there is no such type.
  @inline(__always)
  subscript(type: UInt8) -> UInt16 { fewest.base[Int(type)] }

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
