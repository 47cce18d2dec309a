/// Wire and session of one ingest owner: frames → payloads → gap-free messages of each channel.
///
/// Every channel has exactly one owner whose counters count. Where each core walks the capture itself, each runs an
/// `Ingest` of its own and comes to the same deliveries; only core 0's counters are reported.
struct Ingest {
  let parser: FrameParser
  private(set) var wireCounters = WireCounters()
  var routes: RouteTable
  private let everydayFlows = FlowCache()
  /// `everydayFlows` has flows: where a feed has none, nobody need look for one.
  private var hasEverydayFlows = false
  let everydayRoutes = EverydayRoutes()
  let arbiters: UnsafeMutablePointer<LineArbiter>
  let channelCount: Int
  /// Bit c: channel c is this owner's. Packets of others that come all the same are counted and dropped.
  private let ownedChannels: UInt64
  let counters: Counters
  /// Per channel: false for length-prefixed files.
  private let isNumbered: Storage<Bool>
  /// Per file: UDP/TCP packets with payload so far.
  let payloadPackets: Storage<UInt64>
  /// Per channel and line: packets.
  let lineCounts: LineCounts
  let snapshots: SnapshotRoutes
  /// Packets taken, of any kind.
  private(set) var packets: UInt64 = 0
  /// The capture clock: never goes back.
  private(set) var clock: UInt64 = 0
  /// No timer of any channel is due before this.
  private(set) var nextDue = UInt64.max
  /// What the channels' recoveries want sent; nil: none may ask for anything.
  let outbox: RecoveryOutbox?

  /// - Parameters:
  ///   - retainsPackets: packets go soon after their burst: what has to stay of them is copied.
  ///   - ownedChannels: bit c: channel c is this owner's.
  ///   - lineCounts: where other threads look at them; nil: nobody does.
  ///   - needs: what cores with books tell its channels' recoveries; nil: nothing.
  init(
    plan: FeedPlan, settings: Settings, fileCount: Int, retainsPackets: Bool = false, ownedChannels: UInt64 = .max,
    lineCounts: LineCounts? = nil, needs: SnapshotNeeds? = nil
  ) {
    self.ownedChannels = ownedChannels
    parser = FrameParser(verifyChecksums: settings.verifyChecksums)
    counters = Counters()
    routes = RouteTable(plan)
    snapshots = SnapshotRoutes(plan)
    channelCount = plan.channels.count
    arbiters = .allocate(capacity: max(1, channelCount))
    isNumbered = Storage(capacity: max(1, channelCount))
    payloadPackets = Storage(capacity: max(1, fileCount))
    self.lineCounts = lineCounts ?? LineCounts(channelCount: plan.channels.count)
    outbox = Self.makeOutbox(plan, settings)
    for (channel, description) in plan.channels.enumerated() {
      isNumbered[channel] = description.isNumbered
      // One of another owner's stays idle, without a timer.
      let isOwned = ownedChannels & 1 << UInt64(channel) != 0
      (arbiters + channel).initialize(
        to: LineArbiter(
          channel: UInt8(channel), transport: description.transport, settings: settings.session, counters: counters,
          instrumentsRecover: plan.instrumentsRecover(channel: channel),
          recovery: isOwned
            ? Self.makeRecovery(plan, channel: channel, settings: settings, outbox: outbox, needs: needs) : nil,
          answerLines: plan.answerLines(of: channel, settings: settings),
          answerTimeoutNanoseconds: settings.recovery.answerTimeoutNanoseconds,
          retainedBytes: retainsPackets && isOwned ? settings.live.lateCopyBytes : nil))
    }
  }

  /// Takes packets and delivers what is next in order, of these and of earlier ones.
  @inline(__always)
  mutating func process(_ burst: UnsafeMutableBufferPointer<Packet>, into sink: inout some DeliverySink) {
    guard var packet = burst.baseAddress else { return }
    let end = packet + burst.count
    while packet < end {
      process(at: packet, into: &sink)
      packet += 1
    }
  }

  /// The same of one packet.
  mutating func process(_ packet: Packet, into sink: inout some DeliverySink) {
    var packet = packet
    withUnsafeMutablePointer(to: &packet) { process(at: $0, into: &sink) }
  }

  // By pointer: a packet as a value is copied, because what is called could change the original.
  @inline(__always)
  private mutating func process(at packet: UnsafeMutablePointer<Packet>, into sink: inout some DeliverySink) {
    packets &+= 1
    clock = max(clock, packet.pointee.captureNanoseconds)
    if unlikely(clock >= nextDue) { runTimers(into: &sink) }
    if !takeEveryday(packet, into: &sink), !takeEverydayOther(packet, into: &sink) {
      processOther(packet.pointee, into: &sink)
    }
  }

  /// The everyday case of the feed with the most messages: a MoldUDP64 packet that is whole and next, on a flow that
  /// is known. False where it is anything else: then nothing was done.
  @inline(__always)
  private mutating func takeEveryday(
    _ packet: UnsafeMutablePointer<Packet>, into sink: inout some DeliverySink
  ) -> Bool {
    let bytes = packet.pointee.bytes
    let payload = bytes + FrameParser.everydayPayloadOffset
    let file = packet.pointee.fileIndex
    // SAFETY: what is read before the frame is judged lies within these bytes.
    guard hasEverydayFlows,
      Int(packet.pointee.capturedLength) >= FrameParser.everydayPayloadOffset + MoldUDP64.headerLength,
      let flow = everydayFlows.find(bytes, file: file)
    else { return false }
    let arbiter = arbiters + Int(flow.pointee.channel)
    guard arbiter.pointee.isNext(mold: payload) else { return false }
    let length = parser.everydayLength(
      bytes, captured: Int(packet.pointee.capturedLength), linkType: packet.pointee.linkType)
    if unlikely(length < MoldUDP64.headerLength) { return false }
    let packetIndex = payloadPackets.base[Int(file)]
    guard
      arbiter.pointee.acceptNext(
        mold: payload, length: length,
        from: PacketOrigin(
          captureNanoseconds: packet.pointee.captureNanoseconds, packetIndex: packetIndex, fileIndex: file,
          line: flow.pointee.line), clock: clock, into: &sink)
    else { return false }
    payloadPackets.base[Int(file)] = packetIndex &+ 1
    lineCounts.add(channel: Int(flow.pointee.channel), line: flow.pointee.line)
    if unlikely(nextDue == .max) { nextDue = arbiter.pointee.nextDue }
    return true
  }

  @inline(never)
  private mutating func processOther(_ packet: Packet, into sink: inout some DeliverySink) {
    if packet.linkType == .message { return deliverMessage(packet, into: &sink) }
    if packet.linkType == .connection { return receiveConnection(packet, into: &sink) }
    switch parser.parse(packet) {
    case .payload(let view):
      let packetIndex = payloadPackets.base[Int(packet.fileIndex)]
      payloadPackets.base[Int(packet.fileIndex)] = packetIndex &+ 1
      // A flow's key names no transport; feeds are UDP.
      guard view.transport == .udp, let route = routes.find(view, file: packet.fileIndex) else {
        return recordUnrecognised(packet, packetIndex)
      }
      // All streams of a flow are of one owner.
      if ownedChannels & 1 << UInt64(route.channel) == 0 {
        return recordUnreadable(.otherOwnersPackets, packet, packetIndex)
      }
      if route.transport == .moldUDP64, packet.linkType == .ethernet,
        view.payload == packet.bytes + FrameParser.everydayPayloadOffset {
        everydayFlows.remember(packet.bytes, file: packet.fileIndex, channel: route.channel, line: route.line)
        hasEverydayFlows = true
      }
      processPayload(view, route, packet, packetIndex, into: &sink)
    case .discarded(let reason):
      wireCounters.record(reason, fileIndex: packet.fileIndex, recordIndex: packet.recordIndex)
    }
  }

  /// A payload of any feed, in any state of its channel. The switch in `parse` is the only one on the transport.
  @inline(__always)
  private mutating func processPayload(
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
      lineCounts.add(channel: channel, line: line)
      if let target = snapshots.target(of: channel, sequenced.kind), !arbiters[channel].isAnswer(sequenced) {
        if view.isCut { return recordUnreadable(.cutPackets, packet, packetIndex) }
        return deliverSnapshot(sequenced, view, of: target, into: &sink)
      }
      sequenced.headerLength &+= UInt16(truncatingIfNeeded: offset)
      if view.isCut { recordCut(&sequenced) }
      let arbiter = arbiters + channel
      sequenced.sequenceNumber = arbiter.pointee.unwrapped(sequenced.sequenceNumber)
      if arbiter.pointee.isAnswer(sequenced) {
        arbiter.pointee.acceptAnswer(sequenced, clock: clock, into: &sink)
      } else {
        rememberEveryday(packet, view, sequenced, channel: channel, route)
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

  /// A packet was delivered in order: no timer is due but the channel's silence, which is known unless none was.
  @inline(__always)
  mutating func noteDueAfterDelivery(of arbiter: UnsafeMutablePointer<LineArbiter>) {
    if nextDue == .max, arbiter.pointee.hasTimersWhileLive { nextDue = arbiter.pointee.nextDue }
  }

  /// Time goes on without a packet: timers run.
  mutating func pass(to now: UInt64, into sink: inout some DeliverySink) {
    clock = max(clock, now)
    if clock >= nextDue { runTimers(into: &sink) }
  }

  /// The channel's timers may be due earlier than any known before.
  mutating func noteDue(of channel: Int) { nextDue = min(nextDue, arbiters[channel].nextDue) }

  /// A packet that brings snapshots of the instruments of `channel`.
  private mutating func deliverSnapshot(
    _ packet: SequencedPacket, _ view: TransportView, of channel: Int, into sink: inout some DeliverySink
  ) {
    counters.add(.snapshotPackets)
    if snapshots.recent.isCopy(
      view.payload, headerLength: Int(packet.headerLength), length: view.payloadLength, channel: channel)
    {
      counters.add(.snapshotCopies)
      return
    }
    noteRefresh(view, of: channel)
    sink.flushIfFull()
    sink.batch.append(
      snapshotPacket: packet, length: view.payloadLength, channel: UInt8(channel), clock: clock)
  }

  // MARK: - Length-prefixed files

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
