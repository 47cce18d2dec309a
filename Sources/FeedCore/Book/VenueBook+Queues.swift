import CPlatform

/// The queues of a book's levels, put together when somebody asks: from the side's list (`QueueIndex`) where that names
/// all of their orders, else by walking the order table. Cold.
extension VenueBook {
  /// Puts the orders of one side whose key is at least `limitKey` into `queueScratch`, best price first, then by
  /// arrival, and returns how many they are. Remembers them for the next time.
  ///
  /// - Parameter shares: those of the side's levels within the limit, more than 0.
  @inline(never)
  mutating func collectQueue(instrument: Int, isSell: Bool, limitKey: Int32, shares: UInt64) -> Int {
    // Levels that came without orders.
    if orders.count == 0 { return 0 }
    let list = openList(instrument: instrument, isSell: isSell)
    var (count, found, others) = gather(list, instrument: instrument, isSell: isSell, limitKey: limitKey)
    if found != shares {
      count = walk(instrument: instrument, isSell: isSell, limitKey: limitKey, shares: shares)
    }
    remember(list, count: count, others: others)
    return count
  }

  /// Notes an order that came into a watched book, where its side has a list.
  @inline(never)
  mutating func noteArrival(_ reference: UInt64, instrument: Int, isSell: Bool) {
    guard let list = queues.list(ofSide: QueueIndex.side(instrument, isSell: isSell)) else { return }
    if list.isFull {
      // Those that are still there, and of them the best.
      let (count, _, _) = gather(list, instrument: instrument, isSell: isSell, limitKey: .min)
      remember(list, count: count, others: 0)
    }
    list.append(reference)
  }

  /// Opens the lists of both sides of a book that somebody is likely to fill orders against, while there is room. One
  /// without orders yet is never walked for then.
  @inline(never)
  mutating func openQueues(_ instrument: Int) {
    for isSell in [false, true] where queues.hasRoom { _ = openList(instrument: instrument, isSell: isSell) }
  }

  private mutating func openList(instrument: Int, isSell: Bool) -> QueueIndex.List {
    headers[instrument].flags.insert(.watchQueue)
    let side = QueueIndex.side(instrument, isSell: isSell)
    if let list = queues.list(ofSide: side) { return list }
    let (list, givenUp) = queues.open(side: side)
    if givenUp >= 0, queues.list(ofSide: givenUp ^ 1) == nil {
      headers[givenUp / 2].flags.remove(.watchQueue)
    }
    return list
  }

  /// Looks a list's orders up: those within the limit go into `queueScratch`, in order and each once; the `others` that
  /// rest on the side stay at the beginning of the list, where the caller shortens it.
  private func gather(
    _ list: QueueIndex.List, instrument: Int, isSell: Bool, limitKey: Int32
  ) -> (count: Int, shares: UInt64, others: Int) {
    for position in 0..<list.count { orders.prefetch(withArrivalOf: list.references[position]) }
    var count = 0
    var others = 0
    for position in 0..<list.count {
      let reference = list.references[position]
      let handle = orders.find(reference, instrument: instrument)
      if handle == OrderTable.none { continue }
      let slot = orders.slot(handle)
      if slot.isSell != isSell { continue }
      if Level.key(price: slot.price, isSell: isSell) < limitKey {
        list.references[others] = reference
        others += 1
        continue
      }
      queueScratch[count] = RestingOrder(
        orderReferenceNumber: reference, price: slot.price, quantity: slot.quantity, arrival: orders.arrival(handle))
      count += 1
    }
    Self.sortByPriority(queueScratch.base, count: count, isSell: isSell, newest: arrivals)
    // A number that came again while its first entry was there stands side by side with itself now.
    var unique = 0
    var shares: UInt64 = 0
    for position in 0..<count {
      let order = queueScratch[position]
      if unique > 0, queueScratch[unique - 1].orderReferenceNumber == order.orderReferenceNumber { continue }
      queueScratch[unique] = order
      unique += 1
      shares += UInt64(order.quantity)
    }
    return (unique, shares, others)
  }

  /// Searches the order table from the most recent reference back, until the levels' shares are all found.
  private func walk(instrument: Int, isSell: Bool, limitKey: Int32, shares: UInt64) -> Int {
    var wanted = shares
    var count = 0
    orders.forEach(of: instrument, isSell: isSell) { order in
      if Level.key(price: order.price, isSell: isSell) >= limitKey {
        queueScratch[count] = order
        count += 1
        wanted -= min(wanted, UInt64(order.quantity))
      }
      return wanted > 0
    }
    Self.sortByPriority(queueScratch.base, count: count, isSell: isSell, newest: arrivals)
    return count
  }

  /// The list names the best orders collected, behind as many of its `others` as there is room for.
  private func remember(_ list: QueueIndex.List, count: Int, others: Int) {
    let best = min(count, QueueIndex.keptMaximum)
    list.shorten(to: min(others, QueueIndex.keptMaximum - best))
    for position in 0..<best { list.append(queueScratch[position].orderReferenceNumber) }
  }

  /// Best price first, then by arrival; arrival numbers wrap, so age is counted back from the newest. In place.
  private static func sortByPriority(
    _ orders: UnsafeMutablePointer<RestingOrder>, count: Int, isSell: Bool, newest: UInt32
  ) {
    func precedes(_ a: RestingOrder, _ b: RestingOrder) -> Bool {
      let keyA = Level.key(price: a.price, isSell: isSell)
      let keyB = Level.key(price: b.price, isSell: isSell)
      return keyA != keyB ? keyA > keyB : newest &- a.arrival > newest &- b.arrival
    }
    // Shell sort: no allocation, short code; a level rarely holds more than some dozens of orders.
    var gap = 1
    while gap < count / 3 { gap = gap * 3 + 1 }
    while gap >= 1 {
      for start in gap..<max(gap, count) {
        let order = orders[start]
        var index = start
        while index >= gap, precedes(order, orders[index - gap]) {
          orders[index] = orders[index - gap]
          index -= gap
        }
        orders[index] = order
      }
      gap /= 3
    }
  }
}
