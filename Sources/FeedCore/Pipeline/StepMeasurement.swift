import CPlatform

/// What single steps cost that every handler has, each measured alone: for comparison with figures that others publish.
///
/// Tables are those of the pipeline, at the size of a day of all US stocks. Times are of a step among many of its kind,
/// so its code is warm; which symbol is asked for is random, so its data is as warm as so many symbols leave it.
public struct StepMeasurement: Sendable {
  public let name: String
  /// What one call does.
  public let description: String
  /// Of one call, in the batch that took least.
  public private(set) var picoseconds: UInt64 = .max
  /// Folded over what the calls gave, so that none of them can be left out.
  public private(set) var checksum: UInt64 = 0

  private static var calls: Int { 1 << 18 }
  private static var batches: Int { 7 }
  private static var symbolCount: Int { 10_000 }

  private init(_ name: String, _ description: String) {
    self.name = name
    self.description = description
  }

  /// Measures all of them. Takes some milliseconds each.
  public static func all(settings: Settings) -> [StepMeasurement] {
    let symbols = (0..<symbolCount).map { symbol($0) }
    var table = SymbolTable(capacity: 16_384, shardCount: settings.shardCount)
    for (number, symbol) in symbols.enumerated() {
      guard let group = table.resolve(symbol) else { continue }
      // Each venue lists most of them.
      for venue in 0..<VenueIndex(8) where Mix.spread(UInt64(number) << 3 | UInt64(venue)) % 10 < 9 {
        table.list(group, at: venue, instrument: number)
      }
    }
    return [
      resolution(symbols, table), common(table), encoding(symbols, settings), configuration(settings),
    ]
  }

  private static func symbol(_ number: Int) -> Symbol {
    // Four letters, all different: 26^4 are more than the symbols there are.
    var rest = number * 37 % 456_976
    var text = ""
    for _ in 0..<4 {
      text.append(Character(UnicodeScalar(UInt8(ascii: "A") + UInt8(rest % 26))))
      rest /= 26
    }
    return Symbol(text) ?? .unknown
  }

  /// Runs the step `calls` times a batch; `step` gets a pseudo-random number.
  private mutating func measure(_ step: (UInt64) -> UInt64) {
    let clock = TickClock.calibrate()
    for batch in 0..<Self.batches {
      let begun = feedh_ticks()
      for call in 0..<Self.calls {
        checksum = checksum &* 31 &+ step(Mix.spread(UInt64(batch * Self.calls + call)))
      }
      let taken = clock.nanoseconds(ticks: feedh_ticks() &- begun)
      picoseconds = min(picoseconds, taken * 1_000 / UInt64(Self.calls))
    }
  }

  private static func resolution(_ symbols: [Symbol], _ table: SymbolTable) -> StepMeasurement {
    var step = StepMeasurement("symbolResolution", "text of a symbol → its group, of \(symbolCount)")
    let count = UInt64(symbols.count)
    symbols.withUnsafeBufferPointer { symbols in
      step.measure { random in UInt64(table.find(symbols[Int(random % count)]) ?? 0) }
    }
    return step
  }

  private static func common(_ table: SymbolTable) -> StepMeasurement {
    var step = StepMeasurement("commonSymbols", "how many symbols a set of up to 8 venues has in common")
    step.measure { random in UInt64(table.commonCount(venues: UInt8(truncatingIfNeeded: random))) }
    return step
  }

  private static func encoding(_ symbols: [Symbol], _ settings: Settings) -> StepMeasurement {
    var step = StepMeasurement("orderEncoding", "an admitted order → numbered OUCH 5.0 Enter Order, 47 bytes")
    var encoder = OrderEncoder(shard: 0, venueCount: 8, firm: "")
    let buffer = Storage<UInt8>(capacity: OUCH50.maximumMessageLength, hugePages: false)
    let count = UInt64(symbols.count)
    symbols.withUnsafeBufferPointer { symbols in
      step.measure { random in
        let symbol = symbols[Int(random % count)]
        let quantity = UInt32(truncatingIfNeeded: random >> 54) + 1
        let price4 = random >> 40 & 0xFFFFF + 1
        let intent = OrderIntent(
          group: 0, venue: VenueIndex(random >> 60 & 7), side: random & 1 == 0 ? .buy : .sell, quantity: quantity,
          limitPrice: Int32(price4), opportunity: random)
        let order = AdmittedOrder(
          intent: intent, symbol: symbol, venueSymbol: symbol, price: Nanodollars(price4) * 100_000, price4: price4,
          sideCharacter: UInt8(ascii: "B"))
        let (length, number) = encoder.encodeEnter(order, into: buffer.base)
        return UInt64(length) &+ UInt64(number) &+ UInt64(buffer.base[length - 1])
      }
    }
    return step
  }

  private static func configuration(_ settings: Settings) -> StepMeasurement {
    var step = StepMeasurement("configurationAccess", "one of four limits of the settings")
    let limits = ShardLimits(settings: settings, shard: 0)
    step.measure { random in limit(random, limits) }
    return step
  }

  @inline(never)
  private static func limit(_ which: UInt64, _ limits: borrowing ShardLimits) -> UInt64 {
    switch which & 3 {
    case 0: UInt64(limits.maximumOrderQuantity)
    case 1: UInt64(truncatingIfNeeded: limits.maximumPosition)
    case 2: UInt64(limits.ordersPerSecond)
    default: limits.duplicateWindowNanoseconds
    }
  }
}
