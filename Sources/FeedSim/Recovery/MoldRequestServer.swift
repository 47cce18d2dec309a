/// A MoldUDP64 re-request server: one datagram per request, as many whole messages as fit.
public struct MoldRequestServer: Sendable {
  /// Ten bytes.
  public let session: [UInt8]
  public var faults: RecoveryFaults
  public var datagramMaximum = 200
  public private(set) var requests = 0

  public init(session: [UInt8], faults: RecoveryFaults) {
    self.session = session
    self.faults = faults
  }

  /// Requests of another form or session get no answer: the protocol has none.
  public mutating func receive(_ request: [UInt8], history: SimulatedHistory, at now: UInt64) -> [SimulatedAnswer] {
    requests += 1
    guard request.count == 20, Array(request[..<10]) == session, now < faults.deadFrom else { return [] }
    if faults.happens(faults.silence) { return [] }
    var first = request.big(10, 8)
    var count = request.big(18, 2)
    if faults.happens(faults.overlap) {
      let back = min(faults.below(4), first - 1)
      first -= back
      count += back + faults.below(4)
    }
    guard first >= history.oldest else { return [] }
    var blocks: [UInt8] = []
    var served: UInt64 = 0
    for message in history.messages(from: first, count: count) {
      if served > 0, blocks.count + 2 + message.count > datagramMaximum { break }
      blocks.appendBig(UInt64(message.count), 2)
      blocks += message
      served += 1
    }
    if served == 0 { return [] }
    var packet = session
    packet.appendBig(first, 8)
    packet.appendBig(served, 2)
    packet += blocks
    return faults.arrivals(at: now).map { SimulatedAnswer(at: $0, way: .datagram, bytes: packet) }
  }
}
