import FeedCore

extension BookReport {
  /// Prices are the venue's raw integers, as in TSV; the consolidated best and the VWAP are nanodollars.
  func writeJSON(to output: TextOutput) {
    var writer = JSONWriter(output)
    writer.object { json in
      if let symbol {
        let best = run.replay.consolidatedBest(of: symbol)
        json.member("symbol", symbol.description)
        json.object("consolidatedBest", isInline: true) { json in
          json.member("bid", best.bid)
          json.member("ask", best.ask)
        }
      }
      json.list("books") { json in
        for instrument in instruments {
          json.object(isInline: symbol == nil) { json in writeBook(instrument, &json) }
        }
      }
    }
  }

  private func writeBook(_ instrument: InstrumentSummary, _ json: inout JSONWriter) {
    let record = instrument.record
    json.member("venue", instrument.venueName)
    json.member("locate", instrument.locate)
    json.member("symbol", instrument.symbol.description)
    json.member("canonicalSymbol", instrument.canonical.description)
    json.member("priceNanounits", instrument.scale.nanounits)
    json.member("priceDivisor", instrument.scale.divisor)
    json.member("quantityNanounits", instrument.quantityScale.nanounits)
    json.member("quantityDivisor", instrument.quantityScale.divisor)
    json.member("bidPrice", instrument.scale.raw(stored: instrument.top.bidPrice))
    json.member("bidQuantity", instrument.quantityScale.raw(stored: instrument.top.bidQuantity))
    json.member("bidOrders", instrument.bidOrders)
    json.member("askPrice", instrument.scale.raw(stored: instrument.top.askPrice))
    json.member("askQuantity", instrument.quantityScale.raw(stored: instrument.top.askQuantity))
    json.member("askOrders", instrument.askOrders)
    json.member("state", "\(instrument.state)")
    json.member("roundLot", record.roundLot)
    for (key, side) in [("bidRoundLotPrice", Side.buy), ("askRoundLotPrice", .sell)] {
      let best = run.replay.bestRoundLot(of: instrument, side: side)
      json.member(key, best.map { instrument.scale.raw(stored: $0.price) })
    }
    json.member("volume", instrument.quantityScale.raw(stored: record.volume))
    json.member("vwap", Self.vwap(instrument))
    let hasTrade = record.lastQuantity > 0
    json.member("lastPrice", hasTrade ? instrument.scale.raw(stored: record.lastPrice) : nil)
    json.member("lastQuantity", hasTrade ? instrument.quantityScale.raw(stored: record.lastQuantity) : nil)
    json.member("lastTradeNanoseconds", hasTrade ? record.lastTradeNanoseconds : nil)
    if symbol == nil { return }
    for (key, side) in [("bids", Side.buy), ("asks", .sell)] {
      json.list(key) { json in
        for level in levels(of: instrument, side: side) { writeLevel(level, of: instrument, &json) }
      }
    }
  }

  private func writeLevel(_ level: SideLevel, of instrument: InstrumentSummary, _ json: inout JSONWriter) {
    json.object(isInline: true) { json in
      json.member("price", instrument.scale.raw(stored: level.price))
      json.member("quantity", instrument.quantityScale.raw(stored: level.quantity))
      json.member("orders", level.orders)
      guard showsQueues else { return }
      json.list("queue") { json in
        for order in level.queue {
          json.object { json in
            json.member("orderReferenceNumber", order.orderReferenceNumber)
            json.member("quantity", instrument.quantityScale.raw(stored: order.quantity))
          }
        }
      }
    }
  }
}
