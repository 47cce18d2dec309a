import FeedCore

/// What one shard gets of the firm-wide limits: its part in integers, rounded down, so that the parts never add up to
/// more than the limit.
public struct RiskAllotment: Sendable, Equatable {
  /// Nanodollars.
  public var maximumGrossExposure: Nanodollars
  public var ordersPerSecond: UInt32
  public var orderBurst: UInt32

  /// One entry per shard: limit × allotment / 1,000,000, or limit / shards where no allotment is given.
  ///
  /// - Precondition: `risk.shardAllotment`, where given, has an entry per shard, which every loaded configuration has.
  public static func all(of settings: Settings) -> [RiskAllotment] {
    let risk = settings.risk
    precondition(risk.shardAllotment.map { $0.count == settings.shardCount } ?? true, "one allotment per shard")
    return (0..<settings.shardCount).map { shard in
      func part(_ limit: Int64) -> Int64 {
        guard let allotment = risk.shardAllotment else { return limit / Int64(settings.shardCount) }
        // The product may pass 64 bits; the quotient does not, for an allotment is at most 1,000,000.
        return Int64(1_000_000).dividingFullWidth(limit.multipliedFullWidth(by: Int64(allotment[shard]))).quotient
      }
      return RiskAllotment(
        maximumGrossExposure: part(risk.maximumGrossExposure),
        ordersPerSecond: UInt32(part(Int64(risk.ordersPerSecond))),
        orderBurst: UInt32(part(Int64(risk.orderBurst))))
    }
  }
}
