import CSocket
import FeedCore
import Glibc
import Synchronization

/// The network interface of a socket queue or ring: looked up once, then watched.
///
/// The core that polls asks `hasVanished` now and then while nothing comes; a cold thread asks `state`.
public final class LiveInterface: Sendable {
  let name: String
  let index: UInt32
  /// Largest IP packet, bytes.
  let maximumTransmissionUnit: Int
  let isLoopback: Bool
  let takesMulticast: Bool
  let isUp: Bool
  /// ARPHRD_…
  let hardwareType: UInt16
  /// Its own MAC address, six bytes, the first most significant.
  let macAddress: UInt64
  private let netlink: Int32
  /// One question at a time, and what the interface had counted when it was looked up.
  private let asking: Mutex<(errors: UInt64, missed: UInt64)>

  init(name: String) throws(LiveOpeningError) {
    var link = feedh_link()
    let error = feedh_link_find(name, &link)
    if error == -ENODEV { throw Self.missing(name) }
    if error < 0 { throw .refused("looking up the interface", at: name, code: error) }
    let handle = feedh_link_open()
    if handle == -EMFILE || handle == -ENFILE { throw .tooManyFiles(count: 1) }
    if handle < 0 { throw .refused("a netlink socket", at: name, code: handle) }
    netlink = handle
    self.name = name
    index = link.index
    maximumTransmissionUnit = Int(link.mtu)
    isLoopback = link.is_loopback
    takesMulticast = link.takes_multicast || link.is_loopback
    isUp = link.is_up
    hardwareType = link.hardware_type
    let mac = link.address
    macAddress = [mac.0, mac.1, mac.2, mac.3, mac.4, mac.5].reduce(0) { $0 << 8 | UInt64($1) }
    var state = feedh_link_state()
    _ = feedh_link_read(handle, link.index, &state)
    asking = Mutex((state.receive_errors, state.receive_missed))
  }

  deinit { Glibc.close(netlink) }

  /// What the interface says now: whether it runs, and what it counted since it was looked up. Nil where it is gone.
  func state() -> (isUp: Bool, errors: UInt64, missed: UInt64)? {
    asking.withLock { before in
      var state = feedh_link_state()
      if feedh_link_read(netlink, index, &state) < 0 { return nil }
      // Drivers start again from 0 when they are reset.
      let errors = state.receive_errors >= before.errors ? state.receive_errors &- before.errors : state.receive_errors
      let missed = state.receive_missed >= before.missed ? state.receive_missed &- before.missed : state.receive_missed
      return (state.is_up, errors, missed)
    }
  }

  /// True once the interface was removed or moved away: nothing comes any more, whatever is made under its name.
  func hasVanished(from socket: Int32) -> Bool { !feedh_link_exists(socket, index) }

  var vanishedFailure: LiveQueueFailure {
    LiveQueueFailure(
      "interface \(name) has vanished, and what is made anew under its name is another one; "
        + "bring it back and start again")
  }

  /// Those that there are, where none has this name; nil: it is there. Nothing is opened.
  public static func alternatives(to name: String) -> String? {
    var link = feedh_link()
    return feedh_link_find(name, &link) == -ENODEV ? LiveOpeningError.list(names()) : nil
  }

  private static func missing(_ name: String) -> LiveOpeningError { .noInterface(name: name, have: names()) }

  /// Those that there are, with spaces between.
  static func names() -> String {
    var bytes = [CChar](repeating: 0, count: 1_024)
    let length = feedh_link_names(&bytes, bytes.count)
    return String(decoding: bytes.prefix(max(0, Int(length))).map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
