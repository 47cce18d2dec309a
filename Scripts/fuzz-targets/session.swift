// Bytes as a script of packets on two lines of a feed. Whatever arrives, in whatever order: each message is delivered
// at most once, in order, with its own bytes; losses, copies and deliveries add up; time never goes back.
@testable import FeedCore

private let counters = Counters()
private let settings: SessionSettings = {
  var settings = SessionSettings()
  settings.reorderWindowNanoseconds = 1_000
  settings.reorderWindowPackets = 8
  settings.silenceNanoseconds = 20_000
  settings.sequenceJumpMaximum = 1_000
  return settings
}()
/// An arbiter that has seen nothing: a copy of it starts anew, over the same memory.
nonisolated(unsafe) private let untouched = LineArbiter(
  channel: 1, transport: .moldUDP64, settings: settings, counters: counters)
nonisolated(unsafe) private let arena = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
nonisolated(unsafe) private var sink = CheckingSink()

/// Checks deliveries as they come: a message's bytes are its session and number.
private struct CheckingSink: DeliverySink {
  var batch = DeliveryBatch()
  var delivered: UInt64 = 0
  var clock: UInt64 = 0
  var session: UInt8 = 0
  var lastNumber: UInt64?
  var stampedLength: UInt16 = 0
  /// False once the script held foreign bytes.
  var checksBytes = true

  mutating func flush() {
    precondition(batch.packetCount <= batch.packets.capacity && batch.count <= batch.deliveries.capacity)
    for index in 0..<batch.count {
      let delivery = batch.deliveries[index]
      let time = batch.packets[Int(delivery.packet)].captureNanoseconds
      precondition(time >= clock, "time went back from \(clock) to \(time)")
      clock = time
      switch delivery.kind {
      case .channelState: precondition(BookState(rawValue: delivery.detail) != nil)
      case .sessionRestart: lastNumber = nil
      case .message: check(delivery)
      case .messagesLost, .snapshotBegan, .snapshotMessage, .snapshotEnded, .snapshotPacket:
        preconditionFailure("no line of MoldUDP64 without recovery makes this")
      }
    }
    batch.clear()
  }

  private mutating func check(_ delivery: Delivery) {
    delivered += 1
    guard checksBytes else { return }
    precondition(delivery.length == 9)
    let number = delivery.bytes.bigEndian(UInt64.self, at: 1)
    if let lastNumber { precondition(number > lastNumber, "\(number) after \(lastNumber)") }
    if lastNumber != nil { precondition(delivery.bytes.byte(at: 0) == session, "a message of another session") }
    session = delivery.bytes.byte(at: 0)
    lastNumber = number
  }
}

func fuzzSession(_ input: UnsafeRawBufferPointer) {
  var script = Script(UnsafeRawBufferPointer(rebasing: input.prefix(4_096)))
  var arbiter = untouched
  sink.batch.clear()
  sink.delivered = 0
  sink.clock = 0
  sink.lastNumber = nil
  sink.checksBytes = true
  let before = Counter.allCases.map { counters[$0] }
  var clock: UInt64 = 0
  var used = 0
  var whole: UInt64 = 0
  var index: UInt64 = 0
  /// Where the next packet begins, unless the script says otherwise.
  var head: UInt64 = 1
  var session: UInt8 = 0
  while !script.isOver, used < arena.count - 4_096 {
    let what = script.byte()
    clock += UInt64(script.byte()) * (what & 0x80 != 0 ? 100 : 4)
    if clock >= arbiter.nextDue { arbiter.advance(to: clock, into: &sink) }
    let base = UnsafeRawPointer(arena.baseAddress! + used)
    var first = head
    var length = 20
    var isCut = false
    var messages: UInt64 = 0
    switch what & 0x0F {
    case 8: head &+= UInt64(script.byte())  // a gap
    case 9: first = head &- UInt64(script.byte() & 0x3F)  // again, or overlapping
    case 10: first = head &+ UInt64(script.byte() & 0x0F)  // ahead
    case 11: first = UInt64(script.byte()) << UInt64(script.byte() & 0x3F)  // anywhere
    case 12:
      session &+= 1
      head = UInt64(script.byte() & 3)
    default: break
    }
    if what & 0x0F == 8 || what & 0x0F == 12 { first = head }
    let lastSession = what & 0x0F == 13 && session > 0
    let name = lastSession ? session - 1 : session
    switch what & 0x70 {
    case 0x60: write(first, name, count: 0)
    case 0x70: write(first, name, count: 0xFFFF)
    default:
      messages = UInt64(what >> 4 & 3) + 1
      if first > .max - messages { first = .max - messages }
      write(first, name, count: UInt16(messages))
      for number in first..<(first + messages) {
        arena.storeBytes(of: UInt16(9).bigEndian, toByteOffset: used + length, as: UInt16.self)
        arena[used + length + 2] = name
        arena.storeBytes(of: number.bigEndian, toByteOffset: used + length + 3, as: UInt64.self)
        length += 11
      }
      if !lastSession, what & 0x0F != 11 { head = max(head, first + messages) }
    }
    switch what & 0x0F {
    case 14:  // cut by the snap length
      let keep = 20 + Int(script.byte()) % (length - 19)
      isCut = keep < length
      length = keep
      if isCut { messages = UInt64((keep - 20) / 11) }
    case 15:  // foreign bytes
      let position = Int(script.byte()) % length
      let value = script.byte()
      if arena[used + position] != value { sink.checksBytes = false }
      arena[used + position] = value
    default: break
    }
    if var packet = MoldUDP64.parse(base, length: length) {
      packet.captureNanoseconds = clock
      packet.packetIndex = index
      packet.line = what >> 7
      if isCut { packet.wholeCount = 0 }
      // At most so many: foreign bytes may have made the packet malformed, or of more messages, all empty.
      whole += sink.checksBytes ? messages : UInt64(packet.messageCount)
      arbiter.accept(packet, clock: clock, into: &sink)
    }
    index += 1
    used += length
    // Held and delivered packets point into the arena; the batch is handed on now and then.
    if what & 1 == 0 { sink.flush() }
  }
  arbiter.finish(clock: clock, into: &sink)
  sink.flush()
  check(arbiter, before, whole: whole)
  return

  func write(_ first: UInt64, _ name: UInt8, count: UInt16) {
    let raw = arena.baseAddress! + used
    raw.initializeMemory(as: UInt8.self, repeating: UInt8(ascii: "S"), count: 10)
    raw.storeByte(name, at: 9)
    raw.storeBigEndian(first, at: 10)
    raw.storeBigEndian(count, at: 18)
  }
}

private func check(_ arbiter: LineArbiter, _ before: [UInt64], whole: UInt64) {
  func counted(_ counter: Counter) -> UInt64 { counters[counter] &- before[counter.rawValue] }
  precondition(arbiter.state != .waiting && arbiter.state != .joining, "the end of the input leaves nothing open")
  let accounted = sink.delivered + counted(.duplicates)
  precondition(accounted <= whole, "\(accounted) messages of \(whole)")
  // Two believed jumps may lose 2^64 numbers, of which nothing is left in a counter.
  if counted(.sequenceJumpsBelieved) == 0 {
    precondition((counted(.gaps) == 0) == (counted(.messagesLost) == 0), "a gap loses at least one message")
  }
  let refused = counted(.staleSessionPackets) + counted(.sequenceJumpsRefused) + counted(.malformed)
  if refused == 0, sink.checksBytes { precondition(accounted == whole, "\(accounted) messages of \(whole)") }
  precondition(counted(.sequenceJumpsHeld) >= counted(.sequenceJumpsRefused) + counted(.sequenceJumpsBelieved))
  if sink.checksBytes { precondition(counted(.lineDisagreement) == 0, "equal bytes disagree") }
}
