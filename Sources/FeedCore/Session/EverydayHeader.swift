/// What a transport's header says of an everyday packet: messages of a live channel, in order.
///
/// Read into registers: a `SequencedPacket` that is filled in memory and copied at once makes each wide load wait for
/// the narrow stores before it.
struct EverydayHeader: BitwiseCopyable {
  /// As `SequencedPacket.sequenceNumber`, before it is unwrapped: numbers of a second turn go the long way.
  var sequenceNumber: UInt64
  /// Messages; -1 where the header does not say.
  var messageCount = -1
  /// `SessionName.high`; `low` is 0 with all transports that have an everyday header.
  var session: UInt64 = 0
  var sendNanoseconds: UInt64 = 0
  var stream: UInt32 = 0
}

/// How a transport's everyday packets are read: what the path of one walk over their blocks has to know. Known at
/// compile time wherever it is used (`Ingest.takeEverydayOf`); MoldUDP64 has a path of its own.
///
/// Whatever is not said here — heartbeats, resets, snapshots, packets cut short, headers that contradict themselves —
/// is for `Transport.parse`, which takes each packet that this refuses.
protocol EverydayFraming {
  /// Bytes that are here when `everydayHeader` is asked: the header, and of some the head of the first message.
  static var everydayLength: Int { get }
  /// Where blocks begin.
  static var blocksOffset: Int { get }
  /// `SequencedPacket.headerLength`.
  static var recordedHeaderLength: Int { get }
  static var layout: BlockLayout { get }
  /// One flow may carry several streams.
  static var hasEverydayStreams: Bool { get }

  /// The header of a packet of messages, nil for any other.
  ///
  /// - Precondition: `everydayLength` bytes are at `payload`.
  static func everydayHeader(_ payload: UnsafeRawPointer) -> EverydayHeader?

  /// Whether the header's own length, where it has one, is that of the payload.
  ///
  /// - Precondition: as above.
  static func declares(_ payload: UnsafeRawPointer, length: Int) -> Bool

  /// Whether a block, of which the layout's minimum is here, may follow those before it.
  ///
  /// - Parameters:
  ///   - index: how many stand before it.
  ///   - header: the packet's (`everydayHeader`). It is in registers; what stands at `payload` would be read anew.
  static func follows(
    _ block: UnsafeRawPointer, index: Int, _ header: EverydayHeader, of payload: UnsafeRawPointer
  ) -> Bool
}

extension EverydayFraming {
  @inline(__always) static var recordedHeaderLength: Int { blocksOffset }
  @inline(__always) static var hasEverydayStreams: Bool { true }
  @inline(__always)
  static func declares(_ payload: UnsafeRawPointer, length: Int) -> Bool { true }
  @inline(__always)
  static func follows(
    _ block: UnsafeRawPointer, index: Int, _ header: EverydayHeader, of payload: UnsafeRawPointer
  ) -> Bool { true }
}
