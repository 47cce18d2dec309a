/// The client's side of a SNAP connection, without its socket: one request, one snapshot (DEEP+ SNAP 1.05).
///
/// Messages: uint16 length (without itself), then the type. `e` ErrorResponse 4 bytes in all, `s` SnapshotStart 11
/// (snapshot length 8), `d` SnapshotData (IEX-TP header 40, block length 2, one message), `x` SnapshotEnd 11 (snapshot
/// sequence 8). The snapshot length is taken as the bytes of all `d` and `x` messages, lengths included ("bytes of the
/// whole answer"); whether the `s` itself counts is not in the sheet, so that either sum is accepted.
///
/// | event \ state | closed, ended, failed | requested | receiving |
/// |---|---|---|---|
/// | `connected` | → requested | – | – |
/// | `e` | – | event `refused` → ended | event `refused` → ended |
/// | `s` | – | event → receiving | malformed |
/// | `d` | – | malformed | event `message` |
/// | `x`, length right; wrong | – | malformed | event → ended; → failed `snapshotIncomplete` |
/// | unknown type | – | skipped | skipped, its bytes count |
/// | `disconnected` | – | → failed `connectionLost` | → failed `connectionLost` |
///
/// There are no heartbeats: a server that stands still is the join's timeout.
public struct IEXSnapshotClient: Sendable {
  public enum State: Sendable, Equatable, BitwiseCopyable {
    case closed, requested, receiving, ended
    case failed(RecoveryFailure)
  }

  public enum Event {
    case refused(RecoveryRefusal)
    case began
    /// One message of the feed; valid until the next `receive`.
    case message(UnsafeRawBufferPointer)
    case ended(through: UInt64)
    case failed(RecoveryFailure)
  }

  public private(set) var channel: IEXRecovery.Channel
  public private(set) var state = State.closed
  private var stream = RecoveryStream(capacity: 2 + 65_535)
  private var announced: UInt64 = 0
  private var received: UInt64 = 0
  private var startLength: UInt64 = 0

  public init(channel: IEXRecovery.Channel) { self.channel = channel }

  /// Of which stream connections are from now on.
  public mutating func begin(_ stream: IEXRecovery.Channel) { channel = stream }

  /// The socket is connected: the request to send.
  public mutating func connected(_ request: SnapshotRequest, token: RecoveryText) -> RequestBytes {
    stream.reset()
    state = .requested
    return IEXRecovery.snapshot(request, channel, token: token)
  }

  public mutating func disconnected() {
    if isOpen { state = .failed(.connectionLost) }
  }

  public mutating func receive(_ bytes: UnsafeRawBufferPointer) -> Int {
    isOpen ? stream.append(bytes) : bytes.count
  }

  public mutating func nextEvent() -> Event? {
    while isOpen {
      guard stream.count >= 2 else { return nil }
      // SAFETY: two bytes are here.
      let length = Int(stream.base.littleEndian(UInt16.self, at: 0))
      if length == 0 { return fail(.malformedAnswer) }
      guard let message = stream.take(2 + length) else { return nil }
      if let event = take(message) { return event }
    }
    return nil
  }

  private var isOpen: Bool { state == .requested || state == .receiving }

  private mutating func take(_ message: UnsafeRawBufferPointer) -> Event? {
    guard let base = message.baseAddress else { return fail(.malformedAnswer) }
    let before = received
    received &+= UInt64(message.count)
    // SAFETY: each length is checked before its fields are read.
    switch (base.byte(at: 2), state) {
    case (UInt8(ascii: "e"), _):
      guard message.count >= 4 else { return fail(.malformedAnswer) }
      state = .ended
      return .refused(IEXRecovery.refusal(base.byte(at: 3)))
    case (UInt8(ascii: "s"), .requested):
      guard message.count >= 11 else { return fail(.malformedAnswer) }
      announced = base.littleEndian(UInt64.self, at: 3)
      received = 0
      startLength = UInt64(message.count)
      state = .receiving
      return .began
    case (UInt8(ascii: "d"), .receiving):
      guard message.count >= 45 else { return fail(.malformedAnswer) }
      let length = Int(base.littleEndian(UInt16.self, at: 43))
      let isOurs = base.littleEndian(UInt16.self, at: 5) == channel.protocolId
        && base.littleEndian(UInt32.self, at: 7) == channel.channelId
        && base.littleEndian(UInt32.self, at: 11) == channel.sessionId
      guard isOurs, message.count == 45 + length else { return fail(.malformedAnswer) }
      return .message(UnsafeRawBufferPointer(start: base + 45, count: length))
    case (UInt8(ascii: "x"), .receiving):
      guard message.count >= 11 else { return fail(.malformedAnswer) }
      guard announced == received || announced == received &+ startLength || announced == before else {
        return fail(.snapshotIncomplete)
      }
      state = .ended
      return .ended(through: base.littleEndian(UInt64.self, at: 3))
    case (UInt8(ascii: "s"), _), (UInt8(ascii: "d"), _), (UInt8(ascii: "x"), _): return fail(.malformedAnswer)
    default: return nil
    }
  }

  private mutating func fail(_ failure: RecoveryFailure) -> Event {
    state = .failed(failure)
    return .failed(failure)
  }

  /// Hands one event to the join. True: the message goes into the books; `clear`: empty them first.
  public static func take(_ event: Event, into join: inout SnapshotJoin, clear: inout Bool, now: UInt64) -> Bool {
    switch event {
    case .refused(let refusal): join.refused(refusal, now: now)
    case .began: if join.snapshotBegan(through: nil, messageCount: nil, now: now) { clear = true }
    case .message: return join.snapshotMessage(now: now)
    case .ended(let through): join.snapshotEnded(through: through, now: now)
    case .failed(let failure): join.failed(failure, now: now)
    }
    return false
  }
}
