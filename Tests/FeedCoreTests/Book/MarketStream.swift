/// Random ITCH messages of all 23 types for one venue: mostly sound, with so much dirt as asked for.
///
/// It looks at the slow reference's orders to hit live ones, so it says nothing about the book under test.
struct MarketStream {
  enum References: CaseIterable {
    case dense, sparse, full, powers, sameHome, boundary, mixed
  }

  struct Options {
    var stocks = 8
    var references = References.dense
    /// Per mille of messages that are wrong in some way.
    var dirt = 0
    /// Prices lie so many steps of a cent around a middle, raw units.
    var span = 20
    var middle = 1_000_000
    var sharesMaximum: UInt32 = 1_000
    /// Orders that may rest at once; beyond, more is deleted than added.
    var resting = 2_000
  }

  let options: Options
  private var random: BookTestRandom
  private var time: UInt64 = 34_200_000_000_000
  private var match: UInt64 = 0
  private var nextReference: UInt64 = 1
  private var shift: UInt64 = 0
  private var issued: [(locate: UInt16, stock: String, reference: UInt64)] = []

  init(options: Options, seed: UInt64) {
    self.options = options
    random = BookTestRandom(seed: seed)
    shift = UInt64(10 + random.below(20))
  }

  static func stock(_ index: Int) -> String { "ST\(index)" }

  /// What a day begins with.
  func opening() -> [[UInt8]] {
    var messages = [ITCHBytes.system("O"), ITCHBytes.system("S")]
    for index in 0..<options.stocks {
      let stock = Self.stock(index)
      messages.append(ITCHBytes.directory(UInt16(index + 1), stock, roundLot: [100, 10, 1, 40][index % 4]))
      if index % 5 != 4 { messages.append(ITCHBytes.trading(UInt16(index + 1), stock)) }
      messages.append(ITCHBytes.regSHO(UInt16(index + 1), stock, index % 3 == 2 ? "1" : "0"))
    }
    return messages + [ITCHBytes.system("Q")]
  }

  /// The next message, given what rests now.
  mutating func next(_ venue: ReferenceVenue) -> [UInt8] {
    time += UInt64(random.below(50_000))
    let isDirty = random.chance(options.dirt)
    if isDirty, random.chance(300) { return dirtyBytes() }
    let message = sound(venue, isDirty)
    // Longer than known: read as far as known.
    return random.chance(10) ? message + (0..<random.below(9)).map { _ in UInt8(random.below(256)) } : message
  }

  // MARK: - Messages

  private mutating func sound(_ venue: ReferenceVenue, _ isDirty: Bool) -> [UInt8] {
    let isFull = venue.orders.count >= options.resting
    switch random.below(1_000) {
    case 0..<(isFull ? 50 : 420): return add(isDirty)
    case ..<520: return reduce(venue, "E", isDirty)
    case ..<570: return reduce(venue, "C", isDirty)
    case ..<650: return reduce(venue, "X", isDirty)
    case ..<780: return delete(venue, isDirty)
    case ..<900: return replace(venue, isDirty)
    case ..<925: return trade()
    case ..<940: return cross()
    case ..<955: return broken()
    case ..<985: return status()
    default: return inert()
    }
  }

  private mutating func stockAndLocate() -> (stock: String, locate: UInt16) {
    let index = random.below(options.stocks)
    return (Self.stock(index), UInt16(index + 1))
  }

  private mutating func price(_ isDirty: Bool) -> UInt32 {
    if isDirty, random.chance(200) {
      return random.pick([0, 0x8000_0000, .max, 0x7FFF_FFFF, 1, 2_000_000_000, 0x8000_0005])
    }
    return UInt32(options.middle + 100 * (random.below(options.span) - options.span / 2))
  }

  private mutating func shares(_ isDirty: Bool) -> UInt32 {
    isDirty && random.chance(150) ? 0 : UInt32(1 + random.below(Int(options.sharesMaximum)))
  }

  private mutating func newReference() -> UInt64 {
    nextReference += 1
    switch options.references {
    case .dense: break
    case .sparse: nextReference += UInt64(random.below(100_000))
    case .full: return random.next()
    case .powers: return nextReference << shift
    // Apart by a multiple of the greatest table a test has, in both halves of the number.
    case .sameHome: return nextReference << 44 | UInt64(random.below(3))
    case .boundary: return (random.chance(500) ? 1 << 47 : 0) &- 1_000 &+ nextReference
    case .mixed:
      switch random.below(5) {
      case 0: return random.next()
      case 1: return nextReference << shift
      case 2: return nextReference << 40
      case 3: return .max - nextReference
      default: break
      }
    }
    return nextReference
  }

  private mutating func remember(_ locate: UInt16, _ stock: String, _ reference: UInt64) {
    issued.append((locate, stock, reference))
    if issued.count > 4 * options.resting { issued.removeFirst(options.resting) }
  }

  /// An order that rests; with dirt perhaps one that has left, never was, or the wrong stock's.
  private mutating func resting(
    _ venue: ReferenceVenue, _ isDirty: Bool
  ) -> (locate: UInt16, stock: String, reference: UInt64)? {
    if issued.isEmpty { return nil }
    if isDirty, random.chance(300) {
      var order = random.pick(issued)
      if random.chance(300) { order.reference = random.next() }
      if random.chance(300) { order.locate = UInt16(random.below(options.stocks + 3)) }
      return order
    }
    for _ in 0..<60 {
      let order = random.pick(issued)
      let key = ReferenceVenue.Key(stock: order.stock, reference: order.reference)
      if venue.orders[key] != nil, venue.locates[order.locate] == order.stock { return order }
    }
    return nil
  }

  private mutating func add(_ isDirty: Bool) -> [UInt8] {
    var (stock, locate) = stockAndLocate()
    var reference = newReference()
    var side: Character = random.chance(500) ? "B" : "S"
    if isDirty {
      switch random.below(6) {
      case 0: side = random.pick(["b", "T", " ", "\u{00}"])
      case 1:
        // A duplicate, or the number of an order of another stock.
        if !issued.isEmpty { reference = random.pick(issued).reference }
      case 2:
        if !issued.isEmpty { (locate, stock, reference) = random.pick(issued) }
      case 3:
        // A stock that no directory named, under a locate of its own, or a second one of a known stock.
        locate = UInt16(100 + random.below(6))
        stock = random.chance(500) ? "NEW\(random.below(6))" : stock
      default: break
      }
    }
    remember(locate, stock, reference)
    return ITCHBytes.add(
      locate, reference, side, shares(isDirty), stock, price(isDirty), mpid: random.chance(200) ? "ABCD" : nil,
      at: time)
  }

  private mutating func reduce(_ venue: ReferenceVenue, _ type: Character, _ isDirty: Bool) -> [UInt8] {
    guard let order = resting(venue, isDirty) else { return add(false) }
    let rests = venue.orders[ReferenceVenue.Key(stock: order.stock, reference: order.reference)]?.quantity ?? 100
    var quantity = random.chance(400) ? rests : UInt32(1 + random.below(Int(rests)))
    if isDirty { quantity = random.pick([0, rests, rests &+ 1, .max, quantity]) }
    match += 1
    switch type {
    case "E": return ITCHBytes.execute(order.locate, order.reference, quantity, match: match, at: time)
    case "C":
      return ITCHBytes.executeWithPrice(
        order.locate, order.reference, quantity, match: match, printable: random.pick(["Y", "N"]), price(isDirty),
        at: time)
    default: return ITCHBytes.cancel(order.locate, order.reference, quantity, at: time)
    }
  }

  private mutating func delete(_ venue: ReferenceVenue, _ isDirty: Bool) -> [UInt8] {
    guard let order = resting(venue, isDirty) else { return add(false) }
    return ITCHBytes.delete(order.locate, order.reference, at: time)
  }

  private mutating func replace(_ venue: ReferenceVenue, _ isDirty: Bool) -> [UInt8] {
    guard let order = resting(venue, isDirty) else { return add(false) }
    var new = newReference()
    var newPrice = price(isDirty)
    if isDirty {
      switch random.below(3) {
      case 0: new = order.reference
      case 1: new = random.pick(issued).reference
      default: break
      }
    }
    if random.chance(200), let old = venue.orders[ReferenceVenue.Key(stock: order.stock, reference: order.reference)] {
      newPrice = UInt32(old.price)
    }
    remember(order.locate, order.stock, new)
    return ITCHBytes.replace(order.locate, order.reference, new, shares(isDirty), newPrice, at: time)
  }

  private mutating func trade() -> [UInt8] {
    let (stock, locate) = stockAndLocate()
    match += 1
    return ITCHBytes.trade(locate, stock, UInt32(random.below(500)), price(random.chance(100)), match: match, at: time)
  }

  private mutating func cross() -> [UInt8] {
    let (stock, locate) = stockAndLocate()
    match += 1
    let shares = random.chance(200) ? 0 : UInt64(random.below(100_000))
    return ITCHBytes.cross(locate, stock, shares, price(false), match: match, at: time)
  }

  private mutating func broken() -> [UInt8] {
    let number = random.chance(100) ? random.next() : match - min(match, UInt64(random.below(40)))
    return ITCHBytes.broken(UInt16(1 + random.below(options.stocks)), match: number, at: time)
  }

  private mutating func status() -> [UInt8] {
    let (stock, locate) = stockAndLocate()
    switch random.below(5) {
    case 0: return ITCHBytes.trading(locate, stock, random.pick(["T", "T", "T", "H", "P", "Q"]), at: time)
    case 1: return ITCHBytes.halt(locate, stock, random.pick(["T", "T", "H"]), at: time)
    case 2: return ITCHBytes.regSHO(locate, stock, random.pick(["0", "1", "2"]), at: time)
    case 3: return ITCHBytes.directory(locate, stock, roundLot: random.pick([0, 1, 10, 100, 500]), at: time)
    default: return ITCHBytes.system(random.pick(["S", "Q", "M", "E", "C"]), at: time)
    }
  }

  private mutating func inert() -> [UInt8] {
    let type: Character = random.pick(["L", "V", "W", "K", "J", "I", "N", "O"])
    return ITCHBytes.inert(type, UInt16(random.below(options.stocks + 40)), fill: UInt8(random.below(256)), at: time)
  }

  /// Not a message of the protocol: empty, of an unknown type, or short of its type's length; or a locate that the
  /// directory gives to another stock.
  private mutating func dirtyBytes() -> [UInt8] {
    switch random.below(5) {
    case 0: return []
    case 1: return ITCHBytes.head(random.pick(["Z", "G", "a", "0"]), 1, at: time) + [1, 2, 3]
    case 2: return [UInt8(random.below(256))]
    case 3:
      let (stock, _) = stockAndLocate()
      return ITCHBytes.directory(UInt16(100 + random.below(6)), stock, at: time)
    default:
      let type = random.pick(Array(ITCHBytes.lengths.keys).sorted())
      let message = ITCHBytes.head(type, 1, at: time) + [UInt8](repeating: 0x30, count: ITCHBytes.lengths[type]! - 11)
      return Array(message.prefix(1 + random.below(message.count - 1)))
    }
  }
}
