import FeedCore

extension BookReport {
  func writeTable(to output: TextOutput) {
    let lines = symbol.map { booksOfSymbol($0) } ?? tops
    for line in lines { output.write(line + "\n") }
  }

  /// A price of the instrument's book with the decimals its unit needs, at least four.
  private static func price(_ stored: Int32, of instrument: InstrumentSummary) -> String {
    Text.money(
      Int128(stored) * Int128(instrument.scale.nanounits), decimals: decimals(unit: instrument.scale.nanounits))
  }

  /// A quantity in what the instrument is counted in, with the decimals its unit needs: none for whole shares.
  private static func quantity(_ stored: some BinaryInteger, of instrument: InstrumentSummary) -> String {
    let unit = instrument.quantityScale.nanounits
    return Text.money(Int128(stored) * Int128(unit), decimals: decimals(unit: unit, atLeast: 0))
  }

  private static func decimals(unit: Int64, atLeast least: Int = 4) -> Int {
    var decimals = least
    var step = (least..<9).reduce(Int64(1)) { step, _ in step * 10 }
    while step > 1, unit % step != 0 {
      step /= 10
      decimals += 1
    }
    return decimals
  }

  /// All instruments, a line each.
  private var tops: [String] {
    var table = TextTable([
      ("venue", .left), ("locate", .right), ("symbol", .left), ("orders", .right), ("bid size", .right),
      ("bid", .right), ("ask", .right), ("ask size", .right), ("orders", .right), ("volume", .right), ("last", .right),
      ("state", .left),
    ])
    for instrument in instruments {
      let top = instrument.top
      let bid = top.bidQuantity > 0
      let ask = top.askQuantity > 0
      table.append([
        instrument.venueName, "\(instrument.locate)", instrument.symbol.description,
        bid ? Text.grouped(instrument.bidOrders) : "", bid ? Self.quantity(top.bidQuantity, of: instrument) : "",
        bid ? Self.price(top.bidPrice, of: instrument) : "-", ask ? Self.price(top.askPrice, of: instrument) : "-",
        ask ? Self.quantity(top.askQuantity, of: instrument) : "", ask ? Text.grouped(instrument.askOrders) : "",
        Self.quantity(instrument.record.volume, of: instrument),
        instrument.record.lastQuantity > 0 ? Self.price(instrument.record.lastPrice, of: instrument) : "-",
        "\(instrument.state)",
      ])
    }
    return table.lines
  }

  /// One symbol: its consolidated best, then each venue's book.
  private func booksOfSymbol(_ symbol: Symbol) -> [String] {
    let best = run.replay.consolidatedBest(of: symbol)
    func text(_ price: Nanodollars?) -> String { price.map { Text.money(Int128($0), decimals: 4) } ?? "none" }
    var lines = ["\(symbol): consolidated best \(text(best.bid)) bid, \(text(best.ask)) ask, over venues that are ok"]
    for instrument in instruments {
      lines.append("")
      lines += head(of: instrument)
      lines += showsQueues ? queues(of: instrument) : ladder(of: instrument)
    }
    return lines
  }

  private func head(of instrument: InstrumentSummary) -> [String] {
    let record = instrument.record
    var trade = "no trade"
    if record.lastQuantity > 0 {
      trade = "last \(Self.quantity(record.lastQuantity, of: instrument)) at "
        + "\(Self.price(record.lastPrice, of: instrument)), "
        + TimeText.timeOfDay(record.lastTradeNanoseconds)
    }
    if let vwap = Self.vwap(instrument) {
      trade += ", volume \(Self.quantity(record.volume, of: instrument)), VWAP \(Text.money(Int128(vwap), decimals: 4))"
    }
    let roundLots = [Side.buy, .sell].map { side in
      run.replay.bestRoundLot(of: instrument, side: side).map { Self.price($0.price, of: instrument) } ?? "none"
    }
    return [
      "\(instrument.venueName), locate \(instrument.locate), \(instrument.state); \(trade)",
      "best for a round lot of \(record.roundLot): \(roundLots[0]) bid, \(roundLots[1]) ask",
    ]
  }

  private func ladder(of instrument: InstrumentSummary) -> [String] {
    let bids = levels(of: instrument, side: .buy)
    let asks = levels(of: instrument, side: .sell)
    var table = TextTable([
      ("orders", .right), ("quantity", .right), ("bid", .right), ("ask", .right), ("quantity", .right),
      ("orders", .right),
    ])
    for index in 0..<max(bids.count, asks.count) {
      let bid = index < bids.count ? bids[index] : nil
      let ask = index < asks.count ? asks[index] : nil
      table.append([
        bid.map { Text.grouped($0.orders) } ?? "", bid.map { Self.quantity($0.quantity, of: instrument) } ?? "",
        bid.map { Self.price($0.price, of: instrument) } ?? "", ask.map { Self.price($0.price, of: instrument) } ?? "",
        ask.map { Self.quantity($0.quantity, of: instrument) } ?? "", ask.map { Text.grouped($0.orders) } ?? "",
      ])
    }
    return table.lines
  }

  /// Each level with its orders in the order in which they would be filled.
  private func queues(of instrument: InstrumentSummary) -> [String] {
    var lines: [String] = []
    for side in [Side.buy, .sell] {
      for level in levels(of: instrument, side: side) {
        lines.append(
          "\(side == .buy ? "bid" : "ask") \(Self.price(level.price, of: instrument)): "
            + "\(Self.quantity(level.quantity, of: instrument)) shares in \(Text.grouped(level.orders)) orders")
        for (position, order) in level.queue.enumerated() {
          lines.append(
            "  \(Text.right("\(position + 1)", 5)).  order \(Text.left("\(order.orderReferenceNumber)", 20))  "
              + "\(Text.right(Self.quantity(order.quantity, of: instrument), 9)) shares")
        }
      }
    }
    return lines
  }
}
