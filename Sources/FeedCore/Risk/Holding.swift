/// Of a position what an order is judged by: shares held and open, and what they are valued at.
struct Holding: BitwiseCopyable, Sendable, Equatable {
  /// Shares, negative = short.
  var shares: Int64 = 0
  /// Shares of open orders.
  var openBuy: UInt64 = 0
  var openSell: UInt64 = 0
  /// Price of the last order admitted, nanodollars.
  var exposurePrice: Nanodollars = 0

  /// Nanodollars of |shares| and all open orders at `exposurePrice`.
  ///
  /// Long and short open orders add up: they may fill on one side only.
  @inline(__always)
  var exposure: Int128 {
    let (open, overflowed) = openBuy.addingReportingOverflow(openSell)
    let (all, overflowedToo) = open.addingReportingOverflow(shares.magnitude)
    if unlikely(overflowed || overflowedToo) { return wideExposure }
    return Int128(all) * Int128(exposurePrice)
  }

  /// |shares| and open orders of 64 bits times a price below 2^48 stay below 2^114.
  @inline(never)
  private var wideExposure: Int128 {
    (Int128(shares.magnitude) + Int128(openBuy) + Int128(openSell)) * Int128(exposurePrice)
  }

  /// Counts `quantity` shares as open.
  @inline(__always)
  mutating func reserve(_ side: Side, quantity: UInt32, price: Nanodollars) {
    exposurePrice = price
    open(side, quantity: quantity)
  }

  @inline(__always)
  mutating func open(_ side: Side, quantity: UInt32) {
    switch side {
    case .buy: openBuy &+= UInt64(quantity)
    case .sell: openSell &+= UInt64(quantity)
    }
  }
}
