/// A dislocation that the generator planted: between these capture times of line A (Unix nanoseconds) the best bid
/// at one venue was above the best ask at another by at least `edge` nanodollars after fees.
public struct PlantedDislocation: Sendable, Equatable {
  public var symbol: String
  public var buyVenue: String
  public var sellVenue: String
  public var beginNanoseconds: UInt64
  public var endNanoseconds: UInt64
  public var edge: Int64
  public var quantity: Int
}
