/// A machine as far as it matters for feedh: what `feedh tune` and `feedh doctor` judge. Nil means unknown throughout.
public struct Machine: Equatable, Sendable {
  /// Folder it was read from, "/" for this machine.
  public var root = "/"
  public var isLive = false
  public var kernelRelease: String?
  /// True on a virtual machine, as far as the CPU's flags or the firmware tell.
  public var isVirtual: Bool?
  public var commandLine: KernelCommandLine?

  public var processor = Processor()
  public var cpus: [CPU] = []
  /// CPUs that run.
  public var online = CPUSet()
  /// Memory nodes, ascending; empty where the kernel names none.
  public var nodes: [MemoryNode] = []
  public var memory = Memory()
  /// CPUs that the scheduler leaves alone (`/sys/devices/system/cpu/isolated`).
  public var isolated: CPUSet?
  /// CPUs that need no tick while one task runs (`/sys/devices/system/cpu/nohz_full`).
  public var tickless: CPUSet?
  /// CPUs that kernel work queues may use.
  public var workQueueCPUs: CPUSet?

  public var interrupts: [InterruptLine] = []
  /// CPUs of interrupts that are made later.
  public var defaultInterruptCPUs: CPUSet?
  /// What `/proc/sys` holds, by sysctl name; those of `SysctlName` only.
  public var sysctls: [String: String] = [:]
  public var clock = Clock()
  public var nics: [NIC] = []
  public var pci = PCIBus()
  /// Names of running processes that matter: time services, irqbalance. Nil where no process can be seen.
  public var daemons: Set<String>?
  /// Name and state of each known processor flaw, as information.
  public var mitigations: [Mitigation] = []
  /// What this process may do. Of a recorded machine: the process that recorded it.
  public var process = ProcessRights()
  /// Where packets are recorded; nil where no folder is configured.
  public var recordDisk: RecordDisk?

  public init() {}

  /// A flaw of the processor, and what guards against it.
  public struct Mitigation: Equatable, Sendable {
    /// "spectre_v2"
    public var name: String
    /// "Mitigation: …", "Vulnerable", "Not affected".
    public var state: String
  }

  /// Of the running processes those that set the clock, in order.
  public var timeServices: [String] { (daemons ?? []).subtracting(["irqbalance"]).sorted() }

  public func cpu(_ number: Int) -> CPU? { cpus.first { $0.number == number } }
  public func nic(_ interface: String) -> NIC? { nics.first { $0.interface == interface } }

  /// The cards that an interface's packets arrive at: itself, or those below a VLAN, a bond, a bridge. Where none of
  /// them is known for a card (another network namespace has it) the interface itself stands for it.
  public func cards(of interface: String) -> [NIC] {
    var ends: [NIC] = []
    var seen: Set<String> = []
    var waiting = [interface]
    // Each interface is looked at once, whatever stands on what.
    while !waiting.isEmpty {
      let name = waiting.removeFirst()
      guard seen.insert(name).inserted, let nic = nic(name) else { continue }
      if nic.below.isEmpty { ends.append(nic) } else { waiting += nic.below }
    }
    let cards = ends.filter(\.isPhysical)
    return cards.isEmpty ? nic(interface).map { [$0] } ?? [] : cards
  }

  /// "VLAN 100 on bond0 (bond) on eth1, eth2"; nil of an interface that stands on nothing.
  public func layers(of interface: String) -> String? {
    var parts: [String] = []
    var names = [interface]
    // Bounded: a name that was told already ends it.
    var seen: Set<String> = []
    while let first = names.first, names.count == 1, seen.insert(first).inserted, let nic = nic(first),
      let kind = nic.layer.text, !nic.below.isEmpty
    {
      parts.append(parts.isEmpty ? kind : "\(first) (\(kind))")
      names = nic.below
    }
    return parts.isEmpty ? nil : (parts + [names.joined(separator: ", ")]).joined(separator: " on ")
  }

  /// The memory node of a CPU; nil where unknown.
  public func node(ofCPU number: Int) -> Int? { nodes.first { $0.cpus.contains(number) }?.number }

  /// CPUs that share a physical core with one of `cpus`, those themselves left out.
  public func siblings(of set: CPUSet) -> CPUSet {
    set.members.reduce(CPUSet()) { $0.union(cpu($1)?.siblings ?? []) }.subtracting(set)
  }

  /// How many physical cores run.
  public var coreCount: Int {
    Set(online.members.map { number in cpu(number)?.siblings?.first ?? number }).count
  }
}
