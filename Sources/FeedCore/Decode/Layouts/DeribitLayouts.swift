/// The messages of Deribit's multicast, and the header of its packets.
///
/// Sources: Deribit "Multicast Developer Guide", the schema `com.deribit.multicast` (id 1) versions 1 to 3, packets of
/// its test system. Little-endian. Prices and amounts are binary64, not a number where there is no value; times are
/// milliseconds since 1970 UTC. A message tells how many groups and strings follow its block, so that unknown ones can
/// be skipped.
public enum DeribitLayouts {
  public static let description = ProtocolDescription(
    name: "deribit", byteOrder: .little, headLength: 12, textPadding: 0, unknownGroup: dimension,
    layouts: instruments + market + other)

  /// The header before the messages of a packet.
  public static let packetHeader = ProtocolDescription(
    name: "deribit-frame", byteOrder: .little,
    layouts: [
      MessageLayout(
        code: 0, typeText: "frame", "Framing Header",
        [
          .unsigned("packetLength", 2, "bytes after this header"), .unsigned("channelId", 2),
          .unsigned("channelSequence", 4, "counts the packets of the channel"),
        ], isSeen: true)
    ])

  /// Header of every group: block length, number of entries, and two counts that were 0 so far.
  private static let dimension = GroupDimension(headerLength: 8, countOffset: 2, countSize: 2)

  private static func message(
    _ code: UInt32, _ name: String, _ fields: [FieldLayout], _ group: GroupLayout? = nil, strings: [StringLayout] = [],
    notes: String = ""
  ) -> MessageLayout {
    let head: [FieldLayout] = [
      .unsigned("blockLength", 2, "bytes after the head, up to the first group", role: .blockLength),
      .unsigned("templateId", 2, role: .type),
      .unsigned("schemaId", 2, "1", role: .schema(1)),
      .unsigned("version", 2, "of the schema; differs from message to message", role: .constant(code == 1010 ? 3 : 2)),
      .unsigned("numGroups", 2, role: .groupCount),
      .unsigned("numVarDataFields", 2, role: .stringCount),
    ]
    return MessageLayout(
      code: code, name, head + fields, groups: group.map { [$0] } ?? [], strings: strings, isSeen: true, notes: notes)
  }

  private static func group(_ title: String, _ fields: [FieldLayout]) -> GroupLayout {
    GroupLayout(title, dimension, fields)
  }

  // MARK: Fields

  private static let instrumentId = FieldLayout.unsigned("instrumentId", 4)
  private static let timestampMs = FieldLayout.unsigned("timestampMs", 8, "milliseconds since 1970 UTC")
  private static let state = code(
    "instrumentState", "0 created, 1 open, 2 closed, 3 settled, 4 deactivated, 5 inactive, 6 started")
  private static let side = code("side", "0 ask, 1 bid")
  private static let instrumentName = [StringLayout("instrumentName", lengthSize: 1)]

  /// A code of one byte; 255 stands for none.
  private static func code(_ title: String, _ notes: String) -> FieldLayout {
    .unsigned(title, 1, notes + ", 255 none")
  }

  private static let kinds: [FieldLayout] = [
    instrumentId, state, code("kind", "0 future, 1 option, 2 future combo, 3 option combo, 4 spot"),
    code("instrumentType", "0 not applicable, 1 reversed, 2 linear"),
    code("optionType", "0 not applicable, 1 call, 2 put"),
  ]
  private static let terms: [FieldLayout] = [
    code("settlementPeriod", "0 perpetual, 1 minute, 2 hour, 3 day, 4 week, 5 month, 6 year"),
    .unsigned("settlementPeriodCount", 2, "0 for spot"), .text("baseCurrency", 8), .text("quoteCurrency", 8),
    .text("counterCurrency", 8), .text("settlementCurrency", 8), .text("sizeCurrency", 8),
    .unsigned("creationTimestampMs", 8, "milliseconds since 1970 UTC"),
    .unsigned("expirationTimestampMs", 8, "perpetuals and spot: the year 3000"),
    .real("strikePrice", "options"), .real("contractSize", "size currency per contract"),
    .real("minTradeAmount", "amounts are multiples of it"), .real("tickSize", "smallest step; see tickStepsList"),
    .real("makerCommission", "fraction"), .real("takerCommission", "fraction"),
    .real("blockTradeCommission", "fraction"), .real("maxLiquidationCommission", "futures"),
    .real("maxLeverage", "futures"),
  ]

  // MARK: Messages

  private static let instruments: [MessageLayout] = [
    message(
      1000, "Instrument", kinds + [code("rfq", "0 no, 1 yes")] + terms, strings: instrumentName),
    message(
      1010, "Instrument V2", kinds + terms,
      group("tickStepsList", [.real("abovePrice", "above this price, not at it"), .real("tickSize", "this step")]),
      strings: instrumentName, notes: "As 1000, without rfq."),
    message(
      1007, "Combo Legs", [instrumentId],
      group(
        "legsList",
        [.unsigned("legInstrumentId", 4), .signed("legSize", 4, "negative: sold when the combo is bought")])),
  ]

  private static let market: [MessageLayout] = [
    message(
      1001, "Book",
      [
        instrumentId, timestampMs, .unsigned("prevChangeId", 8, "before this change"), .unsigned("changeId", 8),
        code("isLast", "1 last part of this change, 0 more follow"),
      ],
      group(
        "changesList",
        [
          side, .unsigned("change", 1, "0 created, 1 changed, 2 deleted"), .real("price"),
          .real("amount", "new total of the level"),
        ])),
    message(
      1002, "Trades", [instrumentId],
      group(
        "tradesList",
        [
          code("direction", "of the taker: 0 buy, 1 sell"), .real("price"), .real("amount"), timestampMs,
          .real("markPrice"), .real("indexPrice"), .unsigned("tradeSeq", 8, "counts the instrument's trades"),
          .unsigned("tradeId", 8), code("tickDirection", "0 plus, 1 zero plus, 2 minus, 3 zero minus"),
          code("liquidation", "0 none, 1 maker, 2 taker, 3 both"), .real("iv", "percent; options"),
          .unsigned("blockTradeId", 8, "0 none"), .unsigned("comboTradeId", 8, "0 none"),
        ]), notes: "The book stays: a 1001 of the same packet carries the change."),
    message(
      1003, "Ticker",
      [instrumentId, state, timestampMs]
        + [
          "openInterest", "minSellPrice", "maxBuyPrice", "lastPrice", "indexPrice", "markPrice", "bestBidPrice",
          "bestBidAmount", "bestAskPrice", "bestAskAmount", "currentFunding", "funding8h", "estimatedDeliveryPrice",
          "deliveryPrice", "settlementPrice",
        ].map { FieldLayout.real($0) }, notes: "The whole state, not a difference. Best price 0: none."),
    message(
      1004, "Snapshot",
      [
        instrumentId, timestampMs, .unsigned("changeId", 8, "the book is as after this change"),
        code("isBookComplete", "1 all levels, 0 limited in depth"),
        code("isLastInBook", "1 last part of this book, 0 more follow"),
      ], group("levelsList", [side, .real("price"), .real("amount")])),
  ]

  private static let other: [MessageLayout] = [
    message(
      1005, "Snapshot Start", [.unsigned("snapshotDelay", 4, "milliseconds until the first packet of content")]),
    message(1006, "Snapshot End", []),
    message(1008, "Price Index", [.text("indexName", 16), .real("price"), timestampMs]),
    message(
      1009, "RFQ",
      [
        instrumentId, code("state", "0 no, 1 yes: active"), code("side", "0 buy, 1 sell, 2 no direction"),
        .real("amount"), timestampMs,
      ]),
  ]
}
