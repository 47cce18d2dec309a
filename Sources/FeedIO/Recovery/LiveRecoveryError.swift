import FeedCore
import Glibc

/// Why the way to recovery servers cannot be opened: what, where, remedy, in one line.
public struct LiveRecoveryError: Error, Sendable, CustomStringConvertible {
  public let description: String
  init(_ description: String) { self.description = description }

  /// - Parameter code: a negative errno value.
  static func socket(_ feed: String, at place: Endpoint, code: Int32) -> LiveRecoveryError {
    let reason = String(cString: strerror(-code))
    let remedy =
      switch -code {
      case EADDRINUSE: "another program has it; stop that one, or choose another port"
      case EADDRNOTAVAIL: "it is no address of this machine; correct the line's group, or add it with ip address add"
      case ENETUNREACH: "no route leads there; add one with ip route add"
      case EACCES: "choose a port from 1024 on, or grant CAP_NET_BIND_SERVICE"
      default: "see the reason"
      }
    return LiveRecoveryError("feed \(feed): requests cannot leave from \(place): \(reason); \(remedy)")
  }
}
