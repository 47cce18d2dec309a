import CDPDK
import CPlatform
import Glibc
import Synchronization

/// DPDK's environment (EAL): memory, buses, drivers. Started once a process, and there until it ends.
public final class DPDKEnvironment: Sendable {
  /// "DPDK 22.11.11"; nil: built without.
  public static var version: String? { feedh_dpdk_version().map { String(cString: $0) } }

  public let settings: DPDKEnvironmentSettings
  /// Whether its memory is in huge pages.
  public let usesHugePages: Bool
  /// What it was started with.
  public let arguments: [String]

  private static let started = Mutex<Result<DPDKEnvironment, DPDKError>?>(nil)
  /// Devices that ports are open of: ports come and go under this lock.
  private let open = Mutex<Set<String>>([])

  /// Held while a port is set up.
  let settingUp = Mutex(())
  private let poolCount = Atomic<Int>(0)

  private init(_ settings: DPDKEnvironmentSettings, usesHugePages: Bool, arguments: [String]) {
    self.settings = settings
    self.usesHugePages = usesHugePages
    self.arguments = arguments
  }

  /// Starts DPDK on a thread of its own, of ordinary scheduling; the same settings again give the same environment.
  ///
  /// - Throws: built without DPDK; settings that cannot be; no huge pages; DPDK's own reason. A failed start is final,
  ///   as DPDK cannot start again in the same process.
  public static func start(_ settings: DPDKEnvironmentSettings) throws(DPDKError) -> DPDKEnvironment {
    guard version != nil else { throw .notBuilt }
    try settings.check()
    let result = started.withLock { started -> Result<DPDKEnvironment, DPDKError> in
      if case .success(let environment)? = started {
        return environment.settings == settings
          ? .success(environment)
          : .failure(.alreadyStarted(arguments: environment.arguments.joined(separator: " ")))
      }
      if let failed = started { return failed }
      let huge: Bool
      switch choice(settings.memory, megabytes: settings.megabytes) {
      case .success(let uses): huge = uses
      // Nothing was tried yet: pages may be reserved, and another start tried.
      case .failure(let error): return .failure(error)
      }
      let result = make(settings, huge: huge)
      started = result
      return result
    }
    return try result.get()
  }

  /// What has been logged since the last call, one line: DPDK's reasons, joined.
  static func takeLog() -> String {
    let text = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4_096) { buffer -> String in
      let length = feedh_dpdk_take_log(buffer.baseAddress!, buffer.count)
      return String(decoding: UnsafeRawBufferPointer(start: buffer.baseAddress, count: length), as: UTF8.self)
    }
    var lines: [String] = []
    for line in text.split(whereSeparator: \.isNewline) {
      let words = line.split(separator: " ").joined(separator: " ")
      if !words.isEmpty && !lines.contains(words) { lines.append(words) }
    }
    return lines.suffix(4).joined(separator: "; ")
  }

  /// What DPDK logged, or else what the number means.
  static func reason(_ code: Int32) -> String {
    let log = takeLog()
    let text = String(cString: strerror(code < 0 ? -code : code))
    return log.isEmpty ? text : "\(log) (\(text))"
  }

  /// Makes the calling thread known to DPDK until it ends, which gives it a cache of packet buffers: for threads that
  /// send much. Those that receive are made known by their queue.
  public func adoptThread() { _ = feedh_dpdk_adopt_thread() }

  /// A name that no other pool of this process has.
  func poolName(_ kind: String) -> String {
    "feedh_\(kind)_\(poolCount.add(1, ordering: .relaxed).newValue)"
  }

  // MARK: Ports

  /// Names of the devices of all ports that there are.
  public var devices: [String] {
    open.withLock { _ in Self.ports.map(\.device) }
  }

  private static var ports: [(number: UInt16, device: String)] {
    var ports: [(number: UInt16, device: String)] = []
    var next = feedh_dpdk_next_port(0)
    while next >= 0 {
      let number = UInt16(truncatingIfNeeded: next)
      if let facts = DPDKPortFacts(port: number) { ports.append((number, facts.device)) }
      next = number == .max ? -1 : feedh_dpdk_next_port(number + 1)
    }
    return ports
  }

  /// Finds the port of a device, after probing it where it is of software. Kept until `release`.
  func acquire(_ device: DPDKDevice) throws(DPDKError) -> (number: UInt16, facts: DPDKPortFacts) {
    let result = open.withLock { open -> Result<(number: UInt16, facts: DPDKPortFacts), DPDKError> in
      do throws(DPDKError) {
        let number = try Self.probe(device, open: open)
        guard let facts = DPDKPortFacts(port: number) else {
          throw .noPort(device: "\(device)", present: Self.ports.map(\.device))
        }
        guard open.insert(facts.device).inserted else { throw .alreadyOpen(device: facts.device) }
        return .success((number, facts))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// Ends a stopped port and what its queues hold; a device of software goes too.
  func release(_ number: UInt16, device: String, isVirtual: Bool) {
    open.withLock { open in
      _ = feedh_dpdk_close_port(number, isVirtual)
      open.remove(device)
    }
  }

  private static func probe(_ device: DPDKDevice, open: Set<String>) throws(DPDKError) -> UInt16 {
    switch device {
    case .virtual(let name, let arguments):
      guard DPDKDevice.isVirtualName(name) else { throw .badDeviceName(name) }
      if open.contains(name) { throw .alreadyOpen(device: name) }
      _ = takeLog()
      // Probed one by one, not as words of the EAL: that start succeeds whatever becomes of its devices.
      let result = try OrdinaryThread.run { feedh_dpdk_attach(arguments.isEmpty ? name : "\(name),\(arguments)") }
      guard result == 0 || result == -EEXIST else { throw .deviceFailed(device: name, reason: reason(result)) }
      return try find("\(device)") { $0.device == name }
    case .pci(let address):
      guard DPDKDevice.isPCIAddress(address) else { throw .badPCIAddress(address) }
      return try find(address) { $0.device == address.lowercased() }
    case .interface(let name):
      let index = if_nametoindex(name)
      return try find(name) { index != 0 && $0.interfaceIndex == index }
    }
  }

  private static func find(
    _ device: String, where matches: (DPDKPortFacts) -> Bool
  ) throws(DPDKError) -> UInt16 {
    let ports = ports
    for port in ports {
      if let facts = DPDKPortFacts(port: port.number), matches(facts) { return port.number }
    }
    throw .noPort(device: device, present: ports.map(\.device))
  }

  // MARK: Start

  /// Whether to use huge pages.
  private static func choice(
    _ memory: DPDKEnvironmentSettings.Memory, megabytes: Int
  ) -> Result<Bool, DPDKError> {
    let free = HugePageMemory.freeMegabytes()
    switch memory {
    case .ordinary: return .success(false)
    case .automatic: return .success(free >= megabytes)
    case .hugePages:
      return free >= megabytes ? .success(true) : .failure(.noHugePages(megabytes: megabytes, freeMegabytes: free))
    }
  }

  private static func make(_ settings: DPDKEnvironmentSettings, huge: Bool) -> Result<DPDKEnvironment, DPDKError> {
    let allowed = (0..<feedh_allowed_cpu_count()).map { Int(feedh_allowed_cpu($0)) }.filter { $0 >= 0 }
    let words = settings.arguments(usesHugePages: huge, allowedCPUs: allowed)
    let result: Int32
    do throws(DPDKError) {
      result = try OrdinaryThread.run { start(words) }
    } catch {
      return .failure(error)
    }
    if result != 0 { return .failure(.startFailed(reason: reason(result))) }
    return .success(DPDKEnvironment(settings, usesHugePages: huge, arguments: words))
  }

  private static func start(_ words: [String]) -> Int32 {
    let words = words.map { strdup($0)! }
    defer { for word in words { free(word) } }
    let pointers = words.map { UnsafePointer($0) }
    return feedh_dpdk_start(Int32(truncatingIfNeeded: pointers.count), pointers)
  }
}
