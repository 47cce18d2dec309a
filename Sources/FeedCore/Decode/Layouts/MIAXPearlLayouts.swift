/// The messages of MIAX Pearl Equities Depth of Market, and the header of its packets.
///
/// Sources: "Depth of Market Feed" 1.3.d, "MACH Protocol" 1.2e. Little-endian and unsigned; prices carry six implied
/// decimals. None of these layouts was ever compared with real bytes; the packet header was.
public enum MIAXPearlLayouts {
  public static let description = ProtocolDescription(
    name: "miax-pearl-dom", byteOrder: .little, layouts: status + orders)

  /// The header of a MACH packet; several may stand in one datagram, an application message in each of type 3.
  public static let packetHeader = ProtocolDescription(
    name: "mach", byteOrder: .little,
    layouts: [
      MessageLayout(
        code: 0, typeText: "MACH", "Packet Header",
        [
          .unsigned("Sequence Number", 8, "of this packet; of the last data packet in types 0 and 2"),
          .unsigned("Packet Length", 2, "this header included"),
          .unsigned("Packet Type", 1, "0 heartbeat, 1 start of session, 2 end of session, 3 application data"),
          .unsigned("Session Number", 1, "from 1; packets with 0 are ignored"),
        ], isSeen: true)
    ])

  private static let symbolID = FieldLayout.unsigned("Symbol ID", 4)
  private static let orderID = FieldLayout.unsigned("Order ID", 8)
  private static let tradeID = FieldLayout.unsigned("Trade ID", 8)
  private static let price = FieldLayout.price("Price", 8, decimals: 6)
  private static let size = FieldLayout.unsigned("Size", 4)
  private static let correction = FieldLayout.unsigned("Correction Number", 1)

  private static func message(
    _ code: UInt32, _ name: String, _ fields: [FieldLayout], _ notes: String = ""
  ) -> MessageLayout {
    let timestamp = FieldLayout.unsigned("Timestamp", 4, "nanoseconds within the second of the last System Time")
    let head = [FieldLayout.unsigned("Message Type", 1, role: .type), timestamp]
    return MessageLayout(code: code, name, head + fields, notes: notes)
  }

  private static let status: [MessageLayout] = [
    MessageLayout(
      code: 49, "System Time",
      [.unsigned("Message Type", 1, role: .type), .unsigned("Time Stamp", 4, "seconds since 1970")]),
    message(
      1, "Symbol Update",
      [
        symbolID, .text("Ticker Symbol", 11), .reserved(1, "Reserved"), .character("Test Security", "Y / N"),
        .reserved(1, "Reserved 2"), .unsigned("Lot Size", 2), .text("Opening Time", 8, "HH:MM:SS"),
        .text("Closing Time", 8, "HH:MM:SS"), .character("Primary Market Code"),
      ]),
    message(
      83, "System State",
      [
        .text("DoM Version", 8), .unsigned("Session ID", 1),
        .character("System Status", "S start, C end, 1 start of test, 2 end of test"),
      ]),
    message(
      4, "Security Trading Status",
      [
        symbolID, .character("Trading Status", "1 pre-open, 2 trading, 3 halt, 4 operational halt, 5 closed"),
        .character("Market State", "1 pre-opening, 2 early, 3 regular, 4 late"),
        .character("Short Sale Restriction", "Y / N"),
      ]),
    message(5, "Symbol Clear", [symbolID], "Also at the start of the day."),
  ]

  private static let orders: [MessageLayout] = [
    message(
      20, "Add Order",
      [symbolID, orderID, .character("Order Side", "B / S"), price, size, .text("Attributable ID", 4)]),
    message(
      21, "Modify Order", [symbolID, orderID, price, size, .unsigned("Flags", 1, "bit 0: place in the queue lost")]),
    message(23, "Delete Order", [symbolID, orderID]),
    message(
      24, "Order Execution",
      [symbolID, orderID, tradeID, price, size, .unsigned("Flags", 1, "bit 0 SIP reportable, bit 1 against retail")],
      "Takes size off; no delete follows at zero."),
    message(
      10, "Trade",
      [
        symbolID, tradeID, correction, price, size, .unsigned("Flags", 1, "bit 0 SIP reportable, bit 1 retail"),
      ], "The book stays. A higher Correction Number corrects an earlier trade."),
    message(11, "Trade Cancel", [symbolID, tradeID, correction, price, size]),
  ]
}
