import Testing

@testable import FeedCore
@testable import FeedSim

/// One venue's gap recovery as a caller would wire it up: the product's codec and client on one side, the simulated
/// server on the other. The datagrams of answers are read by the tests themselves.
protocol GapVenue: AnyObject {
  var limits: RecoveryLimits { get }
  var history: SimulatedHistory { get set }
  func message(_ number: UInt64) -> [UInt8]
  /// Once, before anything else.
  func connect(now: UInt64) -> [SimulatedAnswer]
  func send(_ request: GapRequest, now: UInt64) -> [SimulatedAnswer]
  func receive(_ answer: SimulatedAnswer, into recovery: inout GapRecovery, now: UInt64) -> (
    arrivals: [Arrival], answers: [SimulatedAnswer]
  )
}

extension GapVenue {
  func connect(now: UInt64) -> [SimulatedAnswer] { [] }
}

final class MoldVenue: GapVenue {
  var history = SimulatedHistory()
  var server: MoldRequestServer
  let limits = MoldUDP64Request.limits(.simulated)
  init(_ faults: RecoveryFaults) { server = MoldRequestServer(session: Array("SESSION001".utf8), faults: faults) }

  func message(_ number: UInt64) -> [UInt8] { numbered([0x41], number) }

  func send(_ request: GapRequest, now: UInt64) -> [SimulatedAnswer] {
    var name = SessionName()
    name.high = 0x5345_5353_494f_4e30
    name.low = 0x3031
    return server.receive(MoldUDP64Request.encode(request, session: name).array, history: history, at: now)
  }

  func receive(_ answer: SimulatedAnswer, into recovery: inout GapRecovery, now: UInt64) -> (
    arrivals: [Arrival], answers: [SimulatedAnswer]
  ) {
    let bytes = answer.bytes
    var messages: [[UInt8]] = []
    var offset = 20
    while offset < bytes.count {
      let length = Int(bytes.big(offset, 2))
      messages.append(Array(bytes[(offset + 2)..<(offset + 2 + length)]))
      offset += 2 + length
    }
    #expect(UInt64(messages.count) == bytes.big(18, 2))
    return ([Arrival(first: bytes.big(10, 8), messages: messages)], [])
  }
}

final class CboeVenue: GapVenue {
  var history = SimulatedHistory()
  var server: CboeRecoveryServer
  var client = CboeRecoveryClient()
  let limits = RecoveryLimits(.simulated)
  private var unsent: [GapRequest] = []
  init(_ faults: RecoveryFaults) { server = CboeRecoveryServer(unit: 7, faults: faults) }

  func message(_ number: UInt64) -> [UInt8] { numbered([10, 0x29], number) }

  func connect(now: UInt64) -> [SimulatedAnswer] {
    server.connected()
    let login = CboeRecovery.Login(
      sessionSubId: RecoveryText("0001")!, username: RecoveryText("FIRM")!, password: RecoveryText("PASS")!)
    return toServer(client.connected(login, now: now), now: now)
  }

  private func toServer(_ bytes: RequestBytes, now: UInt64) -> [SimulatedAnswer] {
    server.receive(bytes.array, history: history, image: { _ in [] }, at: now)
  }

  func send(_ request: GapRequest, now: UInt64) -> [SimulatedAnswer] {
    if client.state == .loggedIn { return toServer(CboeRecovery.encode(request, unit: 7), now: now) }
    unsent.append(request)
    return []
  }

  func receive(_ answer: SimulatedAnswer, into recovery: inout GapRecovery, now: UInt64) -> (
    arrivals: [Arrival], answers: [SimulatedAnswer]
  ) {
    if answer.way == .datagram {
      var messages: [[UInt8]] = []
      var offset = 8
      while offset < answer.bytes.count {
        messages.append(Array(answer.bytes[offset..<(offset + Int(answer.bytes[offset]))]))
        offset += Int(answer.bytes[offset])
      }
      return ([Arrival(first: answer.bytes.little(4, 4), messages: messages)], [])
    }
    var answers: [SimulatedAnswer] = []
    _ = answer.bytes.withUnsafeBytes { client.receive($0, now: now) }
    while let event = client.nextEvent() {
      switch event {
      case .loggedIn:
        for request in unsent { answers += toServer(CboeRecovery.encode(request, unit: 7), now: now) }
        unsent = []
      case .gapResponse(_, let sequence, _, let status):
        guard let first = CboeRecovery.extend(sequence, near: history.next) else { continue }
        if let refusal = CboeRecovery.gapRefusal(status) {
          recovery.refused(first: first, refusal, now: now)
        } else {
          recovery.accepted(first: first, now: now)
        }
      case .failed(let failure): Issue.record("connection: \(failure)")
      default: break
      }
    }
    return ([], answers)
  }
}

final class NYSEVenue: GapVenue {
  var history = SimulatedHistory()
  var server: NYSERequestServer
  var client = NYSERequestClient(
    client: NYSERecovery.Client(sourceId: RecoveryText("FEEDH01")!, productId: 11, channelId: 3))
  let limits = NYSERecovery.limits(.simulated)
  init(_ faults: RecoveryFaults) { server = NYSERequestServer(productId: 11, channelId: 3, faults: faults) }

  func message(_ number: UInt64) -> [UInt8] { numbered([12, 0, 100, 0], number) }

  func connect(now: UInt64) -> [SimulatedAnswer] {
    server.connected()
    client.connected(now: now)
    return server.heartbeat(at: now)
  }

  func send(_ request: GapRequest, now: UInt64) -> [SimulatedAnswer] {
    server.receive(client.retransmission(request, now: now).array, history: history, refresh: { _ in [] }, at: now)
  }

  func receive(_ answer: SimulatedAnswer, into recovery: inout GapRecovery, now: UInt64) -> (
    arrivals: [Arrival], answers: [SimulatedAnswer]
  ) {
    if answer.way == .datagram {
      var messages: [[UInt8]] = []
      var offset = 16
      while offset < answer.bytes.count {
        let message = Array(answer.bytes[offset..<(offset + Int(answer.bytes.little(offset, 2)))])
        if let range = message.withUnsafeBytes(NYSERecovery.unavailable) {
          recovery.unavailable(range)
          return ([], [])
        }
        messages.append(message)
        offset += message.count
      }
      return ([Arrival(first: answer.bytes.little(4, 4), messages: messages)], [])
    }
    _ = answer.bytes.withUnsafeBytes { client.receive($0, now: now) }
    while let event = client.nextEvent() {
      switch event {
      case .response(let kind, let first, let refusal):
        #expect(kind == .retransmission)
        if let refusal {
          recovery.refused(first: first, refusal, now: now)
        } else {
          recovery.accepted(first: first, now: now)
        }
      case .unmatched: Issue.record("a response to no request of ours")
      case .failed(let failure): Issue.record("connection: \(failure)")
      }
    }
    guard let bytes = client.nextBytes(now: now) else { return ([], []) }
    return ([], server.receive(bytes.array, history: history, refresh: { _ in [] }, at: now))
  }
}

final class IEXVenue: GapVenue {
  var history = SimulatedHistory()
  var server: IEXRecoveryServer
  let limits = IEXRecovery.limits(.simulated)
  init(_ faults: RecoveryFaults) {
    server = IEXRecoveryServer(protocolId: 0x8005, channelId: 1, sessionId: 0x4287_0000, faults: faults)
  }

  func message(_ number: UInt64) -> [UInt8] { numbered([0x61], number) }

  func send(_ request: GapRequest, now: UInt64) -> [SimulatedAnswer] {
    let channel = IEXRecovery.Channel(protocolId: 0x8005, channelId: 1, sessionId: 0x4287_0000)
    return server.gapFill(IEXRecovery.gapFill(request, channel).array, history: history, at: now)
  }

  func receive(_ answer: SimulatedAnswer, into recovery: inout GapRecovery, now: UInt64) -> (
    arrivals: [Arrival], answers: [SimulatedAnswer]
  ) {
    var messages: [[UInt8]] = []
    var offset = 40
    while offset < answer.bytes.count {
      let length = Int(answer.bytes.little(offset, 2))
      messages.append(Array(answer.bytes[(offset + 2)..<(offset + 2 + length)]))
      offset += 2 + length
    }
    #expect(Int(answer.bytes.little(12, 2)) == answer.bytes.count - 40)
    return ([Arrival(first: answer.bytes.little(24, 8), messages: messages)], [])
  }
}

final class MEMXVenue: GapVenue {
  static let session: UInt64 = 0x5553_4531_64E4_86C8
  var history = SimulatedHistory()
  var server: MEMXRecoveryServer
  var client = MEMXRecoveryClient(mode: .replay, session: session)
  let limits = MEMXRecovery.limits(.simulated)
  private var unsent: GapRequest?
  private var asked: GapRequest?
  init(_ faults: RecoveryFaults) {
    server = MEMXRecoveryServer(session: Self.session, isSnapshot: false, faults: faults)
  }

  func message(_ number: UInt64) -> [UInt8] { numbered([0, 18, 11, 2, 1, 3], number) }

  func connect(now: UInt64) -> [SimulatedAnswer] {
    server.connected()
    return toServer(client.connected(token: RecoveryText("user:pw")!, now: now), now: now)
  }

  private func toServer(_ bytes: RequestBytes, now: UInt64) -> [SimulatedAnswer] {
    server.receive(bytes.array, history: history, snapshot: { (0, []) }, at: now)
  }

  func send(_ request: GapRequest, now: UInt64) -> [SimulatedAnswer] {
    unsent = request
    return flush(now: now)
  }

  private func flush(now: UInt64) -> [SimulatedAnswer] {
    guard client.state == .ready, let request = unsent else { return [] }
    unsent = nil
    asked = request
    return toServer(MEMXRecovery.replay(request, session: Self.session), now: now)
  }

  func receive(_ answer: SimulatedAnswer, into recovery: inout GapRecovery, now: UInt64) -> (
    arrivals: [Arrival], answers: [SimulatedAnswer]
  ) {
    if answer.way == .closed {
      client.disconnected()
      #expect(client.state == .failed(.connectionLost))
      return ([], connect(now: now))
    }
    var arrivals: [Arrival] = []
    var answers: [SimulatedAnswer] = []
    _ = answer.bytes.withUnsafeBytes { client.receive($0, now: now) }
    while let event = client.nextEvent() {
      switch event {
      case .ready, .ended: answers += flush(now: now)
      case .began: if let asked { recovery.accepted(first: asked.range.first, now: now) }
      case .rejected:
        if let asked { recovery.refused(first: asked.range.first, .final(.outOfRange), now: now) }
      case .message(let number, let bytes): arrivals.append(Arrival(first: number, messages: [Array(bytes)]))
      case .failed(let failure): Issue.record("connection: \(failure)")
      }
    }
    return (arrivals, answers)
  }
}
