import FeedCore
import Glibc

/// What a live run asks of the machine before its first packet: each thing that is not so is one warning with the
/// remedy, and the run goes on.
public struct LiveReadiness {
  private let machine: Machine
  /// Locks all memory, now and later, as it is touched: 0, or an errno value.
  private let lockMemory: () -> Int32

  /// - Parameters:
  ///   - machine: this machine.
  ///   - lockMemory: for tests; nil: mlockall.
  public init(machine: Machine, lockMemory: (() -> Int32)? = nil) {
    self.machine = machine
    let mayLock = machine.process.has(.ipcLock) == true
    self.lockMemory = lockMemory ?? { Self.lockAll(isPrivileged: mayLock) }
  }

  /// Prepares the process, and takes out of `settings` what would harm the machine.
  ///
  /// - Returns: warnings, one line each.
  public func prepare(_ settings: inout Settings) -> [String] {
    isolation(settings) + nodes(settings) + units(settings) + scheduling(&settings) + hugePages + memory(settings)
  }

  private func cpus(_ settings: Settings) -> [Int] {
    let named = settings.threads.cpus.isEmpty ? machine.process.allowedCPUs?.members ?? [] : settings.threads.cpus
    return Array(named.prefix(settings.threads.coreCount))
  }

  private func isolation(_ settings: Settings) -> [String] {
    guard let isolated = machine.isolated else { return [] }
    let shared = cpus(settings).filter { !isolated.contains($0) }
    if shared.isEmpty { return [] }
    return [
      "CPU \(CPUSet(shared).list) is not isolated: other tasks run there and each costs the core a time slice; boot with "
        + "isolcpus= (feedh tune shows the words)"
    ]
  }

  /// Tables and, through DPDK, packets lie on the nodes of those who touch them first; where these are not one node the
  /// configuration has to say otherwise.
  private func nodes(_ settings: Settings) -> [String] {
    guard machine.nodes.count > 1, let node = TuningGoal(settings: settings, machine: machine).node else { return [] }
    let far = cpus(settings).filter { machine.node(ofCPU: $0).map { $0 != node } ?? false }
    if far.isEmpty { return [] }
    let near = machine.nodes.first { $0.number == node }?.cpus.intersection(machine.online) ?? []
    return [
      "CPU \(CPUSet(far).list) is not on memory node \(node), where the ports are: each packet crosses the link between "
        + "the sockets; name CPUs of \(near.list) in threads.cpus"
    ]
  }

  /// Interfaces that would refuse or cut what venues send.
  private func units(_ settings: Settings) -> [String] {
    settings.live.ports.compactMap { port in
      guard let interface = port.interface, let mtu = machine.nic(interface)?.mtu, mtu < Doctor.mtuMinimum else {
        return nil
      }
      return "port \(port.name): MTU \(mtu) of \(interface) is below the \(Doctor.mtuMinimum) that venues send: longer "
        + "packets do not arrive; ip link set \(interface) mtu \(Doctor.mtuMinimum)"
    }
  }

  /// SCHED_FIFO would leave a small machine to the spinning core alone.
  private func scheduling(_ settings: inout Settings) -> [String] {
    guard settings.threads.scheduling == .fifo else { return [] }
    let count = machine.online.count
    if count > 0, count <= 2 {
      settings.threads.scheduling = .normal
      return [
        "threads.scheduling fifo is not applied: a core that spins under SCHED_FIFO leaves nothing to others on "
          + "\(count) CPUs; use a machine of three or more, or set threads.scheduling: normal"
      ]
    }
    guard let runtime = machine.sysctls["kernel.sched_rt_runtime_us"], runtime != "-1" else { return [] }
    return [
      "kernel.sched_rt_runtime_us is \(runtime): the kernel stops a spinning SCHED_FIFO core for the rest of each "
        + "second; sysctl -w kernel.sched_rt_runtime_us=-1"
    ]
  }

  private var hugePages: [String] {
    guard machine.memory.transparentHugePages == "never" else { return [] }
    return [
      "transparent huge pages are off: the tables take small pages and more misses; "
        + "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled"
    ]
  }

  private func memory(_ settings: Settings) -> [String] {
    if !settings.threads.lockMemory { return [] }
    let error = lockMemory()
    if error == 0 { return [] }
    return [
      "memory is not locked (\(String(cString: strerror(error)))): pages may be taken away; raise the limit with "
        + "ulimit -l unlimited or LimitMEMLOCK=infinity of the service, or set threads.lockMemory: false"
    ]
  }

  /// With a limit the tables made later could not be had at all, so only where there is none.
  private static func lockAll(isPrivileged: Bool) -> Int32 {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(8) /* RLIMIT_MEMLOCK */, &limit)
    let isUnlimited = limit.rlim_cur == rlim_t.max
    if !isUnlimited, !isPrivileged { return EPERM }
    // On fault: the tables are reserved for a full day and touched as they fill.
    let onFault: Int32 = 4  // MCL_ONFAULT, Linux 4.4
    return mlockall(Int32(MCL_CURRENT) | Int32(MCL_FUTURE) | onFault) == 0 ? 0 : errno
  }
}
