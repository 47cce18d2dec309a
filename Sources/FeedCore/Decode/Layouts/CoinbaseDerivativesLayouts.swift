/// The messages of the Coinbase Derivatives market data API, and the header of its packets.
///
/// Source: the venue's SBE template files, schema 1201 versions 2 (1.2) and 7 (1.7). Little-endian; prices are signed
/// with nine implied decimals, times nanoseconds since 1970 UTC; an optional number without value is the smallest one.
/// Messages are padded to a multiple of eight bytes. Where both versions agree, all between do; definitions and starts
/// of snapshots are known of version 2 alone.
public enum CoinbaseDerivativesLayouts {
  public static let description = ProtocolDescription(
    name: "coinbase-derivatives", byteOrder: .little, headLength: 10, alignment: 8, textPadding: 0,
    layouts: incremental + definitions + snapshots + retransmission)

  /// The header before the messages of a packet.
  public static let packetHeader = ProtocolDescription(
    name: "mdapi", byteOrder: .little,
    layouts: [
      MessageLayout(
        code: 0, typeText: "MDAPI", "Packet Header",
        [
          .signed("sendingTime", 8, "nanoseconds since 1970 UTC"), .signed("seqNum", 8, "of the first message"),
          .unsigned("channelId", 2), .unsigned("flags", 1, "0x01 incremental, 0x02 snapshot, 0x04 retransmission"),
          .unsigned("messageCount", 1), .signed("snapshotInstrumentId", 4, "in snapshots"),
        ], isSeen: true)
    ])

  private static let anyVersion = LayoutSelector.versions(2...7, andLater: true)
  private static let version2 = LayoutSelector.versions(2...2, andLater: false)

  private static func message(
    _ code: UInt32, _ name: String, _ fields: [FieldLayout], _ notes: String = "",
    _ selector: LayoutSelector = anyVersion, seen: Bool = false
  ) -> MessageLayout {
    let head: [FieldLayout] = [
      .unsigned("frameLength", 2, "of this message, padding included", role: .messageLength(excluding: 0)),
      .unsigned("blockLength", 2, "bytes after the head", role: .blockLength),
      .unsigned("templateId", 2, role: .type),
      .unsigned("schemaId", 2, "1201", role: .schema(1201)),
      .unsigned("version", 2, role: .version),
    ]
    return MessageLayout(code: code, name, head + fields, selector: selector, isSeen: seen, notes: notes)
  }

  // MARK: Fields

  private static func price(_ title: String) -> FieldLayout { .signedPrice(title, 8, decimals: 9) }
  private static func optionalPrice(_ title: String) -> FieldLayout { price(title).orNull(.smallest) }

  private static let instrument: [FieldLayout] = [
    .unsigned("flags", 1, "0x01 start of transaction, 0x02 end of transaction, 0x80 clear book"),
    .signed("side", 1, "1 buy, -1 sell, 0 opening fill"), .signed("instrumentId", 4),
    .unsigned("instrSeqNum", 4, "counts per instrument and day"), .unsigned("tradingSessionDate", 2, "days since 1970"),
    .reserved(2), .signed("transactTime", 8, "nanoseconds since 1970 UTC"),
  ]
  private static let orderId = FieldLayout.signed("orderId", 8)
  private static let quantity = FieldLayout.signed("quantity", 4)
  private static let match: [FieldLayout] = [
    .signed("matchId", 8), .signed("buyOrderId", 8).orNull(.smallest), .signed("sellOrderId", 8).orNull(.smallest),
  ]

  // MARK: Messages

  private static let incremental: [MessageLayout] = [
    message(
      17, "TradingStatusUpdate",
      instrument + [
        price("limitDownPrice"), price("limitUpPrice"),
        .signed(
          "tradingStatus", 1,
          "0 pre-open, 1 open, 2 halt, 3 pause, 4 close, 5 pre-open without cancel, 6 expired"),
      ]),
    message(
      20, "OrderPut", instrument + [orderId, price("price"), quantity], "Adds the order, or replaces it by its id.",
      seen: true),
    message(21, "OrderDelete", instrument + [orderId], seen: true),
    message(
      22, "ImpliedOrderUpdate",
      instrument + [
        optionalPrice("bestPrice"), optionalPrice("nextPrice"), .signed("bestQty", 4), .signed("nextQty", 4),
      ]),
    message(30, "Trade", instrument + match + [price("price"), quantity], "The book stays."),
    message(31, "TradeAmend", instrument + match + [price("oldPrice"), price("newPrice")]),
    message(32, "TradeBust", instrument + match),
    message(
      33, "TradeSummary",
      instrument + [
        .signed("aggressorOrderId", 8), .signed("aggressorReceiveTime", 8), price("vwapPrice"), price("deepestPrice"),
        quantity,
      ]),
    message(
      34, "SpreadTradeAmend",
      instrument + match
        + ["oldPrice", "newPrice", "oldLeg1Price", "newLeg1Price", "oldLeg2Price", "newLeg2Price"].map(price), "",
      version2),
    message(40, "MarketStat", instrument + [price("price"), .character("statType", "I indicative opening price")]),
    message(41, "TradeSessionVolume", instrument + [price("vwapPrice"), .signed("tradeVolume", 4)]),
    message(42, "OpenInterest", instrument + [quantity]),
  ]

  private static let definition = instrument + [
    .text("symbol", 24), .text("productCode", 8), .text("description", 32), price("priceIncrement"),
    .text("cfiCode", 8), .text("currency", 8), .unsigned("firstTradingSessionDate", 2),
    .unsigned("lastTradingSessionDate", 2), .signed("contractSize", 4), optionalPrice("priorSettlementPrice"),
    optionalPrice("settlementPrice"), price("limitDownPrice"), price("limitUpPrice"), .signed("productId", 4),
    .signed("productGroup", 1), .signed("tradingStatus", 1),
  ]
  private static let legs: [FieldLayout] = [
    .signed("leg1InstrumentId", 4), .signed("leg2InstrumentId", 4),
    .signed("spreadBuyConvention", 1, "1 far bid, -1 near bid"),
  ]
  private static let definitionFlags = FieldLayout.unsigned("definitionFlags", 2)

  private static let definitions: [MessageLayout] = [
    message(10, "OutrightInstrumentDefinition", definition + [definitionFlags], "", version2),
    message(11, "SpreadInstrumentDefinition", definition + legs + [definitionFlags], "", version2),
  ]

  private static let snapshotStart: [FieldLayout] = [
    .unsigned("snapshotSeqNum", 2), .unsigned("lastInstrSeqNum", 4, "go on with the next"), .text("symbol", 24),
    .text("productCode", 8), .text("description", 32), price("priceIncrement"), .text("cfiCode", 8),
    .text("currency", 8), .signed("productId", 4), .signed("contractSize", 4), .signed("orderCount", 4),
    .unsigned("firstTradingSessionDate", 2), .unsigned("lastTradingSessionDate", 2),
    .unsigned("tradingSessionDate", 2), .signed("productGroup", 1), .signed("tradingStatus", 1),
  ]

  private static let snapshots: [MessageLayout] = [
    message(110, "StartOfOutrightInstrumentSnapshot", snapshotStart, "", version2, seen: true),
    message(111, "StartOfSpreadInstrumentSnapshot", snapshotStart + legs, "", version2, seen: true),
    message(
      120, "OrderSnapshot",
      [
        .unsigned("snapshotSeqNum", 2), .signed("quantity", 4, "positive buy, negative sell"),
        .signed("transactTime", 8), orderId, price("price"),
      ], seen: true),
    message(122, "EndOfSnapshot", snapshotEnd, "", version2, seen: true),
    message(124, "EndOfCycle", [.signed("count", 4)], "", .versions(7...7, andLater: true)),
  ]

  private static let snapshotEnd: [FieldLayout] =
    [.unsigned("snapshotSeqNum", 2), .signed("tradeVolume", 4)]
    + [
      "indicativeOpenPrice", "dayOpenPrice", "closePrice", "lowPrice", "highPrice", "vwapPrice", "settlementPrice",
      "lastTradePrice",
    ].map(optionalPrice)
    + [FieldLayout.signed("lastTradeTime", 8, "nanoseconds since 1970 UTC").orNull(.smallest)]
    + ["bestBidImpliedPrice", "bestAskImpliedPrice", "nextBidImpliedPrice", "nextAskImpliedPrice"].map(optionalPrice)
    + [price("limitDownPrice"), price("limitUpPrice")]
    + [
      "lastTradeQty", "openInterest", "bestBidImpliedQty", "bestAskImpliedQty", "nextBidImpliedQty",
      "nextAskImpliedQty",
    ].map { FieldLayout.signed($0, 4) }
    + [optionalPrice("priorSettlementPrice"), definitionFlags]

  private static let retransmission: [MessageLayout] = [
    message(200, "RetransmitRequest", [.signed("beginSeqNum", 8), .unsigned("messageCount", 1)], "UDP or TCP."),
    message(
      202, "RetransmitReject", [.signed("retryDelayNanos", 8), .text("details", 40), .signed("reason", 1)]),
  ]
}
