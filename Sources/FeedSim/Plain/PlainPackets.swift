import FeedCore

/// The packets of plain traffic: one session, one stream, from the transport's first number on.
struct PlainPackets {
  /// Bytes of messages in a packet, at most.
  static let bodyLengthMaximum = 1_300

  private let feedProtocol: FeedProtocol
  /// Of the transports that the simulation knows, too.
  private var format: PacketFormat?
  private let midnight: UInt64
  private var next: UInt64

  init(_ feedProtocol: FeedProtocol, midnightNanoseconds: UInt64) {
    self.feedProtocol = feedProtocol
    midnight = midnightNanoseconds
    next = feedProtocol == .deribit ? 0 : 1
    switch feedProtocol {
    case .itch50: format = make(Array("PLAIN00001".utf8))
    case .pitch, .nyseIntegrated: format = make([])
    case .memxDepth: format = make([0x53, 0x49, 0x4D, 0x31, 0, 0, 0, 1])
    case .deepPlus: format = make([1, 0, 0, 0])
    default: break
    }
  }

  private func make(_ session: [UInt8]) -> PacketFormat {
    PacketFormat(feedProtocol, stream: 1, session: session, midnightNanoseconds: midnight)
  }

  /// A packet of these messages, at least one.
  mutating func packet(_ messages: [[UInt8]], at nanoseconds: UInt64) -> [UInt8] {
    if var format {
      var payload = [UInt8](repeating: 0, count: format.headerLength)
      for message in messages { format.append(message, to: &payload) }
      format.finish(&payload, count: messages.count, at: nanoseconds)
      self.format = format
      return payload
    }
    let unix = midnight + nanoseconds
    let first = next
    var payload: [UInt8] = []
    switch feedProtocol.transport {
    case .iexTP:
      payload = iexHeader(messages, unix)
      for message in messages {
        payload.append(littleEndian: UInt16(message.count))
        payload += message
      }
    case .mach:
      for (index, message) in messages.enumerated() {
        payload.append(littleEndian: first + UInt64(index))
        payload.append(littleEndian: UInt16(message.count + 12))
        payload += [3, 1] + message
      }
    case .cmeMDP3:
      payload.append(littleEndian: UInt32(truncatingIfNeeded: first))
      payload.append(littleEndian: unix)
      payload += messages.joined()
    case .coinbaseDerivatives:
      payload.append(littleEndian: unix)
      payload.append(littleEndian: first)
      payload += [1, 0, 1, UInt8(messages.count), 0, 0, 0, 0]
      payload += messages.joined()
    case .eobi:
      for word in [32 | 13_002 << 16, .max, UInt32(truncatingIfNeeded: first), 1] as [UInt32] {
        payload.append(littleEndian: word)
      }
      payload += [1, 1, 0, 0, 0, 0, 0, 0]
      payload.append(littleEndian: unix - PlainEOBIWriter.earlierNanoseconds)
      for (index, message) in messages.enumerated() {
        let start = payload.count
        payload += message
        payload.store(littleEndian: UInt32(truncatingIfNeeded: first) + UInt32(index), at: start + 4)
      }
    case .deribit:
      payload.append(littleEndian: UInt16(messages.reduce(0) { $0 + $1.count }))
      payload.append(littleEndian: UInt16(1))
      payload.append(littleEndian: UInt32(truncatingIfNeeded: first))
      payload += messages.joined()
    case .moldUDP64, .cboeSUH, .nyseXDP, .memxUDP: break
    }
    let numbersPackets = feedProtocol == .cmeMDP3 || feedProtocol == .deribit
    next += numbersPackets ? 1 : UInt64(messages.count)
    return payload
  }

  /// IEX-TP 1.26, of TOPS and DEEP.
  private func iexHeader(_ messages: [[UInt8]], _ unix: UInt64) -> [UInt8] {
    var header: [UInt8] = [1, 0]
    header.append(littleEndian: UInt16(feedProtocol == .tops15 ? 0x8002 : feedProtocol == .tops16 ? 0x8003 : 0x8004))
    header.append(littleEndian: UInt32(1))
    header.append(littleEndian: UInt32(1))
    header.append(littleEndian: UInt16(messages.reduce(0) { $0 + 2 + $1.count }))
    header.append(littleEndian: UInt16(messages.count))
    header.append(littleEndian: UInt64(0))
    header.append(littleEndian: next)
    header.append(littleEndian: unix)
    return header
  }
}
