/// Snapshots of CME MDP 3.0: books by price, by order, and over TCP.
enum CMESnapshotLayouts {
  private typealias Part = CMELayouts

  static let all: [MessageLayout] = [
    message(38, "SnapshotFullRefresh38", 5...9, byPrice(7), levels(7)),
    message(44, "SnapshotFullRefreshOrderBook44", 8...9, chunk, orders(7, .unsigned("MDOrderPriority", 8).orNull())),
    message(52, "SnapshotFullRefresh52", 9...13, byPrice(9), levels(9)),
    message(53, "SnapshotFullRefreshOrderBook53", 9...13, chunk, orders(9, .unsigned("MDOrderPriority", 8).orNull())),
    message(
      59, "SnapshotRefreshTopOrders59", 10...13, [Part.transactTime, Part.matchEventIndicator, Part.securityID],
      orders(9, .unsigned("MDOrderPriority", 8))),
    message(
      61, "SnapshotFullRefreshTCP61", 10...13, overTCP,
      [
        Part.optionalPrice("MDEntryPx"), Part.optionalSize("MDEntrySize"), Part.optionalSize("TradeableSize"),
        Part.numberOfOrders.orNull(), FieldLayout.signed("MDPriceLevel", 1).orNull(), flag, Part.entryType,
        Part.date("TradingReferenceDate"), .unsigned("SettlPriceType", 1),
      ]),
    message(68, "SnapshotFullRefreshTCPLongQty68", 12...13, overTCP, longLevels),
    message(69, "SnapshotFullRefreshLongQty69", 12...13, byPrice(9), longLevels),
  ]

  private static func message(
    _ template: UInt32, _ name: String, _ versions: ClosedRange<UInt32>, _ fields: [FieldLayout],
    _ entry: [FieldLayout]
  ) -> MessageLayout {
    Part.message(template, name, versions, fields, [GroupLayout("NoMDEntries", Part.size3, entry)])
  }

  private static let flag = Part.optionalCode("OpenCloseSettlFlag")

  private static func limits(_ decimals: UInt8) -> [FieldLayout] {
    ["HighLimitPrice", "LowLimitPrice", "MaxPriceVariation"].map { Part.optionalPrice($0, decimals) }
  }

  private static func byPrice(_ decimals: UInt8) -> [FieldLayout] {
    [
      .unsigned("LastMsgSeqNumProcessed", 4, "apply the packets after it"),
      .unsigned("TotNumReports", 4, "instruments of the loop"), Part.securityID,
      .unsigned("RptSeq", 4, "the instrument's next is one more"), Part.transactTime, .unsigned("LastUpdateTime", 8),
      Part.date("TradeDate"), Part.optionalCode("MDSecurityTradingStatus"),
    ] + limits(decimals)
  }

  private static let chunk: [FieldLayout] = [
    .unsigned("LastMsgSeqNumProcessed", 4), .unsigned("TotNumReports", 4), Part.securityID, .unsigned("NoChunks", 4),
    .unsigned("CurrentChunk", 4), Part.transactTime,
  ]

  private static let overTCP = [Part.transactTime, Part.matchEventIndicator, Part.securityID] + limits(9)

  private static func levels(_ decimals: UInt8) -> [FieldLayout] {
    [
      Part.optionalPrice("MDEntryPx", decimals), Part.optionalSize("MDEntrySize"), Part.numberOfOrders.orNull(),
      FieldLayout.signed("MDPriceLevel", 1).orNull(), Part.date("TradingReferenceDate"), flag,
      .unsigned("SettlPriceType", 1), Part.entryType,
    ]
  }

  private static let longLevels: [FieldLayout] = [
    Part.optionalPrice("MDEntryPx"), .unsigned("MDEntrySize", 8).orNull(), Part.numberOfOrders.orNull(),
    Part.optionalCode("MDPriceLevel"), flag, Part.entryType,
  ]

  private static func orders(_ decimals: UInt8, _ priority: FieldLayout) -> [FieldLayout] {
    [
      .unsigned("OrderID", 8), priority, Part.price("MDEntryPx", decimals), .signed("MDDisplayQty", 4), Part.entryType,
    ]
  }
}
