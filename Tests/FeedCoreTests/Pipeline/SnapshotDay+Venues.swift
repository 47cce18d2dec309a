@testable import FeedCore

/// How each venue writes it, byte by byte from the sheets.
extension SnapshotDay {
  private static var tick: Int64 { 250_000_000 }
  private static var seconds: UInt32 { 1_700_000_000 }
  private var nyseSide: (Order) -> Character { { $0.isSell ? "S" : "B" } }

  /// The day's first packets: with them the channel begins at its first number.
  mutating func begin() {
    switch venue {
    case .cme: sendDefinitions()
    case .nyse:
      var messages = [NYSE.time(Self.seconds)]
      for instrument in 0..<instrumentCount {
        messages.append(NYSE.mapping(UInt32(100 + instrument), symbol(instrument)))
        messages.append(opening(instrument))
      }
      sendNYSE(messages)
    case .coinbase:
      for instrument in 0..<instrumentCount {
        let body = definition(instrument)
        sendCoinbase(instrument, template: 10, body)
      }
    case .eobi:
      for instrument in 0..<instrumentCount {
        // InstrumentStateChange: SecurityID 8, SecurityTradingStatus 17.
        sendEOBI([
          (13_301, LittleBytes().i64(Int64(5_000 + instrument)).u8(0).u8(203).pad(38).bytes)
        ])
      }
    }
  }

  mutating func sendDefinitions() {
    if venue != .cme { return }
    definitionPacket = 1
    for instrument in 0..<instrumentCount {
      let message = CMEBytes.future(Int32(100 + instrument), symbol(instrument), tick: Self.tick)
      send(.definition, LittleBytes().u32(definitionPacket).u64(time).and(message).bytes)
      definitionPacket += 1
    }
  }

  // MARK: - Live

  mutating func sendChange(_ instrument: Int, _ change: Change, _ before: [Order]) {
    switch venue {
    case .cme: sendCME(instrument, change, before)
    case .nyse:
      let index = UInt32(100 + instrument)
      switch change {
      case .added(let order):
        sendNYSE([NYSE.add(index, order.reference, nyseSide(order), UInt32(order.quantity), Int32(order.price))])
      case .reduced(let order):
        sendNYSE([NYSE.modify(index, order.reference, UInt32(order.quantity), Int32(order.price))])
      case .removed(let order): sendNYSE([NYSE.delete(index, order.reference)])
      }
    case .coinbase:
      switch change {
      case .added(let order), .reduced(let order):
        sendCoinbase(
          instrument, template: 20, isSell: order.isSell,
          LittleBytes().u64(order.reference).i64(order.price * 10_000_000).i32(order.quantity).bytes)
      case .removed(let order):
        sendCoinbase(instrument, template: 21, isSell: order.isSell, LittleBytes().u64(order.reference).bytes)
      }
    case .eobi:
      let security = Int64(5_000 + instrument)
      switch change {
      case .added(let order), .reduced(let order):
        sendEOBI([
          (
            13_100,
            LittleBytes().u64(1).i64(security).u64(order.reference).i32(order.quantity).u8(order.isSell ? 2 : 1)
              .u8(255).pad(2).i64(order.price * 1_000).bytes
          )
        ])
      case .removed(let order):
        sendEOBI([
          (
            13_104,
            LittleBytes().u8(order.isSell ? 2 : 1).u8(255).u8(255).pad(5).i64(order.price * 1_000)
              .u64(order.reference).i64(security).u32(7).i32(order.quantity).i64(order.price * 1_000).bytes
          )
        ])
      }
    }
  }

  /// The change of the level, by position, and the order's: one event of the venue's.
  private mutating func sendCME(_ instrument: Int, _ change: Change, _ before: [Order]) {
    let order: Order
    let action: UInt8
    switch change {
    case .added(let it): (order, action) = (it, 0)
    case .reduced(let it): (order, action) = (it, 1)
    case .removed(let it): (order, action) = (it, 2)
    }
    func prices(_ orders: [Order]) -> [Int64] {
      let prices = Set(orders.filter { $0.isSell == order.isSell }.map(\.price)).sorted()
      return order.isSell ? prices : prices.reversed()
    }
    let (old, new) = (prices(before), prices(orders[instrument]))
    let levelAction: UInt8 = new.count > old.count ? 0 : new.count < old.count ? 2 : 1
    let position = UInt8((levelAction == 2 ? old : new).firstIndex(of: order.price)! + 1)
    let size = orders[instrument].filter { $0.isSell == order.isSell && $0.price == order.price }
      .reduce(0) { $0 + $1.quantity }
    let security = Int32(100 + instrument)
    let type: Character = order.isSell ? "1" : "0"
    let raw = order.price * Self.tick
    let level = CMEBytes.book([CMEBytes.level(security, type, position, levelAction, raw, size)], CMEBytes.open)
    let detail = CMEBytes.orders([CMEBytes.order(order.reference, security, type, action, raw, order.quantity)])
    send(.live, LittleBytes().u32(number).u64(time).and(level).and(detail).bytes)
    number += 1
  }

  private mutating func sendNYSE(_ messages: [[UInt8]]) {
    send(.live, Wire.xdp(number, messages))
    number += UInt32(messages.count)
  }

  private mutating func sendCoinbase(
    _ instrument: Int, template: UInt16, isSell: Bool = false, _ fields: [UInt8]
  ) {
    let header = LittleBytes().u8(3).u8(isSell ? 0xFF : 1).i32(Int32(200 + instrument)).u32(own[instrument]).pad(4)
      .u64(time)
    own[instrument] += 1
    send(.live, coinbasePacket(flags: 1, instrument: 0, [coinbaseMessage(template, header.and(fields).bytes)]))
    number += 1
  }

  private func coinbaseMessage(_ template: UInt16, _ block: [UInt8]) -> [UInt8] {
    let padding = (8 - (10 + block.count) % 8) % 8
    return LittleBytes().u16(UInt16(10 + block.count + padding)).u16(UInt16(block.count)).u16(template).u16(1_201)
      .u16(2).and(block).pad(padding).bytes
  }

  private func coinbasePacket(
    flags: UInt8, instrument: Int32, number: UInt32? = nil, _ messages: [[UInt8]]
  ) -> [UInt8] {
    LittleBytes().u64(time).u64(UInt64(number ?? self.number)).u16(9).u8(flags).u8(UInt8(messages.count))
      .i32(instrument).and(messages.flatMap { $0 }).bytes
  }

  /// Of 10, behind the instrument header: symbol 22, priceIncrement 86; tradingStatus 155.
  private func definition(_ instrument: Int) -> [UInt8] {
    LittleBytes().text(symbol(instrument), 24).pad(40).i64(10_000_000).pad(61).u8(1).pad(2).bytes
  }

  private mutating func sendEOBI(_ messages: [(template: UInt16, body: [UInt8])]) {
    var packet = Wire.eobiHeader(segment: 7, time: 1_512_380_000_000_000_000 + time % 1_000_000_000_000)
    for message in messages {
      packet += Wire.eobiMessage(number, message.body, template: message.template)
      number += 1
    }
    send(.live, packet)
  }

  // MARK: - Snapshots

  /// One instrument's snapshot as of now. `isFirst`: the turn begins.
  mutating func sendSnapshot(of instrument: Int, isFirst: Bool) {
    let list = orders[instrument]
    switch venue {
    case .cme: sendCMESnapshot(instrument, list)
    case .nyse: sendRefresh(instrument, list)
    case .coinbase: sendCoinbaseSnapshot(instrument, list)
    case .eobi: sendEOBISnapshot(instrument, list, isFirst: isFirst)
    }
  }

  private mutating func sendCMESnapshot(_ instrument: Int, _ list: [Order]) {
    let security = Int32(100 + instrument)
    let reports = UInt32(instrumentCount)
    var levels: [(Character, Int64, Int32)] = []
    for isSell in [false, true] {
      let prices = Set(list.filter { $0.isSell == isSell }.map(\.price)).sorted()
      for price in isSell ? prices : prices.reversed() {
        let size = list.filter { $0.isSell == isSell && $0.price == price }.reduce(0) { $0 + $1.quantity }
        levels.append((isSell ? "1" : "0", price * Self.tick, size))
      }
    }
    sendCMEPacket(CMEBytes.snapshot(security, through: number - 1, reports: reports, levels))
    let entries = list.map { ($0.reference, ($0.isSell ? "1" : "0") as Character, $0.price * Self.tick, $0.quantity) }
    let chunks = stride(from: 0, to: max(1, entries.count), by: 7).map {
      Array(entries[$0..<min($0 + 7, entries.count)])
    }
    for (part, chunk) in chunks.enumerated() {
      sendCMEPacket(
        CMEBytes.orderSnapshot(
          security, part: UInt32(part + 1), of: UInt32(chunks.count), through: number - 1, reports: reports, chunk))
    }
  }

  private mutating func sendCMEPacket(_ message: [UInt8]) {
    send(.snapshot, LittleBytes().u32(turnPacket).u64(time).and(message).bytes)
    turnPacket += 1
  }

  /// Security status "E": early session begins, so that the symbol trades; no halt, no restriction.
  private func opening(_ instrument: Int) -> [UInt8] {
    var body = Wire.little(Self.seconds) + Wire.little(UInt32(0))
    body += Wire.little(UInt32(100 + instrument)) + Wire.little(UInt32(1))
    body += [UInt8(ascii: "O"), UInt8(ascii: "~")] + [UInt8](repeating: 0, count: 21)
    body += [UInt8(ascii: "~"), UInt8(ascii: "O"), 0]
    return Wire.xdpMessage(34, body)
  }

  /// In one packet or two; the symbol's name, state and orders.
  private mutating func sendRefresh(_ instrument: Int, _ list: [Order]) {
    let index = UInt32(100 + instrument)
    var messages = [NYSE.mapping(index, symbol(instrument)), opening(instrument)]
    messages += list.map {
      NYSE.refresh(index, $0.reference, nyseSide($0), UInt32($0.quantity), Int32($0.price), seconds: Self.seconds)
    }
    let half = messages.count > 6 ? messages.count / 2 : messages.count
    let parts = half < messages.count ? [messages[..<half], messages[half...]] : [messages[...]]
    for (part, content) in parts.enumerated() {
      var head = Wire.little(UInt16(part + 1)) + Wire.little(UInt16(parts.count))
      if part == 0 { head += Wire.little(number - 1) + Wire.little(UInt32(0)) }
      let flag: UInt8 = parts.count == 1 ? 17 : part == 0 ? 18 : 20
      send(.snapshot, Wire.xdp(refreshNumber, [Wire.xdpMessage(35, head)] + content, flag: flag))
      refreshNumber += UInt32(content.count + 1)
    }
  }

  /// 110 with the definition, 120 each, 122; eight orders to a packet.
  private mutating func sendCoinbaseSnapshot(_ instrument: Int, _ list: [Order]) {
    let last = own[instrument] - 1
    // symbol 6 24, priceIncrement 70 8, orderCount 102 4, tradingStatus 113 1.
    var messages = [
      coinbaseMessage(
        110,
        LittleBytes().u16(0).u32(last).text(symbol(instrument), 24).pad(40).i64(10_000_000).pad(24)
          .u32(UInt32(list.count)).pad(7).u8(1).bytes)
    ]
    for (position, order) in list.enumerated() {
      messages.append(
        coinbaseMessage(
          120,
          LittleBytes().u16(UInt16(position + 1)).i32(order.isSell ? -order.quantity : order.quantity).u64(time)
            .u64(order.reference).i64(order.price * 10_000_000).bytes))
    }
    messages.append(
      coinbaseMessage(
        122, LittleBytes().u16(UInt16(list.count + 1)).pad(76).i64(.min).i64(.min).i64(.min).i64(.min).pad(50).bytes))
    for start in stride(from: 0, to: messages.count, by: 8) {
      let part = Array(messages[start..<min(start + 8, messages.count)])
      // Numbers near those of the channel, as on real bytes.
      send(
        .snapshot,
        coinbasePacket(flags: 2, instrument: Int32(200 + instrument), number: number + UInt32(start), part))
    }
  }

  private mutating func sendEOBISnapshot(_ instrument: Int, _ list: [Order], isFirst: Bool) {
    var messages: [(UInt16, [UInt8])] = []
    messages.append((13_600, LittleBytes().u32(number - 1).pad(12).bytes))
    // SecurityID 8, TotNoOrders 32, SecurityTradingStatus 35; 280 bytes.
    messages.append((
      13_601,
      LittleBytes().i64(Int64(5_000 + instrument)).pad(16).u16(UInt16(list.count)).u8(0).u8(203).pad(244).bytes
    ))
    for order in list {
      messages.append((
        13_602,
        LittleBytes().u64(order.reference).i32(order.quantity).u8(order.isSell ? 2 : 1).u8(255).pad(2)
          .i64(order.price * 1_000).bytes
      ))
    }
    for start in stride(from: 0, to: messages.count, by: 9) {
      var packet = Wire.eobiHeader(segment: 7, time: 1_512_380_000_000_000_000 + time % 1_000_000_000_000)
      for message in messages[start..<min(start + 9, messages.count)] {
        packet += Wire.eobiMessage(refreshNumber, message.1, template: message.0)
        refreshNumber += 1
      }
      send(.snapshot, packet)
    }
  }
}
