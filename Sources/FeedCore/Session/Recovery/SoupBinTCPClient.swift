/// The client's side of a SoupBinTCP 3.00 connection without its socket: bytes and times in, bytes and events out.
///
/// | event \ state | closed | loggingIn | loggedIn | ended | failed |
/// |---|---|---|---|---|---|
/// | `connected` | send `L` → loggingIn | – | – | send `L` → loggingIn | send `L` → loggingIn |
/// | `A`, number as asked for | malformed | → loggedIn | malformed | – | – |
/// | `A`, number below what was asked for | malformed | → failed `sessionUnavailable` | malformed | – | – |
/// | `A`, number beyond it | malformed | → failed `outOfRange` | malformed | – | – |
/// | `J` | malformed | → failed `notAuthorized`, `sessionUnavailable` | malformed | – | – |
/// | `S` | malformed | malformed | message, number + 1 | – | – |
/// | `U`, `H`, `+`, unknown type | alive | alive | alive | – | – |
/// | `Z` | malformed | malformed | → ended | – | – |
/// | 1 s without sending | – | send `R` | send `R` | – | – |
/// | 15 s without anything | – | → failed `serverSilent` | → failed `serverSilent` | – | – |
/// | `disconnected` | – | → failed `connectionLost` | → failed `connectionLost` | – | – |
///
/// *malformed*: → failed `malformedAnswer`, like a packet of length 0 or one longer than the buffer. After a failure
/// the caller closes the connection; `connected` begins again, with the next number.
public struct SoupBinTCPClient: Sendable {
  public enum State: Sendable, Equatable, BitwiseCopyable {
    case closed, loggingIn, loggedIn, ended
    case failed(RecoveryFailure)
  }

  public enum Event {
    case loggedIn
    /// A sequenced message and its number; valid until the next `receive`.
    case message(UInt64, UnsafeRawBufferPointer)
    case ended
    case failed(RecoveryFailure)
  }

  public struct Login: Sendable, BitwiseCopyable {
    public var username: RecoveryText
    public var password: RecoveryText
    /// Empty: the current session.
    public var session = RecoveryText()
    public init(username: RecoveryText, password: RecoveryText) {
      self.username = username
      self.password = password
    }
  }

  static var heartbeatNanoseconds: UInt64 { 1_000_000_000 }
  static var silenceNanoseconds: UInt64 { 15_000_000_000 }
  /// Length field and the longest packet it can announce.
  static var packetMaximum: Int { 2 + 65_535 }

  public let login: Login
  public private(set) var state = State.closed
  /// Number of the next sequenced message; asked for at `connected`.
  public private(set) var next: UInt64
  private var stream: RecoveryStream
  private var sendableAt: UInt64 = 0
  private var heardAt: UInt64 = 0
  private var pending = RequestBytes()

  /// - Parameter next: number of the first message wanted; 0 = only new ones.
  public init(login: Login, next: UInt64 = 1) {
    self.login = login
    self.next = next
    stream = RecoveryStream(capacity: Self.packetMaximum)
  }

  // MARK: - In

  /// The socket is connected: log in.
  public mutating func connected(now: UInt64) {
    if state == .loggingIn || state == .loggedIn { return }
    stream.reset()
    pending = RequestBytes()
    pending.append(big: UInt16(47))
    pending.append(byte: UInt8(ascii: "L"))
    pending.append(login.username, width: 6)
    pending.append(login.password, width: 10)
    pending.append(login.session, width: 10)
    pending.append(decimal20: next)
    state = .loggingIn
    heardAt = now
    sendableAt = now &+ Self.heartbeatNanoseconds
  }

  public mutating func disconnected() {
    if state == .loggingIn || state == .loggedIn { state = .failed(.connectionLost) }
  }

  /// Asks for a new run of numbers at the next `connected`.
  public mutating func rewind(to number: UInt64) { next = number }

  /// Takes bytes of the socket; returns how many. Call `nextEvent` until nil before giving the rest.
  public mutating func receive(_ bytes: UnsafeRawBufferPointer, now: UInt64) -> Int {
    guard state == .loggingIn || state == .loggedIn else { return bytes.count }
    if !bytes.isEmpty { heardAt = now }
    return stream.append(bytes)
  }

  // MARK: - Out

  public mutating func nextEvent() -> Event? {
    while state == .loggingIn || state == .loggedIn {
      guard stream.count >= 2 else { return nil }
      // SAFETY: two bytes are here.
      let length = Int(stream.base.bigEndian(UInt16.self, at: 0))
      if length == 0 { return fail(.malformedAnswer) }
      guard let packet = stream.take(2 + length), let start = packet.baseAddress else { return nil }
      let payload = UnsafeRawBufferPointer(start: start + 3, count: length - 1)
      if let event = take(type: start.byte(at: 2), payload) { return event }
    }
    return nil
  }

  /// Bytes to send now, nil where there are none; call again until nil.
  public mutating func nextBytes(now: UInt64) -> RequestBytes? {
    guard state == .loggingIn || state == .loggedIn else { return nil }
    if pending.count > 0 {
      let bytes = pending
      pending = RequestBytes()
      sendableAt = now &+ Self.heartbeatNanoseconds
      return bytes
    }
    guard sendableAt <= now else { return nil }
    sendableAt = now &+ Self.heartbeatNanoseconds
    return Self.packet(UInt8(ascii: "R"))
  }

  /// Logout Request.
  public static var logout: RequestBytes { packet(UInt8(ascii: "O")) }

  /// When `advance` or `nextBytes` has something to do.
  public var nextDue: UInt64 {
    state == .loggingIn || state == .loggedIn
      ? min(pending.count > 0 ? 0 : sendableAt, heardAt &+ Self.silenceNanoseconds) : .max
  }

  /// Ends a silent connection.
  public mutating func advance(to now: UInt64) -> Event? {
    guard state == .loggingIn || state == .loggedIn, heardAt &+ Self.silenceNanoseconds <= now else { return nil }
    return fail(.serverSilent)
  }

  // MARK: - Helpers

  private static func packet(_ type: UInt8) -> RequestBytes {
    var bytes = RequestBytes()
    bytes.append(big: UInt16(1))
    bytes.append(byte: type)
    return bytes
  }

  private mutating func take(type: UInt8, _ payload: UnsafeRawBufferPointer) -> Event? {
    switch (type, state) {
    case (UInt8(ascii: "A"), .loggingIn): return accept(payload)
    case (UInt8(ascii: "J"), .loggingIn):
      guard payload.count == 1 else { return fail(.malformedAnswer) }
      return fail(payload[0] == UInt8(ascii: "A") ? .notAuthorized : .sessionUnavailable)
    case (UInt8(ascii: "S"), .loggedIn):
      let number = next
      next &+= 1
      return .message(number, payload)
    case (UInt8(ascii: "Z"), .loggedIn):
      state = .ended
      return .ended
    case (UInt8(ascii: "A"), _), (UInt8(ascii: "J"), _), (UInt8(ascii: "S"), _), (UInt8(ascii: "Z"), _):
      return fail(.malformedAnswer)
    default: return nil
    }
  }

  private mutating func accept(_ payload: UnsafeRawBufferPointer) -> Event {
    guard payload.count == 30, let number = DecimalText.parse(payload, at: 10, length: 20), number > 0 else {
      return fail(.malformedAnswer)
    }
    // A lower number than asked for: the server has not what we have seen, its state is not ours.
    if next > 0, number != next { return fail(number < next ? .sessionUnavailable : .outOfRange) }
    next = number
    state = .loggedIn
    return .loggedIn
  }

  private mutating func fail(_ failure: RecoveryFailure) -> Event {
    state = .failed(failure)
    return .failed(failure)
  }
}
