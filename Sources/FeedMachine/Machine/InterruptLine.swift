/// An interrupt of a device.
public struct InterruptLine: Equatable, Sendable {
  public var number: Int
  /// Who handles it: "mlx5_comp3@pci:0000:3b:00.0".
  public var name: String
  /// CPUs that it may arrive at.
  public var cpus: CPUSet
  /// `/proc` path of that list.
  public var path: String { "/proc/irq/\(number)/smp_affinity_list" }
}
