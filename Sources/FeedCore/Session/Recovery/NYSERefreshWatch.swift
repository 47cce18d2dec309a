/// Follows the refreshes on a channel's refresh multicast from packet to packet, without reading the books in them: is
/// one whole, and how far does it reach? (XDP / Pillar Common Client Specification 2.4p, "Refresh".) Copies of the
/// other line are dropped before.
///
/// DeliveryFlag 17 is a refresh's only packet, 18 its first, 19 a later one, 20 its last; a packet goes on where
/// SeqNum + NumberMsgs of the one before is its SeqNum. A Refresh Header (type 35) of 16 bytes or more says LastSeqNum
/// of a symbol, which differs from symbol to symbol: the lowest counts.
struct NYSERefreshWatch: BitwiseCopyable {
  struct Step: BitwiseCopyable, Equatable {
    enum Kind: UInt8, BitwiseCopyable {
      /// Nothing of a refresh: a heartbeat of the group, an index mapping that was asked for.
      case other
      /// A packet that begins a refresh, or goes on with it; `isEnd`: it is whole.
      case part
      /// Packets before this one are missing, or its bytes contradict one another.
      case broken
    }
    var kind: Kind
    var isBegin = false
    var isEnd = false
    /// The lowest LastSeqNum of the refresh so far; `.max`: no symbol's header came yet.
    var through = UInt64.max
  }

  private var isUnderWay = false
  private var nextSequence: UInt32 = 0
  private var through = UInt64.max

  mutating func take(_ packet: UnsafeRawBufferPointer) -> Step {
    // SAFETY: the header is here.
    guard packet.count >= XDPPacket.headerLength, let base = packet.baseAddress else { return lose() }
    let flag = base.byte(at: 2)
    let sequence = base.littleEndian(UInt32.self, at: 4)
    guard flag >= 17, flag <= 20 else {
      // It names the number that follows, too; one that does not shows a hole, as it does to the books' reader.
      if isUnderWay, sequence != nextSequence { return lose() }
      nextSequence = sequence &+ UInt32(base.byte(at: 3))
      return Step(kind: .other)
    }
    let isBegin = flag == 17 || flag == 18
    if isBegin {
      isUnderWay = true
      through = .max
    } else if !isUnderWay || sequence != nextSequence {
      return lose()
    }
    guard readHeaders(packet, base) else { return lose() }
    nextSequence = sequence &+ UInt32(base.byte(at: 3))
    let isEnd = flag == 17 || flag == 20
    if isEnd { isUnderWay = false }
    // Mappings without a Refresh Header are answers to another request.
    if isEnd, through == .max { return Step(kind: .other) }
    return Step(kind: .part, isBegin: isBegin, isEnd: isEnd, through: through)
  }

  /// What is under way counts no more: its next packet finds no beginning.
  mutating func forget() { isUnderWay = false }

  /// False: the lengths do not fit together, by which the books' reader (`NYSERefreshReader`) judges, too.
  private mutating func readHeaders(_ packet: UnsafeRawBufferPointer, _ base: UnsafeRawPointer) -> Bool {
    guard Int(base.littleEndian(UInt16.self, at: 0)) == packet.count else { return false }
    var offset = XDPPacket.headerLength
    for _ in 0..<base.byte(at: 3) {
      guard offset + 4 <= packet.count else { return false }
      let size = Int(base.littleEndian(UInt16.self, at: offset))
      guard size >= 4, offset + size <= packet.count else { return false }
      if base.littleEndian(UInt16.self, at: offset + 2) == 35 {
        guard size >= 8 else { return false }
        if size >= 16 { through = min(through, UInt64(base.littleEndian(UInt32.self, at: offset + 8))) }
      }
      offset += size
    }
    return offset == packet.count
  }

  private mutating func lose() -> Step {
    isUnderWay = false
    return Step(kind: .broken)
  }
}
