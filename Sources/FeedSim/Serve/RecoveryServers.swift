import CSocket
import FeedCore
import FeedIO
import Glibc

/// The recovery servers of feeds on real sockets: what `SimulatedServers` answers, at the addresses that the
/// configuration names, with the same seeded faults. For rehearsals and tests.
///
/// A service of a feed has one connection: a new client takes the place of the one before. One thread runs all of it.
public final class RecoveryServers {
  public struct Options: Sendable {
    /// Of the servers that repeat messages, and of those that have snapshots; their times are since the start.
    public var messageFaults = RecoveryFaults(seed: 1)
    public var snapshotFaults = RecoveryFaults(seed: 2)
    /// How far the feeds have been published; nil: to their end.
    public var position: TransmitPosition?
    /// What multicast answers leave through; nil: there must be none.
    public var interface: String?
    public init() {}
  }

  /// What came and went so far.
  public struct Figures: Sendable, Equatable {
    public var requests: UInt64 = 0
    public var datagrams: UInt64 = 0
    public var connections: UInt64 = 0
    public var bytes: UInt64 = 0
  }

  private static let pollMillisecondsMaximum: Int32 = 10

  /// A socket that clients come to.
  private struct Door {
    var handle: Int32
    var feed: Int
    var service: RecoveryService
    var isDatagram: Bool
  }

  /// An answer that has not left yet.
  private struct Pending {
    var reply: SimulatedServers.Reply
    var feed: Int
    /// Whom a datagram goes to, and through which door.
    var client: Endpoint
    var door: Int32
    var order: UInt64
  }

  public let feeds: [ServedFeed]
  /// Where which feed is served, one line each.
  public private(set) var plan: [String] = []
  private let options: Options
  /// Per feed: where datagrams of a service go that do not go to who asked.
  private let groups: [[RecoveryService: Endpoint]]
  private var servers: [SimulatedServers]
  private var doors: [Door] = []
  private var connections: [ServedConnection] = []
  /// In order of time, then of being asked; the next one last.
  private var pending: [Pending] = []
  private var sink: DatagramSink?
  private var connectionCount: UInt32 = 0
  private var order: UInt64 = 0
  private let start: UInt64
  public private(set) var figures = Figures()

  /// Reads the captures and opens the sockets.
  ///
  /// - Throws: `ServeError`, `TransmitError`.
  public init(captures: CaptureSet, settings: Settings, options: Options = Options()) throws {
    var reader = try ServedFeedReader(settings.feeds)
    feeds = reader.read(captures)
    self.options = options
    groups = feeds.map { Self.answerGroups($0, among: settings.feeds) }
    start = SystemClock.monotonic
    servers = feeds.map { feed in
      SimulatedServers(
        protocol: feed.feedProtocol, stream: feed.settings.stream ?? 0, session: feed.session,
        published: feed.published, messageFaults: options.messageFaults, snapshotFaults: options.snapshotFaults,
        nyse: (feed.settings.recovery.productId, feed.settings.recovery.channelId))
    }
    do {
      for index in feeds.indices { try open(index) }
      if doors.isEmpty {
        throw ServeError(
          "no server's address is configured; name requestServer of a line, or recovery.snapshotServer, of a feed")
      }
      if groups.contains(where: { !$0.isEmpty }) {
        var sending = DatagramSink.Options()
        sending.interface = options.interface
        sink = try DatagramSink(sending)
      }
    } catch {
      close()
      throw error
    }
  }

  deinit { close() }

  // MARK: - Opening

  private func open(_ index: Int) throws(ServeError) {
    let feed = feeds[index]
    guard !feed.published.isEmpty else {
      throw ServeError("feed \(feed.settings.name): the capture holds no packet of it from number 1 on; give its whole day")
    }
    if feed.settings.recovery.messages {
      for text in Set(feed.settings.lines.compactMap(\.requestServer)).sorted() {
        try open(text, index, .messages, isDatagram: feed.feedProtocol.asksByDatagram)
      }
    }
    if feed.settings.recovery.snapshots, let text = feed.settings.recovery.snapshotServer {
      try open(text, index, .snapshots, isDatagram: false)
    }
    let group = groups[index].values.filter(\.address.isMulticast).min { $0.description < $1.description }
    if let group, options.interface == nil {
      throw ServeError(
        "feed \(feed.settings.name): answers go to the group \(group), and no interface is guessed; name it with "
          + "--interface")
    }
  }

  private func open(
    _ text: String, _ index: Int, _ service: RecoveryService, isDatagram: Bool
  ) throws(ServeError) {
    let name = feeds[index].settings.name
    guard let endpoint = Endpoint(text) else { throw ServeError("feed \(name): \(text) is no address and port") }
    var shim = endpoint.shim
    let handle = isDatagram ? feedh_peer_open_udp(&shim) : feedh_peer_listen(&shim)
    if handle < 0 {
      let remedy = -handle == EADDRINUSE
        ? "each server of each feed needs an address and port of its own" : "it has to be an address of this machine"
      throw ServeError(
        "feed \(name): cannot serve at \(endpoint): \(String(cString: strerror(-handle))); \(remedy)")
    }
    doors.append(Door(handle: handle, feed: index, service: service, isDatagram: isDatagram))
    let what = service == .messages ? "missing messages" : "snapshots"
    plan.append(
      "feed \(name): \(what) at \(endpoint) over \(isDatagram ? "UDP" : "TCP"), "
        + "\(feeds[index].published.count) messages")
  }

  /// Where a venue's answering datagrams go that do not go to who asked: messages to the retransmission line, NYSE's
  /// refreshes to the first line of the feed that brings them, or of the feed itself.
  private static func answerGroups(_ feed: ServedFeed, among all: [FeedSettings]) -> [RecoveryService: Endpoint] {
    var groups: [RecoveryService: Endpoint] = [:]
    let asks = feed.settings.recovery
    if asks.messages, feed.feedProtocol == .pitch || feed.feedProtocol == .nyseIntegrated {
      groups[.messages] = feed.settings.lines.first { $0.role == .retransmission }.flatMap(endpoint)
    }
    if asks.snapshots, feed.feedProtocol.hasRefreshRequests {
      let bringing = all.first { $0.bringsSnapshots(of: feed.settings) } ?? feed.settings
      groups[.snapshots] = bringing.lines.first { $0.role == .live }.flatMap(endpoint)
    }
    return groups
  }

  private static func endpoint(_ line: LineSettings) -> Endpoint? {
    guard let address = line.group.flatMap({ IPAddress($0) }), let port = line.port else { return nil }
    return Endpoint(address, port)
  }

  private func close() {
    for door in doors { Glibc.close(door.handle) }
    for connection in connections { connection.close() }
    sink?.close()
    doors = []
    connections = []
    sink = nil
  }

  // MARK: - Running

  /// Serves until it is told to stop. Call once.
  public func run(stop: StopFlag) {
    while !stop.isSet {
      let now = SystemClock.monotonic &- start
      for index in servers.indices {
        servers[index].position = options.position?.nanoseconds ?? .max
        if servers[index].nextEventAt <= now {
          let replies = servers[index].advance(to: now)
          add(replies, feed: index, client: nil, door: -1)
        }
      }
      deliver(by: now)
      wait(now: now)
    }
    close()
  }

  private func wait(now: UInt64) {
    var polled = doors.map { pollfd(fd: $0.handle, events: Int16(POLLIN), revents: 0) }
    polled += connections.map { connection in
      pollfd(fd: connection.handle, events: Int16(POLLIN | (connection.hasUnsent ? POLLOUT : 0)), revents: 0)
    }
    var timeout = Self.pollMillisecondsMaximum
    if let due = pending.last?.reply.answer.at {
      timeout = min(timeout, Int32(clamping: (due &- min(now, due)) / 1_000_000 + 1))
    }
    guard poll(&polled, nfds_t(polled.count), timeout) > 0 else { return }
    let after = SystemClock.monotonic &- start
    // Behind the doors, and back to front: what ends is removed.
    for index in connections.indices.reversed() where polled[doors.count + index].revents != 0 {
      serve(index, polled[doors.count + index].revents, now: after)
    }
    for (index, door) in doors.enumerated() where polled[index].revents != 0 {
      if door.isDatagram { takeDatagrams(door, now: after) } else { accept(door, now: after) }
    }
  }

  private func takeDatagrams(_ door: Door, now: UInt64) {
    var bytes = [UInt8](repeating: 0, count: 2_048)
    var from = feedh_endpoint()
    while true {
      let length = bytes.withUnsafeMutableBytes {
        feedh_peer_receive_datagram(door.handle, $0.baseAddress!, $0.count, &from)
      }
      if length < 0 { return }
      if length > Int64(bytes.count) { continue }
      figures.requests += 1
      let replies = servers[door.feed].receive(Array(bytes[..<Int(length)]), door.service, at: now)
      add(replies, feed: door.feed, client: Endpoint(from), door: door.handle)
      deliver(by: now)
    }
  }

  private func accept(_ door: Door, now: UInt64) {
    var from = feedh_endpoint()
    while true {
      let handle = feedh_peer_accept(door.handle, &from)
      if handle < 0 { return }
      if let older = connections.firstIndex(where: { $0.feed == door.feed && $0.service == door.service }) {
        remove(older)
      }
      connectionCount &+= 1
      figures.connections += 1
      connections.append(
        ServedConnection(handle: handle, feed: door.feed, service: door.service, number: connectionCount))
      servers[door.feed].open(door.service, connection: connectionCount, at: now)
    }
  }

  private func serve(_ index: Int, _ events: Int16, now: UInt64) {
    let connection = connections[index]
    if Int32(events) & POLLOUT != 0, !connections[index].flush() { return remove(index) }
    guard Int32(events) & (POLLIN | POLLHUP | POLLERR) != 0 else { return }
    guard let bytes = connection.receive() else { return remove(index) }
    if bytes.isEmpty { return }
    figures.requests += 1
    let replies = servers[connection.feed].receive(bytes, connection.service, at: now)
    add(replies, feed: connection.feed, client: nil, door: -1)
    deliver(by: now)
  }

  private func remove(_ index: Int) {
    let connection = connections.remove(at: index)
    servers[connection.feed].close(connection.service)
    connection.close()
  }

  // MARK: - Answers

  private func add(_ replies: [SimulatedServers.Reply], feed: Int, client: Endpoint?, door: Int32) {
    for reply in replies {
      let target = client ?? groups[feed][reply.service] ?? Endpoint(IPAddress(ipv4: 0), 0)
      let entry = Pending(reply: reply, feed: feed, client: target, door: door, order: order)
      order &+= 1
      var place = pending.count
      while place > 0, pending[place - 1].reply.answer.at <= reply.answer.at { place -= 1 }
      pending.insert(entry, at: place)
    }
  }

  private func deliver(by now: UInt64) {
    while let next = pending.last, next.reply.answer.at <= now {
      pending.removeLast()
      switch next.reply.answer.way {
      case .datagram: sendDatagram(next)
      case .stream, .closed: sendBytes(next)
      }
    }
  }

  private func sendDatagram(_ next: Pending) {
    let bytes = next.reply.answer.bytes
    figures.datagrams += 1
    figures.bytes += UInt64(bytes.count)
    if next.door >= 0 {
      var client = next.client.shim
      // What finds no room is lost, as a datagram may be.
      _ = bytes.withUnsafeBytes { feedh_peer_send_datagram(next.door, &client, $0.baseAddress!, $0.count) }
      return
    }
    guard let sink else { return }
    bytes.withUnsafeBytes { bytes in
      var frame = OutgoingFrame(
        bytes: bytes.baseAddress!, length: UInt32(bytes.count), destination: next.client.address,
        destinationPort: next.client.port)
      _ = withUnsafePointer(to: &frame) { sink.send(UnsafeBufferPointer(start: $0, count: 1)) }
    }
  }

  private func sendBytes(_ next: Pending) {
    let index = connections.firstIndex {
      $0.feed == next.feed && $0.service == next.reply.service && $0.number == next.reply.connection
    }
    // The client has gone meanwhile.
    guard let index else { return }
    figures.bytes += UInt64(next.reply.answer.bytes.count)
    connections[index].append(next.reply.answer.bytes)
    if next.reply.answer.way == .closed { connections[index].isClosing = true }
    if !connections[index].flush() { remove(index) }
  }
}
