// Bytes as a script of a channel that may ask for what it misses: packets of two lines, answers on a third, what
// servers say over connections, and time; sessions that begin anew, by another name, a reset or a restart, with late
// originals and late answers of the one before. Whatever comes, each message is delivered at most once, in order, in
// its own session, with its own bytes; what is left out is lost by name or in a snapshot; nothing is sent on a
// connection that is not open; and the end of the input leaves nothing open.
//
// First byte: 0x07 which protocol, 0x18 messages, snapshots, or both are asked for.
@testable import FeedCore

private let protocols: [FeedProtocol] = [.itch50, .pitch, .nyseIntegrated, .memxDepth, .deepPlus]

private let answerTimeout: UInt64 = 5_000
private let settings: Settings = {
  var settings = Settings()
  settings.session.reorderWindowNanoseconds = 1_000
  settings.session.reorderWindowPackets = 8
  settings.session.silenceNanoseconds = 50_000_000
  settings.session.sequenceJumpMaximum = 1_000
  settings.recovery.bufferPackets = 8
  settings.recovery.requestMessages = 5
  settings.recovery.requestsInFlight = 3
  settings.recovery.requestSpacingNanoseconds = 100
  settings.recovery.answerTimeoutNanoseconds = answerTimeout
  settings.recovery.deadlineNanoseconds = 1_000_000
  settings.recovery.attempts = 3
  settings.recovery.gapMessages = 500
  settings.recovery.requestsPerSession = 40
  settings.recovery.snapshotAttempts = 3
  settings.recovery.snapshotTimeoutNanoseconds = 20_000
  return settings
}()

private struct Channel {
  let feedProtocol: FeedProtocol
  let recovery = UnsafeMutablePointer<ChannelRecovery>.allocate(capacity: 1)
  let outbox = RecoveryOutbox()
  let counters = Counters()
  var arbiter: LineArbiter

  init(_ feedProtocol: FeedProtocol, _ asked: (messages: Bool, snapshots: Bool)) {
    self.feedProtocol = feedProtocol
    var feed = AnswerMaker.asking(feedProtocol)
    feed.messages = feed.messages && asked.messages
    feed.snapshots = feed.snapshots && asked.snapshots
    let stream: UInt32 = feedProtocol.transport.hasStreams ? 1 : 0
    recovery.initialize(
      to: ChannelRecovery(
        identity: RecoveryIdentity(protocol: feedProtocol, channel: 0, stream: stream, settings: feed), feed: feed,
        settings: settings.recovery, outbox: outbox))
    arbiter = LineArbiter(
      channel: 0, transport: feedProtocol.transport, settings: settings.session, counters: counters,
      recovery: recovery, answerLines: 1 << 2, answerTimeoutNanoseconds: answerTimeout)
  }
}

private struct Tables {
  let channels: UnsafeMutableBufferPointer<Channel>
  var sink = CheckingSink()

  init() {
    channels = .allocate(capacity: 3 * protocols.count)
    for (index, feedProtocol) in protocols.enumerated() {
      for (place, asked) in [(true, true), (true, false), (false, true)].enumerated() {
        channels.initializeElement(at: 3 * index + place, to: Channel(feedProtocol, asked))
      }
    }
  }
}
nonisolated(unsafe) private let made = tables { Tables() }

/// A message says its session and number; of session 255 it is one that nobody knows the number of.
private let unnumbered: UInt8 = 255

private struct CheckingSink: DeliverySink {
  var batch = DeliveryBatch()
  /// Where a message's session stands.
  var offset = 0
  var clock: UInt64 = 0
  var delivered: UInt64 = 0
  /// Left out between two messages, and in no snapshot.
  var holes: UInt64 = 0
  var checksBytes = true
  /// No session ever had another name: then none comes again.
  var isOneName = true
  private var newest: UInt8 = 0
  private var last: (session: UInt8, number: UInt64)?
  private var isInSnapshot = false
  private var isJoined = false

  mutating func flush() {
    precondition(batch.packetCount <= batch.packets.capacity && batch.count <= batch.deliveries.capacity)
    for index in 0..<batch.count {
      let delivery = batch.deliveries[index]
      let time = batch.packets[Int(delivery.packet)].captureNanoseconds
      precondition(time >= clock, "time went back from \(clock) to \(time)")
      clock = time
      switch delivery.kind {
      case .channelState: precondition(BookState(rawValue: delivery.detail) != nil)
      case .sessionRestart: (last, isInSnapshot, isJoined) = (nil, false, false)
      case .snapshotBegan: isInSnapshot = true
      case .snapshotMessage: precondition(isInSnapshot, "a message of a snapshot that did not begin")
      case .snapshotEnded:
        precondition(isInSnapshot, "the end of a snapshot that did not begin")
        (isInSnapshot, isJoined) = (false, true)
      case .message: check(delivery)
      case .messagesLost, .snapshotPacket: preconditionFailure("no channel on request makes this")
      }
    }
    batch.clear()
  }

  private mutating func check(_ delivery: Delivery) {
    delivered += 1
    guard checksBytes else { return }
    if offset == 4, delivery.bytes.littleEndian(UInt16.self, at: 2) == 1 {
      // Number 1, a Sequence Number Reset, whose ProductID says which session it begins.
      begin(delivery.bytes.byte(at: 12))
      last = (newest, 1)
      return
    }
    precondition(Int(delivery.length) == offset + 9, "a message of \(delivery.length) bytes")
    let session = delivery.bytes.byte(at: offset)
    let number = delivery.bytes.bigEndian(UInt64.self, at: offset + 1)
    if session == unnumbered {
      last = nil
      return
    }
    begin(session)
    if let last {
      precondition(session == last.session, "a message of session \(session) in \(last.session)")
      precondition(number > last.number, "\(number) after \(last.number)")
      if !isJoined { holes &+= number - last.number - 1 }
    }
    last = (session, number)
    isJoined = false
  }

  private mutating func begin(_ session: UInt8) {
    precondition(!isOneName || session >= newest, "session \(session) comes again behind \(newest)")
    newest = session
  }
}

func fuzzRecoveryChannel(_ input: UnsafeRawBufferPointer) {
  guard let first = input.first else { return }
  restoreTables()
  let index = Int(first & 7) % protocols.count
  var run = ChannelRun(made.pointee.channels[3 * index + Int(first >> 3 & 3) % 3])
  var script = Script(UnsafeRawBufferPointer(rebasing: input[1...]))
  while !script.isOver, !run.isFull { run.step(&script) }
  run.finish()
}

private struct ChannelRun {
  private let channel: Channel
  private let transport: Transport
  private var arbiter: LineArbiter
  private var sink = made.pointee.sink
  private var packets: PacketMaker
  /// When the last packet of a line was sent that was not sent before.
  private var lastSent: UInt64 = 0
  /// A packet of the current session came: of one that was never heard nothing was asked for, and nothing is known.
  private var isHeard = false
  /// The session before, when its last packet was sent, and until when its answers come where they do not say which
  /// session they are of.
  private var former: (packets: PacketMaker, sent: UInt64, answersUntil: UInt64)?
  private var payloads = FrameBuilder()
  private var clock: UInt64 = 1_000_000
  private var taken: UInt64 = 0
  /// Connections that were opened and not closed, by service.
  private var open: [UInt32?] = [nil, nil]
  private var opened: [UInt32] = [0, 0]

  init(_ channel: Channel) {
    self.channel = channel
    transport = channel.feedProtocol.transport
    arbiter = channel.arbiter
    packets = PacketMaker(channel.feedProtocol, stream: transport.hasStreams ? 1 : 0)
    sink.offset = transport == .cboeSUH ? 2 : transport == .nyseXDP ? 4 : 0
  }

  var isFull: Bool { payloads.isFull || payloads.kept > 500 }

  private func message(_ number: UInt64, session: UInt8) -> [UInt8] {
    let content = [session] + big(number)
    switch transport {
    case .cboeSUH: return [UInt8(content.count + 2), 0x7F] + content
    case .nyseXDP: return little(UInt16(content.count + 4)) + little(UInt16(200)) + content
    default: return content
    }
  }

  private mutating func nextPacket(of count: Int) -> [UInt8] {
    lastSent = clock
    isHeard = true
    var made = packets
    defer { packets = made }
    return packet(of: count, from: &made, sent: clock)
  }

  private func packet(of count: Int, from packets: inout PacketMaker, sent: UInt64) -> [UInt8] {
    let messages = (0..<count).map { message(packets.next &+ UInt64($0), session: packets.session) }
    return packets.packet(messages, at: sent)
  }

  /// Steps, by the low four bits: 0 to 3 a live packet, 4 numbers that nobody sends, 5 and 6 messages again (0x80: of
  /// the session before), 7 a heartbeat, 8 a new session (0x10: IEX's under the same name), 9 time, 10 and 11 frames of
  /// servers, 12 a server hangs up, 13 raw bytes of a server, 14 a raw payload, 15 a packet with another byte.
  mutating func step(_ script: inout Script) {
    let what = script.byte()
    let count = Int(what >> 4 & 3) + 1
    let line = what >> 6 & 1
    switch what & 0x0F {
    case 0...3: hear(nextPacket(of: count), line)
    case 4: packets.next &+= UInt64(script.byte())
    case 5, 6: repeatMessages(script.byte() & 0x3F, count, isAnswer: what & 1 == 1, isFormer: what & 0x80 != 0, line)
    case 7:
      lastSent = clock
      hear(packets.packet([], at: clock), line)
    case 8: restart(keepsName: what & 0x10 != 0)
    case 9: clock &+= UInt64(script.byte()) &* (what & 0x80 == 0 ? 100 : 10_000_000)
    case 10, 11:
      let service = what & 1 == 0 ? RecoveryService.messages : .snapshots
      let answers = AnswerMaker(channel.feedProtocol, packets)
      let foreign = message(0, session: unnumbered)
      for _ in 0..<count { receive(answers.frame(service, &script) { _ in foreign }, service) }
    case 12: receive([], what & 0x10 == 0 ? .messages : .snapshots, isEnd: true)
    case 13: receive(script.bytes(script.int()), what & 0x10 == 0 ? .messages : .snapshots)
    case 14:
      sink.checksBytes = false
      hear(script.bytes(script.int()), what >> 4 & 3)
    default:
      var bytes = nextPacket(of: count)
      let place = script.int() % bytes.count
      let byte = script.byte()
      if bytes[place] != byte { sink.checksBytes = false }
      bytes[place] = byte
      hear(bytes, line)
    }
    if arbiter.nextDue <= clock { arbiter.advance(to: clock, into: &sink) }
    precondition(arbiter.nextDue > clock, "due, and nothing done")
    sink.flush()
    takeOutputs()
  }

  /// Messages that were sent before, as late originals or as a server's answer.
  private mutating func repeatMessages(_ back: UInt8, _ count: Int, isAnswer: Bool, isFormer: Bool, _ line: UInt8) {
    var again = packets
    var sent = clock
    if isFormer {
      guard let former, former.packets.next > 1 else { return }
      if isAnswer, clock + 10 >= former.answersUntil { return }
      again = former.packets
      if !isAnswer { sent = former.sent }
    }
    let end = again.next
    again.next = end > UInt64(back) ? end - max(isFormer ? 1 : 0, UInt64(back)) : 1
    let most = isFormer ? end - again.next : max(1, UInt64(back))
    let bytes = packet(of: min(count, Int(clamping: most)), from: &again, sent: sent)
    hear(bytes, isAnswer ? 2 : line)
  }

  /// A new session, as far as the transport tells: by its name, by XDP's Sequence Number Reset, or by the send time of
  /// IEX-TP's number 1; PITCH has none.
  private mutating func restart(keepsName: Bool) {
    if transport == .cboeSUH || packets.session + 1 == unnumbered { return }
    let isNamed = transport != .nyseXDP && !(transport == .iexTP && keepsName)
    if isNamed { sink.isOneName = false }
    former = isHeard ? (packets, lastSent, isNamed ? .max : clock + answerTimeout) : nil
    isHeard = false
    packets.restart(keepsName: !isNamed)
    if isNamed { return }
    // Sent later than anything before, by more than the reorder window.
    clock += 2 * settings.session.reorderWindowNanoseconds
    former?.answersUntil = clock + answerTimeout
    if transport == .iexTP { return hear(nextPacket(of: 1), 0) }
    let time = little(UInt32(clock / 1_000_000_000)) + little(UInt32(clock % 1_000_000_000))
    let reset = little(UInt16(14)) + little(UInt16(1)) + time + [packets.session, 3]
    var bytes = packets.packet([reset], at: clock)
    bytes[2] = 12
    hear(bytes, 0)
  }

  private mutating func hear(_ bytes: [UInt8], _ line: UInt8) {
    clock &+= 10
    if clock >= arbiter.nextDue { arbiter.advance(to: clock, into: &sink) }
    let payload = payloads.keep(bytes)
    guard !bytes.isEmpty,
      var packet = transport.parse(payload.baseAddress!, length: payload.count, declared: payload.count)
    else { return }
    packet.captureNanoseconds = clock
    packet.packetIndex = UInt64(payloads.kept)
    packet.line = line
    packet.sequenceNumber = arbiter.unwrapped(packet.sequenceNumber)
    taken += UInt64(packet.messageCount)
    if arbiter.isAnswer(packet) {
      arbiter.acceptAnswer(packet, clock: clock, into: &sink)
    } else {
      arbiter.accept(packet, clock: clock, into: &sink)
    }
  }

  private mutating func receive(_ bytes: [UInt8], _ service: RecoveryService, isEnd: Bool = false) {
    taken += UInt64(bytes.count)
    withExactCopy(bytes) { arbiter.receive($0, of: service, isEnd: isEnd, clock: clock, into: &sink) }
    // What came on the connection does not stay.
    sink.flush()
  }

  /// What the recovery wants sent makes sense to whoever sends it.
  private mutating func takeOutputs() {
    let isWhole = channel.recovery.pointee.counters[.outboxOverflows] == 0
    while let output = channel.outbox.next() {
      let service = Int(output.service.rawValue)
      precondition(output.captureNanoseconds <= clock && output.channel == 0)
      if !isWhole { continue }
      switch output.action {
      case .datagram: precondition(!output.bytes.array.isEmpty, "an empty datagram")
      case .open:
        precondition(open[service] == nil, "opened twice")
        precondition(output.connection == opened[service] + 1, "connection \(output.connection) after \(opened[service])")
        opened[service] += 1
        open[service] = output.connection
      case .bytes: precondition(open[service] == output.connection, "bytes on a connection that is not open")
      case .close:
        precondition(open[service] == output.connection, "a connection is closed that is not open")
        open[service] = nil
      }
    }
  }

  mutating func finish() {
    arbiter.finish(clock: clock, into: &sink)
    sink.flush()
    takeOutputs()
    switch arbiter.state {
    case .waiting, .joining, .recovering, .awaiting: preconditionFailure("\(arbiter.state) at the end")
    case .idle, .live, .ended: break
    }
    precondition(sink.delivered <= taken, "\(sink.delivered) messages of \(taken)")
    let isSettled = channel.counters[.sequenceJumpsBelieved] == 0 && sink.checksBytes
    let lost = channel.counters[.messagesLost]
    if isSettled { precondition(sink.holes <= lost, "\(sink.holes) messages left out, \(lost) lost") }
    let isOpen = open[0] != nil || open[1] != nil
    precondition(!isOpen, "a connection stays open")
  }
}

/// For each protocol and service: live messages, a hole, its answer; a late start and a snapshot; servers that hang up.
func recoveryChannelSeeds() -> [[UInt8]] {
  func says(_ service: UInt8, _ frames: [[UInt8]]) -> [UInt8] { frames.flatMap { [0x0A | service] + $0 } }
  return (0..<15 as Range<UInt8>).flatMap { place -> [[UInt8]] in
    let head = [place % 5 | place / 5 << 3]
    let snapshots: [[UInt8]] =
      switch protocols[Int(place % 5)] {
      case .itch50: [[0, 0], [5, 0], [2, 0], [1, 2], [3, 0]]
      case .pitch: [[0, 0], [1, 2], [2, 2], [6, 0], [3, 2]]
      case .memxDepth: [[0, 0], [1, 0], [0xA2, 0], [6, 0], [4, 2], [3, 0]]
      default: [[0x10, 0], [2, 0], [1, 2]]
      }
    let replies: [[UInt8]] =
      switch protocols[Int(place % 5)] {
      case .pitch: [[0, 0], [4, 4], [0x84, 4], [5, 0]]
      case .nyseIntegrated: [[0, 0], [1, 4], [0x81, 4]]
      default: [[0, 0], [1, 0], [0x22, 4], [6, 0], [3, 0]]
      }
    let later: [UInt8] = [9, 60]
    let anew: [UInt8] = [0x18]
    return [
      head + [0x10, 4, 2, 0] + later + anew + [0x95, 4, 0x86, 3, 4, 1, 0] + later + [0x25, 4, 0, 7],
      head + [4, 16, 0, 2] + anew + [0, 4, 2, 0] + later + [0x15, 3, 7],
      head + [0x10, 0, 4, 2, 0x10] + later + [0x15, 4] + later + [0, 7, 8, 0],
      head + [0x10, 4, 2, 0] + later + says(0, replies) + [0x15, 3, 0] + later + says(0, replies) + [0x0C],
      head + [4, 100, 0] + later + says(1, snapshots) + [0, 0x1C] + later + says(1, snapshots) + [0x30, 0x30],
    ]
  }
}
