/// Fetches snapshots of a whole channel: `SnapshotJoin` with the venue's connection, one for each attempt.
///
/// The live packets that come meanwhile are kept by the line arbiter, which tells here from which number on it has all
/// of them (`keptBegins`); so the join holds none, and is synchronised when the snapshot is whole.
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

  init(identity: RecoveryIdentity, settings: RecoverySettings, outbox: RecoveryOutbox) {
    self.identity = identity
    var narrow = settings
    // The arbiter keeps the packets.
    narrow.bufferMessages = 1
    narrow.bufferBytes = 1
    join = SnapshotJoin(limits: RecoveryLimits(settings), settings: narrow)
    connection = RecoveryConnection(outbox: outbox, channel: identity.channel, service: .snapshots)
    soup = SoupBinTCPClient(
      login: SoupBinTCPClient.Login(username: identity.username, password: identity.password))
    iex = IEXSnapshotClient(channel: identity.iexChannel(SessionName()))
  }

  var isGivenUp: Bool {
    if case .gaveUp = join.state { true } else { false }
  }

  // MARK: - The channel

  mutating func restart(session: SessionName, now: UInt64) {
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
    default: return due
    }
  }

  mutating func advance(to now: UInt64) {
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
    default: return iex.receive(bytes)
    }
  }

  /// Takes the events of the connection, and returns the next one that concerns the books; nil when all are taken.
  mutating func nextEvent(now: UInt64) -> Event? {
    while connection.isOpen {
      let (isTaken, event) = takeNext(now: now)
      let isJoined = join.state == .synchronised
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
    default:
      guard let event = iex.nextEvent() else { return (false, nil) }
      let isContent = IEXSnapshotClient.take(event, into: &join, clear: &clear, now: now)
      if isContent, case .message(let bytes) = event { return (true, .content(bytes)) }
    }
    return (true, clear ? .clear : nil)
  }
}
