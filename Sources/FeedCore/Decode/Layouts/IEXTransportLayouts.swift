/// What carries the messages of the Investors Exchange: IEX-TP segments, gap fill requests, DEEP+ SNAP.
///
/// Sources: "IEX Transport Specification" 1.26, "DEEP+ SNAP" 1.05. Little-endian.
public enum IEXTransportLayouts {
  /// The header of a segment; `Message Count` blocks of a 16-bit length and a message follow it.
  public static let segment = ProtocolDescription(
    name: "iextp", byteOrder: .little,
    layouts: [
      MessageLayout(
        code: 0, typeText: "IEX-TP", "Outbound Segment Header", segmentHeader, isSeen: true,
        notes: "A heartbeat has no messages; its stream offset and number are those of the next.")
    ])

  /// A request for messages, or bytes, that were missed: to the gap fill server, by UDP or TCP.
  public static let gapFillRequest = ProtocolDescription(
    name: "iextp-gapfill", byteOrder: .little,
    layouts: [
      MessageLayout(
        code: 0, typeText: "IEX-TP", "Gap Fill Request",
        [
          .unsigned("Version", 1, "1", role: .constant(1)),
          .unsigned("Request Type", 1, "1 messages by number, 2 bytes by stream offset"),
          .unsigned("Message Protocol ID", 2), .unsigned("Channel ID", 4, "1-16"), .unsigned("Session ID", 4),
          .unsigned(
            "Request Range Count", 4, "0 a test over UDP", role: .entryCount(of: "Request Range Blocks")),
        ],
        groups: [
          GroupLayout(
            "Request Range Blocks", .field,
            [.signed("First", 8, "number or stream offset, inclusive"), .signed("Last", 8, "likewise")])
        ], notes: "UDP: at most 1,000 messages are answered. TCP: ranges rise and do not overlap.")
    ])

  /// The snapshot of DEEP+ over TCP; every message begins with a length that does not count itself.
  public static let snap = ProtocolDescription(
    name: "iex-snap", byteOrder: .little,
    layouts: [
      snapshot(
        "r", "Snapshot Request",
        [
          .text("Authentication Token", 40), .unsigned("Channel", 4), .unsigned("Session", 4),
          .unsigned("Minimum Sequence", 8, "0 newest"),
        ]),
      snapshot(
        "e", "Error Response",
        [
          .character(
            "Reason",
            "A authentication, C channel, E already active, Q quota, R not yet available, S session, U unknown")
        ]),
      snapshot("s", "Snapshot Start", [.unsigned("Snapshot Length", 8, "bytes of the whole answer")]),
      snapshot(
        "d", "Snapshot Data", Array(segmentHeader), [StringLayout("Message Block", lengthSize: 2, .bytes)],
        notes: "One message in each; Message Count is 1."),
      snapshot("x", "Snapshot End", [.unsigned("Snapshot Sequence", 8)]),
    ])

  private static func snapshot(
    _ type: Unicode.Scalar, _ name: String, _ fields: [FieldLayout], _ strings: [StringLayout] = [], notes: String = ""
  ) -> MessageLayout {
    MessageLayout(
      type, name,
      [
        .unsigned("Message Length", 2, "without itself", role: .messageLength(excluding: 2)),
        .typeCharacter("Message Type"),
      ] + fields, strings: strings, notes: notes)
  }

  private static let segmentHeader: [FieldLayout] = [
    .unsigned("Version", 1, "1"),
    .reserved(1, "Reserved"),
    .unsigned("Message Protocol ID", 2, "0x8002 TOPS 1.5, 0x8003 TOPS 1.6, 0x8004 DEEP 1.0, 0x8005 DEEP+"),
    .unsigned("Channel ID", 4),
    .unsigned("Session ID", 4, "new each day; numbers start again"),
    .unsigned("Payload Length", 2, "bytes after this header"),
    .unsigned("Message Count", 2),
    .signed("Stream Offset", 8, "of this payload in the session's stream"),
    .signed("First Message Sequence Number", 8, "starts at 1"),
    .signed("Send Time", 8, "nanoseconds since 1970 UTC"),
  ]
}
