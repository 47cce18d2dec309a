@testable import FeedCore

/// Deribit: directory and snapshots on one channel, changes by price with absolute amounts on another. Prices and
/// amounts stand in the model as integers of 1e-8.
struct DeribitDay: DerivativeDay {
  static let name = "Deribit"
  static let variants = 1

  struct Instrument {
    var id: UInt32
    var name: String
    var tick: Int64
    var step: Int64
    var middle: Int64
    /// Most steps that an amount has.
    var steps: Int
  }

  /// A perpetual with amounts beyond 32 bits of dollars, an option whose bids begin at 0.0001, a combo around 0.
  static let instruments = [
    Instrument(
      id: 14, name: "BTC-PERPETUAL", tick: 50_000_000, step: 1_000_000_000, middle: 9_700_050_000_000,
      steps: 4_294_967_295),
    Instrument(
      id: 900_001, name: "BTC-26DEC25-150000-C", tick: 10_000, step: 10_000_000, middle: 210_000, steps: 1_000),
    Instrument(
      id: 77, name: "BTC-FS-26DEC25_PERP", tick: 50_000_000, step: 1_000_000_000, middle: 0, steps: 500),
  ]
  private static let channel: UInt16 = 11

  private(set) var market = SlowMarket()
  private var random: SplitMix
  private var milliseconds: UInt64 = 1_763_640_000_000
  private var sequence: [UInt16: UInt32] = [:]
  private var changeIds: [UInt32: UInt64] = [:]
  private var tradeId: UInt64 = 1

  init(variant: Int, seed: UInt64) { random = SplitMix(seed) }

  // MARK: - Wire

  mutating func packet(_ messages: [[UInt8]], isSnapshot: Bool = false) -> DayPacket {
    milliseconds += UInt64(random.below(3))
    let channel = Self.channel + (isSnapshot ? 100 : 0)
    let body = messages.flatMap { $0 }
    let head = LittleEndianBytes.of((Int64(body.count), 2), (Int64(channel), 2), (Int64(sequence[channel, default: 0]), 4))
    sequence[channel, default: 0] += 1
    return DayPacket(payload: head + body, flow: isSnapshot ? 1 : 0)
  }

  func message(
    _ template: UInt16, _ root: [UInt8], group: (length: Int, entries: [[UInt8]])? = nil, string: String? = nil,
    version: Int64 = 2
  ) -> [UInt8] {
    var bytes = LittleEndianBytes(
      LittleEndianBytes.of(
        (Int64(root.count), 2), (Int64(template), 2), (1, 2), (version, 2), (group == nil ? 0 : 1, 2),
        (string == nil ? 0 : 1, 2)))
    bytes.put(root)
    if let group {
      bytes.put(LittleEndianBytes.of((Int64(group.length), 2), (Int64(group.entries.count), 2), (0, 4)))
      for entry in group.entries {
        precondition(entry.count == group.length)
        bytes.put(entry)
      }
    }
    if let string {
      bytes.put(string.utf8.count, 1)
      bytes.put(text: string, string.utf8.count)
    }
    return bytes.bytes
  }

  /// The binary64 nearest to a decimal of eight places.
  private static func real(_ scaled8: Int64) -> Double { Double(scaled8) / 1e8 }

  // MARK: - The day

  mutating func opening() -> [DayPacket] {
    for instrument in Self.instruments {
      changeIds[instrument.id] = 1_000
      market.note(instrument.name) { $0.isTrading = true }
      for isSell in [false, true] {
        for _ in 0..<5 {
          let (price, amount) = (price(instrument, isSell: isSell), amount(instrument))
          market.change(instrument.name) { $0.set(isSell: isSell, price: price, quantity: amount) }
        }
      }
    }
    return cycle()
  }

  /// A turn of the snapshot channel: its start, its content, its end. What it says of a book changes nothing but at the
  /// start of the day.
  private mutating func cycle() -> [DayPacket] {
    var packets = [packet([message(1_005, LittleEndianBytes.of((200, 4)))], isSnapshot: true)]
    var content: [[UInt8]] = []
    for instrument in Self.instruments {
      content.append(directory(instrument, 1_000))
      content.append(directory(instrument, 1_010))
      content.append(ticker(instrument))
      content.append(snapshot(instrument))
    }
    // Where a packet is full is no matter of instruments.
    let cut = 1 + random.below(content.count - 1)
    packets.append(packet(Array(content[..<cut]), isSnapshot: true))
    packets.append(packet(Array(content[cut...]), isSnapshot: true))
    packets.append(packet([message(1_006, [])], isSnapshot: true))
    market.endEvent()
    market.endPacket()
    return packets
  }

  /// 1000, and 1010, which lacks rfq and has tick steps.
  func directory(_ instrument: Instrument, _ template: UInt16) -> [UInt8] {
    var root = LittleEndianBytes(LittleEndianBytes.of((Int64(instrument.id), 4), (1, 1), (0, 1), (1, 1), (0, 1)))
    if template == 1_000 { root.put(0, 1) }
    root.put(LittleEndianBytes.of((0, 1), (0, 2)))
    for text in ["BTC", "USD", "USD", "BTC", "USD"] { root.put(text: text, 8) }
    root.put(LittleEndianBytes.of((1_600_000_000_000, 8), (32_503_708_800_000, 8)))
    for value in [
      Double.nan, 10, Self.real(instrument.step), Self.real(instrument.tick), 0.0001, 0.0005, 0, .nan, 50,
    ] { root.put(real: value) }
    let isSecond = template == 1_010
    precondition(root.bytes.count == (isSecond ? 139 : 140))
    return message(
      template, root.bytes, group: isSecond ? (16, []) : nil, string: instrument.name, version: isSecond ? 3 : 2)
  }

  private mutating func ticker(_ instrument: Instrument) -> [UInt8] {
    var root = LittleEndianBytes(LittleEndianBytes.of((Int64(instrument.id), 4), (1, 1), (Int64(milliseconds), 8)))
    for _ in 0..<15 { root.put(real: 1.5) }
    return message(1_003, root.bytes)
  }

  private mutating func snapshot(_ instrument: Instrument) -> [UInt8] {
    let root = LittleEndianBytes.of(
      (Int64(instrument.id), 4), (Int64(milliseconds), 8), (Int64(changeIds[instrument.id]!), 8), (1, 1), (1, 1))
    var entries: [[UInt8]] = []
    for isSell in [false, true] {
      for level in market.books[instrument.name]?.levels(isSell: isSell) ?? [] {
        var entry = LittleEndianBytes()
        entry.put(isSell ? 0 : 1, 1)
        entry.put(real: Self.real(level.price))
        entry.put(real: Self.real(level.quantity))
        entries.append(entry.bytes)
      }
    }
    return message(1_004, root, group: (17, entries.shuffled(using: &random)))
  }

  mutating func next() -> [DayPacket] {
    if random.below(60) == 0 { return cycle() }
    let instrument = Self.instruments[random.below(Self.instruments.count)]
    var messages: [[UInt8]] = []
    if random.below(4) == 0 { messages.append(trades(instrument)) }
    if !messages.isEmpty || random.below(2) == 0 { messages.append(ticker(instrument)) }
    // A change in one part, or in several that end in other packets.
    let before = changeIds[instrument.id]!
    let after = before + UInt64(1 + random.below(5))
    changeIds[instrument.id] = after
    let parts = random.below(8) == 0 ? 2 + random.below(2) : 1
    var packets: [DayPacket] = []
    for part in 0..<parts {
      messages.append(book(instrument, before: before, after: after, isLast: part == parts - 1))
      if part == parts - 1 { market.endEvent() }
      packets.append(packet(messages))
      messages = []
      market.endPacket()
    }
    return packets
  }

  private mutating func book(_ instrument: Instrument, before: UInt64, after: UInt64, isLast: Bool) -> [UInt8] {
    let root = LittleEndianBytes.of(
      (Int64(instrument.id), 4), (Int64(milliseconds), 8), (Int64(before), 8), (Int64(after), 8), (isLast ? 1 : 0, 1))
    var entries: [[UInt8]] = []
    for _ in 0..<random.below(5) {
      let isSell = random.below(2) == 0
      let levels = market.books[instrument.name]?.levels(isSell: isSell) ?? []
      let isOld = !levels.isEmpty && random.below(2) == 0
      let price = isOld ? levels[random.below(levels.count)].price : price(instrument, isSell: isSell)
      let amount = isOld && random.below(2) == 0 ? 0 : amount(instrument)
      let change = amount == 0 ? 2 : levels.contains { $0.price == price } ? 1 : 0
      market.change(instrument.name) { $0.set(isSell: isSell, price: price, quantity: amount) }
      var entry = LittleEndianBytes(LittleEndianBytes.of((isSell ? 0 : 1, 1), (Int64(change), 1)))
      entry.put(real: Self.real(price))
      entry.put(real: Self.real(amount))
      entries.append(entry.bytes)
    }
    return message(1_001, root, group: (18, entries))
  }

  private mutating func trades(_ instrument: Instrument) -> [UInt8] {
    var entries: [[UInt8]] = []
    for _ in 0...random.below(2) {
      tradeId += 1
      let id = tradeId
      let (price, amount) = (price(instrument, isSell: true), min(amount(instrument), 1_000 * instrument.step))
      market.note(instrument.name) { $0.trade(id, price: price, quantity: amount) }
      var entry = LittleEndianBytes([0])
      for value in [price, amount] { entry.put(real: Self.real(value)) }
      entry.put(milliseconds, 8)
      for _ in 0..<2 { entry.put(real: 97_000.37) }
      entry.put(LittleEndianBytes.of((Int64(id), 8), (Int64(id), 8), (0, 1), (0, 1)))
      entry.put(real: .nan)
      entry.put(LittleEndianBytes.of((0, 8), (0, 8)))
      entries.append(entry.bytes)
    }
    return message(1_002, LittleEndianBytes.of((Int64(instrument.id), 4)), group: (83, entries))
  }

  private mutating func price(_ instrument: Instrument, isSell: Bool) -> Int64 {
    instrument.middle + Int64(isSell ? random.below(20) - 3 : 3 - random.below(20)) * instrument.tick
  }

  private mutating func amount(_ instrument: Instrument) -> Int64 {
    Int64(1 + random.below(random.below(10) == 0 ? instrument.steps : 1_000)) * instrument.step
  }
}
