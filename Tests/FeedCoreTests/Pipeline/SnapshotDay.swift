@testable import FeedCore

/// A day of a venue whose snapshots come on flows of their own: packets written by hand from the venue's sheet, and
/// the books that are true at its end. The model knows orders and nothing else; it shares no code with what is tested.
struct SnapshotDay {
  enum Venue: String, CaseIterable, Sendable { case cme, nyse, coinbase, eobi }
  enum Flow { case live, snapshot, definition }

  struct Sent {
    var time: UInt64
    var flow: Flow
    var payload: [UInt8]
  }

  struct Order: Equatable {
    var reference: UInt64
    var isSell: Bool
    /// In units of the book.
    var price: Int64
    var quantity: Int32
  }

  struct Level: Equatable, CustomStringConvertible {
    var price: Int32
    var quantity: UInt32
    var orders: [UInt64]
    var description: String { "\(price)x\(quantity)\(orders)" }
  }

  /// Both sides, best first.
  struct Book: Equatable, CustomStringConvertible {
    var buys: [Level] = []
    var sells: [Level] = []
    var description: String { "\(buys) | \(sells)" }
  }

  let venue: Venue
  let instrumentCount: Int
  var random: BookTestRandom
  private(set) var sent: [Sent] = []
  /// Per instrument: its orders, in order of arrival.
  var orders: [[Order]]
  var nextReference: UInt64 = 1
  /// Next number of the live channel, of the refresh group, and of each instrument's own messages.
  var number: UInt32 = 1
  var refreshNumber: UInt32 = 1
  var own: [UInt32]
  /// Packets of the turn of the snapshot flow still to be sent, and its next packet's number.
  private var turn: [Int] = []
  var turnPacket: UInt32 = 1
  var definitionPacket: UInt32 = 1
  private(set) var time: UInt64 = 1_700_000_000_000_000_000

  init(_ venue: Venue, seed: UInt64, steps: Int, instruments: Int = 4) {
    self.venue = venue
    instrumentCount = instruments
    random = BookTestRandom(seed: seed)
    orders = Array(repeating: [], count: instruments)
    own = Array(repeating: 1, count: instruments)
    begin()
    for step in 0..<steps {
      time += 100_000
      if random.chance(700) || step == steps - 1 { act() }
      if step % 2 == 1 { sendSnapshot() }
      if step % 40 == 0 { sendDefinitions() }
    }
    // What came last is known to all: nothing tells of a loss behind which nothing comes.
    time += 100_000
    act()
  }

  mutating func send(_ flow: Flow, _ payload: [UInt8]) { sent.append(Sent(time: time, flow: flow, payload: payload)) }

  // MARK: - What happens

  /// One change of one book.
  private mutating func act() {
    let instrument = random.below(instrumentCount)
    let isSell = random.chance(500)
    let before = orders[instrument]
    if before.count < 4 || before.count < 24 && random.chance(500) {
      let order = Order(
        reference: nextReference, isSell: isSell, price: (isSell ? 1_010 : 1_000) + Int64(random.below(8)),
        quantity: Int32(2 + random.below(90)))
      nextReference += 1
      orders[instrument].append(order)
      sendChange(instrument, .added(order), before)
    } else {
      let place = random.below(before.count)
      if before[place].quantity > 1, random.chance(400), venue != .eobi {
        orders[instrument][place].quantity -= 1
        sendChange(instrument, .reduced(orders[instrument][place]), before)
      } else {
        sendChange(instrument, .removed(orders[instrument].remove(at: place)), before)
      }
    }
  }

  enum Change { case added(Order), reduced(Order), removed(Order) }

  /// The next packets of the snapshot flow: one instrument's.
  private mutating func sendSnapshot() {
    if turn.isEmpty {
      turn = Array(0..<instrumentCount)
      turnPacket = 1
    }
    let isFirst = turn.count == instrumentCount
    sendSnapshot(of: turn.removeFirst(), isFirst: isFirst)
  }

  // MARK: - The truth

  func symbol(_ instrument: Int) -> String {
    switch venue {
    case .cme: "ES\(instrument)"
    case .nyse: "SYM\(instrument)"
    case .coinbase: "BIT-\(instrument)"
    case .eobi: "#\(5_000 + instrument)"
    }
  }

  /// The book of each symbol. EOBI orders have no number, CME's levels no orders: theirs are left out.
  var books: [String: Book] {
    var books: [String: Book] = [:]
    for instrument in 0..<instrumentCount {
      let hasOrders = venue == .nyse || venue == .coinbase
      books[symbol(instrument)] = book(orders[instrument], hasOrders: hasOrders)
      if venue == .cme { books[symbol(instrument) + " MBO"] = book(orders[instrument], hasOrders: true) }
    }
    return books
  }

  private func book(_ orders: [Order], hasOrders: Bool) -> Book {
    func side(_ isSell: Bool) -> [Level] {
      var levels: [Level] = []
      for price in Set(orders.filter { $0.isSell == isSell }.map(\.price)).sorted() {
        let here = orders.filter { $0.isSell == isSell && $0.price == price }
        levels.append(
          Level(
            price: Int32(price), quantity: UInt32(here.reduce(0) { $0 + $1.quantity }),
            orders: hasOrders ? here.map(\.reference) : []))
      }
      return isSell ? levels : levels.reversed()
    }
    return Book(buys: side(false), sells: side(true))
  }
}
