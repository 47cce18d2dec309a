import FeedCore

/// What a venue's snapshot server says of a channel: kept up to date message by message, with offsets of its own.
///
/// An order is the message that added it, with its size, price and number as they stand now, so that an image is those
/// messages in the order in which their orders stand in their queues. Of everything that is no order and no trade the
/// last message for each instrument is kept.
struct SnapshotImage {
  private struct Order {
    var rank: UInt64
    var message: [UInt8]
  }

  let feedProtocol: FeedProtocol
  /// Cboe: whether images tell trading states; the sheet promises Add Order messages alone.
  var tellsStatus = true
  private var orders: [UInt64: Order] = [:]
  private var status: [[UInt8]: (rank: UInt64, message: [UInt8])] = [:]
  private var rank: UInt64 = 0

  init(_ feedProtocol: FeedProtocol) { self.feedProtocol = feedProtocol }

  var messages: [[UInt8]] {
    let told = tellsStatus ? status.values.sorted { $0.rank < $1.rank }.map(\.message) : []
    return told + orders.values.sorted { $0.rank < $1.rank }.map(\.message)
  }

  mutating func apply(_ message: [UInt8]) {
    rank += 1
    switch feedProtocol {
    case .itch50: applyITCH(message)
    case .pitch: applyPITCH(message)
    case .memxDepth: applyMEMOIR(message)
    // NYSE's refreshes are of single symbols: `XDPImage`.
    case .nyseIntegrated: break
    default: applyDEEPPlus(message)
    }
  }

  private func integer(_ message: [UInt8], _ offset: Int, _ length: Int) -> UInt64 {
    let isBig = feedProtocol == .itch50 || feedProtocol == .memxDepth
    return isBig ? message.big(offset, length) : message.little(offset, length)
  }

  private func store(_ value: UInt64, in message: inout [UInt8], _ offset: Int, _ length: Int) {
    var bytes: [UInt8] = []
    let isBig = feedProtocol == .itch50 || feedProtocol == .memxDepth
    if isBig { bytes.appendBig(value, length) } else { bytes.appendLittle(value, length) }
    message.replaceSubrange(offset..<offset + length, with: bytes)
  }

  private mutating func add(_ reference: UInt64, _ message: [UInt8]) {
    orders[reference] = Order(rank: rank, message: message)
  }

  /// Takes shares off an order, whose own stand at `at` in the message that added it.
  private mutating func reduce(_ reference: UInt64, by shares: UInt64, at: (offset: Int, length: Int)) {
    guard var order = orders[reference] else { return }
    let left = integer(order.message, at.offset, at.length)
    if shares >= left {
      orders[reference] = nil
    } else {
      store(left - shares, in: &order.message, at.offset, at.length)
      orders[reference] = order
    }
  }

  private mutating func keep(_ key: [UInt8], _ message: [UInt8]) { status[key] = (rank, message) }

  // MARK: - Protocols

  /// "GLIMPSE 5.0", contents: S, R, H, Y, h, then A and F.
  private mutating func applyITCH(_ message: [UInt8]) {
    switch message[0] {
    case UInt8(ascii: "A"), UInt8(ascii: "F"): add(message.big(11, 8), message)
    case UInt8(ascii: "E"), UInt8(ascii: "C"), UInt8(ascii: "X"):
      reduce(message.big(11, 8), by: message.big(19, 4), at: (20, 4))
    case UInt8(ascii: "D"): orders[message.big(11, 8)] = nil
    case UInt8(ascii: "U"):
      guard var order = orders.removeValue(forKey: message.big(11, 8)) else { return }
      order.message.replaceSubrange(11..<19, with: message[19..<27])
      order.message.replaceSubrange(20..<24, with: message[27..<31])
      order.message.replaceSubrange(32..<36, with: message[31..<35])
      add(message.big(19, 8), order.message)
    case UInt8(ascii: "S"): keep(message, message)
    case UInt8(ascii: "R"), UInt8(ascii: "H"), UInt8(ascii: "Y"), UInt8(ascii: "h"):
      keep(Array(message[..<3]), message)
    default: break
    }
  }

  private mutating func applyPITCH(_ message: [UInt8]) {
    let id = message.count >= 14 ? message.little(6, 8) : 0
    func shares(_ added: [UInt8]) -> (Int, Int) { added[1] == 0x22 ? (15, 2) : (15, 4) }
    switch message[1] {
    case 0x21, 0x22, 0x2F: add(id, message)
    case 0x23, 0x25, 0x26:
      guard let order = orders[id] else { return }
      reduce(id, by: message.little(14, message[1] == 0x26 ? 2 : 4), at: shares(order.message))
    case 0x24:
      guard let order = orders[id] else { return }
      let at = shares(order.message)
      reduce(id, by: order.message.little(at.0, at.1) - message.little(18, 4), at: at)
    case 0x27, 0x28: modifyPITCH(id, message)
    case 0x29: orders[id] = nil
    case 0x31: keep(Array(message[6..<14]), message)
    case 0x97: orders = [:]
    default: break
    }
  }

  /// The new size and price may not fit into the message that added the order: then it becomes an expanded one.
  private mutating func modifyPITCH(_ id: UInt64, _ message: [UInt8]) {
    guard let order = orders[id] else { return }
    let isShort = message[1] == 0x28
    let size = message.little(14, isShort ? 2 : 4)
    let price = isShort ? message.little(16, 2) * 100 : message.little(18, 8)
    let keepsPlace = message[message.count - 1] & 2 != 0
    let added = order.message
    var long: [UInt8] = [41, 0x2F] + added[2..<15]
    long.appendLittle(size, 4)
    let symbol = added[1] == 0x22 ? Array(added[17..<23]) : Array(added[19..<(added[1] == 0x2F ? 27 : 25)])
    long += symbol + [UInt8](repeating: 0x20, count: 8 - symbol.count)
    long.appendLittle(price, 8)
    long += [1, 0x20, 0x20, 0x20, 0x20, 0x20]
    orders[id] = Order(rank: keepsPlace ? order.rank : rank, message: long)
  }

  private mutating func applyMEMOIR(_ message: [UInt8]) {
    let id = message.count >= 24 ? message.big(16, 8) : 0
    switch message[2] {
    case 10: add(id, message)
    case 11: orders[id] = nil
    case 12: reduce(id, by: message.big(24, 4), at: (25, 4))
    case 13: reduce(id, by: message.big(32, 4), at: (25, 4))
    case 1, 2, 3: keep([message[2], message[14], message[15]], message)
    case 5: keep([message[2]], message)
    case 18: orders = orders.filter { $0.value.message[14..<16] != message[14..<16] }
    default: break
    }
  }

  private mutating func applyDEEPPlus(_ message: [UInt8]) {
    let id = message.count >= 26 ? message.little(18, 8) : 0
    switch message[0] {
    case UInt8(ascii: "a"): add(id, message)
    case UInt8(ascii: "M"):
      guard var order = orders[id] else { return }
      order.message.replaceSubrange(26..<38, with: message[26..<38])
      if message[1] & 1 == 0 { order.rank = rank }
      orders[id] = order
    case UInt8(ascii: "R"): orders[id] = nil
    case UInt8(ascii: "L"): reduce(id, by: message.little(26, 4), at: (26, 4))
    case UInt8(ascii: "S"): keep(message, message)
    case UInt8(ascii: "D"), UInt8(ascii: "H"), UInt8(ascii: "O"), UInt8(ascii: "P"):
      keep([message[0]] + message[10..<18], message)
    default: break
    }
  }
}
