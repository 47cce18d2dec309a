// Any bytes as the UDP payloads of each transport: headers are read within their payload, blocks tile it, and the line
// arbiter delivers, in order and at most once, messages that lie in what it was given.
//
// First byte: which transport. Each packet: a byte that tells line, time and cut, its length (2 bytes), its payload.
@testable import FeedCore

private let settings: SessionSettings = {
  var settings = SessionSettings()
  settings.reorderWindowNanoseconds = 1_000
  settings.reorderWindowPackets = 8
  settings.silenceNanoseconds = 20_000
  settings.sequenceJumpMaximum = 1_000
  return settings
}()

private struct Lines {
  let counters: Counters
  var arbiters: [LineArbiter]
  var sink = SpanSink()

  init() {
    let counters = Counters()
    self.counters = counters
    arbiters = Transport.allCases.map {
      LineArbiter(channel: UInt8($0.rawValue), transport: $0, settings: settings, counters: counters)
    }
  }
}
nonisolated(unsafe) private let lines = tables { Lines() }

/// Checks that deliveries lie within the payloads, and that time goes on.
private struct SpanSink: DeliverySink {
  var batch = DeliveryBatch()
  var clock: UInt64 = 0
  var sum: UInt8 = 0
  var delivered = 0

  mutating func flush() {
    precondition(batch.packetCount <= batch.packets.capacity && batch.count <= batch.deliveries.capacity)
    for index in 0..<batch.count {
      let delivery = batch.deliveries[index]
      let time = batch.packets[Int(delivery.packet)].captureNanoseconds
      precondition(time >= clock, "time went back from \(clock) to \(time)")
      clock = time
      guard delivery.kind == .message else { continue }
      delivered += 1
      // Poisoned beyond the payload: reading the ends finds what does not lie in it.
      if delivery.length > 0 {
        sum ^= delivery.bytes.byte(at: 0) ^ delivery.bytes.byte(at: Int(delivery.length) - 1)
      }
    }
    batch.clear()
  }
}

func fuzzTransports(_ input: UnsafeRawBufferPointer) {
  guard let first = input.first else { return }
  restoreTables()
  let index = Int(first) % Transport.allCases.count
  let transport = Transport.allCases[index]
  var arbiter = lines.pointee.arbiters[index]
  var sink = lines.pointee.sink
  var script = Script(UnsafeRawBufferPointer(rebasing: input[1...]))
  var payloads = FrameBuilder()
  var clock: UInt64 = 0
  var whole: UInt64 = 0
  while !script.isOver, !payloads.isFull {
    let how = script.byte()
    let payload = payloads.keep(script.bytes(script.int() << 8 | script.int()))
    clock += how & 0x40 != 0 ? 0 : UInt64(how & 0x3F) * (how & 0x20 != 0 ? 1_000 : 10)
    if clock >= arbiter.nextDue { arbiter.advance(to: clock, into: &sink) }
    guard let start = payload.baseAddress else { continue }
    let declared = payload.count + (how & 1 == 0 ? 0 : 9)
    guard var packet = transport.parse(start, length: payload.count, declared: declared) else { continue }
    check(packet, of: transport, in: payload)
    packet.captureNanoseconds = clock
    packet.packetIndex = UInt64(payloads.kept)
    packet.line = how >> 7
    if declared > payload.count { packet.wholeCount = 0 }
    packet.sequenceNumber = arbiter.unwrapped(packet.sequenceNumber)
    let blocks = transport.layout.wholeMessages(in: packet)
    precondition(blocks.end <= Int(packet.blocksLength), "blocks beyond their packet")
    whole += UInt64(blocks.count)
    arbiter.accept(packet, clock: clock, into: &sink)
    if how & 2 == 0 { sink.flush() }
  }
  arbiter.finish(clock: clock, into: &sink)
  sink.flush()
  precondition(arbiter.state != .waiting && arbiter.state != .joining, "the end of the input leaves nothing open")
  precondition(UInt64(sink.delivered) <= whole, "\(sink.delivered) delivered of \(whole)")
}

private func check(_ packet: SequencedPacket, of transport: Transport, in payload: UnsafeRawBufferPointer) {
  let start = payload.baseAddress!
  precondition(packet.blocks >= start && packet.blocks <= start + payload.count, "blocks begin outside the payload")
  let room = payload.count - (packet.blocks - start)
  precondition(Int(packet.blocksLength) <= room || packet.kind == .outOfBand, "blocks end beyond the payload")
  precondition(packet.sequenceNumber <= .max - UInt64(packet.messageCount), "numbers that wrap")
  precondition(Int(packet.headerLength) <= payload.count)
}

/// A packet of two messages and a heartbeat, of each transport.
func transportSeeds() -> [[UInt8]] {
  let message: [UInt8] = [12, 0, 4, 0, 1, 0, 1, 0, 9, 0, 65, 66]
  return FeedProtocol.allCases.map { feedProtocol in
    var maker = PacketMaker(feedProtocol, stream: 1)
    let packets = [[message], [message, message], [], [message]].map { maker.packet($0, at: 1_000) }
    let index = UInt8(Transport.allCases.firstIndex(of: feedProtocol.transport)!)
    return [index] + packets.flatMap { [8, UInt8($0.count >> 8), UInt8($0.count & 0xFF)] + $0 }
  }
}
