/// Name of a numbering session: MoldUDP64's ten bytes, compared raw.
public struct SessionName: Equatable, Hashable, Sendable, BitwiseCopyable, CustomStringConvertible {
  var high: UInt64 = 0
  var low: UInt16 = 0

  public var description: String {
    let bytes = (0..<8).map { UInt8(truncatingIfNeeded: high >> UInt64(56 - 8 * $0)) }
      + [UInt8(low >> 8), UInt8(low & 0xFF)]
    return String(decoding: bytes.map { $0 >= 0x20 && $0 < 0x7F ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
  }
}

/// A packet of a transport that numbers messages, its header read: what the line arbiter works on.
struct SequencedPacket: BitwiseCopyable {
  enum Kind: UInt8, BitwiseCopyable {
    case data
    /// No messages; `sequenceNumber` is the next one to be sent.
    case heartbeat
    case endOfSession
  }
  var session = SessionName()
  /// Number of the first message.
  var sequenceNumber: UInt64 = 0
  /// First message block.
  var blocks: UnsafeRawPointer
  /// Bytes of the packet's payload before the first block: the transport's header.
  var headerLength: UInt16 = 0
  /// Bytes of all blocks that are here.
  var blocksLength: UInt32 = 0
  /// Messages the packet announces; `wholeCount` of them are here (fewer where the snap length cut it).
  var messageCount: UInt32 = 0
  var wholeCount: UInt32 = 0
  /// When this packet was captured, Unix nanoseconds.
  var captureNanoseconds: UInt64 = 0
  var packetIndex: UInt64 = 0
  var fileIndex: UInt16 = 0
  /// 0-based line of its feed.
  var line: UInt8 = 0
  var kind = Kind.data

  /// One past the last number the packet speaks of.
  var endSequence: UInt64 { sequenceNumber &+ UInt64(messageCount) }
  var occurrence: Occurrence { Occurrence(fileIndex: fileIndex, packetIndex: packetIndex, offset: 0) }
}

/// How a transport lays message blocks one after another. Static: the arbiter is specialised per transport.
protocol BlockFraming {
  /// Bytes before each message that hold its length.
  static var prefixLength: Int { get }
  /// Length of the message whose prefix is at `prefix`.
  static func messageLength(at prefix: UnsafeRawPointer) -> Int
}
