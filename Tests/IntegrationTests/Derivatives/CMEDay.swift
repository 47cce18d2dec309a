@testable import FeedCore

/// CME MDP 3.0: levels by position, real and implied, and orders, alone or behind levels.
///
/// The levels of each side are an array that the sheet's rules for MDUpdateAction change; positions and prices are drawn
/// so that the array stays sorted. Variant 0 is schema version 13, variant 1 version 8, whose books and trades are the
/// older templates with seven decimals; in variant 2 the definitions have a channel of their own, which repeats them.
struct CMEDay: DerivativeDay {
  static let name = "CME"
  static let variants = 3

  /// A security: its number, its symbol (nil: no definition comes), tick and middle as mantissas of nine decimals.
  struct Security {
    var number: Int32
    var symbol: String?
    var tick: Int64
    var middle: Int64
    var name: String { symbol ?? "#\(number)" }
  }

  /// An outright, a spread around 0, an option whose bids fall to 0 and below, one without definition.
  static let securities = [
    Security(number: 5_602, symbol: "ESZ5", tick: 25_000_000_000, middle: 450_000_000_000_000),
    Security(number: 70_001, symbol: "ESZ5-ESH6", tick: 50_000_000, middle: 0),
    Security(number: -9, symbol: "ESZ5 C6500", tick: 5_000_000_000, middle: 10_000_000_000),
    Security(number: 13_950, symbol: nil, tick: 100_000, middle: 99_999_000_000_000),
  ]

  private(set) var market = SlowMarket()
  private let isOld: Bool
  private let definitionFlow: Int
  private var random: SplitMix
  private var packetNumbers: [UInt32] = [0, 0]
  private var time: UInt64 = 1_763_640_000_000_000_000
  private var nextOrder: UInt64 = 60_000_000_000
  private var priority: UInt64 = 1
  private var nextTrade: UInt32 = 1

  init(variant: Int, seed: UInt64) {
    isOld = variant == 1
    definitionFlow = variant == 2 ? 1 : 0
    random = SplitMix(seed)
  }

  /// Two channels of one venue, of two lines each.
  static func feeds(variant: Int) -> [FeedSettings] {
    if variant != 2 { return [] }
    return ["books", "definitions"].enumerated().map { flow, name in
      FeedSettings(
        name: name, venue: "cme", protocol: "cmeMDP3",
        lines: (0..<2).map { line in
          LineSettings(
            name: "AB".map(String.init)[line], group: "224.0.\(31 + line).1",
            port: DayCapture.port(line: line, flow: flow))
        })
    }
  }

  // MARK: - Wire

  mutating func packet(_ messages: [[UInt8]], flow: Int = 0) -> DayPacket {
    packetNumbers[flow] += 1
    time += UInt64(random.below(1_000_000))
    var bytes = LittleEndianBytes()
    bytes.put(packetNumbers[flow], 4)
    bytes.put(time, 8)
    for message in messages { bytes.put(message) }
    return DayPacket(payload: bytes.bytes, flow: flow)
  }

  func message(_ template: UInt16, _ root: [UInt8], _ groups: [UInt8] = [], version: UInt16? = nil) -> [UInt8] {
    var bytes = LittleEndianBytes()
    bytes.put(10 + root.count + groups.count, 2)
    bytes.put(root.count, 2)
    bytes.put(template, 2)
    bytes.put(1, 2)
    bytes.put(version ?? (isOld ? 8 : 13), 2)
    return bytes.bytes + root + groups
  }

  /// groupSize: length and count; groupSize8Byte: five bytes of padding between them.
  func group(_ length: Int, _ entries: [[UInt8]], isLong: Bool = false) -> [UInt8] {
    precondition(entries.allSatisfy { $0.count == length })
    var bytes = LittleEndianBytes()
    bytes.put(length, 2)
    if isLong { bytes.pad(5) }
    bytes.put(entries.count, 1)
    return bytes.bytes + entries.flatMap { $0 }
  }

  /// TransactTime, MatchEventIndicator, padding.
  func root(ends: Bool) -> [UInt8] { LittleEndianBytes.of((Int64(time), 8), (ends ? 0x84 : 0x04, 1), (0, 2)) }

  /// A price as the template in use has it: nine decimals, or seven.
  private func wire(_ price: Int64) -> Int64 { isOld ? price / 100 : price }

  // MARK: - The day

  mutating func opening() -> [DayPacket] {
    // The implied books exist from their GBI on.
    for security in Self.securities where security.symbol != nil {
      for view in ["", " IMPLIED"] { market.note(security.name + view) { $0.isTrading = true } }
    }
    return definitions()
  }

  /// A turn of the definitions, each with the state its security has.
  private mutating func definitions() -> [DayPacket] {
    if definitionFlow == 1 {
      // A turn begins at the number 1, sent well behind the last one.
      packetNumbers[1] = 0
      time += 50_000_000
    }
    var packets = Self.securities.filter { $0.symbol != nil }.map { packet([future($0)], flow: definitionFlow) }
    packets[0].beginsAnew = true
    return packets
  }

  /// 54, version 13: the fields up to DisplayFactor, the rest without value.
  func future(_ security: Security) -> [UInt8] {
    let status: Int64 = market.books[security.name]?.isTrading == false ? 2 : 17
    var root = LittleEndianBytes()
    root.put(LittleEndianBytes.of((0x80, 1), (4, 4), (65, 1), (Int64(time), 8), (status, 1), (310, 2), (64, 1), (5, 1)))
    for (text, size) in [("XCME", 4), ("ES", 6), ("ES", 6), (security.symbol ?? "", 20)] { root.put(text: text, size) }
    root.put(security.number, 4)
    for (text, size) in [("FUT", 6), ("FFIXSX", 6)] { root.put(text: text, size) }
    root.put(LittleEndianBytes.of((2025, 2), (12, 1), (255, 1), (255, 1)))
    for _ in 0..<2 { root.put(text: "USD", 3) }
    root.put(LittleEndianBytes.of((70, 1), (1, 4), (9_999, 4), (security.tick, 8), (1_000_000_000, 8)))
    root.put([UInt8](repeating: 0xFF, count: 224 - root.bytes.count))
    let feeds = [("GBX", 10), ("GBI", 2)].map { feed -> [UInt8] in
      var entry = LittleEndianBytes()
      entry.put(text: feed.0, 3)
      entry.put(feed.1, 1)
      return entry.bytes
    }
    let event = LittleEndianBytes.of((5, 1), (Int64(time), 8))
    return message(54, root.bytes, group(9, [event]) + group(4, feeds) + group(4, []) + group(5, []), version: 13)
  }

  mutating func next() -> [DayPacket] {
    if random.below(40) == 0 { return [packet([message(12, [])])] }
    if definitionFlow == 1, random.below(60) == 0 { return definitions() }
    var packets: [DayPacket] = []
    var waiting: [[UInt8]] = []
    // One to three events; each has one to four messages, and packets end anywhere.
    for _ in 0..<(1 + random.below(3)) {
      let count = 1 + random.below(4)
      for position in 0..<count {
        let ends = position == count - 1
        waiting.append(message(ends: ends))
        if ends { market.endEvent() }
        if random.below(3) == 0 {
          packets.append(packet(waiting))
          waiting = []
          market.endPacket()
        }
      }
    }
    if !waiting.isEmpty {
      packets.append(packet(waiting))
      market.endPacket()
    }
    return packets
  }

  private mutating func message(ends: Bool) -> [UInt8] {
    switch random.below(100) {
    case ..<45: levels(ends: ends)
    case ..<75: ordersAlone(ends: ends)
    case ..<90: trades(ends: ends)
    case ..<95: status(ends: ends)
    // Volume: nothing for books, but the event may end with it.
    default:
      message(37, root(ends: ends), group(16, [LittleEndianBytes.of((9, 4), (5_602, 4), (1, 4), (0, 1), (0, 3))]))
    }
  }

  // MARK: - Levels

  private mutating func levels(ends: Bool) -> [UInt8] {
    // Sizes of eight bytes are of version 12 on.
    let isLong = !isOld && random.below(4) == 0
    var entries: [[UInt8]] = []
    var orders: [[UInt8]] = []
    for place in 1...(1 + random.below(4)) {
      let security = Self.securities[random.below(Self.securities.count)]
      // Alone: orders behind levels come after all levels of the message.
      if entries.isEmpty, random.below(60) == 0 {
        entries.append(entry(security, 0, 0, 0, action: 0, type: "J", isLong))
        for view in ["", " IMPLIED", " MBO"] where market.books[security.name + view] != nil {
          market.change(security.name + view) { $0.clear() }
        }
        break
      }
      let isImplied = random.below(4) == 0
      let isSell = random.below(2) == 0
      let type = isImplied ? (isSell ? "F" : "E") : isSell ? "1" : "0"
      let (price, size, level, action) = changeLevel(security, isImplied: isImplied, isSell: isSell)
      entries.append(entry(security, price, size, level, action: action, type: Character(type), isLong))
      // An order of the level that was made, or changed.
      if !isImplied, [0, 1, 5].contains(action), random.below(2) == 0 {
        let (id, size, priority, action) = changeOrder(security, isSell: isSell, price: price)
        orders.append(
          LittleEndianBytes.of((Int64(id), 8), (Int64(priority), 8), (size, 4), (Int64(place), 1), (action, 1), (0, 2)))
      }
    }
    let groups = group(32, entries) + group(24, orders, isLong: true)
    return message(isLong ? 64 : isOld ? 32 : 46, root(ends: ends), groups)
  }

  func entry(
    _ security: Security, _ price: Int64, _ size: Int64, _ level: Int, action: Int64, type: Character, _ isLong: Bool
  ) -> [UInt8] {
    LittleEndianBytes.of(
      (isOld ? wire(price) : price, 8), (size, isLong ? 8 : 4), (Int64(security.number), 4), (7, 4), (1, 4),
      (Int64(level), 1), (action, 1), (Int64(type.asciiValue!), 1), (0, isLong ? 1 : 5))
  }

  /// Draws a change of one side, makes it by the sheet's rule, and tells price, size, level, action.
  private mutating func changeLevel(
    _ security: Security, isImplied: Bool, isSell: Bool
  ) -> (price: Int64, size: Int64, level: Int, action: Int64) {
    let name = security.name + (isImplied ? " IMPLIED" : "")
    let depth = isImplied ? 2 : 10
    let side = isSell ? 1 : 0
    var levels = market.books[name]?.sides[side] ?? []
    let size = Int64(1 + random.below(random.below(20) == 0 ? 2_000_000_000 : 500))
    var level = 1 + random.below(max(1, levels.count))
    var action: Int64 = 0
    var price: Int64 = 0
    switch levels.isEmpty ? 0 : random.below(100) {
    case ..<45:
      level = 1 + random.below(min(levels.count + 1, depth))
      let better = level > 1 ? levels[level - 2].price : nil
      let worse = level <= levels.count ? levels[level - 1].price : nil
      if let free = freePrice(security, between: better, and: worse, isSell: isSell) {
        price = free
        levels.insert(SlowBook.Level(price: price, quantity: size), at: level - 1)
        // What falls past the depth is gone.
        if levels.count > depth { levels.removeLast() }
        break
      }
      fallthrough
    case ..<70:
      action = random.below(2) == 0 ? 1 : 5
      level = min(level, levels.count)
      price = levels[level - 1].price
      if action == 5, random.below(2) == 0 {
        let better = level > 1 ? levels[level - 2].price : nil
        let worse = level < levels.count ? levels[level].price : nil
        price = freePrice(security, between: better, and: worse, isSell: isSell) ?? price
      }
      levels[level - 1] = SlowBook.Level(price: price, quantity: size)
    case ..<96:
      action = 2
      price = levels[level - 1].price
      levels.remove(at: level - 1)
    case ..<98:
      action = 3
      price = levels[0].price
      levels = []
    default:
      action = 4
      price = levels[level - 1].price
      levels.removeFirst(level)
    }
    market.make(name, of: security.name)
    market.change(name) { $0.sides[side] = levels }
    return (price, size, level, action)
  }

  /// A price of whole ticks strictly between two of a side, nil where there is none. Prices of bids and asks overlap
  /// around the middle.
  private mutating func freePrice(
    _ security: Security, between better: Int64?, and worse: Int64?, isSell: Bool
  ) -> Int64? {
    let sign: Int64 = isSell ? 1 : -1
    // In ticks, away from the best.
    let from = better.map { ($0 - security.middle) / security.tick * sign } ?? -12
    let to = worse.map { ($0 - security.middle) / security.tick * sign } ?? max(from, 0) + 30
    if to - from < 2 { return nil }
    return security.middle + sign * (from + 1 + Int64(random.below(Int(to - from - 1)))) * security.tick
  }

  // MARK: - Orders

  private mutating func ordersAlone(ends: Bool) -> [UInt8] {
    var entries: [[UInt8]] = []
    for _ in 0...random.below(4) {
      let security = Self.securities[random.below(Self.securities.count)]
      let isSell = random.below(2) == 0
      let price = security.middle + Int64(random.below(40) - 20) * security.tick
      let (id, size, priority, action) = changeOrder(security, isSell: isSell, price: price)
      entries.append(
        LittleEndianBytes.of(
          (Int64(id), 8), (Int64(priority), 8), (wire(price), 8), (size, 4), (Int64(security.number), 4), (action, 1),
          (isSell ? 49 : 48, 1), (0, 6)))
    }
    return message(isOld ? 43 : 47, root(ends: ends), group(40, entries))
  }

  /// A new order at `price`, or one of that side that moves there or leaves: id, size, priority, action.
  private mutating func changeOrder(
    _ security: Security, isSell: Bool, price: Int64
  ) -> (id: UInt64, size: Int64, priority: UInt64, action: Int64) {
    let name = security.name + " MBO"
    market.make(name, of: security.name)
    let there = market.books[name]?.orders(isSell: isSell) ?? []
    let size = Int64(1 + random.below(400))
    priority += 1
    if there.isEmpty || random.below(100) < 45 {
      nextOrder += UInt64(1 + random.below(5))
      let id = nextOrder
      market.change(name) { $0.add(id, isSell: isSell, price: price, quantity: size) }
      return (id, size, priority, 0)
    }
    let order = there[random.below(there.count)]
    if random.below(2) == 0 {
      market.change(name) { $0.remove(order.id) }
      return (order.id, size, priority, 2)
    }
    market.change(name) { $0.modify(order.id, price: price, quantity: size) }
    return (order.id, size, priority, 1)
  }

  // MARK: - Trades, states

  private mutating func trades(ends: Bool) -> [UInt8] {
    var entries: [[UInt8]] = []
    for _ in 0...random.below(2) {
      let security = Self.securities[random.below(Self.securities.count)]
      let price = security.middle + Int64(random.below(9) - 4) * security.tick
      let size = Int64(1 + random.below(90))
      let old = market.books[security.name]?.tradeIDs ?? []
      var id = nextTrade
      // New, corrected, taken back.
      var action: Int64 = 0
      if !old.isEmpty, random.below(5) == 0 {
        action = Int64(1 + random.below(2))
        id = UInt32(old[random.below(old.count)])
      } else {
        nextTrade += 1
      }
      market.note(security.name) {
        if action > 0 { $0.breakTrade(UInt64(id)) }
        if action < 2 { $0.trade(UInt64(id), price: price, quantity: size) }
      }
      entries.append(
        LittleEndianBytes.of(
          (wire(price), 8), (size, 4), (Int64(security.number), 4), (7, 4), (2, 4), (1, 1), (action, 1),
          (Int64(id), 4), (0, 2)))
    }
    let fill = LittleEndianBytes.of((60, 8), (1, 4), (0, 4))
    let groups = group(32, entries) + group(16, [fill, fill], isLong: true)
    return message(isOld ? 42 : 48, root(ends: ends), groups)
  }

  /// Of one security, or of all of the group.
  private mutating func status(ends: Bool) -> [UInt8] {
    let all = random.below(4) == 0
    let security = Self.securities[random.below(Self.securities.count)]
    let trades = all || random.below(4) > 0
    for other in Self.securities where all ? other.symbol != nil : other.number == security.number {
      for view in ["", " IMPLIED", " MBO"] where view.isEmpty || market.books[other.name + view] != nil {
        market.note(other.name + view) { $0.isTrading = trades }
      }
    }
    var root = LittleEndianBytes()
    root.put(time, 8)
    root.put(text: all ? "ES" : "", 6)
    root.put(text: "", 6)
    root.put(all ? Int32.max : security.number, 4)
    root.put(LittleEndianBytes.of((20_000, 2), (ends ? 0x80 : 0, 1), (trades ? 17 : 2, 1), (0, 1), (0, 1)))
    return message(30, root.bytes)
  }
}
