/// One opportunity the reference found, or the truth file's row about it. Times are Unix nanoseconds of capture,
/// money is nanodollars.
public struct TruthOpportunity: Sendable, Equatable {
  public enum End: String, Sendable {
    /// The edge, or the quantity that has it, fell below the minimum.
    case edgeGone
    /// One of the two books was no longer trading.
    case bookNotOk
    /// The capture ended first.
    case endOfInput
  }
  public var symbol: String
  public var buyVenue: String
  public var sellVenue: String
  public var beginNanoseconds: UInt64
  public var peakNanoseconds: UInt64 = 0
  public var endNanoseconds: UInt64 = 0
  /// Greatest edge per share at the best prices; all that follows is at the packet that first reached it.
  public var maximumEdge: Int64 = 0
  public var quantity: UInt64 = 0
  public var notional: Int128 = 0
  public var gain: Int128 = 0
  public var buyPrice: Int64 = 0
  public var sellPrice: Int64 = 0
  public var end = End.edgeGone
  /// The generator planted a dislocation of this stock between these venues within this time.
  public var isPlanted = false

  public static let header =
    "symbol\tbuyVenue\tsellVenue\tbeginNanoseconds\tpeakNanoseconds\tendNanoseconds\tmaximumEdge\tquantity\tnotional"
    + "\tgain\tbuyPrice\tsellPrice\tend\tplanted"

  /// The row in the columns of `header`, without the line's end.
  public var line: String {
    "\(symbol)\t\(buyVenue)\t\(sellVenue)\t\(beginNanoseconds)\t\(peakNanoseconds)\t\(endNanoseconds)"
      + "\t\(maximumEdge)\t\(quantity)\t\(notional)\t\(gain)\t\(buyPrice)\t\(sellPrice)\t\(end.rawValue)"
      + "\t\(isPlanted ? 1 : 0)"
  }
}
