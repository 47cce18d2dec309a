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
