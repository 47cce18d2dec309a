/// Numbers orders and writes their bytes: one OUCH session per venue of one shard. Knows nothing of how bytes travel.
struct OrderEncoder {
  private let shard: Int
  private let firm: UInt32?
  /// Next UserRefNum per venue: day-unique and strictly increasing, from 1.
  private let nextUserRefNum: Storage<UInt64>
  /// Next number of an order of this shard, over all venues, and the ClOrdID that shows it.
  private var nextOrderNumber: UInt64 = 1
  private var nextClOrdID: ClOrdID

  /// - Parameter firm: OUCH Firm (MPID); blank or not one to four characters = the port's default.
  init(shard: Int, venueCount: Int, firm: String) {
    self.shard = shard
    self.firm = Self.packed(firm)
    nextClOrdID = ClOrdID(shard: shard, orderNumber: nextOrderNumber)
    nextUserRefNum = Storage(capacity: venueCount, hugePages: false)
    for venue in 0..<venueCount { nextUserRefNum[venue] = 1 }
  }

  private static func packed(_ firm: String) -> UInt32? {
    guard firm.utf8.count <= 4, let symbol = Symbol(firm) else { return nil }
    return UInt32(truncatingIfNeeded: symbol.packed >> 32)
  }

  /// The number of the next order at `venue`.
  @inline(__always)
  func nextUserRefNum(at venue: VenueIndex) -> UInt32 { UInt32(truncatingIfNeeded: nextUserRefNum[Int(venue)]) }

  /// Whether two more orders at `venue` can be numbered.
  func hasNumbers(at venue: VenueIndex) -> Bool {
    nextUserRefNum[Int(venue)] + 1 <= UInt64(UInt32.max) && nextOrderNumber + 1 <= ClOrdID.maximumOrderNumber
  }

  /// Writes Enter Order for `order` and uses up its numbers.
  ///
  /// Immediate or cancel, displayed, principal, continuous market, no intermarket sweep.
  ///
  /// - Parameter buffer: `OUCH50.maximumMessageLength` bytes.
  /// - Precondition: `hasNumbers(at:)`.
  mutating func encodeEnter(
    _ order: borrowing AdmittedOrder, into buffer: UnsafeMutableRawPointer
  ) -> (length: Int, userRefNum: UInt32) {
    OrderCode.encodeEnter.mark()
    let venue = Int(order.intent.venue)
    let userRefNum = UInt32(truncatingIfNeeded: nextUserRefNum[venue])
    nextUserRefNum[venue] += 1
    let clOrdID = nextClOrdID
    nextOrderNumber += 1
    if !nextClOrdID.countUp() { nextClOrdID = ClOrdID(shard: shard, orderNumber: nextOrderNumber) }
    let message = OUCH50.EnterOrder(
      userRefNum: userRefNum, side: order.sideCharacter, quantity: order.intent.quantity, symbol: order.venueSymbol,
      price: order.price4, timeInForce: OUCH50.TimeInForce.immediateOrCancel, display: UInt8(ascii: "Y"),
      capacity: UInt8(ascii: "P"), interMarketSweepEligibility: UInt8(ascii: "N"), crossType: UInt8(ascii: "N"),
      clOrdID: clOrdID, firm: firm)
    return (message.encode(into: buffer), userRefNum)
  }
}
