/// A MEMX-TCP server: login, replay of a range (mode R) or a snapshot (mode T).
public struct MEMXRecoveryServer: Sendable {
  public let session: UInt64
  public let isSnapshot: Bool
  public var faults: RecoveryFaults
  public private(set) var requests = 0
  private var stream = SimulatedStream()
  private var received: [UInt8] = []

  public init(session: UInt64, isSnapshot: Bool, faults: RecoveryFaults) {
    self.session = session
    self.isSnapshot = isSnapshot
    self.faults = faults
  }

  public mutating func connected() {
    received = []
    stream.open()
  }

  /// - Parameter snapshot: messages of the book now, and the last number they hold.
  public mutating func receive(
    _ bytes: [UInt8], history: SimulatedHistory, snapshot: () -> (through: UInt64, messages: [[UInt8]]), at now: UInt64
  ) -> [SimulatedAnswer] {
    if stream.isClosed { return [] }
    received += bytes
    var answers: [SimulatedAnswer] = []
    while received.count >= 3, !stream.isClosed, received.count >= 3 + Int(received.big(1, 2)) {
      let length = 3 + Int(received.big(1, 2))
      let message = Array(received[..<length])
      received.removeFirst(length)
      guard now < faults.deadFrom else { continue }
      switch message[0] {
      case 100:
        answers += send(1, [isSnapshot ? UInt8(ascii: "T") : UInt8(ascii: "R")], at: now)
      case 101 where length == 23 && !isSnapshot: answers += replay(message, history: history, at: now)
      case 102 where length == 11 && isSnapshot:
        requests += 1
        if faults.happens(faults.silence) { continue }
        if message.big(3, 8) != session || faults.happens(faults.refusal) {
          answers += send(6, [UInt8(ascii: "R")], at: now)
          continue
        }
        let (through, messages) = snapshot()
        var complete: [UInt8] = [0, 16, 100, 2, 1, 3] + [UInt8](repeating: 0, count: 8)
        complete.appendBig(through, 8)
        answers += replay(messages + [complete], first: 1, at: now)
      default: break
      }
    }
    return answers
  }

  private mutating func replay(_ message: [UInt8], history: SimulatedHistory, at now: UInt64) -> [SimulatedAnswer] {
    requests += 1
    if faults.happens(faults.silence) { return [] }
    let first = message.big(11, 8)
    let count = message.big(19, 4)
    guard message.big(3, 8) == session, first >= history.oldest, first + count <= history.next,
      !faults.happens(faults.refusal)
    else { return send(6, [UInt8(ascii: "R")], at: now) }
    return replay(Array(history.messages(from: first, count: count)), first: first, at: now)
  }

  private mutating func replay(_ messages: [[UInt8]], first: UInt64, at now: UInt64) -> [SimulatedAnswer] {
    var begin: [UInt8] = []
    begin.appendBig(first, 8)
    begin.appendBig(UInt64(messages.count), 4)
    var out = Self.message(5, begin)
    for message in messages { out += Self.message(11, message) }
    var count: [UInt8] = []
    count.appendBig(UInt64(messages.count), 4)
    out += Self.message(7, count)
    return stream.send(out, at: now, faults: &faults, isCut: faults.happens(faults.disconnection))
  }

  private mutating func send(_ type: UInt8, _ body: [UInt8], at now: UInt64) -> [SimulatedAnswer] {
    stream.send(Self.message(type, body), at: now, faults: &faults)
  }

  private static func message(_ type: UInt8, _ body: [UInt8]) -> [UInt8] {
    var bytes = [type]
    bytes.appendBig(UInt64(body.count), 2)
    return bytes + body
  }
}
