/// The messages of CME MDP 3.0 (schema 1, versions 5 to 13) and of its TCP session service (schema 2, version 0).
///
/// Source: the venue's SBE template files. Little-endian. Prices have seven implied decimals in the templates of
/// version 5 to 9 that newer ones replaced, nine in all others. An optional number without value is the largest of its
/// type. Choose a layout by template and version, never by the template alone: `ProtocolDescription.judge` does.
/// Constants of the schema are not on the wire and not listed.
public enum CMELayouts {
  public static let description = ProtocolDescription(
    name: "cme-mdp3", byteOrder: .little, headLength: 10, textPadding: 0,
    layouts: administration + CMEBookLayouts.all + CMESnapshotLayouts.all + CMEDefinitionLayouts.all)

  public static let session = ProtocolDescription(
    name: "cme-session", byteOrder: .little, headLength: 10, textPadding: 0, layouts: sessionMessages)

  /// The header before the messages of a packet.
  public static let packetHeader = ProtocolDescription(
    name: "mdp3-packet", byteOrder: .little,
    layouts: [
      MessageLayout(
        code: 0, typeText: "MDP3", "Packet Header",
        [
          .unsigned("MsgSeqNum", 4, "counts the packets of the channel"),
          .unsigned("SendingTime", 8, "nanoseconds since 1970 UTC"),
        ], isSeen: true)
    ])

  /// The newest version whose templates are known.
  static let newest: UInt32 = 13

  // MARK: Parts of all templates

  /// Headers of groups: length of an entry (2 bytes), then the number of entries.
  static let size3 = GroupDimension(headerLength: 3, countOffset: 2, countSize: 1)
  static let size8 = GroupDimension(headerLength: 8, countOffset: 7, countSize: 1)

  static let transactTime = FieldLayout.unsigned("TransactTime", 8, "nanoseconds since 1970 UTC")
  static let matchEventIndicator = FieldLayout.unsigned(
    "MatchEventIndicator", 1,
    """
    last message of: 0x01 trades, 0x02 volumes, 0x04 quotes, 0x08 statistics, 0x10 implied quotes, 0x80 the event; \
    0x20 recovery
    """)
  static let securityID = FieldLayout.signed("SecurityID", 4)
  static let rptSeq = FieldLayout.unsigned("RptSeq", 4, "counts the instrument's entries")
  static let updateAction = FieldLayout.unsigned(
    "MDUpdateAction", 1, "0 new, 1 change, 2 delete, 3 delete through, 4 delete from, 5 overlay")
  static let entryType = FieldLayout.character(
    "MDEntryType",
    """
    0 bid, 1 offer, 2 trade, 4 open, 6 settlement, 7 high, 8 low, 9 VWAP, B cleared volume, C open interest, \
    E implied bid, F implied offer, J book reset, N high bid, O low offer, W fixing, e volume, g limits, w best \
    offer, x best bid
    """)
  static let numberOfOrders = FieldLayout.signed("NumberOfOrders", 4)

  static func price(_ title: String, _ decimals: UInt8 = 9) -> FieldLayout {
    .signedPrice(title, 8, decimals: decimals)
  }
  static func optionalPrice(_ title: String, _ decimals: UInt8 = 9) -> FieldLayout { price(title, decimals).orNull() }
  static func optionalCode(_ title: String, _ notes: String = "") -> FieldLayout { .unsigned(title, 1, notes).orNull() }
  static func date(_ title: String) -> FieldLayout { .unsigned(title, 2, "days since 1970").orNull() }
  static func optionalSize(_ title: String) -> FieldLayout { .signed(title, 4).orNull() }

  static func message(
    _ template: UInt32, _ name: String, _ versions: ClosedRange<UInt32>, _ fields: [FieldLayout],
    _ groups: [GroupLayout] = [], seen: Bool = false, notes: String = ""
  ) -> MessageLayout {
    MessageLayout(
      code: template, name, head(schema: 1) + fields, groups: groups,
      selector: .versions(versions, andLater: versions.upperBound == newest), isSeen: seen, notes: notes)
  }

  private static func head(schema: UInt64) -> [FieldLayout] {
    [
      .unsigned("MsgSize", 2, "of this message", role: .messageLength(excluding: 0)),
      .unsigned("BlockLength", 2, "bytes after the head, up to the first group", role: .blockLength),
      .unsigned("TemplateID", 2, role: .type),
      .unsigned("SchemaID", 2, role: .schema(schema)),
      .unsigned("Version", 2, role: .version),
    ]
  }

  // MARK: Channel and session

  private static let administration: [MessageLayout] = [
    message(
      4, "ChannelReset4", 5...13, [transactTime, matchEventIndicator],
      [GroupLayout("NoMDEntries", size3, [.signed("ApplID", 2)])],
      notes: "Numbers start again at 1; all books of the channel are empty."),
    message(12, "AdminHeartbeat12", 5...13, []),
    message(15, "AdminLogin15", 5...13, [.signed("HeartBtInt", 1)]),
    message(16, "AdminLogout16", 5...13, [.text("Text", 180)]),
  ]

  private static let sessionMessages: [MessageLayout] = {
    func message(
      _ template: UInt32, _ name: String, _ fields: [FieldLayout], _ groups: [GroupLayout] = [], seen: Bool = false
    ) -> MessageLayout {
      MessageLayout(
        code: template, name, head(schema: 2) + fields, groups: groups, selector: .versions(0...0, andLater: true),
        isSeen: seen)
    }
    let refusal: [FieldLayout] = [
      .text("Reason", 48), .unsigned("UUID", 8), .unsigned("RequestTimestamp", 8), .unsigned("ErrorCodes", 1),
      .reserved(5),
    ]
    let request: [FieldLayout] = [.unsigned("MDReqID", 4), .unsigned("SubscriptionReqType", 1)]
    let lists = [
      GroupLayout("NoSecurityGroups", size3, [.text("SecurityGroup", 6)]),
      GroupLayout("NoRelatedSym", size3, [securityID]),
    ]
    return [
      message(
        200, "Negotiate200",
        [
          .text("HMACSignature", 32), .text("AccessKeyID", 20), .unsigned("UUID", 8), .unsigned("RequestTimestamp", 8),
          .text("Session", 5), .text("Firm", 5),
        ]),
      message(201, "NegotiationReject201", refusal),
      message(
        202, "NegotiationResponse202",
        [
          .unsigned("UUID", 8), .unsigned("RequestTimestamp", 8), date("SecretKeySecureIDExpiration"), .reserved(4),
        ]),
      message(203, "Terminate203", refusal),
      message(205, "MarketDataRequest205", request, lists),
      message(206, "RequestAck206", request + [.unsigned("MDReqIDStatus", 1)], lists),
      message(
        207, "RequestReject207",
        [.unsigned("MDReqID", 4).orNull(), .unsigned("MDReqRejReason", 1), .text("Text", 100)]),
      message(208, "SecurityListRequest208", request, lists, seen: true),
      message(209, "SecurityStatusRequest209", request, lists, seen: true),
      message(210, "SubscriberHeartbeat210", [], seen: true),
    ]
  }()
}
