/// Wire and session of one ingest owner: frames → payloads → gap-free messages of each channel.
///
/// Every channel has exactly one owner whose counters count. Where each core walks the capture itself, each runs an
/// `Ingest` of its own and comes to the same deliveries; only core 0's counters are reported.
struct Ingest {
  private let parser: FrameParser
  private(set) var wireCounters = WireCounters()
  private var routes: RouteTable
  let arbiters: UnsafeMutablePointer<LineArbiter>
  let channelCount: Int
  let counters: Counters
  /// Per channel: false for length-prefixed files.
  private let isNumbered: Storage<Bool>
  /// Per file: UDP/TCP packets with payload so far.
  private let payloadPackets: Storage<UInt64>
  /// Packets taken, of any kind.
  private(set) var packets: UInt64 = 0
  /// The capture clock: never goes back.
  private(set) var clock: UInt64 = 0
  /// No timer of any channel is due before this.
  private(set) var nextDue = UInt64.max
  /// What the channels' recoveries want sent; nil: none may ask for anything.
  let outbox: RecoveryOutbox?

  init(plan: FeedPlan, settings: Settings, fileCount: Int) {
    parser = FrameParser(verifyChecksums: settings.verifyChecksums)
    counters = Counters()
    routes = RouteTable(plan)
    channelCount = plan.channels.count
    arbiters = .allocate(capacity: max(1, channelCount))
    isNumbered = Storage(capacity: max(1, channelCount))
    payloadPackets = Storage(capacity: max(1, fileCount))
    outbox = Self.makeOutbox(plan, settings)
    for (channel, description) in plan.channels.enumerated() {
      isNumbered[channel] = description.isNumbered
      (arbiters + channel).initialize(
        to: LineArbiter(
          channel: UInt8(channel), transport: description.transport, settings: settings.session, counters: counters,
          recovery: Self.makeRecovery(plan, channel: channel, settings: settings, outbox: outbox),
          answerLines: plan.answerLines(of: channel, settings: settings)))
    }
  }

  /// Takes one packet and delivers what is next in order, of this and of earlier packets.
  @inline(__always)
  mutating func process(_ packet: Packet, into sink: inout some DeliverySink) {
    packets &+= 1
    clock = max(clock, packet.captureNanoseconds)
    if clock >= nextDue { runTimers(into: &sink) }
    switch packet.linkType {
    case .message, .connection: return processUnframed(packet, into: &sink)
    default: break
    }
    switch parser.parse(packet) {
    case .payload(let view):
      let packetIndex = payloadPackets.base[Int(packet.fileIndex)]
      payloadPackets.base[Int(packet.fileIndex)] = packetIndex &+ 1
      // A flow's key names no transport; feeds are UDP.
      guard view.transport == .udp, let route = routes.find(view, file: packet.fileIndex) else {
        return recordUnrecognised(packet, packetIndex)
      }
      guard route.transport == .moldUDP64, !view.isCut,
        (arbiters + route.channel).pointee.acceptNext(
          mold: view.payload, length: view.payloadLength,
          from: PacketOrigin(
            captureNanoseconds: packet.captureNanoseconds, packetIndex: packetIndex, fileIndex: packet.fileIndex,
            line: route.line), clock: clock, into: &sink)
      else { return processOther(view, route, packet, packetIndex, into: &sink) }
      if nextDue == .max { nextDue = (arbiters + route.channel).pointee.nextDue }
    case .discarded(let reason):
      wireCounters.record(reason, fileIndex: packet.fileIndex, recordIndex: packet.recordIndex)
    }
  }

  /// Any packet but a MoldUDP64 one that is next. The switch in `parse` is the only one on the transport.
  @inline(never)
  private mutating func processOther(
    _ view: TransportView, _ route: RouteTable.Match, _ packet: Packet, _ packetIndex: UInt64,
    into sink: inout some DeliverySink
  ) {
    var channel = route.channel
    var line = route.line
    var offset = 0
    // Bounded by the payload: each turn takes a header at least. Only MACH datagrams hold more than one.
    repeat {
      guard
        var sequenced = route.transport.parse(
          view.payload + offset, length: view.payloadLength - offset, declared: view.declaredPayloadLength - offset)
      else { return recordUnreadable(view.isCut ? .cutPackets : .malformed, packet, packetIndex) }
      if route.transport.hasStreams {
        guard let stream = routes.find(stream: sequenced.stream, of: route) else {
          return recordUnrecognised(packet, packetIndex)
        }
        (channel, line) = stream
      }
      sequenced.captureNanoseconds = packet.captureNanoseconds
      sequenced.packetIndex = packetIndex
      sequenced.fileIndex = packet.fileIndex
      sequenced.line = line
      sequenced.headerLength &+= UInt16(truncatingIfNeeded: offset)
      if view.isCut { recordCut(&sequenced) }
      let arbiter = arbiters + channel
      sequenced.sequenceNumber = arbiter.pointee.unwrapped(sequenced.sequenceNumber)
      if arbiter.pointee.isAnswer(sequenced) {
        arbiter.pointee.acceptAnswer(sequenced, clock: clock, into: &sink)
      } else {
        arbiter.pointee.accept(sequenced, clock: clock, into: &sink)
      }
      if arbiter.pointee.state != .live || nextDue == .max { nextDue = min(nextDue, arbiter.pointee.nextDue) }
      guard route.transport == .mach else { return }
      offset += max(MACH.headerLength, Int(sequenced.blocksLength))
    } while offset < view.payloadLength
  }

  /// The input ended: open gaps and joins are closed.
  mutating func finish(into sink: inout some DeliverySink) {
    for channel in 0..<channelCount { arbiters[channel].finish(clock: clock, into: &sink) }
  }

  /// Runs the channels' timers in order of time.
  @inline(never)
  private mutating func runTimers(into sink: inout some DeliverySink) {
    while true {
      var due = UInt64.max
      var first = 0
      for channel in 0..<channelCount where arbiters[channel].nextDue < due {
        due = arbiters[channel].nextDue
        first = channel
      }
      nextDue = due
      if due > clock { return }
      arbiters[first].advance(to: due, into: &sink)
    }
  }

  /// The channel's timers may be due earlier than any known before.
  mutating func noteDue(of channel: Int) { nextDue = min(nextDue, arbiters[channel].nextDue) }

  // MARK: - Without frames

  /// A message of a length-prefixed file, or bytes of a connection.
  @inline(never)
  private mutating func processUnframed(_ packet: Packet, into sink: inout some DeliverySink) {
    if packet.linkType == .message {
      deliverMessage(packet, into: &sink)
    } else {
      receiveConnection(packet, into: &sink)
    }
  }

  /// A message of a length-prefixed file is a packet of its own; its file's books start untrusted, as a late start.
  private mutating func deliverMessage(_ packet: Packet, into sink: inout some DeliverySink) {
    let file = Int(packet.fileIndex)
    var view = SequencedPacket(blocks: packet.bytes)
    view.packetIndex = payloadPackets[file]
    view.fileIndex = packet.fileIndex
    view.captureNanoseconds = packet.captureNanoseconds
    payloadPackets[file] &+= 1
    guard let route = routes.find(messageFile: packet.fileIndex) else {
      return recordUnrecognised(packet, view.packetIndex)
    }
    sink.flushIfFull()
    let channel = UInt8(route.channel)
    if view.packetIndex == 0 {
      sink.batch.append(
        .channelState, channel: channel, detail: BookState.lateStart.rawValue, packet: view, clock: clock)
    }
    counters.add(.channelPackets)
    sink.batch.beginPacket(view, clock: clock)
    sink.batch.append(message: packet.bytes, length: Int(packet.capturedLength), channel: channel)
    sink.batch.endPacket()
  }

  // MARK: - Rare

  @inline(never)
  private func recordUnrecognised(_ packet: Packet, _ packetIndex: UInt64) {
    counters.note(
      .unrecognisedPackets, at: Occurrence(fileIndex: packet.fileIndex, packetIndex: packetIndex, offset: 0))
  }

  @inline(never)
  private func recordUnreadable(_ counter: Counter, _ packet: Packet, _ packetIndex: UInt64) {
    counters.note(counter, at: Occurrence(fileIndex: packet.fileIndex, packetIndex: packetIndex, offset: 0))
  }

  /// The snap length cut the packet: its whole messages count, the rest is a gap that another line may fill.
  @inline(never)
  private func recordCut(_ packet: inout SequencedPacket) {
    packet.wholeCount = 0
    counters.note(.cutPackets, at: packet.occurrence)
  }
}
