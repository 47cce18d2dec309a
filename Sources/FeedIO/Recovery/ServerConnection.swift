import CSocket
import FeedCore
import Glibc

/// One TCP connection to a recovery server: what the state machine has to say goes out, what comes goes into the inbox
/// of the core that opened it. The cold thread's.
///
/// | event \ state | connecting | open | ended |
/// |---|---|---|---|
/// | bytes to send | kept | sent, the rest kept; more than `unsentMaximum` → ended | dropped |
/// | writable | error → ended, else open | the rest is sent | – |
/// | readable | – | bytes into the inbox, as long as it has room; end or error → ended | – |
/// | `connectNanoseconds` over | → ended | – | – |
/// | nothing heard of the server's machine for `silenceMilliseconds` | – | → ended | – |
/// | the inbox has room | – | – | the end is told, once |
/// | closed by the core | gone | gone | gone |
struct ServerConnection {
  static let connectNanoseconds: UInt64 = 5_000_000_000
  /// How long nothing may be heard of the server's machine, neither for bytes sent nor when the kernel asks whether it
  /// is there: a half-open connection ends so. Silence of the server itself is the state machine's to judge.
  static let silenceMilliseconds: UInt32 = 10_000
  private static let unsentMaximum = 65_536
  private static let slotsMaximum = 16

  enum State { case connecting, open, ended }

  let channel: UInt8
  let service: RecoveryService
  let number: UInt32
  let lane: Int
  let server: Endpoint
  private(set) var state = State.connecting
  private(set) var handle: Int32
  private(set) var isEndTold = false
  private var unsent: [UInt8] = []
  private let deadline: UInt64

  /// - Parameter server: nil: there is none, and the connection has ended.
  init(_ output: RecoveryOutput, lane: Int, server: Endpoint?, silenceMilliseconds: UInt32, now: UInt64) {
    channel = output.channel
    service = output.service
    number = output.connection
    self.lane = lane
    self.server = server ?? Endpoint(IPAddress(high: 0, low: 0), 0)
    deadline = now &+ Self.connectNanoseconds
    handle = -ENOENT
    if server != nil {
      var shim = self.server.shim
      handle = feedh_peer_connect(&shim, silenceMilliseconds)
    }
    if handle < 0 { state = .ended }
  }

  /// What poll is to wait for; nil: nothing.
  func events(freeSlots: Int) -> Int16? {
    switch state {
    case .connecting: return Int16(POLLOUT)
    case .open:
      let events = (freeSlots > 0 ? POLLIN : 0) | (unsent.isEmpty ? 0 : POLLOUT)
      return events == 0 ? nil : Int16(events)
    case .ended: return nil
    }
  }

  /// What there is to be told of an end, each once.
  enum Ending {
    case refused, timedOut, reset, closedByServer, overflow
    case failed(Int32)
  }

  mutating func send(_ bytes: RequestBytes, _ servers: FeedServers) -> Ending? {
    if state == .ended { return nil }
    bytes.withBytes { unsent.append(contentsOf: $0) }
    if unsent.count > Self.unsentMaximum { return end(.overflow) }
    return state == .open ? flush(servers) : nil
  }

  /// Its socket is ready for something.
  mutating func advance(_ events: Int16, _ inbox: RecoveryInbox, _ servers: FeedServers) -> Ending? {
    if state == .connecting {
      let error = feedh_socket_take_error(handle)
      if error != 0 { return end(Self.ending(of: error)) }
      state = .open
      servers.count(.connectionsMade)
      return flush(servers)
    }
    if Int32(events) & POLLOUT != 0, let ending = flush(servers) { return ending }
    return state == .open && Int32(events) & (POLLIN | POLLHUP | POLLERR) != 0 ? receive(inbox, servers) : nil
  }

  mutating func expire(now: UInt64) -> Ending? {
    state == .connecting && now >= deadline ? end(.timedOut) : nil
  }

  private mutating func flush(_ servers: FeedServers) -> Ending? {
    while !unsent.isEmpty {
      let sent = unsent.withUnsafeBytes { feedh_peer_send(handle, $0.baseAddress!, $0.count) }
      if sent == -Int64(EAGAIN) || sent == -Int64(EINTR) { return nil }
      if sent < 0 { return end(Self.ending(of: Int32(-sent))) }
      servers.count(.bytesSent, UInt64(sent))
      unsent.removeFirst(Int(sent))
    }
    return nil
  }

  private mutating func receive(_ inbox: RecoveryInbox, _ servers: FeedServers) -> Ending? {
    for _ in 0..<Self.slotsMaximum where inbox.freeSlots > 0 {
      let place = inbox.slot + DatagramHeader.length
      let length = feedh_peer_receive(handle, place, RecoveryInbox.payloadCapacity)
      if length == -Int64(EAGAIN) || length == -Int64(EINTR) { return nil }
      if length == 0 { return end(.closedByServer) }
      if length < 0 { return end(Self.ending(of: Int32(-length))) }
      servers.count(.bytesReceived, UInt64(length))
      inbox.publish(
        Packet.connection(
          channel: channel, service: service, connection: number, bytes: UnsafeRawPointer(place), length: Int(length),
          captureNanoseconds: 0))
      if Int(length) < RecoveryInbox.payloadCapacity { return nil }
    }
    return nil
  }

  /// Tells the core that the connection has ended, behind everything that came on it, where there is room.
  mutating func tellEnd(_ inbox: RecoveryInbox) {
    guard state == .ended, !isEndTold, inbox.freeSlots > 0 else { return }
    isEndTold = true
    inbox.publish(
      Packet.connection(
        channel: channel, service: service, connection: number,
        bytes: UnsafeRawPointer(inbox.slot + DatagramHeader.length), length: 0, isEnd: true, captureNanoseconds: 0))
  }

  private mutating func end(_ ending: Ending) -> Ending {
    close()
    return ending
  }

  /// - Parameter error: a positive errno value.
  static func ending(of error: Int32) -> Ending {
    switch error {
    case ECONNREFUSED: .refused
    case ETIMEDOUT: .timedOut
    case ECONNRESET, EPIPE: .reset
    default: .failed(error)
    }
  }

  /// Why it could not even be begun; nil: it was.
  var openingError: Int32? { handle < -1 ? -handle : nil }

  mutating func close() {
    if handle >= 0 { Glibc.close(handle) }
    handle = -1
    state = .ended
    unsent = []
  }
}
