/// The messages of Eurex T7 EOBI, releases 3.0 and 6.0, and what is known of one before 2.5.
///
/// Source: the venue's model files of 2.5, 3.0 and 6.0. Little-endian; prices are signed with eight implied decimals,
/// times nanoseconds since 1970 UTC. An optional number without value is all ones, a signed one the smallest. No
/// message tells its release: it comes from the configuration, or from `release` of the packet's header.
public enum EOBILayouts {
  public enum Release: Sendable, CaseIterable {
    /// Messages in which 2.5 and 6.0 agree; what only one of them has is padding.
    case before25
    case release30
    case release60
  }

  public static let before25 = description(.before25)
  public static let release30 = description(.release30)
  public static let release60 = description(.release60)

  /// The release that a packet is of, by the template and the time of its header; nil where that does not tell.
  ///
  /// The template of the header changes with each release but comes round, so the time decides.
  public static func release(templateID: UInt16, transactTime: UInt64) -> Release? {
    let seconds = transactTime / 1_000_000_000
    switch templateID {
    // 2015 to 2017.
    case 13004: return seconds >= 1_420_070_400 && seconds < 1_514_764_800 ? .release30 : nil
    // From 2017 on; until the start of release 2.5 on 2014-11-07.
    case 13002: return seconds >= 1_483_228_800 ? .release60 : seconds < 1_415_318_400 ? .before25 : nil
    default: return nil
    }
  }

  private static func description(_ release: Release) -> ProtocolDescription {
    var layouts = Common.packet(release) + Orders.layouts(release)
    if release != .before25 { layouts += Market.layouts(release) }
    return ProtocolDescription(name: "eobi", byteOrder: .little, layouts: layouts)
  }

  // MARK: Fields

  static func message(
    _ code: UInt32, _ name: String, _ fields: [FieldLayout], _ group: GroupLayout? = nil, sequence: FieldLayout? = nil,
    seen: Bool = false, notes: String = ""
  ) -> MessageLayout {
    MessageLayout(
      code: code, name,
      [
        .unsigned("BodyLen", 2, "of this message", role: .messageLength(excluding: 0)),
        .unsigned("TemplateID", 2, role: .type),
        sequence ?? .unsigned("MsgSeqNum", 4, "counts per product"),
      ] + fields, groups: group.map { [$0] } ?? [], isSeen: seen, notes: notes)
  }

  static func price(_ title: String, optional: Bool = false) -> FieldLayout {
    let field = FieldLayout.signedPrice(title, 8, decimals: 8)
    return optional ? field.orNull(.smallest) : field
  }

  static func time(_ title: String, optional: Bool = false) -> FieldLayout {
    let field = FieldLayout.unsigned(title, 8)
    return optional ? field.orNull() : field
  }

  static func code(_ title: String, optional: Bool = false, _ notes: String = "") -> FieldLayout {
    let field = FieldLayout.unsigned(title, 1, notes)
    return optional ? field.orNull() : field
  }

  static func optionalQuantity(_ title: String) -> FieldLayout { .signed(title, 4).orNull(.smallest) }

  static let securityID = FieldLayout.signed("SecurityID", 8)
  static let side = code("Side", "1 buy, 2 sell")

  // MARK: Packets

  private enum Common {
    static func packet(_ release: Release) -> [MessageLayout] {
      let none = FieldLayout.unsigned("MsgSeqNum", 4).orNull()
      return [
        message(
          release == .release30 ? 13004 : 13002, "PacketHeader",
          [
            .unsigned("ApplSeqNum", 4, "counts the partition's packets"), .signed("MarketSegmentID", 4),
            code("PartitionID"), code("CompletionIndicator", "1 last packet of the event"),
            code("ApplSeqResetIndicator", "1 numbers start again"), .reserved(5), time("TransactTime"),
          ], sequence: none, seen: true),
        message(
          13001, "Heartbeat", [.unsigned("LastMsgSeqNumProcessed", 4), .reserved(4)], sequence: none,
          seen: release == .release30),
      ]
    }
  }

  // MARK: Orders

  private enum Orders {
    /// Side, and in 6.0 the order's type, to a multiple of four bytes.
    static func sideAndType(_ release: Release) -> [FieldLayout] {
      release == .release60
        ? [side, code("OrdType", optional: true, "1 market: no price"), .reserved(2)] : [side, .reserved(3)]
    }

    static func layouts(_ release: Release) -> [MessageLayout] {
      let newer = release == .release60
      let sideAndType = sideAndType(release)
      let price = price("Price", optional: newer)
      let quantity = FieldLayout.signed("DisplayQty", 4)
      let priority = time("TrdRegTSTimePriority")
      let execution =
        (newer
          ? [
            side, code("OrdType", optional: true), code("AlgorithmicTradeIndicator", optional: true), .reserved(5),
          ] : [side, .reserved(7)]) + [
            price, priority, securityID, .unsigned("TrdMatchID", 4), .signed("LastQty", 4), EOBILayouts.price("LastPx"),
          ]
      var layouts = [
        message(
          13100, "OrderAdd",
          [time("TrdRegTSTimeIn", optional: true), securityID, priority, quantity] + sideAndType + [price],
          seen: !newer),
        message(
          13101, "OrderModify",
          [
            time("TrdRegTSTimeIn"), time("TrdRegTSPrevTimePriority"),
            EOBILayouts.price("PrevPrice", optional: newer), .signed("PrevDisplayQty", 4), .reserved(4), securityID,
            priority, quantity,
          ] + sideAndType + [price], notes: "The order loses its place in the queue."),
        message(
          13104, "FullOrderExecution", execution, seen: release == .before25, notes: "Removes the order."),
        message(
          13105, "PartialOrderExecution", execution, seen: release == .before25, notes: "Takes LastQty off."),
        message(13602, "SnapshotOrder", [priority, quantity] + sideAndType + [price]),
      ]
      if release == .before25 { return layouts }
      layouts += [
        message(
          13102, "OrderDelete",
          [time("TrdRegTSTimeIn", optional: true), time("TransactTime"), securityID, priority, quantity]
            + sideAndType + [price]),
        message(13103, "OrderMassDelete", [securityID, time("TransactTime")]),
        message(
          13106, "OrderModifySamePrio",
          [
            time("TrdRegTSTimeIn"), time("TransactTime"), .signed("PrevDisplayQty", 4), .reserved(4), securityID,
            priority, quantity,
          ] + sideAndType + [price]),
      ]
      return layouts
    }
  }
}
