/// Puts the segments of one direction of a TCP connection back into a byte stream. RFC 9293 section 3.10.7.4.
///
///     unstarted ──SYN, or payload──► live ──FIN reached, RST──► ended ──SYN, or new payload──► live
///
/// | a segment that lies | is |
/// |---|---|
/// | at the next byte | delivered, and what is held behind it |
/// | behind: all bytes came before | dropped; bytes still remembered are compared, differences counted |
/// | partly behind | delivered from its first new byte on |
/// | ahead | held; where it overlaps held bytes the first ones stay |
/// | one byte below the next, one byte long | a keep-alive: its byte means nothing, dropped |
/// | `backwardLengthMaximum` behind | dropped, unless a second one continues it: then a new stream without SYN |
///
/// A hole is given up, and named by an event, when more than the limits is held behind it, when it is
/// `holeNanosecondsMaximum` old, at a RST, at another connection's SYN and at the end of the input. What the snap
/// length cut off a segment is a hole at once, without waiting, unless another segment brought it before.
///
/// Numbers wrap at 2^32; here they are counted on in 64 bits. Cold path: captures only. Memory: `heldLengthMaximum` +
/// 2 × `historyLength` + one segment, and what the caller leaves in the queue of events: empty it after each `take`.
public struct TCPReassembler: Sendable {
  public struct Limits: Sendable {
    /// Bytes held behind a hole.
    public var heldLengthMaximum = 256 << 10
    /// Pieces held behind a hole.
    public var heldPieceCountMaximum = 1024
    /// Capture time that a hole may wait for a retransmission; retransmissions begin after 0.2 s (Linux) to 1 s.
    public var holeNanosecondsMaximum: UInt64 = 3_000_000_000
    /// Delivered bytes that are remembered, to compare retransmissions.
    public var historyLength = 32 << 10
    /// A segment further behind is no retransmission: no window of the field is as large.
    public var backwardLengthMaximum: UInt64 = 16 << 20

    public init() {}
  }

  enum State: Sendable {
    case unstarted
    case live
    case ended
  }

  /// Bytes that wait for others before them; without bytes: a range cut away by the snap length.
  struct Piece: Sendable {
    var start: UInt64
    var end: UInt64
    var bytes: ArraySlice<UInt8>
    var packetIndex: UInt64
    var isCut: Bool { bytes.isEmpty }
  }

  public let limits: Limits
  public internal(set) var counters = TCPCounters()
  var state = State.unstarted
  /// Of the next byte to deliver. Positions are sequence numbers counted on beyond 2^32, one turn up, so that
  /// nothing behind lies below zero.
  var next: UInt64 = 0
  /// Of the stream's first byte.
  private var streamStart: UInt64 = 0
  /// One past the last byte, once a FIN said so.
  private var finish: UInt64?
  /// Ascending, disjoint, none at or below `next`.
  var held: [Piece] = []
  var heldLength = 0
  /// The last bytes delivered, up to `next`; trimmed at twice the limit.
  var history: [UInt8] = []
  /// A segment far behind that waits for one that continues it.
  private var candidate: Piece?
  /// Capture time at which the hole in front became known.
  var holeSince: UInt64 = 0
  private var clock: UInt64 = 0
  private var events: [TCPStreamEvent] = []
  private var eventsTaken = 0

  public init(limits: Limits = Limits()) { self.limits = limits }

  /// The next event, nil when there is none for now.
  public mutating func nextEvent() -> TCPStreamEvent? {
    guard eventsTaken < events.count else {
      events.removeAll(keepingCapacity: true)
      eventsTaken = 0
      return nil
    }
    defer { eventsTaken += 1 }
    return events[eventsTaken]
  }

  /// Takes the next segment captured of this direction. Any numbers, flags and lengths are good.
  ///
  /// - Parameters:
  ///   - packetIndex: comes back with the bytes.
  ///   - captureNanoseconds: any clock that does not go back.
  public mutating func take(_ segment: TCPSegment, packetIndex: UInt64, at captureNanoseconds: UInt64) {
    clock = max(clock, captureNanoseconds)
    let declared = UInt64(segment.declaredPayloadLength)
    if declared > 0 { counters.segments += 1 }
    let first = segment.sequenceNumber &+ (segment.isSYN ? 1 : 0)
    if segment.isSYN {
      if state != .live || first != UInt32(truncatingIfNeeded: streamStart) { begin(at: first, behindSYN: true) }
    } else if state != .live {
      guard declared > 0, state == .unstarted || !isBehind(position(of: first), declared) else {
        if declared > 0 { counters.retransmissions += 1 }
        return
      }
      begin(at: first, behindSYN: false)
    }
    let start = position(of: first)
    if declared > 0, !segment.isSYN, isKeepAlive(segment, at: start) {
      counters.keepAlives += 1
    } else if declared > 0, start &+ limits.backwardLengthMaximum < next {
      takeFarBehind(segment, at: start, packetIndex)
    } else if declared > 0 {
      insert(segment, at: start, packetIndex)
    }
    if segment.isFIN, start &+ declared >= next { finish = start &+ declared }
    advance()
    if segment.isRST, state == .live { end() }
  }

  /// The input is over: every hole is given up and the stream ends.
  public mutating func takeEnd() {
    if state == .live { end() }
  }

  // MARK: Streams

  private mutating func begin(at sequenceNumber: UInt32, behindSYN: Bool) {
    if state == .live { end() }
    state = .live
    next = 1 << 32 | UInt64(sequenceNumber)
    streamStart = next
    finish = nil
    candidate = nil
    history.removeAll(keepingCapacity: true)
    if !behindSYN { counters.midStreamStarts += 1 }
    events.append(.start(behindSYN: behindSYN))
  }

  private mutating func end() {
    while !held.isEmpty { deliverFirst() }
    state = .ended
    events.append(.end)
  }

  /// The position nearest to `next` that has this number.
  private func position(of sequenceNumber: UInt32) -> UInt64 {
    let distance = Int32(bitPattern: sequenceNumber &- UInt32(truncatingIfNeeded: next))
    return next &+ UInt64(bitPattern: Int64(distance))
  }

  /// After the end: a retransmission of what came before, and not another connection.
  private func isBehind(_ start: UInt64, _ length: UInt64) -> Bool {
    start &+ length <= next && start &+ limits.backwardLengthMaximum >= next
  }

  /// The number below the next one stands for what the sender sent last, held or delivered.
  private func isKeepAlive(_ segment: TCPSegment, at start: UInt64) -> Bool {
    guard segment.declaredPayloadLength == 1, !segment.isFIN, !segment.isRST else { return false }
    return start &+ 1 == next || start &+ 1 == held.last?.end
  }

  private mutating func takeFarBehind(_ segment: TCPSegment, at start: UInt64, _ packetIndex: UInt64) {
    counters.farBehind += 1
    if let before = candidate, before.end == start, !before.isCut {
      begin(at: UInt32(truncatingIfNeeded: before.start), behindSYN: false)
      deliver(Array(before.bytes), before.packetIndex)
      insert(segment, at: position(of: segment.sequenceNumber), packetIndex)
    } else {
      candidate = Piece(
        start: start, end: start &+ UInt64(segment.declaredPayloadLength), bytes: ArraySlice(segment.bytes),
        packetIndex: packetIndex)
    }
  }

  // MARK: Delivery

  /// Delivers what is due, and gives holes up where a limit says so.
  private mutating func advance() {
    while let first = held.first {
      if first.start == next {
        deliverFirst()
      } else if heldLength > limits.heldLengthMaximum || held.count > limits.heldPieceCountMaximum
        || clock &- holeSince >= limits.holeNanosecondsMaximum
      {
        deliverFirst()
      } else {
        break
      }
      // The hole behind, if there is one, waits from now on.
      holeSince = clock
    }
    if state == .live, let finish, next >= finish { end() }
  }

  private mutating func deliverFirst() {
    let first = held.removeFirst()
    heldLength -= first.bytes.count
    let missingEnd = first.isCut ? first.end : first.start
    if missingEnd > next {
      counters.holes += 1
      counters.holeLength &+= missingEnd &- next
      events.append(.hole(length: missingEnd &- next))
      history.removeAll(keepingCapacity: true)
      next = missingEnd
    }
    if !first.isCut { deliver(Array(first.bytes), first.packetIndex) }
  }

  mutating func deliver(_ bytes: [UInt8], _ packetIndex: UInt64) {
    next &+= UInt64(bytes.count)
    history += bytes
    if history.count > 2 * limits.historyLength { history.removeFirst(history.count - limits.historyLength) }
    events.append(.bytes(bytes, packetIndex: packetIndex))
  }

  /// A hole begins to wait when the first piece behind it is held.
  mutating func noteHeld() {
    if held.isEmpty { holeSince = clock }
  }
}
