import CSocket
import FeedCore
import Glibc

/// Whether a recovery server can be reached from here, tried once. Nothing is asked, nobody logs in.
public struct ServerProbe: Sendable {
  public enum Outcome: Sendable, Equatable {
    /// TCP: it took the connection, which was closed again.
    case connected
    /// UDP: a route leads there from this address; whether anybody listens shows an answer only.
    case routed(from: String)
    /// What stands in the way.
    case failed(String)
  }

  public let feed: String
  public let server: Endpoint
  public let isTCP: Bool
  public let outcome: Outcome

  /// Tries every server of the feeds that ask.
  ///
  /// - Parameter milliseconds: how long a connection may take.
  public static func all(_ settings: Settings, milliseconds: Int32 = 2_000) -> [ServerProbe] {
    settings.feeds.filter { $0.role == .live }.flatMap { feed -> [ServerProbe] in
      var probes: [ServerProbe] = []
      if feed.recovery.messages {
        for server in feed.requestServers {
          probes.append(
            ServerProbe(feed: feed.name, server: server, isTCP: !feed.asksByDatagram, milliseconds: milliseconds))
        }
      }
      if feed.recovery.snapshots, let server = feed.recovery.snapshotServer.flatMap({ Endpoint($0) }) {
        probes.append(ServerProbe(feed: feed.name, server: server, isTCP: true, milliseconds: milliseconds))
      }
      return probes
    }
  }

  init(feed: String, server: Endpoint, isTCP: Bool, milliseconds: Int32) {
    self.feed = feed
    self.server = server
    self.isTCP = isTCP
    outcome = isTCP ? Self.connect(server, milliseconds) : Self.route(server)
  }

  private static func route(_ server: Endpoint) -> Outcome {
    var shim = server.shim
    var local = feedh_endpoint()
    let error = feedh_peer_route(&shim, &local)
    return error < 0 ? .failed(String(cString: strerror(-error))) : .routed(from: "\(Endpoint(local).address)")
  }

  private static func connect(_ server: Endpoint, _ milliseconds: Int32) -> Outcome {
    var shim = server.shim
    let handle = feedh_peer_connect(&shim, UInt32(milliseconds))
    if handle < 0 { return .failed(String(cString: strerror(-handle))) }
    defer { close(handle) }
    var polled = pollfd(fd: handle, events: Int16(POLLOUT), revents: 0)
    if poll(&polled, 1, milliseconds) <= 0 { return .failed("no answer within \(milliseconds) ms") }
    let error = feedh_socket_take_error(handle)
    return error == 0 ? .connected : .failed(String(cString: strerror(error)))
  }
}
