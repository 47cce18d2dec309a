/// The client's side of a TCP connection to Cboe's gap request proxy or spin server, without its socket.
///
/// | event \ state | closed, failed | loggingIn | loggedIn |
/// |---|---|---|---|
/// | `connected` | send Login `01` → loggingIn | – | – |
/// | Login Response `02` A | – | → loggedIn | malformed |
/// | Login Response `02` N; B, S | – | → failed `notAuthorized`; `sessionUnavailable` | malformed |
/// | `04`, `80`, `82`, `83` at their lengths | – | malformed | event |
/// | another message | – | malformed | event `message` (of the spin image) |
/// | heartbeat | – | alive | alive |
/// | 4 s without sending | – | send a heartbeat | send a heartbeat |
/// | 10 s without anything (two heartbeats missed) | – | → failed `serverSilent` | → failed `serverSilent` |
/// | `disconnected` | – | → failed `connectionLost` | → failed `connectionLost` |
///
/// *malformed*: → failed `malformedAnswer`, like lengths that contradict one another.
public struct CboeRecoveryClient: Sendable {
  public enum State: Sendable, Equatable, BitwiseCopyable {
    case closed, loggingIn, loggedIn
    case failed(RecoveryFailure)
  }

  public enum Event {
    case loggedIn
    case gapResponse(unit: UInt8, sequence: UInt32, count: UInt16, status: UInt8)
    case spinAvailable(sequence: UInt32)
    case spinResponse(sequence: UInt32, orderCount: UInt32, status: UInt8)
    case spinFinished(sequence: UInt32)
    /// A message of the spin image, length byte first; valid until the next `receive`.
    case message(UnsafeRawBufferPointer)
    case failed(RecoveryFailure)
  }

  /// Sent after this long without sending; the venue wants one every 5 s.
  static var heartbeatNanoseconds: UInt64 { 4_000_000_000 }
  static var silenceNanoseconds: UInt64 { 10_000_000_000 }

  public private(set) var state = State.closed
  private var stream = RecoveryStream(capacity: 65_535)
  /// Bytes left of the unit block that is being read.
  private var blockLeft = 0
  private var messagesLeft = 0
  private var sendableAt: UInt64 = 0
  private var heardAt: UInt64 = 0

  public init() {}

  /// The socket is connected: the login to send.
  public mutating func connected(_ login: CboeRecovery.Login, now: UInt64) -> RequestBytes {
    stream.reset()
    blockLeft = 0
    messagesLeft = 0
    state = .loggingIn
    heardAt = now
    sendableAt = now &+ Self.heartbeatNanoseconds
    return CboeRecovery.encode(login)
  }

  public mutating func disconnected() {
    if isOpen { state = .failed(.connectionLost) }
  }

  /// Something was sent: the next heartbeat is due later.
  public mutating func sent(now: UInt64) { sendableAt = now &+ Self.heartbeatNanoseconds }

  public mutating func receive(_ bytes: UnsafeRawBufferPointer, now: UInt64) -> Int {
    guard isOpen else { return bytes.count }
    if !bytes.isEmpty { heardAt = now }
    return stream.append(bytes)
  }

  public mutating func nextEvent() -> Event? {
    while isOpen {
      if messagesLeft == 0 {
        if blockLeft > 0 { return fail(.malformedAnswer) }
        guard stream.count >= 8 else { return nil }
        // SAFETY: eight bytes are here.
        let length = Int(stream.base.littleEndian(UInt16.self, at: 0))
        guard length >= 8 else { return fail(.malformedAnswer) }
        guard stream.count >= length else { return nil }
        messagesLeft = Int(stream.base.byte(at: 2))
        blockLeft = length - 8
        _ = stream.take(8)
        continue
      }
      // SAFETY: the whole block is here; `blockLeft` of its bytes are not read yet.
      guard blockLeft >= 2 else { return fail(.malformedAnswer) }
      let length = Int(stream.base.byte(at: 0))
      guard length >= 2, length <= blockLeft, let message = stream.take(length) else {
        return fail(.malformedAnswer)
      }
      messagesLeft -= 1
      blockLeft -= length
      return take(message)
    }
    return nil
  }

  /// A heartbeat to send, nil while none is due.
  public mutating func nextBytes(now: UInt64) -> RequestBytes? {
    guard isOpen, sendableAt <= now else { return nil }
    sendableAt = now &+ Self.heartbeatNanoseconds
    return CboeRecovery.heartbeat
  }

  public mutating func advance(to now: UInt64) -> Event? {
    guard isOpen, heardAt &+ Self.silenceNanoseconds <= now else { return nil }
    return fail(.serverSilent)
  }

  public var nextDue: UInt64 { isOpen ? min(sendableAt, heardAt &+ Self.silenceNanoseconds) : .max }

  private var isOpen: Bool { state == .loggingIn || state == .loggedIn }

  private mutating func take(_ message: UnsafeRawBufferPointer) -> Event {
    guard let base = message.baseAddress else { return fail(.malformedAnswer) }
    let type = base.byte(at: 1)
    // SAFETY: each length is checked before its fields are read; longer messages are read by their known head.
    if type == 0x02 {
      guard state == .loggingIn, message.count >= 3 else { return fail(.malformedAnswer) }
      switch base.byte(at: 2) {
      case UInt8(ascii: "A"):
        state = .loggedIn
        return .loggedIn
      case UInt8(ascii: "N"): return fail(.notAuthorized)
      default: return fail(.sessionUnavailable)
      }
    }
    guard state == .loggedIn else { return fail(.malformedAnswer) }
    switch type {
    case 0x04:
      guard message.count >= 10 else { return fail(.malformedAnswer) }
      return .gapResponse(
        unit: base.byte(at: 2), sequence: base.littleEndian(UInt32.self, at: 3),
        count: base.littleEndian(UInt16.self, at: 7), status: base.byte(at: 9))
    case 0x80:
      guard message.count >= 6 else { return fail(.malformedAnswer) }
      return .spinAvailable(sequence: base.littleEndian(UInt32.self, at: 2))
    case 0x82:
      guard message.count >= 11 else { return fail(.malformedAnswer) }
      return .spinResponse(
        sequence: base.littleEndian(UInt32.self, at: 2), orderCount: base.littleEndian(UInt32.self, at: 6),
        status: base.byte(at: 10))
    case 0x83:
      guard message.count >= 6 else { return fail(.malformedAnswer) }
      return .spinFinished(sequence: base.littleEndian(UInt32.self, at: 2))
    default: return .message(message)
    }
  }

  private mutating func fail(_ failure: RecoveryFailure) -> Event {
    state = .failed(failure)
    return .failed(failure)
  }
}
