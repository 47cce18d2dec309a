/// Which packets bring snapshots, of which channel's instruments.
struct SnapshotRoutes {
  private enum Use {
    static var live: UInt8 { 0 }
    /// Live, with snapshots among its packets.
    static var mixed: UInt8 { 1 }
    /// Snapshots that belong to no channel.
    static var nowhere: UInt8 { 2 }
    /// Snapshots of channel `use` - 3.
    static var first: UInt8 { 3 }
  }

  private let uses: Storage<UInt8>
  let recent: RecentPackets

  init(_ plan: FeedPlan) {
    uses = Storage(capacity: max(1, plan.channels.count), hugePages: false)
    recent = RecentPackets(channels: plan.joinedChannels == 0 ? 1 : plan.channels.count)
    for (channel, described) in plan.channels.enumerated() {
      if described.role == .snapshot {
        uses[channel] = described.snapshotsOf.map { Use.first + $0 } ?? Use.nowhere
      } else if described.carriesSnapshots {
        uses[channel] = Use.mixed
      }
    }
  }

  /// The channel whose snapshots a packet of `channel` brings, nil for a live packet.
  @inline(__always)
  func target(of channel: Int, _ kind: SequencedPacket.Kind) -> Int? {
    let use = uses.base[channel]
    if use == Use.live { return nil }
    if use >= Use.first { return Int(use - Use.first) }
    return use == Use.mixed && kind == .outOfBand ? channel : nil
  }
}
