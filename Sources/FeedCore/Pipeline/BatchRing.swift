import CPlatform

/// Delivery batches from one ingest core to several shard cores: every core reads every batch, in place.
struct BatchRing: @unchecked Sendable {
  static let capacity = 16
  private let slots: UnsafeMutablePointer<DeliveryBatch>
  /// Batches ever published, plus `endBit` when no more will come.
  private let published = SharedWord()
  /// Per consumer: batches it has worked off.
  private let done: [SharedWord]
  private let donePointer: UnsafeMutablePointer<SharedWord>
  private static let endBit: UInt64 = 1 << 63
  /// The capture clock at the end; valid once the end is published.
  private let finalClock = SharedWord()

  init(consumers: Int) {
    slots = .allocate(capacity: Self.capacity)
    for slot in 0..<Self.capacity { (slots + slot).initialize(to: DeliveryBatch()) }
    done = (0..<consumers).map { _ in SharedWord() }
    donePointer = .allocate(capacity: consumers)
    donePointer.initialize(from: done, count: consumers)
  }

  // MARK: - Producer

  /// The first batch to fill.
  var firstBatch: DeliveryBatch { slots[0] }

  /// Publishes `batch`, number `number` from 0, and returns the next one to fill, once every consumer is done with
  /// what it held. Counts how often it had to wait.
  @inline(__always)
  func publish(
    _ batch: DeliveryBatch, number: UInt64, waits: inout UInt64, waiting: inout SpinWait
  ) -> DeliveryBatch {
    slots[Int(number) & (Self.capacity - 1)] = batch
    published.publish(number &+ 1)
    let next = number &+ 1
    for consumer in 0..<done.count {
      var waited = false
      while next &- donePointer[consumer].observe() >= UInt64(Self.capacity) {
        waited = true
        waiting.again()
      }
      if waited { waits &+= 1 }
    }
    return slots[Int(next) & (Self.capacity - 1)]
  }

  /// Waits until every consumer has worked off the first `count` batches.
  func wait(untilDone count: UInt64, waiting: inout SpinWait) {
    for consumer in 0..<done.count {
      while donePointer[consumer].observe() < count { waiting.again() }
    }
  }

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

  @inline(__always)
  func release(taken: UInt64, consumer: Int) { donePointer[consumer].publish(taken) }
}

/// The ingest core's sink: fills batches of the ring.
struct RingSink: DeliverySink {
  let ring: BatchRing
  var batch: DeliveryBatch
  private var number: UInt64 = 0
  /// Batches for which it had to wait: the shard cores are behind.
  private(set) var waits: UInt64 = 0
  private var waiting: SpinWait

  init(ring: BatchRing, waiting: SpinWait) {
    self.ring = ring
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
    batch = ring.publish(batch, number: number, waits: &waits, waiting: &waiting)
    batch.clear()
    batch.begin(receiveTicks: receiveTicks, isSampled: isSampled)
    number &+= 1
  }

  @inline(never)
  mutating func settle() {
    flush()
    ring.wait(untilDone: number, waiting: &waiting)
  }
}
