/// The rings that one core's shards work off: one of each ingest core, a batch of each in turn.
///
/// Batches of one ring come in their order. Those of several come as they are ready: which of two cores' packets is
/// worked off first is a race, so a batch may hold times from before what its shards have seen already. They are taken
/// as of then: a core's time never goes back.
struct RingInbox {
  private struct Lane {
    let ring: BatchRing
    /// Batches worked off.
    var taken: UInt64 = 0
    var isEnded = false
  }

  private let lanes: UnsafeMutablePointer<Lane>
  private let count: Int
  private let consumer: Int
  private let core: UnsafeMutablePointer<Core>
  /// Packets of a late batch, with the time they are taken as of.
  private let restamped = Storage<DeliveredPacket>(capacity: DeliveryBatch.packetsMaximum, hugePages: false)
  private var openCount: Int
  /// The latest clock of the rings that ended.
  private(set) var endClock: UInt64 = 0
  /// Batches worked off, of all rings.
  private(set) var batches: UInt64 = 0

  /// - Parameter consumer: which consumer of each ring its core is.
  init(_ rings: [BatchRing], consumer: Int, core: UnsafeMutablePointer<Core>) {
    count = rings.count
    openCount = rings.count
    self.consumer = consumer
    self.core = core
    lanes = .allocate(capacity: max(1, rings.count))
    for (index, ring) in rings.enumerated() { (lanes + index).initialize(to: Lane(ring: ring)) }
    if rings.count > 1 { restamped.prefault() }
  }

  /// No ring will bring anything any more.
  var isEnded: Bool { openCount == 0 }

  /// Works a batch off of each ring that has one. False: none had, and what was due by the time that all of them know
  /// of has happened.
  @inline(never)
  mutating func hotPathPollRings() -> Bool {
    // Before the rings are looked at: all batches up to this time are published then.
    var known = UInt64.max
    for lane in 0..<count where !lanes[lane].isEnded { known = min(known, lanes[lane].ring.idleClock) }
    var hasWorked = false
    for lane in 0..<count where !lanes[lane].isEnded {
      switch lanes[lane].ring.poll(taken: lanes[lane].taken) {
      case .batch(let batch):
        work(off: batch)
        lanes[lane].taken &+= 1
        lanes[lane].ring.release(taken: lanes[lane].taken, consumer: consumer)
        batches &+= 1
        hasWorked = true
      case .nothing: break
      case .ended(let clock):
        lanes[lane].isEnded = true
        openCount &-= 1
        endClock = max(endClock, clock)
        hasWorked = true
      }
    }
    if !hasWorked, known != .max { core.pointee.hotPathPollIdle(known) }
    return hasWorked
  }

  @inline(__always)
  private func work(off batch: UnsafeMutablePointer<DeliveryBatch>) {
    if count > 1, batch.pointee.packetCount > 0,
      batch.pointee.packets.base[0].captureNanoseconds < core.pointee.clock
    {
      workLate(off: batch)
    } else {
      core.pointee.hotPathPollBatch(batch)
    }
  }

  /// The batch is every consumer's to read: its packets' times are changed in a copy.
  @inline(never)
  private func workLate(off batch: UnsafeMutablePointer<DeliveryBatch>) {
    let clock = core.pointee.clock
    for index in 0..<batch.pointee.packetCount {
      var packet = batch.pointee.packets.base[index]
      packet.captureNanoseconds = max(packet.captureNanoseconds, clock)
      restamped.base[index] = packet
    }
    var late = DeliveryBatch(batch.pointee, packets: restamped)
    core.pointee.hotPathPollBatch(&late)
  }
}
