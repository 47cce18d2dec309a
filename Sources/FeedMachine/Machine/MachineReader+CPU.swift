/// CPUs: which run, how they share cores, what the kernel does with them when they idle.
extension MachineReader {
  private static var folder: String { "/sys/devices/system/cpu" }

  mutating func readCPUs() {
    let folder = Self.folder
    var online = root.cpuList("\(folder)/online") ?? CPUSet()
    let numbers = root.names(in: folder).compactMap { Self.number(in: $0, after: "cpu") }
      .filter { $0 < CPUSet.limit }
    // Without the list the CPUs that have a folder stand for it.
    if online.isEmpty { online = CPUSet(numbers) }
    with(\.online, online)
    with(\.cpus, numbers.map { cpu($0, isOnline: online.contains($0)) })
    with(\.isolated, root.cpuList("\(folder)/isolated"))
    // "(null)" where the kernel can but was not told to.
    if let text = root.text("\(folder)/nohz_full") { with(\.tickless, text == "(null)" ? [] : CPUSet(list: text)) }
    with(\.workQueueCPUs, root.cpuMask("/sys/devices/virtual/workqueue/cpumask"))
    readProcessor()
  }

  private func cpu(_ number: Int, isOnline: Bool) -> CPU {
    let folder = "\(Self.folder)/cpu\(number)"
    var cpu = CPU(number: number)
    cpu.isOnline = isOnline
    cpu.package = root.integer("\(folder)/topology/physical_package_id")
    cpu.core = root.integer("\(folder)/topology/core_id")
    cpu.siblings = root.cpuList("\(folder)/topology/thread_siblings_list")
    cpu.governor = root.text("\(folder)/cpufreq/scaling_governor")
    cpu.governors = words("\(folder)/cpufreq/scaling_available_governors")
    cpu.energyPreference = root.text("\(folder)/cpufreq/energy_performance_preference")
    cpu.energyPreferences = words("\(folder)/cpufreq/energy_performance_available_preferences")
    for name in root.names(in: "\(folder)/cpuidle") {
      guard let index = Self.number(in: name, after: "state"),
        let latency = root.integer("\(folder)/cpuidle/\(name)/latency"),
        let disabled = root.integer("\(folder)/cpuidle/\(name)/disable")
      else { continue }
      cpu.idleStates.append(
        CPU.IdleState(
          index: index, name: root.text("\(folder)/cpuidle/\(name)/name") ?? name, latencyMicroseconds: latency,
          isDisabled: disabled != 0, disablePath: "\(folder)/cpuidle/\(name)/disable"))
    }
    return cpu
  }

  private func words(_ path: String) -> [String] {
    (root.text(path) ?? "").split(whereSeparator: \.isWhitespace).map(String.init)
  }

  private mutating func readProcessor() {
    guard let text = root.text("/proc/cpuinfo") else { return }
    // The first CPU stands for all: a machine of unlike ones is no machine for this.
    let pairs = Self.pairs(text)
    var processor = Processor()
    processor.model = pairs["model name"]
    if let flags = pairs["flags"] {
      processor.architecture = .x86
      processor.flags = Set(flags.split(separator: " ").map(String.init))
    } else if let features = pairs["Features"] {
      processor.architecture = .arm
      processor.flags = Set(features.split(separator: " ").map(String.init))
    }
    with(\.processor, processor)
    if processor.flags.contains("hypervisor") {
      with(\.isVirtual, true)
    } else if let vendor = root.text("/sys/class/dmi/id/sys_vendor") {
      let hosts = ["QEMU", "Amazon EC2", "Google", "VMware", "Xen", "innotek", "Microsoft Corporation", "Parallels"]
      // Bare metal of a cloud has the cloud's name too, and says so in the product's.
      let isMetal = (root.text("/sys/class/dmi/id/product_name") ?? "").contains("metal")
      with(\.isVirtual, hosts.contains { vendor.contains($0) } && !isMetal)
    } else if processor.architecture == .x86 {
      with(\.isVirtual, false)
    }
  }
}
