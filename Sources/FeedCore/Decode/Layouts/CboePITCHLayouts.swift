/// The messages of Cboe's multicast depth of book (PITCH 2.x: BZX, BYX, EDGX, EDGA, and what their options feeds
/// append), of the gap request proxy and of the spin server.
///
/// Source: "Cboe Titanium US Equities/Options Multicast Depth of Book (PITCH) Specification" 2.41.66. Integers are
/// little-endian and unsigned; short prices carry two implied decimals, long ones four. Every message begins with its
/// length and its type. The futures feed has other, shorter layouts for 0x22 and 0x28: here they are `short`.
public enum CboePITCHLayouts {
  public static let description = ProtocolDescription(
    name: "cboe-pitch", byteOrder: .little, layouts: book + trades + status + gapRequests + spin)

  /// The header before the messages of a datagram, or of one message over TCP.
  public static let sequencedUnitHeader = ProtocolDescription(
    name: "cboe-suh", byteOrder: .little,
    layouts: [
      MessageLayout(
        code: 0, typeText: "SUH", "Sequenced Unit Header",
        [
          .unsigned("Hdr Length", 2, "the whole block, this header included"),
          .unsigned("Hdr Count", 1, "messages that follow; 0 heartbeat"),
          .unsigned("Hdr Unit", 1, "from 1; 0 without sequence"),
          .unsigned("Hdr Sequence", 4, "of the first message; 0 without sequence; after 2^32-1 comes 1"),
        ], isSeen: true)
    ])

  // MARK: Fields

  private static let length = FieldLayout.unsigned("Length", 1, "of this message", role: .messageLength(excluding: 0))
  private static let messageType = FieldLayout.unsigned("Message Type", 1, role: .type)
  private static let timeOffset = FieldLayout.unsigned(
    "Time Offset", 4, "nanoseconds since the second of the last Time message")
  private static let orderId = FieldLayout.unsigned("Order Id", 8, "day-unique")
  private static let side = FieldLayout.character("Side Indicator", "B / S")
  private static let executionId = FieldLayout.unsigned("Execution Id", 8, "day-unique")
  private static let symbol6 = FieldLayout.text("Symbol", 6)
  private static let symbol8 = FieldLayout.text("Symbol", 8)
  private static let addFlags = FieldLayout.unsigned("Add Flags", 1, "bit 0 set (was: displayed), bit 3 all or none")
  private static let modifyFlags = FieldLayout.unsigned("Modify Flags", 1, "bit 0 displayed, bit 1 priority kept")
  private static let tradeCondition = FieldLayout.character("Trade Condition", "options only")
  private static let sequence = FieldLayout.unsigned("Sequence", 4)

  private static func short(_ title: String) -> FieldLayout { .price(title, 2, decimals: 2) }
  private static func long(_ title: String, _ notes: String = "") -> FieldLayout {
    .price(title, 8, decimals: 4, notes)
  }

  /// A message without time.
  private static func plain(
    _ code: UInt32, _ name: String, _ fields: [FieldLayout], _ notes: String = "", shortBy: Int = 0, seen: Bool = false
  ) -> MessageLayout {
    let digits = String(code, radix: 16, uppercase: true)
    return MessageLayout(
      code: code, typeText: "0x" + (digits.count < 2 ? "0" : "") + digits, name, [length, messageType] + fields,
      shortBy: shortBy, isSeen: seen, notes: notes)
  }

  private static func timed(
    _ code: UInt32, _ name: String, _ fields: [FieldLayout], _ notes: String = "", shortBy: Int = 0, seen: Bool = false
  ) -> MessageLayout {
    plain(code, name, [timeOffset] + fields, notes, shortBy: shortBy, seen: seen)
  }

  // MARK: Messages

  private static let book: [MessageLayout] = [
    plain(
      0x20, "Time",
      [
        .unsigned("Time", 4, "seconds since midnight, US Eastern"),
        .unsigned("Epoch Time", 4, "seconds since 1970; options of C1 only"),
      ], "Only for seconds with events.", shortBy: 4, seen: true),
    timed(0x97, "Unit Clear", [], "Drops every order of the unit."),
    timed(
      0x21, "Add Order (long)", [orderId, side, .unsigned("Quantity", 4), symbol6, long("Price"), addFlags],
      seen: true),
    timed(
      0x22, "Add Order (short)", [orderId, side, .unsigned("Quantity", 2), symbol6, short("Price"), addFlags],
      seen: true),
    timed(
      0x2F, "Add Order (expanded)",
      [
        orderId, side, .unsigned("Quantity", 4), symbol8, long("Price"), addFlags,
        .text("ParticipantID", 4, "MPID, RTAL, or spaces"),
        .character("Customer Indicator", "N, C, R (retail priority of EDGX) or space; not in older feeds"),
        .text("Client ID", 4, "options only"), .reserved(5, "Reserved"),
      ], "Equities have 41 bytes, older ones 40, options 50.", shortBy: 10),
    timed(
      0x23, "Order Executed",
      [orderId, .unsigned("Executed Quantity", 4, "decrement"), executionId, tradeCondition],
      "At the order's own price.", shortBy: 1, seen: true),
    timed(
      0x24, "Order Executed at Price/Size",
      [
        orderId, .unsigned("Executed Quantity", 4, "may exceed the order's size"),
        .unsigned("Remaining Quantity", 4, "what the order has now; 0 removes it"), executionId,
        long("Price", "of the trade"), tradeCondition,
      ], shortBy: 1),
    timed(
      0x25, "Reduce Size (long)", [orderId, .unsigned("Canceled Quantity", 4, "decrement")], "Priority kept."),
    timed(
      0x26, "Reduce Size (short)", [orderId, .unsigned("Canceled Quantity", 2, "decrement")], "Priority kept."),
    timed(
      0x27, "Modify Order (long)",
      [orderId, .unsigned("Quantity", 4, "new total"), long("Price", "new"), modifyFlags], seen: true),
    timed(
      0x28, "Modify Order (short)",
      [orderId, .unsigned("Quantity", 2, "new total"), short("Price"), modifyFlags], seen: true),
    timed(0x29, "Delete Order", [orderId], "The id may come back with a later Add.", seen: true),
  ]

  private static let trades: [MessageLayout] = [
    timed(
      0x2A, "Trade (long)",
      [orderId, side, .unsigned("Quantity", 4), symbol6, long("Price"), executionId, tradeCondition],
      "Of an order that was not displayed, or routed: the book stays.", shortBy: 1),
    timed(
      0x2B, "Trade (short)",
      [orderId, side, .unsigned("Quantity", 2), symbol6, short("Price"), executionId, tradeCondition], shortBy: 1),
    timed(
      0x30, "Trade (expanded)",
      [orderId, side, .unsigned("Quantity", 4), symbol8, long("Price"), executionId, tradeCondition], shortBy: 1),
    timed(0x2C, "Trade Break", [executionId]),
  ]

  private static let status: [MessageLayout] = [
    timed(0x2D, "End of Session", []),
    timed(
      0x31, "Trading Status (equities)",
      [
        symbol8,
        .character(
          "Trading Status",
          "A accepting orders for queuing, H halted, Q quote only, S suspended by the exchange, T trading"),
        .character("Reg SHO Action", "0 / 1; without meaning for options and futures"), .reserved(1, "Reserved1"),
        .reserved(1, "Reserved2"),
      ], "Options and futures have a symbol of 6 bytes here, padded.", seen: true),
    timed(
      0x95, "Auction Update",
      [
        .text("Stock Symbol", 8),
        .character(
          "Auction Type", "O opening, C closing, H halt, I IPO, M Cboe Market Close, P periodic (BYX)"),
        long("Reference Price"), .unsigned("Buy Shares", 4), .unsigned("Sell Shares", 4), long("Indicative Price"),
        long("Auction Only Price"),
      ], "BZX and BYX."),
    timed(
      0x96, "Auction Summary",
      [
        .text("Stock Symbol", 8), .character("Auction Type", "as 0x95; V volatility, G global hours (C1)"),
        long("Price"), .unsigned("Shares", 4),
      ], "BZX, BYX and C1."),
    timed(
      0x98, "Retail Price Improvement",
      [symbol8, .character("Retail Price Improvement", "B, S, A both, N none")], "BYX; EDGX from 2026-04."),
    plain(
      0x2E, "Symbol Mapping (options only)",
      [
        .text("Feed Symbol", 6), .text("OSI Symbol", 21), .character("Symbol Condition", "N normal, C closing only"),
        .text("Underlying", 8),
      ], "Without sequence.", seen: true),
    timed(0xBC, "Transaction Begin (options only)", []),
    timed(0xBD, "Transaction End (options only)", []),
    plain(
      0xB1, "Time Reference (C1 options only)",
      [
        .unsigned("Midnight Reference", 4, "seconds since 1970 of midnight, US Eastern"), .unsigned("Time", 4),
        .unsigned("Time Offset", 4), .unsigned("Trade Date", 4, "YYYYMMDD as a number"),
      ]),
  ]

  private static let gapRequests: [MessageLayout] = [
    plain(
      0x01, "Login",
      [
        .text("SessionSubId", 4), .text("Username", 4), .text("Filler", 2, "spaces"), .text("Password", 10),
      ], "Of the gap request proxy and the spin server, TCP; must come first."),
    plain(
      0x02, "Login Response",
      [.character("Status", "A accepted, N not authorized, B session in use, S invalid session")]),
    plain(
      0x03, "Gap Request", [.unsigned("Unit", 1), .unsigned("Sequence", 4, "first wanted"), .unsigned("Count", 2)]),
    plain(
      0x04, "Gap Response",
      [
        .unsigned("Unit", 1), sequence, .unsigned("Count", 2),
        .character(
          "Status",
          """
          A accepted, O out of range, D day's, M minute's, S second's allowance used up, C count too large, I invalid \
          unit, U unit unavailable
          """),
      ], "The messages themselves come on the gap multicast group."),
  ]

  private static let spin: [MessageLayout] = [
    plain(
      0x80, "Spin Image Available", [.unsigned("Sequence", 4, "the image is current through it")], "Once a second."),
    plain(0x81, "Spin Request", [.unsigned("Sequence", 4, "from one of the last ten 0x80")]),
    plain(
      0x82, "Spin Response",
      [
        sequence, .unsigned("Order Count", 4, "Add Order messages to come"),
        .character("Status", "A accepted, O out of range, S spin in process"),
      ]),
    plain(0x83, "Spin Finished", [.unsigned("Sequence", 4, "of the request")]),
    plain(0x84, "Instrument Definition Request", [.unsigned("Sequence", 4, "0")], "Options."),
    plain(
      0x85, "Instrument Definition Response",
      [
        .unsigned("Sequence", 4, "0"), .unsigned("Instrument Count", 4),
        .character("Status", "A accepted, O out of range, S spin in process"),
      ], "Options."),
    plain(0x86, "Instrument Definition Finished", [], "Options."),
  ]
}
