import FeedCore

/// Which core polls which queue, and takes which feeds: all lines of a feed come to one core, and with them whatever
/// shares a flow with it or brings snapshots of it.
public struct LiveQueuePlan: Sendable, Equatable {
  /// By port of the configuration: the core of each queue.
  public let coresOfPorts: [[Int]]
  /// By feed of the configuration.
  public let coreOfFeed: [Int]

  /// - Throws: `LiveQueuePlanError`: cores that are not there, a feed whose lines no core can poll together, no core
  ///   left for the shards.
  public init(_ settings: Settings) throws(LiveQueuePlanError) {
    var ports: [[Int]] = []
    for port in settings.live.ports { ports.append(try Self.cores(of: port, settings.threads)) }
    coresOfPorts = ports
    try Self.checkShards(ports, settings.threads)
    coreOfFeed = try Self.assign(settings, ports)
  }

  /// The cores that poll queues, ascending.
  public var ingestCores: [Int] { Set(coresOfPorts.joined()).sorted() }

  /// How many queues of a port a core polls.
  func queueCount(ofPort port: Int, core: Int) -> Int { coresOfPorts[port].count { $0 == core } }

  // MARK: - Queues to cores

  private static func cores(of port: PortSettings, _ threads: ThreadSettings) throws(LiveQueuePlanError) -> [Int] {
    if port.queueCores.isEmpty {
      return (0..<port.queues).map { threads.layout == .spread ? $0 % max(1, threads.coreCount) : 0 }
    }
    guard port.queueCores.count == port.queues else {
      throw LiveQueuePlanError(
        key: .queueCores(port: port.name), what: "port \(port.name) has \(port.queues) queues, and queueCores names "
          + "\(port.queueCores.count) cores", allowed: "one core for each queue",
        remedy: "name \(port.queues) cores, or set queues: \(port.queueCores.count)")
    }
    if let core = port.queueCores.first(where: { !(0..<threads.coreCount).contains($0) }) {
      throw LiveQueuePlanError(
        key: .queueCores(port: port.name), what: "port \(port.name): queueCores names core \(core) of "
          + "\(threads.coreCount)", allowed: "0 ... \(threads.coreCount - 1)",
        remedy: "name another core, or raise threads.cores")
    }
    return port.queueCores
  }

  /// Layout rings: cores that poll own no shards, so one must be left.
  private static func checkShards(_ ports: [[Int]], _ threads: ThreadSettings) throws(LiveQueuePlanError) {
    let polling = Set(ports.joined())
    guard threads.layout == .rings, threads.coreCount > 1, polling.count == threads.coreCount else { return }
    throw LiveQueuePlanError(
      key: .layout, what: "all \(threads.coreCount) cores poll queues, and layout rings leaves the shards to those that "
        + "poll none", allowed: "at least one core without a queue",
      remedy: "set threads.layout: spread, or name fewer cores in live.ports[].queueCores")
  }

  // MARK: - Feeds to cores

  /// Feeds that have to be on one core, and where that may be.
  private struct Bunch {
    var feeds: [Int] = []
    var cores: Set<Int>
    var lineCount = 0
  }

  private static func assign(_ settings: Settings, _ ports: [[Int]]) throws(LiveQueuePlanError) -> [Int] {
    var assigned = Array(repeating: 0, count: settings.feeds.count)
    if Set(ports.joined()).count < 2 { return assigned.map { _ in ports.joined().first ?? 0 } }
    let roots = bunches(settings)
    var load: [Int: Int] = [:]
    for root in Set(roots).sorted() {
      var bunch = Bunch(cores: Set(ports.joined()))
      var before: (feed: Int, line: LineSettings, port: Int)?
      for feed in roots.indices where roots[feed] == root {
        bunch.feeds.append(feed)
        // Answers that a feed asks for come to a socket of its own, which the core that asked reads.
        for line in settings.feeds[feed].lines where !settings.feeds[feed].carriesRequestedAnswers(line) {
          for port in ports.indices where line.livePort == nil || line.livePort == settings.live.ports[port].name {
            bunch.lineCount += 1
            let left = bunch.cores.intersection(ports[port])
            if left.isEmpty { throw parted(settings, ports, before, (feed, line, port)) }
            if left != bunch.cores || before == nil { before = (feed, line, port) }
            bunch.cores = left
          }
        }
      }
      // The core with the fewest lines so far, the first of these.
      let core = bunch.cores.min { (load[$0, default: 0], $0) < (load[$1, default: 0], $1) } ?? 0
      load[core, default: 0] += bunch.lineCount
      for feed in bunch.feeds { assigned[feed] = core }
    }
    return assigned
  }

  private static func parted(
    _ settings: Settings, _ ports: [[Int]], _ before: (feed: Int, line: LineSettings, port: Int)?,
    _ now: (feed: Int, line: LineSettings, port: Int)
  ) -> LiveQueuePlanError {
    func place(_ at: (feed: Int, line: LineSettings, port: Int)) -> String {
      let cores = Set(ports[at.port]).sorted().map(String.init).joined(separator: ", ")
      return "line \(at.line.name) of feed \(settings.feeds[at.feed].name) at port "
        + "\(settings.live.ports[at.port].name) (core \(cores))"
    }
    let both = [before.map(place), place(now)].compactMap { $0 }.joined(separator: " and ")
    return LiveQueuePlanError(
      key: .line(feed: now.feed, name: now.line.name), what: "\(both) would be polled by different cores",
      allowed: "one core for all lines of a channel, of feeds that share a flow, and of a feed and its snapshots",
      remedy: "give both ports a queue of one core with live.ports[].queueCores, or name one port as livePort")
  }

  /// By feed: the first feed of those that belong together.
  private static func bunches(_ settings: Settings) -> [Int] {
    var parents = Array(settings.feeds.indices)
    func root(_ feed: Int) -> Int { parents[feed] == feed ? feed : root(parents[feed]) }
    func join(_ one: Int, _ other: Int) {
      let (one, other) = (root(one), root(other))
      parents[max(one, other)] = min(one, other)
    }
    var firstOfFlow: [String: Int] = [:]
    for (index, feed) in settings.feeds.enumerated() {
      for line in feed.lines {
        let group = line.group.flatMap { IPAddress($0) }.map { "\($0)" } ?? "any"
        let flow = "\(group):\(line.port ?? 0)"
        if let first = firstOfFlow[flow] { join(first, index) } else { firstOfFlow[flow] = index }
      }
      if feed.role != .snapshot { continue }
      for (other, target) in settings.feeds.enumerated() where target.role == .live {
        let isMeant = feed.of.map { $0 == target.name } ?? (target.venue == feed.venue && target.protocol == feed.protocol)
        if isMeant { join(index, other) }
      }
    }
    return settings.feeds.indices.map(root)
  }
}

/// Why queues cannot be given to cores: what, allowed, remedy.
public struct LiveQueuePlanError: Error, Equatable, CustomStringConvertible {
  /// The key that the error is about.
  public enum Key: Sendable, Equatable {
    case queueCores(port: String)
    case layout
    case line(feed: Int, name: String)
  }

  public var key: Key
  public var what: String
  public var allowed: String
  public var remedy: String

  public var description: String { "\(what); allowed: \(allowed); \(remedy)" }
}
