/// A probability in billionths: exact in text, and drawn with integers only, so that every machine draws alike.
public struct Probability: Sendable, Equatable {
  public static let never = Probability(billionths: 0)
  public static let one: Int64 = 1_000_000_000
  /// 0 ... 1,000,000,000.
  public let billionths: Int64

  /// Values outside 0 ... 1 are clamped.
  public init(billionths: Int64) { self.billionths = min(max(billionths, 0), Self.one) }
  public init(partsPerMillion: Int64) { self.init(billionths: partsPerMillion * 1_000) }
}
