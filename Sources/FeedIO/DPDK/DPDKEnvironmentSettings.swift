/// How DPDK's environment (EAL) is started, once a process.
public struct DPDKEnvironmentSettings: Sendable, Equatable {
  public enum Memory: Sendable, Equatable {
    /// Huge pages, nothing shared with other processes and no file left behind.
    case hugePages
    /// Pages of 4 KiB: works everywhere, for any user; slower, and no card on the PCI bus.
    case ordinary
    /// Huge pages where enough are free, else ordinary memory.
    case automatic
  }

  public var memory = Memory.automatic
  /// Memory for all ports, megabytes: `DPDKPortSettings.memoryMegabytes` of each, and 64 of DPDK's own. 64 ... 65,536.
  public var megabytes = 512
  /// Cards that may be used; empty: the PCI bus is left alone.
  public var pciAddresses: [String] = []
  /// CPUs that DPDK's own threads may run on; empty: those this process may. Polling threads are none of them.
  public var cpus: [Int] = []
  /// Name of the folder that DPDK makes under its run-time folder. Nothing is put there, so processes may share it.
  public var filePrefix = "feedh"
  /// More words for the EAL, as its guide has them ("--iova-mode=va").
  public var extraArguments: [String] = []

  public init() {}

  /// Memory and cards for these ports.
  public init(ports: [DPDKPortSettings]) {
    megabytes = 64 + ports.reduce(0) { $0 + $1.memoryMegabytes }
    pciAddresses = ports.compactMap { port in
      if case .pci(let address) = port.device { address } else { nil }
    }
  }

  /// The words for rte_eal_init.
  ///
  /// The main lcore floats over all of `cpus` ("--lcores 0@(…)"): by itself the EAL would pin the thread that starts
  /// it, and with it every thread made later.
  func arguments(usesHugePages: Bool, allowedCPUs: [Int]) -> [String] {
    let cpus = (self.cpus.isEmpty ? allowedCPUs : self.cpus).map(String.init).joined(separator: ",")
    var words = ["feedh", "--lcores=0@(\(cpus.isEmpty ? "0" : cpus))"]
    // Either keeps the process from sharing memory with others, which threads of our own (rte_thread_register) need.
    // Huge pages are taken as they are needed, on the node where they are; ordinary memory is reserved beforehand.
    words += usesHugePages ? ["--in-memory"] : ["--no-huge", "--no-shconf", "-m", "\(megabytes)"]
    words += pciAddresses.isEmpty ? ["--no-pci"] : pciAddresses.flatMap { ["-a", $0.lowercased()] }
    words += ["--no-telemetry", "--log-level=warning", "--file-prefix=\(filePrefix)"]
    return words + extraArguments
  }

  func check() throws(DPDKError) {
    for address in pciAddresses where !DPDKDevice.isPCIAddress(address) { throw .badPCIAddress(address) }
  }
}
