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

  private static func decimals(unit: Int64) -> Int {
    var decimals = 4
    var step: Int64 = 100_000
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
        bid ? Text.grouped(instrument.bidOrders) : "", bid ? Text.grouped(top.bidQuantity) : "",
        bid ? Self.price(top.bidPrice, of: instrument) : "-", ask ? Self.price(top.askPrice, of: instrument) : "-",
        ask ? Text.grouped(top.askQuantity) : "", ask ? Text.grouped(instrument.askOrders) : "",
        Text.grouped(instrument.record.volume),
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
      trade = "last \(Text.grouped(record.lastQuantity)) at \(Self.price(record.lastPrice, of: instrument)), "
        + TimeText.timeOfDay(record.lastTradeNanoseconds)
    }
    if let vwap = Self.vwap(instrument) {
      trade += ", volume \(Text.grouped(record.volume)), VWAP \(Text.money(Int128(vwap), decimals: 4))"
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
        bid.map { Text.grouped($0.orders) } ?? "", bid.map { Text.grouped($0.quantity) } ?? "",
        bid.map { Self.price($0.price, of: instrument) } ?? "", ask.map { Self.price($0.price, of: instrument) } ?? "",
        ask.map { Text.grouped($0.quantity) } ?? "", ask.map { Text.grouped($0.orders) } ?? "",
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
            + "\(Text.grouped(level.quantity)) shares in \(Text.grouped(level.orders)) orders")
        for (position, order) in level.queue.enumerated() {
          lines.append(
            "  \(Text.right("\(position + 1)", 5)).  order \(Text.left("\(order.orderReferenceNumber)", 20))  "
              + "\(Text.right(Text.grouped(order.quantity), 9)) shares")
        }
      }
    }
    return lines
  }
}
