/// Recoveries of one ingest owner: made from the plan, fed with what comes on their connections.
extension Ingest {
  /// The outbox of all channels that may ask; nil where none may.
  static func makeOutbox(_ plan: FeedPlan, _ settings: Settings) -> RecoveryOutbox? {
    let asks = plan.channels.contains { channel in
      guard let feed = channel.feed else { return false }
      return settings.feeds[feed].recovery.messages || settings.feeds[feed].recovery.snapshots
    }
    return asks ? RecoveryOutbox() : nil
  }

  /// The recovery of a channel, nil where its feed asks for nothing.
  static func makeRecovery(
    _ plan: FeedPlan, channel: Int, settings: Settings, outbox: RecoveryOutbox?, needs: SnapshotNeeds?
  ) -> UnsafeMutablePointer<ChannelRecovery>? {
    let description = plan.channels[channel]
    guard let outbox, let feed = description.feed, description.role == .live else { return nil }
    let asked = settings.feeds[feed].recovery
    if !asked.messages && !asked.snapshots { return nil }
    let recovery = UnsafeMutablePointer<ChannelRecovery>.allocate(capacity: 1)
    recovery.initialize(
      to: ChannelRecovery(
        identity: RecoveryIdentity(
          protocol: description.protocol, channel: UInt8(channel), stream: description.stream ?? 0, settings: asked),
        feed: asked, settings: settings.recovery, outbox: outbox, needs: needs))
    return recovery
  }

  /// Takes bytes of a connection to a channel's server.
  @inline(never)
  mutating func receiveConnection(_ packet: Packet, into sink: inout some DeliverySink) {
    if packet.capturedLength == 0, !packet.isConnectionEnd { return }
    let channel = Int(packet.fileIndex)
    guard channel < channelCount, let recovery = arbiters[channel].recovery,
      recovery.pointee.isNewest(packet.connectionService, packet.connectionNumber)
    else { return }
    arbiters[channel].receive(
      UnsafeRawBufferPointer(start: packet.bytes, count: Int(packet.capturedLength)), of: packet.connectionService,
      isEnd: packet.isConnectionEnd, clock: clock, into: &sink)
    noteDue(of: channel)
  }

  /// A packet that brings snapshots of the channel's instruments may be the refresh that was asked for.
  @inline(never)
  mutating func noteRefresh(_ view: TransportView, of channel: Int) {
    guard let recovery = arbiters[channel].recovery else { return }
    recovery.pointee.takeRefresh(
      UnsafeRawBufferPointer(start: view.payload, count: view.payloadLength), next: arbiters[channel].next, now: clock)
    noteDue(of: channel)
  }

  /// What one channel's recovery came to, nil where it asks for nothing.
  func recovery(ofChannel channel: Int) -> RecoverySummary? {
    guard let recovery = arbiters[channel].recovery else { return nil }
    return RecoverySummary(counters: recovery.pointee.counters, lastFailure: recovery.pointee.lastFailure)
  }
}

/// What a channel's recovery came to.
public struct RecoverySummary: Sendable {
  public var counters: RecoveryCounters
  /// Why something was given up last; nil: nothing was.
  public var lastFailure: RecoveryFailure?
}
