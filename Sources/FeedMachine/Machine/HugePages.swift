/// Huge pages of one size on one node.
public struct HugePages: Equatable, Sendable {
  public var pageKilobytes: Int
  public var total: Int
  public var free: Int
  /// `/sys` path of the number of pages.
  public var countPath: String
}
