import FeedCore

/// What `feedh generate` can be told. Equal options give equal bytes on any machine.
public struct GeneratorOptions: Sendable, Equatable {
  /// Names of the venues in order; a venue beyond these is called "venue4", "venue5", …
  static let venueNames = ["nasdaq", "bx", "psx"]
  public static let venueCountRange = 1...8
  public static let symbolCountRange = 1...20_000
  public static let messageCountRange = 100...1_000_000_000
  public static let restartCountRange = 0...50
  public static let dislocationCountRange = 0...1_000_000
  public static let delayRange: ClosedRange<UInt64> = 0...10_000_000
  public static let intervalRange: ClosedRange<UInt64> = 100...1_000_000_000
  public static let minimumEdgeRange: ClosedRange<Int64> = 1...1_000_000_000
  public static let minimumQuantityRange = 1...100_000
  /// A taker fee per share of at most ten cents, either sign.
  public static let takerFeeRange: ClosedRange<Int64> = -100_000_000...100_000_000
  /// A taker fee of at most five percent of the notional.
  public static let takerFractionRange: ClosedRange<Int64> = 0...50_000_000

  /// Venues, 1 ... 8.
  public var venueCount = 2
  /// The venues by name and protocol, as many as `venueCount`, which follows; empty: ITCH venues of the usual names.
  public var venues: [VenueChoice] = [] {
    didSet { if !venues.isEmpty { venueCount = venues.count } }
  }
  /// Stocks, the same at every venue, 1 ... 20,000.
  public var symbolCount = 200
  /// Messages over all venues, starts of day included, 100 ... 1 G. ITCH venues alone say exactly as many; others say
  /// some things in two messages, tell the time, or have no word for the close: a few more or less.
  public var messageCount = 1_000_000
  public var seed: UInt64 = 1
  /// 1 = line A only, 2 = lines A and B.
  public var lineCount = 2
  /// Share of packets that line A and line B lose.
  public var lossA = Probability.never
  public var lossB = Probability.never
  /// Share of packets that come twice on a line, the second copy up to 50 µs later.
  public var duplicate = Probability.never
  /// Share of packets that a line delivers 5 ... 205 µs late, so behind packets sent after them.
  public var reorder = Probability.never
  /// Line B lags line A by `skewNanoseconds` plus up to `jitterNanoseconds`, each 0 ... 10 ms.
  public var skewNanoseconds: UInt64 = 5_000
  public var jitterNanoseconds: UInt64 = 2_000
  /// True: line B cuts the message stream into packets of its own instead of repeating those of line A.
  public var lineBFramesDiffer = false
  /// New sessions in the middle of trading, spread over the venues, 0 ... 50.
  public var restartCount = 0
  /// Planted cross-venue dislocations, 0 ... 1 M; needs two venues.
  public var dislocationCount = 40
  /// What counts as an opportunity: edge per share after fees, nanodollars, 1 ... 1,000,000,000.
  public var minimumEdge: Int64 = 100_000
  /// What counts as an opportunity: shares over all levels with that edge, 1 ... 100,000.
  public var minimumQuantity = 1
  /// Taker fees by venue; the last one serves all venues after it.
  public var takerFees = [TakerFee()]
  /// Mean time between two messages of all venues while trading, nanoseconds, 100 ... 1 s.
  public var intervalNanoseconds: UInt64 = 50_000
  public var start = StartTime()

  public init() {}

  /// Name of the ITCH venue at `index` where none are named, as configuration, truth and expectations call it.
  public static func venueName(_ index: Int) -> String {
    index < venueNames.count ? venueNames[index] : "venue\(index + 1)"
  }

  public func name(ofVenue index: Int) -> String {
    venues.indices.contains(index) ? venues[index].name : Self.venueName(index)
  }

  public func feedProtocol(ofVenue index: Int) -> FeedProtocol {
    venues.indices.contains(index) ? venues[index].feedProtocol : .itch50
  }

  /// Every venue speaks ITCH.
  var isITCHAlone: Bool { venues.allSatisfy { $0.feedProtocol == .itch50 } }

  public func takerFee(venue: Int) -> TakerFee { takerFees[min(venue, takerFees.count - 1)] }

  /// Messages that the starts of day, restarts and closes take, and a little trading to go with them.
  var messageCountLeast: Int {
    let startOfDay = symbolCount * 3 + 30
    return venueCount * (startOfDay + 10) + restartCount * (startOfDay + symbolCount * 3) + dislocationCount * 8
  }

  /// - Throws: the first option out of its range, or that does not go with another.
  public func validate() throws(GeneratorError) {
    try Self.check("--venues", venueCount, Self.venueCountRange)
    try validateVenues()
    try Self.check("--symbols", symbolCount, Self.symbolCountRange)
    try Self.check("--messages", messageCount, Self.messageCountRange)
    try Self.check("--lines", lineCount, 1...2)
    try Self.check("--restarts", restartCount, Self.restartCountRange)
    try Self.check("--dislocations", dislocationCount, Self.dislocationCountRange)
    try Self.check("--skew-nanoseconds", skewNanoseconds, Self.delayRange)
    try Self.check("--jitter-nanoseconds", jitterNanoseconds, Self.delayRange)
    try Self.check("--interval-nanoseconds", intervalNanoseconds, Self.intervalRange)
    try Self.check("--minimum-edge (in nanodollars)", minimumEdge, Self.minimumEdgeRange)
    try Self.check("--minimum-quantity", minimumQuantity, Self.minimumQuantityRange)
    if takerFees.isEmpty || takerFees.count > venueCount {
      throw GeneratorError(
        "--taker-fee is given \(takerFees.count) times for \(venueCount) venue(s); give it 1 to \(venueCount) times")
    }
    for fee in takerFees {
      for tier in [fee.fromDollar, fee.belowDollar] {
        try Self.check("--taker-fee (in nanodollars)", tier.perShare, Self.takerFeeRange)
        try Self.check("--taker-fee-below-dollar (in billionths)", tier.fraction, Self.takerFractionRange)
      }
    }
    if dislocationCount > 0 && venueCount == 1 {
      throw GeneratorError(
        "--dislocations \(dislocationCount) needs two venues and --venues is 1; use --venues 2 or --dislocations 0")
    }
    if messageCount < messageCountLeast {
      throw GeneratorError(
        "--messages \(messageCount) is less than the \(messageCountLeast) that \(venueCount) venue(s) of "
          + "\(symbolCount) symbol(s) with these restarts and dislocations take; use more messages or fewer symbols")
    }
    let available = 86_280_000_000_000 - min(86_280_000_000_000, start.nanosecondsOfDay)
    let (needed, overflow) = UInt64(messageCount).multipliedReportingOverflow(by: intervalNanoseconds)
    if overflow || needed > available {
      throw GeneratorError(
        "--messages \(messageCount) every \(intervalNanoseconds) ns do not fit into the day after --start; "
          + "use an earlier --start, fewer --messages or a smaller --interval-nanoseconds")
    }
  }

  private func validateVenues() throws(GeneratorError) {
    for venue in venues { try venue.validate() }
    if !venues.isEmpty && venues.count != venueCount {
      throw GeneratorError(
        "--venue is given \(venues.count) times and --venues is \(venueCount); leave one of them out")
    }
    var names = Set<String>()
    for venue in venues where !names.insert(venue.name).inserted {
      throw GeneratorError("--venue '\(venue.name)' is given twice; give each venue a name of its own")
    }
  }

  static func check<T: FixedWidthInteger>(
    _ option: String, _ value: T, _ range: ClosedRange<T>
  ) throws(GeneratorError) {
    if !range.contains(value) {
      throw GeneratorError("\(option) \(value) is out of range; use \(range.lowerBound) to \(range.upperBound)")
    }
  }
}
