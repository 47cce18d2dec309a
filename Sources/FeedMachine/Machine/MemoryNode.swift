/// Memory of a NUMA node, or of a machine without nodes (number 0).
public struct MemoryNode: Equatable, Sendable {
  public var number: Int
  public var cpus: CPUSet
  /// Smallest page size first.
  public var hugePages: [HugePages] = []

  public init(number: Int, cpus: CPUSet) {
    self.number = number
    self.cpus = cpus
  }
}

/// Huge pages of one size on one node.
public struct HugePages: Equatable, Sendable {
  public var pageKilobytes: Int
  public var total: Int
  public var free: Int
  /// `/sys` path of the number of pages.
  public var countPath: String
}

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
