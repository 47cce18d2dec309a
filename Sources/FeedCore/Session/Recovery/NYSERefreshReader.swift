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
  public enum Event: Equatable {
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

  public init() {}

  /// Reads one packet of the refresh group; symbol index mappings (no type 35) give `message` events only.
  ///
  /// Cold: `body` is called for each event in order.
  public mutating func read(_ packet: UnsafeRawBufferPointer, _ body: (Event) -> Void) {
    guard packet.count >= 16, let base = packet.baseAddress,
      Int(base.littleEndian(UInt16.self, at: 0)) == packet.count
    else { return body(.malformed) }
    let flag = base.byte(at: 2)
    let count = Int(base.byte(at: 3))
    let sequence = base.littleEndian(UInt32.self, at: 4)
    // A heartbeat of the group consumes no number and holds nothing.
    if flag == 1 { return lose(unless: sequence, body) }
    lose(unless: sequence, body)
    nextSequence = sequence &+ UInt32(truncatingIfNeeded: count)
    var offset = 16
    var isLast = flag == 17 || flag == 20
    for _ in 0..<count {
      guard offset + 4 <= packet.count else { return malformed(body) }
      let size = Int(base.littleEndian(UInt16.self, at: offset))
      let type = base.littleEndian(UInt16.self, at: offset + 2)
      guard size >= 4, offset + size <= packet.count else { return malformed(body) }
      if type == 35 {
        guard size >= 8 else { return malformed(body) }
        let current = base.littleEndian(UInt16.self, at: offset + 4)
        let total = base.littleEndian(UInt16.self, at: offset + 6)
        if size >= 16 {
          finish(body)
          pendingThrough = UInt64(base.littleEndian(UInt32.self, at: offset + 8))
        }
        if current == total { isLast = true }
      } else {
        identify(UnsafeRawBufferPointer(start: base + offset, count: size), type: type, body)
        body(.message(offset: offset, length: size))
      }
      offset += size
    }
    if isLast { finish(body) }
  }

  private mutating func identify(_ message: UnsafeRawBufferPointer, type: UInt16, _ body: (Event) -> Void) {
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
    body(.began(symbolIndex: symbol, through: through))
  }

  private mutating func lose(unless sequence: UInt32, _ body: (Event) -> Void) {
    guard let expected = nextSequence, expected != sequence else { return }
    abort(body)
  }

  private mutating func malformed(_ body: (Event) -> Void) {
    abort(body)
    body(.malformed)
  }

  private mutating func abort(_ body: (Event) -> Void) {
    if let symbolIndex { body(.aborted(symbolIndex: symbolIndex)) }
    symbolIndex = nil
    pendingThrough = nil
  }

  private mutating func finish(_ body: (Event) -> Void) {
    if let symbolIndex { body(.ended(symbolIndex: symbolIndex)) }
    symbolIndex = nil
    pendingThrough = nil
  }
}
