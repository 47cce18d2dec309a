import CPlatform

/// Risk and orders of the shards of one core: the sink of its detectors.
struct OrderDesk: IntentSink {
  private let executors: UnsafeMutablePointer<ShardExecutor>
  /// Shards of this core, ascending; `slot` finds one by number.
  let shards: [Int]
  private let slots: Storage<Int8>
  private let books: Books
  private let stages: StageHistograms
  private let isEnabled: Bool
  /// When the burst that is being worked on was received.
  var receiveTicks: UInt64 = 0
  /// Of a paced run: when each packet was due, which is when it was received.
  var schedule: PaceSchedule?
  /// The executor to be kept warm next.
  private var nextWarm = 0
  private(set) var code = WarmCode()
  /// Whether its shards are armed.
  private(set) var isArmed = true
  /// No arrival or reply of any shard is due before this.
  private(set) var nextDue: UInt64 = .max
  private var killAt: UInt64

  init(settings: Settings, ownedShards: UInt64, books: Books, stages: StageHistograms) {
    shards = (0..<settings.shardCount).filter { ownedShards & (1 << UInt64($0)) != 0 }
    executors = .allocate(capacity: max(1, shards.count))
    slots = Storage(capacity: 64)
    for shard in 0..<64 { slots[shard] = -1 }
    for (slot, shard) in shards.enumerated() {
      (executors + slot).initialize(
        to: ShardExecutor(
          settings: settings, shard: shard, venueCount: max(1, settings.venues.count),
          groupCapacity: books.symbols.pointee.groups.capacity))
      slots[shard] = Int8(slot)
    }
    self.books = books
    self.stages = stages
    isEnabled = settings.orders.enabled
    killAt = settings.risk.killAtNanoseconds ?? .max
    nextDue = killAt
  }

  @inline(__always)
  mutating func submit(_ pair: OrderPairIntent, at captureNanoseconds: UInt64) -> Bool {
    isEnabled ? send(pair, at: captureNanoseconds) : false
  }

  @inline(__always)
  mutating func prepare(_ group: GroupIndex) { if isEnabled { prefetchOrder(group) } }

  /// Asks for the cache lines that a pair of this symbol will need, all at once: one after the other, as they are come
  /// by, they take a microsecond.
  @inline(never)
  private mutating func prefetchOrder(_ index: GroupIndex) {
    OrderCode.prepare.mark()
    let group = books.symbols.pointee.groups.base + Int(index)
    let slot = Int(slots[Int(group.pointee.shard)])
    if slot < 0 { return }
    let executor = executors + slot
    ShardExecutor.prefetch(executor)
    executor.pointee.prefetchNext()
    executor.pointee.prefetchPosition(of: index)
    var listed = group.pointee.venueMask
    while listed != 0 {
      let venue = VenueIndex(listed.trailingZeroBitCount)
      listed &= listed &- 1
      if let instrument = group.pointee.listing(at: venue) {
        feedh_prefetch(books.venues[Int(venue)].directory.pointee.records.base + instrument)
      }
    }
  }

  /// Nothing is to be done: asks for what the next order of one of the shards will need, the shards in turn, and for some
  /// of the code on its way.
  @inline(never)
  mutating func keepWarm() {
    if !isEnabled || shards.isEmpty { return }
    code.ask()
    nextWarm = nextWarm + 1 < shards.count ? nextWarm + 1 : 0
    ShardExecutor.prefetch(executors + nextWarm)
    (executors + nextWarm).pointee.prefetchNext()
  }

  @inline(never)
  private mutating func send(_ pair: OrderPairIntent, at captureNanoseconds: UInt64) -> Bool {
    OrderCode.sendPair.mark()
    let start = feedh_ticks()
    let shard = Int(books.symbols.pointee.groups[Int(pair.buy.group)].shard)
    let executor = executors + Int(slots[shard])
    let isSent = executor.pointee.submit(pair, at: captureNanoseconds, view: books)
    if isSent {
      let end = executor.pointee.sentTicks
      stages.encoded.record(from: start, to: end)
      // What came before it in its burst was due before it. A packet that waited behind a gap is counted from the
      // burst that ended its waiting.
      let received = max(receiveTicks, schedule?.dueTicks(captureNanoseconds) ?? 0)
      stages.packetToOrder.record(from: received, to: end)
      nextDue = min(nextDue, executor.pointee.nextDue)
    }
    return isSent
  }

  /// Runs what is due at or before `time`, shard by shard (shards do not see one another).
  @inline(never)
  mutating func advance(to time: UInt64) {
    // At the end of the input time is `.max`, as is a kill that is never due.
    if killAt <= time, killAt < .max {
      // What was due before the kill still happens before it; what is sent is not called back.
      for slot in shards.indices { executors[slot].advance(to: killAt, view: books) }
      engageKillSwitch()
      killAt = .max
    }
    nextDue = killAt
    for slot in shards.indices {
      executors[slot].advance(to: time, view: books)
      nextDue = min(nextDue, executors[slot].nextDue)
    }
  }

  mutating func engageKillSwitch() {
    for slot in shards.indices { executors[slot].engageKillSwitch() }
  }

  var isKillSwitchEngaged: Bool { shards.isEmpty ? false : executors[0].isKillSwitchEngaged }

  /// Lets orders out, or refuses them by the name `disarmed`.
  mutating func setArmed(_ isArmed: Bool) {
    self.isArmed = isArmed
    for slot in shards.indices { executors[slot].setArmed(isArmed) }
  }

  /// A live run ends: whatever is open is to be cancelled.
  mutating func cancelOpenOrders(at time: UInt64) {
    for slot in shards.indices {
      executors[slot].cancelOpenOrders(at: time)
      nextDue = min(nextDue, executors[slot].nextDue)
    }
  }

  /// Orders that left watched books.
  mutating func orderLeft(shard: UInt8, venue: VenueIndex, reference: UInt64) {
    let slot = Int(slots[Int(shard)])
    if slot >= 0 { executors[slot].orderLeft(venue: venue, reference: reference) }
  }

  mutating func booksCleared(venue: VenueIndex) {
    for slot in shards.indices { executors[slot].booksCleared(venue: venue) }
  }

  /// The executor of one of this core's shards. Cold.
  func executor(ofShard shard: Int) -> ShardExecutor? {
    slots[shard] < 0 ? nil : executors[Int(slots[shard])]
  }
}

extension Books {
  /// Hands on the departures from watched books.
  @inline(__always)
  mutating func takeDepartures(desk: inout OrderDesk) {
    for venue in 0..<venueCount where venues[venue].departures.count > 0 {
      takeDepartures(of: venue, desk: &desk)
    }
  }

  @inline(never)
  private func takeDepartures(of venue: Int, desk: inout OrderDesk) {
    for index in 0..<venues[venue].departures.count {
      let departure = venues[venue].departures[index]
      desk.orderLeft(shard: departure.shard, venue: VenueIndex(venue), reference: departure.reference)
    }
    venues[venue].departures.removeAll()
  }
}
