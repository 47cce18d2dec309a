import FeedCore

extension Settings {
  /// Bytes that an order takes in a capture at least: an Add Order of 36 bytes behind its block length of 2.
  private static let bytesPerOrder = 38
  /// Levels that the arena gives to the side of a book at least; and a side that grows leaves smaller blocks behind,
  /// which together are no larger than this many times its orders.
  private static let levelsPerOrder = 8
  /// Least capacity that the configuration allows.
  private static let leastCapacity = 1_024

  /// The same settings with tables no larger than a capture of `byteCount` bytes can fill: a small capture starts
  /// at once, without touching hundreds of megabytes. Never above what was configured; results do not change.
  public func fitted(toCaptureBytes byteCount: Int) -> Settings {
    var fitted = self
    let orders = max(Self.leastCapacity, byteCount / Self.bytesPerOrder)
    fitted.capacity.liveOrders = min(capacity.liveOrders, orders)
    // Every level holds an order, so there are no more levels than orders were ever added.
    fitted.capacity.priceLevels = min(capacity.priceLevels, orders * Self.levelsPerOrder)
    return fitted
  }
}
