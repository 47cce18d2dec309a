/// A packet of a transport that numbers messages or packets, its header read: what the line arbiter works on.
///
/// The same for every transport. Numbers are 64 bits wide and the first of a session is 1: what the wire does
/// otherwise (32 bits that wrap, a first packet 0, heartbeats that carry the last number) is settled when the header
/// is read, except for wrapping, which takes knowledge of the channel (`LineArbiter.unwrapped`). 72 bytes.
package struct SequencedPacket: BitwiseCopyable {
  package enum Kind: UInt8, BitwiseCopyable {
    case data
    /// No messages; `sequenceNumber` is the next one to be sent.
    case heartbeat
    /// No messages; `sequenceNumber` is one past the session's last.
    case endOfSession
    /// Numbers begin anew with this packet, which may hold messages; which of several copies it is, its
    /// `sendNanoseconds` says.
    case reset
    /// A sign of life without a number.
    case keepAlive
    /// Messages outside of the channel's numbers: snapshots and refreshes on request, unsequenced units.
    case outOfBand
  }
  package var session = SessionName()
  /// Bytes of the packet's payload before the first block: the transport's header.
  package var headerLength: UInt16 = 0
  package var fileIndex: UInt16 = 0
  /// 0-based line of its feed.
  package var line: UInt8 = 0
  package var kind = Kind.data
  /// Number of the first message, or of the packet where packets are numbered.
  package var sequenceNumber: UInt64 = 0
  /// First message block.
  package var blocks: UnsafeRawPointer
  /// When this packet was captured, Unix nanoseconds.
  package var captureNanoseconds: UInt64 = 0
  package var packetIndex: UInt64 = 0
  /// When the venue says it was sent, on the venue's own clock; of a reset, when it was decided. 0 = it does not say.
  package var sendNanoseconds: UInt64 = 0
  /// Bytes of all blocks that are here.
  package var blocksLength: UInt32 = 0
  /// Numbers the packet takes up: its messages, 1 where packets are numbered. `wholeCount` of them are here (fewer
  /// where the snap length cut it).
  package var messageCount: UInt32 = 0
  package var wholeCount: UInt32 = 0
  /// Which of the numbered streams of its flow: PITCH unit, IEX and Deribit channel, market segment; else 0.
  package var stream: UInt32 = 0

  package init(blocks: UnsafeRawPointer) { self.blocks = blocks }

  /// The line of a message that came over a recovery's connection: its bytes do not stay.
  static var connectionLine: UInt8 { .max }

  /// One past the last number the packet speaks of.
  @inline(__always)
  package var endSequence: UInt64 { sequenceNumber &+ UInt64(messageCount) }
  package var occurrence: Occurrence { Occurrence(fileIndex: fileIndex, packetIndex: packetIndex, offset: 0) }

  /// Says that the packet holds `count` messages from `number` on.
  @inline(__always)
  mutating func number(_ first: UInt64, count: UInt32) {
    sequenceNumber = first
    messageCount = count
    wholeCount = count
  }
}
