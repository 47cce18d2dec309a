/// MoldUDP64 packets of ITCH 5.0 messages written by hand, for feeds of a few packets. UDP carries no checksum, so
/// that a test may damage any byte; the IPv4 header has a right one.
struct ScriptedFeed {
  var frames: [CapturedFrame] = []
  var session = "SCRIPT0001"
  var next: UInt64 = 1
  /// Capture time of the next packet; each is 10 µs after the one before.
  var nanoseconds: UInt64 = 1_767_623_400_000_000_000
  /// Destination: line A of the first venue unless told.
  var group: UInt64 = 0xE936_0C01
  var port: UInt64 = 26_401

  // MARK: - Messages

  private static func message(_ type: Character, _ locate: UInt64, _ fields: [(UInt64, Int)]) -> [UInt8] {
    var bytes = [type.asciiValue!]
    for (value, length) in [(locate, 2), (0, 2), (34_200_000_000_000, 6)] + fields {
      bytes += [UInt8](repeating: 0, count: length)
      bytes.store(value, bytes.count - length, length)
    }
    return bytes
  }

  private static func text(_ text: String, _ length: Int) -> [(UInt64, Int)] {
    let bytes = Array(text.utf8) + [UInt8](repeating: 0x20, count: length - text.utf8.count)
    return bytes.map { (UInt64($0), 1) }
  }

  private static func letter(_ character: Character) -> (UInt64, Int) { (UInt64(character.asciiValue!), 1) }

  static func system(_ code: Character) -> [UInt8] { message("S", 0, [letter(code)]) }
  static func directory(_ locate: UInt64, _ symbol: String) -> [UInt8] {
    message("R", locate, text(symbol, 8) + text("QN", 2) + [(100, 4)] + text("NCZ PN 1N", 9) + [(0, 4)] + text("N", 1))
  }
  static func trading(_ locate: UInt64, _ symbol: String, _ state: Character = "T") -> [UInt8] {
    message("H", locate, text(symbol, 8) + [letter(state)] + text("", 5))
  }
  static func add(
    _ locate: UInt64, _ reference: UInt64, _ side: Character, _ shares: UInt64, _ price4: UInt64, _ symbol: String
  ) -> [UInt8] {
    message("A", locate, [(reference, 8), letter(side), (shares, 4)] + text(symbol, 8) + [(price4, 4)])
  }
  static func execute(_ locate: UInt64, _ reference: UInt64, _ shares: UInt64) -> [UInt8] {
    message("E", locate, [(reference, 8), (shares, 4), (77, 8)])
  }
  static func cancel(_ locate: UInt64, _ reference: UInt64, _ shares: UInt64) -> [UInt8] {
    message("X", locate, [(reference, 8), (shares, 4)])
  }
  static func delete(_ locate: UInt64, _ reference: UInt64) -> [UInt8] { message("D", locate, [(reference, 8)]) }
  static func replace(
    _ locate: UInt64, _ old: UInt64, _ new: UInt64, _ shares: UInt64, _ price4: UInt64
  ) -> [UInt8] {
    message("U", locate, [(old, 8), (new, 8), (shares, 4), (price4, 4)])
  }

  // MARK: - Packets

  static func mold(_ session: String, _ sequence: UInt64, _ messages: [[UInt8]], count: UInt64? = nil) -> [UInt8] {
    var payload = Array(session.utf8) + [UInt8](repeating: 0, count: 10)
    payload.store(sequence, 10, 8)
    payload.store(count ?? UInt64(messages.count), 18, 2)
    for message in messages {
      payload += [UInt8(message.count >> 8), UInt8(message.count & 0xFF)] + message
    }
    return payload
  }

  func frame(_ payload: [UInt8]) -> CapturedFrame {
    var bytes: [UInt8] = [1, 0, 0x5E, 0x36, 0x0C, 1, 2, 0, 10, 0, 1, 1, 8, 0, 0x45, 0]
    bytes += [UInt8](repeating: 0, count: 26)
    bytes.store(UInt64(28 + payload.count), 16, 2)
    bytes.store(0x4000_1011, 20, 4)
    bytes.store(0x0A00_0101, 26, 4)
    bytes.store(group, 30, 4)
    bytes.store(51_000, 34, 2)
    bytes.store(port, 36, 2)
    bytes.store(UInt64(8 + payload.count), 38, 2)
    bytes += payload
    CapturedFrame.renewHeaderChecksum(&bytes)
    return CapturedFrame(nanoseconds: nanoseconds, bytes: bytes)
  }

  /// Adds a packet of the next numbers.
  mutating func send(_ messages: [UInt8]...) { sendAll(messages) }

  mutating func sendAll(_ messages: [[UInt8]]) {
    frames.append(frame(Self.mold(session, next, messages)))
    next += UInt64(messages.count)
    nanoseconds += 10_000
  }

  /// The start of a day for some stocks: all of them trade, the market is open. Locates from 1.
  mutating func open(_ symbols: String...) {
    sendAll([Self.system("O")] + symbols.indices.map { Self.directory(UInt64($0 + 1), symbols[$0]) })
    sendAll(symbols.indices.map { Self.trading(UInt64($0 + 1), symbols[$0]) } + [Self.system("Q")])
  }
}

extension CapturedFrame {
  static func renewHeaderChecksum(_ frame: inout [UInt8]) {
    frame.store(0, 24, 2)
    var sum: UInt64 = 0
    for offset in stride(from: 14, to: 34, by: 2) { sum += frame.bigEndian(offset, 2) }
    while sum >> 16 != 0 { sum = (sum & 0xFFFF) + sum >> 16 }
    frame.store(~sum & 0xFFFF, 24, 2)
  }
}
