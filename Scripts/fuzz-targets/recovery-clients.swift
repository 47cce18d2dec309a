// Any bytes as what recovery servers answer over TCP: a client takes every byte, reads nothing outside of what it took,
// says where it stands, and ends; the snapshot join behind it hands out messages only of a snapshot it asked for.
//
// First byte: which client. Then pieces: length (1 byte), milliseconds since the last (1 byte), bytes.
@testable import FeedCore

private let login = SoupBinTCPClient.Login(username: RecoveryText("U")!, password: RecoveryText("P")!)
private let cboeLogin = CboeRecovery.Login(
  sessionSubId: RecoveryText("1")!, username: RecoveryText("F")!, password: RecoveryText("P")!)
private let settings: RecoverySettings = {
  var settings = RecoverySettings()
  settings.bufferMessages = 16
  settings.bufferBytes = 256
  return settings
}()

private struct Clients {
  var soup = SoupBinTCPClient(login: login)
  var cboe = CboeRecoveryClient()
  var nyse = NYSERequestClient(
    client: NYSERecovery.Client(sourceId: RecoveryText("FEEDH01")!, productId: 11, channelId: 3))
  var iex = IEXSnapshotClient(
    channel: IEXRecovery.Channel(protocolId: 0x8005, channelId: 1, sessionId: 0x4287_0000))
  var memx = MEMXRecoveryClient(mode: .snapshot, session: 0x5553_4531_64E4_86C8)
  var spin = CboeSpin()
  var join = SnapshotJoin(limits: RecoveryLimits(settings), settings: settings)
}
nonisolated(unsafe) private let clients = tables { Clients() }

func fuzzRecoveryClients(_ input: UnsafeRawBufferPointer) {
  guard let first = input.first else { return }
  restoreTables()
  var script = Script(UnsafeRawBufferPointer(rebasing: input[1...]))
  var now: UInt64 = 1_000_000_000
  // A snapshot through 266 or later is wanted; the live messages from 267 on are kept.
  clients.pointee.join.begin(now: now)
  clients.pointee.join.liveNext(267, now: now)
  let request = clients.pointee.join.nextRequest(now: now)
  precondition(request?.throughMinimum == 266)
  var run = Run(client: Int(first) % 5)
  run.connect(now: now, request!)
  while !script.isOver {
    let count = script.int()
    now += script.byteOfTime()
    let piece = script.bytes(count)
    withExactCopy(piece) { run.receive($0, now: now) }
  }
}

extension Script {
  fileprivate mutating func byteOfTime() -> UInt64 { UInt64(byte()) * 1_000_000 }
}

private struct Run {
  let client: Int
  private var received = 0
  private var events = 0
  private var sum: UInt8 = 0
  private var isInSnapshot = false

  init(client: Int) { self.client = client }

  func connect(now: UInt64, _ request: SnapshotRequest) {
    switch client {
    case 0:
      clients.pointee.soup.connected(now: now)
      _ = clients.pointee.soup.nextBytes(now: now)
    case 1:
      _ = clients.pointee.cboe.connected(cboeLogin, now: now)
      clients.pointee.spin.want(request)
    case 2:
      clients.pointee.nyse.connected(now: now)
      _ = clients.pointee.nyse.retransmission(GapRequest(range: SequenceRange(1, 20), attempt: 1), now: now)
      _ = clients.pointee.nyse.refresh(symbolIndex: 5, now: now)
    case 3: _ = clients.pointee.iex.connected(request, token: RecoveryText("T")!)
    default: _ = clients.pointee.memx.connected(token: RecoveryText("u:p")!, now: now)
    }
  }

  /// Hands the bytes over, takes all events, and lets time pass: what is due is said once.
  mutating func receive(_ bytes: UnsafeRawBufferPointer, now: UInt64) {
    received += bytes.count
    let all = clients.pointee
    let taken: Int
    switch client {
    case 0: taken = clients.pointee.soup.receive(bytes, now: now)
    case 1: taken = clients.pointee.cboe.receive(bytes, now: now)
    case 2: taken = clients.pointee.nyse.receive(bytes, now: now)
    case 3: taken = clients.pointee.iex.receive(bytes)
    default: taken = clients.pointee.memx.receive(bytes, now: now)
    }
    precondition(taken == bytes.count, "\(taken) of \(bytes.count) bytes taken")
    withExtendedLifetime(all) {}
    while next(now: now) {
      events += 1
      precondition(events <= received + 8, "more events than bytes")
    }
    switch client {
    case 0:
      _ = clients.pointee.soup.nextBytes(now: now)
      _ = clients.pointee.soup.advance(to: now)
      precondition(clients.pointee.soup.advance(to: now) == nil, "an end is told once")
    case 1:
      _ = clients.pointee.cboe.nextBytes(now: now)
      _ = clients.pointee.cboe.advance(to: now)
      precondition(clients.pointee.cboe.advance(to: now) == nil, "an end is told once")
    case 2:
      _ = clients.pointee.nyse.nextBytes(now: now)
      _ = clients.pointee.nyse.advance(to: now)
      precondition(clients.pointee.nyse.advance(to: now) == nil, "an end is told once")
    case 3: break
    default:
      _ = clients.pointee.memx.nextBytes(now: now)
      _ = clients.pointee.memx.advance(to: now)
      precondition(clients.pointee.memx.advance(to: now) == nil, "an end is told once")
    }
  }

  /// The next event of the client, to the join. False where there is none.
  private mutating func next(now: UInt64) -> Bool {
    var clears = false
    var applies = false
    switch client {
    case 0:
      guard let event = clients.pointee.soup.nextEvent() else { return false }
      if case .message(_, let message) = event { touch(message) }
      applies = GlimpseSnapshot.take(event, into: &clients.pointee.join, clear: &clears, now: now)
    case 1:
      guard let event = clients.pointee.cboe.nextEvent() else { return false }
      if case .message(let message) = event {
        precondition(message.count >= 2)
        touch(message)
      }
      switch clients.pointee.spin.take(event, into: &clients.pointee.join, now: now) {
      case .none: break
      case .send(let request): precondition(request.array.count > 8)
      case .clear: clears = true
      case .apply: applies = true
      }
    case 2:
      guard let event = clients.pointee.nyse.nextEvent() else { return false }
      if case .response(let kind, _, _) = event { precondition(kind != .none) }
      return true
    case 3:
      guard let event = clients.pointee.iex.nextEvent() else { return false }
      if case .message(let message) = event { touch(message) }
      applies = IEXSnapshotClient.take(event, into: &clients.pointee.join, clear: &clears, now: now)
    default:
      guard let event = clients.pointee.memx.nextEvent() else { return false }
      if case .message(_, let message) = event { touch(message) }
      applies = MEMXRecoveryClient.take(event, into: &clients.pointee.join, clear: &clears, now: now)
    }
    if clears { isInSnapshot = true }
    precondition(!applies || isInSnapshot, "a message of a snapshot that did not begin")
    if clients.pointee.join.state == .synchronised {
      precondition(clients.pointee.join.through >= 266, "synchronised with a hole before the live messages")
    }
    return true
  }

  private mutating func touch(_ message: UnsafeRawBufferPointer) {
    if let last = message.last { sum ^= message[0] ^ last }
  }
}

/// What a server says in a session without faults, written by hand from the sheets.
func recoveryClientSeeds() -> [[UInt8]] {
  func big(_ value: Int, _ size: Int) -> [UInt8] { (0..<size).reversed().map { UInt8(value >> ($0 * 8) & 0xFF) } }
  func little(_ value: Int, _ size: Int) -> [UInt8] { (0..<size).map { UInt8(value >> ($0 * 8) & 0xFF) } }
  func soup(_ type: Character, _ payload: [UInt8]) -> [UInt8] {
    big(payload.count + 1, 2) + [type.asciiValue!] + payload
  }
  func unit(_ message: [UInt8]) -> [UInt8] { little(message.count + 8, 2) + [1, 0, 0, 0, 0, 0] + message }
  func memx(_ type: UInt8, _ body: [UInt8]) -> [UInt8] { [type] + big(body.count, 2) + body }
  let number = Array("                 267".utf8)
  let accepted = soup("A", Array("SESSION001".utf8) + Array("                   1".utf8))
  let glimpse = accepted + soup("S", [0x53, 0, 1]) + soup("H", []) + soup("S", [0x47] + number) + soup("Z", [])
  let cboe = unit([3, 2, 0x41]) + unit([6, 0x80] + little(266, 4))
    + unit([0x0B, 0x82] + little(266, 4) + little(1, 4) + [0x41]) + unit([6, 0x20] + little(1, 4))
    + unit([6, 0x83] + little(266, 4)) + unit([0x0A, 4, 7] + little(53_173, 4) + little(5, 2) + [0x41])
  let response = little(29, 2) + little(11, 2) + little(1, 4) + little(1, 4) + little(20, 4)
    + Array("FEEDH01\0\0\0".utf8) + [11, 3, 0x30]
  let nyse = little(16, 2) + [1, 0] + little(5, 4) + little(0, 8) + little(45, 2) + [11, 1] + little(1, 4)
    + little(0, 8) + response
  let data = [0x64, 1, 0] + little(0x8005, 2) + little(1, 4) + little(0x4287_0000, 4) + little(5, 2) + little(1, 2)
    + [UInt8](repeating: 0, count: 24) + little(3, 2) + [65, 66, 67]
  let iex = [9, 0, 0x73] + little(59, 8) + little(data.count, 2) + data + [9, 0, 0x78] + little(266, 8)
  let through = [0, 8, 100, 2, 1, 3] + big(266, 8)
  let memxSnapshot = memx(1, [0x54]) + memx(3, big(0x5553_4531_64E4_86C8, 8)) + memx(5, big(1, 8) + big(2, 4))
    + memx(11, [65, 66]) + memx(11, through) + memx(7, big(2, 4))
  return [glimpse, cboe, nyse, iex, memxSnapshot].enumerated().flatMap { index, stream -> [[UInt8]] in
    let pieces = stride(from: 0, to: stream.count, by: 200).map { Array(stream[$0..<min(stream.count, $0 + 200)]) }
    let bytes = stream.map { [$0] }
    return [pieces, bytes].map { [UInt8(index)] + $0.flatMap { [UInt8($0.count), 1] + $0 } }
  }
}
