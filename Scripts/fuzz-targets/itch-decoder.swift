// Bytes as ITCH 5.0 messages in MoldUDP64 packets of two venues, through the whole pipeline: frames, sessions, books,
// detectors, risk, orders. Every delivered message is counted once under what it was, and each book's levels are the
// sums of its orders.
@testable import FeedCore

private let settings: Settings = {
  var settings = Settings()
  settings.shardCount = 2
  settings.capacity.liveOrders = 1_024
  settings.capacity.instruments = 16
  settings.capacity.priceLevels = 1_024
  settings.capacity.records = 1_024
  settings.capacity.openOrders = 16
  settings.venues = [VenueSettings(name: "a"), VenueSettings(name: "b")]
  settings.imbalance = ImbalanceSettings()
  settings.orders.enabled = true
  settings.risk.marketHoursOnly = false
  settings.verifyChecksums = false
  return settings
}()
private let group = IPAddress("233.0.0.1")!
private let plan: FeedPlan = {
  var plan = FeedPlan()
  plan.venues = settings.venues
  for venue in 0..<2 as Range<UInt8> {
    plan.channels.append(
      FeedPlan.Channel(
        name: "feed\(venue)", venue: venue, protocol: .itch50, isNumbered: true, lines: ["A"]))
    let key = FlowKey(destination: group, destinationPort: UInt16(venue) + 1, fileIndex: 0)
    plan.routes[key] = FeedPlan.Route(channel: venue, line: 0)
  }
  return plan
}()
nonisolated(unsafe) private var pipeline = Pipeline(
  ingest: Ingest(plan: plan, settings: settings, fileCount: 1),
  core: Core(
    plan: plan, settings: settings, ownedShards: 0b11, countsMessages: true, exchangeNanosecondsMaximum: .max))
private let types = Array("ADUEXFCPQIRHYLSWVJKhBNO".utf8)
nonisolated(unsafe) private let arena = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
nonisolated(unsafe) private let burst = UnsafeMutableBufferPointer<Packet>.allocate(capacity: 64)
/// Goes on from input to input: a new session begins each, in which the books are empty.
nonisolated(unsafe) private var session: UInt64 = 0
nonisolated(unsafe) private var clock: UInt64 = 1_600_000_000_000_000_000

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzITCHDecoder(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: min(count, 16_384)))
  session += 1
  let before = tally()
  var builder = Builder()
  // The restart: an announcement of number 1 on each channel.
  for channel in 0..<2 { builder.heartbeat(channel) }
  let restartOnly = builder
  run(restartOnly.packets)
  precondition(liveOrders == 0, "\(liveOrders) orders outlived their session")
  builder.packets = []
  var position = 0
  func next() -> UInt8 {
    defer { position += 1 }
    return position < bytes.count ? bytes[position] : 0
  }
  while position < bytes.count, !builder.isFull {
    let what = next()
    let channel = Int(what >> 7)
    switch what & 0x1F {
    case 0..<23: builder.append(message(types[Int(what & 0x1F)], isPlain: what & 0x40 == 0), channel)
    case 23..<27: builder.append((0..<(next() & 0x3F)).map { _ in next() }, channel)
    case 27: builder.skip(Int(next()), channel)
    default:
      builder.end(channel)
      clock += UInt64(next()) * 100_000
    }
  }
  for channel in 0..<2 { builder.end(channel) }
  clock += 10_000_000
  for channel in 0..<2 { builder.heartbeat(channel) }
  run(builder.packets)
  let after = tally()
  precondition(
    after.messages - before.messages == after.accounted - before.accounted,
    "\(after.messages - before.messages) messages, \(after.accounted - before.accounted) counted by kind")
  checkBooks()
  return 0

  /// A message of its type's length. A plain one names one of a few stocks, orders and prices, so that messages meet.
  func message(_ type: UInt8, isPlain: Bool) -> [UInt8] {
    var message = [UInt8](repeating: 0, count: ITCH50Decoder.length(ofType: type))
    message[0] = type
    if !isPlain {
      for index in 1..<message.count { message[index] = next() }
      return message
    }
    message[2] = next() & 3
    message[10] = next()
    if message.count > 11 { message[11] = next() }
    switch type {
    case UInt8(ascii: "A"), UInt8(ascii: "F"):
      message[11] = 0
      message[18] = next()
      message[19] = UInt8(ascii: next() & 1 == 0 ? "B" : "S")
      message[23] = next()
      message.replaceSubrange(24..<32, with: Array("SYM     ".utf8))
      message[27] = UInt8(ascii: "0") + message[2]
      message[34] = 1
      message[35] = next()
    case UInt8(ascii: "E"), UInt8(ascii: "C"), UInt8(ascii: "X"), UInt8(ascii: "D"), UInt8(ascii: "U"):
      message[11] = 0
      message[18] = next()
      for index in 19..<message.count { message[index] = 0 }
      if type == UInt8(ascii: "U") {
        message[26] = next()
        message[30] = next()
        message[33] = 1
        message[34] = next()
      } else if message.count > 22 {
        message[22] = next()
      }
    case UInt8(ascii: "H"), UInt8(ascii: "R"), UInt8(ascii: "Y"):
      message.replaceSubrange(11..<19, with: Array("SYM     ".utf8))
      message[14] = UInt8(ascii: "0") + message[2]
      if type == UInt8(ascii: "H") { message[19] = next() & 1 == 0 ? UInt8(ascii: "T") : next() }
    default: for index in 11..<message.count { message[index] = next() }
    }
    return message
  }
}

/// Collects messages into packets, and packets into the arena, one after another.
private struct Builder {
  var packets: [Packet] = []
  private var used = 0
  private var pending: [[[UInt8]]] = [[], []]
  private var next: [UInt64] = [1, 1]

  var isFull: Bool { used > arena.count - 200_000 }

  mutating func append(_ message: [UInt8], _ channel: Int) {
    pending[channel].append(message)
    if pending[channel].count == 64 { end(channel) }
  }

  /// Numbers that never come.
  mutating func skip(_ count: Int, _ channel: Int) {
    end(channel)
    next[channel] += UInt64(count)
  }

  mutating func heartbeat(_ channel: Int) { frame([], channel) }

  mutating func end(_ channel: Int) {
    if pending[channel].isEmpty { return }
    frame(pending[channel], channel)
    next[channel] += UInt64(pending[channel].count)
    pending[channel] = []
  }

  private mutating func frame(_ messages: [[UInt8]], _ channel: Int) {
    let blocks = messages.reduce(0) { $0 + 2 + $1.count }
    let length = 14 + 20 + 8 + 20 + blocks
    let base = arena.baseAddress! + used
    base.initializeMemory(as: UInt8.self, repeating: 0, count: length)
    base.storeBigEndian(UInt32(0x0800_4500), at: 12)
    base.storeBigEndian(UInt16(length - 14), at: 16)
    base.storeByte(17, at: 23)
    base.storeBigEndian(UInt32(truncatingIfNeeded: group.low), at: 30)
    base.storeBigEndian(UInt16(channel + 1), at: 36)
    base.storeBigEndian(UInt16(length - 34), at: 38)
    base.storeBigEndian(session, at: 42)
    base.storeBigEndian(next[channel], at: 52)
    base.storeBigEndian(UInt16(messages.count), at: 60)
    var offset = 62
    for message in messages {
      base.storeBigEndian(UInt16(message.count), at: offset)
      (base + offset + 2).copyMemory(from: message, byteCount: message.count)
      offset += 2 + message.count
    }
    packets.append(
      Packet(
        bytes: UnsafeRawPointer(base), captureNanoseconds: clock, capturedLength: UInt32(length),
        wireLength: UInt32(length), recordIndex: 0, fileIndex: 0, linkType: .ethernet))
    used += length
  }
}

private func run(_ packets: [Packet]) {
  var position = 0
  while position < packets.count {
    let count = min(burst.count, packets.count - position)
    for index in 0..<count { burst[index] = packets[position + index] }
    pipeline.hotPathPoll(UnsafeMutableBufferPointer(rebasing: burst[..<count]), receiveTicks: 0, isSampled: false)
    position += count
  }
}

private var liveOrders: Int { (0..<2).reduce(0) { $0 + pipeline.core.books.venues[$1].orders.count } }

/// Messages delivered, and messages counted by type or by what was wrong with them.
private func tally() -> (messages: UInt64, accounted: UInt64) {
  let counters = pipeline.core.books.counters
  let byType = (0..<256).reduce(UInt64(0)) { $0 + pipeline.core.messagesByType[$1] }
  return (
    pipeline.core.messages,
    byType + counters[.unknownTypes] + counters[.emptyMessages] + counters[.malformed]
  )
}

/// Of every instrument and side: levels from the best on, each the sum of its orders, and every order in a level.
private func checkBooks() {
  let books = pipeline.core.books
  // Sums that did not fit, orders and levels that found no room: then a level is not the sum of its orders.
  if books.counters[.levelQuantityOverflows] + books.counters[.levelsFull] + books.counters[.ordersFull] > 0 { return }
  var orders = 0
  for venue in 0..<2 {
    for index in 0..<books.venues[venue].admitted {
      let instrument = InstrumentID(venue: VenueIndex(venue), index: index)
      for side in [Side.buy, .sell] {
        var levels: [(price: Int32, quantity: UInt64)] = []
        books.forEachLevel(of: instrument, side: side) { price, quantity in
          levels.append((price, UInt64(quantity)))
          return true
        }
        var sums: [(price: Int32, quantity: UInt64)] = []
        books.forEachRestingOrder(of: instrument, side: side, limit: side == .buy ? .min : .max) { order in
          if sums.last?.price != order.price { sums.append((order.price, 0)) }
          sums[sums.count - 1].quantity += UInt64(order.quantity)
          orders += 1
          return true
        }
        precondition(levels.map(\.price) == sums.map(\.price), "levels and orders at different prices")
        precondition(levels.map(\.quantity) == sums.map(\.quantity), "a level is not the sum of its orders")
        let prices = levels.map(\.price)
        precondition(prices == (side == .buy ? prices.sorted(by: >) : prices.sorted()), "levels out of order")
      }
    }
  }
  precondition(orders == liveOrders, "\(liveOrders) live orders, \(orders) in levels")
}
