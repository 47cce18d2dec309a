/// The packets of SoupBinTCP 3.00, whatever they carry. Integers are big-endian, text is ASCII, numbers in text are
/// digits padded with spaces.
public enum SoupBinTCPLayouts {
  public static let description = ProtocolDescription(
    name: "soupbintcp", byteOrder: .big,
    layouts: [
      packet(.debug, "Debug", strings: [StringLayout("Text", lengthSize: 0)], notes: "Either side; to be ignored."),
      packet(
        .loginAccepted, "Login Accepted",
        [
          FieldLayout("Session", 10, .digits, "left-padded with spaces"),
          FieldLayout("Sequence Number", 20, .digits, "of the next sequenced message"),
        ]),
      packet(
        .loginRejected, "Login Rejected",
        [.character("Reject Reason Code", "A not authorized, S session not available")]),
      packet(
        .sequencedData, "Sequenced Data", strings: [StringLayout("Message", lengthSize: 0, .bytes)],
        notes: "Counts one sequence number."),
      packet(.serverHeartbeat, "Server Heartbeat"),
      packet(.endOfSession, "End of Session"),
      packet(
        .loginRequest, "Login Request",
        [
          .text("Username", 6, "case-insensitive"), .text("Password", 10, "case-insensitive"),
          .text("Requested Session", 10, "blanks: the current one"),
          FieldLayout("Requested Sequence Number", 20, .digits, "0: from the newest message on"),
        ], notes: "Version 4 goes on with the heartbeat timeout."),
      packet(.unsequencedData, "Unsequenced Data", strings: [StringLayout("Message", lengthSize: 0, .bytes)]),
      packet(.clientHeartbeat, "Client Heartbeat"),
      packet(.logoutRequest, "Logout Request"),
    ])

  private static func packet(
    _ type: SoupBinTCPPacketType, _ name: String, _ fields: [FieldLayout] = [], strings: [StringLayout] = [],
    notes: String = ""
  ) -> MessageLayout {
    let header: [FieldLayout] = [
      .unsigned("Packet Length", 2, "bytes after this field", role: .messageLength(excluding: 2)),
      .typeCharacter("Packet Type"),
    ]
    return MessageLayout(Unicode.Scalar(type.rawValue), name, header + fields, strings: strings, notes: notes)
  }
}
