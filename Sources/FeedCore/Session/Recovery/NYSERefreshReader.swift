/// Reads NYSE's refresh multicast: the snapshots of single symbols (XDP / Pillar Common Client Specification 2.4p,
/// "Refresh").
///
/// Every refresh packet begins with a Refresh Header (type 35): 16 bytes in the first packet of a symbol (behind
/// MsgType CurrentRefreshPkt 2, TotalRefreshPkts 2, LastSeqNum 4, LastSymbolSeqNum 4), 8 bytes in its later ones. The
/// symbol itself stands in the messages behind it. DeliveryFlag: 17 only packet, 18 start, 19 part, 20 end of a
/// refresh.
///
/// A symbol's snapshot is whole when its last packet came (Current = Total), or the next symbol's first, or the end of
/// the refresh, without a packet of the refresh missing (SeqNum + NumberMsgs is the next SeqNum). Whether the two
/// packet counts run per symbol or per refresh is not in the sheet; both read right.
public struct NYSERefreshReader: Sendable {
  public enum Event: Equatable, Sendable {
    /// A symbol's snapshot, current through this channel number, begins.
    case began(symbolIndex: UInt32, through: UInt64)
    /// A message of it (3, 34, 105, 106, …), at this offset and length of the packet.
    case message(offset: Int, length: Int)
    case ended(symbolIndex: UInt32)
    /// Part of it is lost.
    case aborted(symbolIndex: UInt32)
    case malformed
  }

  private var nextSequence: UInt32?
  private var symbolIndex: UInt32?
  /// LastSeqNum of a first packet whose symbol is not known yet.
  private var pendingThrough: UInt64?
  // The packet under way.
  private var offset = 0
  private var messagesLeft = 0
  private var isLast = false
  private var pending = SnapshotReaderEvents<Event>()

  public init() {}

  /// Reads one packet of the refresh group; symbol index mappings (no type 35) give `message` events only. `body` is
  /// called for each event in order.
  public mutating func read(_ packet: UnsafeRawBufferPointer, _ body: (Event) -> Void) {
    begin(packet)
    while let event = next(in: packet) { body(event) }
  }

  /// Begins a packet, whose events `next` gives.
  public mutating func begin(_ packet: UnsafeRawBufferPointer) {
    pending.removeAll()
    messagesLeft = 0
    isLast = false
    guard packet.count >= 16, let base = packet.baseAddress,
      Int(base.littleEndian(UInt16.self, at: 0)) == packet.count
    else { return pending.append(.malformed) }
    let flag = base.byte(at: 2)
    let count = Int(base.byte(at: 3))
    let sequence = base.littleEndian(UInt32.self, at: 4)
    lose(unless: sequence)
    // A heartbeat of the group consumes no number and holds nothing.
    if flag == 1 { return }
    // What another refresh left open is not this one's: its header says how far another book reaches.
    if flag == 17 || flag == 18 { abort() }
    nextSequence = sequence &+ UInt32(truncatingIfNeeded: count)
    offset = 16
    messagesLeft = count
    isLast = flag == 17 || flag == 20
    if count == 0, isLast { finish() }
  }

  /// The next event of the packet that `begin` took; nil behind the last.
  public mutating func next(in packet: UnsafeRawBufferPointer) -> Event? {
    while true {
      if let event = pending.next() { return event }
      if messagesLeft == 0 { return nil }
      messagesLeft -= 1
      readMessage(packet)
    }
  }

  private mutating func readMessage(_ packet: UnsafeRawBufferPointer) {
    guard offset + 4 <= packet.count, let base = packet.baseAddress else { return malformed() }
    let size = Int(base.littleEndian(UInt16.self, at: offset))
    let type = base.littleEndian(UInt16.self, at: offset + 2)
    guard size >= 4, offset + size <= packet.count else { return malformed() }
    if type == 35 {
      guard size >= 8 else { return malformed() }
      let current = base.littleEndian(UInt16.self, at: offset + 4)
      let total = base.littleEndian(UInt16.self, at: offset + 6)
      if size >= 16 {
        finish()
        pendingThrough = UInt64(base.littleEndian(UInt32.self, at: offset + 8))
      }
      if current == total { isLast = true }
    } else {
      identify(UnsafeRawBufferPointer(start: base + offset, count: size), type: type)
      pending.append(.message(offset: offset, length: size))
    }
    offset += size
    if messagesLeft == 0, isLast { finish() }
  }

  private mutating func identify(_ message: UnsafeRawBufferPointer, type: UInt16) {
    guard let through = pendingThrough, let base = message.baseAddress else { return }
    // Where each type of a refresh keeps its SymbolIndex; the size proves that it is there.
    let at: Int
    switch type {
    case 3: at = 4
    case 34, 105, 106: at = 12
    default: return
    }
    guard message.count >= at + 4 else { return }
    let symbol = base.littleEndian(UInt32.self, at: at)
    pendingThrough = nil
    symbolIndex = symbol
    pending.append(.began(symbolIndex: symbol, through: through))
  }

  private mutating func lose(unless sequence: UInt32) {
    guard let expected = nextSequence, expected != sequence else { return }
    abort()
  }

  private mutating func malformed() {
    abort()
    pending.append(.malformed)
    messagesLeft = 0
  }

  private mutating func abort() {
    if let symbolIndex { pending.append(.aborted(symbolIndex: symbolIndex)) }
    symbolIndex = nil
    pendingThrough = nil
  }

  private mutating func finish() {
    if let symbolIndex { pending.append(.ended(symbolIndex: symbolIndex)) }
    symbolIndex = nil
    pendingThrough = nil
  }
}
