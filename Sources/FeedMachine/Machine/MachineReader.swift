import FeedCore

/// Reads a `Machine` from a root: some thousands of small files, about 0.1 s on a large machine.
struct MachineReader {
  let root: MachineRoot
  private(set) var machine = Machine()

  /// - Parameter recordFolder: where packets are to be recorded; nil: nowhere.
  static func read(_ root: MachineRoot, recordFolder: String? = nil) -> Machine {
    var reader = MachineReader(root: root)
    reader.readGeneral()
    reader.readCPUs()
    reader.readMemory()
    reader.readInterrupts()
    reader.readClock()
    reader.readPCI()
    reader.readNICs()
    reader.readDaemons()
    reader.readProcess()
    if let recordFolder { reader.machine.recordDisk = reader.recordDisk(recordFolder) }
    return reader.machine
  }

  private init(root: MachineRoot) { self.root = root }

  /// A word of the machine that is read only once.
  mutating func with<Value>(_ field: WritableKeyPath<Machine, Value>, _ value: Value) {
    machine[keyPath: field] = value
  }

  private mutating func readGeneral() {
    machine.root = root.path.isEmpty ? "/" : root.path
    machine.isLive = root.isLive
    machine.kernelRelease = root.text("/proc/sys/kernel/osrelease")
    if let text = root.text("/proc/cmdline") { machine.commandLine = KernelCommandLine(text) }
    for name in SysctlName.all {
      if let value = root.text(SysctlName.path(of: name)) { machine.sysctls[name] = value }
    }
    for name in root.names(in: "/sys/devices/system/cpu/vulnerabilities") {
      if let state = root.text("/sys/devices/system/cpu/vulnerabilities/\(name)") {
        machine.mitigations.append(Machine.Mitigation(name: name, state: state))
      }
    }
  }

  private mutating func readMemory() {
    let information = Self.pairs(root.text("/proc/meminfo") ?? "")
    func kilobytes(_ name: String) -> Int? {
      guard let words = information[name]?.split(separator: " "), let first = words.first else { return nil }
      return Int(first)
    }
    machine.memory.totalKilobytes = kilobytes("MemTotal")
    machine.memory.availableKilobytes = kilobytes("MemAvailable")
    machine.memory.swapKilobytes = kilobytes("SwapTotal")
    let pages = "/sys/kernel/mm/transparent_hugepage"
    machine.memory.transparentHugePages = root.selection("\(pages)/enabled")
    machine.memory.transparentHugePageDefragmentation = root.selection("\(pages)/defrag")
    machine.memory.pageMerging = root.integer("/sys/kernel/mm/ksm/run")
    readNodes()
  }

  private mutating func readNodes() {
    let folder = "/sys/devices/system/node"
    for name in root.names(in: folder) {
      guard let number = Self.number(in: name, after: "node"),
        let cpus = root.cpuList("\(folder)/\(name)/cpulist")
      else { continue }
      var node = MemoryNode(number: number, cpus: cpus)
      node.hugePages = hugePages(in: "\(folder)/\(name)/hugepages")
      machine.nodes.append(node)
    }
    if machine.nodes.isEmpty {
      let pages = hugePages(in: "/sys/kernel/mm/hugepages")
      if !pages.isEmpty {
        var node = MemoryNode(number: 0, cpus: machine.online)
        node.hugePages = pages
        machine.nodes = [node]
      }
    }
  }

  private func hugePages(in folder: String) -> [HugePages] {
    root.names(in: folder).compactMap { name -> HugePages? in
      guard name.hasSuffix("kB"), let size = Self.number(in: String(name.dropLast(2)), after: "hugepages-"),
        (1...1 << 30).contains(size), let total = root.integer("\(folder)/\(name)/nr_hugepages")
      else { return nil }
      let free = root.integer("\(folder)/\(name)/free_hugepages") ?? 0
      return HugePages(
        pageKilobytes: size, total: total, free: free, countPath: "\(folder)/\(name)/nr_hugepages")
    }.sorted { $0.pageKilobytes < $1.pageKilobytes }
  }

  private mutating func readInterrupts() {
    let handlers = Self.handlers(root.text("/proc/interrupts") ?? "")
    for name in root.names(in: "/proc/irq") {
      guard let number = Self.number(in: name, after: ""), let handler = handlers[number],
        let cpus = root.cpuList("/proc/irq/\(name)/smp_affinity_list")
      else { continue }
      machine.interrupts.append(InterruptLine(number: number, name: handler, cpus: cpus))
    }
    machine.defaultInterruptCPUs = root.cpuMask("/proc/irq/default_smp_affinity")
  }

  /// Number → handler of the interrupts of devices. A line is "45:  counts of each CPU  chip  4-edge  handler".
  static func handlers(_ text: String) -> [Int: String] {
    let lines = text.split(whereSeparator: \.isNewline)
    guard let heading = lines.first else { return [:] }
    let cpuCount = heading.split(whereSeparator: \.isWhitespace).count { $0.hasPrefix("CPU") }
    var handlers: [Int: String] = [:]
    for line in lines.dropFirst() {
      let words = line.split(whereSeparator: \.isWhitespace)
      guard let first = words.first, first.last == ":", let number = Int(first.dropLast()), number >= 0,
        words.count > cpuCount + 1
      else { continue }
      handlers[number] = words.last.map(String.init)
    }
    return handlers
  }

  private mutating func readClock() {
    let folder = "/sys/devices/system/clocksource/clocksource0"
    machine.clock.source = root.text("\(folder)/current_clocksource")
    machine.clock.sources = (root.text("\(folder)/available_clocksource") ?? "").split(separator: " ").map(String.init)
    for device in root.names(in: "/sys/class/ptp") {
      machine.clock.hardwareClocks.append(
        Clock.HardwareClock(device: device, name: root.text("/sys/class/ptp/\(device)/clock_name") ?? "unknown"))
    }
    if root.isLive { machine.clock.synchronisation = Clock.Synchronisation.live() }
  }

  private mutating func readDaemons() {
    let wanted: Set<String> = ["chronyd", "ptp4l", "phc2sys", "ntpd", "systemd-timesyn", "irqbalance", "sfptpd"]
    for name in root.names(in: "/proc") where Self.number(in: name, after: "") != nil {
      guard let command = root.text("/proc/\(name)/comm") else { continue }
      if machine.daemons == nil { machine.daemons = [] }
      if wanted.contains(command) { machine.daemons?.insert(command) }
    }
  }

  private mutating func readProcess() {
    let status = Self.pairs(root.text("/proc/self/status") ?? "")
    machine.process.capabilities = status["CapEff"].flatMap { UInt64($0, radix: 16) }
    machine.process.allowedCPUs = status["Cpus_allowed_list"].flatMap { CPUSet(list: $0) }
    for line in (root.text("/proc/self/limits") ?? "").split(whereSeparator: \.isNewline) {
      let words = line.split(whereSeparator: \.isWhitespace)
      guard words.count >= 4 else { continue }
      let soft = words[3] == "unlimited" ? UInt64.max : UInt64(words[3])
      switch words[1] {
      case "locked": machine.process.lockedMemoryMaximum = soft
      case "realtime" where words[2] == "priority": machine.process.realtimePriorityMaximum = soft
      default: break
      }
    }
  }

  // MARK: Texts

  /// "Name:   value" lines.
  static func pairs(_ text: String) -> [String: String] {
    var pairs: [String: String] = [:]
    for line in text.split(whereSeparator: \.isNewline) {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let name = String(line[..<colon].reversed().drop { $0.isWhitespace }.reversed())
      let value = String(line[line.index(after: colon)...].drop { $0.isWhitespace })
      if pairs[name] == nil { pairs[name] = value }
    }
    return pairs
  }

  /// "node12", "node" → 12; nil where anything else follows.
  static func number(in name: some StringProtocol, after prefix: String) -> Int? {
    guard name.hasPrefix(prefix) else { return nil }
    let digits = name.dropFirst(prefix.count)
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
      return nil
    }
    return Int(digits)
  }
}
