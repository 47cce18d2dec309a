import FeedCore

/// What should have become of the orders of a run: the capture played again through `SlowVenue`s, each order filled
/// by hand where and when it arrives.
struct OrderExpectation {
  /// One order, by shard, venue and UserRefNum.
  struct Key: Hashable, CustomStringConvertible {
    var shard: UInt8
    var venue: UInt8
    var userRefNum: UInt32
    init(_ record: OrderRecord) { (shard, venue, userRefNum) = (record.shard, record.venue, record.userRefNum) }
    var description: String { "shard \(shard) venue \(venue) number \(userRefNum)" }
  }
  private struct Consumed: Hashable {
    var shard: UInt8
    var venue: UInt8
    var reference: UInt64
  }

  /// "rejected", or "accepted", "executed price quantity" …, "canceled quantity", each behind the time it is known.
  private(set) var outcomes: [Key: [String]] = [:]
  /// What was wrong when an order left: text per finding.
  private(set) var violations: [String] = []
  private var consumed: [Consumed: UInt64] = [:]
  private var venues: [SlowVenue]
  private let settings: Settings

  /// - Parameters:
  ///   - frames: in capture order, without loss.
  ///   - checksSending: capture times are all different, so the state of the books when an order left is known.
  init(_ frames: [CapturedFrame], sent: [OrderRecord], settings: Settings, checksSending: Bool) {
    self.settings = settings
    venues = Array(repeating: SlowVenue(), count: settings.venues.count)
    let arrivals = sent.enumerated().map { ($1.captureNanoseconds + latency(of: $1), $0, $1) }
      .sorted { ($0.0, $0.1) < ($1.0, $1.1) }
    var nextArrival = 0
    var nextSent = 0
    for frame in frames {
      // An order without latency arrives before the next packet, not before the one that let it out.
      while nextArrival < arrivals.count, arrivals[nextArrival].0 <= frame.nanoseconds,
        arrivals[nextArrival].2.captureNanoseconds < frame.nanoseconds
      {
        arrive(arrivals[nextArrival].2, at: arrivals[nextArrival].0)
        nextArrival += 1
      }
      venues[Generated.venueAndLine(frame).venue].apply(frame.mold)
      while nextSent < sent.count, sent[nextSent].captureNanoseconds <= frame.nanoseconds {
        if checksSending { checkSending(sent[nextSent], at: frame.nanoseconds) }
        nextSent += 1
      }
    }
    for (time, _, order) in arrivals[nextArrival...] { arrive(order, at: time) }
  }

  private func latency(of order: OrderRecord) -> UInt64 {
    settings.venues[Int(order.venue)].orderLatencyNanoseconds
  }

  private mutating func checkSending(_ order: OrderRecord, at nanoseconds: UInt64) {
    let venue = venues[Int(order.venue)]
    let symbol = order.symbol.description
    if order.captureNanoseconds != nanoseconds { violations.append("\(order): no packet has its time") }
    if !venue.isTrading(symbol) { violations.append("\(order): its book is not ok") }
    if settings.risk.marketHoursOnly && !venue.isOpen { violations.append("\(order): the market is closed") }
    let isBuy = order.side == UInt8(ascii: "B")
    guard let best = venue.queue(symbol, isBuy: !isBuy).first else {
      violations.append("\(order): nothing to trade with")
      return
    }
    let price = Int64(best.price4) * 100_000
    if isBuy ? order.price < price : order.price > price { violations.append("\(order): its limit misses \(price)") }
    if order.side == UInt8(ascii: "T") && venue.isShortSaleRestricted(symbol) {
      violations.append("\(order): a short sale at the bid")
    }
  }

  private mutating func arrive(_ order: OrderRecord, at nanoseconds: UInt64) {
    let venue = venues[Int(order.venue)]
    let symbol = order.symbol.description
    let isBuy = order.side == UInt8(ascii: "B")
    let limit = UInt64(order.price / 100_000)
    let known = nanoseconds + settings.venues[Int(order.venue)].replyLatencyNanoseconds
    let bid = venue.queue(symbol, isBuy: true).first?.price4
    let isShortAtBid =
      order.side == UInt8(ascii: "T") && venue.isShortSaleRestricted(symbol) && bid.map { limit <= $0 } ?? false
    if (settings.risk.marketHoursOnly && !venue.isOpen) || !venue.isTrading(symbol) || isShortAtBid {
      outcomes[Key(order)] = ["\(known) rejected"]
      return
    }
    var lines = ["\(known) accepted \(order.quantity)"]
    var left = UInt64(order.quantity)
    for resting in venue.queue(symbol, isBuy: !isBuy) where left > 0 {
      if isBuy ? resting.price4 > limit : resting.price4 < limit { break }
      let key = Consumed(shard: order.shard, venue: order.venue, reference: resting.reference)
      let taken = consumed[key] ?? 0
      if resting.shares <= taken { continue }
      let quantity = min(left, resting.shares - taken)
      consumed[key] = taken + quantity
      left -= quantity
      lines.append("\(known) executed \(resting.price4 * 100_000) \(quantity)")
    }
    if left > 0 { lines.append("\(known) canceled \(left)") }
    outcomes[Key(order)] = lines
  }

  /// The same lines from a run's own records.
  static func outcomes(_ records: [OrderRecord]) -> [Key: [String]] {
    var outcomes: [Key: [String]] = [:]
    for record in records {
      switch record.kind {
      case .refused, .sent: continue
      case .accepted:
        outcomes[Key(record), default: []].append("\(record.captureNanoseconds) accepted \(record.quantity)")
      case .rejected: outcomes[Key(record), default: []].append("\(record.captureNanoseconds) rejected")
      case .canceled:
        outcomes[Key(record), default: []].append("\(record.captureNanoseconds) canceled \(record.quantity)")
      case .executed:
        outcomes[Key(record), default: []].append(
          "\(record.captureNanoseconds) executed \(record.price) \(record.quantity)")
      }
    }
    return outcomes
  }
}
