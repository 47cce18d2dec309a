import FeedCore

/// Every key of the configuration: the one table that the reader, the reference, the completeness test of the
/// example file and the "did you mean" of an unknown key are made from.
public enum ConfigurationKeys {
  /// All keys in the order of the reference: a section or list stands before what is in it.
  public static let all: [ConfigurationKey] = {
    let groups: [(prefix: String, keys: [ConfigurationKey])] = [
      ("venues[]", venue.bindings.map(\.key)), ("feeds[]", feed.bindings.map(\.key)),
      ("feeds[].lines[]", line.bindings.map(\.key)), ("symbols.overrides[]", override.bindings.map(\.key)),
      ("detect.crossVenue", crossVenue.bindings.map(\.key)),
      ("detect.imbalance", imbalance.bindings.map(\.key)), ("live.ports[]", port.bindings.map(\.key)),
    ]
    func withChildren(_ keys: [ConfigurationKey]) -> [ConfigurationKey] {
      keys.flatMap { key -> [ConfigurationKey] in
        let group = groups.first { $0.prefix == key.path || $0.prefix == key.path + "[]" }
        return [key] + withChildren(group?.keys ?? [])
      }
    }
    return withChildren(settings.bindings.map(\.key))
  }()

  /// The keys that may stand directly in the section or list entry at `path` ("" is the top).
  static func children(of path: String) -> [ConfigurationKey] {
    let prefix = path.isEmpty ? "" : path + "."
    return all.filter { $0.path.hasPrefix(prefix) && !$0.path.dropFirst(prefix.count).contains(".") }
  }

  static let maximumVenueCount = 8
  static let maximumShardCount = 64

  private static let million: Int64 = 1_000_000
  private static let second: Int64 = 1_000_000_000
  private static let hour: Int64 = 3_600_000_000_000
  private static let perShare = ConfigurationKind.decimal(-10 * FixedPoint.one...10 * FixedPoint.one, quantum: 1)
  private static let fraction = ConfigurationKind.decimal(-FixedPoint.one...FixedPoint.one, quantum: 1)
  private static let tick = ConfigurationKind.decimal(1...1_000 * FixedPoint.one, quantum: 1)
  private static let amount = ConfigurationKind.decimal(0...9_000_000_000 * FixedPoint.one, quantum: 1)
  private static let latency = ConfigurationKind.duration(0...10 * second)

  static let venue = KeyGroup(prefix: "venues[]", defaults: VenueSettings(name: "")) { keys in
    keys.text("name", .name, \.name, isRequired: true, "What reports, digests and feeds call the venue; unique.")
    keys.section("fees", "Fees for a share that trades; negative: a rebate to us.")
    keys.integer(
      "fees.takerPerShare", perShare, \.fees.taker.perShare, unit: "dollars per share",
      "Fixed part for a share that takes, at one dollar and above.")
    keys.integer(
      "fees.takerFraction", fraction, \.fees.taker.fraction, unit: "of the notional",
      "Proportional part for taking, at one dollar and above.")
    keys.integer(
      "fees.makerPerShare", perShare, \.fees.maker.perShare, unit: "dollars per share",
      "Fixed part for a share that rests, at one dollar and above.")
    keys.integer(
      "fees.makerFraction", fraction, \.fees.maker.fraction, unit: "of the notional",
      "Proportional part for resting, at one dollar and above.")
    keys.section(
      "fees.belowDollar",
      "Fees at prices below one dollar. They take nothing over from the fees above: 0 unless given.")
    keys.integer(
      "fees.belowDollar.takerPerShare", perShare, \.fees.takerBelowDollar.perShare, unit: "dollars per share",
      "Fixed part for a share that takes, below one dollar.")
    keys.integer(
      "fees.belowDollar.takerFraction", fraction, \.fees.takerBelowDollar.fraction, unit: "of the notional",
      "Proportional part for taking, below one dollar.")
    keys.integer(
      "fees.belowDollar.makerPerShare", perShare, \.fees.makerBelowDollar.perShare, unit: "dollars per share",
      "Fixed part for a share that rests, below one dollar.")
    keys.integer(
      "fees.belowDollar.makerFraction", fraction, \.fees.makerBelowDollar.fraction, unit: "of the notional",
      "Proportional part for resting, below one dollar.")
    keys.choice(
      "symbology", \.symbology,
      "How the venue writes suffixes: BRK.B nasdaq, BRK B cms, BRK/B cqs, none verbatim; auto: by its protocol.")
    keys.integer(
      "orderLatency", latency, \.orderLatencyNanoseconds,
      "From sending an order to its arrival at the simulated venue.")
    keys.integer(
      "replyLatency", latency, \.replyLatencyNanoseconds, "From the simulated venue's answer to its arrival here.")
    keys.integer(
      "roundLot", .count(1...million), \.roundLot, unit: "shares", "Round lot where the feed's directory names none.")
    keys.integer("tick", tick, \.tick, unit: "dollars", "Price step at one dollar and above.")
    keys.integer("tickBelowDollar", tick, \.tickBelowDollar, unit: "dollars", "Price step below one dollar.")
  }

  static let line = KeyGroup(prefix: "feeds[].lines[]", defaults: LineSettings(name: "")) { keys in
    keys.text("name", .name, \.name, isRequired: true, "What reports call the line; unique in its feed.")
    keys.optionalText("file", .fileName, \.file, "Base name of the capture file that carries the line; null: any.")
    keys.optionalText("group", .address, \.group, "Destination address of the line's packets; null: any.")
    keys.optionalInteger(
      "port", .count(1...65_535), \.port, unit: "UDP port", "Destination port of the line's packets; null: any.")
    keys.optionalText(
      "source", .address, \.source, "The only sender wanted (source-specific multicast); null: any. Live runs only.")
    keys.optionalText(
      "livePort", .name, \.livePort, "Name of the live port it arrives at; null: any of them. Live runs only.")
    keys.optionalText(
      "requestServer", .endpoint, \.requestServer,
      "The server asked for the feed's missing messages; null: none here; of several lines': in turn. Live runs only.")
    keys.choice(
      "role", \.role,
      "What it carries; live: the feed as it is published; retransmission: answers to requests for missing messages.")
  }

  static let feed = KeyGroup(
    prefix: "feeds[]", defaults: FeedSettings(name: "", venue: "", protocol: "auto", lines: [])
  ) { keys in
    keys.text("name", .name, \.name, isRequired: true, "What reports call the feed; unique.")
    keys.text(
      "venue", .name, \.venue, default: "the feed's own name",
      "Name of one of the venues. Without this key the feed gets a venue of its own name.")
    keys.text(
      "protocol", .choice(["auto"] + FeedProtocol.allCases.map(\.name)), \.protocol,
      "Message format; auto: recognised from the packets.")
    keys.optionalInteger(
      "stream", .count(0...4_294_967_295), \.stream,
      "PITCH unit, IEX, Deribit or Coinbase channel, or Eurex market segment; null: all of its lines', a channel each.")
    keys.choice(
      "role", \.role,
      "What its packets are; live: messages as they happen; snapshot: snapshots of the instruments of another feed.")
    keys.optionalText(
      "of", .name, \.of,
      "Role snapshot: name of the feed with those instruments; null: the only one of its venue and protocol.")
    keys.boolean(
      "snapshotsInFlow", \.snapshotsInFlow,
      "Snapshots of its books come among its own packets (NYSE family, Coinbase Derivatives). Replays look for them.")
    keys.section("recovery", "What the feed may ask servers for, and as whom.")
    keys.boolean(
      "recovery.messages", \.recovery.messages,
      "Ask for missing messages, at the requestServer of a line. Cboe and NYSE need a line of role retransmission.")
    keys.boolean(
      "recovery.snapshots", \.recovery.snapshots,
      "Ask for snapshots after a late start or a loss: GLIMPSE, Cboe spin, NYSE refresh, IEX SNAP, MEMX-TCP.")
    keys.optionalText(
      "recovery.snapshotServer", .endpoint, \.recovery.snapshotServer,
      "The server that has snapshots, over TCP (NYSE: its request server); null: none. Live runs only.")
    keys.optionalText(
      "recovery.usernameFrom", .secretSource, \.recovery.usernameFrom,
      "Where the username is read from: at most 6 characters for GLIMPSE, 4 for Cboe; null: none.")
    keys.optionalText(
      "recovery.passwordFrom", .secretSource, \.recovery.passwordFrom,
      "Where the password is read from: at most 10 characters for GLIMPSE and Cboe; null: none.")
    keys.text("recovery.sessionSubId", .credential(maximumLength: 4), \.recovery.sessionSubId, "Cboe SessionSubId.")
    keys.text("recovery.sourceId", .credential(maximumLength: 10), \.recovery.sourceId, "NYSE SourceID.")
    keys.integer("recovery.productId", .count(0...255), \.recovery.productId, "NYSE ProductID.")
    keys.integer("recovery.channelId", .count(0...255), \.recovery.channelId, "NYSE ChannelID.")
    keys.optionalText(
      "recovery.tokenFrom", .secretSource, \.recovery.tokenFrom,
      "Where IEX SNAP's token, or MEMX's user:password, is read from: at most 64 characters; null: none.")
    keys.list(
      "lines", maximumCount: 16, isRequired: true,
      "The lines that carry the feed; each needs a file, or a group, a port or both.")
  }

  static let override = KeyGroup(
    prefix: "symbols.overrides[]", defaults: SymbolOverride(venue: "", symbol: "", canonical: "")
  ) { keys in
    keys.text("venue", .name, \.venue, isRequired: true, "Name of one of the venues.")
    keys.text("symbol", .symbol, \.symbol, isRequired: true, "The symbol as that venue writes it.")
    keys.text(
      "canonical", .symbol, \.canonical, isRequired: true,
      "What it is called across venues: the symbol of another venue's listing in Nasdaq's form.")
  }

  static let crossVenue = KeyGroup(prefix: "detect.crossVenue", defaults: Switched(CrossVenueSettings())) { keys in
    keys.boolean("enabled", \.isEnabled, "Look for cross-venue arbitrage.")
    keys.integer(
      "minimumEdge", .decimal(1...million * FixedPoint.one, quantum: 1), \.value.minimumEdge,
      unit: "dollars per share", "Least edge after both taker fees for a pair of price levels to count.")
    keys.integer(
      "minimumQuantity", .count(1...million), \.value.minimumQuantity, unit: "shares",
      "Least shares over all level pairs with that edge.")
    keys.integer(
      "maximumQuantity", .count(1...999_999), \.value.maximumQuantity, unit: "shares", "Most shares of one order pair.")
    keys.optionalInteger(
      "rearm", .duration(0...hour), \.value.rearmNanoseconds,
      "Another order pair may follow this long after the last; null: one pair per opportunity.")
  }

  static let imbalance = KeyGroup(prefix: "detect.imbalance", defaults: Switched(ImbalanceSettings())) { keys in
    keys.boolean("enabled", \.isEnabled, "Look for imbalance. Applies where the section stands; without it: off.")
    keys.integer(
      "depth", .count(1...16), \.value.depth, unit: "price levels", "Price levels of each side that count.")
    keys.integer(
      "threshold", .decimal(500_001_000...FixedPoint.one, quantum: 1_000), \.value.thresholdPartsPerMillion,
      unit: "of the displayed size", "Share of the heavier side from which a signal begins.")
    keys.integer(
      "minimumQuantity", .count(1...1_000 * million), \.value.minimumQuantity, unit: "shares",
      "Least shares over both sides.")
  }

  static let port = KeyGroup(prefix: "live.ports[]", defaults: PortSettings(name: "")) { keys in
    keys.text("name", .name, \.name, isRequired: true, "What reports call the port; unique.")
    keys.optionalText(
      "interface", .interface, \.interface, "The kernel's name of its interface; null: known by its PCI address alone.")
    keys.optionalText("pciAddress", .pciAddress, \.pciAddress, "Its place on the PCI bus, for DPDK; null: none needed.")
    keys.optionalText(
      "vdev", .device, \.vdev, "A virtual device of DPDK's with its arguments, such as net_pcap0,rx_pcap=F; null: none.")
    keys.choice(
      "driver", \.driver,
      "What receives its packets; auto: dpdk with a pciAddress or vdev, else socket; packet: an AF_PACKET ring; "
        + "libpcap: live capture.")
    keys.integer("queues", .count(1...64), \.queues, unit: "queues", "Receive queues that packets are spread over.")
    keys.integer(
      "queueDepthPackets", .count(64...32_768), \.queueDepthPackets, unit: "packets",
      "Packets that each receive queue holds (descriptors of its ring).")
    keys.integers(
      "queueCores", .counts(0...Int64(maximumShardCount) - 1, maximumCount: 64), \.queueCores, unit: "core numbers",
      "The core that polls each queue, in their order; empty: core 0, in layout spread queue q core q mod cores.")
    keys.choice(
      "reception", \.reception,
      "Packets that the card lets in: those of the lines' groups; allMulticast: of all; promiscuous: a mirror port's, "
        + "nothing is joined.")
    keys.choice(
      "timestamps", \.timestamps,
      "Whose clock stamps packets; auto: the card's under DPDK where it has one, else the kernel's; card: the card's "
        + "with sockets and rings too.")
    keys.choice(
      "membership", \.membership,
      "DPDK: who tells the network which groups are wanted; auto: the kernel where it shares the card, else feedh.")
    keys.optionalText(
      "address", .address, \.address,
      "DPDK: the port's own IPv4 address, which membership reports come from; null: its interface's, else 0.0.0.0.")
    keys.optionalInteger(
      "vlan", .count(1...4_094), \.vlan, "DPDK: the VLAN that membership reports are tagged with; null: none.")
    keys.optionalInteger(
      "mtu", .count(68...9_600), \.mtu, unit: "bytes",
      "DPDK: longest payload of a frame that card and buffers are set to; null: as the card has it.")
  }

  static let settings = KeyGroup(prefix: "", defaults: Settings()) { keys in
    keys.list("venues", maximumCount: maximumVenueCount, "The venues, in the order of reports.")
    keys.list("feeds", maximumCount: 256, "The feeds and the lines that carry them.")
    keys.section("symbols", "How symbols of different venues find together.")
    keys.list(
      "symbols.overrides", maximumCount: 4_096, "Symbols for which the venue's suffix rules are not right.")
    addSession(&keys)
    addRecovery(&keys)
    keys.section("detect", "Detectors.")
    keys.section("detect.crossVenue", "Cross-venue arbitrage; on unless switched off.")
    keys.section("detect.imbalance", "Order-book imbalance; off unless the section stands.")
    addRisk(&keys)
    keys.section("orders", "Sending orders.")
    keys.boolean("orders.enabled", \.orders.enabled, "Send orders; false: detect only.")
    keys.text("orders.firm", .firm, \.orders.firm, "OUCH Firm (MPID); empty: the port's default.")
    keys.choice(
      "orders.arming", \.orders.arming,
      "A live run starts disarmed and refuses every order; never: it stays so; command: until feedh control arms it.")
    addExecution(&keys)
    addLive(&keys)
  }

  private static func addSession(_ keys: inout KeyGroup<Settings>) {
    keys.section("session", "Lines, gaps and silence.")
    keys.integer(
      "session.reorderWindow", .duration(0...60 * second), \.session.reorderWindowNanoseconds,
      "How long a gap waits for the other line, in capture time.")
    keys.integer(
      "session.reorderWindowPackets", .count(1...65_536), \.session.reorderWindowPackets, unit: "packets",
      "How many packets may wait behind a gap, per feed.")
    keys.integer(
      "session.silence", .duration(1_000_000...hour), \.session.silenceNanoseconds,
      "A channel without packet or heartbeat for this long is silent.")
    keys.integer(
      "session.sequenceJumpMaximum", .count(1...1 << 62), \.session.sequenceJumpMaximum, unit: "messages",
      "A longer jump forward needs a second packet to be believed.")
  }

  private static func addRecovery(_ keys: inout KeyGroup<Settings>) {
    keys.section("recovery", "Requests for missing messages and snapshots; a venue's own limits narrow them further.")
    keys.integer(
      "recovery.answerTimeout", .duration(1_000_000...60 * second), \.recovery.answerTimeoutNanoseconds,
      "How long a server may take to answer; doubled with each repetition.")
    keys.integer(
      "recovery.requestSpacing", .duration(0...60 * second), \.recovery.requestSpacingNanoseconds,
      "Least time between two requests of a channel.")
    keys.integer(
      "recovery.requestMessages", .count(1...65_533), \.recovery.requestMessages, unit: "messages",
      "Messages of one request.")
    keys.integer(
      "recovery.requestsInFlight", .count(1...16), \.recovery.requestsInFlight, unit: "requests",
      "Requests of a channel under way at once.")
    keys.integer(
      "recovery.attempts", .count(1...100), \.recovery.attempts, unit: "requests",
      "Requests for the same messages without any of them coming.")
    keys.integer(
      "recovery.deadline", .duration(1_000_000...hour), \.recovery.deadlineNanoseconds,
      "How long a gap may stay open before it is given up.")
    keys.integer(
      "recovery.gapMessages", .count(1...64 * million), \.recovery.gapMessages, unit: "messages",
      "Most messages of a channel missing at once; more are not asked for.")
    keys.integer(
      "recovery.requestsPerSession", .count(1...64 * million), \.recovery.requestsPerSession, unit: "requests",
      "Requests of a channel in one session.")
    keys.integer(
      "recovery.snapshotAttempts", .count(1...100), \.recovery.snapshotAttempts, unit: "snapshots",
      "Snapshots tried until one can be joined.")
    keys.integer(
      "recovery.snapshotTimeout", .duration(1_000_000...hour), \.recovery.snapshotTimeoutNanoseconds,
      "How long a snapshot may stand still.")
    keys.integer(
      "recovery.bufferPackets", .count(16...million), \.recovery.bufferPackets, unit: "packets",
      "Packets of a channel kept while messages or a snapshot of the channel are asked for.")
    keys.integer(
      "recovery.bufferMessages", .count(16...64 * million), \.recovery.bufferMessages, unit: "messages",
      "Messages of a channel kept while a snapshot comes.")
    keys.integer(
      "recovery.bufferBytes", .count(4_096...4_294_967_296), \.recovery.bufferBytes, unit: "bytes",
      "Bytes of those messages.")
  }

  private static func addRisk(_ keys: inout KeyGroup<Settings>) {
    keys.section("risk", "Limits of the firm. Those over all symbols are divided among the shards.")
    keys.integer(
      "risk.maximumOrderQuantity", .count(1...999_999), \.risk.maximumOrderQuantity, unit: "shares",
      "Most shares of one order.")
    keys.integer(
      "risk.maximumOrderNotional", amount, \.risk.maximumOrderNotional, unit: "dollars", "Most notional of one order.")
    keys.integer(
      "risk.maximumPosition", .count(0...1_000 * million), \.risk.maximumPosition, unit: "shares",
      "Most shares long or short in one symbol, open orders counted as if filled.")
    keys.integer(
      "risk.maximumSymbolExposure", amount, \.risk.maximumSymbolExposure, unit: "dollars",
      "Most notional of position and open orders in one symbol.")
    keys.integer(
      "risk.maximumGrossExposure", amount, \.risk.maximumGrossExposure, unit: "dollars",
      "Most exposure over all symbols; divided among the shards.")
    keys.integer(
      "risk.priceCollar", .decimal(0...FixedPoint.one, quantum: 1_000), \.risk.collarPartsPerMillion,
      unit: "of the price", "How far beyond the consolidated best of the far side an order may reach.")
    keys.integer(
      "risk.ordersPerSecond", .count(1...100 * million), \.risk.ordersPerSecond, unit: "orders per second",
      "Sustained order rate; divided among the shards.")
    keys.integer(
      "risk.orderBurst", .count(1...100 * million), \.risk.orderBurst, unit: "orders",
      "Orders that may leave at once; divided among the shards.")
    keys.integer(
      "risk.duplicateWindow", .duration(0...60 * second), \.risk.duplicateWindowNanoseconds,
      "An order equal to one sent less than this long ago is refused.")
    keys.boolean(
      "risk.marketHoursOnly", \.risk.marketHoursOnly, "Orders only between the venue's system events Q and M.")
    keys.boolean("risk.killSwitch", \.risk.killSwitch, "Start with the kill switch engaged.")
    keys.optionalInteger(
      "risk.killAt", .count(0...Int64.max), \.risk.killAtNanoseconds, unit: "Unix nanoseconds",
      "Engage the kill switch at this capture time, for drills; null: never.")
    keys.optionalIntegers(
      "risk.shardAllotment", .counts(0...million, maximumCount: maximumShardCount), \.risk.shardAllotment,
      unit: "parts per million",
      "Each shard's part of the firm-wide limits, one entry per shard, at most 1_000_000 in all; null: equal parts.")
  }

  private static func addLive(_ keys: inout KeyGroup<Settings>) {
    keys.section("live", "Live packets: what feedh run receives, and feedh tune and feedh doctor prepare the machine for.")
    keys.list("live.ports", maximumCount: 16, "Ports that packets arrive at; each needs an interface, a PCI address or a virtual device.")
    keys.integer(
      "live.receiveBufferBytes", .count(65_536...1_073_741_824), \.live.receiveBufferBytes, unit: "bytes",
      "Receive buffer of each multicast socket.")
    keys.integer(
      "live.lateCopyBytes", .count(65_536...1_073_741_824), \.live.lateCopyBytes, unit: "bytes",
      "Delivered packets kept of each channel, to compare late copies with.")
    keys.optionalText(
      "live.controlSocket", .socketPath, \.live.controlSocket,
      "Unix-domain socket on which feedh run takes the commands of feedh control; null: none.")
    keys.optionalText(
      "live.recordFolder", .folder, \.live.recordFolder, "Folder that packets are recorded to; null: nowhere.")
  }

  private static func addExecution(_ keys: inout KeyGroup<Settings>) {
    keys.integer(
      "shards", .count(1...Int64(maximumShardCount)), \.shardCount, unit: "shards",
      "Units of ownership of instruments; independent of the cores.")
    keys.section("threads", "Cores and how they share the work.")
    keys.integer(
      "threads.cores", .count(1...Int64(maximumShardCount)), \.threads.coreCount, unit: "cores",
      "Busy-polling threads, at most one per shard; 1: run to completion.")
    keys.choice(
      "threads.layout", \.threads.layout,
      "walk: each core reads the whole capture; rings: core 0, live those of queueCores, frame for the others; "
        + "spread: each polls its queues and owns shards, in a replay as rings.")
    keys.integers(
      "threads.cpus", .counts(0...1_023, maximumCount: maximumShardCount), \.threads.cpus, unit: "CPU numbers",
      "CPUs to pin to, in core order; empty: the first ones allowed.")
    keys.integer(
      "threads.burstPackets", .count(1...256), \.threads.burstPackets, unit: "packets", "Packets per burst.")
    keys.integer(
      "threads.stall", .duration(1_000...10 * second), \.threads.stallNanoseconds,
      "A duty cycle that takes longer counts as a stall.")
    keys.choice(
      "threads.idle", \.threads.idle,
      "Where nothing came; spin: look again at once; pause: tell the CPU; yield: let other threads run. Live runs only.")
    keys.choice(
      "threads.scheduling", \.threads.scheduling,
      "How the system schedules cores; fifo: SCHED_FIFO, on machines of three CPUs and more. Live runs only.")
    keys.integer(
      "threads.priority", .count(1...99), \.threads.priority, "Priority under SCHED_FIFO.")
    keys.boolean(
      "threads.lockMemory", \.threads.lockMemory, "Keep all memory resident (mlockall). Live runs only.")
    keys.section("capacity", "Sizes of the tables, reserved before the first packet.")
    keys.integer(
      "capacity.liveOrders", .count(1_024...64 * million), \.capacity.liveOrders, unit: "orders per venue",
      "Live orders, over all cores.")
    keys.integer(
      "capacity.instruments", .count(16...65_535), \.capacity.instruments, unit: "instruments per venue",
      "Instruments.")
    keys.integer(
      "capacity.priceLevels", .count(1_024...64 * million), \.capacity.priceLevels, unit: "price levels per venue",
      "Price levels, both sides of all books.")
    keys.integer(
      "capacity.records", .count(1_024...64 * million), \.capacity.records, unit: "records",
      "Opportunities, and order events, kept in detail for the report.")
    keys.integer(
      "capacity.openOrders", .count(16...65_536), \.capacity.openOrders, unit: "orders per shard",
      "Orders of ours that may be open at once.")
    keys.section("latency", "How latency is measured.")
    keys.integer(
      "latency.sampleEvery", .count(1...million), \.latency.sampleEvery, unit: "bursts",
      "The stages are stamped of one burst in this many; order pairs always are.")
    keys.boolean(
      "verifyChecksums", \.verifyChecksums, "Check IPv4 header and UDP checksums where a packet carries them.")
  }
}
