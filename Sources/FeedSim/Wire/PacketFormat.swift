import FeedCore

/// How a venue packs messages into a datagram: the header before them, what stands before each, how they are numbered.
///
/// Written by hand from the transports' documents, apart from the pipeline's own parsers: MoldUDP64 1.00, Cboe
/// Sequenced Unit Header, XDP/Pillar 2.4p "Packet Header", MEMX-UDP 1.1, IEX-TP 1.26.
struct PacketFormat {
  enum Kind: Equatable {
    case moldUDP64
    case sequencedUnit
    case xdp
    case memxUDP
    case iexTP
  }
  /// What a packet without messages is for.
  enum Control {
    case heartbeat
    case endOfSession
  }

  let kind: Kind
  /// Unit of a Sequenced Unit Header, channel of IEX-TP.
  let stream: UInt32
  /// Unix nanoseconds of the exchange's midnight.
  let midnightNanoseconds: UInt64
  /// MoldUDP64: ten characters. MEMX-UDP: eight bytes. IEX-TP: four bytes, as they stand on the wire. Else empty.
  private(set) var session: [UInt8] = []
  private(set) var nextSequenceNumber: UInt64 = 1
  /// IEX-TP: bytes of the session before the packet to come.
  private var streamOffset: UInt64 = 0

  init(_ feedProtocol: FeedProtocol, stream: UInt32 = 0, session: [UInt8] = [], midnightNanoseconds: UInt64 = 0) {
    kind =
      switch feedProtocol {
      case .pitch: .sequencedUnit
      case .nyseIntegrated: .xdp
      case .memxDepth: .memxUDP
      case .deepPlus: .iexTP
      default: .moldUDP64
      }
    self.stream = stream
    self.session = session
    self.midnightNanoseconds = midnightNanoseconds
  }

  var headerLength: Int {
    switch kind {
    case .moldUDP64, .memxUDP: 20
    case .sequencedUnit: 8
    case .xdp: 16
    case .iexTP: 40
    }
  }

  /// Largest UDP payload. XDP: "at most 1,400 bytes".
  var payloadLengthMax: Int { kind == .xdp ? 1_400 : 1_420 }

  /// Bytes before each message.
  var prefixLength: Int {
    switch kind {
    case .moldUDP64, .memxUDP, .iexTP: 2
    case .sequencedUnit, .xdp: 0
    }
  }

  func append(_ message: [UInt8], to payload: inout [UInt8]) {
    switch kind {
    case .moldUDP64, .memxUDP: payload.append(bigEndian: UInt16(message.count))
    case .iexTP: payload.append(littleEndian: UInt16(message.count))
    case .sequencedUnit, .xdp: break
    }
    payload += message
  }

  /// Fills in the header of a packet of `count` messages and moves the numbers on.
  ///
  /// - Parameter nanoseconds: when the packet leaves, nanoseconds of the exchange's day.
  mutating func finish(_ payload: inout [UInt8], count: Int, at nanoseconds: UInt64) {
    switch kind {
    case .moldUDP64:
      payload.replaceSubrange(0..<10, with: session)
      payload.store(bigEndian: nextSequenceNumber, at: 10)
      payload.store(bigEndian: UInt16(count), at: 18)
    case .memxUDP:
      memxHeader(&payload, type: 2, sequenceNumber: nextSequenceNumber)
      payload.store(bigEndian: UInt16(count), at: 18)
    case .sequencedUnit: unitHeader(&payload, count: count)
    case .xdp:
      // Alone in its packet stands a Sequence Number Reset: 14 bytes, type 1.
      let isReset = count == 1 && payload.count == 30 && payload[18] == 1 && payload[19] == 0
      xdpHeader(&payload, deliveryFlag: isReset ? 12 : 11, count: count, at: nanoseconds)
    case .iexTP: iexHeader(&payload, count: count, at: nanoseconds)
    }
    nextSequenceNumber += UInt64(count)
    if kind == .iexTP { streamOffset += UInt64(payload.count - headerLength) }
  }

  /// A packet without messages. A transport that has no end of session sends a heartbeat in its place.
  func control(_ control: Control, at nanoseconds: UInt64) -> [UInt8] {
    var payload = [UInt8](repeating: 0, count: kind == .memxUDP ? 18 : headerLength)
    switch kind {
    case .moldUDP64:
      payload.replaceSubrange(0..<10, with: session)
      payload.store(bigEndian: nextSequenceNumber, at: 10)
      payload.store(bigEndian: control == .heartbeat ? UInt16(0) : UInt16(0xFFFF), at: 18)
    case .memxUDP:
      // The highest published number, not the next.
      memxHeader(&payload, type: control == .heartbeat ? 0 : 1, sequenceNumber: nextSequenceNumber - 1)
    case .sequencedUnit: unitHeader(&payload, count: 0)
    case .xdp: xdpHeader(&payload, deliveryFlag: 1, count: 0, at: nanoseconds)
    case .iexTP: iexHeader(&payload, count: 0, at: nanoseconds)
    }
    return payload
  }

  /// Numbers from 1 again under a new name. Those of a Cboe unit go on: nothing in its packets could tell.
  mutating func restart(session: [UInt8]) {
    if kind == .sequencedUnit { return }
    self.session = session
    nextSequenceNumber = 1
    streamOffset = 0
  }

  private func memxHeader(_ payload: inout [UInt8], type: UInt8, sequenceNumber: UInt64) {
    payload[0] = type
    payload[1] = 18
    payload.replaceSubrange(2..<10, with: session)
    payload.store(bigEndian: sequenceNumber, at: 10)
  }

  private func unitHeader(_ payload: inout [UInt8], count: Int) {
    payload.store(littleEndian: UInt16(payload.count), at: 0)
    payload[2] = UInt8(count)
    payload[3] = UInt8(truncatingIfNeeded: stream)
    payload.store(littleEndian: UInt32(truncatingIfNeeded: nextSequenceNumber), at: 4)
  }

  private func xdpHeader(_ payload: inout [UInt8], deliveryFlag: UInt8, count: Int, at nanoseconds: UInt64) {
    payload.store(littleEndian: UInt16(payload.count), at: 0)
    payload[2] = deliveryFlag
    payload[3] = UInt8(count)
    payload.store(littleEndian: UInt32(truncatingIfNeeded: nextSequenceNumber), at: 4)
    let unix = midnightNanoseconds + nanoseconds
    payload.store(littleEndian: UInt32(truncatingIfNeeded: unix / 1_000_000_000), at: 8)
    payload.store(littleEndian: UInt32(unix % 1_000_000_000), at: 12)
  }

  private func iexHeader(_ payload: inout [UInt8], count: Int, at nanoseconds: UInt64) {
    payload[0] = 1
    // DEEP+.
    payload.store(littleEndian: UInt16(0x8005), at: 2)
    payload.store(littleEndian: stream, at: 4)
    payload.replaceSubrange(8..<12, with: session)
    payload.store(littleEndian: UInt16(payload.count - headerLength), at: 12)
    payload.store(littleEndian: UInt16(count), at: 14)
    payload.store(littleEndian: streamOffset, at: 16)
    payload.store(littleEndian: nextSequenceNumber, at: 24)
    payload.store(littleEndian: midnightNanoseconds + nanoseconds, at: 32)
  }
}
