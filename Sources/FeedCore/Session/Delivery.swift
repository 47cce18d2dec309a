/// One thing the session layer hands on, in order. 16 bytes.
struct Delivery: BitwiseCopyable {
  enum Kind: UInt8, BitwiseCopyable {
    /// `bytes` and `length` are one message.
    case message
    /// The trust of a channel changed; `detail` is its new `BookState`.
    case channelState
    /// A new session began: the channel's books are empty, its numbers start again.
    case sessionRestart
    /// Messages of the channel are lost for good. Told only of channels whose instruments recover by themselves
    /// (`Numbering.instrumentsRecover`): elsewhere the channel's state says it.
    case messagesLost

    // A snapshot of all books of a channel. The channel's state is not `ok` from before the first of these until the
    // delivery of its next `channelState`.

    /// The channel's books are empty, and what damaged them is forgotten; trading states stay.
    case snapshotBegan
    /// `bytes` and `length` are one message of the snapshot: applied by itself, not counted as a live message, and no
    /// publish point.
    case snapshotMessage
    /// The snapshot is whole: a publish point. Live messages that were kept follow as messages, then the channel's
    /// state.
    case snapshotEnded

    /// `bytes` and `length` are a whole packet, header included, of a flow that brings snapshots of single
    /// instruments; `channel` is the one whose instruments they are.
    case snapshotPacket
  }
  var bytes: UnsafeRawPointer
  var length: UInt16
  /// Index into `DeliveryBatch.packets`.
  var packet: UInt16
  var channel: UInt8
  var kind: Kind
  /// The last delivery of its packet: a publish point.
  var endsPacket: Bool
  var detail: UInt8

  /// Channel and kind in one: equal in a run of messages of one channel.
  @inline(__always)
  var mark: UInt16 { UInt16(channel) | UInt16(kind.rawValue) << 8 }

  @inline(__always)
  static func mark(ofMessagesOn channel: UInt8) -> UInt16 { UInt16(channel) | UInt16(Kind.message.rawValue) << 8 }

  /// Where it stands in its file.
  func occurrence(in packets: UnsafeMutablePointer<DeliveredPacket>) -> Occurrence {
    packets[Int(packet)].occurrence(of: bytes)
  }
}

/// The packet that deliveries belong to.
struct DeliveredPacket: BitwiseCopyable {
  /// The capture clock when its messages were delivered: its own capture time, or later if it waited behind a gap.
  var captureNanoseconds: UInt64
  var payload: UnsafeRawPointer
  var packetIndex: UInt64
  var fileIndex: UInt16

  /// Where `bytes`, a message of this packet, stands in its file.
  func occurrence(of bytes: UnsafeRawPointer) -> Occurrence {
    Occurrence(
      fileIndex: fileIndex, packetIndex: packetIndex, offset: UInt32(clamping: max(0, bytes - payload)))
  }
}

extension Occurrence {
  /// Whether it stands in an earlier packet, or in one of an earlier file.
  @inline(__always)
  func precedes(allOf packet: DeliveredPacket) -> Bool {
    (fileIndex, packetIndex) < (packet.fileIndex, packet.packetIndex)
  }
}

/// Deliveries of about one burst, in order: the border between ingest (wire, session) and the shards' work.
///
/// Filled by one thread and then only read, so that several cores may work on the same batch.
struct DeliveryBatch {
  /// Messages that one packet can hold at most: 65,507 bytes of UDP payload in blocks of two bytes.
  static let messagesPerPacketMaximum = 32_768
  /// A batch is handed on when it holds this many deliveries.
  static let flushThreshold = 512
  /// Packets that it has room for.
  static var packetsMaximum: Int { 2 * flushThreshold + 64 }

  let deliveries: Storage<Delivery>
  private(set) var packets: Storage<DeliveredPacket>
  var count = 0
  var packetCount = 0
  /// When the burst was received, and whether its stages are to be stamped.
  private(set) var receiveTicks: UInt64 = 0
  private(set) var isSampled = false
  /// When framing of this batch ended, where it is stamped.
  var framedTicks: UInt64 = 0

  init() {
    deliveries = Storage(capacity: Self.flushThreshold + Self.messagesPerPacketMaximum + 64, hugePages: false)
    packets = Storage(capacity: Self.packetsMaximum, hugePages: false)
    deliveries.prefault(count: 1_024)
    packets.prefault()
  }

  /// The deliveries of another batch, with its packets as they stand in `packets`.
  init(_ other: DeliveryBatch, packets: Storage<DeliveredPacket>) {
    self = other
    self.packets = packets
  }

  @inline(__always)
  mutating func begin(receiveTicks: UInt64, isSampled: Bool) {
    self.receiveTicks = receiveTicks
    self.isSampled = isSampled
  }

  @inline(__always)
  mutating func clear() {
    count = 0
    packetCount = 0
  }

  /// True when another packet, of any size, may not fit.
  var shouldFlush: Bool { count >= Self.flushThreshold || packetCount >= 2 * Self.flushThreshold }

  @inline(__always)
  mutating func beginPacket(_ packet: SequencedPacket, clock: UInt64) {
    packets.base[packetCount] = DeliveredPacket(
      captureNanoseconds: clock, payload: packet.blocks - Int(packet.headerLength),
      packetIndex: packet.packetIndex, fileIndex: packet.fileIndex)
    packetCount &+= 1
  }

  /// Where the messages of the packet to come go, as long as nothing else is appended.
  @inline(__always)
  func deliveryWriter(channel: UInt8) -> DeliveryWriter {
    DeliveryWriter(
      deliveries: deliveries.base + count, packet: UInt16(truncatingIfNeeded: packetCount), channel: channel)
  }

  /// Appends a packet whose `messages`, one at least, a `deliveryWriter` has written.
  @inline(__always)
  mutating func appendPacket(payload: UnsafeRawPointer, origin: PacketOrigin, clock: UInt64, messages: Int) {
    packets.base[packetCount] = DeliveredPacket(
      captureNanoseconds: clock, payload: payload, packetIndex: origin.packetIndex, fileIndex: origin.fileIndex)
    packetCount &+= 1
    count &+= messages
    endPacket()
  }

  @inline(__always)
  mutating func append(message bytes: UnsafeRawPointer, length: Int, channel: UInt8) {
    deliveries.base[count] = Delivery(
      bytes: bytes, length: UInt16(truncatingIfNeeded: length), packet: UInt16(truncatingIfNeeded: packetCount &- 1),
      channel: channel, kind: .message, endsPacket: false, detail: 0)
    count &+= 1
  }

  /// Appends a message of a channel's snapshot, with a packet entry of its own that carries its time.
  ///
  /// - Parameters:
  ///   - bytes: stay where they are until the batch was worked off. Messages of 65,535 bytes at most.
  ///   - packet: what the message came in, for its place in reports.
  mutating func append(
    snapshotMessage bytes: UnsafeRawPointer, length: Int, channel: UInt8, packet: SequencedPacket, clock: UInt64
  ) {
    append(.snapshotMessage, channel: channel, detail: 0, packet: packet, clock: clock)
    deliveries.base[count &- 1].bytes = bytes
    deliveries.base[count &- 1].length = UInt16(clamping: length)
  }

  /// Appends a whole packet of a flow that brings snapshots of instruments of `channel`.
  mutating func append(snapshotPacket packet: SequencedPacket, length: Int, channel: UInt8, clock: UInt64) {
    append(.snapshotPacket, channel: channel, detail: 0, packet: packet, clock: clock)
    deliveries.base[count &- 1].bytes = packet.blocks - Int(packet.headerLength)
    deliveries.base[count &- 1].length = UInt16(clamping: length)
  }

  /// Appends something that is no message, with a packet entry of its own that carries its time.
  mutating func append(_ kind: Delivery.Kind, channel: UInt8, detail: UInt8, packet: SequencedPacket, clock: UInt64) {
    beginPacket(packet, clock: clock)
    deliveries.base[count] = Delivery(
      bytes: packet.blocks, length: 0, packet: UInt16(truncatingIfNeeded: packetCount &- 1), channel: channel,
      kind: kind, endsPacket: true, detail: detail)
    count &+= 1
  }

  /// Marks the last delivery as the end of its packet, which has one.
  @inline(__always)
  mutating func endPacket() {
    assert(count > 0, "a packet without messages is not in the batch")
    deliveries.base[count &- 1].endsPacket = true
  }
}

/// Writes the messages of one packet as deliveries: two stores each.
struct DeliveryWriter {
  private let deliveries: UnsafeMutablePointer<Delivery>
  /// The second half of each delivery, without the length.
  private let word: UInt64

  @inline(__always)
  init(deliveries: UnsafeMutablePointer<Delivery>, packet: UInt16, channel: UInt8) {
    self.deliveries = deliveries
    word = UInt64(packet) << 16 | UInt64(channel) << 32 | UInt64(Delivery.Kind.message.rawValue) << 40
  }

  /// SAFETY: little-endian; the order of `Delivery`'s fields, which the tests hold to.
  @inline(__always)
  func write(_ bytes: UnsafeRawPointer, length: Int, at index: Int) {
    let delivery = UnsafeMutableRawPointer(deliveries + index)
    delivery.storeBytes(of: bytes, as: UnsafeRawPointer.self)
    delivery.storeBytes(of: word | UInt64(UInt16(truncatingIfNeeded: length)), toByteOffset: 8, as: UInt64.self)
  }
}

/// Where deliveries go: run to completion, or a ring to other cores.
protocol DeliverySink {
  var batch: DeliveryBatch { get set }
  /// Hands on `batch` and leaves an empty one.
  mutating func flush()
  /// The same, and waits until all that was handed on is worked off: what its messages point to may go.
  mutating func settle()
}

extension DeliverySink {
  /// Of a sink that works off what it is handed at once.
  mutating func settle() { flush() }

  @inline(__always)
  mutating func flushIfFull() {
    if unlikely(batch.shouldFlush) { flush() }
  }
}
