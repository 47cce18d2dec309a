/// Network cards: as the PCI bus has them, and as the kernel's interfaces.
extension MachineReader {
  mutating func readPCI() {
    var bus = PCIBus()
    let folder = "/sys/bus/pci/devices"
    for address in root.names(in: folder) {
      // Class 0x0200: Ethernet controller. Recorded machines may hold other devices, too.
      guard let kind = root.text("\(folder)/\(address)/class"), kind.hasPrefix("0x0200") else { continue }
      var device = PCIBus.Device(address: address)
      device.driver = root.linkName("\(folder)/\(address)/driver")
      device.node = root.integer("\(folder)/\(address)/numa_node").flatMap { $0 < 0 ? nil : $0 }
      device.iommuGroup = root.linkName("\(folder)/\(address)/iommu_group")
      device.vendor = root.text("\(folder)/\(address)/vendor")
      bus.devices.append(device)
    }
    if root.exists("/sys/kernel/iommu_groups") {
      bus.iommuGroupCount = root.names(in: "/sys/kernel/iommu_groups").count
    }
    bus.hasVfio = root.exists("/sys/bus/pci/drivers/vfio-pci")
    if let text = root.text("/sys/module/vfio/parameters/enable_unsafe_noiommu_mode") {
      bus.isVfioWithoutIOMMU = text == "Y" || text == "1"
    }
    with(\.pci, bus)
  }

  mutating func readNICs() {
    with(\.nics, root.names(in: "/sys/class/net").map { nic($0) })
    for nic in machine.nics {
      let name = SysctlName.sourceFilter(of: nic.interface)
      if let value = root.text(SysctlName.path(of: name)) { with(\.sysctls[name], value) }
    }
  }

  private func nic(_ interface: String) -> NIC {
    let folder = "/sys/class/net/\(interface)"
    var nic = NIC(interface: interface)
    nic.isPhysical = root.exists("\(folder)/device")
    nic.isWireless = root.exists("\(folder)/wireless") || root.exists("\(folder)/phy80211")
    if let text = root.text("\(folder)/flags"), text.hasPrefix("0x") { nic.flags = Int(text.dropFirst(2), radix: 16) }
    nic.state = root.text("\(folder)/operstate")
    nic.hasCarrier = root.integer("\(folder)/carrier").map { $0 == 1 }
    nic.mtu = root.integer("\(folder)/mtu")
    nic.speedMegabits = root.integer("\(folder)/speed").flatMap { $0 > 0 ? $0 : nil }
    nic.node = root.integer("\(folder)/device/numa_node").flatMap { $0 < 0 ? nil : $0 }
    for name in root.names(in: "\(folder)/queues") {
      let path = "\(folder)/queues/\(name)"
      if name.hasPrefix("rx-") {
        nic.rxQueues.append(NIC.Queue(name: name, cpus: root.cpuMask("\(path)/rps_cpus")))
      } else if name.hasPrefix("tx-") {
        nic.txQueues.append(NIC.Queue(name: name, cpus: root.cpuMask("\(path)/xps_cpus")))
      }
    }
    if root.isLive {
      nic.facts = NICFacts.live(interface)
    } else if let text = root.text(NICFacts.path(of: interface)) {
      nic.facts = NICFacts(text: text)
    }
    if nic.facts.driver == nil { nic.facts.driver = root.linkName("\(folder)/device/driver") }
    nic.pciAddress = pciAddress(of: nic, in: folder)
    readLayers(&nic, in: folder)
    let clocks = root.names(in: "\(folder)/device/ptp", prefix: "ptp")
    nic.ptp = clocks.compactMap { Self.number(in: $0, after: "ptp") }.first
    // A virtual function has its clock behind the driver alone.
    if nic.ptp == nil { nic.ptp = nic.facts.settings[.clock].flatMap { $0 == .max ? nil : Int($0) } }
    return nic
  }

  /// What the interface stands on: the kernel's links, and the files of bonds, bridges and VLANs, which older trees
  /// have alone.
  private func readLayers(_ nic: inout NIC, in folder: String) {
    var below: [String] = []
    if let members = root.text("\(folder)/bonding/slaves") {
      nic.layer = .bond
      below += members.split(whereSeparator: \.isWhitespace).map(String.init)
    }
    let ports = root.names(in: "\(folder)/brif")
    if !ports.isEmpty || root.exists("\(folder)/bridge") {
      nic.layer = .bridge
      below += ports
    }
    if let text = root.text("/proc/net/vlan/\(nic.interface)") {
      nic.layer = .vlan(Self.vlanNumber(text))
      if let card = Self.pairs(text)["Device"] { below.append(card) }
    }
    below += root.names(in: folder, prefix: "lower_").map { String($0.dropFirst("lower_".count)) }
    for name in below where !nic.below.contains(name) { nic.below.append(name) }
    if nic.layer == .none, !nic.below.isEmpty { nic.layer = .other }
  }

  /// "eth1.100  VID: 100  REORDER_HDR: 1 …" → 100.
  static func vlanNumber(_ text: String) -> Int? {
    let words = text.split(whereSeparator: \.isWhitespace)
    guard let place = words.firstIndex(of: "VID:"), place + 1 < words.endIndex else { return nil }
    return Int(words[place + 1])
  }

  /// The device's own name where it is one of the bus, else what the driver says (virtio devices stand below theirs).
  private func pciAddress(of nic: NIC, in folder: String) -> String? {
    if !nic.isPhysical { return nil }
    let names = [root.linkName("\(folder)/device"), nic.facts.bus]
    return names.compactMap { $0 }.first { PCIAddress.isValid($0) }
  }
}
