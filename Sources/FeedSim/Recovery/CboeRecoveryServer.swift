/// Cboe's gap request proxy and spin server in one: a TCP connection, and a gap multicast group.
public struct CboeRecoveryServer: Sendable {
  public let unit: UInt8
  public var faults: RecoveryFaults
  public var countMaximum: UInt64 = 20
  public private(set) var requests = 0
  private var stream = SimulatedStream()
  private var received: [UInt8] = []
  private var nextOffer: UInt64 = 0
  private var isLoggedIn = false

  public init(unit: UInt8, faults: RecoveryFaults) {
    self.unit = unit
    self.faults = faults
  }

  public mutating func connected() {
    received = []
    stream.open()
    isLoggedIn = false
  }

  /// - Parameter image: messages of the book after the given number, length byte first.
  public mutating func receive(
    _ bytes: [UInt8], history: SimulatedHistory, image: (UInt64) -> [[UInt8]], at now: UInt64
  ) -> [SimulatedAnswer] {
    if stream.isClosed { return [] }
    received += bytes
    var answers: [SimulatedAnswer] = []
    while received.count >= 8, received.count >= Int(received.little(0, 2)) {
      let length = Int(received.little(0, 2))
      guard length >= 8 else { break }
      let block = Array(received[8..<length])
      received.removeFirst(length)
      guard block.count >= 2, now < faults.deadFrom else { continue }
      switch block[1] {
      case 0x01 where block.count == 22:
        isLoggedIn = true
        answers += send([3, 2, UInt8(ascii: "A")], at: now)
      case 0x03 where block.count == 9: answers += gap(block, history: history, at: now)
      case 0x81 where block.count == 6: answers += spin(block, history: history, image: image, at: now)
      default: break
      }
    }
    return answers
  }

  /// Once a second an image is offered, current through the last number.
  public mutating func advance(history: SimulatedHistory, to now: UInt64) -> [SimulatedAnswer] {
    guard isLoggedIn, !stream.isClosed, now >= nextOffer, now < faults.deadFrom, history.next > 1 else { return [] }
    nextOffer = now + 1_000_000_000
    var message: [UInt8] = [6, 0x80]
    message.appendLittle(history.next - 1, 4)
    return send(message, at: now)
  }

  private mutating func gap(_ block: [UInt8], history: SimulatedHistory, at now: UInt64) -> [SimulatedAnswer] {
    requests += 1
    if faults.happens(faults.silence) { return [] }
    let first = block.little(3, 4)
    let count = block.little(7, 2)
    var status = UInt8(ascii: "A")
    if block[2] != unit {
      status = UInt8(ascii: "I")
    } else if count > countMaximum {
      status = UInt8(ascii: "C")
    } else if first < history.oldest || first + count > history.next {
      status = UInt8(ascii: "O")
    } else if faults.happens(faults.refusal) {
      status = UInt8(ascii: "S")
    }
    var answers = send([10, 4] + block[2..<9] + [status], at: now)
    guard status == UInt8(ascii: "A") else { return answers }
    var from = first
    var wanted = count
    if faults.happens(faults.overlap) {
      let back = min(faults.below(4), from - 1)
      from -= back
      wanted += back + faults.below(4)
    }
    // In blocks of three, each its own datagram.
    while wanted > 0 {
      let part = history.messages(from: from, count: min(3, wanted))
      if part.isEmpty { break }
      let body = part.flatMap { $0 }
      var datagram: [UInt8] = []
      datagram.appendLittle(UInt64(8 + body.count), 2)
      datagram += [UInt8(part.count), unit]
      datagram.appendLittle(from, 4)
      for at in faults.arrivals(at: now) {
        answers.append(SimulatedAnswer(at: at, way: .datagram, bytes: datagram + body))
      }
      from += UInt64(part.count)
      wanted -= UInt64(part.count)
    }
    return answers
  }

  private mutating func spin(
    _ block: [UInt8], history: SimulatedHistory, image: (UInt64) -> [[UInt8]], at now: UInt64
  ) -> [SimulatedAnswer] {
    if faults.happens(faults.silence) { return [] }
    let asked = block.little(2, 4)
    var through = asked
    if faults.happens(faults.overlap) { through = history.next - 1 }
    let refused = faults.happens(faults.refusal)
    let messages = refused ? [] : image(through)
    var response: [UInt8] = [11, 0x82]
    response.appendLittle(through, 4)
    let adds = messages.count { $0[1] == 0x21 || $0[1] == 0x22 || $0[1] == 0x2F }
    response.appendLittle(UInt64(adds), 4)
    response.append(refused ? UInt8(ascii: "S") : UInt8(ascii: "A"))
    if refused { return send(response, at: now) }
    var out = Self.block(response)
    for message in messages { out += Self.block(message) }
    var finished: [UInt8] = [6, 0x83]
    finished.appendLittle(asked, 4)
    out += Self.block(finished)
    return stream.send(out, at: now, faults: &faults, isCut: faults.happens(faults.disconnection))
  }

  private mutating func send(_ message: [UInt8], at now: UInt64) -> [SimulatedAnswer] {
    stream.send(Self.block(message), at: now, faults: &faults)
  }

  private static func block(_ message: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.appendLittle(UInt64(8 + message.count), 2)
    return bytes + [1, 0, 0, 0, 0, 0] + message
  }
}
