/// The client's side of a MEMX-TCP connection, without its socket: gap fill or snapshot, as the login's answer says.
///
/// | event \ state | closed, failed | loggingIn | ready | replaying |
/// |---|---|---|---|---|
/// | `connected` | send Login Request → loggingIn | – | – | – |
/// | Login Accepted, the wanted mode; another | – | → ready; → failed `requestInvalid` | malformed | malformed |
/// | Login Rejected | – | → failed `notAuthorized` | malformed | malformed |
/// | Start of Session, ours; another | – | – ; → failed `sessionUnavailable` | same | same |
/// | Replay Begin | – | malformed | event → replaying | malformed |
/// | Replay Rejected | – | malformed | event | event → ready |
/// | Sequenced Message | – | malformed | malformed | event, number + 1 |
/// | Replay Complete, count right; wrong | – | malformed | malformed | event → ready; → failed `snapshotIncomplete` |
/// | End of Session | – | → failed `sessionUnavailable` | same | same |
/// | Heartbeat, unknown type | – | alive | alive | alive |
/// | 1 s without sending | – | Heartbeat | Heartbeat | Heartbeat |
/// | 15 s without anything | – | → failed `serverSilent` | same | same |
/// | `disconnected` | – | → failed `connectionLost` | same | same |
public struct MEMXRecoveryClient: Sendable {
  public enum State: Sendable, Equatable, BitwiseCopyable {
    case closed, loggingIn, ready, replaying
    case failed(RecoveryFailure)
  }

  public enum Mode: UInt8, Sendable, BitwiseCopyable {
    case replay = 0x52
    case snapshot = 0x54
  }

  public enum Event {
    case ready
    case began(next: UInt64, count: UInt32)
    case rejected
    /// One SBE message and its number in the replay; valid until the next `receive`.
    case message(UInt64, UnsafeRawBufferPointer)
    case ended
    case failed(RecoveryFailure)
  }

  static var heartbeatNanoseconds: UInt64 { 1_000_000_000 }
  static var silenceNanoseconds: UInt64 { 15_000_000_000 }

  public let mode: Mode
  public private(set) var session: UInt64
  public private(set) var state = State.closed
  private var stream = RecoveryStream(capacity: 3 + 65_535)
  private var next: UInt64 = 0
  private var received: UInt32 = 0
  private var sendableAt: UInt64 = 0
  private var heardAt: UInt64 = 0

  public init(mode: Mode, session: UInt64) {
    self.mode = mode
    self.session = session
  }

  /// Of which session connections are from now on.
  public mutating func begin(session number: UInt64) { session = number }

  /// The socket is connected: the login to send.
  public mutating func connected(token: RecoveryText, now: UInt64) -> RequestBytes {
    stream.reset()
    state = .loggingIn
    heardAt = now
    sent(now: now)
    return MEMXRecovery.login(token: token)
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
      guard stream.count >= 3 else { return nil }
      // SAFETY: three bytes are here.
      let type = stream.base.byte(at: 0)
      let length = Int(stream.base.bigEndian(UInt16.self, at: 1))
      guard let message = stream.take(3 + length), let start = message.baseAddress else { return nil }
      if let event = take(type, UnsafeRawBufferPointer(start: start + 3, count: length)) { return event }
    }
    return nil
  }

  /// A heartbeat to send, nil while none is due.
  public mutating func nextBytes(now: UInt64) -> RequestBytes? {
    guard isOpen, sendableAt <= now else { return nil }
    sent(now: now)
    return MEMXRecovery.heartbeat
  }

  public mutating func advance(to now: UInt64) -> Event? {
    guard isOpen, heardAt &+ Self.silenceNanoseconds <= now else { return nil }
    return fail(.serverSilent)
  }

  public var nextDue: UInt64 { isOpen ? min(sendableAt, heardAt &+ Self.silenceNanoseconds) : .max }

  private var isOpen: Bool {
    switch state {
    case .closed, .failed: false
    case .loggingIn, .ready, .replaying: true
    }
  }

  private mutating func take(_ type: UInt8, _ body: UnsafeRawBufferPointer) -> Event? {
    // SAFETY: each length is checked before its fields are read.
    switch (type, state) {
    case (1, .loggingIn):
      guard body.count >= 1 else { return fail(.malformedAnswer) }
      guard body[0] == mode.rawValue else { return fail(.requestInvalid) }
      state = .ready
      return .ready
    case (2, .loggingIn): return fail(.notAuthorized)
    case (3, _):
      guard body.count >= 8, let base = body.baseAddress else { return fail(.malformedAnswer) }
      return base.bigEndian(UInt64.self, at: 0) == session ? nil : fail(.sessionUnavailable)
    case (4, _): return fail(.sessionUnavailable)
    case (5, .ready):
      guard body.count >= 12, let base = body.baseAddress else { return fail(.malformedAnswer) }
      next = base.bigEndian(UInt64.self, at: 0)
      received = 0
      state = .replaying
      return .began(next: next, count: base.bigEndian(UInt32.self, at: 8))
    case (6, .ready), (6, .replaying):
      state = .ready
      return .rejected
    case (7, .replaying):
      guard body.count >= 4, let base = body.baseAddress else { return fail(.malformedAnswer) }
      guard base.bigEndian(UInt32.self, at: 0) == received else { return fail(.snapshotIncomplete) }
      state = .ready
      return .ended
    case (11, .replaying):
      let number = next
      next &+= 1
      received &+= 1
      return .message(number, body)
    case (1, _), (2, _), (5, _), (6, _), (7, _), (11, _): return fail(.malformedAnswer)
    default: return nil
    }
  }

  private mutating func fail(_ failure: RecoveryFailure) -> Event {
    state = .failed(failure)
    return .failed(failure)
  }

  /// Hands one event of a connection in mode T to the join. True: the message goes into the books; `clear`: empty them
  /// first. Snapshot Complete is the last message, and is not applied.
  public static func take(_ event: Event, into join: inout SnapshotJoin, clear: inout Bool, now: UInt64) -> Bool {
    switch event {
    case .ready: return false
    case .began: if join.snapshotBegan(through: nil, messageCount: nil, now: now) { clear = true }
    case .rejected: join.refused(.final(.outOfRange), now: now)
    case .message(_, let message):
      if let through = MEMXRecovery.snapshotThrough(message) {
        join.snapshotEnded(through: through, now: now)
      } else {
        return join.snapshotMessage(now: now)
      }
    // Before Snapshot Complete this is too early; after it the join does not care.
    case .ended: join.failed(.snapshotIncomplete, now: now)
    case .failed(.notAuthorized): join.refused(.final(.notAuthorized), now: now)
    case .failed(let failure): join.failed(failure, now: now)
    }
    return false
  }
}
