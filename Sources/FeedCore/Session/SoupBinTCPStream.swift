/// SoupBinTCP seen from a byte stream that need not begin at a packet. SoupBinTCP 3.00, "Packet Format".
public enum SoupBinTCPStream {
  /// Length field and type.
  public static let headerLength = 3
  /// A longer packet is no proof of a boundary while one is searched: no message of the protocols carried is as long.
  public static let searchedLengthMaximum = 1024

  /// Judges the beginning of `bytes` as a packet in sound framing: any type, so that new ones are skipped by length.
  public static func examine(_ bytes: UnsafeRawBufferPointer) -> StreamFrameVerdict {
    guard bytes.count >= 2, let base = bytes.baseAddress else { return .partial }
    // SAFETY: two bytes are here.
    let length = Int(base.bigEndian(UInt16.self, at: 0))
    if length == 0 { return .illegal }
    return bytes.count >= 2 + length ? .whole(length: 2 + length) : .partial
  }

  /// Judges it where a boundary is searched: the type must be a defined one, and the length right for it.
  public static func search(_ bytes: UnsafeRawBufferPointer) -> StreamFrameVerdict {
    guard let base = bytes.baseAddress else { return .partial }
    // SAFETY: each read stands behind a check of the count.
    if bytes.count >= 1, base.byte(at: 0) > UInt8(searchedLengthMaximum >> 8) { return .illegal }
    guard bytes.count >= headerLength else { return .partial }
    let length = Int(base.bigEndian(UInt16.self, at: 0))
    guard length >= 1, length <= searchedLengthMaximum,
      let type = SoupBinTCPPacketType(rawValue: base.byte(at: 2)), type.allowsPayload(length: length - 1)
    else { return .illegal }
    return bytes.count >= 2 + length ? .whole(length: 2 + length) : .partial
  }
}
