/// The messages of the Investors Exchange's feeds: TOPS 1.5 and 1.6, DEEP 1.0, DEEP+ 1.0.
///
/// Sources: "TOPS Specification" 1.66 and 1.56, "DEEP Specification" 1.08, "DEEP+ Specification" 1.04. Integers are
/// little-endian, prices signed with four implied decimals, text ASCII padded right with spaces, times nanoseconds
/// since 1970 UTC. Messages may get longer at their end without notice.
public enum IEXLayouts {
  /// Protocol id 0x8002, files before 2017-08.
  public static let tops15 = ProtocolDescription(
    name: "tops15", byteOrder: .little, layouts: [
      quoteUpdate,
      message(
        "T", "Trade Report (TOPS 1.5)", [saleConditionFlags, timestamp, symbol] + trade + [.reserved(4, "Reserved")]),
      message(
        "B", "Trade Break (TOPS 1.5)", [saleConditionFlags, timestamp, symbol] + trade + [.reserved(4, "Reserved")]),
    ])

  /// Protocol id 0x8003.
  public static let tops16 = ProtocolDescription(
    name: "tops16", byteOrder: .little,
    layouts: administration(seen: "SDHOP") + [
      quoteUpdate.seen(), tradeReport(seen: true), officialPrice.seen(), tradeBreak(seen: false),
      auctionInformation.seen(),
    ])

  /// Protocol id 0x8004.
  public static let deep = ProtocolDescription(
    name: "deep", byteOrder: .little,
    layouts: administration(seen: "") + [
      securityEvent, priceLevelUpdate("8", "buy").seen(), priceLevelUpdate("5", "sell"), tradeReport(seen: false),
      officialPrice, tradeBreak(seen: false), auctionInformation,
    ])

  /// Protocol id 0x8005.
  public static let deepPlus = ProtocolDescription(
    name: "deepplus", byteOrder: .little,
    layouts: administration(seen: "SDHIOP") + [securityEvent.seen()] + orders
      + [tradeReport(seen: true), tradeBreak(seen: true), clearBook])

  // MARK: Fields

  private static let timestamp = FieldLayout.signed("Timestamp", 8, "nanoseconds since 1970 UTC")
  private static let symbol = FieldLayout.text("Symbol", 8)
  private static let saleConditionFlags = FieldLayout.unsigned(
    "Sale Condition Flags", 1,
    """
    0x80 intermarket sweep, 0x40 extended hours, 0x20 odd lot, 0x10 trade-through exempt, 0x08 single-price cross
    """)
  private static let trade: [FieldLayout] = [
    .unsigned("Size", 4), price("Price"), .signed("Trade ID", 8, "day-unique"),
  ]

  private static func price(_ title: String, _ notes: String = "") -> FieldLayout {
    .signedPrice(title, 8, decimals: 4, notes)
  }

  private static func message(
    _ type: Unicode.Scalar, _ name: String, _ fields: [FieldLayout], _ notes: String = "", seen: Bool = false
  ) -> MessageLayout {
    MessageLayout(type, name, [.typeCharacter("Message Type")] + fields, isSeen: seen, notes: notes)
  }

  // MARK: Messages of several feeds

  private static func administration(seen: String) -> [MessageLayout] {
    [
      message(
        "S", "System Event",
        [
          .character(
            "System Event",
            """
            O start of messages, S start of system hours, R start of regular hours, M end of regular hours, E end of \
            system hours, C end of messages
            """), timestamp,
        ]),
      message(
        "D", "Security Directory",
        [
          .unsigned("Flags", 1, "0x80 test, 0x40 when issued, 0x20 ETP"), timestamp, symbol,
          .unsigned("Round Lot Size", 4), price("Adjusted POC Price", "previous official close"),
          .unsigned("LULD Tier", 1, "0 not applicable, 1, 2"),
        ]),
      message(
        "H", "Trading Status",
        [
          .character(
            "Trading Status",
            "H halted in all US markets, O halt released into order acceptance, P paused, T trading"),
          timestamp, symbol,
          .text("Reason", 4, "T1, IPO1, IPOD, MCB3, NA; T2, IPO2, IPO3, MCB1, MCB2; blank"),
        ]),
      message(
        "I", "Retail Liquidity Indicator",
        [.character("Retail Liquidity Indicator", "space none, A buy, B sell, C both"), timestamp, symbol]),
      message(
        "O", "Operational Halt Status",
        [.character("Operational Halt Status", "O halted on IEX, N not halted"), timestamp, symbol]),
      message(
        "P", "Short Sale Price Test Status",
        [
          .unsigned("Short Sale Price Test Status", 1, "0 off, 1 on"), timestamp, symbol,
          .character("Detail", "space none, A activated, C continued, D deactivated, N not available"),
        ]),
    ].map { seen.contains($0.typeText) ? $0.seen() : $0 }
  }

  private static let quoteUpdate = message(
    "Q", "Quote Update",
    [
      .unsigned("Flags", 1, "0x80 not available for trading, 0x40 pre-market or post-market session"), timestamp,
      symbol, .unsigned("Bid Size", 4), price("Bid Price"), price("Ask Price"), .unsigned("Ask Size", 4),
    ], "Size 0 and price 0: no quote on that side.")

  private static func tradeReport(seen: Bool) -> MessageLayout {
    message(
      "T", "Trade Report", [saleConditionFlags, timestamp, symbol] + trade,
      "TOPS and DEEP: every fill. DEEP+: only fills between two orders that are not displayed.", seen: seen)
  }

  private static func tradeBreak(seen: Bool) -> MessageLayout {
    message("B", "Trade Break", [saleConditionFlags, timestamp, symbol] + trade, seen: seen)
  }

  private static let officialPrice = message(
    "X", "Official Price",
    [.character("Price Type", "Q opening, M closing"), timestamp, symbol, price("Official Price")])

  private static let auctionInformation = message(
    "A", "Auction Information",
    [
      .character("Auction Type", "O opening, C closing, I IPO, H halt, V volatility"), timestamp, symbol,
      .unsigned("Paired Shares", 4), price("Reference Price"), price("Indicative Clearing Price"),
      .unsigned("Imbalance Shares", 4), .character("Imbalance Side", "B, S, N"), .unsigned("Extension Number", 1),
      .unsigned("Scheduled Auction Time", 4, "seconds since 1970"), price("Auction Book Clearing Price"),
      price("Collar Reference Price"), price("Lower Auction Collar"), price("Upper Auction Collar"),
    ])

  private static let securityEvent = message(
    "E", "Security Event",
    [.character("Security Event", "O opening process complete, C closing process complete"), timestamp, symbol])

  // MARK: DEEP

  private static func priceLevelUpdate(_ type: Unicode.Scalar, _ side: String) -> MessageLayout {
    message(
      type, "Price Level Update (\(side) side)",
      [
        .unsigned("Event Flags", 1, "1 event complete, 0 book in transition"), timestamp, symbol,
        .unsigned("Size", 4, "new size of the level; 0 removes it"), price("Price"),
      ])
  }

  // MARK: DEEP+

  private static let orderReference = FieldLayout.signed("Order ID Reference", 8)

  private static let orders: [MessageLayout] = [
    message(
      "a", "Add Order",
      [
        .character("Side", "8 buy, 5 sell"), timestamp, symbol, .signed("Order ID", 8), .unsigned("Size", 4),
        price("Price"),
      ], seen: true),
    message(
      "M", "Order Modify",
      [
        .unsigned("Modify Flags", 1, "bit 0: priority kept"), timestamp, symbol, orderReference,
        .unsigned("Size", 4, "new total"), price("Price", "new"),
      ], "The Order ID stays.", seen: true),
    message("R", "Order Delete", [.reserved(1, "Reserved"), timestamp, symbol, orderReference], seen: true),
    message(
      "L", "Order Executed",
      [saleConditionFlags, timestamp, symbol, orderReference, .unsigned("Size", 4, "decrement")]
        + [price("Price", "of the trade"), .signed("Trade ID", 8)],
      "The rest keeps its priority; nothing left removes the order.", seen: true),
  ]

  private static let clearBook = message(
    "C", "Clear Book", [.reserved(1, "Reserved"), timestamp, symbol], "Removes all orders of the symbol.")
}
