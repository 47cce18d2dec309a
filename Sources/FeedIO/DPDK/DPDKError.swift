/// Why DPDK, or a port of it, cannot be used. One line each: what, where, what is allowed, what to do.
public enum DPDKError: Error, Equatable, Sendable, CustomStringConvertible {
  case notBuilt
  /// DPDK starts once a process.
  case alreadyStarted(arguments: String)
  case noHugePages(megabytes: Int, freeMegabytes: Int)
  case badPCIAddress(String)
  case badDeviceName(String)
  /// `reason` is what DPDK said.
  case startFailed(reason: String)
  case deviceFailed(device: String, reason: String)
  /// Probing succeeded, and there is no port: no driver took the device.
  case noPort(device: String, present: [String])
  case alreadyOpen(device: String)
  case tooManyQueues(port: String, kind: String, wanted: Int, limit: Int)
  case descriptorsOutOfRange(port: String, kind: String, wanted: Int, minimum: Int, maximum: Int)
  case mtuOutOfRange(port: String, wanted: Int, minimum: Int, maximum: Int)
  case noMemory(port: String, buffers: Int, megabytes: Int, reason: String)
  /// A driver refused a step of a port's set-up; `reason` is its words.
  case refused(port: String, step: String, reason: String)
  case steeringQueue(port: String, group: String, queue: Int, queues: Int)
  case membership(port: String, reason: String)
  case thread(reason: String)

  public var description: String {
    switch self {
    case .notBuilt: "this feedh was built without DPDK; build it with swift build --traits DPDK"
    case .alreadyStarted(let arguments):
      "DPDK runs already with other settings (\(arguments)), and starts once a process; restart feedh"
    case .noHugePages(let megabytes, let free):
      "DPDK needs \(megabytes) MB of huge pages, \(free) MB are free; feedh tune --apply reserves them, or use "
        + "ordinary memory"
    case .badPCIAddress(let address):
      "PCI address \"\(address)\" is none; write it like 0000:3b:00.0, as lspci -D shows it"
    case .badDeviceName(let name):
      "device \"\(name)\" is none of DPDK's; write a driver's name and a number, net_pcap0, then its arguments"
    case .startFailed(let reason): "DPDK cannot start: \(reason); see feedh doctor, and DPDK's guide for Linux"
    case .deviceFailed(let device, let reason):
      "DPDK cannot use \(device): \(reason); check its name, its arguments and the driver's package (librte-net-*)"
    case .noPort(let device, let present):
      "no port came of \(device); DPDK has \(present.isEmpty ? "none" : present.joined(separator: ", ")); bind it to "
        + "vfio-pci (dpdk-devbind.py), and install its driver's package (librte-net-*)"
    case .alreadyOpen(let device): "\(device) is open already; name each device under one port"
    case .tooManyQueues(let port, let kind, let wanted, let limit):
      "port \(port): \(wanted) \(kind) queues exceed the device's \(limit); lower live.ports queues"
    case .descriptorsOutOfRange(let port, let kind, let wanted, let minimum, let maximum):
      "port \(port): \(kind) queue depth \(wanted) is outside the device's \(minimum) ... \(maximum); set live.ports "
        + "queueDepthPackets"
    case .mtuOutOfRange(let port, let wanted, let minimum, let maximum):
      "port \(port): MTU \(wanted) is outside the device's \(minimum) ... \(maximum); set live.ports mtu"
    case .noMemory(let port, let buffers, let megabytes, let reason):
      "port \(port): no room for \(buffers) packet buffers (\(megabytes) MB): \(reason); reserve more huge pages on "
        + "its node, or lower queues and queueDepthPackets"
    case .refused(let port, let step, let reason):
      "port \(port): \(step) was refused: \(reason); see the driver's page in DPDK's NIC guide"
    case .steeringQueue(let port, let group, let queue, let queues):
      "port \(port): \(group) is sent to queue \(queue), of 0 ... \(queues - 1); change it, or raise live.ports queues"
    case .membership(let port, let reason): "port \(port): \(reason)"
    case .thread(let reason): "no thread for DPDK: \(reason); raise the limit of tasks"
    }
  }
}
