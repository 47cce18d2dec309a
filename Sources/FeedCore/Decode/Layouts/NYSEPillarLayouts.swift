/// The messages of the NYSE Integrated Feed (Pillar 2.x: NYSE, Arca, American, National, Texas), the requests to its
/// retransmission server, and what XDP 2.1 had in their place.
///
/// Sources: "NYSE Integrated Feed Client Specification" 2.5g, "XDP/Pillar Common Client Specification" 2.4p.
/// Integers are little-endian; prices are signed and divided by ten to the symbol's Price Scale Code; text is padded
/// with NULs or spaces. Every message begins with its size and its type; messages may grow.
public enum NYSEPillarLayouts {
  public static let description = ProtocolDescription(
    name: "nyse-pillar", byteOrder: .little, layouts: control + orders + trades + requests)

  /// The header before the messages of a packet.
  public static let packetHeader = ProtocolDescription(
    name: "xdp-header", byteOrder: .little,
    layouts: [
      MessageLayout(
        code: 0, typeText: "XDP", "Packet Header",
        [
          .unsigned("PktSize", 2, "this header included"),
          .unsigned(
            "DeliveryFlag", 1,
            """
            1 heartbeat, 10 failover, 11 original, 12 sequence reset, 13 only packet of a retransmission, 15 part of \
            one, 17 only packet of a refresh, 18 start, 19 part, 20 end of a refresh, 21 message unavailable
            """),
          .unsigned("NumberMsgs", 1, "0 in heartbeats"), .unsigned("SeqNum", 4, "of the first message"),
          .unsigned("SendTime", 4, "seconds since 1970 UTC"), .unsigned("SendTimeNS", 4, "nanoseconds"),
        ], isSeen: true)
    ])

  // MARK: Fields

  private static let sourceTime = FieldLayout.unsigned("SourceTime", 4, "seconds since 1970 UTC")
  private static let sourceTimeNS = FieldLayout.unsigned(
    "SourceTimeNS", 4, "nanoseconds within the second of SourceTime, or of the last message of type 2")
  private static let symbolIndex = FieldLayout.unsigned("SymbolIndex", 4)
  private static let allSymbols = FieldLayout.unsigned("SymbolIndex", 4, "0 all of the channel")
  private static let symbolSeqNum = FieldLayout.unsigned("SymbolSeqNum", 4, "counts per symbol")
  private static let orderID = FieldLayout.unsigned("OrderID", 8)
  private static let price = FieldLayout.signed("Price", 4, "divided by 10^PriceScaleCode")
  private static let volume = FieldLayout.unsigned("Volume", 4)
  private static let side = FieldLayout.character("Side", "B / S")
  private static let firmID = FieldLayout.bytes("FirmID", 5, "ASCII; blank or NULs without attribution")
  private static let reserved = FieldLayout.reserved(1, "Reserved")
  private static let sourceID = FieldLayout.bytes("SourceID", 10, "of the client, ASCII padded with NULs")
  private static let channel: [FieldLayout] = [.unsigned("ProductID", 1), .unsigned("ChannelID", 1)]
  private static let printableFlag = FieldLayout.unsigned("PrintableFlag", 1, "0 / 1")
  private static let tradeConditions: [FieldLayout] = [
    .character("TradeCond1", "@ regular, C cash (Texas)"),
    .character("TradeCond2", "space, F intermarket sweep, O opening, 5 reopening, 6 closing, 7 qualified contingent"),
    .character("TradeCond3", "space, T extended hours, U extended hours out of sequence, Z sold"),
    .character("TradeCond4", "space, I odd lot, V contingent"),
  ]

  private static func message(
    _ code: UInt32, _ name: String, _ fields: [FieldLayout], _ notes: String = "", shortBy: Int = 0,
    selector: LayoutSelector = .always, seen: Bool = false
  ) -> MessageLayout {
    MessageLayout(
      code: code, name,
      [
        .unsigned("MsgSize", 2, "of this message", role: .messageLength(excluding: 0)),
        .unsigned("MsgType", 2, role: .type),
      ] + fields, selector: selector, shortBy: shortBy, isSeen: seen, notes: notes)
  }

  /// Messages of few: with the whole time.
  private static let wholeTime = [sourceTime, sourceTimeNS, symbolIndex]
  /// Messages of many: the second stands in the last message of type 2.
  private static let partTime = [sourceTimeNS, symbolIndex, symbolSeqNum]

  // MARK: Messages

  private static let control: [MessageLayout] = [
    message(
      1, "Sequence Number Reset", [sourceTime, sourceTimeNS] + channel,
      "Alone in its packet; it has number 1 itself.", seen: true),
    message(
      2, "Source Time Reference",
      [.unsigned("ID", 4, "matching engine partition"), .unsigned("SymbolSeqNum", 4, "without meaning"), sourceTime],
      "Once a second while active.", seen: true),
    message(
      3, "Symbol Index Mapping",
      [
        symbolIndex, .bytes("Symbol", 11, "ASCII ended by NUL, NYSE symbology"), reserved,
        .unsigned("Market ID", 2, "1 NYSE, 3 Arca, 9 American, 10 National, 11 Texas"), .unsigned("System ID", 1),
        .character("Exchange Code", "listing market: A L M N P Q V Z"),
        .unsigned("PriceScaleCode", 1, "decimals: 6, 4 or 3; older feeds others"),
        .character("Security Type", "A C D E F H I L M O P R S T U W"), .unsigned("Lot Size", 2),
        .signed("PrevClosePrice", 4), .unsigned("PrevCloseVolume", 4), .unsigned("Price Resolution", 1, "0, 1, 5"),
        .character("Round Lot", "Y / N"), .unsigned("MPV", 2, "1/100 of a cent"),
        .unsigned("Unit of Trade", 2, "1, 10, 50, 100"), .reserved(2, "Reserved 2"),
      ], seen: true),
    message(
      32, "Symbol Clear",
      wholeTime + [.unsigned("NextSourceSeqNum", 4, "the symbol's number of the next message")],
      "Clears the book and all state of the symbol; a refresh follows."),
    message(
      34, "Security Status",
      wholeTime + [
        symbolSeqNum,
        .character(
          "Security Status",
          """
          4 halt, 5 resume, 6 suspend; A, C, D short sale restriction on, continued, off; P pre-opening, B begin \
          accepting orders, E early, O core, L late session, X closed; I, G price indication
          """),
        .character("Halt Condition", "~ not halted; D I P M X A C E F N O V 6; 1 2 3 market-wide level"),
        .reserved(4, "Reserved"), .signed("Price 1", 4), .signed("Price 2", 4),
        .character("SSR Triggering Exchange ID"), .unsigned("SSR Triggering Volume", 4),
        .unsigned("Time", 4, "HHMMSSmmm"), .character("SSRState", "~ none, E in effect"),
        .character("MarketState", "P E O L X"), .unsigned("SessionState", 1, "not used"),
      ], seen: true),
    message(
      223, "Stock Summary",
      wholeTime + [
        .signed("HighPrice", 4), .signed("LowPrice", 4), .signed("Open", 4), .signed("Close", 4),
        .unsigned("TotalVolume", 4),
      ], "A channel of its own, once a minute.", seen: true),
    message(
      35, "Refresh Header",
      [
        .unsigned("CurrentRefreshPkt", 2), .unsigned("TotalRefreshPkts", 2),
        .unsigned("LastSeqNum", 4, "the book is as of this number of the channel"),
        .unsigned("LastSymbolSeqNum", 4),
      ], "First in each packet of a refresh; ends after TotalRefreshPkts in those after a symbol's first.", shortBy: 8,
      seen: true),
  ]

  private static let orders: [MessageLayout] = [
    message(100, "Add Order", partTime + [orderID, price, volume, side, firmID, reserved], seen: true),
    message(
      101, "Modify Order",
      partTime + [
        orderID, price, volume, .unsigned("PositionChange", 1, "0 kept, 1 lost; not set by all: judge by the price"),
        side, .reserved(1, "Reserved 2"),
      ], "New price and volume. With the same price the place in the queue stays."),
    message(102, "Delete Order", partTime + [orderID, reserved], seen: true),
    message(
      103, "Order Execution",
      execution + [printableFlag, reserved] + tradeConditions, "The rest keeps the order's own price.",
      selector: .printable(offset: 38, count: 4), seen: true),
    message(
      103, "Order Execution (XDP 2.1)",
      execution + [printableFlag, .unsigned("NumParitySplits", 1), .unsigned("DBExecID", 4)],
      "Where 103 has trade conditions, which are printable ASCII there."),
    message(
      104, "Replace Order",
      partTime + [
        orderID, .unsigned("NewOrderID", 8), price, volume,
        .character("Side", "B / S; NUL in XDP 2.1: the old order's side stays"), .reserved(1, "Reserved 2"),
      ], "The old order goes, the new one stands at the end of its level, same side and firm.", seen: true),
    message(
      106, "Add Order Refresh",
      wholeTime + [symbolSeqNum, orderID, price, volume, side, firmID, reserved],
      "In refresh channels, and after a Symbol Clear."),
  ]

  private static let execution = partTime + [
    orderID, .unsigned("TradeID", 4), .signed("Price", 4, "of the trade"), .unsigned("Volume", 4, "decrement"),
  ]

  private static let trades: [MessageLayout] = [
    message(
      105, "Imbalance",
      wholeTime + [
        symbolSeqNum, .signed("ReferencePrice", 4), .unsigned("PairedQty", 4), .unsigned("TotalImbalanceQty", 4),
        .unsigned("MarketImbalanceQty", 4), .unsigned("AuctionTime", 2, "hhmm"),
        .character(
          "AuctionType",
          """
          O early opening, M core opening, H reopening, C closing, P extreme, R significant closing imbalance
          """),
        .character("ImbalanceSide", "B, S, space"), .signed("ContinuousBookClearingPrice", 4),
        .signed("AuctionInterestClearingPrice", 4), .signed("SSRFilingPrice", 4), .signed("IndicativeMatchPrice", 4),
        .signed("UpperCollar", 4), .signed("LowerCollar", 4), .unsigned("AuctionStatus", 1, "0-3"),
        .unsigned("FreezeStatus", 1, "0 / 1"), .unsigned("NumExtensions", 1), .unsigned("Unpaired Qty", 4),
        .character("Unpaired Side"), reserved,
      ], seen: true),
    message(
      110, "Non-Displayed Trade",
      partTime + [.unsigned("TradeID", 4), price, volume, printableFlag] + tradeConditions, "The book stays.",
      seen: true),
    message(
      111, "Cross Trade",
      partTime + [
        .unsigned("CrossID", 4), price, volume,
        .character("CrossType", "E early opening, O opening, 5 reopening, 6 closing"),
      ], "The book stays: the single fills come as 103 and 110, not printable.", seen: true),
    message(112, "Trade Cancel", partTime + [.unsigned("TradeID", 4)]),
    message(113, "Cross Correction", partTime + [.unsigned("CrossID", 4), volume]),
    message(
      114, "Retail Price Improvement",
      partTime + [.character("RPIIndicator", "space none, A bid, B offer, C both")]),
  ]

  private static let requests: [MessageLayout] = [
    message(
      10, "Retransmission Request",
      [.unsigned("BeginSeqNum", 4), .unsigned("EndSeqNum", 4), sourceID] + channel, "TCP, from the client."),
    message(
      11, "Request Response",
      [
        .unsigned("RequestSeqNum", 4), .unsigned("BeginSeqNum", 4), .unsigned("EndSeqNum", 4), sourceID,
      ] + channel + [
        .character(
          "Status",
          """
          0 accepted; refused: 1 source id, 3 sequence range, 4 most requests, 5 most refreshes, 6 too old, 7 channel, \
          8 product, 9 type or size
          """)
      ], "TCP, from the server."),
    message(12, "Heartbeat Response", [sourceID], "TCP, within 5 s of each heartbeat of the server."),
    message(
      13, "Symbol Index Mapping Request",
      [allSymbols, sourceID] + channel + [.unsigned("RetransmitMethod", 1, "0 by UDP")], "TCP, from the client."),
    message(15, "Refresh Request", [allSymbols, sourceID] + channel, "TCP, from the client."),
    message(
      31, "Message Unavailable", [.unsigned("BeginSeqNum", 4), .unsigned("EndSeqNum", 4)] + channel,
      "On the retransmission multicast."),
  ]
}
