/// The messages of MEMX-TCP: gap fill and snapshot of MEMOIR Depth.
///
/// Source: "MEMX-TCP" 1.2. Big-endian. Every message begins with its type and the bytes that follow these three.
public enum MEMXTCPLayouts {
  public static let description = ProtocolDescription(
    name: "memx-tcp", byteOrder: .big,
    layouts: [
      message(0, "Heartbeat", [], "Both directions."),
      message(
        100, "Login Request", [.character("Token Type", "P: user and password")],
        [StringLayout("Token", lengthSize: 0, .text, "user:password")]),
      message(101, "Replay Request", [session, next, .unsigned("Count", 4)]),
      message(102, "Replay All Request", [session]),
      message(103, "Stream Request", [session, .unsigned("Next Sequence", 8, "0 from now on")]),
      message(104, "Unsequenced Message", [], payload),
      message(1, "Login Accepted", [.character("Mode", "S stream, R replay, T snapshot")]),
      message(2, "Login Rejected", [.character("Code", "T U V A")]),
      message(3, "Start of Session", [session]),
      message(4, "End of Session", []),
      message(5, "Replay Begin", [next, .unsigned("Pending Count", 4)]),
      message(6, "Replay Rejected", [.character("Code", "R A P S")]),
      message(7, "Replay Complete", [.unsigned("Count", 4)]),
      message(8, "Stream Begin", [next, .unsigned("Max Sequence", 8)]),
      message(9, "Stream Rejected", [.character("Code", "R P S")]),
      message(10, "Stream Complete", [.unsigned("Total", 8)]),
      message(11, "Sequenced Message", [], payload, "One message of the feed."),
    ])

  private static let session = FieldLayout.unsigned("Session ID", 8)
  private static let next = FieldLayout.unsigned("Next Sequence", 8)
  private static let payload = [StringLayout("Payload", lengthSize: 0, .bytes)]

  private static func message(
    _ code: UInt32, _ name: String, _ fields: [FieldLayout], _ strings: [StringLayout] = [], _ notes: String = ""
  ) -> MessageLayout {
    MessageLayout(
      code: code, name,
      [
        .unsigned("Message Type", 1, role: .type),
        .unsigned("Length", 2, "of what follows", role: .messageLength(excluding: 3)),
      ] + fields, strings: strings, notes: notes)
  }

  private static func message(
    _ code: UInt32, _ name: String, _ fields: [FieldLayout], _ notes: String
  ) -> MessageLayout {
    message(code, name, fields, [], notes)
  }
}
