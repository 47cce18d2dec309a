// Any bytes as a SoupBinTCP stream of OUCH 5.0: framing, the layouts, the typed messages and the order state agree on
// what is a message, and after replies of any content the open shares of each position are those of its open orders.
@testable import FeedCore

private let settings: Settings = {
  var settings = Settings()
  settings.venues = [VenueSettings(name: "v")]
  return settings
}()
nonisolated(unsafe) private var tracker = OrderTracker(settings: settings, shard: 0, venueCount: 1, capacity: 16)
nonisolated(unsafe) private var positions = PositionTable(groupCapacity: 4)

func fuzzOUCHDecoder(_ input: UnsafeRawBufferPointer) {
  guard input.count >= 1 else { return }
  let bytes = Array(input[1...])
  let isClient = input[0] & 1 == 0
  openOrders()
  bytes.withUnsafeBytes { stream in
    var framer = SoupBinTCPFramer(stream)
    var framed = 0
    while let packet = framer.next() {
      precondition(packet.offset == framed, "packets follow one another")
      framed += 3 + packet.payload.count
      // A copy that ends where the message does, so that the address sanitizer sees a read beyond it.
      Array(packet.payload).withUnsafeBytes { examine($0, isClient: isClient) }
    }
    precondition(framer.consumed == framed && framed <= stream.count)
    precondition(framer.end != .whole || framed == stream.count, "bytes left, and nothing says so")
  }
}

/// Eight orders that the replies may be about: UserRefNum 1 ... 8, 100 shares each.
private func openOrders() {
  for number in 1...8 as ClosedRange<UInt32> where tracker.openOrder(venue: 0, userRefNum: number) == nil {
    guard tracker.hasRoom(for: 1) else { return }
    let side: Side = number & 1 == 0 ? .buy : .sell
    let intent = OrderIntent(group: number & 3, venue: 0, side: side, quantity: 100, limitPrice: 100_000)
    positions.update(intent.group) { $0.reserve(side, quantity: 100, price: 10_000_000_000) }
    tracker.orderSent(
      AdmittedOrder(
        intent: intent, symbol: Symbol("SYM0")!, venueSymbol: Symbol("SYM0")!, price: 10_000_000_000, price4: 100_000,
        sideCharacter: UInt8(ascii: side == .buy ? "B" : "S")), userRefNum: number)
  }
}

private func examine(_ message: UnsafeRawBufferPointer, isClient: Bool) {
  let description = isClient ? OUCH50Layouts.inbound : OUCH50Layouts.outbound
  let verdict = description.verdict(of: message)
  precondition((description.read(message) != nil) == verdict.isReadable)
  if let reader = description.read(message) {
    let values = reader.values()
    // AIQ Canceled is readable without its last byte (the older text's 31 bytes): that field is not there then.
    let whole = reader.layout.fields.filter { $0.offset + $0.size <= message.count }
    precondition(values.count >= whole.count, "every field of a readable message reads")
    if let appendage = reader.layout.appendageBytes(of: message) {
      var elements = OptionElements(appendage)
      var length = 0
      while let element = elements.next() {
        length += 2 + element.value.count
        if let option = description.option(ofTag: element.tag) {
          _ = MessageReader.value(of: option, in: element, description.byteOrder)
        }
      }
      precondition(length == appendage.count || elements.isMalformed, "options neither read nor refused")
    }
  }
  guard let base = message.baseAddress else { return }
  let form =
    isClient
    ? OUCH50.formOfClientMessage(base, length: message.count)
    : OUCH50.formOfServerMessage(base, length: message.count)
  if form == .wellFormed {
    precondition(verdict.isReadable, "a typed message that its layout cannot read: \(verdict)")
  }
  if isClient {
    if form == .wellFormed, message[0] == OUCH50.EnterOrder.type {
      let order = OUCH50.EnterOrder(unchecked: base)
      precondition(order.userRefNum == base.bigEndian(UInt32.self, at: 1))
    }
    return
  }
  let open = tracker.openOrderCount
  let outcome = tracker.apply(base, length: message.count, venue: 0, at: 1, positions: &positions)
  if form != .wellFormed {
    precondition(outcome.record == nil && tracker.openOrderCount == open, "a malformed reply changed an order")
  }
  checkOpenShares()
}

/// What positions count as open is the sum of the open orders.
private func checkOpenShares() {
  for group in 0..<4 as Range<GroupIndex> {
    var (buy, sell) = (UInt64(0), UInt64(0))
    tracker.forEachOpenOrder { order in
      guard order.group == group else { return }
      if order.side == .buy { buy += UInt64(order.openQuantity) } else { sell += UInt64(order.openQuantity) }
    }
    let position = positions.position(of: group)
    precondition(position.openBuy == buy && position.openSell == sell, "open shares of group \(group) do not add up")
  }
}
