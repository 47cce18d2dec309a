/// Requests of Cboe's gap request proxy (GRP) and spin server: PITCH 2.41.66, "Gap Request Proxy", "Spin Server".
///
/// Each message stands in its own un-sequenced Sequenced Unit Header, little-endian:
///
/// | offset | size | field |
/// |---:|---:|---|
/// | 0 | 2 | Hdr Length, header included |
/// | 2 | 1 | Hdr Count: 1, or 0 in a heartbeat |
/// | 3 | 1 | Hdr Unit: 0 |
/// | 4 | 4 | Hdr Sequence: 0 |
///
/// The messages: Login `01` (22 bytes: SessionSubId 4, Username 4, Filler 2, Password 10), Gap Request `03` (9 bytes:
/// Unit 1, Sequence 4, Count 2), Spin Request `81` (6 bytes: Sequence 4).
public enum CboeRecovery {
  public struct Login: Sendable, BitwiseCopyable {
    public var sessionSubId: RecoveryText
    public var username: RecoveryText
    public var password: RecoveryText
    public init(sessionSubId: RecoveryText, username: RecoveryText, password: RecoveryText) {
      self.sessionSubId = sessionSubId
      self.username = username
      self.password = password
    }
  }

  public static func encode(_ login: Login) -> RequestBytes {
    var bytes = header(messageLength: 22)
    bytes.append(byte: 22)
    bytes.append(byte: 0x01)
    bytes.append(login.sessionSubId, width: 4)
    bytes.append(login.username, width: 4)
    bytes.append(RecoveryText(), width: 2)
    bytes.append(login.password, width: 10)
    return bytes
  }

  /// The missing messages come on the unit's gap multicast group.
  public static func encode(_ request: GapRequest, unit: UInt8) -> RequestBytes {
    var bytes = header(messageLength: 9)
    bytes.append(byte: 9)
    bytes.append(byte: 0x03)
    bytes.append(byte: unit)
    bytes.append(little: wire(request.range.first))
    bytes.append(little: UInt16(clamping: request.range.count))
    return bytes
  }

  /// Asks for the image that is current through `sequence`, one of the last ten the server offered.
  public static func spinRequest(sequence: UInt32) -> RequestBytes {
    var bytes = header(messageLength: 6)
    bytes.append(byte: 6)
    bytes.append(byte: 0x81)
    bytes.append(little: sequence)
    return bytes
  }

  public static var heartbeat: RequestBytes {
    var bytes = RequestBytes()
    bytes.append(little: UInt16(8))
    for _ in 0..<6 { bytes.append(byte: 0) }
    return bytes
  }

  // MARK: Numbers

  /// The 32-bit number of a unit's message: 1 ... 2^32 - 1, and 1 again.
  public static func wire(_ number: UInt64) -> UInt32 {
    number == 0 ? 0 : UInt32(truncatingIfNeeded: (number &- 1) % 0xFFFF_FFFF) &+ 1
  }

  /// The number nearest to `near` that is `wire` on the wire; nil for 0, which is no number.
  public static func extend(_ wire: UInt32, near: UInt64) -> UInt64? {
    if wire == 0 { return nil }
    let cycle: UInt64 = 0xFFFF_FFFF
    let turn = near > 0 ? (near &- 1) / cycle : 0
    let here = turn &* cycle &+ UInt64(wire)
    if here > near, here &- near > cycle / 2, turn > 0 { return here &- cycle }
    if near > here, near &- here > cycle / 2 { return here &+ cycle }
    return here
  }

  // MARK: Status codes

  /// What a Gap Response's status means; nil: accepted.
  public static func gapRefusal(_ status: UInt8) -> RecoveryRefusal? {
    switch status {
    case UInt8(ascii: "A"): nil
    case UInt8(ascii: "O"): .final(.outOfRange)
    case UInt8(ascii: "D"): .final(.allowanceSpent)
    case UInt8(ascii: "M"), UInt8(ascii: "S"), UInt8(ascii: "U"): .busy
    case UInt8(ascii: "C"): .tooLarge
    default: .final(.requestInvalid)
    }
  }

  /// What a Spin Response's status means; nil: accepted. An image out of range is offered anew a second later.
  public static func spinRefusal(_ status: UInt8) -> RecoveryRefusal? {
    switch status {
    case UInt8(ascii: "A"): nil
    case UInt8(ascii: "O"), UInt8(ascii: "S"): .busy
    default: .final(.requestInvalid)
    }
  }

  private static func header(messageLength: UInt16) -> RequestBytes {
    var bytes = RequestBytes()
    bytes.append(little: 8 &+ messageLength)
    bytes.append(byte: 1)
    bytes.append(byte: 0)
    bytes.append(little: UInt32(0))
    return bytes
  }
}
