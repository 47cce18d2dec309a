@testable import FeedCore
import Glibc

/// FEEDH_FUZZ_SHOW=1: an input that is reproduced shows its packets on standard error.
private let showsPackets = getenv("FEEDH_FUZZ_SHOW") != nil

/// The whole pipeline for one protocol, small, with two venues: frames, sessions, decoders, books, detectors, risk,
/// orders. Fed from a script, it checks that what was delivered was counted and that the books hold together.
///
/// Made inside of `tables`; every input finds it as new.
struct FeedMachine {
  /// What the machine's feeds do about loss.
  enum Recovery {
    case none
    /// Messages and channel snapshots are asked for; lines 2 carry answers.
    case asks
    /// Snapshots of single instruments come on flows of their own: lines 3.
    case joins
  }

  static let group = IPAddress("233.0.0.1")!
  static let venues = 2

  let feedProtocol: FeedProtocol
  let maker: MessageMaker
  let recovery: Recovery
  private(set) var pipeline: Pipeline
  private(set) var clock: UInt64 = 1_700_000_000_000_000_000

  init(_ feedProtocol: FeedProtocol, _ description: ProtocolDescription, recovery: Recovery = .none) {
    self.feedProtocol = feedProtocol
    self.recovery = recovery
    maker = MessageMaker(description)
    var settings = Settings()
    settings.shardCount = 2
    settings.capacity.liveOrders = 1_024
    settings.capacity.instruments = 16
    settings.capacity.priceLevels = 1_024
    settings.capacity.records = 1_024
    settings.capacity.openOrders = 16
    settings.session.reorderWindowPackets = 16
    settings.recovery.bufferMessages = 64
    settings.recovery.bufferBytes = 8_192
    settings.venues = (0..<Self.venues).map { VenueSettings(name: "v\($0)") }
    settings.imbalance = ImbalanceSettings()
    settings.orders.enabled = true
    settings.risk.marketHoursOnly = false
    settings.verifyChecksums = false
    if recovery != .none { Self.setUpRecovery(&settings, feedProtocol) }
    let plan = Self.plan(feedProtocol, settings, recovery)
    pipeline = Pipeline(
      ingest: Ingest(plan: plan, settings: settings, fileCount: 1),
      core: Core(
        plan: plan, settings: settings, ownedShards: 0b11, countsMessages: true, exchangeNanosecondsMaximum: .max))
  }

  /// Each venue has a channel on two lines, and one more for the streams of EOBI's snapshots.
  private static func plan(_ feedProtocol: FeedProtocol, _ settings: Settings, _ recovery: Recovery) -> FeedPlan {
    var plan = FeedPlan()
    plan.venues = settings.venues
    defer { addRecovery(recovery, &plan) }
    for venue in 0..<venues {
      let stream = UInt32(venue + 1)
      let isAlone = feedProtocol != .eobi || recovery != .none
      let streams = isAlone ? [stream] : [stream, stream | EOBIPacket.snapshotStream]
      for (place, stream) in streams.enumerated() {
        let channel = UInt8(plan.channels.count)
        plan.channels.append(
          FeedPlan.Channel(
            name: "c\(channel)", venue: UInt8(venue), protocol: feedProtocol, isNumbered: true, lines: ["A", "B"],
            stream: feedProtocol.transport.hasStreams ? stream : nil))
        for line in 0..<2 as Range<UInt8> {
          let flow = FlowKey(
            destination: group, destinationPort: port(venue, Int(line)), fileIndex: 0)
          let route = FeedPlan.Route(channel: channel, line: line)
          if place == 0 { plan.routes[flow] = route }
          if feedProtocol.transport.hasStreams {
            plan.streamRoutes[FeedPlan.StreamKey(flow: flow, stream: stream)] = route
          }
        }
      }
    }
    return plan
  }

  static func port(_ venue: Int, _ line: Int) -> UInt16 { UInt16(100 * line + venue + 1) }

  // MARK: - A script

  /// Plays packets of a script, and checks what came of them. Returns a digest of books and counters, which depends
  /// neither on the length of bursts nor on whether they are sampled, nor on whether frames are tagged: those that are
  /// take the general path, not that of everyday packets.
  ///
  /// Each packet begins with a byte: 0x03 how many messages, 0x04 which venue, 0x08 only on line B, 0x10 on both
  /// lines, 0x20 a special packet, which another byte tells; then the messages, then how much time passes.
  mutating func play(_ script: Script, burst: Int, isSampled: Bool, isTagged: Bool = false) -> UInt64 {
    var script = script
    var frames = FrameBuilder(isTagged: isTagged)
    var makers = (0..<Self.venues).map { PacketMaker(feedProtocol, stream: UInt32($0 + 1)) }
    var snapshots = SnapshotMaker(feedProtocol)
    while !script.isOver, !frames.isFull {
      let what = script.byte()
      let venue = Int(what >> 2 & 1)
      let special = what & 0x20 != 0 ? script.byte() : 0
      var payload: [UInt8]
      if recovery != .none, special & 7 == 0, special >> 3 != 0 {
        append(special >> 3, venue, &script, &makers[venue], &snapshots, to: &frames)
        pass(what, &script)
        continue
      }
      switch special & 7 {
      case 1: payload = makers[venue].packet([], at: clock)
      case 2:
        makers[venue].next &+= UInt64(special >> 3)
        continue
      case 3:
        makers[venue].restart()
        payload = makers[venue].packet([], at: clock)
      case 4:
        // The same number again, with whatever comes.
        let next = makers[venue].next
        if next > 1 { makers[venue].next = next - 1 }
        payload = makers[venue].packet(messages(what, &script), at: clock)
        makers[venue].next = max(makers[venue].next, next)
      case 5: payload = script.bytes(script.int())
      default: payload = makers[venue].packet(messages(what, &script), at: clock)
      }
      if special & 7 == 6, !payload.isEmpty {
        let place = script.int() % min(64, payload.count)
        payload[place] = script.byte()
      }
      if special & 7 == 7 { payload = Array(payload.prefix(script.int())) }
      let lines = what & 0x10 != 0 ? 0...1 : what & 0x08 != 0 ? 1...1 : 0...0
      if showsPackets { show("packet at \(clock), venue \(venue), lines \(lines), \(payload.count) bytes") }
      for line in lines {
        frames.append(payload, to: Self.group, port: Self.port(venue, line), at: clock)
      }
      pass(what, &script)
    }
    run(frames.packets, burst: burst, isSampled: isSampled)
    check()
    return digest
  }

  private mutating func pass(_ what: UInt8, _ script: inout Script) {
    clock &+= UInt64(script.byte()) &* (what & 0x40 != 0 ? 1_000_000 : 1_000)
    if what & 0x80 != 0 { clock &+= 6_000_000_000 }
  }

  func messages(_ what: UInt8, _ script: inout Script) -> [[UInt8]] {
    let messages = (0...Int(what & 3)).map { _ in maker.message(&script) }
    if showsPackets {
      for message in messages {
        let type = message.withUnsafeBytes { maker.description.typeText(of: $0) } ?? "?"
        show("message \(type) \(message.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())")
      }
    }
    return messages
  }

  private func show(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = write(STDERR_FILENO, bytes, bytes.count)
  }

  private mutating func run(_ packets: [Packet], burst length: Int, isSampled: Bool) {
    var position = 0
    var packets = packets
    packets.withUnsafeMutableBufferPointer { packets in
      while position < packets.count {
        let count = min(length, packets.count - position)
        pipeline.hotPathPoll(
          UnsafeMutableBufferPointer(rebasing: packets[position..<(position + count)]), receiveTicks: 0,
          isSampled: isSampled)
        position += count
      }
    }
    pipeline.finish()
  }

  // MARK: - Checks

  private func check() {
    let books = pipeline.core.books
    let slots = pipeline.core.messagesByType
    let first = 256 * Int(feedProtocol.rawValue)
    var counted = (first..<(first + 256)).reduce(UInt64(0)) { $0 + slots[$1] }
    for counter in [Counter.unknownTypes, .emptyMessages, .malformed] { counted += books.counters[counter] }
    // More than once where a datagram's messages are delivered together, or where a message was read in part.
    precondition(counted >= pipeline.core.messages, "\(pipeline.core.messages) messages, \(counted) counted by kind")
    if recovery != .none { checkRecovery() }
    for venue in 0..<Self.venues {
      var found = 0
      for index in 0..<books.venues[venue].admitted {
        found += check(InstrumentID(venue: VenueIndex(venue), index: index))
      }
      // Orders of no book stay findable where later messages name the order alone.
      var live = 0
      books.venues[venue].orders.forEach { instrument, _, _ in
        if instrument != OrderTable.foreignInstrument { live += 1 }
        return true
      }
      precondition(found <= live, "\(found) orders in levels, \(live) in the table")
      if isComplete, ordersMakeLevels { precondition(found == live, "\(found) orders in levels, \(live) in the table") }
    }
  }

  /// False where sums did not fit, or orders and levels found no room: then a level is not the sum of its orders.
  private var isComplete: Bool {
    let counters = pipeline.core.books.counters
    return counters[.levelQuantityOverflows] + counters[.levelsFull] + counters[.ordersFull] == 0
  }

  /// False where a feed tells levels themselves.
  private var ordersMakeLevels: Bool {
    switch feedProtocol {
    case .itch50, .pitch, .nyseIntegrated, .memxDepth, .deepPlus, .miaxPearlDepth: true
    case .eobi: true
    // Implied prices of Coinbase are levels of their own.
    case .tops15, .tops16, .deep10, .cmeMDP3, .deribit, .coinbaseDerivatives: false
    }
  }

  /// Levels from the best on, each with a size; where orders make them, each the sum of its orders. Returns how many
  /// orders stand in them.
  private func check(_ instrument: InstrumentID) -> Int {
    let books = pipeline.core.books
    var orders = 0
    for side in [Side.buy, .sell] {
      var levels: [(price: Int32, quantity: UInt64)] = []
      books.forEachLevel(of: instrument, side: side) { price, quantity in
        levels.append((price, UInt64(quantity)))
        return true
      }
      let prices = levels.map(\.price)
      precondition(Set(prices).count == prices.count, "a price twice")
      precondition(prices == (side == .buy ? prices.sorted(by: >) : prices.sorted()), "levels out of order")
      precondition(levels.allSatisfy { $0.quantity > 0 } || !isComplete, "a level of nothing")
      let top = books.top(of: instrument)
      let best = side == .buy ? (top.bidPrice, top.bidQuantity) : (top.askPrice, top.askQuantity)
      if let first = levels.first {
        precondition(first.price == best.0 && first.quantity == UInt64(best.1), "the best is not the first level")
      } else {
        precondition(best.1 == 0, "a best price of an empty side")
      }
      guard ordersMakeLevels, isComplete else { continue }
      var sums: [(price: Int32, quantity: UInt64)] = []
      books.forEachRestingOrder(of: instrument, side: side, limit: side == .buy ? .min : .max) { order in
        if sums.last?.price != order.price { sums.append((order.price, 0)) }
        sums[sums.count - 1].quantity += UInt64(order.quantity)
        orders += 1
        return true
      }
      precondition(prices == sums.map(\.price), "levels and orders at different prices")
      precondition(levels.map(\.quantity) == sums.map(\.quantity), "a level is not the sum of its orders")
    }
    return orders
  }

  /// What `digest` is made of, to find out where two runs part.
  var state: [String] {
    let books = pipeline.core.books
    return Counter.allCases.map { "\($0.name) \(books.counters[$0])" }
      + (0..<Self.venues).flatMap { venue in
        (0..<books.venues[venue].admitted).map {
          "\(venue).\($0) \(books.venues[venue].headers[$0].digest)"
        }
      }
  }

  private var digest: UInt64 {
    let books = pipeline.core.books
    var digest = UInt64(0)
    for venue in 0..<Self.venues {
      for index in 0..<books.venues[venue].admitted {
        let header = books.venues[venue].headers.base + index
        digest = Mix.fold(digest, header.pointee.digest, UInt64(index))
      }
    }
    for counter in Counter.allCases { digest = Mix.fold(digest, books.counters[counter], UInt64(counter.rawValue)) }
    return digest
  }
}
