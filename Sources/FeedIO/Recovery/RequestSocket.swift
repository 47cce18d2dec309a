import CSocket
import FeedCore
import Glibc

/// The UDP socket that requests of one or several feeds leave from and answers come back to. The cold thread's.
///
/// Answers get headers put in front, as other sockets' datagrams do, with the address of the retransmission line that
/// the socket stands for: so they take the way of any packet, and a recording of them is an ordinary capture.
struct RequestSocket {
  /// Longest that is received in one go, so that no feed keeps the others waiting.
  private static let datagramsMaximum = 32

  let handle: Int32
  let local: Endpoint
  private let header: DatagramHeader
  /// Position of the live port that its line arrives at.
  private let fileIndex: UInt16
  /// Positions of the feeds that send from it.
  var feeds: [Int]
  /// Whose core gets the answers: the one that asked last.
  var lane: Int?
  private var drops: UInt32 = 0

  /// - Throws: `LiveRecoveryError`.
  init(bindTo wanted: Endpoint, feed: Int, name: String, fileIndex: UInt16) throws {
    var shim = wanted.shim
    handle = feedh_peer_open_udp(&shim)
    if handle < 0 { throw LiveRecoveryError.socket(name, at: wanted, code: handle) }
    _ = feedh_socket_set_receive_buffer(handle, 1 << 20)
    _ = feedh_peer_local(handle, &shim)
    local = Endpoint(shim)
    header = DatagramHeader(LiveSubscription(address: local.address, port: local.port), macAddress: 0)
    self.fileIndex = fileIndex
    feeds = [feed]
  }

  /// 0, or why the system did not take it: an errno value.
  func send(_ bytes: RequestBytes, to server: Endpoint) -> Int32 {
    var shim = server.shim
    let sent = bytes.withBytes { feedh_peer_send_datagram(handle, &shim, $0.baseAddress!, $0.count) }
    return sent < 0 ? Int32(clamping: -sent) : 0
  }

  /// Takes what has come into free slots of the inbox.
  mutating func receive(into inbox: RecoveryInbox, _ servers: inout [FeedServers]) {
    var from = feedh_endpoint()
    for _ in 0..<Self.datagramsMaximum where inbox.freeSlots > 0 {
      let slot = inbox.slot
      let payload = slot + DatagramHeader.length
      let length = feedh_peer_receive_datagram(handle, payload, RecoveryInbox.payloadCapacity, &from)
      if length < 0 { break }
      let sender = Endpoint(from).address
      guard let feed = feeds.first(where: { servers[$0].requestServers.contains { $0.address == sender } }) else {
        servers[feeds[0]].count(.datagramsForeign)
        continue
      }
      if length > RecoveryInbox.payloadCapacity {
        servers[feed].count(.datagramsTooLong)
        continue
      }
      servers[feed].count(.datagramsReceived)
      servers[feed].count(.bytesReceived, UInt64(length))
      servers[feed].answered()
      publish(slot, length: UInt32(length), from, inbox)
    }
    noteDrops(servers[feeds[0]])
  }

  private func publish(_ slot: UnsafeMutableRawPointer, length: UInt32, _ from: feedh_endpoint, _ inbox: RecoveryInbox) {
    var datagram = feedh_datagram()
    datagram.length = length
    datagram.source = from.address
    datagram.source_port = from.port
    header.write(to: slot, datagram)
    let frameLength = UInt32(header.frameLength) &+ length
    inbox.publish(
      Packet(
        bytes: UnsafeRawPointer(slot + header.frameOffset), captureNanoseconds: 0, capturedLength: frameLength,
        wireLength: frameLength, recordIndex: 0, fileIndex: fileIndex, linkType: header.linkType))
  }

  private mutating func noteDrops(_ servers: FeedServers) {
    var now: UInt32 = 0
    guard feedh_socket_read_drops(handle, &now) == 0 else { return }
    servers.count(.datagramsDropped, UInt64(now &- drops))
    drops = now
  }

  func close() { Glibc.close(handle) }
}
