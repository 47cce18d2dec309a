import CSocket
import FeedCore
import Glibc

/// The way from recoveries to their servers and back: sockets, and a cold thread that serves them.
///
/// The cores' state machines decide what is asked when, and what to make of answers (`ChannelRecovery`); here are only
/// transports. A core's side is a `RecoveryQueue`, which it polls like any queue: ring operations, no system call.
///
///     let recovery = try LiveRecovery(&settings)
///     let source = LivePacketSource(entries, recovery: recovery?.makeQueue())
///     recovery?.start()
///     …
///     recovery?.stop()
public final class LiveRecovery: @unchecked Sendable {
  /// What is configured but cannot work, with the remedy; one line each.
  public let warnings: [String]
  /// Where requests go and answers come, one line a feed.
  public let plan: [String]
  private let servers: [FeedServers]
  private let sockets: [RequestSocket]
  private var queues: [RecoveryQueue] = []
  private let silenceMilliseconds: UInt32
  private let stopFlag = StopFlag()
  private let notices = NoticeBoard()
  private var thread: WorkerThread?

  /// Opens the sockets that requests leave from. Nil where no feed asks for anything. A feed that asks by datagrams and
  /// has no line of role `retransmission` gets one: `requests`, at an address and port that the system chooses.
  ///
  /// - Throws: `LiveRecoveryError`. What was opened before is closed.
  public convenience init?(_ settings: inout Settings) throws {
    try self.init(&settings, silenceMilliseconds: ServerConnection.silenceMilliseconds)
  }

  /// - Parameter silenceMilliseconds: how long nothing may be heard of a connected server's machine.
  init?(_ settings: inout Settings, silenceMilliseconds: UInt32) throws {
    let feeds = settings.feeds
    guard feeds.contains(where: { $0.recovery.messages || $0.recovery.snapshots }) else { return nil }
    self.silenceMilliseconds = silenceMilliseconds
    servers = feeds.map {
      FeedServers(
        $0, patienceNanoseconds: 2 * settings.recovery.answerTimeoutNanoseconds,
        counters: SharedCounters(count: LiveRecoveryCounter.allCases.count))
    }
    var opening = Opening()
    do {
      for index in feeds.indices { try opening.open(feed: index, servers[index], &settings) }
    } catch {
      for socket in opening.sockets { socket.close() }
      throw error
    }
    sockets = opening.sockets
    warnings = opening.warnings
    plan = opening.plan
  }

  deinit { for server in servers { server.counters.deallocate() } }

  /// A queue for a core that polls. Before `start`.
  public func makeQueue() -> RecoveryQueue {
    precondition(thread == nil, "queues are made before the thread that serves them")
    let queue = RecoveryQueue()
    queues.append(queue)
    return queue
  }

  /// Starts the cold thread. Once.
  public func start() {
    let worker = RecoveryWorker(
      queues: queues, servers: servers, sockets: sockets, silenceMilliseconds: silenceMilliseconds, stop: stopFlag,
      notices: notices)
    nonisolated(unsafe) let made = worker
    thread = WorkerThread { made.run() }
  }

  /// Ends the thread and closes everything. When no core polls any more.
  public func stop() {
    stopFlag.set()
    thread?.join()
    thread = nil
    for socket in sockets { socket.close() }
  }

  /// Problems since this was last asked, each told once; one line each.
  public func takeNotices() -> [String] { notices.take() }

  /// What each feed that asks has counted so far. Any thread.
  public func figures() -> [LiveRecoveryFigures] {
    servers.filter(\.asks).map { server in
      LiveRecoveryFigures(
        name: server.name, counts: LiveRecoveryCounter.allCases.map { server.counters.glance($0.rawValue) })
    }
  }
}

/// The sockets of a configuration on their way to being opened.
private struct Opening {
  var sockets: [RequestSocket] = []
  var warnings: [String] = []
  var plan: [String] = []

  mutating func open(feed index: Int, _ servers: FeedServers, _ settings: inout Settings) throws {
    let feed = settings.feeds[index]
    let isLive = feed.role == .live
    if isLive, feed.recovery.messages {
      if servers.requestServers.isEmpty {
        warnings.append(
          "feed \(feed.name): recovery.messages is true, but no line names a requestServer: requests go nowhere and "
            + "time out; add requestServer to a line")
      }
      let asked = servers.requestServers.map(\.description).joined(separator: ", ")
      if feed.asksByDatagram {
        let local = try openSocket(feed: index, servers, &settings)
        plan.append("feed \(feed.name): requests from \(local) to \(asked), answers there")
      } else if !servers.requestServers.isEmpty {
        plan.append("feed \(feed.name): requests over TCP to \(asked)")
      }
    }
    if isLive, feed.recovery.snapshots {
      if let server = servers.snapshotServer {
        let isByMulticast = FeedProtocol(name: feed.protocol)?.hasRefreshRequests == true
        plan.append(
          isByMulticast
            ? "feed \(feed.name): refreshes asked for over TCP of \(server), by multicast"
            : "feed \(feed.name): snapshots over TCP from \(server)")
      } else {
        warnings.append(
          "feed \(feed.name): recovery.snapshots is true, but no server is named: none will come; set "
            + "recovery.snapshotServer")
      }
    }
  }

  /// The socket of a feed's retransmission line, which several feeds (streams of one flow) may share.
  private mutating func openSocket(
    feed index: Int, _ servers: FeedServers, _ settings: inout Settings
  ) throws -> Endpoint {
    let feed = settings.feeds[index]
    let line = feed.lines.first { feed.carriesRequestedAnswers($0) }
    if let line, let group = line.group.flatMap({ IPAddress($0) }), let port = line.port {
      let local = Endpoint(group, port)
      if let shared = sockets.firstIndex(where: { $0.local == local }) {
        sockets[shared].feeds.append(index)
        return local
      }
      let position = settings.live.ports.firstIndex { $0.name == line.livePort } ?? 0
      sockets.append(
        try RequestSocket(bindTo: local, feed: index, name: feed.name, fileIndex: UInt16(clamping: position)))
      return local
    }
    guard let server = servers.requestServers.first else { return Endpoint(IPAddress(ipv4: 0), 0) }
    var shim = server.shim
    var route = feedh_endpoint()
    let error = feedh_peer_route(&shim, &route)
    if error < 0 { throw LiveRecoveryError.socket(feed.name, at: server, code: error) }
    route.port = 0
    let socket = try RequestSocket(bindTo: Endpoint(route), feed: index, name: feed.name, fileIndex: 0)
    sockets.append(socket)
    var answers = LineSettings(name: "requests", group: socket.local.address.description, port: socket.local.port)
    answers.role = .retransmission
    settings.feeds[index].lines.append(answers)
    return socket.local
  }
}
