/// Books, trades, statistics and states of CME MDP 3.0, incremental.
enum CMEBookLayouts {
  private typealias Part = CMELayouts

  static let all = books + trades + volumes + statistics + states

  private static let incremental = [Part.transactTime, Part.matchEventIndicator, .reserved(2)]

  private static func message(
    _ template: UInt32, _ name: String, _ versions: ClosedRange<UInt32>, _ entry: [FieldLayout],
    _ more: [GroupLayout] = [], seen: Bool = false
  ) -> MessageLayout {
    Part.message(
      template, "MDIncrementalRefresh" + name, versions, incremental,
      [GroupLayout("NoMDEntries", Part.size3, entry)] + more, seen: seen)
  }

  // MARK: Books

  private static let orders = GroupLayout(
    "NoOrderIDEntries", Part.size8,
    [
      .unsigned("OrderID", 8), .unsigned("MDOrderPriority", 8).orNull(), Part.optionalSize("MDDisplayQty"),
      Part.optionalCode("ReferenceID", "position of the entry in NoMDEntries, from 1"),
      .unsigned("OrderUpdateAction", 1, "0 new, 1 update, 2 delete"), .reserved(2),
    ])

  private static func level(_ decimals: UInt8, _ size: FieldLayout, _ end: [FieldLayout]) -> [FieldLayout] {
    [
      Part.optionalPrice("MDEntryPx", decimals), size, Part.securityID, Part.rptSeq, Part.numberOfOrders.orNull(),
      .unsigned("MDPriceLevel", 1), Part.updateAction, Part.entryType,
    ] + end
  }

  private static func order(_ decimals: UInt8) -> [FieldLayout] {
    [
      .unsigned("OrderID", 8).orNull(), .unsigned("MDOrderPriority", 8).orNull(),
      Part.optionalPrice("MDEntryPx", decimals), Part.optionalSize("MDDisplayQty"), Part.securityID,
      Part.updateAction, Part.entryType, .reserved(6),
    ]
  }

  private static let size = Part.optionalSize("MDEntrySize")
  private static let longSize = FieldLayout.unsigned("MDEntrySize", 8)

  private static let books: [MessageLayout] = [
    message(32, "Book32", 5...6, level(7, size, [.reserved(5)]), seen: true),
    message(32, "Book32", 8...9, level(7, size, [.reserved(5)]), [orders], seen: true),
    message(43, "OrderBook43", 8...9, order(7)),
    message(46, "Book46", 9...9, level(9, size, [.reserved(5)]), [orders], seen: true),
    message(
      46, "Book46", 10...13, level(9, size, [Part.optionalSize("TradeableSize"), .reserved(1)]), [orders]),
    message(47, "OrderBook47", 9...13, order(9), seen: true),
    message(64, "BookLongQty64", 12...13, level(9, longSize.orNull(), [.reserved(1)]), [orders], seen: true),
  ]

  // MARK: Trades

  private static let fills = GroupLayout(
    "NoOrderIDEntries", Part.size8, [.unsigned("OrderID", 8), .signed("LastQty", 4), .reserved(4)])
  private static let aggressor = Part.optionalCode("AggressorSide", "0 none, 1 buy, 2 sell")
  private static let tradeEntryID = FieldLayout.unsigned("MDTradeEntryID", 4)

  private static func trade(_ decimals: UInt8, _ size: FieldLayout, _ end: [FieldLayout]) -> [FieldLayout] {
    [Part.price("MDEntryPx", decimals), size, Part.securityID, Part.rptSeq] + end
  }

  private static let trades: [MessageLayout] = [
    message(
      36, "Trade36", 5...8,
      trade(
        7, .signed("MDEntrySize", 4),
        [
          Part.numberOfOrders.orNull(), .signed("TradeID", 4), aggressor, Part.updateAction, .reserved(2),
        ])),
    message(
      42, "TradeSummary42", 5...6,
      trade(
        7, .signed("MDEntrySize", 4),
        [Part.numberOfOrders.orNull(), aggressor, Part.updateAction, .reserved(6)]), [fills]),
    message(
      42, "TradeSummary42", 8...9,
      trade(
        7, .signed("MDEntrySize", 4),
        [Part.numberOfOrders.orNull(), aggressor, Part.updateAction, tradeEntryID.orNull(), .reserved(2)]), [fills],
      seen: true),
    message(
      48, "TradeSummary48", 9...13,
      trade(
        9, .signed("MDEntrySize", 4),
        [Part.numberOfOrders, aggressor, Part.updateAction, tradeEntryID.orNull(), .reserved(2)]), [fills],
      seen: true),
    message(
      65, "TradeSummaryLongQty65", 12...13,
      trade(9, longSize, [Part.numberOfOrders, tradeEntryID, aggressor, Part.updateAction, .reserved(6)]), [fills],
      seen: true),
  ]

  private static let volumes: [MessageLayout] = [
    message(
      37, "Volume37", 5...13,
      [.signed("MDEntrySize", 4), Part.securityID, Part.rptSeq, Part.updateAction, .reserved(3)], seen: true),
    message(
      66, "VolumeLongQty66", 12...13, [longSize, Part.securityID, Part.rptSeq, Part.updateAction, .reserved(7)]),
  ]

  // MARK: Statistics

  private static func daily(_ decimals: UInt8) -> [FieldLayout] {
    [
      Part.optionalPrice("MDEntryPx", decimals), size, Part.securityID, Part.rptSeq, Part.date("TradingReferenceDate"),
      .unsigned("SettlPriceType", 1), Part.updateAction, Part.entryType, .reserved(7),
    ]
  }

  private static func limits(_ decimals: UInt8) -> [FieldLayout] {
    ["HighLimitPrice", "LowLimitPrice", "MaxPriceVariation"].map { Part.optionalPrice($0, decimals) }
      + [Part.securityID, Part.rptSeq]
  }

  private static let flag = Part.optionalCode(
    "OpenCloseSettlFlag",
    "0 daily open, 5 indicative open, 100 intraday VWAP, 101 to 103 repo averages")

  private static func sessionStatistics(_ decimals: UInt8, _ end: [FieldLayout]) -> [FieldLayout] {
    [Part.price("MDEntryPx", decimals), Part.securityID, Part.rptSeq, flag, Part.updateAction, Part.entryType] + end
  }

  private static let statistics: [MessageLayout] = [
    message(33, "DailyStatistics33", 5...9, daily(7)),
    message(34, "LimitsBanding34", 5...9, limits(7)),
    message(35, "SessionStatistics35", 5...6, sessionStatistics(7, [.reserved(5)]), seen: true),
    message(35, "SessionStatistics35", 8...9, sessionStatistics(7, [size, .reserved(1)])),
    message(49, "DailyStatistics49", 9...13, daily(9)),
    message(50, "LimitsBanding50", 9...13, limits(9)),
    message(51, "SessionStatistics51", 9...13, sessionStatistics(9, [size, .reserved(1)])),
    message(
      67, "SessionStatisticsLongQty67", 12...13,
      [
        Part.price("MDEntryPx"), longSize.orNull(), Part.securityID, Part.rptSeq, flag, Part.updateAction,
        Part.entryType, .reserved(5),
      ]),
  ]

  // MARK: States

  private static let haltReason = FieldLayout.unsigned(
    "HaltReason", 1,
    """
    0 schedule, 1 surveillance, 2 market event, 3 activation, 4 expiration, 5 unknown, 6 recovery, 7 trade date roll
    """)
  private static let tradingEvent = FieldLayout.unsigned(
    "SecurityTradingEvent", 1,
    "0 none, 1 no cancel, 4 reset statistics, 5 implied on, 6 implied off, 7 end of workup")
  private static let tradingStatus = FieldLayout.unsigned(
    "SecurityTradingStatus", 1,
    """
    2 halt, 4 close, 15 new price indication, 17 ready to trade, 18 not available, 20 unknown, 21 pre-open, \
    24 pre-cross, 25 cross, 26 post-close, 103 no change, 201 private, 202 public workup
    """)

  private static let states: [MessageLayout] = [
    Part.message(
      30, "SecurityStatus30", 5...13,
      [
        Part.transactTime, .text("SecurityGroup", 6), .text("Asset", 6), Part.securityID.orNull(),
        Part.date("TradeDate"), Part.matchEventIndicator, tradingStatus.orNull(), haltReason, tradingEvent,
      ], notes: "Without SecurityID: for the whole group."),
    Part.message(
      39, "QuoteRequest39", 5...13,
      [Part.transactTime, .text("QuoteReqID", 23), Part.matchEventIndicator, .reserved(3)],
      [
        GroupLayout(
          "NoRelatedSym", Part.size3,
          [
            .text("Symbol", 20), Part.securityID, Part.optionalSize("OrderQty"), .signed("QuoteType", 1),
            FieldLayout.signed("Side", 1).orNull(), .reserved(2),
          ])
      ]),
    Part.message(
      60, "SecurityStatusWorkup60", 10...13,
      [
        Part.transactTime, Part.optionalPrice("MDEntryPx"), Part.securityID, Part.matchEventIndicator,
        Part.date("TradeDate"), .unsigned("TradeLinkID", 4), tradingStatus, haltReason, tradingEvent,
      ],
      [
        GroupLayout(
          "NoOrderIDEntries", Part.size3,
          [.unsigned("OrderID", 8), .unsigned("Side", 1), Part.optionalCode("AggressorIndicator")])
      ]),
    Part.message(
      62, "CollateralMarketValue62", 11...13, incremental,
      [
        GroupLayout(
          "NoMDEntries", Part.size3,
          [
            .text("UnderlyingSecurityAltID", 12), Part.optionalCode("UnderlyingSecurityAltIDSource"),
            Part.price("CollateralMarketPrice"), Part.price("DirtyPrice"), .unsigned("UnderlyingInstrumentGUID", 8),
            Part.optionalCode("MDStreamID"), .reserved(2),
          ])
      ]),
  ]
}
