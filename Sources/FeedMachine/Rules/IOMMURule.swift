/// vfio can hand a port to DPDK.
enum IOMMURule: TuningRule {
  static let name = "iommu"
  private static let reason = """
    vfio-pci needs an IOMMU, and pass-through (iommu=pt) keeps it out of the way of the kernel's own cards. Cards of \
    Mellanox (mlx5) stay with the kernel's driver and need neither.
    """

  static func findings(_ machine: Machine, _ goal: TuningGoal) -> [Finding] {
    let addresses = goal.ports.compactMap(\.pciAddress)
    let devices =
      goal.ports.isEmpty ? machine.pci.devices : machine.pci.devices.filter { addresses.contains($0.address) }
    if devices.isEmpty { return [] }
    if devices.allSatisfy({ $0.driver == "mlx5_core" || $0.driver == "mlx4_core" }) {
      return [.good(name, "machine", "not needed by \(devices.map(\.address).joined(separator: ", "))", reason)]
    }
    guard let groups = machine.pci.iommuGroupCount else { return [.unknown(name, "machine", reason)] }
    if groups > 0 {
      return [.good(name, "machine", "\(groups) groups", reason)]
    }
    if machine.isVirtual == true {
      if machine.pci.isVfioWithoutIOMMU == true {
        return [.good(name, "machine", "vfio works without one", reason)]
      }
      return [
        .advice(
          name, "machine", is: "no groups, as in most virtual machines", wanted: "vfio without IOMMU",
          "\(reason) Without one the card can write anywhere in this machine's memory.", .byHand,
          commands: ["modprobe vfio enable_unsafe_noiommu_mode=1"], undo: ["modprobe -r vfio"])
      ]
    }
    if machine.processor.architecture == .arm {
      return [
        .advice(
          name, "machine", is: "no groups: off", wanted: "on, pass-through", reason, .byHand,
          commands: ["switch the SMMU on in the firmware, with iommu.passthrough=1 on the kernel's command line"],
          undo: ["switch it off there"])
      ]
    }
    let words = machine.processor.model?.contains("AMD") == true ? "amd_iommu=on iommu=pt" : "intel_iommu=on iommu=pt"
    return [
      .advice(
        name, "machine", is: "no groups: off", wanted: "on, pass-through", reason, .boot, commands: [words], undo: [])
    ]
  }
}
