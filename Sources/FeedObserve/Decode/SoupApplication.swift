import FeedCore

/// What SoupBinTCP packets carry, told by the structure of the messages: never by ports.
///
/// OUCH 5.0 and 4.2 have the same type letters, and lengths that nearly always differ. Where an appendage of 5.0 makes
/// a message as long as one of 4.2, its length field must agree and its options must add up, and what is a character
/// must be one: in 4.2 other fields stand there. ITCH comes over SoupBinTCP too, from the venue only.
public enum SoupApplication: UInt8, Sendable, CaseIterable {
  case ouch50
  case ouch42
  case itch50

  /// The messages that this end sends; nil where it sends none.
  public func description(from side: StreamSide) -> ProtocolDescription? {
    switch (self, side) {
    case (.ouch50, .client): OUCH50Layouts.inbound
    case (.ouch50, .server): OUCH50Layouts.outbound
    case (.ouch42, .client): OUCH42Layouts.inbound
    case (.ouch42, .server): OUCH42Layouts.outbound
    case (.itch50, .client): nil
    case (.itch50, .server): ITCH50Layouts.description
    }
  }

  /// Whether `message` can be one of the application's from that end.
  public func accepts(_ message: UnsafeRawBufferPointer, from side: StreamSide) -> Bool {
    guard let description = description(from: side), description.verdict(of: message) == .exact,
      let base = message.baseAddress, let layout = description.layout(ofType: message[0])
    else { return false }
    if layout.hasAppendage, !Self.appendageIsSound(of: message, layout) { return false }
    // SAFETY: a field is read only where the message holds it.
    return layout.fields.allSatisfy { field in
      guard field.encoding == .character || field.encoding == .text, field.offset + field.size <= message.count
      else { return true }
      return field.slot.bytes(at: base).allSatisfy { $0 == 0 || $0 >= 0x20 && $0 < 0x7F }
    }
  }

  private static func appendageIsSound(of message: UnsafeRawBufferPointer, _ layout: MessageLayout) -> Bool {
    guard layout.appendageIsConsistent(in: message) else { return false }
    guard let appendage = layout.appendageBytes(of: message) else { return true }
    var elements = OptionElements(appendage)
    while elements.next() != nil {}
    return !elements.isMalformed
  }
}
