import FeedCore
import FeedIO

/// What a run with some settings will do and need: who owns what, how the limits divide, what the tables take.
///
/// Its description is what `feedh check-config` prints (`ConfigurationPlan+Text.swift`).
public struct ConfigurationPlan: Sendable, CustomStringConvertible {
  /// One busy-polling thread.
  public struct Core: Sendable, Equatable {
    public var index: Int
    /// Nil where the machine allows fewer CPUs than there are cores.
    public var cpu: Int?
    public var shards: [Int]
  }

  /// Memory of one kind of table, of all venues together.
  public struct Table: Sendable, Equatable {
    public var key: String
    /// What the capacity asks for, per venue (records: in all).
    public var capacity: Int
    /// Elements reserved for it.
    public var slots: Int
    public var bytesPerSlot: Int
    /// How many such tables there are: one per venue, or one.
    public var count: Int
    public var byteCount: Int { slots * bytesPerSlot * count }
  }

  public let settings: Settings
  /// CPUs that this process may run on, ascending; empty = unknown.
  public let allowedCPUs: [Int]

  public init(settings: Settings, allowedCPUs: [Int] = []) {
    self.settings = settings
    self.allowedCPUs = allowedCPUs
  }

  /// The core that owns a shard. In layout `rings` with several cores, those that frame own none: core 0, or where live
  /// ports name others, these.
  public static func core(ofShard shard: Int, in settings: Settings) -> Int {
    let framing = settings.live.ports.isEmpty ? [0] : (try? LiveQueuePlan(settings))?.ingestCores ?? [0]
    let owners = settings.threads.shardCores(ingest: framing)
    return owners.isEmpty ? 0 : owners[shard % owners.count]
  }

  public var cores: [Core] {
    let threads = settings.threads
    let cpus = threads.cpus.isEmpty ? allowedCPUs : threads.cpus
    return (0..<threads.coreCount).map { index in
      Core(
        index: index, cpu: index < cpus.count ? cpus[index] : nil,
        shards: (0..<settings.shardCount).filter { Self.core(ofShard: $0, in: settings) == index })
    }
  }

  /// Estimated memory, the tables' share of it: touched as it fills, so resident memory may stay far below.
  public var tables: [Table] {
    let capacity = settings.capacity
    let venues = max(1, settings.venues.count)
    return [
      Table(
        key: "liveOrders", capacity: capacity.liveOrders, slots: Self.orderSlotCount(capacity.liveOrders),
        bytesPerSlot: 20, count: venues),
      Table(
        key: "priceLevels", capacity: capacity.priceLevels, slots: capacity.priceLevels, bytesPerSlot: 8,
        count: venues),
      Table(
        key: "instruments", capacity: capacity.instruments, slots: capacity.instruments, bytesPerSlot: 272,
        count: venues),
      Table(key: "records", capacity: capacity.records, slots: capacity.records, bytesPerSlot: 128, count: 1),
    ]
  }

  /// The next power of two at or above 1.5 × `liveOrders`: the load of the order index stays below two thirds.
  static func orderSlotCount(_ liveOrders: Int) -> Int {
    let least = liveOrders + (liveOrders + 1) / 2
    var slots = 1
    while slots < least { slots *= 2 }
    return slots
  }

  /// What is allowed but may not be meant, one sentence each.
  public var notes: [String] {
    deploymentNotes + recoveryNotes + orderNotes
  }

  /// What a live run would ask nobody for, or nobody would be asked for.
  private var recoveryNotes: [String] {
    settings.feeds.flatMap { feed -> [String] in
      var notes: [String] = []
      let hasRequestServer = feed.lines.contains { $0.requestServer != nil }
      if hasRequestServer, !feed.recovery.messages {
        notes.append("feed \(feed.name): its requestServer is not asked, for recovery.messages is false")
      }
      if feed.recovery.snapshotServer != nil, !feed.recovery.snapshots {
        notes.append("feed \(feed.name): its snapshotServer is not asked, for recovery.snapshots is false")
      }
      if settings.live.ports.isEmpty { return notes }
      if feed.recovery.messages, !hasRequestServer {
        notes.append("feed \(feed.name): recovery.messages is true, but no line names a requestServer")
      }
      if feed.recovery.snapshots, feed.recovery.snapshotServer == nil {
        notes.append("feed \(feed.name): recovery.snapshots is true, but no snapshotServer is named")
      }
      return notes
    }
  }

  private var deploymentNotes: [String] {
    var notes: [String] = []
    let threads = settings.threads
    if !settings.feeds.isEmpty {
      for venue in settings.venues where !settings.feeds.contains(where: { $0.venue == venue.name }) {
        notes.append("venue \(venue.name) has no feed: its books stay empty")
      }
    }
    if !allowedCPUs.isEmpty {
      for cpu in threads.cpus.prefix(threads.coreCount) where !allowedCPUs.contains(cpu) {
        notes.append("CPU \(cpu) of threads.cpus is not allowed to this process on this machine")
      }
      if threads.cpus.isEmpty && threads.coreCount > allowedCPUs.count {
        notes.append(
          "threads.cores is \(threads.coreCount), but this process may use \(allowedCPUs.count) CPUs of this machine")
      }
    }
    return notes
  }

  private var orderNotes: [String] {
    var notes: [String] = []
    if let crossVenue = settings.crossVenue {
      if crossVenue.maximumQuantity > settings.risk.maximumOrderQuantity {
        notes.append(
          "detect.crossVenue.maximumQuantity \(crossVenue.maximumQuantity) exceeds risk.maximumOrderQuantity"
            + " \(settings.risk.maximumOrderQuantity): such orders are refused")
      }
      if settings.venues.count == 1 { notes.append("detect.crossVenue needs two venues to find anything") }
    } else if settings.orders.enabled {
      notes.append("orders are on, but detect.crossVenue, which would send them, is off")
    }
    if settings.orders.enabled && settings.risk.killSwitch {
      notes.append("risk.killSwitch is engaged from the start: every order is refused")
    }
    let silent = (settings.risk.shardAllotment ?? []).enumerated().filter { $0.element == 0 }.map { String($0.offset) }
    if !silent.isEmpty { notes.append("risk.shardAllotment gives nothing to shard \(silent.joined(separator: ", "))") }
    return notes
  }
}
