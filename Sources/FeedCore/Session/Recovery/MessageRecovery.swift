/// Asks a venue's server for a channel's missing messages: `GapRecovery` with the venue's requests, and its connection
/// where it has one.
///
/// A connection is opened when something is missing and closed when nothing is. One that fails is opened again after
/// the same patience as a request, at most `recovery.attempts` times in a row; then the gap is given up by the name of
/// the failure.
///
/// | event \ connection | none | logging in | ready |
/// |---|---|---|---|
/// | something is missing | open → logging in; of datagrams: → ready | – | requests leave |
/// | nothing is missing any more, or given up | – | close → none | close → none |
/// | logged in (NYSE: opened) | – | → ready | – |
/// | refused for good | – | gap given up → none | – |
/// | failed, closed by the server | – | close; again after the patience, or gap given up → none | same |
struct MessageRecovery {
  private(set) var gap: GapRecovery
  private(set) var connection: RecoveryConnection
  private let identity: RecoveryIdentity
  private var session = SessionName()
  private var cboe = CboeRecoveryClient()
  private var nyse: NYSERequestClient
  private var memx = MEMXRecoveryClient(mode: .replay, session: 0)
  /// When a connection may be opened (again).
  private var openableAt: UInt64 = 0
  private var failures: UInt16 = 0
  /// First number of MEMX's request under way: its answers name none.
  private var asked: UInt64 = 0

  init(identity: RecoveryIdentity, settings: RecoverySettings, outbox: RecoveryOutbox) {
    self.identity = identity
    let limits: RecoveryLimits =
      switch identity.protocol {
      case .itch50: MoldUDP64Request.limits(settings)
      case .nyseIntegrated: NYSERecovery.limits(settings)
      case .memxDepth: MEMXRecovery.limits(settings)
      case .deepPlus, .deep10, .tops15, .tops16: IEXRecovery.limits(settings)
      default: RecoveryLimits(settings, messagesMaximum: UInt64(UInt16.max))
      }
    gap = GapRecovery(limits: limits)
    connection = RecoveryConnection(outbox: outbox, channel: identity.channel, service: .messages)
    nyse = NYSERequestClient(client: NYSERecovery.Client(identity))
  }

  var isNYSE: Bool { identity.protocol == .nyseIntegrated }

  private var hasConnection: Bool {
    switch identity.protocol {
    case .pitch, .nyseIntegrated, .memxDepth: true
    default: false
    }
  }

  private var canSend: Bool {
    switch identity.protocol {
    case .pitch: connection.isOpen && cboe.state == .loggedIn
    case .nyseIntegrated: connection.isOpen && nyse.state == .open
    case .memxDepth: connection.isOpen && memx.state == .ready
    default: true
    }
  }

  // MARK: - The channel

  mutating func restart(session: SessionName, now: UInt64) {
    gap.restart(isNewSession: session != self.session)
    self.session = session
    failures = 0
    connection.close(now: now)
  }

  /// Nothing is asked for before `time`, or before an answer to an earlier request can come; returns when that is.
  mutating func askAgain(from time: UInt64) -> UInt64 { gap.askAgain(from: time) }

  mutating func missing(_ range: SequenceRange, now: UInt64) { gap.missing(range, now: now) }

  mutating func arrived(_ range: SequenceRange, isAnswer: Bool, now: UInt64) {
    guard gap.state == .recovering else { return }
    if !isAnswer, let end = gap.missingEnd, range.first >= end { return }
    gap.arrived(range, isAnswer: isAnswer, now: now)
    closeIfDone(now: now)
  }

  mutating func forget(below number: UInt64, now: UInt64) {
    gap.forget(below: number)
    closeIfDone(now: now)
  }

  mutating func unavailable(_ range: SequenceRange, now: UInt64) {
    gap.unavailable(range)
    closeIfDone(now: now)
  }

  mutating func fail(_ failure: RecoveryFailure, now: UInt64) {
    gap.fail(failure)
    closeIfDone(now: now)
  }

  /// A snapshot took the place of what was given up.
  mutating func resume(now: UInt64) {
    if case .gaveUp = gap.state { gap.restart(isNewSession: false) }
  }

  mutating func hangUp(now: UInt64) { connection.close(now: now) }

  private mutating func closeIfDone(now: UInt64) {
    if gap.state == .recovering { return }
    failures = 0
    connection.close(now: now)
  }

  // MARK: - Time

  var nextDue: UInt64 {
    guard gap.state == .recovering else { return .max }
    let due = gap.nextDue(canSend: canSend)
    if !hasConnection { return due }
    if !connection.isOpen { return min(due, openableAt) }
    switch identity.protocol {
    case .pitch: return min(due, cboe.nextDue)
    case .nyseIntegrated: return min(due, nyse.nextDue)
    default: return min(due, memx.nextDue)
    }
  }

  /// Runs what is due: the connection, its heartbeats, requests.
  mutating func advance(to now: UInt64) {
    guard gap.state == .recovering else { return }
    if hasConnection {
      if !connection.isOpen, openableAt <= now { open(now: now) }
      if connection.isOpen { advanceConnection(to: now) }
    }
    // Bounded: each turn takes one of at most 16 places, or ends the gap.
    while let request = gap.nextRequest(now: now, canSend: canSend) { send(request, now: now) }
    closeIfDone(now: now)
  }

  private mutating func open(now: UInt64) {
    connection.open(now: now)
    switch identity.protocol {
    case .pitch:
      let login = CboeRecovery.Login(
        sessionSubId: identity.sessionSubId, username: identity.username, password: identity.password)
      connection.send(cboe.connected(login, now: now), now: now)
    case .nyseIntegrated: nyse.connected(now: now)
    default:
      memx.begin(session: session.high)
      connection.send(memx.connected(token: identity.token, now: now), now: now)
    }
  }

  private mutating func advanceConnection(to now: UInt64) {
    switch identity.protocol {
    case .pitch:
      while let bytes = cboe.nextBytes(now: now) { connection.send(bytes, now: now) }
      if let event = cboe.advance(to: now), case .failed(let failure) = event { connectionFailed(failure, now: now) }
    case .nyseIntegrated:
      while let bytes = nyse.nextBytes(now: now) { connection.send(bytes, now: now) }
      if let event = nyse.advance(to: now), case .failed(let failure) = event { connectionFailed(failure, now: now) }
    default:
      while let bytes = memx.nextBytes(now: now) { connection.send(bytes, now: now) }
      if let event = memx.advance(to: now), case .failed(let failure) = event { connectionFailed(failure, now: now) }
    }
  }

  private mutating func send(_ request: GapRequest, now: UInt64) {
    switch identity.protocol {
    case .itch50: connection.datagram(MoldUDP64Request.encode(request, session: session), now: now)
    case .pitch:
      connection.send(CboeRecovery.encode(request, unit: UInt8(truncatingIfNeeded: identity.stream)), now: now)
      cboe.sent(now: now)
    case .nyseIntegrated: connection.send(nyse.retransmission(request, now: now), now: now)
    case .memxDepth:
      asked = request.range.first
      connection.send(MEMXRecovery.replay(request, session: session.high), now: now)
      memx.sent(now: now)
    default: connection.datagram(IEXRecovery.gapFill(request, identity.iexChannel(session)), now: now)
    }
  }

  private mutating func connectionFailed(_ failure: RecoveryFailure, now: UInt64) {
    connection.failed(now: now)
    failures &+= 1
    let isFinal = failure == .notAuthorized || failure == .sessionUnavailable || failure == .requestInvalid
    if isFinal || failures >= gap.limits.attempts { return fail(failure, now: now) }
    let (due, overflow) = now.addingReportingOverflow(gap.limits.patience(attempt: failures))
    openableAt = overflow ? .max : due
  }

  // MARK: - The server's bytes

  /// The server closed the connection.
  mutating func disconnected(now: UInt64) {
    if connection.isOpen { connectionFailed(.connectionLost, now: now) }
  }

  /// Takes bytes of the connection; returns how many. Call `nextMessage` until nil before giving the rest.
  mutating func receive(_ bytes: UnsafeRawBufferPointer, now: UInt64) -> Int {
    guard connection.isOpen else { return bytes.count }
    switch identity.protocol {
    case .pitch: return cboe.receive(bytes, now: now)
    case .nyseIntegrated: return nyse.receive(bytes, now: now)
    case .memxDepth: return memx.receive(bytes, now: now)
    default: return bytes.count
    }
  }

  /// Takes the events of the connection, and returns the next message of the channel that came on it, with the two
  /// bytes before it that hold its length; nil when all events are taken.
  mutating func nextMessage(now: UInt64) -> (number: UInt64, block: UnsafeRawBufferPointer)? {
    while connection.isOpen {
      switch identity.protocol {
      case .pitch:
        guard let event = cboe.nextEvent() else { return nil }
        take(event, now: now)
      case .nyseIntegrated:
        guard let event = nyse.nextEvent() else { return nil }
        take(event, now: now)
      case .memxDepth:
        guard let event = memx.nextEvent() else { return nil }
        if let message = take(event, now: now) { return message }
      default: return nil
      }
    }
    return nil
  }

  private mutating func take(_ event: CboeRecoveryClient.Event, now: UInt64) {
    switch event {
    case .gapResponse(let unit, let sequence, _, let status):
      guard unit == UInt8(truncatingIfNeeded: identity.stream),
        let first = CboeRecovery.extend(sequence, near: gap.firstMissing ?? 1)
      else { return }
      failures = 0
      if let refusal = CboeRecovery.gapRefusal(status) {
        gap.refused(first: first, refusal, now: now)
      } else {
        gap.accepted(first: first, now: now)
      }
      closeIfDone(now: now)
    case .failed(let failure): connectionFailed(failure, now: now)
    case .loggedIn, .spinAvailable, .spinResponse, .spinFinished, .message: break
    }
  }

  private mutating func take(_ event: NYSERequestClient.Event, now: UInt64) {
    switch event {
    case .response(.retransmission, let first, let refusal):
      failures = 0
      if let refusal { gap.refused(first: first, refusal, now: now) } else { gap.accepted(first: first, now: now) }
      closeIfDone(now: now)
    case .failed(let failure): connectionFailed(failure, now: now)
    case .response, .unmatched: break
    }
  }

  private mutating func take(
    _ event: MEMXRecoveryClient.Event, now: UInt64
  ) -> (number: UInt64, block: UnsafeRawBufferPointer)? {
    switch event {
    case .began(let next, _): gap.accepted(first: next, now: now)
    case .rejected:
      gap.refused(first: asked, .final(.outOfRange), now: now)
      closeIfDone(now: now)
    case .message(let number, let body):
      failures = 0
      // SAFETY: the length, of two bytes, stands before the body in the client's buffer (MEMX-TCP header).
      if let start = body.baseAddress {
        return (number, UnsafeRawBufferPointer(start: start - 2, count: body.count + 2))
      }
    case .failed(let failure): connectionFailed(failure, now: now)
    case .ready, .ended: break
    }
    return nil
  }
}
