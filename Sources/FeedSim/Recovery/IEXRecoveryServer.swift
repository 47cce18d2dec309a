/// IEX's gap fill server (UDP) and SNAP server (TCP, one snapshot per connection).
public struct IEXRecoveryServer: Sendable {
  public let protocolId: UInt64
  public let channelId: UInt64
  public let sessionId: UInt64
  public var faults: RecoveryFaults
  public private(set) var requests = 0
  private var stream = SimulatedStream()
  private var received: [UInt8] = []

  public init(protocolId: UInt64, channelId: UInt64, sessionId: UInt64, faults: RecoveryFaults) {
    self.protocolId = protocolId
    self.channelId = channelId
    self.sessionId = sessionId
    self.faults = faults
  }

  public mutating func connected() {
    received = []
    stream.open()
  }

  /// A gap fill request. Invalid ones get no answer; at most 1,000 messages are answered.
  public mutating func gapFill(_ request: [UInt8], history: SimulatedHistory, at now: UInt64) -> [SimulatedAnswer] {
    requests += 1
    guard request.count >= 16, request[0] == 1, request[1] == 1, request.little(2, 2) == protocolId,
      request.little(4, 4) == channelId, request.little(8, 4) == sessionId,
      request.count == 16 + 16 * Int(request.little(12, 4)), now < faults.deadFrom, !faults.happens(faults.silence)
    else { return [] }
    var answers: [SimulatedAnswer] = []
    for range in 0..<Int(request.little(12, 4)) {
      var first = request.little(16 + 16 * range, 8)
      let last = request.little(24 + 16 * range, 8)
      guard first >= history.oldest, first <= last, last < history.next, last - first < 1_000 else { return [] }
      if faults.happens(faults.overlap) { first -= min(faults.below(4), first - 1) }
      while first <= last {
        let part = Array(history.messages(from: first, count: min(5, last - first + 1)))
        let segment = segment(part, first: first)
        answers += faults.arrivals(at: now).map { SimulatedAnswer(at: $0, way: .datagram, bytes: segment) }
        first += UInt64(part.count)
      }
    }
    return answers
  }

  /// Bytes of a SNAP connection.
  public mutating func snapshot(
    _ bytes: [UInt8], through: UInt64, messages: [[UInt8]], at now: UInt64
  ) -> [SimulatedAnswer] {
    if stream.isClosed { return [] }
    received += bytes
    guard received.count >= 59, now < faults.deadFrom else { return [] }
    let request = Array(received[..<59])
    received.removeFirst(59)
    if faults.happens(faults.silence) { return [] }
    var reason: Unicode.Scalar?
    if request.little(0, 2) != 57 || request[2] != UInt8(ascii: "r") {
      reason = "U"
    } else if request.little(43, 4) != channelId {
      reason = "C"
    } else if request.little(47, 4) != sessionId {
      reason = "S"
    } else if request.little(51, 8) > through || faults.happens(faults.refusal) {
      reason = "R"
    }
    if let reason {
      let answers = stream.send([2, 0, UInt8(ascii: "e"), UInt8(ascii: reason)], at: now, faults: &faults)
      return answers + [SimulatedAnswer(at: answers.last?.at ?? now, way: .closed, bytes: [])]
    }
    var body: [UInt8] = []
    for message in messages {
      let segment = segment([message], first: 1)
      body.appendLittle(UInt64(1 + segment.count), 2)
      body += [UInt8(ascii: "d")] + segment
    }
    body += [9, 0, UInt8(ascii: "x")]
    body.appendLittle(through, 8)
    var out: [UInt8] = [9, 0, UInt8(ascii: "s")]
    out.appendLittle(UInt64(body.count), 8)
    return stream.send(out + body, at: now, faults: &faults, isCut: faults.happens(faults.disconnection))
  }

  private func segment(_ messages: [[UInt8]], first: UInt64) -> [UInt8] {
    var blocks: [UInt8] = []
    for message in messages {
      blocks.appendLittle(UInt64(message.count), 2)
      blocks += message
    }
    var bytes: [UInt8] = [1, 0]
    for (value, length) in [
      (protocolId, 2), (channelId, 4), (sessionId, 4), (UInt64(blocks.count), 2), (UInt64(messages.count), 2), (0, 8),
      (first, 8), (0, 8),
    ] { bytes.appendLittle(value, length) }
    return bytes + blocks
  }
}
