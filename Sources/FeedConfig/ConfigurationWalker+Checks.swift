import FeedCore
import FeedIO

/// What no single value shows: names, references, sums and overlaps.
extension ConfigurationWalker {
  mutating func check() {
    checkNames()
    checkVenuesOfFeeds()
    checkOverrides()
    checkLineOverlap()
    checkAllotment()
    checkThreads()
    checkQueues()
  }

  /// Which core polls which queue, and whether all lines of a channel come to one.
  private mutating func checkQueues() {
    // What was refused is told already, and may be why.
    if settings.live.ports.isEmpty || !refused.isEmpty { return }
    do throws(LiveQueuePlanError) {
      _ = try LiveQueuePlan(settings)
    } catch {
      let path: String
      switch error.key {
      case .queueCores(let name):
        let port = settings.live.ports.firstIndex { $0.name == name } ?? 0
        path = "live.ports[\(port)].queueCores"
      case .layout: path = "threads.layout"
      case .line(let feed, let name):
        let line = settings.feeds[feed].lines.firstIndex { $0.name == name } ?? 0
        path = "feeds[\(feed)].lines[\(line)].name"
      }
      let place = places[path] ?? places["live.ports"] ?? Place(line: 1, column: 1)
      report(place, error.what, allowed: error.allowed, error.remedy)
    }
  }

  private mutating func checkNames() {
    checkUnique(settings.venues.indices.map { ("venues[\($0)].name", settings.venues[$0].name) }, "venue")
    checkUnique(settings.feeds.indices.map { ("feeds[\($0)].name", settings.feeds[$0].name) }, "feed")
    checkFeedsOfSnapshots()
    checkUnique(settings.live.ports.indices.map { ("live.ports[\($0)].name", settings.live.ports[$0].name) }, "port")
    for (index, feed) in settings.feeds.enumerated() {
      checkUnique(
        feed.lines.indices.map { ("feeds[\(index)].lines[\($0)].name", feed.lines[$0].name) }, "line of its feed")
    }
  }

  private mutating func checkUnique(_ names: [(path: String, name: String)], _ noun: String) {
    var first: [String: Place] = [:]
    for (path, name) in names {
      guard let place = places[path] else { continue }
      if let other = first[name] {
        report(
          place, "\(path) is \"\(name)\", the name of another \(noun)", allowed: "each name once",
          "rename it here or on line \(other.line)")
      } else {
        first[name] = place
      }
    }
  }

  /// What a feed is `of` is a feed, and only a snapshot feed is of another.
  private mutating func checkFeedsOfSnapshots() {
    let names = settings.feeds.filter { $0.role == .live && !$0.name.isEmpty }.map(\.name)
    for (index, feed) in settings.feeds.enumerated() {
      guard let of = feed.of, let place = places["feeds[\(index)].of"] else { continue }
      if feed.role == .live {
        report(
          place, "feeds[\(index)].of is \"\(of)\", but its role is live", allowed: "null",
          "add role: snapshot, or remove the key")
      } else if !names.contains(of) {
        report(
          place, "feeds[\(index)].of is \"\(of)\", which is no live feed",
          allowed: names.isEmpty ? "the name of one (there is none)" : names.joined(separator: ", "),
          NearestName.find(of, among: names).map { "did you mean \"\($0)\"?" } ?? "name one of them")
      }
    }
  }

  /// A feed without a venue gets one of its own name.
  private mutating func checkVenuesOfFeeds() {
    let configured = settings.venues.map(\.name).filter { !$0.isEmpty }
    let refusedNames = settings.venues.indices.compactMap { refused["venues[\($0)].name"] }
    for index in settings.feeds.indices {
      let feed = settings.feeds[index]
      if let place = places["feeds[\(index)].venue"] {
        if configured.contains(feed.venue) || refusedNames.contains(feed.venue) { continue }
        let nearest = NearestName.find(feed.venue, among: configured)
        report(
          place, "feeds[\(index)].venue is \"\(feed.venue)\", which is no venue",
          allowed: configured.isEmpty ? "a name under venues: (there is none)" : configured.joined(separator: ", "),
          nearest.map { "did you mean \"\($0)\"?" } ?? "add it under venues:, or name one of them")
      } else if feed.venue.isEmpty && !feed.name.isEmpty {
        settings.feeds[index].venue = feed.name
        if !settings.venues.contains(where: { $0.name == feed.name }) {
          settings.venues.append(VenueSettings(name: feed.name))
        }
      }
    }
    let maximum = ConfigurationKeys.maximumVenueCount
    if settings.venues.count > maximum, configured.count <= maximum, let place = places["feeds"] {
      report(
        place, "\(settings.venues.count) venues with those that feeds without a venue get",
        allowed: "at most \(maximum)", "give such feeds one of the venues")
    }
  }

  // MARK: Lines

  private struct Line {
    var path: String
    var feed: Int
    var stream: UInt32?
    var settings: LineSettings
    var place: Place

    var hasDestination: Bool { settings.group != nil || settings.port != nil }

    /// A packet can belong to both: nothing that both ask for differs.
    ///
    /// A line that is a whole file and a line that is a destination in any file are let be, although the file might
    /// hold that destination: which of the two was meant shows only in the capture.
    func overlaps(_ other: Line) -> Bool {
      if settings.file == nil && !other.hasDestination || other.settings.file == nil && !hasDestination { return false }
      func agree<T: Equatable>(_ a: T?, _ b: T?) -> Bool { a == nil || b == nil || a == b }
      return agree(settings.file, other.settings.file) && agree(settings.group, other.settings.group)
        && agree(settings.port, other.settings.port) && agree(stream, other.stream)
        && agree(settings.livePort, other.settings.livePort)
    }
  }

  private mutating func checkLineOverlap() {
    var lines: [Line] = []
    for (index, feed) in settings.feeds.enumerated() {
      for (number, line) in feed.lines.enumerated() {
        let path = "feeds[\(index)].lines[\(number)]"
        let sources = ["file", "group", "port"].compactMap { places["\(path).\($0)"] }
        guard let place = sources.min() else { continue }
        lines.append(Line(path: path, feed: index, stream: feed.stream, settings: line, place: place))
      }
    }
    // Each line is reported against the first that it overlaps.
    for (position, line) in lines.enumerated() {
      guard let other = lines[..<position].first(where: { $0.overlaps(line) }) else { continue }
      report(
        line.place, "\(line.path) overlaps \(other.path): one packet could belong to both",
        allowed: "lines that differ in file, group, port or livePort",
        "tell them apart here or on line \(other.place.line)")
    }
  }

  // MARK: Shards, risk and threads

  private mutating func checkAllotment() {
    if refused["shards"] != nil { return }
    let risk = settings.risk
    if let allotment = risk.shardAllotment, let place = places["risk.shardAllotment"] {
      if allotment.count != settings.shardCount {
        report(
          place, "risk.shardAllotment has \(allotment.count) entries for \(settings.shardCount) shards",
          allowed: "one entry per shard", "give \(settings.shardCount) entries, or change shards")
      }
      let sum = allotment.reduce(0) { $0 + Int64($1) }
      if sum > 1_000_000 {
        report(
          place, "risk.shardAllotment adds up to \(ScalarText.format(sum))", allowed: "at most 1_000_000 in all",
          "take \(ScalarText.format(sum - 1_000_000)) away")
      }
      if allotment.count != settings.shardCount || sum > 1_000_000 { return }
    }
    let shares = RiskAllotment.all(of: settings)
    checkShares("risk.ordersPerSecond", Int64(risk.ordersPerSecond), shares) { Int64($0.ordersPerSecond) }
    checkShares("risk.orderBurst", Int64(risk.orderBurst), shares) { Int64($0.orderBurst) }
  }

  /// A rate that integer division leaves at 0 would silence its shard without a word.
  private mutating func checkShares(
    _ path: String, _ limit: Int64, _ shares: [RiskAllotment], _ share: (RiskAllotment) -> Int64
  ) {
    let allotment = settings.risk.shardAllotment
    let silent = shares.indices.filter { share(shares[$0]) == 0 && allotment?[$0] != 0 }
    guard let first = silent.first else { return }
    let place = places[path] ?? places["risk.shardAllotment"] ?? places["shards"] ?? Place(line: 1, column: 1)
    let parts = allotment.map { Int64($0[first]) }
    let least = parts.map { (1_000_000 + $0 - 1) / $0 } ?? Int64(settings.shardCount)
    report(
      place, "\(path) \(ScalarText.format(limit)) leaves 0 for shard \(first)",
      allowed: "at least \(ScalarText.format(least)) with this allotment", "raise it, or use fewer shards")
  }

  private mutating func checkThreads() {
    let threads = settings.threads
    if threads.coreCount > settings.shardCount && refused["shards"] == nil {
      let place = places["threads.cores"] ?? places["shards"] ?? Place(line: 1, column: 1)
      report(
        place, "threads.cores is \(threads.coreCount) for \(settings.shardCount) shards",
        allowed: "1 ... \(settings.shardCount)", "use fewer cores or more shards")
    }
    guard !threads.cpus.isEmpty, let place = places["threads.cpus"] else { return }
    if threads.cpus.count < threads.coreCount {
      report(
        place, "threads.cpus names \(threads.cpus.count) CPUs for \(threads.coreCount) cores",
        allowed: "at least one CPU per core", "add CPUs, or write [] for the first ones allowed")
    }
    var seen: Set<Int> = []
    for (index, cpu) in threads.cpus.enumerated() where !seen.insert(cpu).inserted {
      report(
        places["threads.cpus[\(index)]"] ?? place, "CPU \(cpu) stands twice in threads.cpus",
        allowed: "each CPU once", "name another CPU")
    }
  }
}
