/// The limits that one shard enforces by itself, with its share of those that hold firm-wide.
///
/// Shares are rounded down, so that the shards together never exceed the firm's limit. A share of zero refuses
/// everything; a burst share of one refuses every pair, which needs two tokens.
public struct ShardLimits: BitwiseCopyable, Sendable, Equatable {
  public var ordersEnabled: Bool
  public var maximumOrderQuantity: UInt32
  public var maximumOrderNotional: Nanodollars
  public var maximumPosition: Int64
  public var maximumSymbolExposure: Nanodollars
  /// This shard's share.
  public var maximumGrossExposure: Nanodollars
  public var collarPartsPerMillion: UInt32
  /// This shard's share.
  public var ordersPerSecond: UInt32
  /// This shard's share.
  public var orderBurst: UInt32
  public var duplicateWindowNanoseconds: UInt64
  public var marketHoursOnly: Bool
  public var killSwitch: Bool
  /// Capture time from which the kill switch is engaged.
  public var killAtNanoseconds: UInt64?

  /// - Parameter shard: 0 ..< `settings.shardCount`. A shard without an entry in `shardAllotment` gets nothing.
  public init(settings: Settings, shard: Int) {
    let risk = settings.risk
    ordersEnabled = settings.orders.enabled
    maximumOrderQuantity = min(risk.maximumOrderQuantity, OrderBounds.maximumQuantity)
    maximumOrderNotional = risk.maximumOrderNotional
    maximumPosition = risk.maximumPosition
    maximumSymbolExposure = risk.maximumSymbolExposure
    collarPartsPerMillion = risk.collarPartsPerMillion
    duplicateWindowNanoseconds = risk.duplicateWindowNanoseconds
    marketHoursOnly = risk.marketHoursOnly
    killSwitch = risk.killSwitch
    killAtNanoseconds = risk.killAtNanoseconds

    let numerator: Int128
    let denominator: Int128
    if let allotment = risk.shardAllotment {
      numerator = allotment.indices.contains(shard) ? Int128(min(allotment[shard], 1_000_000)) : 0
      denominator = 1_000_000
    } else {
      numerator = 1
      denominator = Int128(max(1, settings.shardCount))
    }
    func share(_ limit: Int64) -> Int64 { Int64(Int128(max(0, limit)) * numerator / denominator) }
    maximumGrossExposure = share(risk.maximumGrossExposure)
    ordersPerSecond = UInt32(share(Int64(risk.ordersPerSecond)))
    orderBurst = UInt32(share(Int64(risk.orderBurst)))
  }
}
