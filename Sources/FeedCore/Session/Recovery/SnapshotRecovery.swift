/// Fetches snapshots of a whole channel: `SnapshotJoin` with the venue's connection, one for each attempt.
///
/// The live packets that come meanwhile are kept by the line arbiter, which tells here from which number on it has all
/// of them (`keptBegins`); so the join holds none, and is synchronised when the snapshot is whole.
///
/// NYSE's refreshes are asked for here, too, all symbols at once, but come by multicast and go to the books as any
/// snapshots of instruments do (`JoinedChannel`), while live packets go on. Here only counts whether a refresh came
/// whole that began behind the request and reaches the first message behind what was lost:
///
/// | event \ join | idle, synchronised | wanted | requested | receiving | gaveUp |
/// |---|---|---|---|---|---|
/// | `wantRefresh` from n | → wanted, not sooner than `answerTimeout` behind the last request | from n | same | from n; what is under way is forgotten | – |
/// | request due | – | connection, request → requested; `requestsPerSession` used up → gaveUp `allowanceSpent` | – | – | – |
/// | Request Response | – | – | patience anew; refused → gaveUp | same | – |
/// | packet that begins a refresh | – | – | → receiving | begins anew | – |
/// | packet that goes on | – | – | – (began before the request) | patience anew; ends: reaches n → synchronised, else failed | – |
/// | `keptOverflowed` before n | synchronised short of n: → wanted from n | from n, where that is later | same | same | – |
/// | whole, but of a late start, and live messages came that it does not hold | – | – | – | → wanted from the next live number | – |
/// | packet out of order, or behind what is forgotten | – | – | – | failed `snapshotIncomplete` | – |
///
/// `keptOverflowed`: a core had no room for what it keeps until the refresh comes, and dropped what came before n; so
/// one that was whole, or is on its way, does not serve its books. It is asked for again like one after a loss, from the
/// second time in a row on with a back-off that doubles; after `snapshotAttempts` in a row it is given up, `bufferFull`.
///
/// Messages about symbols that no message has named cannot be kept. A late start knows no names: the first refresh
/// brings them, a second one the books of those that were spoken of meanwhile.
///
/// *failed*: → wanted after the back-off, or given up by name, as `SnapshotJoin` has it. Which request a refresh answers
/// is not in it: another client's refresh of one symbol, begun behind our request, is taken for the answer.
struct SnapshotRecovery {
  /// What the channel's books have to do.
  enum Event {
    /// Empty them: a snapshot begins.
    case clear
    /// Apply a message of the feed; valid until the next `receive`.
    case content(UnsafeRawBufferPointer)
    /// They hold everything up to and including this number.
    case joined(through: UInt64)
  }

  private(set) var join: SnapshotJoin
  private(set) var connection: RecoveryConnection
  private let identity: RecoveryIdentity
  private var session = SessionName()
  private var soup: SoupBinTCPClient
  private var cboe = CboeRecoveryClient()
  private var spin = CboeSpin()
  private var iex: IEXSnapshotClient
  private var memx = MEMXRecoveryClient(mode: .snapshot, session: 0)
  private var nyse: NYSERequestClient
  private var refresh = NYSERefreshWatch()
  /// NYSE: no request leaves before this; requests of the session.
  private var askableAt: UInt64 = 0
  private var sessionRequests: UInt64 = 0
  /// NYSE: the channel began late, and no refresh has named its symbols yet.
  private var lacksNames = false
  /// NYSE: what a refresh has to hold everything before; how often in a row one that was whole did not serve for want of
  /// room.
  private var refreshFrom: UInt64 = 0
  private var overflowsInARow: UInt16 = 0

  init(identity: RecoveryIdentity, settings: RecoverySettings, outbox: RecoveryOutbox) {
    self.identity = identity
    var narrow = settings
    // The arbiter keeps the packets.
    narrow.bufferMessages = 1
    narrow.bufferBytes = 1
    let limits = identity.protocol == .nyseIntegrated ? NYSERecovery.limits(settings) : RecoveryLimits(settings)
    join = SnapshotJoin(limits: limits, settings: narrow)
    connection = RecoveryConnection(outbox: outbox, channel: identity.channel, service: .snapshots)
    soup = SoupBinTCPClient(
      login: SoupBinTCPClient.Login(username: identity.username, password: identity.password))
    iex = IEXSnapshotClient(channel: identity.iexChannel(SessionName()))
    nyse = NYSERequestClient(client: NYSERecovery.Client(identity))
  }

  var isGivenUp: Bool {
    if case .gaveUp = join.state { true } else { false }
  }

  // MARK: - The channel

  mutating func restart(session: SessionName, now: UInt64) {
    if session != self.session { sessionRequests = 0 }
    lacksNames = false
    refreshFrom = 0
    overflowsInARow = 0
    self.session = session
    join.restart()
    connection.close(now: now)
  }

  /// A snapshot is needed; live packets are kept from `first` on.
  mutating func want(from first: UInt64, now: UInt64) {
    join.begin(now: now)
    join.liveNext(first, now: now)
  }

  /// Live packets are kept from `first` on only.
  mutating func keptBegins(at first: UInt64, overflowed: Bool, now: UInt64) {
    join.lost(before: first, isOverflow: overflowed, now: now)
    closeIfDone(now: now)
  }

  /// Refreshes are needed that hold everything before `first`: later messages are kept, or applied, as they come.
  ///
  /// - Parameter isLateStart: nothing of the channel was heard before.
  mutating func wantRefresh(from first: UInt64, isLateStart: Bool, now: UInt64) {
    if isLateStart { lacksNames = true }
    overflowsInARow = 0
    refreshFrom = first
    switch join.state {
    case .idle, .synchronised: beginRefresh(due: askableAt, now: now)
    default:
      join.lost(before: first, now: now)
      // Books whose part came already were current then, and took none of it; now they wait.
      refresh.forget()
    }
  }

  /// A core that waits for a refresh had no room for what it keeps: one that holds everything before `first` is needed.
  mutating func keptOverflowed(before first: UInt64, now: UInt64) {
    switch join.state {
    // Nothing waits in the numbers that began anew.
    case .idle: break
    case .synchronised:
      if first &- 1 <= join.through { return }
      refreshFrom = first
      overflowsInARow &+= 1
      let (due, overflowed) = now.addingReportingOverflow(
        overflowsInARow > 1 ? join.limits.patience(attempt: overflowsInARow) : 0)
      beginRefresh(due: overflowed ? .max : max(askableAt, due), now: now)
      if overflowsInARow >= join.limits.snapshotAttempts { join.abandon(.bufferFull) }
    default:
      if first <= refreshFrom { return }
      refreshFrom = first
      join.lost(before: first, isOverflow: true, now: now)
    }
  }

  private mutating func beginRefresh(due: UInt64, now: UInt64) {
    join.begin(now: now, due: due)
    join.liveNext(refreshFrom, now: now)
  }

  /// Nothing is asked for before `time`.
  mutating func askAgain(from time: UInt64) { askableAt = max(askableAt, time) }

  /// A packet of the channel's refresh flow. True: what was asked for is whole with it.
  ///
  /// - Parameter next: the channel's next live number.
  mutating func takeRefresh(_ packet: UnsafeRawBufferPointer, next: UInt64, now: UInt64) -> Bool {
    let step = refresh.take(packet)
    let isReceiving = join.state == .receiving
    guard isReceiving || join.state == .requested && step.isBegin else { return false }
    switch step.kind {
    case .other: break
    case .broken: join.failed(.snapshotIncomplete, now: now)
    case .part:
      _ = join.snapshotBegan(through: step.through, messageCount: nil, now: now)
      if step.isEnd, join.state == .receiving { join.snapshotEnded(through: step.through, now: now) }
    }
    closeIfDone(now: now)
    guard join.state == .synchronised else { return false }
    let isNamed = !lacksNames
    lacksNames = false
    if isNamed || next &- 1 <= step.through { return true }
    wantRefresh(from: next, isLateStart: false, now: now)
    return false
  }

  mutating func interrupt(now: UInt64) {
    join.interrupt()
    closeIfDone(now: now)
  }

  mutating func hangUp(now: UInt64) { connection.close(now: now) }

  private mutating func closeIfDone(now: UInt64) {
    switch join.state {
    case .requested, .receiving: break
    case .idle, .wanted, .joining, .synchronised, .gaveUp: connection.close(now: now)
    }
  }

  // MARK: - Time

  var nextDue: UInt64 {
    let due = join.nextDue
    if !connection.isOpen { return due }
    switch identity.protocol {
    case .itch50: return min(due, soup.nextDue)
    case .pitch: return min(due, cboe.nextDue)
    case .memxDepth: return min(due, memx.nextDue)
    case .nyseIntegrated: return min(due, nyse.nextDue)
    default: return due
    }
  }

  mutating func advance(to now: UInt64) {
    // What was waited for in vain is no request of the session's allowance; the next one would be.
    if identity.protocol == .nyseIntegrated, join.state == .wanted, join.nextDue <= now,
      sessionRequests >= join.limits.requestsPerSession
    {
      join.abandon(.allowanceSpent)
    }
    if let request = join.nextRequest(now: now) {
      connection.close(now: now)
      ask(request, now: now)
    }
    closeIfDone(now: now)
    if !connection.isOpen { return }
    switch identity.protocol {
    case .itch50:
      while let bytes = soup.nextBytes(now: now) { connection.send(bytes, now: now) }
      if let event = soup.advance(to: now), case .failed(let failure) = event { join.failed(failure, now: now) }
    case .pitch:
      while let bytes = cboe.nextBytes(now: now) { connection.send(bytes, now: now) }
      if let event = cboe.advance(to: now), case .failed(let failure) = event { join.failed(failure, now: now) }
    case .memxDepth:
      while let bytes = memx.nextBytes(now: now) { connection.send(bytes, now: now) }
      if let event = memx.advance(to: now), case .failed(let failure) = event { join.failed(failure, now: now) }
    case .nyseIntegrated:
      while let bytes = nyse.nextBytes(now: now) { connection.send(bytes, now: now) }
      if let event = nyse.advance(to: now), case .failed(let failure) = event { join.failed(failure, now: now) }
    default: break
    }
    closeIfDone(now: now)
  }

  private mutating func ask(_ request: SnapshotRequest, now: UInt64) {
    connection.open(now: now)
    switch identity.protocol {
    case .itch50:
      soup.disconnected()
      soup.rewind(to: 1)
      // Its login leaves through `nextBytes`.
      soup.connected(now: now)
    case .pitch:
      spin.want(request)
      let login = CboeRecovery.Login(
        sessionSubId: identity.sessionSubId, username: identity.username, password: identity.password)
      connection.send(cboe.connected(login, now: now), now: now)
    case .memxDepth:
      memx.begin(session: session.high)
      connection.send(memx.connected(token: identity.token, now: now), now: now)
    case .nyseIntegrated:
      nyse.connected(now: now)
      sessionRequests &+= 1
      let (due, overflowed) = now.addingReportingOverflow(join.limits.patience(attempt: 1))
      askableAt = max(askableAt, overflowed ? .max : due)
      connection.send(nyse.refresh(symbolIndex: 0, now: now), now: now)
    default:
      iex.begin(identity.iexChannel(session))
      connection.send(iex.connected(request, token: identity.token), now: now)
    }
  }

  // MARK: - The server's bytes

  mutating func disconnected(now: UInt64) {
    if !connection.isOpen { return }
    connection.failed(now: now)
    join.failed(.connectionLost, now: now)
  }

  /// Takes bytes of the connection; returns how many. Call `nextEvent` until nil before giving the rest.
  mutating func receive(_ bytes: UnsafeRawBufferPointer, now: UInt64) -> Int {
    guard connection.isOpen else { return bytes.count }
    switch identity.protocol {
    case .itch50: return soup.receive(bytes, now: now)
    case .pitch: return cboe.receive(bytes, now: now)
    case .memxDepth: return memx.receive(bytes, now: now)
    case .nyseIntegrated: return nyse.receive(bytes, now: now)
    default: return iex.receive(bytes)
    }
  }

  /// Takes the events of the connection, and returns the next one that concerns the books; nil when all are taken.
  mutating func nextEvent(now: UInt64) -> Event? {
    while connection.isOpen {
      let (isTaken, event) = takeNext(now: now)
      let isJoined = join.state == .synchronised && identity.protocol != .nyseIntegrated
      closeIfDone(now: now)
      if isJoined { return .joined(through: join.through) }
      if let event { return event }
      if !isTaken { return nil }
    }
    return nil
  }

  private mutating func takeNext(now: UInt64) -> (isTaken: Bool, event: Event?) {
    var clear = false
    switch identity.protocol {
    case .itch50:
      guard let event = soup.nextEvent() else { return (false, nil) }
      let isContent = GlimpseSnapshot.take(event, into: &join, clear: &clear, now: now)
      if isContent, case .message(_, let bytes) = event { return (true, .content(bytes)) }
    case .pitch:
      guard let event = cboe.nextEvent() else { return (false, nil) }
      switch spin.take(event, into: &join, now: now) {
      case .none: break
      case .send(let bytes):
        connection.send(bytes, now: now)
        cboe.sent(now: now)
      case .clear: clear = true
      case .apply(let bytes): return (true, .content(bytes))
      }
    case .memxDepth:
      guard let event = memx.nextEvent() else { return (false, nil) }
      if case .ready = event {
        connection.send(MEMXRecovery.replayAll(session: session.high), now: now)
        memx.sent(now: now)
      }
      let isContent = MEMXRecoveryClient.take(event, into: &join, clear: &clear, now: now)
      if isContent, case .message(_, let bytes) = event { return (true, .content(bytes)) }
    case .nyseIntegrated:
      guard let event = nyse.nextEvent() else { return (false, nil) }
      takeResponse(event, now: now)
    default:
      guard let event = iex.nextEvent() else { return (false, nil) }
      let isContent = IEXSnapshotClient.take(event, into: &join, clear: &clear, now: now)
      if isContent, case .message(let bytes) = event { return (true, .content(bytes)) }
    }
    return (true, clear ? .clear : nil)
  }

  private mutating func takeResponse(_ event: NYSERequestClient.Event, now: UInt64) {
    switch event {
    case .response(.refresh, _, let refusal?): join.refused(refusal, now: now)
    case .response(.refresh, _, nil): join.accepted(now: now)
    case .failed(let failure): join.failed(failure, now: now)
    case .response, .unmatched: break
    }
  }
}
