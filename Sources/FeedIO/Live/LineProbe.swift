import FeedCore
import Glibc

/// Whether a multicast line of the configuration can be joined where it is to arrive, and what comes on it: tried once,
/// by kernel sockets, whatever the port's driver. Other programs that receive the same groups are not disturbed.
public struct LineProbe: Sendable {
  public enum Outcome: Sendable, Equatable {
    /// The group was joined; so many packets came.
    case joined(packets: UInt64)
    /// What stands in the way, with the remedy.
    case failed(String)
    /// Why it was not tried.
    case skipped(String)
  }

  public let feed: String
  public let line: String
  public let port: String
  /// Group and port.
  public let subscription: LiveSubscription
  /// Messages come all the time: heartbeats at least.
  public let isLive: Bool
  public internal(set) var outcome: Outcome

  /// Tries every line with a group, of every port that it may arrive at.
  ///
  /// - Parameter nanoseconds: how long to listen, all ports together; less where every live line was heard. 0: groups
  ///   are joined and left again.
  public static func all(_ settings: Settings, listening nanoseconds: UInt64) -> [LineProbe] {
    var hearings = settings.live.ports.compactMap { Hearing($0, settings.feeds) }
    let end = SystemClock.monotonic &+ nanoseconds
    while SystemClock.monotonic < end, !hearings.allSatisfy(\.isContent) {
      for index in hearings.indices { hearings[index].listen() }
      // Ten times shorter than the buffers last at a million packets a second.
      usleep(1_000)
    }
    for hearing in hearings { hearing.queue?.close() }
    return hearings.flatMap(\.probes)
  }
}

/// The lines of one port while they are listened for.
private struct Hearing {
  /// Nil: nothing was, or could be, joined.
  let queue: UDPSocketQueue?
  private(set) var probes: [LineProbe]
  private let parser = FrameParser(verifyChecksums: false)

  /// Nil where no line arrives at the port.
  init?(_ port: PortSettings, _ feeds: [FeedSettings]) {
    var probes: [LineProbe] = []
    for feed in feeds {
      for line in feed.lines where line.livePort == nil || line.livePort == port.name {
        guard let subscription = LivePorts.subscription(of: line, feed) else { continue }
        // A unicast datagram has one receiver: a probe would take it away from a run.
        let outcome: LineProbe.Outcome =
          subscription.address.isMulticast
          ? .joined(packets: 0) : .skipped("not a group: what is sent there would be taken from whoever receives it")
        probes.append(
          LineProbe(
            feed: feed.name, line: line.name, port: port.name, subscription: subscription,
            isLive: feed.role == .live && line.role == .live, outcome: outcome))
      }
    }
    if probes.isEmpty { return nil }
    let wanted = probes.filter { $0.outcome == .joined(packets: 0) }.map(\.subscription)
    var queue: UDPSocketQueue?
    if !wanted.isEmpty {
      var reason: LineProbe.Outcome?
      if let interface = port.interface {
        do {
          queue = try UDPSocketQueue(
            name: port.name, interface: interface, subscriptions: wanted, options: Self.options)
        } catch {
          reason = .failed(error.description)
        }
      } else {
        reason = .skipped("the kernel does not see the port: feedh itself joins there, once it runs")
      }
      if let reason {
        for index in probes.indices where probes[index].outcome == .joined(packets: 0) {
          probes[index].outcome = reason
        }
      }
    }
    self.queue = queue
    self.probes = probes
  }

  private static var options: UDPSocketOptions {
    var options = UDPSocketOptions()
    options.receiveBufferBytes = 1 << 20
    options.datagramLengthMaximum = 64
    options.busyPollMicroseconds = 0
    return options
  }

  /// Every line that must speak has spoken, or there is nobody to listen.
  var isContent: Bool { queue == nil || probes.allSatisfy { !$0.isLive || $0.outcome != .joined(packets: 0) } }

  mutating func listen() {
    guard let queue else { return }
    withUnsafeTemporaryAllocation(of: Packet.self, capacity: 64) { burst in
      // Bounded: at a rate that never lets go the next round counts on.
      for _ in 0..<64 {
        let count = queue.receive(into: burst)
        if count == 0 { break }
        for index in 0..<count { note(burst[index]) }
      }
    }
  }

  private mutating func note(_ packet: Packet) {
    guard case .payload(let view) = parser.parse(packet) else { return }
    let destination = IPAddress(high: view.destinationHigh, low: view.destinationLow)
    let source = IPAddress(high: view.sourceHigh, low: view.sourceLow)
    for index in probes.indices {
      let wanted = probes[index].subscription
      guard wanted.address == destination, wanted.port == view.destinationPort,
        wanted.sources.isEmpty || wanted.sources.contains(source), case .joined(let packets) = probes[index].outcome
      else { continue }
      probes[index].outcome = .joined(packets: packets + 1)
    }
  }
}
