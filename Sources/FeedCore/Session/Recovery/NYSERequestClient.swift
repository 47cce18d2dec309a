/// The client's side of a TCP connection to NYSE's request server, without its socket.
///
/// There is no login: each request names its SourceID. Responses are told apart by the sequence number of our packet.
///
/// | event | closed, failed | open |
/// |---|---|---|
/// | `connected` | → open | – |
/// | Request Response (11) to a request of ours | – | event, once |
/// | Request Response to none of ours, or again | – | event `unmatched` |
/// | heartbeat (DeliveryFlag 1; once a minute) | – | alive; send Heartbeat Response (12) |
/// | another message | – | alive, skipped by its length |
/// | sizes that contradict one another | – | → failed `malformedAnswer` |
/// | 150 s without anything (two heartbeats missed) | – | → failed `serverSilent` |
/// | `disconnected` | – | → failed `connectionLost` |
public struct NYSERequestClient: Sendable {
  public enum State: Sendable, Equatable, BitwiseCopyable {
    case closed, open
    case failed(RecoveryFailure)
  }

  public enum Kind: UInt8, Sendable, BitwiseCopyable { case none, retransmission, refresh, mapping }

  public enum Event: Equatable {
    /// `first` is the request's BeginSeqNum, or SymbolIndex; `refusal` is nil where it was accepted.
    case response(Kind, first: UInt64, refusal: RecoveryRefusal?)
    case unmatched
    case failed(RecoveryFailure)
  }

  private struct Pending: BitwiseCopyable {
    var kind = Kind.none
    var sequence: UInt32 = 0
    var first: UInt64 = 0
  }

  static var silenceNanoseconds: UInt64 { 150_000_000_000 }

  public let client: NYSERecovery.Client
  public private(set) var state = State.closed
  private var stream = RecoveryStream(capacity: 65_535)
  private var packetLeft = 0
  private var messagesLeft = 0
  private var sequence: UInt32 = 1
  private var heardAt: UInt64 = 0
  private var owesHeartbeat = false
  /// The last requests, by sequence number.
  private var pending = InlineArray<32, Pending>(repeating: Pending())

  public init(client: NYSERecovery.Client) { self.client = client }

  public mutating func connected(now: UInt64) {
    stream.reset()
    packetLeft = 0
    messagesLeft = 0
    owesHeartbeat = false
    for index in pending.indices { pending[index] = Pending() }
    heardAt = now
    state = .open
  }

  public mutating func disconnected() {
    if state == .open { state = .failed(.connectionLost) }
  }

  public mutating func retransmission(_ request: GapRequest, now: UInt64) -> RequestBytes {
    let own = remember(.retransmission, first: request.range.first)
    return NYSERecovery.retransmission(request, client, sequence: own, now: now)
  }

  /// - Parameter symbolIndex: 0 = all symbols of the channel.
  public mutating func refresh(symbolIndex: UInt32, now: UInt64) -> RequestBytes {
    let own = remember(.refresh, first: UInt64(symbolIndex))
    return NYSERecovery.refresh(symbolIndex: symbolIndex, client, sequence: own, now: now)
  }

  /// - Parameter symbolIndex: 0 = all symbols of the channel.
  public mutating func symbolIndexMapping(symbolIndex: UInt32, now: UInt64) -> RequestBytes {
    let own = remember(.mapping, first: UInt64(symbolIndex))
    return NYSERecovery.symbolIndexMapping(symbolIndex: symbolIndex, client, sequence: own, now: now)
  }

  public mutating func receive(_ bytes: UnsafeRawBufferPointer, now: UInt64) -> Int {
    guard state == .open else { return bytes.count }
    if !bytes.isEmpty { heardAt = now }
    return stream.append(bytes)
  }

  public mutating func nextEvent() -> Event? {
    while state == .open {
      if messagesLeft == 0 {
        if packetLeft > 0 { return fail(.malformedAnswer) }
        guard stream.count >= 16 else { return nil }
        // SAFETY: sixteen bytes are here.
        let size = Int(stream.base.littleEndian(UInt16.self, at: 0))
        guard size >= 16 else { return fail(.malformedAnswer) }
        guard stream.count >= size else { return nil }
        if stream.base.byte(at: 2) == 1 { owesHeartbeat = true }
        messagesLeft = Int(stream.base.byte(at: 3))
        packetLeft = size - 16
        _ = stream.take(16)
        continue
      }
      // SAFETY: the whole packet is here; `packetLeft` of its bytes are not read yet.
      guard packetLeft >= 4 else { return fail(.malformedAnswer) }
      let size = Int(stream.base.littleEndian(UInt16.self, at: 0))
      guard size >= 4, size <= packetLeft, let message = stream.take(size) else { return fail(.malformedAnswer) }
      messagesLeft -= 1
      packetLeft -= size
      if let event = take(message) { return event }
    }
    return nil
  }

  /// The answer to a heartbeat, due within 5 s of it; nil while none is owed.
  public mutating func nextBytes(now: UInt64) -> RequestBytes? {
    guard state == .open, owesHeartbeat else { return nil }
    owesHeartbeat = false
    let own = sequence
    sequence &+= 1
    return NYSERecovery.heartbeatResponse(client, sequence: own, now: now)
  }

  public mutating func advance(to now: UInt64) -> Event? {
    guard state == .open, heardAt &+ Self.silenceNanoseconds <= now else { return nil }
    return fail(.serverSilent)
  }

  public var nextDue: UInt64 {
    state == .open ? (owesHeartbeat ? 0 : heardAt &+ Self.silenceNanoseconds) : .max
  }

  private mutating func remember(_ kind: Kind, first: UInt64) -> UInt32 {
    let own = sequence
    sequence &+= 1
    pending[Int(own % 32)] = Pending(kind: kind, sequence: own, first: first)
    return own
  }

  private mutating func take(_ message: UnsafeRawBufferPointer) -> Event? {
    guard let base = message.baseAddress, base.littleEndian(UInt16.self, at: 2) == 11 else { return nil }
    guard message.count >= 29 else { return fail(.malformedAnswer) }
    let own = base.littleEndian(UInt32.self, at: 4)
    let place = Int(own % 32)
    guard pending[place].kind != .none, pending[place].sequence == own else { return .unmatched }
    let request = pending[place]
    pending[place] = Pending()
    return .response(request.kind, first: request.first, refusal: NYSERecovery.refusal(base.byte(at: 28)))
  }

  private mutating func fail(_ failure: RecoveryFailure) -> Event {
    state = .failed(failure)
    return .failed(failure)
  }
}
