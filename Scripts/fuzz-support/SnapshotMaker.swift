@testable import FeedCore

/// Makes the packets of snapshot flows, headers by hand from the sheets, numbers that go on.
struct SnapshotMaker {
  private let feedProtocol: FeedProtocol
  var next: UInt32 = 1

  init(_ feedProtocol: FeedProtocol) { self.feedProtocol = feedProtocol }

  /// - Parameter how: CME: bit 7, the loop begins again; NYSE: the delivery flag, in the low bits; Coinbase
  ///   Derivatives: the instrument.
  mutating func packet(_ messages: [[UInt8]], stream: UInt32, _ how: UInt8, at nanoseconds: UInt64) -> [UInt8] {
    let body = messages.flatMap { $0 }
    switch feedProtocol {
    case .cmeMDP3:
      if how & 0x80 != 0 { next = 1 }
      defer { next &+= 1 }
      return little(next) + little(nanoseconds) + body
    case .nyseIntegrated:
      // 17 a whole refresh, 18 its begin, 19 its middle, 20 its end.
      let flag = 17 + how & 3
      var packet = little(UInt16(truncatingIfNeeded: body.count + 16)) + [flag, UInt8(messages.count)] + little(next)
      next &+= UInt32(messages.count)
      packet += little(UInt32(truncatingIfNeeded: nanoseconds / 1_000_000_000)) + little(UInt32(5))
      return packet + body
    case .coinbaseDerivatives:
      defer { next &+= 1 }
      var packet = little(nanoseconds) + little(UInt64(next)) + little(UInt16(truncatingIfNeeded: stream))
      packet += [2, UInt8(messages.count)] + little(UInt32(how & 3))
      return packet + body
    default:
      var packet = little(UInt16(32)) + little(UInt16(13_002)) + little(UInt32.max) + little(next)
      packet += little(stream) + [1, 0, 0, 0, 0, 0, 0, 0] + little(nanoseconds)
      for message in messages {
        packet += message.count < 8 ? message : Array(message[..<4]) + little(next) + Array(message[8...])
        next &+= 1
      }
      return packet
    }
  }
}
