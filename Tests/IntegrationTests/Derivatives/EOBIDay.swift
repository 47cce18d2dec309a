@testable import FeedCore

/// Eurex EOBI: orders that side, price and priority time name. Variant 0 is release 14.1 (quantities of eight bytes with
/// four decimals), variant 1 release 6.0 (whole contracts of four bytes).
struct EOBIDay: DerivativeDay {
  static let name = "EOBI"
  static let variants = 2

  struct Instrument {
    var number: Int64
    var tick: Int64
    var middle: Int64
    var name: String { "#\(number)" }
  }

  /// Prices have eight decimals: an outright around 102, a spread around 0, an index around 12,000.
  static let instruments = [
    Instrument(number: 4_128_839, tick: 1_000_000, middle: 10_200_000_000),
    Instrument(number: 72_057_594_037_927_945, tick: 500_000, middle: 0),
    Instrument(number: 77, tick: 50_000_000, middle: 1_200_000_000_000),
  ]
  private static let nullPrice = Int64.min

  /// What the sheet names an order by, and what the model does.
  private struct Key {
    var instrument: Int
    var isSell: Bool
    /// Nil: a market order, which is in no book.
    var price: Int64?
    var priority: UInt64
    var quantity: Int64
  }

  private(set) var market = SlowMarket()
  private let isCurrent: Bool
  private var random: SplitMix
  private var messageNumber: UInt32 = 0
  private var packetNumber: UInt32 = 500
  /// 2025-11-20 and 2017-12-04.
  private var time: UInt64
  private var priority: UInt64
  private var match: UInt32 = 0
  private var orders: [Key] = []

  init(variant: Int, seed: UInt64) {
    isCurrent = variant == 0
    random = SplitMix(seed)
    time = isCurrent ? 1_763_640_000_000_000_000 : 1_512_378_000_000_000_000
    priority = time
  }

  // MARK: - Wire

  private mutating func packet(_ messages: [[UInt8]], ends: Bool) -> DayPacket {
    packetNumber += 1
    time += UInt64(random.below(1_000_000))
    var bytes = LittleEndianBytes(
      LittleEndianBytes.of((32, 2), (13_002, 2), (-1, 4), (Int64(packetNumber), 4), (1_073, 4), (7, 1)))
    bytes.put(LittleEndianBytes.of((ends ? 1 : 0, 1), (0, 1), (0, 5), (Int64(time), 8)))
    for message in messages { bytes.put(message) }
    return DayPacket(payload: bytes.bytes)
  }

  /// BodyLen, TemplateID, MsgSeqNum, the body.
  private mutating func message(_ template: UInt16, _ body: [UInt8], length: Int) -> [UInt8] {
    messageNumber += 1
    precondition(body.count + 8 == length, "\(template): \(body.count + 8)")
    return LittleEndianBytes.of((Int64(length), 2), (Int64(template), 2), (Int64(messageNumber), 4)) + body
  }

  /// A quantity as the release has it, and its size.
  private func quantity(_ contracts: Int64) -> (Int64, Int) { isCurrent ? (contracts * 10_000, 8) : (contracts, 4) }

  /// Side, OrdType, HHIIndicator (14.1 only), padding up to eight or four bytes.
  private func side(_ key: Key) -> [UInt8] {
    LittleEndianBytes.of(
      (key.isSell ? 2 : 1, 1), (key.price == nil ? 1 : 255, 1), (0, isCurrent ? 6 : 2))
  }

  private func price(_ key: Key) -> (Int64, Int) { (key.price ?? Self.nullPrice, 8) }

  private func number(_ key: Key) -> (Int64, Int) { (Self.instruments[key.instrument].number, 8) }

  private func name(_ key: Key) -> String { Self.instruments[key.instrument].name }

  // MARK: - The day

  mutating func opening() -> [DayPacket] {
    var messages: [[UInt8]] = []
    for index in Self.instruments.indices { messages.append(state(index, 203)) }
    return [packet(messages, ends: true)]
  }

  /// InstrumentStateChange: 56 bytes in 14.1, 32 in 6.0.
  private mutating func state(_ index: Int, _ status: Int64) -> [UInt8] {
    market.note(Self.instruments[index].name) { $0.isTrading = status == 203 }
    let head = LittleEndianBytes.of((Self.instruments[index].number, 8), (1, 1), (status, 1), (0, 6))
    let rest = isCurrent
      ? LittleEndianBytes.of((0, 8), (0, 8), (Int64(time), 8), (0, 8)) : LittleEndianBytes.of((Int64(time), 8))
    return message(13_301, head + rest, length: isCurrent ? 56 : 32)
  }

  mutating func next() -> [DayPacket] {
    if random.below(40) == 0 {
      // A heartbeat repeats the last number.
      let beat = LittleEndianBytes.of((16, 2), (13_001, 2), (-1, 4), (Int64(messageNumber), 4), (0, 4))
      return [packet([beat], ends: true)]
    }
    var packets: [DayPacket] = []
    var messages: [[UInt8]] = []
    let count = 1 + random.below(5)
    for position in 0..<count {
      messages += change()
      let ends = position == count - 1
      if ends || random.below(3) == 0 {
        packets.append(packet(messages, ends: ends))
        messages = []
        if ends { market.endEvent() }
        market.endPacket()
      }
    }
    return packets
  }

  private mutating func change() -> [[UInt8]] {
    let dice = random.below(1_000)
    if orders.isEmpty || dice < 380 { return [add()] }
    let place = random.below(orders.count)
    switch dice {
    case ..<520: return [modify(place)]
    case ..<600: return [orders[place].price == nil ? topOfBook() : keepPriority(place)]
    case ..<740: return [delete(place)]
    case ..<920: return execute(place)
    case ..<950: return [report()]
    case ..<960: return [isCurrent || matchesOnBook.isEmpty ? topOfBook() : reverse()]
    case ..<964: return [massDelete()]
    case ..<980: return [state(random.below(Self.instruments.count), random.below(3) == 0 ? 8 : 203)]
    default: return [topOfBook()]
    }
  }

  private mutating func draw() -> Key {
    let index = random.below(Self.instruments.count)
    let instrument = Self.instruments[index]
    priority += UInt64(1 + random.below(1_000))
    let price = instrument.middle + Int64(random.below(41) - 20) * instrument.tick
    let quantity = Int64(1 + random.below(random.below(30) == 0 ? 2_000_000_000 : 300))
    return Key(
      instrument: index, isSell: random.below(2) == 0, price: random.below(25) == 0 ? nil : price,
      priority: priority, quantity: quantity)
  }

  /// OrderAdd: 56 bytes in 14.1, 48 in 6.0.
  private mutating func add() -> [UInt8] {
    let key = draw()
    orders.append(key)
    if let price = key.price {
      market.change(name(key)) { $0.add(key.priority, isSell: key.isSell, price: price, quantity: key.quantity) }
    }
    let head = LittleEndianBytes.of((Int64(time), 8), number(key), (Int64(key.priority), 8), quantity(key.quantity))
    return message(13_100, head + side(key) + LittleEndianBytes.of(price(key)), length: isCurrent ? 56 : 48)
  }

  /// OrderModify, which loses its place: 88 bytes, 72. It may become a market order, or one with a price.
  private mutating func modify(_ place: Int) -> [UInt8] {
    let old = orders[place]
    var new = draw()
    new.instrument = old.instrument
    new.isSell = old.isSell
    let instrument = Self.instruments[new.instrument]
    if new.price != nil {
      new.price = random.below(2) == 0 && old.price != nil
        ? old.price : instrument.middle + Int64(random.below(41) - 20) * instrument.tick
    }
    orders[place] = new
    market.change(name(new)) {
      $0.remove(old.priority)
      if let price = new.price {
        $0.add(new.priority, isSell: new.isSell, price: price, quantity: new.quantity)
      }
    }
    var body = LittleEndianBytes(LittleEndianBytes.of((Int64(time), 8), (Int64(old.priority), 8), price(old)))
    body.put(LittleEndianBytes.of(quantity(old.quantity)))
    if !isCurrent { body.pad(4) }
    body.put(LittleEndianBytes.of(number(new), (Int64(new.priority), 8), quantity(new.quantity)))
    body.put(side(new))
    body.put(LittleEndianBytes.of(price(new)))
    if isCurrent { body.pad(8) }
    return message(13_101, body.bytes, length: isCurrent ? 88 : 72)
  }

  /// OrderModifySamePrio: another quantity, more or less. 72 bytes, 64.
  private mutating func keepPriority(_ place: Int) -> [UInt8] {
    let before = orders[place].quantity
    orders[place].quantity = Int64(1 + random.below(300))
    let key = orders[place]
    market.change(name(key)) {
      $0.modify(key.priority, price: key.price ?? 0, quantity: key.quantity, losesPlace: false)
    }
    var body = LittleEndianBytes(LittleEndianBytes.of((Int64(time), 8), (Int64(time), 8), quantity(before)))
    if !isCurrent { body.pad(4) }
    body.put(LittleEndianBytes.of(number(key), (Int64(key.priority), 8), quantity(key.quantity)))
    body.put(side(key))
    body.put(LittleEndianBytes.of(price(key)))
    return message(13_106, body.bytes, length: isCurrent ? 72 : 64)
  }

  /// OrderDelete: 64 bytes, 56.
  private mutating func delete(_ place: Int) -> [UInt8] {
    let key = orders.remove(at: place)
    if key.price != nil { market.change(name(key)) { $0.remove(key.priority) } }
    let head = LittleEndianBytes.of(
      (Int64(time), 8), (Int64(time), 8), number(key), (Int64(key.priority), 8), quantity(key.quantity))
    return message(13_102, head + side(key) + LittleEndianBytes.of(price(key)), length: isCurrent ? 64 : 56)
  }

  /// Trades of orders, and what broke them later.
  private var matchesOnBook: [(instrument: Int, id: UInt64)] {
    Self.instruments.indices.flatMap { index in
      (market.books[Self.instruments[index].name]?.tradeIDs ?? []).map { (index, $0) }
    }
  }

  /// ExecutionSummary, then the order's full or partial execution. No delete follows.
  private mutating func execute(_ place: Int) -> [[UInt8]] {
    let key = orders[place]
    match += 1
    let id = UInt64(match)
    let instrument = Self.instruments[key.instrument]
    let isFull = key.quantity == 1 || random.below(2) == 0
    let quantity = isFull ? key.quantity : Int64(1 + random.below(Int(min(key.quantity - 1, 1_000_000))))
    let at = (key.price ?? instrument.middle) + (random.below(4) == 0 ? instrument.tick : 0)
    market.change(name(key)) {
      $0.trade(id, price: at, quantity: quantity)
      if isFull {
        $0.remove(key.priority)
      } else {
        $0.modify(key.priority, price: key.price ?? 0, quantity: key.quantity - quantity, losesPlace: false)
      }
    }
    if isFull { orders.remove(at: place) } else { orders[place].quantity -= quantity }
    return [summary(key, at), execution(key, isFull ? 13_104 : 13_105, at, quantity, id)]
  }

  /// 104 bytes, 64: nothing for books.
  private mutating func summary(_ key: Key, _ at: Int64) -> [UInt8] {
    let body = LittleEndianBytes.of(number(key), (Int64(time), 8)) + [UInt8](repeating: 0x11, count: isCurrent ? 80 : 40)
    return message(13_202, body, length: isCurrent ? 104 : 64)
  }

  /// 56 bytes in both releases: TrdMatchID and LastQty stand elsewhere.
  private mutating func execution(
    _ key: Key, _ template: UInt16, _ at: Int64, _ quantity: Int64, _ id: UInt64
  ) -> [UInt8] {
    var body = LittleEndianBytes(LittleEndianBytes.of((key.isSell ? 2 : 1, 1), (key.price == nil ? 1 : 255, 1)))
    body.put(LittleEndianBytes.of((255, 1), (0, 1)))
    if isCurrent { body.put(id, 4) } else { body.pad(4) }
    body.put(LittleEndianBytes.of(price(key), (Int64(key.priority), 8), number(key)))
    if isCurrent {
      body.put(quantity * 10_000, 8)
    } else {
      body.put(id, 4)
      body.put(quantity, 4)
    }
    body.put(at, 8)
    return message(template, body.bytes, length: 56)
  }

  /// TradeReport: a trade beside the book. 56 bytes and more in 14.1, 48 in 6.0.
  private mutating func report() -> [UInt8] {
    let index = random.below(Self.instruments.count)
    let instrument = Self.instruments[index]
    match += 1
    let id = UInt64(match)
    let at = instrument.middle + Int64(random.below(9) - 4) * instrument.tick
    let contracts = Int64(1 + random.below(50))
    market.note(instrument.name) { $0.trade(id, price: at, quantity: contracts) }
    if isCurrent {
      let head = LittleEndianBytes.of(
        (instrument.number, 8), (Int64(time), 8), quantity(contracts), (at, 8), (Int64(id), 4))
      return message(13_201, head + [UInt8](repeating: 0, count: 12), length: 56)
    }
    let body = LittleEndianBytes.of(
      (instrument.number, 8), (Int64(time), 8), (Int64(id), 4), (contracts, 4), (at, 8), (0, 8))
    return message(13_201, body, length: 48)
  }

  /// TradeReversal of 6.0, without entries: the fields up to NoMDEntries and its slots.
  private mutating func reverse() -> [UInt8] {
    let all = matchesOnBook
    let (index, id) = all[random.below(all.count)]
    market.note(Self.instruments[index].name) { $0.breakTrade(id) }
    let body = LittleEndianBytes.of((Self.instruments[index].number, 8), (Int64(time), 8), (Int64(id), 4), (0, 4))
    return message(13_200, body + [UInt8](repeating: 0, count: 24 + 15 * 16), length: 8 + 24 + 24 + 15 * 16)
  }

  /// OrderMassDelete: 24 bytes.
  private mutating func massDelete() -> [UInt8] {
    let index = random.below(Self.instruments.count)
    orders.removeAll { $0.instrument == index }
    market.change(Self.instruments[index].name) { $0.clear() }
    return message(
      13_103, LittleEndianBytes.of((Self.instruments[index].number, 8), (Int64(time), 8)), length: 24)
  }

  /// TopOfBook: another view of the book, 64 bytes, 40.
  private mutating func topOfBook() -> [UInt8] {
    let body = LittleEndianBytes.of((Int64(time), 8), (Self.instruments[0].number, 8), (1, 8), (2, 8))
    return message(13_504, body + [UInt8](repeating: 3, count: isCurrent ? 24 : 0), length: isCurrent ? 64 : 40)
  }
}
