@testable import FeedCore

/// Makes what recovery servers say over their connections, frames by hand from the sheets, with numbers near the
/// live ones.
struct AnswerMaker {
  private let feedProtocol: FeedProtocol
  private let session: UInt64
  private let stream: UInt32
  private let next: UInt64

  /// - Parameter packets: where the live messages stand.
  init(_ feedProtocol: FeedProtocol, _ packets: PacketMaker) {
    self.feedProtocol = feedProtocol
    session = UInt64(packets.name)
    stream = packets.stream
    next = packets.next
  }

  /// Who asks, as the frames below know it.
  static func asking(_ feedProtocol: FeedProtocol) -> FeedRecoverySettings {
    var settings = FeedRecoverySettings()
    settings.messages = feedProtocol.hasMessageRequests
    settings.snapshots = feedProtocol.hasChannelSnapshots
    settings.username = "U"
    settings.password = "P"
    settings.sessionSubId = "1"
    settings.sourceId = "FEEDH01"
    settings.productId = 11
    settings.channelId = 3
    settings.token = "u:p"
    return settings
  }

  /// One frame: which (1 byte), a number (1 byte: so far before the next live one), and the message that it carries.
  func frame(
    _ service: RecoveryService, _ script: inout Script, message: (inout Script) -> [UInt8]
  ) -> [UInt8] {
    let which = script.byte()
    let number = next &- UInt64(script.byte() & 0x3F)
    switch feedProtocol {
    case .itch50: return soup(which, number, &script, message)
    case .pitch: return cboe(which, number, &script, message)
    case .nyseIntegrated: return nyse(which, number)
    case .memxDepth: return memx(which, number, &script, message)
    default: return iex(which, number, &script, message)
    }
  }

  /// GLIMPSE over SoupBinTCP.
  private func soup(
    _ which: UInt8, _ number: UInt64, _ script: inout Script, _ message: (inout Script) -> [UInt8]
  ) -> [UInt8] {
    func packet(_ type: Character, _ payload: [UInt8]) -> [UInt8] {
      big(UInt16(truncatingIfNeeded: payload.count + 1)) + [type.asciiValue!] + payload
    }
    func text(_ number: UInt64) -> [UInt8] {
      let digits = Array("\(number)".utf8)
      return [UInt8](repeating: 0x20, count: 20 - digits.count) + digits
    }
    switch which & 7 {
    case 0: return packet("A", Array("SESSION001".utf8) + text(1))
    case 1: return packet("S", [0x47] + text(number))
    case 2: return packet("H", [])
    case 3: return packet("Z", [])
    case 4: return packet("J", [which & 8 == 0 ? 0x41 : 0x53])
    default: return packet("S", message(&script))
    }
  }

  /// Gap request proxy and spin.
  private func cboe(
    _ which: UInt8, _ number: UInt64, _ script: inout Script, _ message: (inout Script) -> [UInt8]
  ) -> [UInt8] {
    func unit(_ message: [UInt8]) -> [UInt8] {
      little(UInt16(truncatingIfNeeded: message.count + 8)) + [1, 0, 0, 0, 0, 0] + message
    }
    let sequence = little(UInt32(truncatingIfNeeded: number))
    let status: UInt8 = which & 0x80 == 0 ? 0x41 : Array("ODIMSCU".utf8)[Int(which >> 4 & 7) % 7]
    switch which & 7 {
    case 0: return unit([3, 2, status])
    case 1: return unit([6, 0x80] + sequence)
    case 2: return unit([0x0B, 0x82] + sequence + little(UInt32(which >> 4 & 7)) + [status])
    case 3: return unit([6, 0x83] + sequence)
    case 4: return unit([10, 4, UInt8(truncatingIfNeeded: stream)] + sequence + little(UInt16(5)) + [status])
    case 5: return unit([])
    default: return unit(message(&script))
    }
  }

  /// Request Response, alone in its packet.
  private func nyse(_ which: UInt8, _ number: UInt64) -> [UInt8] {
    let status: UInt8 = which & 0x80 == 0 ? 0x30 : 0x30 + which >> 4 & 7
    let first = little(UInt32(truncatingIfNeeded: number))
    var response = little(UInt16(29)) + little(UInt16(11)) + little(UInt32(1)) + first + first
    response += Array("FEEDH01\0\0\0".utf8) + [11, 3, status]
    let body = which & 7 == 0 ? [] : response
    let kind: UInt8 = which & 7 == 0 ? 1 : 11
    return little(UInt16(body.count + 16)) + [kind, body.isEmpty ? 0 : 1] + little(UInt32(1)) + little(UInt64(0)) + body
  }

  /// SNAP.
  private func iex(
    _ which: UInt8, _ number: UInt64, _ script: inout Script, _ message: (inout Script) -> [UInt8]
  ) -> [UInt8] {
    func frame(_ body: [UInt8]) -> [UInt8] { little(UInt16(truncatingIfNeeded: body.count)) + body }
    switch which & 7 {
    case 0: return frame([0x73] + little(UInt64(which >> 4)))
    case 1: return frame([0x78] + little(number))
    default:
      let message = message(&script)
      let block = little(UInt16(truncatingIfNeeded: message.count)) + message
      var data: [UInt8] = [0x64, 1, 0] + little(UInt16(0x8005)) + little(stream)
      data += little(UInt32(truncatingIfNeeded: session)) + little(UInt16(truncatingIfNeeded: block.count))
      return frame(data + little(UInt16(1)) + [UInt8](repeating: 0, count: 24) + block)
    }
  }

  /// MEMX-TCP.
  private func memx(
    _ which: UInt8, _ number: UInt64, _ script: inout Script, _ message: (inout Script) -> [UInt8]
  ) -> [UInt8] {
    func frame(_ type: UInt8, _ body: [UInt8]) -> [UInt8] {
      [type] + big(UInt16(truncatingIfNeeded: body.count)) + body
    }
    switch which & 7 {
    case 0: return frame(1, [0x54])
    case 1: return frame(3, big(session))
    case 2: return frame(5, big(which & 0x80 == 0 ? number : 1) + big(UInt32(which >> 4 & 7)))
    case 3: return frame(7, big(UInt32(which >> 4)))
    case 4: return frame(11, [0, 8, 100, 2, 1, 3] + big(number))
    case 5: return frame(which >> 4, script.bytes(Int(which >> 4)))
    default: return frame(11, message(&script))
    }
  }
}
