@testable import FeedCore

/// Coinbase Derivatives: orders by id, the two best implied levels of each side, transactions of several messages.
/// Versions 2 and 7 come mixed: what books need stands at the same place in both.
struct CoinbaseDay: DerivativeDay {
  static let name = "Coinbase Derivatives"
  static let variants = 1

  struct Instrument {
    var number: Int32
    /// Nil: no definition comes.
    var symbol: String?
    var tick: Int64
    var middle: Int64
    var isSpread = false
    var name: String { symbol ?? "#\(number)" }
  }

  /// Prices have nine decimals.
  static let instruments = [
    Instrument(number: 100_120, symbol: "BITZ5", tick: 5_000_000_000, middle: 97_000_000_000_000),
    Instrument(number: 100_121, symbol: "BITZ5-BITF6", tick: 1_000_000_000, middle: 0, isSpread: true),
    Instrument(number: 31, symbol: nil, tick: 100_000, middle: 12_000_000_000),
  ]
  private static let null = Int64.min

  private(set) var market = SlowMarket()
  private var random: SplitMix
  private var messageNumber: UInt64 = 1
  private var instrumentNumbers: [Int32: UInt32] = [:]
  private var time: UInt64 = 1_763_640_000_000_000_000
  private var nextOrder: UInt64 = 8_000_000_000_000_000_000
  private var match: UInt64 = 1

  init(variant: Int, seed: UInt64) { random = SplitMix(seed) }

  // MARK: - Wire

  mutating func packet(_ messages: [[UInt8]]) -> DayPacket {
    time += UInt64(random.below(1_000_000))
    var bytes = LittleEndianBytes(LittleEndianBytes.of((Int64(time), 8), (Int64(messageNumber), 8), (44, 2)))
    bytes.put(LittleEndianBytes.of((1, 1), (Int64(messages.count), 1), (0, 4)))
    messageNumber += UInt64(messages.count)
    for message in messages { bytes.put(message) }
    return DayPacket(payload: bytes.bytes)
  }

  enum Place { case alone, first, middle, last }

  /// The head, the instrument header, the fields; padded to eight bytes.
  mutating func message(
    _ template: UInt16, _ instrument: Instrument, side: Int64 = 0, _ place: Place, isCleared: Bool = false,
    version: UInt16 = 2, block: Int, _ fields: [UInt8]
  ) -> [UInt8] {
    precondition(fields.count + 22 == block, "\(template): \(fields.count + 22)")
    var flags: Int64 = isCleared ? 0x80 : 0
    if place == .first || place == .alone { flags |= 1 }
    if place == .last || place == .alone { flags |= 2 }
    instrumentNumbers[instrument.number, default: 0] += 1
    let length = (10 + block + 7) / 8 * 8
    var bytes = LittleEndianBytes(
      LittleEndianBytes.of((Int64(length), 2), (Int64(block), 2), (Int64(template), 2), (1_201, 2), (Int64(version), 2)))
    bytes.put(LittleEndianBytes.of((flags, 1), (side, 1), (Int64(instrument.number), 4)))
    bytes.put(LittleEndianBytes.of((Int64(instrumentNumbers[instrument.number]!), 4), (20_000, 2), (0, 2)))
    bytes.put(time, 8)
    bytes.put(fields)
    bytes.pad(length - bytes.bytes.count)
    return bytes.bytes
  }

  private mutating func version() -> UInt16 { random.below(2) == 0 ? 2 : 7 }

  // MARK: - The day

  mutating func opening() -> [DayPacket] {
    var messages: [[UInt8]] = []
    for instrument in Self.instruments where instrument.symbol != nil {
      messages.append(definition(instrument))
      market.note(instrument.name) { $0.isTrading = true }
    }
    return [packet(messages)]
  }

  /// 10, 11 of version 2.
  mutating func definition(_ instrument: Instrument) -> [UInt8] {
    var fields = LittleEndianBytes()
    for (text, size) in [(instrument.symbol ?? "", 24), ("BIT", 8), ("", 32)] { fields.put(text: text, size) }
    fields.put(instrument.tick, 8)
    for (text, size) in [("FFICN", 8), ("USD", 8)] { fields.put(text: text, size) }
    fields.put(LittleEndianBytes.of((19_000, 2), (20_000, 2), (1, 4), (Self.null, 8), (Self.null, 8), (0, 8), (0, 8)))
    fields.put(LittleEndianBytes.of((5, 4), (1, 1), (1, 1)))
    if instrument.isSpread { fields.put(LittleEndianBytes.of((1, 4), (2, 4), (1, 1))) }
    fields.put(0, 2)
    return message(
      instrument.isSpread ? 11 : 10, instrument, .alone, block: instrument.isSpread ? 167 : 158, fields.bytes)
  }

  mutating func next() -> [DayPacket] {
    var packets: [DayPacket] = []
    var messages: [[UInt8]] = []
    for _ in 0..<(1 + random.below(3)) {
      let count = 1 + random.below(4)
      for position in 0..<count {
        let place: Place = count == 1 ? .alone : position == 0 ? .first : position == count - 1 ? .last : .middle
        messages.append(change(place))
        if position == count - 1 { market.endEvent() }
        if random.below(3) == 0 {
          packets.append(packet(messages))
          messages = []
          market.endPacket()
        }
      }
    }
    if !messages.isEmpty {
      packets.append(packet(messages))
      market.endPacket()
    }
    return packets
  }

  private mutating func change(_ place: Place) -> [UInt8] {
    let instrument = Self.instruments[random.below(Self.instruments.count)]
    switch random.below(1_000) {
    case ..<700: return order(instrument, place)
    case ..<800: return implied(instrument, place)
    case ..<880: return trade(instrument, place)
    case ..<900: return bust(instrument, place)
    case ..<930: return status(instrument, place)
    // OpenInterest: nothing for books.
    default: return message(42, instrument, place, version: version(), block: 26, LittleEndianBytes.of((9, 4)))
    }
  }

  /// OrderPut, new, changed, or with nothing left; OrderDelete.
  private mutating func order(_ instrument: Instrument, _ place: Place) -> [UInt8] {
    let isCleared = random.below(100) == 0
    if isCleared {
      let implied = instrument.name + " IMPLIED"
      market.change(instrument.name) { $0.clear() }
      if market.books[implied] != nil { market.change(implied) { $0.clear() } }
    }
    let there = market.books[instrument.name]?.orders ?? []
    let dice = random.below(100)
    var isSell = random.below(2) == 0
    var price = instrument.middle + Int64(random.below(41) - 20) * instrument.tick
    var quantity = Int64(1 + random.below(random.below(20) == 0 ? 2_000_000_000 : 300))
    if there.isEmpty || dice < 45 {
      nextOrder += 3
      let id = nextOrder
      market.change(instrument.name) { $0.add(id, isSell: isSell, price: price, quantity: quantity) }
      return put(instrument, id, isSell, price, quantity, place, isCleared)
    }
    let order = there[random.below(there.count)]
    isSell = order.isSell
    if dice < 65 {
      market.change(instrument.name) { $0.remove(order.id) }
      return message(
        21, instrument, side: isSell ? -1 : 1, place, isCleared: isCleared, version: version(), block: 30,
        LittleEndianBytes.of((Int64(order.id), 8)))
    }
    if dice < 75 { quantity = 0 }
    if random.below(2) == 0 { price = order.price }
    market.change(instrument.name) { $0.modify(order.id, price: price, quantity: quantity) }
    return put(instrument, order.id, isSell, price, quantity, place, isCleared)
  }

  private mutating func put(
    _ instrument: Instrument, _ id: UInt64, _ isSell: Bool, _ price: Int64, _ quantity: Int64, _ place: Place,
    _ isCleared: Bool
  ) -> [UInt8] {
    message(
      20, instrument, side: isSell ? -1 : 1, place, isCleared: isCleared, version: version(), block: 42,
      LittleEndianBytes.of((Int64(id), 8), (price, 8), (quantity, 4)))
  }

  /// ImpliedOrderUpdate: the best and the next level of a side, either without a price.
  private mutating func implied(_ instrument: Instrument, _ place: Place) -> [UInt8] {
    let isSell = random.below(2) == 0
    var levels: [(price: Int64, quantity: Int64)] = []
    let best = instrument.middle + Int64(random.below(9) - 4) * instrument.tick
    if random.below(4) > 0 { levels.append((best, Int64(1 + random.below(90)))) }
    if levels.count == 1, random.below(2) == 0 {
      levels.append((best + (isSell ? 3 : -3) * instrument.tick, Int64(1 + random.below(90))))
    }
    let name = instrument.name + " IMPLIED"
    // An instrument without implied prices has no book of them.
    if !levels.isEmpty { market.make(name, of: instrument.name) }
    if market.books[name] != nil {
      let side = levels.map { SlowBook.Level(price: $0.price, quantity: $0.quantity) }
      market.change(name) { $0.sides[isSell ? 1 : 0] = side }
    }
    while levels.count < 2 { levels.append((Self.null, 0)) }
    return message(
      22, instrument, side: isSell ? -1 : 1, place, version: version(), block: 46,
      LittleEndianBytes.of(
        (levels[0].price, 8), (levels[1].price, 8), (levels[0].quantity, 4), (levels[1].quantity, 4)))
  }

  private mutating func trade(_ instrument: Instrument, _ place: Place) -> [UInt8] {
    match += 1
    let id = match
    let price = instrument.middle + Int64(random.below(9) - 4) * instrument.tick
    let quantity = Int64(1 + random.below(90))
    market.note(instrument.name) { $0.trade(id, price: price, quantity: quantity) }
    return message(
      30, instrument, place, version: version(), block: 58,
      LittleEndianBytes.of((Int64(id), 8), (Self.null, 8), (Self.null, 8), (price, 8), (quantity, 4)))
  }

  private mutating func bust(_ instrument: Instrument, _ place: Place) -> [UInt8] {
    guard let trades = market.books[instrument.name]?.tradeIDs, !trades.isEmpty else { return trade(instrument, place) }
    let id = trades[random.below(trades.count)]
    market.note(instrument.name) { $0.breakTrade(id) }
    return message(
      32, instrument, place, version: version(), block: 46,
      LittleEndianBytes.of((Int64(id), 8), (Self.null, 8), (Self.null, 8)))
  }

  private mutating func status(_ instrument: Instrument, _ place: Place) -> [UInt8] {
    let status = random.below(3) == 0 ? 2 : 1
    for name in [instrument.name, instrument.name + " IMPLIED"]
    where name == instrument.name || market.books[name] != nil {
      market.note(name) { $0.isTrading = status == 1 }
    }
    return message(
      17, instrument, place, version: version(), block: 39,
      LittleEndianBytes.of((0, 8), (0, 8), (Int64(status), 1)))
  }
}
