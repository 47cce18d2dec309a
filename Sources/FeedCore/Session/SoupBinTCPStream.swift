/// SoupBinTCP seen from a byte stream that need not begin at a packet. SoupBinTCP 3.00, "Packet Format".
public enum SoupBinTCPStream {
  /// Length field and type.
  public static let headerLength = 3
  /// A longer packet is no proof of a boundary while one is searched: no message of the protocols carried is as long.
  public static let searchedLengthMaximum = 1024

  /// Judges the beginning of `bytes`. The type must be a defined one and the length right for it: the set of types is
  /// closed, so that anything else says that the boundary was lost.
  public static func examine(_ bytes: UnsafeRawBufferPointer) -> StreamFrameVerdict {
    guard bytes.count >= headerLength, let base = bytes.baseAddress else { return .partial }
    // SAFETY: three bytes are here.
    let length = Int(base.bigEndian(UInt16.self, at: 0))
    guard length >= 1, let type = SoupBinTCPPacketType(rawValue: base.byte(at: 2)),
      type.allowsPayload(length: length - 1)
    else { return .illegal }
    return bytes.count >= 2 + length ? .whole(length: 2 + length) : .partial
  }

  /// Judges it where a boundary is searched.
  public static func search(_ bytes: UnsafeRawBufferPointer) -> StreamFrameVerdict {
    guard let base = bytes.baseAddress, bytes.count > 0 else { return .partial }
    // SAFETY: each read stands behind a check of the count.
    if Int(base.byte(at: 0)) > searchedLengthMaximum >> 8 { return .illegal }
    if bytes.count >= 2, Int(base.bigEndian(UInt16.self, at: 0)) > searchedLengthMaximum { return .illegal }
    return examine(bytes)
  }
}
