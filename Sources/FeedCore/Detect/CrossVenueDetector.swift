/// Cross-venue arbitrage: a venue's best bid above another's best ask after both taker fees.
///
/// For each symbol and ordered pair (buy venue, sell venue) an opportunity exists at a publish point when both books
/// are `ok`, the best level pair has at least the minimum edge, and the level pairs with that edge add up to the
/// minimum quantity (`EdgeWalk`). It begins at the first such publish point and ends at the first without; its peak
/// is the publish point of the greatest edge, the first of equals. One order pair goes out when it begins; with a
/// re-arm time another may follow.
struct CrossVenueDetector: Detector {
  let settings: CrossVenueSettings
  private let fees: Storage<FeeSchedule>
  /// Bit 8·b + s: taking at venues b and s together is never paid for.
  private var pairsWithoutRebate: UInt64 = 0
  private var open = OpportunityTable()
  /// Groups that could not be judged because a channel was not trusted: looked at again when one is.
  private let deferred: Storage<GroupIndex>
  private var deferredCount = 0
  /// Per shard: opportunities begun.
  let begun: Storage<UInt64>
  /// Per shard: hash of the opportunities that ended, in order.
  let digests: Storage<UInt64>
  private(set) var log: BoundedLog<OpportunityRecord>
  private let endings = Storage<UInt64>(capacity: OpportunityTable.capacity, hugePages: false)
  private let counters: Counters

  init(settings: CrossVenueSettings, venues: [VenueSettings], capacity: CapacitySettings, counters: Counters) {
    self.settings = settings
    self.counters = counters
    fees = Storage(capacity: 8)
    for (index, venue) in venues.enumerated() { fees[index] = venue.fees }
    for buy in 0..<8 {
      for sell in 0..<8 where fees[buy].costsSomething(with: fees[sell]) {
        pairsWithoutRebate |= 1 << UInt64(buy * 8 + sell)
      }
    }
    deferred = Storage(capacity: 8 * capacity.instruments, hugePages: false)
    begun = Storage(capacity: 64)
    digests = Storage(capacity: 64)
    log = BoundedLog(capacity: capacity.records)
    log.prefaultBeginning()
    open.prefault()
  }

  /// - Precondition: the symbol is listed at more than one venue (`BookHeader.Flags.shared`).
  @inline(never)
  mutating func bookChanged(_ change: BookChange, books: inout Books, sink: inout some IntentSink) {
    evaluate(
      change, group: books.symbols.pointee.groups.base + Int(change.group), books: &books, sink: &sink)
  }

  private mutating func evaluate(
    _ change: BookChange, group: UnsafeMutablePointer<SymbolGroup>, books: inout Books,
    sink: inout some IntentSink
  ) {
    let venue = change.instrument.venue
    var others = group.pointee.venueMask & ~(1 << venue)
    while others != 0 {
      let other = VenueIndex(others.trailingZeroBitCount)
      others &= others &- 1
      if isApart(change.instrument, from: other, group, books) { continue }
      evaluate(buy: venue, sell: other, change: change, group: group, books: &books, sink: &sink)
      evaluate(buy: other, sell: venue, change: change, group: group, books: &books, sink: &sink)
    }
    watchDepth(group, group.pointee.crossedPairs != 0, books: books)
  }

  /// The everyday case, in which nothing begins, goes on or ends: both books are `ok`, no pair of theirs was crossed,
  /// and neither best bid is above the other's best ask. It takes the two headers and the symbol's group; that is all.
  @inline(__always)
  private func isApart(
    _ instrument: InstrumentID, from other: VenueIndex, _ group: UnsafeMutablePointer<SymbolGroup>,
    _ books: borrowing Books
  ) -> Bool {
    let venue = instrument.venue
    let pairs: UInt64 =
      1 << (UInt64(venue & 7) &* 8 &+ UInt64(other & 7)) | 1 << (UInt64(other & 7) &* 8 &+ UInt64(venue & 7))
    guard (group.pointee.openPairs | group.pointee.crossedPairs) & pairs == 0, pairsWithoutRebate & pairs == pairs,
      books.haveOneScale(venue, other), let index = group.pointee.listing(at: other),
      let mine = books.header(of: instrument),
      let theirs = books.header(of: InstrumentID(venue: other, index: index)),
      books.state(of: mine) == .ok, books.state(of: theirs) == .ok
    else { return false }
    // Keys of asks are negated prices, and that of a side without a level is less than any.
    return Int64(mine.pointee.bestBid.key) &+ Int64(theirs.pointee.bestAsk.key) <= 0
      && Int64(theirs.pointee.bestBid.key) &+ Int64(mine.pointee.bestAsk.key) <= 0
  }

  /// Looks at one pair and begins, updates or ends its opportunity.
  private mutating func evaluate(
    buy: VenueIndex, sell: VenueIndex, change: BookChange, group: UnsafeMutablePointer<SymbolGroup>,
    books: inout Books, sink: inout some IntentSink
  ) {
    OrderCode.evaluate.mark()
    let buyInstrument = books.instrument(of: change.group, at: buy)
    let sellInstrument = books.instrument(of: change.group, at: sell)
    let pair = Int(buy) * 8 + Int(sell)
    let key = OpportunityTable.key(group: change.group, pair: pair)
    let worst = max(books.state(of: buyInstrument), books.state(of: sellInstrument))
    guard worst == .ok else {
      if worst > .halted { deferGroup(change.group, group) }
      group.pointee.crossedPairs &= ~(1 << UInt64(pair))
      if group.pointee.openPairs & (1 << UInt64(pair)) != 0 { end(key, .bookNotOk, change.captureNanoseconds, group) }
      return
    }
    let (buyFees, sellFees) = (fees.base + Int(buy), fees.base + Int(sell))
    var walk = EdgeWalk(
      buy: buyInstrument, sell: sellInstrument, books: books, buyFees: buyFees.pointee, sellFees: sellFees.pointee)
    guard walk.edge >= settings.minimumEdge else {
      group.pointee.crossedPairs &= ~(1 << UInt64(pair))
      if group.pointee.openPairs & (1 << UInt64(pair)) != 0 { end(key, .edgeGone, change.captureNanoseconds, group) }
      return
    }
    group.pointee.crossedPairs |= 1 << UInt64(pair)
    let isOpen = group.pointee.openPairs & (1 << UInt64(pair)) != 0
    if !isOpen { sink.prepare(change.group) }
    walk.takeLevels(
      buy: buyInstrument, sell: sellInstrument, books: books, buyFees: buyFees.pointee, sellFees: sellFees.pointee,
      settings: settings)
    if walk.quantity < UInt64(settings.minimumQuantity) {
      if isOpen { end(key, .edgeGone, change.captureNanoseconds, group) }
      return
    }
    guard
      let entry = isOpen
        ? open.find(key) : begin(key, pair: pair, buy: buy, sell: sell, walk: walk, change: change, group: group)
    else { return }
    if walk.edge > entry.pointee.record.maximumEdge { entry.pointee.record.setPeak(walk, change.captureNanoseconds) }
    trade(entry, walk: walk, change: change, isFirst: !isOpen, sink: &sink)
  }

  /// Nil, counted, where there is no room.
  private mutating func begin(
    _ key: UInt64, pair: Int, buy: VenueIndex, sell: VenueIndex, walk: EdgeWalk, change: BookChange,
    group: UnsafeMutablePointer<SymbolGroup>
  ) -> UnsafeMutablePointer<OpportunityTable.Entry>? {
    OrderCode.begin.mark()
    guard let entry = open.insert(key) else {
      counters.add(.opportunitiesFull)
      return nil
    }
    let shard = Int(group.pointee.shard)
    begun[shard] &+= 1
    group.pointee.openPairs |= 1 << UInt64(pair)
    entry.pointee.record.number = begun[shard]
    entry.pointee.record.symbol = group.pointee.symbol
    entry.pointee.record.shard = group.pointee.shard
    entry.pointee.record.buyVenue = buy
    entry.pointee.record.sellVenue = sell
    entry.pointee.record.beginNanoseconds = change.captureNanoseconds
    entry.pointee.record.setPeak(walk, change.captureNanoseconds)
    return entry
  }

  private func trade(
    _ entry: UnsafeMutablePointer<OpportunityTable.Entry>, walk: EdgeWalk, change: BookChange, isFirst: Bool,
    sink: inout some IntentSink
  ) {
    if !isFirst {
      guard let rearm = settings.rearmNanoseconds,
        change.captureNanoseconds &- entry.pointee.lastPairNanoseconds >= rearm
      else { return }
    }
    entry.pointee.lastPairNanoseconds = change.captureNanoseconds
    let (buy, sell, number) = (
      entry.pointee.record.buyVenue, entry.pointee.record.sellVenue, entry.pointee.record.number
    )
    let pair = OrderPairIntent(
      buy: OrderIntent(
        group: change.group, venue: buy, side: .buy, quantity: walk.orderQuantity, limitPrice: walk.buyLimit,
        opportunity: number),
      sell: OrderIntent(
        group: change.group, venue: sell, side: .sell, quantity: walk.orderQuantity, limitPrice: walk.sellLimit,
        opportunity: number))
    if sink.submit(pair, at: change.captureNanoseconds) { entry.pointee.record.orderPairs &+= 1 }
  }

  private mutating func end(
    _ key: UInt64, _ reason: OpportunityRecord.End, _ captureNanoseconds: UInt64,
    _ group: UnsafeMutablePointer<SymbolGroup>
  ) {
    group.pointee.openPairs &= ~(1 << UInt64(OpportunityTable.pair(ofKey: key)))
    guard let entry = open.find(key) else { return }
    var record = entry.pointee.record
    record.end = reason
    record.endNanoseconds = captureNanoseconds
    open.remove(key)
    if log.count == log.storage.capacity { counters.add(.recordsFull) }
    log.append(record)
    digests[Int(record.shard)] = record.fold(into: digests[Int(record.shard)])
  }

  // MARK: - Trust

  mutating func trustChanged(
    of venue: VenueIndex, captureNanoseconds: UInt64, books: inout Books, sink: inout some IntentSink
  ) {
    endWhere(captureNanoseconds: captureNanoseconds, reason: .bookNotOk, books: books) { group, pair in
      guard pair / 8 == Int(venue) || pair % 8 == Int(venue) else { return false }
      let buy = books.instrument(of: group, at: VenueIndex(pair / 8))
      let sell = books.instrument(of: group, at: VenueIndex(pair % 8))
      return max(books.state(of: buy), books.state(of: sell)) != .ok
    }
    // What could not be judged is judged again; what still can't be is deferred anew.
    let waiting = deferredCount
    deferredCount = 0
    for position in 0..<waiting {
      let index = deferred[position]
      let group = books.symbols.pointee.groups.base + Int(index)
      group.pointee.isDeferred = false
      var listed = group.pointee.venueMask
      while listed != 0 {
        let listedVenue = VenueIndex(listed.trailingZeroBitCount)
        listed &= listed &- 1
        let change = BookChange(
          instrument: books.instrument(of: index, at: listedVenue), group: index,
          captureNanoseconds: captureNanoseconds)
        evaluate(change, group: group, books: &books, sink: &sink)
      }
    }
  }

  mutating func finish(captureNanoseconds: UInt64, books: inout Books) {
    endWhere(captureNanoseconds: captureNanoseconds, reason: .endOfInput, books: books) { _, _ in true }
  }

  private mutating func endWhere(
    captureNanoseconds: UInt64, reason: OpportunityRecord.End, books: borrowing Books,
    _ applies: (GroupIndex, Int) -> Bool
  ) {
    if open.count == 0 { return }
    var count = 0
    open.forEachKey { key in
      if applies(OpportunityTable.group(ofKey: key), OpportunityTable.pair(ofKey: key)) {
        endings[count] = key
        count += 1
      }
    }
    // The order of beginning, which does not depend on how the table lies.
    for index in 1..<max(1, count) {
      let key = endings[index]
      var position = index
      while position > 0, startsBefore(key, endings[position - 1]) {
        endings[position] = endings[position - 1]
        position -= 1
      }
      endings[position] = key
    }
    for index in 0..<count {
      let key = endings[index]
      let index = OpportunityTable.group(ofKey: key)
      let group = books.symbols.pointee.groups.base + Int(index)
      if reason == .bookNotOk {
        deferGroup(index, group)
        group.pointee.crossedPairs &= ~(1 << UInt64(OpportunityTable.pair(ofKey: key)))
      }
      end(key, reason, captureNanoseconds, group)
    }
  }

  private func startsBefore(_ a: UInt64, _ b: UInt64) -> Bool {
    guard let a = open.find(a)?.pointee.record, let b = open.find(b)?.pointee.record else { return false }
    return (a.shard, a.number) < (b.shard, b.number)
  }

  private mutating func deferGroup(_ index: GroupIndex, _ group: UnsafeMutablePointer<SymbolGroup>) {
    if group.pointee.isDeferred { return }
    group.pointee.isDeferred = true
    deferred[deferredCount] = index
    deferredCount += 1
  }

  /// While a pair is crossed, every change of the two books' depth matters.
  private func watchDepth(_ group: UnsafeMutablePointer<SymbolGroup>, _ watch: Bool, books: borrowing Books) {
    if watch == group.pointee.watchesDepth { return }
    group.pointee.watchesDepth = watch
    for venue in 0..<VenueIndex(books.venueCount) {
      guard let index = group.pointee.listing(at: venue),
        let header = books.header(of: InstrumentID(venue: venue, index: index))
      else { continue }
      if watch { header.pointee.flags.insert(.watchDepth) } else { header.pointee.flags.remove(.watchDepth) }
    }
  }
}

extension OpportunityRecord {
  fileprivate mutating func setPeak(_ walk: EdgeWalk, _ captureNanoseconds: UInt64) {
    peakNanoseconds = captureNanoseconds
    maximumEdge = walk.edge
    quantity = walk.quantity
    notional = walk.notional
    gain = walk.gain
    buyPrice = walk.buyPrice
    sellPrice = walk.sellPrice
  }

  fileprivate func fold(into digest: UInt64) -> UInt64 {
    var digest = Mix.fold(digest, symbol.word, number << 16 ^ UInt64(buyVenue) << 8 ^ UInt64(sellVenue))
    // When the input ends is no event of the market: line B's copy of the last packet must not change the digest.
    let ended = end == .endOfInput ? 0 : endNanoseconds
    digest = Mix.fold(digest, beginNanoseconds, ended ^ UInt64(end.rawValue) << 56)
    digest = Mix.fold(digest, peakNanoseconds, UInt64(bitPattern: maximumEdge))
    digest = Mix.fold(digest, quantity, UInt64(bitPattern: notional))
    return Mix.fold(digest, UInt64(bitPattern: gain), UInt64(orderPairs))
  }
}
