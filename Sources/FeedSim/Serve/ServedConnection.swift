import CSocket
import FeedCore
import FeedIO
import Glibc

/// A client's TCP connection to a simulated server: bytes wait until the client takes them.
struct ServedConnection {
  let handle: Int32
  let feed: Int
  let service: RecoveryService
  let number: UInt32
  /// The server closes it once everything is sent.
  var isClosing = false
  private var unsent: [UInt8] = []
  private var sent = 0

  init(handle: Int32, feed: Int, service: RecoveryService, number: UInt32) {
    self.handle = handle
    self.feed = feed
    self.service = service
    self.number = number
  }

  var hasUnsent: Bool { sent < unsent.count }

  mutating func append(_ bytes: [UInt8]) { unsent += bytes }

  /// Sends what there is room for. False: the connection is over.
  mutating func flush() -> Bool {
    while hasUnsent {
      let count = unsent[sent...].withUnsafeBytes { feedh_peer_send(handle, $0.baseAddress!, $0.count) }
      if count == -Int64(EAGAIN) { return true }
      if count < 0 { return false }
      sent += Int(count)
    }
    unsent.removeAll(keepingCapacity: true)
    sent = 0
    return !isClosing
  }

  /// What the client sent; nil: the connection is over.
  func receive() -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = bytes.withUnsafeMutableBytes { feedh_peer_receive(handle, $0.baseAddress!, $0.count) }
    if count == -Int64(EAGAIN) { return [] }
    return count > 0 ? Array(bytes[..<Int(count)]) : nil
  }

  func close() { Glibc.close(handle) }
}
