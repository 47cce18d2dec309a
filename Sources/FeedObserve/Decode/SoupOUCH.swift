import FeedCore

/// Recognises SoupBinTCP with OUCH 5.0 messages by its structure.
public enum SoupOUCH {
  public enum Verdict: Sendable {
    /// Whole packets of defined types and right lengths, at least one with a message, and every message is one of
    /// OUCH 5.0 in that direction: known type, long enough, and the appendage's length agrees.
    case messages
    /// Likewise, but without messages: logins, heartbeats.
    case controlOnly
    /// Likewise, but a message is none of OUCH 5.0.
    case unknownMessages
    case foreign
  }

  /// Looks at no more than `packetLimit` packets. The last one may be cut by the end of `bytes`.
  public static func examine(_ bytes: UnsafeRawBufferPointer, packetLimit: Int) -> Verdict {
    var framer = SoupBinTCPFramer(bytes)
    var (packets, messages, unknown) = (0, 0, 0)
    while packets < packetLimit, let packet = framer.next() {
      guard let type = SoupBinTCPPacketType(rawValue: packet.type),
        type.allowsPayload(length: packet.payload.count)
      else { return .foreign }
      packets += 1
      if type.isData {
        if isOUCH(packet.payload, type) { messages += 1 } else { unknown += 1 }
      }
    }
    if packets == 0 || framer.end == .illegalLength { return .foreign }
    if unknown > 0 { return .unknownMessages }
    if messages > 0 { return .messages }
    return framer.end == .whole ? .controlOnly : .foreign
  }

  private static func isOUCH(_ message: UnsafeRawBufferPointer, _ type: SoupBinTCPPacketType) -> Bool {
    let description = type == .sequencedData ? OUCH50Layouts.outbound : OUCH50Layouts.inbound
    guard description.verdict(of: message).isReadable, let layout = description.layout(ofType: message[0]) else {
      return false
    }
    return layout.appendageIsConsistent(in: message)
  }
}
