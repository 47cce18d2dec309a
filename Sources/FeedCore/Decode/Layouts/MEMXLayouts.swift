/// The messages of the MEMX feed MEMOIR Depth, of its UDP framing and of its TCP recovery.
///
/// Sources: "MEMOIR Depth Feed" 1.3, "MEMX-UDP" 1.1, "MEMX-TCP" 1.2. Everything is big-endian; prices are signed with
/// six implied decimals, times nanoseconds since 1970 UTC. Messages are SBE: a head of six bytes, then a block whose
/// length the head tells.
public enum MEMXLayouts {
  public static let description = ProtocolDescription(
    name: "memx", byteOrder: .big, headLength: 6, layouts: reference + orders + trades)

  /// The header of every datagram; in sequenced ones a 16-bit Message Count follows, then blocks of length and message.
  public static let udpHeader = ProtocolDescription(
    name: "memx-udp", byteOrder: .big,
    layouts: [
      MessageLayout(
        code: 0, typeText: "MEMX-UDP", "Common Header",
        [
          .unsigned("Message Type", 1, "0 heartbeat, 1 session shutdown, 2 sequenced"),
          .unsigned("Header Length", 1, "18"), .unsigned("Session ID", 8),
          .unsigned(
            "Sequence Number", 8, "of the first message; else the highest number published, 0 before the first"),
        ], isSeen: true)
    ])

  // MARK: Fields

  private static let securityID = FieldLayout.unsigned("SecurityID", 2, "of the day")
  private static let orderID = FieldLayout.unsigned("OrderID", 8)
  private static let tradeID = FieldLayout.unsigned("TradeID", 8)
  private static let quantity = FieldLayout.unsigned("Quantity", 4)
  private static let price = money("Price")

  private static func money(_ title: String, _ notes: String = "") -> FieldLayout {
    .signedPrice(title, 8, decimals: 6, notes)
  }

  private static func message(
    _ code: UInt32, _ name: String, _ fields: [FieldLayout], _ notes: String = "", seen: Bool = false
  ) -> MessageLayout {
    let head: [FieldLayout] = [
      .unsigned("blockLength", 2, "bytes after the head", role: .blockLength),
      .unsigned("templateId", 1, role: .type),
      .unsigned("schemaId", 1, "2", role: .schema(2)),
      .unsigned("version", 2, "major * 256 + minor", role: .constant(259)),
      .unsigned("Timestamp", 8, "nanoseconds since 1970 UTC"),
    ]
    return MessageLayout(code: code, name, head + fields, isSeen: seen, notes: notes)
  }

  // MARK: Messages

  private static let reference: [MessageLayout] = [
    message(
      1, "Instrument Directory",
      [
        securityID, .bytes("Symbol", 6, "ASCII, root of the CMS symbol"), .bytes("SymbolSfx", 6, "ASCII"),
        .unsigned("RoundLot", 4), .reserved(1, "Reserved"), .unsigned("IsTestSymbol", 1, "0 / 1"), money("MPV"),
      ]),
    message(2, "Reg SHO Restriction", [securityID, .unsigned("ShortSaleRestriction", 1, "0 / 1")], seen: true),
    message(
      3, "Security Trading Status",
      [
        securityID, .character("SecurityTradingStatus", "H P Q T"),
        .character("Reason", "X none, R regulatory, A administrative"),
      ], "Without such a message the security is halted.", seen: true),
    message(
      5, "Trading Session Status",
      [.character("TradingSession", "1 opening, 2 trading, 3 post-market, 4 closed")], seen: true),
    message(18, "Clear Book", [securityID], "Removes all orders of the security."),
    message(
      100, "Snapshot Complete", [.unsigned("AsOfSequenceNumber", 8, "last number contained; go on with the next")],
      "Snapshot only."),
  ]

  private static let orders: [MessageLayout] = [
    message(10, "Order Added", [securityID, orderID, .character("Side", "B / S"), quantity, price], seen: true),
    message(11, "Order Deleted", [securityID, orderID], seen: true),
    message(
      12, "Order Reduced", [securityID, orderID, .unsigned("Quantity", 4, "decrement")],
      "Priority kept; nothing left removes the order.", seen: true),
    message(
      13, "Order Executed",
      [
        securityID, orderID, tradeID, .unsigned("Quantity", 4, "decrement"),
        money("Price", "of the trade; the order's may differ"),
      ], seen: true),
  ]

  private static let trades: [MessageLayout] = [
    message(14, "Trade", [securityID, tradeID, quantity, price], "Of a hidden order: the book stays."),
    message(
      15, "Broken Trade", [securityID, tradeID, .unsigned("OriginalQuantity", 4), money("OriginalPrice")]),
    message(
      16, "Corrected Trade",
      [
        securityID, tradeID, .unsigned("OriginalQuantity", 4), money("OriginalPrice"),
        .unsigned("CorrectedQuantity", 4), money("CorrectedPrice"),
      ]),
  ]
}
