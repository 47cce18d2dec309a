/// Reads CME's snapshot loop: MDP 3.0, templates 52 and 69 (MBP, one instrument per message) and 53 (MBO, in chunks),
/// little-endian. Nothing is asked for: the loop comes round by itself.
///
/// Packet: MsgSeqNum 4, SendingTime 8; message: MsgSize 2 (itself included), BlockLength 2, TemplateID 2, SchemaID 2,
/// Version 2, root block. Root of 52 and 69: LastMsgSeqNumProcessed 4, TotNumReports 4, SecurityID 4, …; of 53: the
/// same three, NoChunks 4, CurrentChunk 4, …. The loop begins again with packet 1.
///
/// Numbers are packet numbers of the incremental channel; a book is current through LastMsgSeqNumProcessed. An
/// instrument's chunks count from 1 and name the same LastMsgSeqNumProcessed; one missing aborts the instrument.
///
/// CME's TCP replay of incremental packets is not in the sheet (its sessions, framing in a longer stream and request
/// for a range of packets): a gap ends with the next round of the loop.
public struct CMESnapshotReader: Sendable {
  public enum Event: Equatable, Sendable {
    /// A new round; `instruments` is TotNumReports of its first message.
    case round(instruments: UInt32)
    case began(securityId: Int32, through: UInt64)
    /// A message of the snapshot: its MsgSize begins at this offset of the packet.
    case message(offset: Int, length: Int)
    case ended(securityId: Int32)
    case aborted(securityId: Int32)
    /// A message that is no snapshot's: definitions, heartbeats.
    case other(offset: Int, length: Int)
    case malformed
  }

  private var nextPacket: UInt32?
  private var chunked: Int32?
  private var chunkNext: UInt32 = 0
  private var chunkCount: UInt32 = 0
  private var through: UInt32 = 0
  // The packet under way.
  private var offset = 0
  private var isRound = false
  private var pending = SnapshotReaderEvents<Event>()

  public init() {}

  /// Reads one packet of a snapshot channel: `body` is called for each event in order.
  public mutating func read(_ packet: UnsafeRawBufferPointer, _ body: (Event) -> Void) {
    begin(packet)
    while let event = next(in: packet) { body(event) }
  }

  /// Begins a packet, whose events `next` gives.
  public mutating func begin(_ packet: UnsafeRawBufferPointer) {
    pending.removeAll()
    guard packet.count >= 12, let base = packet.baseAddress else {
      offset = packet.count
      return pending.append(.malformed)
    }
    let number = base.littleEndian(UInt32.self, at: 0)
    isRound = number == 1
    if let nextPacket, number != nextPacket { abort() }
    nextPacket = number &+ 1
    offset = 12
  }

  /// The next event of the packet that `begin` took; nil behind the last.
  public mutating func next(in packet: UnsafeRawBufferPointer) -> Event? {
    while true {
      if let event = pending.next() { return event }
      if offset >= packet.count { return nil }
      readMessage(packet)
    }
  }

  private mutating func readMessage(_ packet: UnsafeRawBufferPointer) {
    guard offset + 10 <= packet.count, let base = packet.baseAddress else { return malformed(packet) }
    let size = Int(base.littleEndian(UInt16.self, at: offset))
    guard size >= 10, offset + size <= packet.count else { return malformed(packet) }
    let rootLength = Int(base.littleEndian(UInt16.self, at: offset + 2))
    let template = base.littleEndian(UInt16.self, at: offset + 4)
    let root = offset + 10
    let needed = template == 53 ? 20 : 12
    if template == 52 || template == 69 || template == 53 {
      guard rootLength >= needed, size >= 10 + rootLength else { return malformed(packet) }
      if isRound {
        pending.append(.round(instruments: base.littleEndian(UInt32.self, at: root + 4)))
        isRound = false
      }
      // SAFETY: the root block holds at least `needed` bytes.
      readSnapshot(base + root, isChunk: template == 53, length: size)
    } else {
      pending.append(.other(offset: offset, length: size))
    }
    offset += size
  }

  private mutating func readSnapshot(_ root: UnsafeRawPointer, isChunk: Bool, length: Int) {
    let last = root.littleEndian(UInt32.self, at: 0)
    let securityId = Int32(bitPattern: root.littleEndian(UInt32.self, at: 8))
    if !isChunk {
      abort()
      pending.append(.began(securityId: securityId, through: UInt64(last)))
      pending.append(.message(offset: offset, length: length))
      return pending.append(.ended(securityId: securityId))
    }
    let count = root.littleEndian(UInt32.self, at: 12)
    let current = root.littleEndian(UInt32.self, at: 16)
    if current == 1 {
      abort()
      chunked = securityId
      chunkCount = count
      chunkNext = 1
      through = last
      pending.append(.began(securityId: securityId, through: UInt64(last)))
    }
    // A chunk whose first one is not here belongs to nothing.
    guard chunked == securityId else { return abort() }
    guard current == chunkNext, count == chunkCount, last == through else { return abort() }
    pending.append(.message(offset: offset, length: length))
    chunkNext &+= 1
    if current == count {
      chunked = nil
      pending.append(.ended(securityId: securityId))
    }
  }

  private mutating func malformed(_ packet: UnsafeRawBufferPointer) {
    abort()
    pending.append(.malformed)
    offset = packet.count
  }

  private mutating func abort() {
    if let chunked { pending.append(.aborted(securityId: chunked)) }
    chunked = nil
  }
}
