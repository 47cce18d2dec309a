/// Everything a run can be told, with defaults that serve a full Nasdaq day. `FeedConfig` makes one from YAML.
public struct Settings: Sendable {
  /// Units of ownership of instruments; results never depend on how cores share them. 1 ... 64.
  public var shardCount = 16
  /// At most 8; a feed without a configured venue gets one of its own name.
  public var venues: [VenueSettings] = []
  public var feeds: [FeedSettings] = []
  public var symbols = SymbolSettings()
  public var session = SessionSettings()
  public var recovery = RecoverySettings()
  public var capacity = CapacitySettings()
  /// Nil: off.
  public var crossVenue: CrossVenueSettings? = CrossVenueSettings()
  /// Nil: off.
  public var imbalance: ImbalanceSettings? = nil
  public var risk = RiskSettings()
  public var orders = OrderSettings()
  public var threads = ThreadSettings()
  public var latency = LatencySettings()
  public var live = LiveSettings()
  /// Check IPv4 header and UDP checksums where a packet carries them.
  public var verifyChecksums = true
  public init() {}
}

public struct VenueSettings: Sendable {
  /// 1 ... 16 characters of [A-Za-z0-9_.-]; what reports and digests call the venue.
  public var name: String
  public var fees = FeeSchedule()
  /// How its feeds write suffixes.
  public var symbology = Symbology.auto
  /// From sending an order to its arrival at the venue, nanoseconds, 0 ... 10 s. Replay only.
  public var orderLatencyNanoseconds: UInt64 = 10_000
  /// From the venue's answer to its arrival here, nanoseconds, 0 ... 10 s. Replay only.
  public var replyLatencyNanoseconds: UInt64 = 10_000
  /// Shares of a round lot where the feed's directory names none.
  public var roundLot: UInt32 = 100
  /// Tick at and above one dollar, and below it, in nanodollars.
  public var tick: Nanodollars = 10_000_000
  public var tickBelowDollar: Nanodollars = 100_000
  public init(name: String) { self.name = name }
}

/// A fee for one share: a fixed part and a fraction of the notional; negative = a rebate to us.
public struct FeeRate: Sendable, Equatable, BitwiseCopyable {
  /// Nanodollars per share.
  public var perShare: Int64 = 0
  /// Parts of 1e-9 of the notional.
  public var fraction: Int64 = 0
  public init(perShare: Int64 = 0, fraction: Int64 = 0) {
    self.perShare = perShare
    self.fraction = fraction
  }
}

/// Fees of one venue. The sub-dollar tier applies to prices below one dollar.
public struct FeeSchedule: Sendable, Equatable, BitwiseCopyable {
  public var maker = FeeRate()
  public var taker = FeeRate()
  public var makerBelowDollar = FeeRate()
  public var takerBelowDollar = FeeRate()
  public init() {}
}

/// One feed (channel): a numbered message stream of one venue, carried by one or more lines.
public struct FeedSettings: Sendable {
  public var name: String
  /// Name of a venue in `Settings.venues`.
  public var venue: String
  /// "auto", or a protocol's name: "itch50".
  public var `protocol`: String
  /// Which of the streams of its flows: PITCH unit, IEX, Deribit or Coinbase channel, Eurex market segment. Nil: all
  /// of them, a channel each.
  public var stream: UInt32?
  /// Whom it may ask for what is missing.
  public var recovery = FeedRecoverySettings()
  /// What its packets are to the feed they are of.
  public var role: FeedRole
  /// Name of the feed whose books they are about; nil: the feed itself, or the only one of its venue and protocol.
  public var of: String?
  /// Role live: snapshots of its instruments come among its own packets.
  public var snapshotsInFlow = false
  public var lines: [LineSettings]
  public init(
    name: String, venue: String, protocol: String = "auto", stream: UInt32? = nil, role: FeedRole = .live,
    of: String? = nil, lines: [LineSettings]
  ) {
    self.name = name
    self.venue = venue
    self.protocol = `protocol`
    self.stream = stream
    self.role = role
    self.of = of
    self.lines = lines
  }
}

/// The servers that a feed may ask, and who asks. Texts are ASCII, at most 64 bytes.
public struct FeedRecoverySettings: Sendable, Equatable {
  /// Ask for missing messages: MoldUDP64 requests, Cboe GRP, NYSE retransmission, IEX gap fill, MEMX-TCP.
  public var messages = false
  /// Ask for snapshots of the whole channel: GLIMPSE, Cboe spin, NYSE refresh, IEX SNAP, MEMX-TCP.
  public var snapshots = false
  /// SoupBinTCP and Cboe.
  public var username = ""
  public var password = ""
  /// Cboe SessionSubId, four characters.
  public var sessionSubId = ""
  /// NYSE SourceID, at most ten characters.
  public var sourceId = ""
  /// NYSE ProductID.
  public var productId: UInt8 = 0
  /// NYSE ChannelID.
  public var channelId: UInt8 = 0
  /// IEX SNAP's authentication token; MEMX's "user:password".
  public var token = ""
  /// Where `username`, `password` and `token` are to be read from before a run: "file:PATH" or "env:NAME"; nil: from
  /// nowhere.
  public var usernameFrom: String?
  public var passwordFrom: String?
  public var tokenFrom: String?
  /// The server that has snapshots, "address:port", over TCP; nil: none. Live runs only.
  public var snapshotServer: String?
  public init() {}
}

/// What a line carries.
public enum LineRole: String, Sendable, CaseIterable {
  /// The feed as it is published.
  case live
  /// Answers to requests for missing messages.
  case retransmission
}

/// What a feed's packets are: its messages themselves, or a help for another feed.
public enum FeedRole: String, Sendable, BitwiseCopyable, CaseIterable {
  /// Messages as they happen.
  case live
  /// Snapshots of single instruments, unasked for: CME's loop, NYSE's refresh, Coinbase Derivatives, Eurex.
  case snapshot
}

/// What carries one line of a feed: a capture file (by its base name), a group and port, or both.
public struct LineSettings: Sendable, Equatable {
  public var name: String
  /// Base name of a capture file, nil = any.
  public var file: String?
  /// Destination address in text form ("233.54.12.111"), nil = any.
  public var group: String?
  /// Destination UDP port, nil = any.
  public var port: UInt16?
  public var role = LineRole.live
  /// The only sender wanted (source-specific multicast), nil = any. Live runs only.
  public var source: String?
  /// Name of the live port that it arrives at, nil = any of them. Live runs only.
  public var livePort: String?
  /// The server that repeats the feed's messages, "address:port"; nil: this line has none. Those of several lines are
  /// asked in turn. Live runs only.
  public var requestServer: String?
  public init(name: String, file: String? = nil, group: String? = nil, port: UInt16? = nil) {
    self.name = name
    self.file = file
    self.group = group
    self.port = port
  }
}

/// What the suffix rules do not say of symbols.
public struct SymbolSettings: Sendable {
  /// At most 4,096.
  public var overrides: [SymbolOverride] = []
  public init() {}
}

/// One symbol of one venue whose canonical form is given.
public struct SymbolOverride: Sendable, Equatable {
  /// Name of a venue.
  public var venue: String
  /// As the venue writes it.
  public var symbol: String
  /// As every venue's listing of it is called here.
  public var canonical: String
  public init(venue: String, symbol: String, canonical: String) {
    self.venue = venue
    self.symbol = symbol
    self.canonical = canonical
  }
}

public struct SessionSettings: Sendable {
  /// How long a gap waits for the other line, nanoseconds of capture time. 0 ... 60 s.
  public var reorderWindowNanoseconds: UInt64 = 1_000_000
  /// How many packets may wait behind a gap, per feed. 1 ... 65,536.
  public var reorderWindowPackets = 1_024
  /// A channel without packet or heartbeat for this long is silent. 1 ms ... 1 h.
  public var silenceNanoseconds: UInt64 = 5_000_000_000
  /// A forward jump of more messages than this needs a second packet to be believed. 1 ... 2^62.
  public var sequenceJumpMaximum: UInt64 = 1_000_000
  public init() {}
}

/// How missing messages and snapshots are asked for; a venue's own limits narrow it further.
public struct RecoverySettings: Sendable {
  /// How long a server may take to answer, nanoseconds; doubled with each repetition. 1 ms ... 60 s.
  public var answerTimeoutNanoseconds: UInt64 = 1_000_000_000
  /// Least time between two requests of a channel, nanoseconds. 0 ... 60 s.
  public var requestSpacingNanoseconds: UInt64 = 10_000_000
  /// Messages of one request. 1 ... 65,533.
  public var requestMessages: UInt64 = 1_000
  /// Requests of a channel under way at once. 1 ... 16.
  public var requestsInFlight = 4
  /// Requests for the same messages without any of them coming. 1 ... 100.
  public var attempts = 5
  /// How long a gap may stay open before it is given up, nanoseconds. 1 ms ... 1 h.
  public var deadlineNanoseconds: UInt64 = 30_000_000_000
  /// Most messages of a channel missing at once; more are not asked for. 1 ... 64 M.
  public var gapMessages: UInt64 = 1_000_000
  /// Requests of a channel in one session. 1 ... 64 M.
  public var requestsPerSession: UInt64 = 10_000
  /// Snapshots tried until one can be joined. 1 ... 100.
  public var snapshotAttempts = 5
  /// How long a snapshot may stand still, nanoseconds. 1 ms ... 1 h.
  public var snapshotTimeoutNanoseconds: UInt64 = 60_000_000_000
  /// Messages of a channel kept while a snapshot comes. 16 ... 64 M.
  public var bufferMessages = 1_048_576
  /// Bytes of those messages. 4,096 ... 4 G.
  public var bufferBytes = 67_108_864
  /// Packets of a channel kept while missing messages or a snapshot of all of it are asked for. 16 ... 1 M.
  public var bufferPackets = 65_536
  public init() {}
}

public struct CapacitySettings: Sendable {
  /// Live orders per venue, over all cores. 1,024 ... 64 M.
  public var liveOrders = 2_500_000
  /// Instruments per venue. 16 ... 65,535.
  public var instruments = 16_384
  /// Price levels per venue, both sides of all books. 1,024 ... 64 M.
  public var priceLevels = 4_000_000
  /// Opportunities, and order events, kept in detail for the report (counts and digests go on beyond). 1,024 ... 64 M.
  public var records = 1_000_000
  /// Orders of ours that may be open at once, per shard. 16 ... 65,536.
  public var openOrders = 1_024
  public init() {}
}

/// Cross-venue arbitrage: buy at one venue's ask, sell at another's higher bid, after both taker fees.
public struct CrossVenueSettings: Sendable {
  /// Least edge per share after fees, nanodollars, for a level pair to count. At least 1.
  public var minimumEdge: Nanodollars = 1
  /// Least shares over all level pairs with that edge. 1 ... 1 M.
  public var minimumQuantity: UInt32 = 1
  /// Most shares of one order pair. 1 ... 999,999.
  public var maximumQuantity: UInt32 = 1_000
  /// Nil: one order pair per opportunity. Else another pair may be sent this long after the last, nanoseconds.
  public var rearmNanoseconds: UInt64? = nil
  public init() {}
}

/// Example of a second detector: signals when one side's share of the displayed size near the touch passes a bound.
public struct ImbalanceSettings: Sendable {
  /// Price levels of each side that count. 1 ... 16.
  public var depth = 3
  /// Share of the heavier side in parts per million, 500,001 ... 1,000,000, from which a signal begins.
  public var thresholdPartsPerMillion: UInt32 = 900_000
  /// Least shares over both sides.
  public var minimumQuantity: UInt32 = 1_000
  public init() {}
}

/// Limits of the firm. Those over all symbols are divided among the shards (`shardAllotment`).
public struct RiskSettings: Sendable {
  /// Shares of one order. 1 ... 999,999 (OUCH 5.0).
  public var maximumOrderQuantity: UInt32 = 10_000
  /// Nanodollars of one order.
  public var maximumOrderNotional: Nanodollars = 1_000_000 * FixedPoint.one
  /// Shares long or short in one symbol, open orders counted as if filled.
  public var maximumPosition: Int64 = 100_000
  /// Nanodollars of |position| + open orders in one symbol, at the order's price.
  public var maximumSymbolExposure: Nanodollars = 5_000_000 * FixedPoint.one
  /// Firm-wide: sum of the symbols' exposures, nanodollars. Divided among shards.
  public var maximumGrossExposure: Nanodollars = 1_000_000_000 * FixedPoint.one
  /// How far beyond the consolidated best on the far side a price may reach, parts per million. 0 ... 1,000,000.
  public var collarPartsPerMillion: UInt32 = 50_000
  /// Firm-wide orders per second and burst. Divided among shards.
  public var ordersPerSecond: UInt32 = 16_000
  public var orderBurst: UInt32 = 1_600
  /// An order equal to one sent less than this long ago (symbol, venue, side, price, quantity) is refused. Nanoseconds.
  public var duplicateWindowNanoseconds: UInt64 = 1_000_000
  /// Orders only between the venue's system events Q and M.
  public var marketHoursOnly = true
  /// Start with the kill switch engaged.
  public var killSwitch = false
  /// Engage the kill switch at this capture time (Unix nanoseconds), for drills.
  public var killAtNanoseconds: UInt64? = nil
  /// Share of each shard in firm-wide limits, parts per million; nil = equal shares. Sum at most 1,000,000.
  public var shardAllotment: [UInt32]? = nil
  public init() {}
}

public struct OrderSettings: Sendable {
  /// False: detect only.
  public var enabled = false
  /// OUCH Firm (MPID), four characters, blank = port default.
  public var firm = ""
  /// Whether a live run, which starts disarmed, may be armed.
  public var arming = Arming.never

  public enum Arming: String, Sendable, CaseIterable {
    /// Orders are decided and refused: `disarmed`.
    case never
    /// Orders leave once the operator commands it.
    case command
  }
  public init() {}
}

public struct ThreadSettings: Sendable {
  public enum Layout: String, Sendable, CaseIterable {
    /// Each core reads the whole capture and applies its own shards. Replay only.
    case walk
    /// Core 0 frames and arbitrates, and hands message batches to the shard cores through rings. Live, the cores that
    /// `PortSettings.queueCores` names do.
    case rings
    /// Each core polls its own queues, frames and arbitrates their channels for all, and works its own shards. In a
    /// replay as `rings`.
    case spread
  }
  /// Cores, 1 ... shardCount. 1 is always run to completion.
  public var coreCount = 1
  public var layout = Layout.rings
  /// CPUs to pin to, in core order; empty = the first ones allowed.
  public var cpus: [Int] = []
  /// Packets per burst, 1 ... 256.
  public var burstPackets = 64
  /// A duty cycle longer than this counts as a stall, nanoseconds. 1 us ... 10 s.
  public var stallNanoseconds: UInt64 = 1_000_000
  /// What a live core does where nothing came.
  public var idle = Idle.pause
  /// How the system schedules the cores of a live run.
  public var scheduling = Scheduling.normal
  /// Priority where `scheduling` is fifo. 1 ... 99.
  public var priority = 50
  /// Keep all memory of a live run resident (mlockall).
  public var lockMemory = true

  public enum Idle: String, Sendable, CaseIterable {
    /// Looks again at once.
    case spin
    /// Tells the CPU that it waits, which saves power and helps a sibling thread.
    case pause
    /// Lets other threads run: for machines without a CPU to spare.
    case yield
  }

  public enum Scheduling: String, Sendable, CaseIterable {
    case normal
    /// SCHED_FIFO: nothing of lower priority interrupts the core.
    case fifo
  }
  public init() {}

  /// Cores that own shards, ascending, where the cores `ingest` read packets: in layout `rings` the others, elsewhere,
  /// and where there is one core only, all.
  public func shardCores(ingest: [Int]) -> [Int] {
    (0..<coreCount).filter { layout != .rings || coreCount == 1 || !ingest.contains($0) }
  }
}

public struct LatencySettings: Sendable {
  /// The stages are stamped of one burst in this many; order pairs always are. 1 ... 1 M.
  public var sampleEvery = 64
  public init() {}
}

/// Live packets: where they arrive, and what that takes of the machine.
public struct LiveSettings: Sendable {
  /// At most 16.
  public var ports: [PortSettings] = []
  /// Receive buffer of a multicast socket, bytes. 65,536 ... 1 G.
  public var receiveBufferBytes = 33_554_432
  /// Bytes of delivered packets that are kept of each channel to compare late copies with. 65,536 ... 1 G.
  public var lateCopyBytes = 1_048_576
  /// Unix-domain socket on which `feedh run` takes commands, nil = none.
  public var controlSocket: String?
  /// Folder that packets are recorded to, nil = nowhere.
  public var recordFolder: String?
  public init() {}
}

/// A port that packets arrive at: a network card, named by the kernel's interface, by its PCI address (for DPDK), or by
/// both; or a virtual device of DPDK's.
public struct PortSettings: Sendable, Equatable {
  public var name: String
  /// "eth1".
  public var interface: String?
  /// "0000:3b:00.0".
  public var pciAddress: String?
  /// A DPDK virtual device with its arguments: "net_pcap0,rx_pcap=day.pcap".
  public var vdev: String?
  /// What receives its packets.
  public var driver = Driver.auto
  /// Receive queues. 1 ... 64.
  public var queues = 1
  /// The core that polls each queue, in their order; empty: core 0, in layout `spread` queue q core q mod cores.
  public var queueCores: [Int] = []
  /// Packets that each receive queue holds (descriptors). 64 ... 32,768.
  public var queueDepthPackets = 4_096
  /// Which packets the card lets in.
  public var reception = Reception.groups
  /// Whose clock stamps packets.
  public var timestamps = Timestamps.auto
  /// DPDK: who tells the network which groups are wanted.
  public var membership = Membership.auto
  /// DPDK: the port's own IPv4 address, which membership reports come from; nil: its interface's where the kernel has
  /// one, else 0.0.0.0.
  public var address: String?
  /// DPDK: the VLAN that membership reports are tagged with; nil: none. 1 ... 4,094.
  public var vlan: Int?
  /// DPDK: the longest payload of a frame, bytes, which the card and the buffers are set to; nil: as the card has it.
  /// 68 ... 9,600.
  public var mtu: Int?

  public enum Reception: String, Sendable, CaseIterable {
    /// Those of the lines' groups, which are joined; a DPDK driver without a filter takes the next wider way.
    case groups
    /// Those of all groups; the lines' are joined too.
    case allMulticast
    /// All that arrive, from a mirror port or tap: nothing is joined.
    case promiscuous
  }

  public enum Timestamps: String, Sendable, CaseIterable {
    /// DPDK: as `card`; else as `host`.
    case auto
    /// The kernel, or under DPDK the core that polls.
    case host
    /// The card, where it has a clock that can be followed; else as `host`, which is told.
    case card
  }

  public enum Membership: String, Sendable, CaseIterable {
    /// The kernel where it shares the card, else feedh; nobody with reception `promiscuous`.
    case auto
    /// feedh, by IGMP and MLD of its own.
    case reports
    /// The kernel, by sockets on the card's interface.
    case kernel
    /// Nobody: the switch sends everything.
    case none
  }

  public enum Driver: String, Sendable, CaseIterable {
    /// DPDK where a PCI address or a virtual device is named, else sockets.
    case auto
    case dpdk
    /// An AF_PACKET ring.
    case packet
    /// Kernel UDP sockets.
    case socket
    /// Live capture by libpcap, which is found at run time.
    case libpcap
  }

  public init(name: String, interface: String? = nil, pciAddress: String? = nil) {
    self.name = name
    self.interface = interface
    self.pciAddress = pciAddress
  }
}
