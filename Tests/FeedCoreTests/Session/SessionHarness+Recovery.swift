import Testing

@testable import FeedCore

/// What a channel's recovery asks, read by hand, and what its servers say, written by hand.
extension SessionHarness {
  var recovery: ChannelRecovery { arbiter.recovery!.pointee }

  /// What was sent since the last call: `@1000 ask 3+2` (another session than S1 by its name), `@1000 open`, `login`,
  /// `beat`, `close`.
  func requests() -> [String] {
    var requests: [String] = []
    while let output = outbox.next() {
      let bytes = output.bytes.array
      let text: String
      switch output.action {
      case .datagram:
        #expect(bytes.count == 20 && output.service == .messages && output.channel == 3)
        let session = String(decoding: bytes[..<10], as: UTF8.self).prefix { $0 != " " }
        let first = bytes[10..<18].reduce(0) { $0 << 8 | UInt64($1) }
        let count = bytes[18..<20].reduce(0) { $0 << 8 | UInt64($1) }
        text = "ask \(session == "S1" ? "" : session + " ")\(first)+\(count)"
      case .open: text = "open"
      case .close: text = "close"
      case .bytes: text = bytes[2] == UInt8(ascii: "L") ? "login" : bytes[2] == UInt8(ascii: "R") ? "beat" : "?"
      }
      requests.append("@\(output.captureNanoseconds) \(text)")
    }
    return requests
  }

  /// A whole GLIMPSE snapshot; its last message names the next number to process.
  func glimpse(through: UInt64, _ messages: [String], at time: UInt64) {
    var bytes = Self.soup("A", Array("SNAPSHOT01".utf8) + Self.padded(1))
    for message in messages { bytes += Self.soup("S", Array(message.utf8)) }
    bytes += Self.soup("S", [UInt8(ascii: "G")] + Self.padded(through + 1)) + Self.soup("Z", [])
    receive(bytes, at: time)
  }

  /// A snapshot that the server breaks off behind its messages.
  func brokenGlimpse(_ messages: [String], at time: UInt64) {
    var bytes = Self.soup("A", Array("SNAPSHOT01".utf8) + Self.padded(1))
    for message in messages { bytes += Self.soup("S", Array(message.utf8)) }
    receive(bytes, isEnd: true, at: time)
  }

  /// Bytes of a connection as they are, in pieces.
  func receive(_ bytes: [UInt8], of service: RecoveryService = .snapshots, isEnd: Bool = false, at time: UInt64) {
    advance(to: time)
    bytes.withUnsafeBytes {
      arbiter.receive($0, of: service, isEnd: isEnd, clock: clock, into: &sink)
      sink.flush()
    }
  }

  func refuseGlimpse(at time: UInt64) { receive(Self.soup("J", [UInt8(ascii: "A")]), at: time) }

  private static func soup(_ type: Unicode.Scalar, _ payload: [UInt8]) -> [UInt8] {
    Mold.bigEndian(UInt16(payload.count + 1)) + [UInt8(ascii: type)] + payload
  }

  private static func padded(_ number: UInt64) -> [UInt8] {
    let digits = Array("\(number)".utf8)
    return [UInt8](repeating: 0x20, count: 20 - digits.count) + digits
  }
}
