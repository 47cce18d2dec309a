import FeedCore

/// Where one feed's servers are, and how they have answered so far. The cold thread's.
struct FeedServers {
  let name: String
  let asks: Bool
  let requestServers: [Endpoint]
  let snapshotServer: Endpoint?
  /// How long a server may leave requests unanswered before the next one is turned to, nanoseconds.
  let patienceNanoseconds: UInt64
  let counters: SharedCounters
  /// Position in `requestServers`.
  private var current = 0
  /// When the first request was sent since the last answer; nil: none was.
  private var unansweredSince: UInt64?

  init(_ feed: FeedSettings, patienceNanoseconds: UInt64, counters: SharedCounters) {
    name = feed.name
    asks = feed.role == .live && (feed.recovery.messages || feed.recovery.snapshots)
    requestServers = feed.requestServers
    snapshotServer = feed.recovery.snapshotServer.flatMap { Endpoint($0) }
    self.patienceNanoseconds = patienceNanoseconds
    self.counters = counters
  }

  func count(_ counter: LiveRecoveryCounter, _ amount: UInt64 = 1) { counters.add(amount, to: counter.rawValue) }

  /// Who gets the next request; nil: nobody is configured.
  mutating func serverForDatagram(now: UInt64) -> Endpoint? {
    if let since = unansweredSince, now &- since > patienceNanoseconds { changeServer(now: now) }
    if unansweredSince == nil { unansweredSince = now }
    return requestServers.isEmpty ? nil : requestServers[current]
  }

  mutating func answered() { unansweredSince = nil }

  /// Whom the next connection of a service goes to; nil: nobody is configured.
  func server(of service: RecoveryService) -> Endpoint? {
    switch service {
    case .messages: requestServers.isEmpty ? nil : requestServers[current]
    case .snapshots: snapshotServer
    }
  }

  /// The current server failed: the next of them, in turn.
  mutating func changeServer(now: UInt64) {
    unansweredSince = now
    if requestServers.count < 2 { return }
    current = (current + 1) % requestServers.count
    count(.serversChanged)
  }
}

extension FeedSettings {
  /// The servers that its lines name, each once, in the order of the lines.
  var requestServers: [Endpoint] {
    var servers: [Endpoint] = []
    for text in lines.compactMap(\.requestServer) {
      if let server = Endpoint(text), !servers.contains(server) { servers.append(server) }
    }
    return servers
  }
}
