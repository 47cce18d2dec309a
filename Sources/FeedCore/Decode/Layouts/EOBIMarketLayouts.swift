extension EOBILayouts {
  /// Trades, states, auctions and snapshots of releases 3.0 and 6.0.
  enum Market {
    static func layouts(_ release: Release) -> [MessageLayout] {
      let newer = release == .release60
      return trades(newer) + states(newer) + quotes(newer) + snapshots(newer)
    }

    private static let lastQty = FieldLayout.signed("LastQty", 4)
    private static let transactTime = time("TransactTime")

    private static func count(_ title: String, of group: String) -> FieldLayout {
      .unsigned(title, 1, "entries in use", role: .entryCount(of: group))
    }

    /// Prices of several kinds of one instrument.
    private static func entries(_ title: String, _ capacity: Int, condition: Bool) -> GroupLayout {
      GroupLayout(
        title, .field,
        [price("MDEntryPx", optional: true), optionalQuantity("MDEntrySize"), code("MDEntryType")]
          + (condition ? [code("TradeCondition", optional: true), .reserved(2)] : [.reserved(3)]), capacity: capacity)
    }

    private static func trades(_ newer: Bool) -> [MessageLayout] {
      let reversal: [FieldLayout] = [
        securityID, transactTime, .unsigned("TrdMatchID", 4), lastQty, price("LastPx"),
        time("TrdRegTSExecutionTime", optional: true),
      ]
      let group = "MDTradeEntryGrp"
      return [
        message(
          13200, "TradeReversal",
          reversal
            + (newer
              ? [code("TradeCondition", optional: true), .reserved(6), count("NoMDEntries", of: group)]
              : [count("NoMDEntries", of: group), .reserved(7)]),
          entries(group, newer ? 15 : 11, condition: false)),
        message(
          13201, "TradeReport",
          [
            securityID, transactTime, newer ? .unsigned("TrdMatchID", 4).orNull() : .unsigned("TrdMatchID", 4),
            lastQty, price("LastPx"), code("MatchType", optional: newer), code("MatchSubType", optional: true),
          ]
            + (newer
              ? [
                code("AlgorithmicTradeIndicator", optional: true), code("TradeCondition", optional: true), .reserved(4),
              ] : [.reserved(6)])),
        message(
          13202, "ExecutionSummary",
          [
            securityID, time(newer ? "AggressorTime" : "AggressorTimestamp", optional: true),
            time("RequestTime", optional: true), time("ExecID"), lastQty, code("AggressorSide"),
            code("TradeCondition", optional: true), .reserved(2), price("LastPx"),
            optionalQuantity("RestingHiddenQty"), .signed("RestingCxlQty", 4),
          ], notes: "Comes before the executions of the event; not to be counted twice."),
      ]
    }

    private static func states(_ newer: Bool) -> [MessageLayout] {
      let condition = code("MarketCondition", optional: true)
      return [
        message(
          13300, "ProductStateChange",
          [code("TradingSessionID"), code("TradingSessionSubID"), code("TradSesStatus")] + (newer ? [condition] : [])
            + [code("FastMarketIndicator"), .reserved(newer ? 3 : 4), transactTime]),
        message(
          13301, "InstrumentStateChange",
          [securityID, code("SecurityStatus"), code("SecurityTradingStatus")]
            + (newer
              ? [
                code("MarketCondition"), code("FastMarketIndicator"), code("SecurityTradingEvent", optional: true),
                .reserved(3),
              ] : [code("FastMarketIndicator"), .reserved(5)]) + [transactTime]),
        message(
          13400, "AddComplexInstrument",
          [
            securityID, transactTime, optionalQuantity("SecuritySubType"), code("ProductComplex"),
            code("ImpliedMarketIndicator"), count("NoLegs", of: "InstrmtLegGrp"), .reserved(1),
          ],
          GroupLayout(
            "InstrmtLegGrp", .field,
            [
              .signed("LegSymbol", 4), .reserved(4), .signed("LegSecurityID", 8), optionalQuantity("LegRatioQty"),
              code("LegSide"), .reserved(3),
            ], capacity: 20)),
      ]
    }

    private static func quotes(_ newer: Bool) -> [MessageLayout] {
      let best = [transactTime, securityID, price("BidPx", optional: true), price("OfferPx", optional: true)]
      let event = code("PotentialSecurityTradingEvent", optional: true)
      return [
        message(
          13500, "AuctionBBO",
          best
            + (newer
              ? [optionalQuantity("BidSize"), optionalQuantity("OfferSize"), event, .reserved(7)] : [])),
        message(
          13501, "AuctionClearingPrice",
          [transactTime, securityID, price("LastPx")]
            + (newer
              ? [
                optionalQuantity("LastQty"), optionalQuantity("ImbalanceQty"),
                code("SecurityTradingStatus", optional: true), event, .reserved(6),
              ] : [])),
        message(13502, "CrossRequest", [securityID, lastQty, .reserved(4), transactTime]),
        message(
          13503, "QuoteRequest", [securityID, lastQty, code("Side", optional: newer), .reserved(3), transactTime]),
        message(13504, "TopOfBook", best),
      ]
    }

    private static func snapshots(_ newer: Bool) -> [MessageLayout] {
      let group = "MDInstrumentEntryGrp"
      let states = [code("SecurityStatus"), code("SecurityTradingStatus")]
      return [
        message(
          13600, "ProductSummary",
          [
            .unsigned("LastMsgSeqNumProcessed", 4, "apply what comes after it"),
            code("TradingSessionID", optional: !newer), code("TradingSessionSubID", optional: !newer),
            code("TradSesStatus", optional: !newer),
          ]
            + (newer
              ? [code("MarketCondition", optional: true), code("FastMarketIndicator"), .reserved(7)]
              : [code("FastMarketIndicator", optional: true)]), seen: newer),
        message(
          13601, "InstrumentSummary",
          [
            securityID, time("LastUpdateTime"), time("TrdRegTSExecutionTime", optional: true),
            .unsigned("TotNoOrders", 2, "SnapshotOrder messages that follow"),
          ] + states
            + (newer
              ? [
                code("MarketCondition"), code("FastMarketIndicator"), code("SecurityTradingEvent", optional: true),
                count("NoMDEntries", of: group),
              ] : [code("FastMarketIndicator"), count("NoMDEntries", of: group), .reserved(2)]),
          entries(group, newer ? 15 : 11, condition: newer), seen: newer),
      ]
    }
  }
}
