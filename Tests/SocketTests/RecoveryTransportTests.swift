import CSocket
import Glibc
import Testing

@testable import FeedCore
@testable import FeedIO

/// The way from a core's outbox to servers and back, against scripted servers on the loopback interface.
@Suite struct RecoveryTransportTests {
  /// A feed that asks servers at these places, its queue and its outbox, with the cold thread running.
  private final class Rig {
    let recovery: LiveRecovery
    let queue: RecoveryQueue
    let outbox = RecoveryOutbox()
    private(set) var settings: Settings
    private let burst = UnsafeMutableBufferPointer<Packet>.allocate(capacity: 64)

    init(
      _ feedProtocol: FeedProtocol = .itch50, requests: [Endpoint] = [], snapshots: Endpoint? = nil,
      answerTimeoutNanoseconds: UInt64 = 1_000_000_000,
      silenceMilliseconds: UInt32 = ServerConnection.silenceMilliseconds
    ) throws {
      var settings = Settings()
      settings.recovery.answerTimeoutNanoseconds = answerTimeoutNanoseconds
      var feed = FeedSettings(name: "feed", venue: "venue", protocol: feedProtocol.name, lines: [])
      feed.recovery.messages = true
      feed.recovery.snapshots = true
      feed.recovery.snapshotServer = snapshots?.description
      feed.lines = requests.map { server in
        var line = LineSettings(name: "A", group: "233.54.12.1", port: 26_401)
        line.requestServer = server.description
        return line
      }
      settings.feeds = [feed]
      recovery = try #require(try LiveRecovery(&settings, silenceMilliseconds: silenceMilliseconds))
      self.settings = settings
      queue = recovery.makeQueue()
      queue.answer(outbox)
      recovery.start()
    }

    deinit {
      recovery.stop()
      burst.deallocate()
    }

    func ask(
      _ action: RecoveryOutput.Action, _ service: RecoveryService = .messages, connection: UInt32 = 1,
      bytes: [UInt8] = []
    ) {
      var request = RequestBytes()
      for byte in bytes { request.append(byte: byte) }
      let output = RecoveryOutput(
        action: action, service: service, channel: 0, connection: connection, captureNanoseconds: 0, bytes: request)
      #expect(outbox.push(output))
    }

    /// The next packets, once there are any.
    func packets() throws -> [Packet] {
      var count = 0
      try eventually {
        count = queue.receive(into: burst)
        return count > 0
      }
      return Array(burst[..<count])
    }

    func count(_ counter: LiveRecoveryCounter) -> UInt64 { recovery.figures()[0][counter] }
  }

  /// A socket of the scripted server's, closed with its last user.
  private final class Server {
    let handle: Int32
    let endpoint: Endpoint

    init(datagrams: Bool, at address: String = "127.0.0.1") throws {
      var shim = Endpoint(try #require(IPAddress(address)), 0).shim
      handle = datagrams ? feedh_peer_open_udp(&shim) : feedh_peer_listen(&shim)
      try #require(handle >= 0)
      _ = feedh_peer_local(handle, &shim)
      endpoint = Endpoint(shim)
    }

    deinit { close(handle) }

    func receive() throws -> (bytes: [UInt8], from: feedh_endpoint) {
      var bytes = [UInt8](repeating: 0, count: 2_048)
      var from = feedh_endpoint()
      var length: Int64 = 0
      try eventually {
        length = feedh_peer_receive_datagram(handle, &bytes, bytes.count, &from)
        return length >= 0
      }
      return (Array(bytes[..<Int(length)]), from)
    }

    func send(_ bytes: [UInt8], to: feedh_endpoint) {
      var to = to
      #expect(feedh_peer_send_datagram(handle, &to, bytes, bytes.count) == Int64(bytes.count))
    }

    func accept() throws -> Client {
      var from = feedh_endpoint()
      var accepted: Int32 = -1
      try eventually {
        accepted = feedh_peer_accept(handle, &from)
        return accepted >= 0
      }
      return Client(handle: accepted)
    }
  }

  /// The server's side of a connection.
  private final class Client {
    private(set) var handle: Int32
    init(handle: Int32) { self.handle = handle }
    deinit { end() }

    func end() {
      if handle >= 0 { close(handle) }
      handle = -1
    }

    func receive(_ count: Int) throws -> [UInt8] {
      var all: [UInt8] = []
      var bytes = [UInt8](repeating: 0, count: 4_096)
      try eventually {
        let length = feedh_peer_receive(handle, &bytes, bytes.count)
        if length > 0 { all += bytes[..<Int(length)] }
        return all.count >= count
      }
      return all
    }

    /// From now on every segment to this side is dropped, unanswered: its machine has vanished.
    func vanish() {
      var drop = feedh_filter_instruction(code: 0x06 /* BPF_RET | BPF_K */, jump_true: 0, jump_false: 0, operand: 0)
      #expect(feedh_ring_set_filter(handle, &drop, 1) == 0)
    }

    /// True once the other side has closed.
    func isClosed() -> Bool {
      var byte: UInt8 = 0
      return feedh_peer_receive(handle, &byte, 1) == 0
    }

    func send(_ bytes: [UInt8]) throws {
      var sent = 0
      try eventually {
        let count = bytes[sent...].withUnsafeBytes { feedh_peer_send(handle, $0.baseAddress!, $0.count) }
        if count > 0 { sent += Int(count) }
        return sent == bytes.count
      }
    }
  }

  private static func eventuallyCounts(_ rig: Rig, _ counter: LiveRecoveryCounter, _ count: UInt64) throws {
    try eventually { rig.count(counter) >= count }
  }

  // MARK: - Datagrams

  /// MoldUDP64 1.00: the answer goes to the source address and port of the request.
  @Test func requestLeavesAsItIsAndItsAnswerComesOnTheFlowOfItsLine() throws {
    let server = try Server(datagrams: true)
    let rig = try Rig(requests: [server.endpoint])
    let request: [UInt8] = Array("SESSION001".utf8) + [0, 0, 0, 0, 0, 0, 0, 3, 0, 2]
    rig.ask(.datagram, bytes: request)
    let (received, from) = try server.receive()
    #expect(received == request)
    // The line that stands for the socket was made with it.
    let line = try #require(rig.settings.feeds[0].lines.last)
    #expect(line.role == .retransmission && line.name == "requests")
    #expect(Endpoint(from).description == "\(try #require(line.group)):\(try #require(line.port))")
    let answer: [UInt8] = Array("SESSION001".utf8) + [0, 0, 0, 0, 0, 0, 0, 3, 0, 1, 0, 2, 65, 66]
    server.send(answer, to: from)
    let packet = try #require(try rig.packets().first)
    #expect(packet.linkType == .ethernet && packet.fileIndex == 0)
    guard case .payload(let view) = FrameParser(verifyChecksums: true).parse(packet) else {
      Issue.record("no UDP")
      return
    }
    #expect(Array(UnsafeRawBufferPointer(start: view.payload, count: view.payloadLength)) == answer)
    #expect(view.destination.description == line.group && view.destinationPort == line.port)
    #expect(rig.count(.datagramsSent) == 1 && rig.count(.datagramsReceived) == 1)
  }

  @Test func datagramsOfOthersAreDroppedAndCounted() throws {
    let server = try Server(datagrams: true)
    let stranger = try Server(datagrams: true, at: "127.0.0.2")
    let rig = try Rig(requests: [server.endpoint])
    rig.ask(.datagram, bytes: [1])
    let (_, from) = try server.receive()
    stranger.send([9, 9], to: from)
    try Self.eventuallyCounts(rig, .datagramsForeign, 1)
    server.send([7], to: from)
    #expect(try rig.packets().first?.wireLength == 43)
    #expect(rig.count(.datagramsReceived) == 1)
  }

  @Test func theNextServerIsAskedWhereOneDoesNotAnswer() throws {
    let silent = try Server(datagrams: true)
    let other = try Server(datagrams: true)
    let rig = try Rig(requests: [silent.endpoint, other.endpoint], answerTimeoutNanoseconds: 1_000_000)
    var bytes = [UInt8](repeating: 0, count: 16)
    var from = feedh_endpoint()
    var sent: UInt8 = 0
    try eventually {
      // One at a time, so that none waits in a ring.
      if rig.count(.datagramsSent) == UInt64(sent) {
        sent &+= 1
        rig.ask(.datagram, bytes: [sent])
      }
      return feedh_peer_receive_datagram(other.handle, &bytes, bytes.count, &from) == 1
    }
    #expect(rig.count(.serversChanged) >= 1)
    #expect(try silent.receive().bytes == [1])
  }

  @Test func answersThatAreTooLongAreDroppedAndCounted() throws {
    let server = try Server(datagrams: true)
    let rig = try Rig(requests: [server.endpoint])
    rig.ask(.datagram, bytes: [1])
    let (_, from) = try server.receive()
    server.send([UInt8](repeating: 1, count: RecoveryInbox.payloadCapacity + 1), to: from)
    try Self.eventuallyCounts(rig, .datagramsTooLong, 1)
    server.send([UInt8](repeating: 2, count: RecoveryInbox.payloadCapacity), to: from)
    #expect(try rig.packets().first?.wireLength == UInt32(RecoveryInbox.payloadCapacity) + 42)
  }

  // MARK: - Connections

  @Test func connectionCarriesBytesBothWaysAndTellsItsEndBehindThem() throws {
    let server = try Server(datagrams: false)
    let rig = try Rig(snapshots: server.endpoint)
    rig.ask(.open, .snapshots, connection: 5)
    // Before it can have been accepted: it waits.
    rig.ask(.bytes, .snapshots, connection: 5, bytes: Array("login".utf8))
    let client = try server.accept()
    #expect(try client.receive(5) == Array("login".utf8))
    try client.send(Array("welcome".utf8))
    client.end()
    var bytes: [UInt8] = []
    var isEnded = false
    while !isEnded {
      for packet in try rig.packets() {
        #expect(packet.linkType == .connection && packet.fileIndex == 0)
        #expect(packet.connectionNumber == 5 && packet.connectionService == .snapshots && !isEnded)
        bytes += UnsafeRawBufferPointer(start: packet.bytes, count: Int(packet.capturedLength))
        isEnded = packet.isConnectionEnd
      }
    }
    #expect(bytes == Array("welcome".utf8))
    #expect(rig.count(.connectionsMade) == 1 && rig.count(.connectionsEnded) == 1)
    try eventually { !rig.recovery.takeNotices().isEmpty }
  }

  @Test func refusedConnectionIsToldAsEnded() throws {
    var closed: Endpoint
    do { closed = try Server(datagrams: false).endpoint }
    let rig = try Rig(snapshots: closed)
    rig.ask(.open, .snapshots, connection: 1)
    let packet = try #require(try rig.packets().first)
    #expect(packet.isConnectionEnd && packet.capturedLength == 0)
    #expect(rig.count(.connectionsRefused) == 1)
    #expect(rig.recovery.takeNotices().contains { $0.contains("snapshot server \(closed) refused") })
    // Each problem is told once, counted each time.
    rig.ask(.open, .snapshots, connection: 2)
    #expect(try rig.packets().first?.connectionNumber == 2)
    #expect(rig.count(.connectionsRefused) == 2 && rig.recovery.takeNotices().isEmpty)
  }

  @Test func connectionWithoutAServerIsToldAsEnded() throws {
    let rig = try Rig(.memxDepth)
    rig.ask(.open, .messages, connection: 3)
    let packet = try #require(try rig.packets().first)
    #expect(packet.isConnectionEnd && packet.connectionNumber == 3 && packet.connectionService == .messages)
    #expect(rig.count(.requestsWithoutServer) == 1)
  }

  @Test func closedConnectionIsClosedForTheServerAndANewOneTakesItsPlace() throws {
    let server = try Server(datagrams: false)
    let rig = try Rig(snapshots: server.endpoint)
    rig.ask(.open, .snapshots, connection: 1)
    let first = try server.accept()
    rig.ask(.close, .snapshots, connection: 1)
    try eventually { first.isClosed() }
    rig.ask(.open, .snapshots, connection: 2)
    rig.ask(.bytes, .snapshots, connection: 2, bytes: [42])
    let second = try server.accept()
    #expect(try second.receive(1) == [42])
    // Open until its end was looked for: else the server would have closed it.
    withExtendedLifetime(second) {
      #expect(rig.count(.connectionsTried) == 2 && rig.count(.connectionsEnded) == 0)
    }
  }

  /// No end of the connection comes from a machine that lost its power: neither answers nor a reset.
  @Test(arguments: [false, true]) func serverThatVanishesIsNoticedInBoundedTime(hasSent: Bool) throws {
    let server = try Server(datagrams: false)
    let rig = try Rig(snapshots: server.endpoint, silenceMilliseconds: 1_000)
    rig.ask(.open, .snapshots, connection: 1)
    rig.ask(.bytes, .snapshots, connection: 1, bytes: [42])
    let client = try server.accept()
    #expect(try client.receive(1) == [42])
    client.vanish()
    if hasSent { rig.ask(.bytes, .snapshots, connection: 1, bytes: [43]) }
    let packet = try #require(try rig.packets().first)
    #expect(packet.isConnectionEnd && packet.connectionNumber == 1 && packet.capturedLength == 0)
    #expect(rig.count(.connectionsTimedOut) == 1 && rig.count(.connectionsEnded) == 0)
    #expect(rig.recovery.takeNotices().contains { $0.contains("snapshot server \(server.endpoint) did not answer") })
    // The next connection is as good as the first.
    rig.ask(.open, .snapshots, connection: 2)
    let second = try server.accept()
    try second.send([44])
    let answer = try #require(try rig.packets().first)
    #expect(answer.connectionNumber == 2 && answer.capturedLength == 1 && !answer.isConnectionEnd)
    withExtendedLifetime((client, second)) {}
  }

  /// More than all slots hold waits in the kernel until the core takes it: nothing is lost, order is kept.
  @Test func fullInboxHoldsTheServerBack() throws {
    let server = try Server(datagrams: false)
    let rig = try Rig(snapshots: server.endpoint)
    rig.ask(.open, .snapshots, connection: 1)
    let client = try server.accept()
    let total = 2 * RecoveryInbox.slotCount * RecoveryInbox.payloadCapacity
    let sent = (0..<total).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    nonisolated(unsafe) let peer = client
    let sender = WorkerThread { try? peer.send(sent) }
    // Every slot is filled before any is emptied.
    try eventually { rig.queue.inbox.freeSlots == 0 }
    var received: [UInt8] = []
    while received.count < total {
      for packet in try rig.packets() {
        received += UnsafeRawBufferPointer(start: packet.bytes, count: Int(packet.capturedLength))
      }
    }
    sender.join()
    #expect(received == sent)
  }
}

/// Goes on until it is so; a minute is far more than any of it takes.
private func eventually(_ isSo: () throws -> Bool) throws {
  var now = timespec()
  clock_gettime(CLOCK_MONOTONIC, &now)
  let end = now.tv_sec + 60
  while try !isSo() {
    clock_gettime(CLOCK_MONOTONIC, &now)
    try #require(now.tv_sec < end, "it never came to be so")
    sched_yield()
  }
}
