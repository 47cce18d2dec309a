import FeedCore

/// What `feedh book` prints: the best prices of every instrument, or one symbol's books at every venue.
public struct BookReport {
  public enum Format: String, Sendable, CaseIterable {
    case table
    case json
    case tsv
  }

  let run: CaptureRun
  /// Of one symbol, in its canonical form, or nil: of all.
  let symbol: Symbol?
  /// Price levels per side.
  let depth: Int
  let showsQueues: Bool
  /// In order of venue (as the configuration or the command line names them), then of locate.
  let instruments: [InstrumentSummary]

  /// - Parameters:
  ///   - run: one that has run.
  ///   - symbol: canonical, or as a venue writes it: its listings at all venues.
  ///   - depth: price levels per side of one symbol's book, at least 1.
  ///   - showsQueues: each level's orders, too.
  /// - Throws: `BookReportError` for a symbol that the captures do not name.
  public init(
    _ run: CaptureRun, symbol: Symbol? = nil, depth: Int = 10, showsQueues: Bool = false
  ) throws(BookReportError) {
    self.run = run
    self.depth = depth
    self.showsQueues = showsQueues
    let all = run.summary.instruments
    guard let symbol else {
      (self.symbol, instruments) = (nil, all)
      return
    }
    // What has no name but its number: with or without the "#" before it.
    let numbered = Symbol("#\(symbol)")
    guard
      let listing = all.first(where: { $0.canonical == symbol }) ?? all.first(where: { $0.symbol == symbol })
        ?? all.first(where: { $0.symbol == numbered })
    else { throw BookReportError(symbol: symbol) }
    self.symbol = listing.canonical
    instruments = all.filter { $0.canonical == listing.canonical }
  }

  public func write(_ format: Format, to output: TextOutput) {
    switch format {
    case .tsv: symbol == nil ? writeTopRows(to: output) : writeLevelRows(to: output)
    case .json: writeJSON(to: output)
    case .table: writeTable(to: output)
    }
  }

  struct SideLevel {
    var price: Int32
    var quantity: UInt32
    var orders: Int
    /// In queue order; empty unless queues are shown.
    var queue: [RestingOrder] = []
  }

  func levels(of instrument: InstrumentSummary, side: Side) -> [SideLevel] {
    var levels = run.replay.levels(of: instrument, side: side).prefix(depth).map {
      SideLevel(price: $0.price, quantity: $0.quantity, orders: $0.orders)
    }
    if showsQueues {
      let byPrice = Dictionary(grouping: run.replay.queue(of: instrument, side: side)) { $0.price }
      for index in levels.indices { levels[index].queue = byPrice[levels[index].price] ?? [] }
    }
    return levels
  }

  /// Volume-weighted average price, nanodollars, cut off; nil where nothing traded.
  static func vwap(_ instrument: InstrumentSummary) -> Nanodollars? {
    let record = instrument.record
    if record.volume == 0 { return nil }
    return Nanodollars(
      clamping: Int128(record.turnover) * Int128(instrument.scale.nanounits) / Int128(record.volume))
  }

  // MARK: - TSV

  static let topHeader =
    "venue\tlocate\tsymbol\tbidPrice\tbidQuantity\tbidOrders\taskPrice\taskQuantity\taskOrders\tstate"

  private func writeTopRows(to output: TextOutput) {
    output.write(Self.topHeader + "\n")
    for instrument in instruments {
      let top = instrument.top
      output.write(
        "\(instrument.venueName)\t\(instrument.locate)\t\(instrument.symbol)\t"
          + "\(instrument.scale.raw(stored: top.bidPrice))\t\(instrument.quantityScale.raw(stored: top.bidQuantity))"
          + "\t\(instrument.bidOrders)\t\(instrument.scale.raw(stored: top.askPrice))"
          + "\t\(instrument.quantityScale.raw(stored: top.askQuantity))"
          + "\t\(instrument.askOrders)\t\(instrument.state)\n")
    }
  }

  static let levelHeader = "venue\tlocate\tsymbol\tside\tlevel\tprice\tquantity\torders"
  static let queueHeader =
    "venue\tlocate\tsymbol\tside\tlevel\tprice\tposition\torderReferenceNumber\tquantity"

  private func writeLevelRows(to output: TextOutput) {
    output.write((showsQueues ? Self.queueHeader : Self.levelHeader) + "\n")
    for instrument in instruments {
      for side in [Side.buy, .sell] {
        for (number, level) in levels(of: instrument, side: side).enumerated() {
          let head = "\(instrument.venueName)\t\(instrument.locate)\t\(instrument.symbol)\t"
            + "\(side == .buy ? "B" : "S")\t\(number + 1)\t"
            + "\(instrument.scale.raw(stored: level.price))\t"
          if !showsQueues {
            output.write(head + "\(instrument.quantityScale.raw(stored: level.quantity))\t\(level.orders)\n")
          }
          for (position, order) in level.queue.enumerated() {
            output.write(
              head + "\(position + 1)\t\(order.orderReferenceNumber)"
                + "\t\(instrument.quantityScale.raw(stored: order.quantity))\n")
          }
        }
      }
    }
  }
}

/// A symbol that no message of the captures names.
public struct BookReportError: Error, Equatable, Sendable, CustomStringConvertible {
  public let symbol: Symbol

  public var description: String {
    "symbol \(symbol) is not in these captures; feedh book without --symbol lists those that are"
  }
}
