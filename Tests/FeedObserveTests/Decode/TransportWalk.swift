import FeedCore
import FeedIO
import Foundation

/// A message of a capture with what its transport says about it.
struct WalkedMessage {
  var description: ProtocolDescription
  var bytes: [UInt8]
  var packet: Int
  var sequence: UInt64?
}

/// Finds the messages in packets of the venues' transports: written from the fact sheets for tests alone, byte by byte,
/// to check the layouts without the framing of the handler.
struct TransportWalk {
  var messages: [WalkedMessage] = []
  private var packet = 0

  /// Payloads of the UDP and TCP packets of a capture that have one.
  static func payloads(_ path: String) throws -> [[UInt8]] {
    let source = try CaptureSet(paths: [path]).makeSource()
    let parser = FrameParser(verifyChecksums: false)
    var result: [[UInt8]] = []
    let burst = UnsafeMutableBufferPointer<Packet>.allocate(capacity: 16)
    defer { burst.deallocate() }
    while !source.isExhausted {
      for index in 0..<source.receive(into: burst) {
        if case .payload(let view) = parser.parse(burst[index]) {
          result.append(Array(UnsafeRawBufferPointer(start: view.payload, count: view.payloadLength)))
        }
      }
    }
    return result
  }

  /// - Parameter family: the folder of the captures.
  static func messages(of path: String, family: String) throws -> [WalkedMessage] {
    var walk = TransportWalk()
    for (packet, payload) in try payloads(path).enumerated() {
      walk.packet = packet
      let bytes = Bytes(payload)
      switch family {
      case "iex": walk.iex(bytes)
      case "cboe-pitch": walk.pitch(bytes)
      case "nyse": walk.nyse(bytes)
      case "memx": walk.memx(bytes)
      case "cme": walk.cme(bytes)
      case "coinbase-derivatives": walk.coinbase(bytes)
      case "eobi": walk.eobi(bytes)
      case "deribit": walk.deribit(bytes)
      default: break
      }
    }
    return walk.messages
  }

  /// Bytes with numbers read one by one.
  struct Bytes {
    var all: [UInt8]
    init(_ all: [UInt8]) { self.all = all }
    var count: Int { all.count }
    func little(_ offset: Int, _ size: Int) -> UInt64 {
      (0..<size).reversed().reduce(0) { $0 << 8 | UInt64(all[offset + $1]) }
    }
    func big(_ offset: Int, _ size: Int) -> UInt64 { (0..<size).reduce(0) { $0 << 8 | UInt64(all[offset + $1]) } }
  }

  private mutating func add(
    _ description: ProtocolDescription, _ bytes: Bytes, _ start: Int, _ length: Int, _ sequence: UInt64?
  ) {
    messages.append(
      WalkedMessage(
        description: description, bytes: Array(bytes.all[start..<(start + length)]), packet: packet,
        sequence: sequence))
  }

  /// 40 bytes; protocol id at 2, message count at 14, first number at 24; each message behind its 16-bit length.
  private mutating func iex(_ b: Bytes) {
    let protocols: [UInt64: ProtocolDescription] = [
      0x8002: IEXLayouts.tops15, 0x8003: IEXLayouts.tops16, 0x8004: IEXLayouts.deep, 0x8005: IEXLayouts.deepPlus,
    ]
    guard let description = protocols[b.little(2, 2)] else { return }
    var offset = 40
    for index in 0..<b.little(14, 2) {
      let length = Int(b.little(offset, 2))
      add(description, b, offset + 2, length, b.little(24, 8) + index)
      offset += 2 + length
    }
  }

  /// 8 bytes; count at 2, number at 4; each message begins with its length.
  private mutating func pitch(_ b: Bytes) {
    var offset = 8
    for index in 0..<b.little(2, 1) {
      let length = Int(b.all[offset])
      add(CboePITCHLayouts.description, b, offset, length, b.little(4, 4) + index)
      offset += length
    }
  }

  /// 16 bytes; count at 3, number at 4; each message begins with its 16-bit size.
  private mutating func nyse(_ b: Bytes) {
    var offset = 16
    for index in 0..<b.little(3, 1) {
      let length = Int(b.little(offset, 2))
      add(NYSEPillarLayouts.description, b, offset, length, b.little(4, 4) + index)
      offset += length
    }
  }

  /// 18 bytes, big-endian; type 2 goes on with a count; each message behind its 16-bit length.
  private mutating func memx(_ b: Bytes) {
    guard b.all[0] == 2 else { return }
    var offset = 20
    for index in 0..<b.big(18, 2) {
      let length = Int(b.big(offset, 2))
      add(MEMXLayouts.description, b, offset + 2, length, b.big(10, 8) + index)
      offset += 2 + length
    }
  }

  /// 12 bytes, over TCP behind the mark FE CA; each message begins with its 16-bit size; the packet has the number.
  private mutating func cme(_ b: Bytes) {
    func isMark(_ offset: Int) -> Bool { b.all[offset] == 0xFE && b.all[offset + 1] == 0xCA }
    var offset = 0
    while offset < b.count {
      if isMark(offset) { offset += 2 }
      let sequence = b.little(offset, 4)
      offset += 12
      while offset < b.count, !isMark(offset) {
        let length = Int(b.little(offset, 2))
        add(b.little(offset + 6, 2) == 2 ? CMELayouts.session : CMELayouts.description, b, offset, length, sequence)
        offset += length
      }
    }
  }

  /// 24 bytes; number at 8, count at 19; each message begins with its 16-bit length, padding included.
  private mutating func coinbase(_ b: Bytes) {
    var offset = 24
    for index in 0..<b.little(19, 1) {
      let length = Int(b.little(offset, 2))
      add(CoinbaseDerivativesLayouts.description, b, offset, length, b.little(8, 8) + index)
      offset += length
    }
  }

  /// Messages alone, the first of them the packet's header; each begins with its length and has its own number.
  private mutating func eobi(_ b: Bytes) {
    let description: ProtocolDescription
    switch EOBILayouts.release(templateID: UInt16(b.little(2, 2)), transactTime: b.little(24, 8)) {
    case .before25: description = EOBILayouts.before25
    case .release30: description = EOBILayouts.release30
    case .release60: description = EOBILayouts.release60
    case nil: return
    }
    var offset = 0
    while offset < b.count {
      let length = Int(b.little(offset, 2))
      let sequence = b.little(offset + 4, 4)
      add(description, b, offset, length, sequence == 0xFFFF_FFFF ? nil : sequence)
      offset += length
    }
  }

  /// 8 bytes; number at 4. A message has no length: 12 bytes of head, the block, groups of 8 bytes and their entries,
  /// strings behind a byte of length.
  private mutating func deribit(_ b: Bytes) {
    var offset = 8
    while offset < b.count {
      let start = offset
      offset += 12 + Int(b.little(start, 2))
      for _ in 0..<b.little(start + 8, 2) { offset += 8 + Int(b.little(offset, 2) * b.little(offset + 2, 2)) }
      for _ in 0..<b.little(start + 10, 2) { offset += 1 + Int(b.all[offset]) }
      add(DeribitLayouts.description, b, start, offset - start, b.little(4, 4))
    }
  }
}
