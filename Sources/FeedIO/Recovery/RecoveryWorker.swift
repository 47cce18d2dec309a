import CSocket
import FeedCore
import Glibc
import Synchronization

/// The cold thread's work: takes requests out of the cores' outboxes, sends them, and brings answers to their inboxes.
///
/// A core never wakes it, which would take a system call: it looks into the outboxes each millisecond at least. Sockets
/// are asked by poll(2), not epoll: they are few, and which of them may bring anything changes with the room in the
/// inboxes.
final class RecoveryWorker {
  private static let pollMilliseconds: Int32 = 1
  /// Problems told, for all feeds together.
  private static let noticesMaximum = 64

  private let queues: [RecoveryQueue]
  private var servers: [FeedServers]
  private var sockets: [RequestSocket]
  private var connections: [ServerConnection] = []
  private let silenceMilliseconds: UInt32
  private let stop: StopFlag
  private let notices: NoticeBoard
  private var told: Set<String> = []

  init(
    queues: [RecoveryQueue], servers: [FeedServers], sockets: [RequestSocket], silenceMilliseconds: UInt32,
    stop: StopFlag, notices: NoticeBoard
  ) {
    self.queues = queues
    self.servers = servers
    self.sockets = sockets
    self.silenceMilliseconds = silenceMilliseconds
    self.stop = stop
    self.notices = notices
  }

  func run() {
    while !stop.isSet {
      for lane in queues.indices {
        // Bounded: a turn takes no more than the outbox holds.
        for _ in 0..<RecoveryOutbox.capacity {
          guard let output = queues[lane].outbox?.next() else { break }
          handle(output, lane: lane)
        }
      }
      wait()
      let now = SystemClock.monotonic
      for index in connections.indices {
        if let ending = connections[index].expire(now: now) { note(ending, connections[index]) }
        connections[index].tellEnd(queues[connections[index].lane].inbox)
      }
    }
    for index in connections.indices { connections[index].close() }
  }

  // MARK: - Requests

  private func handle(_ output: RecoveryOutput, lane: Int) {
    let feed = Int(output.channel)
    guard feed < servers.count else { return }
    switch output.action {
    case .datagram: sendDatagram(output, feed, lane)
    case .open: open(output, feed, lane)
    case .bytes:
      guard let index = connection(of: output), connections[index].number == output.connection else { return }
      if let ending = connections[index].send(output.bytes, servers[feed]) { note(ending, connections[index]) }
    case .close: drop(output)
    }
  }

  private func sendDatagram(_ output: RecoveryOutput, _ feed: Int, _ lane: Int) {
    guard let socket = sockets.firstIndex(where: { $0.feeds.contains(feed) }),
      let server = servers[feed].serverForDatagram(now: SystemClock.monotonic)
    else { return servers[feed].count(.requestsWithoutServer) }
    sockets[socket].lane = lane
    let error = sockets[socket].send(output.bytes, to: server)
    if error == 0 {
      servers[feed].count(.datagramsSent)
      servers[feed].count(.bytesSent, UInt64(output.bytes.count))
    } else {
      servers[feed].count(.datagramsUnsent)
      tell(feed, "a request could not be sent to \(server): \(String(cString: strerror(error)))")
    }
  }

  private func connection(of output: RecoveryOutput) -> Int? {
    connections.firstIndex { $0.channel == output.channel && $0.service == output.service }
  }

  private func drop(_ output: RecoveryOutput) {
    guard let index = connection(of: output) else { return }
    connections[index].close()
    connections.remove(at: index)
  }

  private func open(_ output: RecoveryOutput, _ feed: Int, _ lane: Int) {
    drop(output)
    let server = servers[feed].server(of: output.service)
    servers[feed].count(server == nil ? .requestsWithoutServer : .connectionsTried)
    let connection = ServerConnection(
      output, lane: lane, server: server, silenceMilliseconds: silenceMilliseconds, now: SystemClock.monotonic)
    connections.append(connection)
    if server != nil, let error = connection.openingError { note(ServerConnection.ending(of: error), connection) }
  }

  // MARK: - Answers

  private func wait() {
    var polled: [pollfd] = []
    var sources: [(isConnection: Bool, index: Int)] = []
    for (index, socket) in sockets.enumerated() {
      guard let lane = socket.lane, queues[lane].inbox.freeSlots > 0 else { continue }
      polled.append(pollfd(fd: socket.handle, events: Int16(POLLIN), revents: 0))
      sources.append((false, index))
    }
    for (index, connection) in connections.enumerated() {
      guard let events = connection.events(freeSlots: queues[connection.lane].inbox.freeSlots) else { continue }
      polled.append(pollfd(fd: connection.handle, events: events, revents: 0))
      sources.append((true, index))
    }
    guard poll(&polled, nfds_t(polled.count), Self.pollMilliseconds) > 0 else { return }
    for (position, source) in sources.enumerated() where polled[position].revents != 0 {
      if source.isConnection {
        advance(source.index, polled[position].revents)
      } else if let lane = sockets[source.index].lane {
        sockets[source.index].receive(into: queues[lane].inbox, &servers)
      }
    }
  }

  private func advance(_ index: Int, _ events: Int16) {
    let feed = Int(connections[index].channel)
    let inbox = queues[connections[index].lane].inbox
    if let ending = connections[index].advance(events, inbox, servers[feed]) { note(ending, connections[index]) }
  }

  // MARK: - What went wrong

  private func note(_ ending: ServerConnection.Ending, _ connection: ServerConnection) {
    let feed = Int(connection.channel)
    let what: String
    switch ending {
    case .refused:
      servers[feed].count(.connectionsRefused)
      what = "refused the connection; is it running, and is the port right?"
    case .timedOut:
      servers[feed].count(.connectionsTimedOut)
      what = "did not answer in time; is it reachable?"
    case .reset:
      servers[feed].count(.connectionsReset)
      what = "reset the connection"
    case .closedByServer:
      servers[feed].count(.connectionsEnded)
      what = "closed the connection"
    case .overflow:
      servers[feed].count(.sendOverflows)
      what = "does not take what is sent"
    case .failed(let error):
      servers[feed].count(.connectionsFailed)
      what = "cannot be reached: \(String(cString: strerror(error)))"
    }
    if connection.service == .messages { servers[feed].changeServer(now: SystemClock.monotonic) }
    let server = connection.service == .messages ? "request server" : "snapshot server"
    tell(feed, "\(server) \(connection.server) \(what)")
  }

  /// Each problem once.
  private func tell(_ feed: Int, _ text: String) {
    let line = "feed \(servers[feed].name): \(text)"
    if told.count < Self.noticesMaximum, told.insert(line).inserted { notices.add(line) }
  }
}

/// Lines of the cold thread for whoever shows them.
final class NoticeBoard: Sendable {
  private let lines = Mutex<[String]>([])
  func add(_ line: String) { lines.withLock { $0.append(line) } }
  /// Those that were not taken yet.
  func take() -> [String] {
    lines.withLock { lines in
      defer { lines = [] }
      return lines
    }
  }
}
