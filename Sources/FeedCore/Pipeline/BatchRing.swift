import CPlatform

/// Delivery batches from one ingest core to several shard cores: every core reads every batch, in place.
struct BatchRing: @unchecked Sendable {
  static let capacity = 16
  private let slots: UnsafeMutablePointer<DeliveryBatch>
  /// Batches ever published, plus `endBit` when no more will come.
  private let published = SharedWord()
  /// Per consumer: batches it has worked off. No array: a ring is copied on the hot path, and not counted.
  private let done: UnsafeMutablePointer<SharedWord>
  private let consumers: Int
  private static let endBit: UInt64 = 1 << 63
  /// The capture clock at the end; valid once the end is published.
  private let finalClock = SharedWord()
  /// The ingest owner's clock where no packet came.
  private let idle = SharedWord()

  init(consumers: Int) {
    slots = .allocate(capacity: Self.capacity)
    for slot in 0..<Self.capacity { (slots + slot).initialize(to: DeliveryBatch()) }
    self.consumers = consumers
    done = .allocate(capacity: consumers)
    for consumer in 0..<consumers { (done + consumer).initialize(to: SharedWord()) }
  }

  // MARK: - Producer

  /// The first batch to fill.
  var firstBatch: DeliveryBatch { slots[0] }

  /// Publishes `batch`, number `number` from 0, and returns the next one to fill, once every consumer is done with
  /// what it held. Counts how often it had to wait, and notes the most batches that a consumer was behind. Where the
  /// producer has shards of its own it works their rings off meanwhile (`inbox`): two cores that wait for each other both
  /// go on.
  @inline(__always)
  func publish(
    _ batch: DeliveryBatch, number: UInt64, waits: inout UInt64, fillMax: inout UInt64, waiting: inout SpinWait,
    inbox: UnsafeMutablePointer<RingInbox>?
  ) -> DeliveryBatch {
    slots[Int(number) & (Self.capacity - 1)] = batch
    published.publish(number &+ 1)
    let next = number &+ 1
    for consumer in 0..<consumers {
      var waited = false
      fillMax = max(fillMax, next &- done[consumer].observe())
      while next &- done[consumer].observe() >= UInt64(Self.capacity) {
        waited = true
        if let inbox, inbox.pointee.hotPathPollRings() { continue }
        waiting.again()
      }
      if waited { waits &+= 1 }
    }
    return slots[Int(next) & (Self.capacity - 1)]
  }

  /// Waits until every consumer has worked off the first `count` batches.
  func wait(untilDone count: UInt64, waiting: inout SpinWait, inbox: UnsafeMutablePointer<RingInbox>?) {
    for consumer in 0..<consumers {
      while done[consumer].observe() < count {
        if let inbox, inbox.pointee.hotPathPollRings() { continue }
        waiting.again()
      }
    }
  }

  /// The first batch that a consumer may still be working on.
  func firstUnderWay() -> UInt64 { (0..<consumers).reduce(.max) { min($0, done[$1].observe()) } }

  /// No packet came: time has gone on to `clock`, and every batch up to it is published.
  @inline(__always)
  func note(idleClock clock: UInt64) { idle.publish(clock) }

  func end(clock: UInt64) {
    finalClock.publish(clock)
    published.publish(published.observe() | Self.endBit)
  }

  // MARK: - Consumers

  enum Poll { case batch(UnsafeMutablePointer<DeliveryBatch>), nothing, ended(clock: UInt64) }

  /// What comes after the `taken` batches a consumer has worked off.
  @inline(__always)
  func poll(taken: UInt64) -> Poll {
    let state = published.observe()
    if state & ~Self.endBit > taken { return .batch(slots + (Int(taken) & (Self.capacity - 1))) }
    return state & Self.endBit != 0 ? .ended(clock: finalClock.observe()) : .nothing
  }

  /// How far time has gone on. A consumer that finds no batch behind this has worked off all up to then.
  @inline(__always)
  var idleClock: UInt64 { idle.observe() }

  @inline(__always)
  func release(taken: UInt64, consumer: Int) { done[consumer].publish(taken) }
}

/// The ingest core's sink: fills batches of the ring.
struct RingSink: DeliverySink {
  let ring: BatchRing
  var batch: DeliveryBatch
  private var number: UInt64 = 0
  /// Batches for which it had to wait: the shard cores are behind.
  private(set) var waits: UInt64 = 0
  /// The most batches, of `BatchRing.capacity`, that a shard core was behind.
  private(set) var fillMax: UInt64 = 0
  private var waiting: SpinWait
  /// The rings of its own core's shards; nil: it has none.
  private let inbox: UnsafeMutablePointer<RingInbox>?
  /// Bursts begun, and by batch of the ring the one it was filled in.
  private var bursts: UInt64 = 0
  private let burstOf = Storage<UInt64>(capacity: BatchRing.capacity, hugePages: false)
  /// Batches before this one are known to be worked off.
  private var settled: UInt64 = 0

  init(ring: BatchRing, waiting: SpinWait, inbox: UnsafeMutablePointer<RingInbox>? = nil) {
    self.ring = ring
    self.inbox = inbox
    self.waiting = waiting
    batch = ring.firstBatch
  }

  @inline(never)
  mutating func flush() {
    if batch.count == 0 {
      batch.clear()
      return
    }
    let receiveTicks = batch.receiveTicks
    let isSampled = batch.isSampled
    if isSampled { batch.framedTicks = feedh_ticks() }
    burstOf.base[Int(truncatingIfNeeded: number) & (BatchRing.capacity - 1)] = bursts
    batch = ring.publish(batch, number: number, waits: &waits, fillMax: &fillMax, waiting: &waiting, inbox: inbox)
    batch.clear()
    batch.begin(receiveTicks: receiveTicks, isSampled: isSampled)
    number &+= 1
  }

  @inline(never)
  mutating func settle() {
    flush()
    ring.wait(untilDone: number, waiting: &waiting, inbox: inbox)
    settled = number
  }

  @inline(__always)
  mutating func beginBurst() { bursts &+= 1 }

  /// Waits until no batch is under way whose packets go when the source is asked for another burst: packets stay for
  /// `retainedBursts` further ones.
  @inline(__always)
  mutating func settle(burstsBefore retainedBursts: UInt64) {
    if settled < number, isOld(settled, retainedBursts) { settleOld(retainedBursts) }
  }

  @inline(__always)
  private func isOld(_ batch: UInt64, _ retainedBursts: UInt64) -> Bool {
    burstOf.base[Int(truncatingIfNeeded: batch) & (BatchRing.capacity - 1)] &+ retainedBursts <= bursts
  }

  @inline(never)
  private mutating func settleOld(_ retainedBursts: UInt64) {
    settled = max(settled, ring.firstUnderWay())
    while settled < number, isOld(settled, retainedBursts) {
      settled &+= 1
      ring.wait(untilDone: settled, waiting: &waiting, inbox: inbox)
    }
  }
}
