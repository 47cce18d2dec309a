/// The messages of Nasdaq TotalView-ITCH 5.0 (Nasdaq, BX, PSX) and of GLIMPSE 5.0.
///
/// Source: "Nasdaq TotalView-ITCH 5.0", revision of 2026-02-19. Integers are big-endian and unsigned, text is ASCII
/// padded right with spaces, prices carry four implied decimals (eight in "V"). Every message begins with the same
/// 11 bytes: type, stock locate, tracking number, timestamp.
public enum ITCH50Layouts {
  public static let description = ProtocolDescription(
    name: "itch50", byteOrder: .big,
    layouts: (status + reference + orders + trades).map { unseen.contains($0.typeText) ? $0 : $0.seen() })

  /// Types that no capture at hand has.
  private static let unseen = "RVWKhBO"

  /// The one message that GLIMPSE 5.0 (the snapshot over SoupBinTCP) adds to those of the feed.
  public static let glimpse = ProtocolDescription(
    name: "glimpse50", byteOrder: .big,
    layouts: [
      MessageLayout(
        "G", "GLIMPSE End of Snapshot",
        [
          .typeCharacter("Message Type"),
          FieldLayout("Sequence Number", 20, .digits, "of the first message to process after the snapshot"),
        ], notes: "GLIMPSE only.")
    ])

  /// Bytes of the fields every message begins with.
  public static let headLength = 11

  private static func message(
    _ type: Unicode.Scalar, _ name: String, _ fields: [FieldLayout], _ notes: String = ""
  ) -> MessageLayout {
    let head: [FieldLayout] = [
      .typeCharacter("Message Type"),
      .unsigned("Stock Locate", 2, "day-unique instrument index, 0 = not stock dependent"),
      .unsigned("Tracking Number", 2, "venue internal"),
      FieldLayout("Timestamp", 6, .timestamp, "nanoseconds since midnight (US Eastern), 48-bit"),
    ]
    return MessageLayout(type, name, head + fields, notes: notes)
  }

  private static let status: [MessageLayout] = [
    message(
      "S", "System Event",
      [
        .character(
          "Event Code",
          """
          O start of messages, S start of system hours, Q start of market hours, M end of market hours, \
          E end of system hours, C end of messages
          """)
      ], "Locate is always 0."),
    message(
      "H", "Stock Trading Action",
      [
        .text("Stock", 8),
        .character(
          "Trading State",
          "H halted (all US markets), P paused (Nasdaq-listed only), Q quotation only, T trading"),
        FieldLayout("Reserved", 1, .reserved),
        .text("Reason", 4, "see code list"),
      ]),
    message(
      "Y", "Reg SHO Restriction",
      [
        .text("Stock", 8),
        .character("Reg SHO Action", "0 none, 1 in effect (intraday drop), 2 remains in effect"),
      ]),
    message(
      "V", "MWCB Decline Level",
      [
        .price("Level 1", 8, decimals: 8),
        .price("Level 2", 8, decimals: 8),
        .price("Level 3", 8, decimals: 8),
      ], "Locate is always 0. The only Price(8) fields of the feed."),
    message("W", "MWCB Status", [.character("Breached Level", "1, 2, 3")], "Locate is always 0."),
    message(
      "J", "LULD Auction Collar",
      [
        .text("Stock", 8),
        .price4("Auction Collar Reference Price", 4),
        .price4("Upper Auction Collar Price", 4),
        .price4("Lower Auction Collar Price", 4),
        .unsigned("Auction Collar Extension", 4, "number of extensions"),
      ]),
    message(
      "h", "Operational Halt",
      [
        .text("Stock", 8),
        .character("Market Code", "Q Nasdaq, B BX/Nasdaq Texas, X PSX"),
        .character("Operational Halt Action", "H halted on that market, T resumed"),
      ], "Lower-case h; affects one market centre only."),
    message(
      "N", "Retail Price Improvement Indicator",
      [
        .text("Stock", 8),
        .character("Interest Flag", "B buy, S sell, A both, N none"),
      ], "Sent on BX; the Nasdaq programme ended 2014-12-31."),
  ]

  private static let reference: [MessageLayout] = [
    message(
      "R", "Stock Directory",
      [
        .text("Stock", 8),
        .character(
          "Market Category",
          """
          Q Nasdaq Global Select, G Nasdaq Global Market, S Nasdaq Capital Market, N NYSE, A NYSE American, \
          P NYSE Arca, M NYSE Texas (since 2025-06), Z BATS Z, V IEX, space n/a
          """),
        .character(
          "Financial Status Indicator",
          """
          D deficient, E delinquent, Q bankrupt, S suspended, G D+Q, H D+E, J E+Q, K D+E+Q, \
          C creations/redemptions suspended (ETP), N normal, space n/a
          """),
        .unsigned("Round Lot Size", 4, "shares"),
        .character("Round Lots Only", "Y / N"),
        .character("Issue Classification", "see code list"),
        .text("Issue Sub-Type", 2, "see code list"),
        .character("Authenticity", "P live/production, T test"),
        .character("Short Sale Threshold Indicator", "Y, N, space n/a"),
        .character("IPO Flag", "Y, N, Z = new listing that is no IPO (since 2026-02), space n/a"),
        .character("LULD Reference Price Tier", "1, 2, space n/a"),
        .character("ETP Flag", "Y, N, space n/a"),
        .unsigned("ETP Leverage Factor", 4, "integer part, rounded down"),
        .character("Inverse Indicator", "Y / N"),
      ], "Sent for every active symbol at start of day; also on intraday additions."),
    message(
      "L", "Market Participant Position",
      [
        .text("MPID", 4),
        .text("Stock", 8),
        .character("Primary Market Maker", "Y / N"),
        .character("Market Maker Mode", "N normal, P passive, S syndicate, R pre-syndicate, L penalty"),
        .character("Market Participant State", "A active, E excused, W withdrawn, S suspended, D deleted"),
      ]),
    message(
      "K", "IPO Quoting Period Update",
      [
        .text("Stock", 8),
        .unsigned("IPO Quotation Release Time", 4, "SECONDS since midnight; 0 = cancelled/postponed"),
        .character("IPO Quotation Release Qualifier", "A anticipated, C cancelled/postponed"),
        .price4("IPO Price", 4, "0 = cancelled/postponed"),
      ], "The spec says locate is always 0 here: use the Stock field."),
  ]

  private static let orders: [MessageLayout] = [
    message(
      "A", "Add Order (no MPID)",
      [
        .unsigned("Order Reference Number", 8, "day-unique"),
        .character("Buy/Sell Indicator", "B / S"),
        .unsigned("Shares", 4),
        .text("Stock", 8),
        .price4("Price", 4, "display price"),
      ]),
    message(
      "F", "Add Order (with MPID)",
      [
        .unsigned("Order Reference Number", 8, "day-unique"),
        .character("Buy/Sell Indicator", "B / S"),
        .unsigned("Shares", 4),
        .text("Stock", 8),
        .price4("Price", 4, "display price"),
        .text("Attribution", 4, "MPID"),
      ]),
    message(
      "E", "Order Executed",
      [
        .unsigned("Order Reference Number", 8),
        .unsigned("Executed Shares", 4, "decrement"),
        .unsigned("Match Number", 8, "day-unique"),
      ], "Executed at the order's own display price. Always printable."),
    message(
      "C", "Order Executed With Price",
      [
        .unsigned("Order Reference Number", 8),
        .unsigned("Executed Shares", 4, "decrement"),
        .unsigned("Match Number", 8),
        .character("Printable", "Y count it, N do not count (comes again in a bulk print)"),
        .price4("Execution Price", 4, "price of the trade; the resting order keeps its display price"),
      ]),
    message(
      "X", "Order Cancel",
      [
        .unsigned("Order Reference Number", 8),
        .unsigned("Cancelled Shares", 4, "decrement"),
      ], "Partial cancel: priority kept."),
    message("D", "Order Delete", [.unsigned("Order Reference Number", 8)]),
    message(
      "U", "Order Replace",
      [
        .unsigned("Original Order Reference Number", 8, "removed"),
        .unsigned("New Order Reference Number", 8, "added"),
        .unsigned("Shares", 4, "new total displayed quantity"),
        .price4("Price", 4, "new display price"),
      ]),
  ]

  private static let trades: [MessageLayout] = [
    message(
      "P", "Trade (non-cross)",
      [
        .unsigned("Order Reference Number", 8, "always 0 since 2010-12-06"),
        .character("Buy/Sell Indicator", "always B since 2014-07-14"),
        .unsigned("Shares", 4),
        .text("Stock", 8),
        .price4("Price", 4),
        .unsigned("Match Number", 8),
      ], "Match against a non-displayed order. Does not touch the book."),
    message(
      "Q", "Cross Trade",
      [
        .unsigned("Shares", 8, "64-bit here; may be 0"),
        .text("Stock", 8),
        .price4("Cross Price", 4),
        .unsigned("Match Number", 8),
        .character("Cross Type", "O opening, C closing, H IPO/halt/pause; BX and PSX also I (cross network)"),
      ], "Bulk print of a cross. Does not touch the book."),
    message(
      "B", "Broken Trade", [.unsigned("Match Number", 8, "of an earlier E, C or P (or Q)")],
      "Does not touch the book."),
    message(
      "I", "NOII",
      [
        .unsigned("Paired Shares", 8),
        .unsigned("Imbalance Shares", 8),
        .character("Imbalance Direction", "B, S, N none, O insufficient orders, P paused (since 2023-04)"),
        .text("Stock", 8),
        .price4("Far Price", 4),
        .price4("Near Price", 4),
        .price4("Current Reference Price", 4),
        .character("Cross Type", "O opening, C closing, H halt/IPO, A extended trading close (since 2022)"),
        .character(
          "Price Variation Indicator",
          "L <1 %, 1..9 = n..n.99 %, A 10-19.99 %, B 20-29.99 %, C >=30 %, space n/a"),
      ]),
    message(
      "O", "Direct Listing with Capital Raise Price Discovery",
      [
        .text("Stock", 8),
        .character("Open Eligibility Status", "Y / N"),
        .price4("Minimum Allowable Price", 4),
        .price4("Maximum Allowable Price", 4),
        .price4("Near Execution Price", 4),
        FieldLayout("Near Execution Time", 8, .timestamp, "time the near price was set"),
        .price4("Lower Price Range Collar", 4),
        .price4("Upper Price Range Collar", 4),
      ], "Since 2023-04."),
  ]
}
