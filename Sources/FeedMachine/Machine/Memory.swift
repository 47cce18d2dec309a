/// Memory of the whole machine.
public struct Memory: Equatable, Sendable {
  public var totalKilobytes: Int?
  public var availableKilobytes: Int?
  /// 0: no swap.
  public var swapKilobytes: Int?
  /// Chosen words of `/sys/kernel/mm/transparent_hugepage`.
  public var transparentHugePages: String?
  public var transparentHugePageDefragmentation: String?
  /// 1: same-page merging runs.
  public var pageMerging: Int?
  public init() {}
}
