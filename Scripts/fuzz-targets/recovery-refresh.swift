// Bytes as what NYSE's request server sends: packets of the refresh multicast, and what the state machine that asks for
// refreshes makes of them.
//
// First byte, bit 0: clear, packets are followed, by the watch and by a list of them that is read anew each time; what
// the watch calls whole the books' reader has read whole. Set, a channel loses messages, asks, and is answered; it asks
// for no more, and no sooner, than it may.
@testable import FeedCore

func fuzzRecoveryRefresh(_ input: UnsafeRawBufferPointer) {
  guard let first = input.first else { return }
  let script = Script(UnsafeRawBufferPointer(rebasing: input[1...]))
  if first & 1 == 0 { followRefreshes(script) } else { askForRefreshes(script) }
}

// MARK: - Packets

/// Packets of a refresh multicast: most go on, some are damaged.
private struct RefreshMaker {
  private var sequence: UInt32 = 1

  /// Bits of `how`: 0 and 1 the delivery flag from 17 on, 2 a packet before it is missing, 3 a byte of it is other, 4
  /// its last byte is missing, 5 to 7 how many messages.
  mutating func packet(_ script: inout Script) -> [UInt8] {
    let how = script.byte()
    if how & 4 != 0 { sequence &+= UInt32(script.byte()) }
    var messages: [[UInt8]] = []
    for _ in 0..<how >> 5 { messages.append(Self.message(&script)) }
    let body = messages.flatMap { $0 }
    var packet = Self.little(16 + body.count, 2) + [17 + how & 3, UInt8(messages.count)] + Self.little(Int(sequence), 4)
    sequence &+= UInt32(messages.count)
    packet += Self.little(100, 4) + Self.little(5, 4) + body
    if how & 8 != 0 { packet[script.int() % packet.count] = script.byte() }
    return how & 16 != 0 ? Array(packet.dropLast()) : packet
  }

  private static func message(_ script: inout Script) -> [UInt8] {
    let what = script.byte()
    let value = Int(what >> 2)
    switch what & 3 {
    case 0: return little(16, 2) + little(35, 2) + little(1, 2) + little(2, 2) + little(value, 4) + little(1, 4)
    case 1: return little(8, 2) + little(35, 2) + little(2, 2) + little(2, 2)
    case 2: return little(16, 2) + little(3, 2) + little(value & 3, 4) + little(0, 8)
    default:
      let size = 4 + value
      return little(size, 2) + little(106, 2) + [UInt8](repeating: 1, count: size - 4)
    }
  }

  static func little(_ value: Int, _ size: Int) -> [UInt8] { (0..<size).map { UInt8(value >> ($0 * 8) & 0xFF) } }
}

// MARK: - The watch

/// A refresh, read from the packets since its begin, from scratch each time.
private struct RefreshModel {
  private var packets: [[UInt8]] = []
  private var next = 0

  mutating func take(_ packet: [UInt8]) -> NYSERefreshWatch.Step {
    guard packet.count >= 16 else { return fail() }
    let following = (Self.number(packet, 4, 4) + Int(packet[3])) & 0xFFFF_FFFF
    defer { next = following }
    guard (17...20).contains(packet[2]) else {
      if !packets.isEmpty, Self.number(packet, 4, 4) != next { return fail() }
      return NYSERefreshWatch.Step(kind: .other)
    }
    let isBegin = packet[2] <= 18
    if isBegin {
      packets = []
    } else {
      if packets.isEmpty || Self.number(packet, 4, 4) != next { return fail() }
    }
    packets.append(packet)
    let read = packets.map(Self.headers)
    guard !read.contains(where: { $0 == nil }) else { return fail() }
    let through = read.compactMap { $0 }.flatMap { $0 }.min()
    let isEnd = packet[2] == 17 || packet[2] == 20
    if isEnd { packets = [] }
    guard let through else {
      return isEnd ? NYSERefreshWatch.Step(kind: .other) : NYSERefreshWatch.Step(kind: .part, isBegin: isBegin)
    }
    return NYSERefreshWatch.Step(kind: .part, isBegin: isBegin, isEnd: isEnd, through: UInt64(through))
  }

  private mutating func fail() -> NYSERefreshWatch.Step {
    packets = []
    return NYSERefreshWatch.Step(kind: .broken)
  }

  private static func number(_ bytes: [UInt8], _ at: Int, _ size: Int) -> Int {
    bytes[at..<(at + size)].reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  /// LastSeqNum of each symbol that begins in the packet; nil: its lengths contradict one another.
  private static func headers(_ packet: [UInt8]) -> [Int]? {
    guard number(packet, 0, 2) == packet.count else { return nil }
    var rest = Array(packet[16...])
    var found: [Int] = []
    for _ in 0..<packet[3] {
      guard rest.count >= 4, case let size = number(rest, 0, 2), size >= 4, size <= rest.count else { return nil }
      if number(rest, 2, 2) == 35 {
        if size < 8 { return nil }
        if size >= 16 { found.append(number(rest, 8, 4)) }
      }
      rest.removeFirst(size)
    }
    return rest.isEmpty ? found : nil
  }
}

private func followRefreshes(_ input: Script) {
  var script = input
  var maker = RefreshMaker()
  var watch = NYSERefreshWatch()
  var model = RefreshModel()
  var reader = NYSERefreshReader()
  // What the reader told of the refresh under way.
  var open: UInt32?
  var lowest = UInt64.max
  var isWhole = true
  // Packets of another flag came since: the reader reads their messages, too, the watch their numbers alone.
  var isMixed = false
  while !script.isOver {
    let isRaw = script.byte() >= 0xF0
    let packet = isRaw ? script.bytes(script.int()) : maker.packet(&script)
    withExactCopy(packet) { bytes in
      let step = watch.take(bytes)
      let expected = model.take(packet)
      precondition(step == expected, "\(step), by all of its packets \(expected)")
      var hasBegun = !step.isBegin
      if step.isBegin { (open, lowest, isWhole, isMixed) = (nil, .max, true, false) }
      if packet.count >= 16, !(17...20).contains(packet[2]), packet[2] != 1 || packet[3] > 0 { isMixed = true }
      reader.read(bytes) { event in
        switch event {
        case .began(let symbol, let through):
          hasBegun = true
          open = symbol
          lowest = min(lowest, through)
        case .ended: if hasBegun { open = nil }
        // What a new refresh cuts off is of the one before.
        case .aborted: if hasBegun { (open, isWhole) = (nil, false) }
        case .malformed: isWhole = false
        case .message: break
        }
      }
      guard step.isEnd, !isMixed else { return }
      precondition(isWhole && open == nil, "whole for the watch, not for the books")
      precondition(step.through <= lowest, "through \(step.through), and a book through \(lowest)")
    }
  }
}

// MARK: - Asking

private let settings: RecoverySettings = {
  var settings = RecoverySettings()
  settings.answerTimeoutNanoseconds = 1_000
  settings.requestsPerSession = 20
  settings.snapshotAttempts = 3
  settings.snapshotTimeoutNanoseconds = 5_000
  return settings
}()

private struct Asking {
  let outbox = RecoveryOutbox()
  let recovery: SnapshotRecovery

  init() {
    var feed = FeedRecoverySettings()
    feed.snapshots = true
    feed.sourceId = "SOURCE"
    feed.productId = 157
    feed.channelId = 3
    let identity = RecoveryIdentity(protocol: .nyseIntegrated, channel: 0, stream: 0, settings: feed)
    recovery = SnapshotRecovery(identity: identity, settings: settings, outbox: outbox)
  }
}
nonisolated(unsafe) private let asking = tables { Asking() }

private func askForRefreshes(_ input: Script) {
  var script = input
  restoreTables()
  let outbox = asking.pointee.outbox
  var recovery = asking.pointee.recovery
  var maker = RefreshMaker()
  var now: UInt64 = 1
  var next: UInt64 = 1
  var session = SessionName()
  var isConnected = false
  var lastRequestAt: UInt64?
  var sessionRequests: UInt64 = 0
  recovery.restart(session: session, now: now)
  while !script.isOver {
    let what = script.byte()
    now += UInt64(what >> 4) * 150
    switch what & 15 {
    case 0, 1:
      next += 1 + UInt64(what >> 4)
      recovery.wantRefresh(from: next, isLateStart: what & 1 != 0, now: now)
    case 2, 3: next += UInt64(script.byte())
    case 4: recovery.askAgain(from: now + UInt64(what >> 4) * 500)
    case 5:
      // The same one again gives no new allowance.
      if session != SessionName(number: UInt64(what >> 5)) { sessionRequests = 0 }
      session = SessionName(number: UInt64(what >> 5))
      recovery.restart(session: session, now: now)
    case 6: recovery.disconnected(now: now)
    case 7: recovery.interrupt(now: now)
    case 8, 9:
      // Request Response: the status is the last byte.
      let status = what & 1 == 0 ? UInt8(ascii: "0") : script.byte()
      var bytes = RefreshMaker.little(45, 2) + [11, 1] + RefreshMaker.little(1, 4) + [UInt8](repeating: 0, count: 8)
      bytes += RefreshMaker.little(29, 2) + RefreshMaker.little(11, 2) + RefreshMaker.little(1, 4)
      bytes += [UInt8](repeating: 0, count: 8) + Array("SOURCE".utf8) + [0, 0, 0, 0, 157, 3, status]
      if what & 0x10 != 0 { bytes[script.int() % bytes.count] = script.byte() }
      withExactCopy(bytes) { rest in
        var offset = 0
        while offset < rest.count {
          let taken = recovery.receive(UnsafeRawBufferPointer(rebasing: rest[offset...]), now: now)
          while let event = recovery.nextEvent(now: now) { preconditionFailure("\(event) of a refresh") }
          if taken == 0 { break }
          offset += taken
        }
      }
    case 10:
      // Whole, of one symbol.
      var packet = RefreshMaker.little(32, 2) + [17, 1] + RefreshMaker.little(script.int(), 4)
      packet += [UInt8](repeating: 0, count: 8) + RefreshMaker.little(16, 2) + RefreshMaker.little(35, 2) + [1, 0, 1, 0]
      let through = next &- UInt64(what >> 6)
      packet += RefreshMaker.little(Int(through & 0xFFFF_FFFF), 4) + [1, 0, 0, 0]
      let state = recovery.join.state
      let isWhole = withExactCopy(packet) { recovery.takeRefresh($0, next: next, now: now) }
      if isWhole { precondition(state == .requested || state == .receiving, "what nobody asked for is an answer") }
    default:
      let packet = maker.packet(&script)
      _ = withExactCopy(packet) { recovery.takeRefresh($0, next: next, now: now) }
    }
    recovery.advance(to: now)
    precondition(recovery.nextDue > now, "due, and nothing done")
    while let output = outbox.next() {
      precondition(output.service == .snapshots)
      switch output.action {
      case .open:
        precondition(!isConnected, "a second connection")
        isConnected = true
      case .close: isConnected = false
      case .datagram: preconditionFailure("NYSE is asked over TCP")
      case .bytes:
        precondition(isConnected, "bytes without a connection")
        let bytes = output.bytes.array
        guard bytes[18] == 15 else { continue }
        // MsgSize 20, type 15, SymbolIndex 0: all symbols.
        precondition(bytes.count == 36 && bytes[16] == 20 && bytes[20..<24].allSatisfy { $0 == 0 })
        if let last = lastRequestAt {
          precondition(now - last >= settings.answerTimeoutNanoseconds, "asked \(now - last) ns after the last time")
        }
        lastRequestAt = now
        sessionRequests += 1
        precondition(sessionRequests <= settings.requestsPerSession, "asked more often than a session allows")
      }
    }
  }
}

/// A refresh of two packets, one with a hole, one that breaks off; a late start that is answered.
func recoveryRefreshSeeds() -> [[UInt8]] {
  [
    [0, 0, 0x41, 4, 2, 0, 0x43, 8, 6, 0, 0x40, 4, 2],
    [0, 0, 0x41, 4, 2, 0, 0x27, 9, 1, 0, 0x41, 4, 2, 0, 0x43, 8, 6],
    [0, 0, 0x41, 4, 2, 0, 0x53, 8, 6, 0xFF, 3, 1, 2, 3],
    [1, 0x11, 0x0F, 0x00, 0x18, 0x0A, 1, 0xF2, 4, 0x0A, 2, 0xF0],
    [1, 0x11, 0xFF, 0x00, 0xFF, 0x00, 0xFF, 0x00, 0xFF, 0x00, 0x19, 0x31, 0x10],
  ]
}
