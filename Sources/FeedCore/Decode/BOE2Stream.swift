/// Cboe BOE version 2 seen from a byte stream that need not begin at a message. "Message Headers": StartOfMessage
/// (BA BA), MessageLength (2, little-endian, counts itself and what follows), MessageType (1), MatchingUnit (1),
/// SequenceNumber (4).
public enum BOE2Stream {
  public static let headerLength = 10
  static let startByte: UInt8 = 0xBA
  /// A longer message is no proof of a boundary while one is searched. A login with a group for every message type
  /// and every unit stays below.
  public static let searchedLengthMaximum = 4096

  /// Judges the beginning of `bytes`. Any type is good, so that new ones are skipped by their length.
  public static func examine(_ bytes: UnsafeRawBufferPointer) -> StreamFrameVerdict {
    guard let base = bytes.baseAddress else { return .partial }
    // SAFETY: each read stands behind a check of the count.
    if bytes.count >= 1, base.byte(at: 0) != startByte { return .illegal }
    if bytes.count >= 2, base.byte(at: 1) != startByte { return .illegal }
    guard bytes.count >= 4 else { return .partial }
    let length = Int(base.littleEndian(UInt16.self, at: 2)) + 2
    if length < headerLength { return .illegal }
    return bytes.count >= length ? .whole(length: length) : .partial
  }

  /// Judges it where a boundary is searched: the type must be a defined one, and the length possible for it.
  public static func search(_ bytes: UnsafeRawBufferPointer) -> StreamFrameVerdict {
    let verdict = examine(bytes)
    guard bytes.count > 4, verdict != .illegal, let base = bytes.baseAddress else { return verdict }
    // SAFETY: five bytes are here.
    let length = Int(base.littleEndian(UInt16.self, at: 2)) + 2
    guard length <= searchedLengthMaximum, let type = BOE2MessageType(rawValue: base.byte(at: 4)),
      type.isHeaderOnly ? length == headerLength : length >= type.lengthMinimum
    else { return .illegal }
    return verdict
  }
}
