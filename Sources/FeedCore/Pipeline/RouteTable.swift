/// Routes by flow, and by stream of a flow, for the hot path: open addressing, and the last one remembered.
struct RouteTable {
  struct Entry: BitwiseCopyable {
    var destinationLow: UInt64 = 0
    var destinationHigh: UInt64 = 0
    var file: UInt16 = 0
    var port: UInt16 = 0
    var channel: UInt8 = 0
    var line: UInt8 = 0
    var isUsed = false
    var transport = Transport.moldUDP64

    @inline(__always)
    func matches(low: UInt64, high: UInt64, port: UInt16, file: UInt16) -> Bool {
      isUsed && destinationLow == low && self.port == port && self.file == file && destinationHigh == high
    }
  }

  /// A stream of the flow whose entry stands in `slot`.
  private struct StreamEntry: BitwiseCopyable {
    var slot: UInt32 = 0
    var stream: UInt32 = 0
    var channel: UInt8 = 0
    var line: UInt8 = 0
    var isUsed = false
  }

  /// Where a packet goes. Of a transport with streams, channel and line are those of `find(stream:of:)`.
  struct Match: BitwiseCopyable {
    var channel: Int
    var line: UInt8
    var transport: Transport
    var slot: UInt32
  }

  private let entries: Storage<Entry>
  private let mask: Int
  private let streams: Storage<StreamEntry>
  private let streamMask: Int
  private var last = Entry()
  private var lastSlot: UInt32 = 0

  init(_ plan: FeedPlan) {
    self.init(plan.routes, streams: plan.streamRoutes) { plan.transport(of: $0) ?? .moldUDP64 }
  }

  init(
    _ routes: [FlowKey: FeedPlan.Route], streams: [FeedPlan.StreamKey: FeedPlan.Route] = [:],
    transport: (FlowKey) -> Transport = { _ in .moldUDP64 }
  ) {
    var slots = 64
    while slots < routes.count * 4 { slots *= 2 }
    entries = Storage(capacity: slots)
    mask = slots - 1
    var slotOf: [FlowKey: UInt32] = [:]
    for (key, route) in routes {
      var entry = Entry()
      entry.destinationLow = key.destination.low
      entry.destinationHigh = key.destination.high
      entry.file = key.fileIndex
      entry.port = key.destinationPort
      entry.channel = route.channel
      entry.line = route.line
      entry.isUsed = true
      entry.transport = transport(key)
      var slot = Self.hash(low: entry.destinationLow, port: entry.port, file: entry.file) & mask
      while entries[slot].isUsed { slot = (slot + 1) & mask }
      entries[slot] = entry
      slotOf[key] = UInt32(slot)
    }
    var streamSlots = 64
    while streamSlots < streams.count * 4 { streamSlots *= 2 }
    self.streams = Storage(capacity: streamSlots)
    streamMask = streamSlots - 1
    for (key, route) in streams {
      guard let flow = slotOf[key.flow] else { continue }
      var slot = Self.hash(slot: flow, stream: key.stream) & streamMask
      while self.streams[slot].isUsed { slot = (slot + 1) & streamMask }
      self.streams[slot] = StreamEntry(
        slot: flow, stream: key.stream, channel: route.channel, line: route.line, isUsed: true)
    }
  }

  @inline(__always)
  private static func hash(low: UInt64, port: UInt16, file: UInt16) -> Int {
    Int(truncatingIfNeeded: Mix.spread(low ^ UInt64(port) << 32 ^ UInt64(file) << 48))
  }

  @inline(__always)
  private static func hash(slot: UInt32, stream: UInt32) -> Int {
    Int(truncatingIfNeeded: Mix.spread(UInt64(slot) << 32 | UInt64(stream)))
  }

  /// The route of a packet, nil when its flow carries no feed.
  @inline(__always)
  mutating func find(_ view: TransportView, file: UInt16) -> Match? {
    find(low: view.destinationLow, high: view.destinationHigh, port: view.destinationPort, file: file)
  }

  /// The route of a length-prefixed file, which is a flow without addresses.
  mutating func find(messageFile file: UInt16) -> Match? {
    find(low: 0, high: 0, port: 0, file: file)
  }

  /// Channel and line of a stream of the flow that `match` found, nil when it goes nowhere.
  @inline(__always)
  func find(stream: UInt32, of match: Match) -> (channel: Int, line: UInt8)? {
    var slot = Self.hash(slot: match.slot, stream: stream) & streamMask
    while streams.base[slot].isUsed {
      let entry = streams.base[slot]
      if entry.stream == stream, entry.slot == match.slot { return (Int(entry.channel), entry.line) }
      slot = (slot &+ 1) & streamMask
    }
    return nil
  }

  @inline(__always)
  private mutating func find(low: UInt64, high: UInt64, port: UInt16, file: UInt16) -> Match? {
    if !last.matches(low: low, high: high, port: port, file: file) {
      var slot = Self.hash(low: low, port: port, file: file) & mask
      while !entries.base[slot].matches(low: low, high: high, port: port, file: file) {
        if !entries.base[slot].isUsed { return nil }
        slot = (slot &+ 1) & mask
      }
      last = entries.base[slot]
      lastSlot = UInt32(truncatingIfNeeded: slot)
    }
    return Match(channel: Int(last.channel), line: last.line, transport: last.transport, slot: lastSlot)
  }
}
