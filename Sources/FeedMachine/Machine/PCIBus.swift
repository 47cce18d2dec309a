/// Network cards on the PCI bus, bound to the kernel or not, and what keeps them to their own memory.
public struct PCIBus: Equatable, Sendable {
  public struct Device: Equatable, Sendable {
    /// "0000:3b:00.0"
    public var address: String
    public var driver: String?
    /// Memory node; -1 and unknown are nil.
    public var node: Int?
    public var iommuGroup: String?
    public var vendor: String?
  }

  /// Ethernet controllers (class 0x0200).
  public var devices: [Device] = []
  /// Groups of `/sys/kernel/iommu_groups`; 0: the IOMMU is off or not there.
  public var iommuGroupCount: Int?
  /// vfio without an IOMMU is allowed.
  public var isVfioWithoutIOMMU: Bool?
  /// vfio-pci is loaded.
  public var hasVfio = false
  public init() {}

  public func device(_ address: String) -> Device? { devices.first { $0.address == address } }
}
