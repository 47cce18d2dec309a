@testable import FeedCore

/// Makes the UDP payloads of one stream of a transport: headers by hand from the sheets, numbers that go on.
struct PacketMaker {
  let feedProtocol: FeedProtocol
  /// PITCH unit, IEX, Coinbase or Deribit channel, EOBI market segment.
  let stream: UInt32
  /// The next message's number, or packet's.
  var next: UInt64
  var session: UInt8 = 1
  /// What names the session in its packets, where they name one.
  private(set) var name: UInt8 = 1

  init(_ feedProtocol: FeedProtocol, stream: UInt32) {
    self.feedProtocol = feedProtocol
    self.stream = stream
    next = feedProtocol == .deribit ? 0 : 1
  }

  /// A new session. With the name of the one before only a reset or the time tells them apart.
  mutating func restart(keepsName: Bool = false) {
    session &+= 1
    if !keepsName { name = session }
    next = feedProtocol == .deribit ? 0 : 1
  }

  /// A packet of these messages, none of them for a heartbeat.
  mutating func packet(_ messages: [[UInt8]], at nanoseconds: UInt64) -> [UInt8] {
    let first = next
    next += numbersPackets ? 1 : UInt64(messages.count)
    let body = messages.flatMap { $0 }
    switch feedProtocol.transport {
    case .moldUDP64:
      return Array("SESSION00".utf8) + [name] + big(first) + big(UInt16(messages.count))
        + messages.flatMap { big(UInt16(truncatingIfNeeded: $0.count)) + $0 }
    case .iexTP:
      let blocks = messages.flatMap { little(UInt16(truncatingIfNeeded: $0.count)) + $0 }
      var packet: [UInt8] = [1, 0] + little(iexProtocol) + little(stream)
      packet += little(UInt32(name)) + little(UInt16(truncatingIfNeeded: blocks.count))
      packet += little(UInt16(messages.count)) + little(UInt64(0))
      return packet + little(first) + little(nanoseconds) + blocks
    case .cboeSUH:
      var packet = little(UInt16(truncatingIfNeeded: body.count + 8)) + [UInt8(messages.count)]
      packet += [UInt8(truncatingIfNeeded: stream)] + little(UInt32(truncatingIfNeeded: first))
      return packet + body
    case .nyseXDP:
      var packet = little(UInt16(truncatingIfNeeded: body.count + 16)) + [messages.isEmpty ? 1 : 11]
      packet += [UInt8(messages.count)] + little(UInt32(truncatingIfNeeded: first))
      packet += little(UInt32(truncatingIfNeeded: nanoseconds / 1_000_000_000))
      packet += little(UInt32(nanoseconds % 1_000_000_000))
      return packet + body
    case .memxUDP:
      var packet: [UInt8] = [messages.isEmpty ? 0 : 2, 18] + big(UInt64(name))
      packet += big(messages.isEmpty ? first &- 1 : first)
      if messages.isEmpty { return packet }
      return packet + big(UInt16(messages.count))
        + messages.flatMap { big(UInt16(truncatingIfNeeded: $0.count)) + $0 }
    case .mach:
      if messages.isEmpty { return little(first &- 1) + little(UInt16(12)) + [0, name] }
      return messages.enumerated().flatMap { index, message in
        little(first &+ UInt64(index)) + little(UInt16(truncatingIfNeeded: message.count + 12)) + [3, name] + message
      }
    case .cmeMDP3: return little(UInt32(truncatingIfNeeded: first)) + little(nanoseconds) + body
    case .coinbaseDerivatives:
      var packet = little(nanoseconds) + little(first) + little(UInt16(truncatingIfNeeded: stream))
      packet += [1, UInt8(messages.count)] + little(UInt32(0))
      return packet + body
    case .eobi:
      var packet = little(UInt16(32)) + little(UInt16(13_002)) + little(UInt32.max)
      packet += little(UInt32(truncatingIfNeeded: first)) + little(stream)
      packet += [1, name & 1, 0, 0, 0, 0, 0, 0] + little(nanoseconds)
      return packet + messages.enumerated().flatMap { index, message in
        var message = message
        let number = little(UInt32(truncatingIfNeeded: first &+ UInt64(index)))
        if message.count >= 8 { message.replaceSubrange(4..<8, with: number) }
        return message
      }
    case .deribit:
      return little(UInt16(truncatingIfNeeded: body.count)) + little(UInt16(truncatingIfNeeded: stream))
        + little(UInt32(truncatingIfNeeded: first)) + body
    }
  }

  private var numbersPackets: Bool { feedProtocol == .cmeMDP3 || feedProtocol == .deribit }

  private var iexProtocol: UInt16 {
    switch feedProtocol {
    case .tops15: 0x8002
    case .tops16: 0x8003
    case .deep10: 0x8004
    default: 0x8005
    }
  }
}

func little<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
  withUnsafeBytes(of: value.littleEndian) { Array($0) }
}
func big<T: FixedWidthInteger>(_ value: T) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
