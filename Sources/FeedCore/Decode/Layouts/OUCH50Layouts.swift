/// The messages of Nasdaq OUCH 5.0 order entry (Nasdaq, BX, PSX), both directions, and its appendage options.
///
/// Source: "OUCH 5.0", history up to 2023-05-02. Integers are big-endian, text is ASCII padded right with spaces,
/// prices have 8 bytes and four implied decimals. Messages travel in SoupBinTCP packets, which give their length.
/// Layouts with `isNewer` (mass cancel, disable and enable order entry; options 26 to 28) are not in that text.
public enum OUCH50Layouts {
  /// Client to server, in SoupBinTCP "U" packets.
  public static let inbound = ProtocolDescription(
    name: "ouch50-in", byteOrder: .big, layouts: marked(requests + newerRequests, seen: "OX"), options: options)

  /// Server to client, in SoupBinTCP "S" packets.
  public static let outbound = ProtocolDescription(
    name: "ouch50-out", byteOrder: .big, layouts: marked(answers + newerAnswers, seen: "AC"), options: options)

  private static func marked(_ layouts: [MessageLayout], seen: String) -> [MessageLayout] {
    layouts.map { !$0.isNewer && seen.contains($0.typeText) ? $0.seen() : $0 }
  }

  private static let type = FieldLayout.typeCharacter("Type")
  private static let timestamp = FieldLayout("Timestamp", 8, .timestamp, "nanoseconds since midnight (US Eastern)")
  private static let userRefNum = FieldLayout.unsigned("UserRefNum", 4)
  private static let newUserRefNum = FieldLayout.unsigned(
    "UserRefNum", 4, "day-unique and strictly increasing per OUCH account")
  private static let origUserRefNum = FieldLayout.unsigned("OrigUserRefNum", 4)
  private static let side = FieldLayout.character("Side", "B buy, S sell, T sell short, E sell short exempt")
  private static let symbol = FieldLayout.text("Symbol", 8)
  private static let price = FieldLayout.price4("Price", 8, "market order in a cross: 0x7FFFFFFF")
  private static let timeInForce = FieldLayout.character(
    "Time In Force",
    "0 day (market hours), 3 IOC, 5 GTX (extended hours), 6 GTT (needs ExpireTime), E after hours")
  private static let display = FieldLayout.character("Display", "Y visible, N hidden, A attributable, Z conformant")
  private static let orderReferenceNumber = FieldLayout.unsigned("Order Reference Number", 8, "matches ITCH")
  private static let capacity = FieldLayout.character("Capacity", "A agency, P principal, R riskless, O other")
  private static let sweep = FieldLayout.character("InterMarket Sweep Eligibility", "Y / N")
  private static let crossType = FieldLayout.character(
    "CrossType",
    """
    N continuous, O opening, C closing, H halt/IPO, S supplemental, R retail (BX), E extended life, \
    A after-hours close
    """)
  private static let orderState = FieldLayout.character(
    "Order State", "L live, D dead (accepted and at once cancelled)")
  private static let clOrdID = FieldLayout.text("ClOrdID", 14, "not checked for uniqueness")
  private static let matchNumber = FieldLayout.unsigned("Match Number", 8)
  private static let firm = FieldLayout.text("Firm", 4, "MPID, capitals")
  private static let appendageLength = FieldLayout.unsigned(
    MessageLayout.appendageLengthTitle, 2, "bytes of the appendage that follow; 0 = none")

  private static let requests: [MessageLayout] = [
    MessageLayout(
      "O", "Enter Order",
      [
        type, newUserRefNum, side, .unsigned("Quantity", 4, "1 .. 999,999"), symbol, price, timeInForce, display,
        capacity, sweep, crossType, clOrdID, appendageLength,
      ], appendage: .counted, notes: "Options: 2 3 4 5 6 7 9 10 11 12 13 14 15 16 17 24 25."),
    MessageLayout(
      "U", "Replace Order Request",
      [
        type, origUserRefNum, newUserRefNum,
        .unsigned("Quantity", 4, "total for the whole chain, executed shares included"), price, timeInForce, display,
        sweep, clOrdID, appendageLength,
      ], appendage: .counted,
      notes: """
        Options: 3 4 5 6 7 9 10 11 12 13 15 16 17 24 25. Side, symbol, capacity, firm cannot change. Always a new \
        time priority.
        """),
    MessageLayout(
      "X", "Cancel Order Request",
      [
        type, .unsigned("UserRefNum", 4, "of the order"),
        .unsigned("Quantity", 4, "new intended total size (executed included); 0 = cancel all"),
      ], appendage: .optional, notes: "Partial cancel keeps priority. Newer revisions may add an appendage."),
    MessageLayout(
      "M", "Modify Order Request",
      [
        type, .unsigned("UserRefNum", 4, "of the order"), .character("Side", "only S<->E, S->T, E->T"),
        .unsigned("Quantity", 4, "new intended total size"),
      ], notes: "Priority kept unless size goes up."),
    MessageLayout("Q", "Account Query Request", [type]),
  ]

  private static let newerRequests: [MessageLayout] = [
    MessageLayout(
      "C", "Mass Cancel Request", [type, userRefNum, firm, symbol], appendage: .optional, isNewer: true,
      notes: "Options: 27 28."),
    MessageLayout(
      "D", "Disable Order Entry", [type, userRefNum, firm], appendage: .optional, isNewer: true,
      notes: "Options: 28."),
    MessageLayout(
      "E", "Enable Order Entry", [type, userRefNum, firm], appendage: .optional, isNewer: true,
      notes: "Options: 28."),
  ]

  private static let answers: [MessageLayout] = [
    MessageLayout("S", "System Event", [type, timestamp, .character("Event Code", "S start of day, E end of day")]),
    MessageLayout(
      "A", "Order Accepted",
      [
        type, timestamp, newUserRefNum, side, .unsigned("Quantity", 4, "1 .. 999,999"), symbol,
        .price4("Price", 8, "may be better than entered"), timeInForce, display, orderReferenceNumber, capacity, sweep,
        crossType, orderState, clOrdID, appendageLength,
      ], appendage: .counted, notes: "Display may come back as Z (conformant)."),
    MessageLayout(
      "U", "Order Replaced",
      [
        type, timestamp, origUserRefNum, newUserRefNum, side,
        .unsigned("Quantity", 4, "shares now OPEN (not the chain total)"), symbol, price, timeInForce, display,
        orderReferenceNumber, capacity, sweep, crossType, orderState, clOrdID, appendageLength,
      ], appendage: .counted),
    MessageLayout(
      "C", "Order Canceled",
      [
        type, timestamp, userRefNum, .unsigned("Quantity", 4, "decrement"), .character("Reason", "cancel reason code"),
      ], appendage: .optional,
      notes: "Does not mean dead: compare with the open quantity. Newer revisions may add an appendage."),
    MessageLayout(
      "D", "AIQ Canceled",
      [
        type, timestamp, userRefNum, .unsigned("Decrement Shares", 4), .character("Reason", "Q"),
        .unsigned("Quantity prevented from trading", 4), .price4("Execution Price", 8), .character("Liquidity Flag"),
        .character("AIQ Strategy"),
      ], shortBy: 1, notes: "Older revisions end before AIQ Strategy."),
    MessageLayout(
      "E", "Order Executed",
      [
        type, timestamp, userRefNum, .unsigned("Quantity", 4, "increment"), price, .character("Liquidity Flag"),
        matchNumber, appendageLength,
      ], appendage: .counted),
    MessageLayout(
      "B", "Broken Trade",
      [
        type, timestamp, userRefNum, matchNumber,
        .character("Reason", "E erroneous, C consent, S supervisory, X external"), clOrdID,
      ]),
    MessageLayout(
      "J", "Rejected", [type, timestamp, userRefNum, .unsigned("Reason", 2, "code table"), clOrdID],
      appendage: .optional, notes: "Consumes the UserRefNum. Newer revisions may add an appendage."),
    MessageLayout("P", "Cancel Pending", [type, timestamp, userRefNum]),
    MessageLayout("I", "Cancel Reject", [type, timestamp, userRefNum]),
    MessageLayout(
      "T", "Order Priority Update",
      [
        type, timestamp, userRefNum, price, .character("Display"),
        .unsigned("Order Reference Number", 8, "NEW reference number"),
      ]),
    MessageLayout(
      "M", "Order Modified", [type, timestamp, userRefNum, side, .unsigned("Quantity", 4, "open after the change")]),
    MessageLayout(
      "R", "Order Restated",
      [
        type, timestamp, userRefNum, .character("Reason", "R refresh of display, P update of displayed price"),
        appendageLength,
      ], appendage: .counted, notes: "Options: 22 23 1."),
    MessageLayout("Q", "Account Query Response", [type, timestamp, .unsigned("NextUserRefNum", 4)]),
  ]

  private static let newerAnswers: [MessageLayout] = [
    MessageLayout(
      "X", "Mass Cancel Response", [type, timestamp, userRefNum, firm, symbol], appendage: .optional, isNewer: true),
    MessageLayout(
      "G", "Disable Order Entry Response", [type, timestamp, userRefNum, firm], appendage: .optional, isNewer: true),
    MessageLayout(
      "K", "Enable Order Entry Response", [type, timestamp, userRefNum, firm], appendage: .optional, isNewer: true),
  ]

  private static let options: [OptionLayout] = [
    OptionLayout(1, .unsigned("SecondaryOrdRefNum", 8, "reference number on the feed")),
    OptionLayout(2, .text("Firm", 4, "MPID, capitals; absent = port default")),
    OptionLayout(3, .unsigned("MinQty", 4, "round lot")),
    OptionLayout(4, .character("CustomerType", "R retail, N not")),
    OptionLayout(5, .unsigned("MaxFloor", 4, "displayed part")),
    OptionLayout(
      6,
      .character(
        "PriceType",
        "L limit, P market peg, M midpoint peg, R primary peg, Q market maker peg, m midpoint")),
    OptionLayout(7, .signedPrice("PegOffset", 4, decimals: 4)),
    OptionLayout(9, .price4("DiscretionPrice", 8)),
    OptionLayout(10, .character("DiscretionPriceType", "L P M R")),
    OptionLayout(11, .signedPrice("DiscretionPegOffset", 4, decimals: 4)),
    OptionLayout(12, .character("PostOnly", "P post only, N no")),
    OptionLayout(13, .unsigned("RandomReserves", 4, "shares")),
    OptionLayout(14, .text("Route", 4)),
    OptionLayout(15, .unsigned("ExpireTime", 4, "seconds to live, < 86,400 (needs Time In Force 6)")),
    OptionLayout(16, .character("TradeNow", "Y, N")),
    OptionLayout(
      17,
      .character(
        "HandleInst",
        """
        I imbalance only, O/T retail type 1/2, Q retail price improvement, B extended life + continuous, \
        D direct listing, R RPI hidden
        """)),
    OptionLayout(18, .character("BBO Weight Indicator", "0 1 2 3 space S N (outbound)")),
    OptionLayout(19, .price4("Reference Price", 8, "removed 2023-05")),
    OptionLayout(20, .character("Reference Price Type", "removed 2023-05")),
    OptionLayout(22, .unsigned("Display Quantity", 4, "Restated only")),
    OptionLayout(23, .price4("Display Price", 8, "Restated only")),
    OptionLayout(24, .unsigned("Group ID", 2)),
    OptionLayout(25, .character("Shares Located", "Y, N")),
    OptionLayout(26, .text("Locate Broker", 4), isNewer: true),
    OptionLayout(27, .character("Side", "mass cancel by side"), isNewer: true),
    OptionLayout(28, .unsigned("UserRefIdx", 1, "separate UserRefNum spaces on one port"), isNewer: true),
  ]
}
