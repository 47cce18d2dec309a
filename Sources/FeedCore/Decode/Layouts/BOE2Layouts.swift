/// The messages of Cboe Binary Order Entry, version 2 (BZX, BYX, EDGX, EDGA; the fixed parts are those of options too).
///
/// Source: "Cboe Titanium US Equities Binary Order Entry (BOE)" 2.4.55; for options "Cboe Options Exchanges BOE
/// Specification" 2.10.5. Little-endian; text is padded right with NULs; prices are signed, 8 bytes, four implied
/// decimals; times are nanoseconds since the Unix epoch.
public enum BOE2Layouts {
  public static let description = ProtocolDescription(
    name: "cboe-boe", byteOrder: .little, layouts: session + client + server)

  private static let startOfMessage: UInt64 = 0xBABA
  private static let header: [FieldLayout] = [
    .unsigned("StartOfMessage", 2, "BA BA", role: .constant(startOfMessage)),
    .unsigned("MessageLength", 2, "without StartOfMessage", role: .messageLength(excluding: 2)),
    .unsigned("MessageType", 1, role: .type),
    .unsigned("MatchingUnit", 1, "0 from the client and where unsequenced"),
    .unsigned("SequenceNumber", 4, "the client's: one stream; the venue's: one for each unit, 0 where unsequenced"),
  ]
  private static let clOrdID = FieldLayout.text("ClOrdID", 20)
  private static let origClOrdID = FieldLayout.text("OrigClOrdID", 20)
  private static let transactionTime = FieldLayout.unsigned("TransactionTime", 8, "nanoseconds since the epoch, UTC")
  private static let orderID = FieldLayout.unsigned("OrderID", 8)
  private static let reserved = FieldLayout.reserved(1, "ReservedInternal")
  private static let bitfieldCount = FieldLayout.unsigned(
    "NumberOfBitfields", 1, role: .entryCount(of: "Bitfields"))
  private static let text = FieldLayout.text("Text", 60)
  private static let lastReceived = FieldLayout.unsigned("LastReceivedSequenceNumber", 4, "of the client's stream")
  private static let unspecifiedReplay = FieldLayout.unsigned("NoUnspecifiedUnitReplay", 1, "0 or 1")

  private static let units = PartLayout.list(
    "Units", [.field(.unsigned("UnitNumber", 1)), .field(.unsigned("UnitSequence", 4))])
  private static let paramGroups = PartLayout.list(
    "ParamGroups",
    [
      .sized(
        length: .unsigned("ParamGroupLength", 2), type: .unsigned("ParamGroupType", 1),
        [
          0x80: [.field(unspecifiedReplay), units],
          0x81: [.field(.unsigned("MessageType", 1)), .countedBytes("Bitfields")],
        ])
    ])

  private static func message(
    _ type: BOE2MessageType, _ name: String, _ fields: [FieldLayout] = [], _ parts: [PartLayout] = [],
    isSeen: Bool = false
  ) -> MessageLayout {
    let digits = String(type.rawValue, radix: 16, uppercase: true)
    return MessageLayout(
      code: UInt32(type.rawValue), typeText: "0x" + (digits.count < 2 ? "0" : "") + digits, name, header + fields,
      parts: parts, isSeen: isSeen)
  }

  private static func order(
    _ type: BOE2MessageType, _ name: String, _ fields: [FieldLayout], _ sets: [[FieldLayout?]], isSeen: Bool = false
  ) -> MessageLayout {
    message(type, name, fields + [bitfieldCount], [.bitfields(sets)], isSeen: isSeen)
  }

  private static let session: [MessageLayout] = [
    message(
      .loginRequest, "Login Request",
      [.text("SessionSubID", 4), .text("Username", 4), .text("Password", 10)], [paramGroups]),
    message(
      .loginResponse, "Login Response",
      [
        .character("LoginResponseStatus", "A accepted; N, D, B, S, Q, I, F, M refused"), .text("LoginResponseText", 60),
        unspecifiedReplay, lastReceived,
      ], [units, paramGroups], isSeen: true),
    message(.logoutRequest, "Logout Request"),
    message(
      .logout, "Logout",
      [.character("LogoutReason", "U, E, A, !"), .text("LogoutReasonText", 60), lastReceived], [units]),
    message(.clientHeartbeat, "Client Heartbeat", isSeen: true),
    message(.serverHeartbeat, "Server Heartbeat", isSeen: true),
    message(.replayComplete, "Replay Complete"),
  ]

  private static let client: [MessageLayout] = [
    order(
      .newOrder, "New Order",
      [
        clOrdID, .character("Side", "1 buy, 2 sell, 5 sell short, 6 sell short exempt"),
        .unsigned("OrderQty", 4, "at most 999,999"),
      ], BOE2Bitfields.newOrder),
    order(.cancelOrder, "Cancel Order", [origClOrdID], BOE2Bitfields.cancelOrder, isSeen: true),
    order(.modifyOrder, "Modify Order", [clOrdID, origClOrdID], BOE2Bitfields.modifyOrder, isSeen: true),
  ]

  private static func rejected(_ reason: String) -> [FieldLayout] {
    [transactionTime, clOrdID, .character(reason), text, reserved]
  }

  private static let server: [MessageLayout] = [
    order(
      .orderAcknowledgment, "Order Acknowledgment", [transactionTime, clOrdID, orderID, reserved],
      BOE2Bitfields.returned, isSeen: true),
    order(.orderRejected, "Order Rejected", rejected("OrderRejectReason"), BOE2Bitfields.returned, isSeen: true),
    order(
      .orderModified, "Order Modified", [transactionTime, clOrdID, orderID, reserved], BOE2Bitfields.returned,
      isSeen: true),
    order(
      .orderRestated, "Order Restated",
      [transactionTime, clOrdID, orderID, .character("RestatementReason", "C L P Q R S W"), reserved],
      BOE2Bitfields.returned),
    order(.userModifyRejected, "User Modify Rejected", rejected("ModifyRejectReason"), BOE2Bitfields.returned),
    order(
      .orderCancelled, "Order Cancelled", [transactionTime, clOrdID, .character("CancelReason"), reserved],
      BOE2Bitfields.returned, isSeen: true),
    order(.cancelRejected, "Cancel Rejected", rejected("CancelRejectReason"), BOE2Bitfields.returned),
    order(
      .orderExecution, "Order Execution", executed,
      BOE2Bitfields.returned(besides: Set(executed.map(\.title)))),
  ]

  private static let executed: [FieldLayout] = [
    transactionTime, clOrdID, .unsigned("ExecID", 8), .unsigned("LastShares", 4),
    .signedPrice("LastPx", 8, decimals: 4), .unsigned("LeavesQty", 4),
    .character("BaseLiquidityIndicator", "A, C, R, W, X"), .character("SubLiquidityIndicator"),
    .text("ContraBroker", 4), reserved,
  ]
}
