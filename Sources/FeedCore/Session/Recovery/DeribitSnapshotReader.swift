/// Reads Deribit's snapshot channels: cycles of 1005, the instruments' 1000, 1010, 1007, 1003, 1004, and 1006,
/// little-endian. Nothing is asked for: a cycle comes every 30 s.
///
/// Packet: packetLength 2, channelId 2, channelSequence 4. Message: blockLength 2, templateId 2, schemaId 2, version 2,
/// numGroups 2, numVarDataFields 2, root block, groups (blockLength 2, numInGroup 2, numGroups 2, numVarDataFields 2,
/// entries), strings (length 1, bytes). Root of 1004: instrumentId 4, timestampMs 8, changeId 8, isBookComplete 1,
/// isLastInBook 1. A book may come in several 1004 of one changeId.
///
/// A packet missing in the channel's sequence aborts the book under way and makes the cycle incomplete; books that were
/// whole stay. Parts carry no number: behind such a hole (and at the start) a book is read only from where its
/// beginning is sure: behind another book's last part, another message, or the cycle's start. The retransmission calls
/// (`multicast/get_packet(s)`) have no parameters in the sheet: a gap ends with the instruments' next linked change, or
/// the next cycle.
public struct DeribitSnapshotReader: Sendable {
  public enum Event: Equatable {
    case cycleBegan
    /// Complete: its beginning was seen and no packet was missing, so that instruments not in it are gone.
    case cycleEnded(isComplete: Bool)
    case began(instrumentId: UInt32, changeId: UInt64)
    /// A part of a book (1004), at this offset and length of the packet.
    case book(offset: Int, length: Int)
    case ended(instrumentId: UInt32)
    case aborted(instrumentId: UInt32)
    /// Another message of the channel: instruments, tickers.
    case other(offset: Int, length: Int)
    case malformed
  }

  private var nextSequence: UInt32?
  private var isCycleWhole = false
  private var open: UInt32?
  private var openChange: UInt64 = 0
  /// What comes next is the beginning of a book, not a later part of one: parts are not numbered.
  private var isAtBeginning = false

  public init() {}

  /// Reads one packet of a snapshot channel. Cold: `body` is called for each event in order.
  public mutating func read(_ packet: UnsafeRawBufferPointer, _ body: (Event) -> Void) {
    guard packet.count >= 8, let base = packet.baseAddress,
      Int(base.littleEndian(UInt16.self, at: 0)) == packet.count - 8
    else { return body(.malformed) }
    let sequence = base.littleEndian(UInt32.self, at: 4)
    if let nextSequence, sequence != nextSequence {
      abort(body)
      isCycleWhole = false
      isAtBeginning = false
    }
    nextSequence = sequence &+ 1
    var offset = 8
    while offset < packet.count {
      let rest = UnsafeRawBufferPointer(start: base + offset, count: packet.count - offset)
      guard let length = Self.messageLength(rest) else { return malformed(body) }
      switch base.littleEndian(UInt16.self, at: offset + 2) {
      case 1005:
        abort(body)
        isCycleWhole = true
        isAtBeginning = true
        body(.cycleBegan)
      case 1006:
        abort(body)
        body(.cycleEnded(isComplete: isCycleWhole))
        isCycleWhole = false
        isAtBeginning = true
      case 1004:
        guard base.littleEndian(UInt16.self, at: offset) >= 22 else { return malformed(body) }
        // SAFETY: header and root block were proved by `messageLength`.
        readBook(base + offset + 12, offset: offset, length: length, body)
      default:
        // An instrument's other messages stand before its book.
        isAtBeginning = true
        body(.other(offset: offset, length: length))
      }
      offset += length
    }
  }

  private mutating func readBook(
    _ root: UnsafeRawPointer, offset: Int, length: Int, _ body: (Event) -> Void
  ) {
    let instrument = root.littleEndian(UInt32.self, at: 0)
    let change = root.littleEndian(UInt64.self, at: 12)
    let isLast = root.byte(at: 21) != 0
    if open != instrument || openChange != change {
      abort(body)
      guard isAtBeginning else {
        // The parts before this one may be lost with the packet before.
        isAtBeginning = isLast
        return
      }
      open = instrument
      openChange = change
      body(.began(instrumentId: instrument, changeId: change))
    }
    body(.book(offset: offset, length: length))
    isAtBeginning = isLast
    if isLast {
      open = nil
      body(.ended(instrumentId: instrument))
    }
  }

  /// Length of the message at the beginning of `bytes`, nil when it is not all there. No template has to be known.
  static func messageLength(_ bytes: UnsafeRawBufferPointer) -> Int? {
    guard bytes.count >= 12, let base = bytes.baseAddress else { return nil }
    var length = 12 + Int(base.littleEndian(UInt16.self, at: 0))
    // Each round reads at least one byte of the packet, which bounds it.
    for _ in 0..<base.littleEndian(UInt16.self, at: 8) {
      guard length + 8 <= bytes.count else { return nil }
      let entries = Int(base.littleEndian(UInt16.self, at: length + 2))
      length += 8 + Int(base.littleEndian(UInt16.self, at: length)) * entries
    }
    for _ in 0..<base.littleEndian(UInt16.self, at: 10) {
      guard length + 1 <= bytes.count else { return nil }
      length += 1 + Int(base.byte(at: length))
    }
    return length <= bytes.count ? length : nil
  }

  private mutating func malformed(_ body: (Event) -> Void) {
    abort(body)
    isCycleWhole = false
    isAtBeginning = false
    body(.malformed)
  }

  private mutating func abort(_ body: (Event) -> Void) {
    if let open { body(.aborted(instrumentId: open)) }
    open = nil
  }
}
