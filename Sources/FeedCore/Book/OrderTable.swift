import CPlatform

/// Every live order of one venue: reference number and instrument → side, price, quantity, place in time.
///
/// The instrument belongs to the key although a venue's reference numbers are unique: with a number used twice, what
/// happens to an instrument would otherwise depend on which other instruments this core owns.
///
/// Two tables behind one face. Order references of most feeds are nearly dense, but for high bits that stay
/// (`ReferencePrefixes`), so the *compact* table keeps 64 neighbours in time together, in sixteen cache lines
/// (`Places`). An order whose reference has no number of 46 bits, or whose neighbourhood is full (`probeLimit`), goes
/// to the *wide* table, a mixed hash of full 64-bit references; so no set of references can make a look-up long.
///
/// Compact slot, 16 bytes, plus the arrival number (4 bytes) in an array of its own that only adds write:
///
///     low   quantity (63-32)           price, signed (31-0)
///     high  number + 1 (63-18)         passed (17)   side (16)   instrument (15-0)
///
/// An empty slot is all zero: no number gives a `high` of 0, and an order always rests with at least one share.
/// `passed` belongs to the place, not to the order: an insertion found it taken and went on. Where it is not set, no
/// order stands further on because of this place, and it may simply be emptied.
struct OrderTable {
  struct Slot: BitwiseCopyable {
    var low: UInt64
    var high: UInt64

    @inline(__always) var quantity: UInt32 { UInt32(truncatingIfNeeded: low >> 32) }
    @inline(__always) var price: Int32 { Int32(truncatingIfNeeded: low) }
    /// What the table keeps of its reference.
    @inline(__always) fileprivate var number: UInt64 { high >> 18 &- 1 }
    @inline(__always) var isEmpty: Bool { high == 0 }
    @inline(__always) var isSell: Bool { high & (1 << 16) != 0 }
    @inline(__always) var instrument: Int { Int(high & 0xFFFF) }
    @inline(__always)
    static func low(price: Int32, quantity: UInt32) -> UInt64 {
      UInt64(quantity) << 32 | UInt64(UInt32(bitPattern: price))
    }
    @inline(__always)
    static func high(_ number: UInt64, isSell: Bool, instrument: Int) -> UInt64 {
      (number &+ 1) << 18 | (isSell ? 1 << 16 : 0) | UInt64(truncatingIfNeeded: instrument)
    }
  }

  struct WideSlot: BitwiseCopyable {
    var reference: UInt64
    var price: Int32
    var quantity: UInt32
    var instrument: UInt16
    var isSell: Bool
    var arrival: UInt32
  }

  /// The arrival number of a slot that moved, on its way. Nobody waits for it: it is read only where queues are listed,
  /// and its lines, unlike the slots', nobody asked for ahead.
  private struct ArrivalMove {
    private(set) var from = -1
    private(set) var to = -1

    /// The order that moved is gone.
    @inline(__always)
    mutating func forget() { (from, to) = (-1, -1) }

    /// Before the slot it came from is filled anew.
    @inline(__always)
    mutating func finish(_ arrivals: UnsafeMutablePointer<UInt32>) {
      // SAFETY: both are slots of the table, or neither is.
      if to >= 0 { arrivals[to] = arrivals[from] }
      (from, to) = (-1, -1)
    }

    @inline(__always)
    mutating func begin(_ arrivals: UnsafeMutablePointer<UInt32>, from: Int, to: Int) {
      finish(arrivals)
      feedh_prefetch(arrivals + from)
      feedh_prefetch(arrivals + to)
      (self.from, self.to) = (from, to)
    }
  }

  /// In place of an instrument: an order of another core's (`BookEvent.Kind.addForeign`), whose price is its channel.
  static var foreignInstrument: Int { 0xFFFF }

  /// Where an order is: a compact slot (≥ 0), a wide slot (from `wideBit`), or `none`. Valid until the next insert
  /// or removal.
  typealias Handle = Int
  static var none: Handle { -1 }
  private static var wideBit: Int { 1 << 40 }
  private static var probeLimit: Int { 128 }
  private static var passedBit: UInt64 { 1 << 17 }
  /// Bits of `Slot.high` that do not tell orders apart.
  private static var noKey: UInt64 { passedBit | 1 << 16 }

  /// Where the compact table puts a reference that nothing is in the way of.
  ///
  /// Runs of 64 references lie together, and such runs far apart: a longer run would lie over the orders that are left
  /// of an older one, and each of these would push all that come after it on. As many runs as the table has room for
  /// come to different places; the next as many to the same ones in another order. Docs/decisions/0016-runs-apart.md.
  struct Places: BitwiseCopyable {
    static var runBits: Int { 6 }
    private static var runMask: Int { 1 << runBits - 1 }
    fileprivate let mask: Int
    /// References the table has room for: their number's bits.
    private let bits: UInt64

    fileprivate init(slotCount: Int) {
      mask = slotCount - 1
      bits = UInt64(slotCount.trailingZeroBitCount)
    }

    @inline(__always)
    func home(_ reference: UInt64) -> Int {
      begin(ofRun: reference &>> UInt64(Self.runBits), window: reference &>> bits)
        | Int(truncatingIfNeeded: reference) & Self.runMask
    }

    /// Where the places of a run begin that is `steps` runs older than that of `reference`; less than as many steps as
    /// the table has runs give different ones.
    fileprivate func runBegin(_ reference: UInt64, before steps: Int) -> Int {
      begin(ofRun: reference &>> UInt64(Self.runBits) &- UInt64(steps), window: reference &>> bits)
    }

    @inline(__always)
    private func begin(ofRun run: UInt64, window: UInt64) -> Int {
      Int(truncatingIfNeeded: run &* 0x1E37_79B1 &+ window &* 0x05EB_CA77) &<< Self.runBits & mask
    }
  }

  private let slots: UnsafeMutablePointer<Slot>
  private let arrivals: UnsafeMutablePointer<UInt32>
  private let places: Places
  private var mask: Int { places.mask }
  private let slotStorage: Storage<Slot>
  private let arrivalStorage: Storage<UInt32>
  private let wide: Storage<WideSlot>
  private let wideMask: Int
  /// Orders it may hold, and how many more.
  let capacity: Int
  private var room: Int
  /// Of its orders, those in the wide table.
  private(set) var wideCount = 0
  private let prefixes: ReferencePrefixes
  private let orders: VenueKind.Orders
  /// The number inserted last in the compact table: the place to look for recent orders.
  private var newestNumber: UInt64 = 0
  /// A slot that moved ahead of its arrival number, which still stands at `from`: its cache lines are on their way.
  private var arrivalMove = ArrivalMove()

  /// - Parameter capacity: live orders, 1 ... 64 M. The table has the next power of two of 1.5 times that many slots.
  init(capacity: Int, orders: VenueKind.Orders = .counted) {
    self.capacity = capacity
    self.orders = orders
    prefixes = ReferencePrefixes(areCounted: orders == .counted)
    room = capacity
    let slotCount = Self.slotCount(capacity: capacity)
    places = Places(slotCount: slotCount)
    slotStorage = Storage(capacity: slotCount + 2)
    arrivalStorage = Storage(capacity: slotCount)
    slots = slotStorage.base
    // The homes of references that are not plain (`Homes.behind`).
    slots[slotCount] = Slot(low: 0, high: Self.passedBit)
    slots[slotCount + 1] = Slot(low: 0, high: Slot.high(0, isSell: false, instrument: 0) | Self.passedBit)
    arrivals = arrivalStorage.base
    wideMask = slotCount - 1
    wide = Storage(capacity: slotCount)
  }

  var count: Int { capacity - room }

  static func slotCount(capacity: Int) -> Int {
    var slots = 1_024
    while slots * 2 < capacity * 3 { slots *= 2 }
    return slots
  }

  /// Touches the table that the venue's orders go to. What goes to the other one touches it as it fills.
  func prefault() {
    switch orders {
    case .none: break
    case .counted:
      slotStorage.prefault()
      arrivalStorage.prefault()
    case .mixed: wide.prefault()
    }
  }

  /// Bytes that `prefault` touches.
  static func touchedBytes(capacity: Int, _ orders: VenueKind.Orders) -> Int {
    switch orders {
    case .none: 0
    case .counted: slotCount(capacity: capacity) * (MemoryLayout<Slot>.stride + 4)
    case .mixed: slotCount(capacity: capacity) * MemoryLayout<WideSlot>.stride
    }
  }

  /// Where orders stand if nothing is in their way; held in registers over a run of messages.
  struct Homes {
    fileprivate let slots: UnsafeMutablePointer<Slot>
    fileprivate let wide: UnsafeMutablePointer<WideSlot>
    fileprivate let places: Places
    fileprivate let wideMask: Int
    fileprivate let prefixes: ReferencePrefixes

    /// The index of an order's home slot.
    @inline(__always)
    func home(_ reference: UInt64) -> UInt32 {
      UInt32(truncatingIfNeeded: ReferencePrefixes.isPlain(reference) ? places.home(reference) : behind(reference))
    }

    /// In place of the home of a reference that is not plain: a slot behind the compact table's last, which no order
    /// takes and all pass. Who looks there looks further; and because a compact slot has room for the low bits of a
    /// reference only, there are two such slots, and this is the one that does not have these.
    @inline(__always)
    private func behind(_ reference: UInt64) -> Int {
      places.mask &+ (Slot.high(reference, isSell: false, instrument: 0) == 0 ? 2 : 1)
    }

    /// Asks for the line where an order stands if nothing is in its way, and returns its home.
    @inline(__always)
    func prefetch(_ reference: UInt64) -> UInt32 {
      if !ReferencePrefixes.isPlain(reference) { return Self.prefetchOther(reference, self) }
      let index = places.home(reference)
      feedh_prefetch(slots + index)
      return UInt32(truncatingIfNeeded: index)
    }

    /// Instrument and side of an order, as its home in the compact table has them: nil where another order stands there,
    /// or none.
    @inline(__always)
    func book(ofOrder reference: UInt64) -> (instrument: Int, isSell: Bool)? {
      let number = prefixes.narrow(reference)
      if number == ReferencePrefixes.none { return nil }
      let slot = slots[places.home(number)]
      return slot.number == number && slot.instrument != OrderTable.foreignInstrument
        ? (slot.instrument, slot.isSell) : nil
    }

    @inline(never)
    private static func prefetchOther(_ reference: UInt64, _ homes: Homes) -> UInt32 {
      let number = homes.prefixes.narrow(reference)
      if number == ReferencePrefixes.none {
        feedh_prefetch(homes.wide + Int(truncatingIfNeeded: Mix.spread(reference)) & homes.wideMask)
      } else {
        feedh_prefetch(homes.slots + homes.places.home(number))
      }
      return UInt32(truncatingIfNeeded: homes.behind(reference))
    }
  }

  @inline(__always)
  var homes: Homes {
    Homes(slots: slots, wide: wide.base, places: places, wideMask: wideMask, prefixes: prefixes)
  }

  /// Asks for the lines of an order's home slot and of its arrival number.
  @inline(__always)
  func prefetch(withArrivalOf reference: UInt64) {
    feedh_prefetch(arrivals + Int(homes.prefetch(reference)))
  }

  func find(_ reference: UInt64, instrument: Int) -> Handle {
    find(reference, instrument: instrument, home: homes.home(reference))
  }

  /// - Parameter home: what `Homes` say of the reference.
  @inline(__always)
  func find(_ reference: UInt64, instrument: Int, home: UInt32) -> Handle {
    if stands(reference, instrument: instrument, at: home) { return Int(home) }
    return Self.findElsewhere(reference, instrument: instrument, homes, wideCount: wideCount)
  }

  /// Whether an order stands where nothing was in its way.
  @inline(__always)
  func stands(_ reference: UInt64, instrument: Int, at home: UInt32) -> Bool {
    let wanted = Slot.high(reference, isSell: false, instrument: instrument & 0xFFFF)
    return (slots[Int(home)].high ^ wanted) & ~Self.noKey == 0
  }

  /// The order with a reference, whatever its instrument. Of a venue whose references are unique.
  func find(anyInstrument reference: UInt64) -> Handle {
    let number = prefixes.narrow(reference)
    if number != ReferencePrefixes.none {
      let found = Self.findCompact(number, instrument: 0, but: Self.noKey | 0xFFFF, slots: slots, places: places)
      if found != Self.none { return found }
    }
    if wideCount == 0 { return Self.none }
    var index = Int(truncatingIfNeeded: Mix.spread(reference)) & wideMask
    while wide.base[index].quantity != 0 {
      if wide.base[index].reference == reference { return index | Self.wideBit }
      index = (index &+ 1) & wideMask
    }
    return Self.none
  }

  /// Sets price and quantity of a live order, at least 1 share, and its place in time unless it keeps that.
  mutating func set(_ handle: Handle, price: Int32, quantity: UInt32, arrival: UInt32?) {
    if handle < Self.wideBit {
      slots[handle].low = Slot.low(price: price, quantity: quantity)
      guard let arrival else { return }
      arrivalMove.finish(arrivals)
      arrivals[handle] = arrival
    } else {
      let order = wide.base + (handle & ~Self.wideBit)
      order.pointee.price = price
      order.pointee.quantity = quantity
      if let arrival { order.pointee.arrival = arrival }
    }
  }

  // The rare paths are static and take what they need: a method would have the whole table copied for its `self`.

  @inline(never)
  private static func findElsewhere(
    _ reference: UInt64, instrument: Int, _ homes: Homes, wideCount: Int
  ) -> Handle {
    let number = homes.prefixes.narrow(reference)
    if number != ReferencePrefixes.none {
      let found = findCompact(
        number, instrument: instrument & 0xFFFF, but: noKey, slots: homes.slots, places: homes.places)
      if found != none { return found }
    }
    return wideCount == 0 ? none : findWide(reference, instrument: instrument, in: homes.wide, mask: homes.wideMask)
  }

  /// - Parameter but: bits that may differ.
  @inline(__always)
  private static func findCompact(
    _ number: UInt64, instrument: Int, but free: UInt64, slots: UnsafeMutablePointer<Slot>, places: Places
  ) -> Handle {
    let wanted = Slot.high(number, isSell: false, instrument: instrument)
    var index = places.home(number)
    for _ in 0..<probeLimit {
      let high = slots[index].high
      if (high ^ wanted) & ~free == 0 { return index }
      if high & passedBit == 0 { return none }
      index = (index &+ 1) & places.mask
    }
    return none
  }

  @inline(never)
  private static func findWide(
    _ reference: UInt64, instrument: Int, in wide: UnsafeMutablePointer<WideSlot>, mask: Int
  ) -> Handle {
    var index = Int(truncatingIfNeeded: Mix.spread(reference)) & mask
    while wide[index].quantity != 0 {
      if wide[index].reference == reference, Int(wide[index].instrument) == instrument & 0xFFFF {
        return index | wideBit
      }
      index = (index &+ 1) & mask
    }
    return none
  }

  /// The order at `handle` as a compact slot, but for its reference.
  @inline(__always)
  func slot(_ handle: Handle) -> Slot {
    handle < Self.wideBit ? slots[handle] : Self.slot(wide.base + (handle & ~Self.wideBit))
  }

  @inline(never)
  private static func slot(_ order: UnsafeMutablePointer<WideSlot>) -> Slot {
    Slot(
      low: Slot.low(price: order.pointee.price, quantity: order.pointee.quantity),
      high: Slot.high(
        order.pointee.reference, isSell: order.pointee.isSell, instrument: Int(order.pointee.instrument)))
  }

  func arrival(_ handle: Handle) -> UInt32 {
    if handle >= Self.wideBit { return wide[handle & ~Self.wideBit].arrival }
    return arrivals[handle == arrivalMove.to ? arrivalMove.from : handle]
  }

  /// Sets the quantity of a live order, at least 1.
  @inline(__always)
  func setQuantity(_ handle: Handle, _ quantity: UInt32) {
    if handle < Self.wideBit {
      slots[handle].low = slots[handle].low & 0xFFFF_FFFF | UInt64(quantity) << 32
    } else {
      wide.base[handle & ~Self.wideBit].quantity = quantity
    }
  }

  enum Insertion { case inserted, duplicate, full }

  /// Adds an order. Nothing changes when the instrument has its reference already, or when the table is at its
  /// capacity.
  ///
  /// - Parameters: `home` what `Homes` say of the reference, `instrument` 0 ... 65,535, `quantity` at least 1.
  @inline(__always)
  mutating func insert(
    _ reference: UInt64, home: UInt32, instrument: Int, isSell: Bool, price: Int32, quantity: UInt32, arrival: UInt32
  ) -> Insertion {
    let slot = Slot(
      low: Slot.low(price: price, quantity: quantity),
      high: Slot.high(reference, isSell: isSell, instrument: instrument))
    guard likely(slots[Int(home)].high == 0), likely(wideCount == 0), likely(room > 0) else {
      return insertElsewhere(reference, slot, arrival: arrival)
    }
    put(slot, reference, at: Int(home), arrival: arrival)
    return .inserted
  }

  /// Fills an empty compact slot.
  @inline(__always)
  private mutating func put(_ slot: Slot, _ number: UInt64, at index: Int, arrival: UInt32) {
    room &-= 1
    slots[index] = slot
    if unlikely(index == arrivalMove.from) { arrivalMove.finish(arrivals) }
    arrivals[index] = arrival
    newestNumber = number
  }

  /// The same where the home slot is taken, the reference is not plain, or there are wide orders.
  ///
  /// - Parameter slot: of what the reference would be were it plain.
  @inline(never)
  private mutating func insertElsewhere(
    _ reference: UInt64, _ slot: Slot, arrival: UInt32
  ) -> Insertion {
    if wideCount > 0,
      Self.findWide(reference, instrument: slot.instrument, in: wide.base, mask: wideMask) != Self.none
    {
      return .duplicate
    }
    let number = prefixes.admit(reference)
    if number != ReferencePrefixes.none {
      let high = Slot.high(number, isSell: slot.isSell, instrument: slot.instrument)
      let index = Self.placeFurther(high, from: places.home(number), slots: slots, mask: mask)
      if index == Self.taken { return .duplicate }
      if index >= 0 {
        if room == 0 { return .full }
        put(Slot(low: slot.low, high: high), number, at: index, arrival: arrival)
        return .inserted
      }
    }
    if room == 0 { return .full }
    room &-= 1
    insertWide(
      WideSlot(
        reference: reference, price: slot.price, quantity: slot.quantity,
        instrument: UInt16(truncatingIfNeeded: slot.instrument), isSell: slot.isSell, arrival: arrival))
    return .inserted
  }

  mutating func insert(
    _ reference: UInt64, instrument: Int, isSell: Bool, price: Int32, quantity: UInt32, arrival: UInt32
  ) -> Insertion {
    insert(
      reference, home: homes.home(reference), instrument: instrument, isSell: isSell, price: price,
      quantity: quantity, arrival: arrival)
  }

  /// What `placeFurther` says of an order that is in the table already.
  private static var taken: Handle { -2 }

  /// The first free slot from the home on, `none` where the neighbourhood is full, or `taken`. Marks what it passes.
  @inline(__always)
  private static func placeFurther(
    _ high: UInt64, from home: Int, slots: UnsafeMutablePointer<Slot>, mask: Int
  ) -> Handle {
    var index = home
    for _ in 0..<probeLimit {
      let there = slots[index].high
      if there == 0 { return index }
      if (there ^ high) & ~noKey == 0 { return taken }
      slots[index].high = there | passedBit
      index = (index &+ 1) & mask
    }
    return none
  }

  @inline(never)
  private mutating func insertWide(_ order: WideSlot) {
    var index = Int(truncatingIfNeeded: Mix.spread(order.reference)) & wideMask
    while wide.base[index].quantity != 0 { index = (index &+ 1) & wideMask }
    wide.base[index] = order
    wideCount += 1
  }

  /// Takes an order out, closing the hole by moving later ones back (no tombstones, so look-ups stay short).
  @inline(__always)
  mutating func remove(_ handle: Handle) {
    room &+= 1
    if unlikely(handle >= Self.wideBit) { return removeWide(handle & ~Self.wideBit) }
    if unlikely(handle == arrivalMove.to) { arrivalMove.forget() }
    if likely(slots[handle].high & Self.passedBit == 0) {
      slots[handle] = Slot(low: 0, high: 0)
      return
    }
    Self.closeHole(handle, slots: slots, arrivals: arrivals, places: places, &arrivalMove)
  }

  @inline(never)
  private static func closeHole(
    _ start: Int, slots: UnsafeMutablePointer<Slot>, arrivals: UnsafeMutablePointer<UInt32>, places: Places,
    _ arrivalMove: inout ArrivalMove
  ) {
    let mask = places.mask
    var hole = start
    var index = hole
    // An order that went on because of the hole passed every place up to its own: behind the first that none passed
    // there is no such order. Nor is there one `probeLimit` or more behind its home.
    repeat {
      index = (index &+ 1) & mask
      let there = slots[index]
      if there.isEmpty { break }
      let home = places.home(there.number)
      if (index &- home) & mask >= (index &- hole) & mask {
        let passed = slots[hole].high & passedBit
        slots[hole] = Slot(low: there.low, high: there.high & ~passedBit | passed)
        arrivalMove.begin(arrivals, from: index, to: hole)
        hole = index
      }
    } while slots[index].high & passedBit != 0 && (index &- hole) & mask < probeLimit
    slots[hole] = Slot(low: 0, high: 0)
  }

  @inline(never)
  private mutating func removeWide(_ start: Int) {
    wideCount -= 1
    var hole = start
    var index = (hole &+ 1) & wideMask
    while wide.base[index].quantity != 0 {
      let home = Int(truncatingIfNeeded: Mix.spread(wide.base[index].reference)) & wideMask
      if (index &- home) & wideMask >= (index &- hole) & wideMask {
        wide.base[hole] = wide.base[index]
        hole = index
      }
      index = (index &+ 1) & wideMask
    }
    wide.base[hole].quantity = 0
  }

  /// Removes every order for which `drop` is true. Cold.
  mutating func removeAll(where drop: (_ instrument: Int, _ price: Int32) -> Bool) {
    for index in 0...mask {
      // A removal may move another order into this slot: look again until it stays.
      while !slots[index].isEmpty, drop(slots[index].instrument, slots[index].price) { remove(index) }
    }
    for index in 0...wideMask where wideCount > 0 {
      while wide.base[index].quantity != 0, drop(Int(wide.base[index].instrument), wide.base[index].price) {
        remove(index | Self.wideBit)
      }
    }
  }

  /// Visits the orders of one side of an instrument, the most recent references first or nearly so, until `visit`
  /// returns false. It walks the table, looking at one word of each slot.
  @inline(__always)
  func forEach(of instrument: Int, isSell: Bool, _ visit: (_ order: RestingOrder) -> Bool) {
    if wideCount > 0 {
      for index in 0...wideMask where wide.base[index].quantity != 0 {
        let order = wide.base[index]
        guard Int(order.instrument) == instrument, order.isSell == isSell else { continue }
        let resting = RestingOrder(
          orderReferenceNumber: order.reference, price: order.price, quantity: order.quantity, arrival: order.arrival)
        if !visit(resting) { return }
      }
    }
    // Side and instrument are the low 17 bits.
    let wanted = Slot.high(0, isSell: isSell, instrument: instrument) & 0x1_FFFF
    for steps in 0...mask >> Places.runBits {
      let begin = places.runBegin(newestNumber, before: steps)
      for index in begin..<(begin + (1 << Places.runBits)) {
        // Of a slot that is empty, all bits are zero: so are those of instrument 0's bids.
        if slots[index].high & 0x1_FFFF != wanted || slots[index].isEmpty { continue }
        let slot = slots[index]
        let resting = RestingOrder(
          orderReferenceNumber: prefixes.widen(slot.number), price: slot.price, quantity: slot.quantity,
          arrival: arrival(index))
        if !visit(resting) { return }
      }
    }
  }

  /// Visits all orders, in no order that counts, until `visit` returns false. Cold: it walks the table.
  func forEach(_ visit: (_ instrument: Int, _ isSell: Bool, _ order: RestingOrder) -> Bool) {
    if wideCount > 0 {
      for index in 0...wideMask where wide.base[index].quantity != 0 {
        let order = wide.base[index]
        let resting = RestingOrder(
          orderReferenceNumber: order.reference, price: order.price, quantity: order.quantity, arrival: order.arrival)
        if !visit(Int(order.instrument), order.isSell, resting) { return }
      }
    }
    for index in 0...mask {
      let slot = slots[index]
      if slot.isEmpty { continue }
      let resting = RestingOrder(
        orderReferenceNumber: prefixes.widen(slot.number), price: slot.price, quantity: slot.quantity,
        arrival: arrival(index))
      if !visit(slot.instrument, slot.isSell, resting) { return }
    }
  }
}
