/// NYSE's request server: responses over TCP, retransmissions and refreshes by multicast.
public struct NYSERequestServer: Sendable {
  public let productId: UInt8
  public let channelId: UInt8
  public var faults: RecoveryFaults
  /// Numbers the server has lost itself.
  public var unavailable: ClosedRange<UInt64>?
  public private(set) var requests = 0
  public private(set) var heartbeatResponses = 0
  private var stream = SimulatedStream()
  private var received: [UInt8] = []
  private var refreshSequence: UInt64 = 1

  public init(productId: UInt8, channelId: UInt8, faults: RecoveryFaults) {
    self.productId = productId
    self.channelId = channelId
    self.faults = faults
  }

  public mutating func connected() {
    received = []
    stream.open()
  }

  /// A snapshot of one symbol: its messages behind the refresh header, MsgSize first.
  public struct Refresh: Sendable {
    public var through: UInt64
    public var messages: [[UInt8]]
    public init(through: UInt64, messages: [[UInt8]]) {
      self.through = through
      self.messages = messages
    }
  }

  /// - Parameters:
  ///   - refresh: snapshots of a symbol, or of all symbols for 0.
  ///   - sentAt: SendTime of refresh packets, Unix nanoseconds.
  public mutating func receive(
    _ bytes: [UInt8], history: SimulatedHistory, refresh: (UInt64) -> [Refresh], sentAt: UInt64 = 0, at now: UInt64
  ) -> [SimulatedAnswer] {
    if stream.isClosed { return [] }
    received += bytes
    var answers: [SimulatedAnswer] = []
    while received.count >= 16, received.count >= Int(received.little(0, 2)) {
      let size = Int(received.little(0, 2))
      guard size >= 20 else { break }
      let packet = Array(received[..<size])
      received.removeFirst(size)
      guard now < faults.deadFrom else { continue }
      switch packet.little(18, 2) {
      case 10 where size == 40: answers += retransmit(packet, history: history, at: now)
      case 12 where size == 30: heartbeatResponses += 1
      case 15 where size == 36:
        requests += 1
        if faults.happens(faults.silence) { continue }
        let status = refreshStatus(packet)
        answers += respond(packet, source: 24, begin: 0, end: 0, status: status, at: now)
        if status == UInt8(ascii: "0") { answers += send(refresh(packet.little(20, 4)), sentAt: sentAt, at: now) }
      default: break
      }
    }
    return answers
  }

  /// A heartbeat of the request server, to be answered within 5 s.
  public mutating func heartbeat(at now: UInt64) -> [SimulatedAnswer] {
    stream.send(Self.packet(flag: 1, sequence: 1, []), at: now, faults: &faults)
  }

  private mutating func retransmit(
    _ packet: [UInt8], history: SimulatedHistory, at now: UInt64
  ) -> [SimulatedAnswer] {
    requests += 1
    if faults.happens(faults.silence) { return [] }
    let begin = packet.little(20, 4)
    let end = packet.little(24, 4)
    var status = UInt8(ascii: "0")
    if packet[38] != productId {
      status = UInt8(ascii: "8")
    } else if packet[39] != channelId {
      status = UInt8(ascii: "7")
    } else if begin < history.oldest || begin > end || end >= history.next || end - begin >= 1_000
      || faults.happens(faults.refusal)
    {
      status = UInt8(ascii: "3")
    }
    var answers = respond(packet, source: 28, begin: begin, end: end, status: status, at: now)
    guard status == UInt8(ascii: "0") else { return answers }
    if let unavailable, unavailable.overlaps(begin...end) {
      var message: [UInt8] = []
      for (value, length) in [(14, 2), (31, 2), (unavailable.lowerBound, 4), (unavailable.upperBound, 4)] {
        message.appendLittle(value, length)
      }
      let bytes = Self.packet(flag: 21, sequence: 0, [message + [productId, channelId]])
      answers += faults.arrivals(at: now).map { SimulatedAnswer(at: $0, way: .datagram, bytes: bytes) }
      return answers
    }
    var first = begin
    if faults.happens(faults.overlap) { first -= min(faults.below(4), first - 1) }
    while first <= end {
      let part = Array(history.messages(from: first, count: min(4, end - first + 1)))
      let bytes = Self.packet(flag: 15, sequence: first, part)
      answers += faults.arrivals(at: now).map { SimulatedAnswer(at: $0, way: .datagram, bytes: bytes) }
      first += UInt64(part.count)
    }
    return answers
  }

  private mutating func refreshStatus(_ packet: [UInt8]) -> UInt8 {
    if packet[34] != productId { return UInt8(ascii: "8") }
    if packet[35] != channelId { return UInt8(ascii: "7") }
    return UInt8(ascii: faults.happens(faults.refusal) ? "5" : "0")
  }

  private mutating func respond(
    _ packet: [UInt8], source: Int, begin: UInt64, end: UInt64, status: UInt8, at now: UInt64
  ) -> [SimulatedAnswer] {
    var message: [UInt8] = []
    for (value, length) in [(29, 2), (11, 2), (packet.little(4, 4), 4), (begin, 4), (end, 4)] {
      message.appendLittle(value, length)
    }
    message += packet[source..<(source + 12)] + [status]
    return stream.send(Self.packet(flag: 11, sequence: 1, [message]), at: now, faults: &faults)
  }

  /// Ten messages per refresh packet, so that big books take several.
  private mutating func send(_ refreshes: [Refresh], sentAt: UInt64, at now: UInt64) -> [SimulatedAnswer] {
    // In order: a refresh group's packets do not overtake one another here, but they are late, and lost.
    let at = now + faults.delay()
    var answers: [SimulatedAnswer] = []
    for (place, refresh) in refreshes.enumerated() {
      let parts = stride(from: 0, to: max(1, refresh.messages.count), by: 10).map {
        Array(refresh.messages[$0..<min($0 + 10, refresh.messages.count)])
      }
      for (index, part) in parts.enumerated() {
        var header: [UInt8] = []
        header.appendLittle(index == 0 ? 16 : 8, 2)
        for value in [35, UInt64(index + 1), UInt64(parts.count)] { header.appendLittle(value, 2) }
        if index == 0 {
          header.appendLittle(refresh.through, 4)
          header.appendLittle(1, 4)
        }
        let isEnd = place == refreshes.count - 1 && index == parts.count - 1
        let flag: UInt8 = isEnd ? (place + index == 0 ? 17 : 20) : place + index == 0 ? 18 : 19
        let bytes = Self.packet(flag: flag, sequence: refreshSequence, [header] + part, sentAt: sentAt)
        refreshSequence += UInt64(part.count + 1)
        if !faults.happens(faults.loss) { answers.append(SimulatedAnswer(at: at, way: .datagram, bytes: bytes)) }
      }
    }
    return answers
  }

  private static func packet(
    flag: UInt8, sequence: UInt64, _ messages: [[UInt8]], sentAt: UInt64 = 0
  ) -> [UInt8] {
    let body = messages.flatMap { $0 }
    var bytes: [UInt8] = []
    bytes.appendLittle(UInt64(16 + body.count), 2)
    bytes += [flag, UInt8(messages.count)]
    bytes.appendLittle(sequence, 4)
    bytes.appendLittle(sentAt / 1_000_000_000, 4)
    bytes.appendLittle(sentAt % 1_000_000_000, 4)
    return bytes + body
  }
}
