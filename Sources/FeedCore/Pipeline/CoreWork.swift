import CPlatform

/// What a core does with what it reads: all of it, or what the shard cores need. Called once per burst.
protocol CoreWork {
  /// One duty cycle's burst, worked off. `upcoming` is where the next one's bytes begin, if that is known.
  mutating func poll(
    _ burst: UnsafeMutableBufferPointer<Packet>, upcoming: UnsafeRawPointer?, receiveTicks: UInt64, isSampled: Bool)
  /// No packet came: what is due at `now` happens.
  mutating func pass(to now: UInt64)
  /// There is time: what an order will need is brought near.
  func keepWarm()
  /// Before the source is asked again, which may let go of the bytes of older bursts.
  mutating func beforeReceive()
  /// What other cores left for this one's shards; false: nothing was there.
  mutating func workRings() -> Bool
  mutating func take(_ command: CoreCommand)
  /// No packet comes any more.
  mutating func finish()

  var packets: UInt64 { get }
  var messages: UInt64 { get }
  var clock: UInt64 { get }
  /// Not before this has `pass` anything to do.
  var nextDue: UInt64 { get }
  /// The same of feeds' timers alone, which is what those who answer recoveries are told.
  var nextFeedDue: UInt64 { get }
  /// Gaps and lost messages so far.
  var losses: (gaps: UInt64, messages: UInt64) { get }
  /// The shards of this core; nil: it has none.
  var shards: UnsafeMutablePointer<Core>? { get }
  /// Times that it had to wait for a shard core.
  var waits: UInt64 { get }
  /// The most batches that a shard core was behind.
  var ringFillMax: UInt64 { get }
}

/// Run to completion: every step on one core.
struct PipelineWork: CoreWork {
  let pipeline: UnsafeMutablePointer<Pipeline>
  let shards: UnsafeMutablePointer<Core>?
  let isLive: Bool

  func poll(
    _ burst: UnsafeMutableBufferPointer<Packet>, upcoming: UnsafeRawPointer?, receiveTicks: UInt64, isSampled: Bool
  ) {
    feedh_hot_path_begin()
    pipeline.pointee.hotPathPoll(burst, upcoming: upcoming, receiveTicks: receiveTicks, isSampled: isSampled)
    feedh_hot_path_end()
  }

  func pass(to now: UInt64) {
    feedh_hot_path_begin()
    pipeline.pointee.hotPathPollIdle(now)
    feedh_hot_path_end()
  }

  func keepWarm() { pipeline.pointee.core.desk.keepWarm() }
  func beforeReceive() {}
  func workRings() -> Bool { false }
  func take(_ command: CoreCommand) { pipeline.pointee.core.take(command) }

  func finish() {
    if isLive { pipeline.pointee.core.desk.cancelOpenOrders(at: pipeline.pointee.ingest.clock) }
    pipeline.pointee.finish()
  }

  var packets: UInt64 { pipeline.pointee.ingest.packets }
  var messages: UInt64 { pipeline.pointee.core.messages }
  var clock: UInt64 { pipeline.pointee.ingest.clock }
  var nextDue: UInt64 { min(pipeline.pointee.ingest.nextDue, pipeline.pointee.core.desk.nextDue) }
  var nextFeedDue: UInt64 { pipeline.pointee.ingest.nextDue }
  var losses: (gaps: UInt64, messages: UInt64) { pipeline.pointee.ingest.losses }
  var waits: UInt64 { 0 }
  var ringFillMax: UInt64 { 0 }
}

/// Rings: frames and arbitrates for the cores that own shards, of which it may be one itself (`inbox`).
struct IngestWork: CoreWork {
  /// Shard cores hear of the time at least so often where no packet comes, nanoseconds.
  private static var idleClockNanoseconds: UInt64 { 1_000_000 }

  var ingest: Ingest
  var sink: RingSink
  let ring: BatchRing
  /// Nil: packets stay where they are.
  let retainedBursts: UInt64?
  /// This core's own shards, and the rings that they work off; nil: it has none.
  let shards: UnsafeMutablePointer<Core>?
  let inbox: UnsafeMutablePointer<RingInbox>?

  mutating func poll(
    _ burst: UnsafeMutableBufferPointer<Packet>, upcoming: UnsafeRawPointer?, receiveTicks: UInt64, isSampled: Bool
  ) {
    feedh_hot_path_begin()
    hotPathPollIngest(burst, receiveTicks: receiveTicks, isSampled: isSampled)
    feedh_hot_path_end()
  }

  @inline(never)
  private mutating func hotPathPollIngest(
    _ burst: UnsafeMutableBufferPointer<Packet>, receiveTicks: UInt64, isSampled: Bool
  ) {
    sink.beginBurst()
    sink.batch.begin(receiveTicks: receiveTicks, isSampled: isSampled)
    ingest.process(burst, into: &sink)
    sink.flush()
  }

  mutating func pass(to now: UInt64) {
    feedh_hot_path_begin()
    hotPathPollIdle(now)
    feedh_hot_path_end()
  }

  @inline(never)
  private mutating func hotPathPollIdle(_ now: UInt64) {
    sink.batch.begin(receiveTicks: feedh_ticks(), isSampled: false)
    ingest.pass(to: now, into: &sink)
    sink.flush()
    ring.note(idleClock: ingest.clock)
  }

  func keepWarm() {}

  mutating func beforeReceive() {
    if let retainedBursts { sink.settle(burstsBefore: retainedBursts) }
  }

  func workRings() -> Bool {
    guard let inbox else { return false }
    feedh_hot_path_begin()
    defer { feedh_hot_path_end() }
    return inbox.pointee.hotPathPollRings()
  }

  func take(_ command: CoreCommand) { shards?.pointee.take(command) }

  mutating func finish() {
    sink.batch.begin(receiveTicks: feedh_ticks(), isSampled: false)
    ingest.finish(into: &sink)
    sink.flush()
    ring.end(clock: ingest.clock)
  }

  var packets: UInt64 { ingest.packets }
  var messages: UInt64 { shards?.pointee.messages ?? 0 }
  var clock: UInt64 { ingest.clock }
  var nextDue: UInt64 { min(ingest.nextDue, ingest.clock &+ Self.idleClockNanoseconds) }
  var nextFeedDue: UInt64 { ingest.nextDue }
  var losses: (gaps: UInt64, messages: UInt64) { ingest.losses }
  var waits: UInt64 { sink.waits }
  var ringFillMax: UInt64 { sink.fillMax }
}

extension Ingest {
  var losses: (gaps: UInt64, messages: UInt64) { (counters[.gaps], counters[.messagesLost]) }
}

extension Core {
  /// Commands to the shards.
  mutating func take(_ command: CoreCommand) {
    switch command {
    case .engageKillSwitch: desk.engageKillSwitch()
    case .arm: desk.setArmed(true)
    case .disarm: desk.setArmed(false)
    case .stop: break
    }
  }

  /// No packet came: orders and replies that are due arrive.
  @inline(never)
  mutating func hotPathPollIdle(_ now: UInt64) {
    if now > clock { advance(to: now) }
  }

  /// One batch of the ring.
  @inline(never)
  mutating func hotPathPollBatch(_ batch: UnsafeMutablePointer<DeliveryBatch>) { process(batch.pointee) }
}
