import FeedConfig
import FeedObserve

/// Clock, disk, permissions, memory.
extension Doctor {
  /// Free space below which recording is refused, and below which it is doubtful: a busy feed fills 10 GB in a quarter
  /// of an hour.
  static let recordBytesMinimum: UInt64 = 10_000_000_000
  static let recordBytesComfortable: UInt64 = 100_000_000_000

  /// Estimated error of the system clock above which times of venues cannot be compared.
  static let clockErrorMicrosecondsMaximum = 1_000

  func clockChecks() -> [DoctorCheck] {
    let services = machine.timeServices
    let clocks = machine.clock.hardwareClocks.map { "\($0.device) \($0.name)" }
    var checks: [DoctorCheck] = []
    if let state = machine.clock.synchronisation {
      let error = "estimated error \(state.estimatedErrorMicroseconds) us, at most \(state.maximumErrorMicroseconds) us"
      if state.isUnsynchronised {
        checks.append(
          services.isEmpty
            ? .fail("clock", "system", "the kernel holds it for unsynchronised", "run ptp4l with phc2sys, or chrony")
            : .warn(
              "clock", "system", "not synchronised yet; \(services.joined(separator: ", ")) runs",
              "wait for it, then look again"))
      } else if state.estimatedErrorMicroseconds > Self.clockErrorMicrosecondsMaximum {
        checks.append(.warn("clock", "system", error, "prefer PTP (ptp4l with phc2sys) or a nearer server"))
      } else {
        checks.append(.pass("clock", "system", error))
      }
    } else {
      checks.append(.skipped("clock", "system", "its state is unknown"))
    }
    if services.isEmpty && machine.clock.synchronisation?.isUnsynchronised == false {
      checks.append(
        .warn("clock", "service", "none of chrony, ptp4l, ntpd runs here", "make sure that the host keeps time"))
    } else if !services.isEmpty {
      checks.append(.pass("clock", "service", services.joined(separator: ", ")))
    }
    checks.append(
      clocks.isEmpty
        ? .skipped("clock", "hardware", "no /dev/ptp: PTP is left to software, tens of microseconds")
        : .pass("clock", "hardware", clocks.joined(separator: ", ")))
    return checks
  }

  func diskChecks() -> [DoctorCheck] {
    guard let disk = machine.recordDisk else {
      return [.skipped("disk", "-", "no live.recordFolder configured")]
    }
    if !machine.isLive { return [.skipped("disk", disk.folder, "unknown of a recorded machine")] }
    guard let free = disk.freeBytes else {
      return [.fail("disk", disk.folder, "no such folder", "make it, or change live.recordFolder")]
    }
    if !disk.isWritable {
      return [.fail("disk", disk.folder, "this user may not write there", "chown it, or change live.recordFolder")]
    }
    let detail = "\(Text.bytes(free)) free"
    var checks: [DoctorCheck] = []
    if free < Self.recordBytesMinimum {
      checks.append(.fail("disk", disk.folder, "\(detail), less than 10 GB", "free space there"))
    } else if free < Self.recordBytesComfortable {
      checks.append(.warn("disk", disk.folder, "\(detail), less than 100 GB", "free space, or rotate sooner"))
    } else {
      checks.append(.pass("disk", disk.folder, detail))
    }
    if disk.isRotational == true {
      checks.append(.warn("disk", disk.folder, "\(disk.device ?? "the disk") rotates", "record to a solid-state disk"))
    }
    return checks
  }

  func permissionChecks() -> [DoctorCheck] {
    if machine.process.capabilities == nil {
      return [.skipped("permissions", "process", "unknown")]
    }
    let needs: [(ProcessRights.Capability, String)] = [
      (.netRaw, "AF_PACKET, DPDK and IGMP of its own"), (.netAdmin, "promiscuous mode and larger socket buffers"),
      (.sysNice, "SCHED_FIFO"),
    ]
    var checks: [DoctorCheck] = needs.map { capability, use in
      if machine.process.has(capability) == true { return .pass("permissions", capability.name, "held") }
      let remedy = "setcap \(capability.name.lowercased())+ep on the program, or AmbientCapabilities= of its service"
      let isNeeded = capability == .netRaw && settings.live.ports.contains { $0.pciAddress != nil }
      return isNeeded
        ? .fail("permissions", capability.name, "missing: no \(use)", remedy)
        : .warn("permissions", capability.name, "missing: no \(use)", remedy)
    }
    let limit = machine.process.lockedMemoryMaximum
    if machine.process.has(.ipcLock) == true || limit == .max {
      checks.append(.pass("permissions", "locked memory", "unlimited"))
    } else {
      checks.append(
        .warn(
          "permissions", "locked memory",
          limit.map { "at most \(Text.bytes($0)): tables may be swapped out" } ?? "unknown",
          "ulimit -l unlimited, LimitMEMLOCK=infinity of its service, or CAP_IPC_LOCK"))
    }
    return checks
  }

  func memoryChecks() -> [DoctorCheck] {
    var checks: [DoctorCheck] = []
    let needed =
      ConfigurationPlan(settings: settings).tables.reduce(0) { $0 + $1.byteCount } * settings.threads.coreCount
    if let available = machine.memory.availableKilobytes {
      let bytes = UInt64(clamping: available).multipliedReportingOverflow(by: 1_024).partialValue
      let detail = "tables take up to \(Text.bytes(UInt64(clamping: needed))), \(Text.bytes(bytes)) are available"
      checks.append(
        UInt64(clamping: needed) <= bytes
          ? .pass("memory", "tables", detail)
          : .warn("memory", "tables", detail, "lower capacity.*, or use a machine with more memory"))
    } else {
      checks.append(.skipped("memory", "tables", "available memory is unknown"))
    }
    checks.append(hugePageCheck())
    switch machine.memory.transparentHugePages {
    case nil: checks.append(.skipped("memory", "transparent huge pages", "unknown"))
    case "never"?:
      checks.append(
        .warn(
          "memory", "transparent huge pages", "never: tables get small pages",
          "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled"))
    case let word?: checks.append(.pass("memory", "transparent huge pages", word))
    }
    return checks
  }

  private func hugePageCheck() -> DoctorCheck {
    guard settings.live.ports.contains(where: { $0.pciAddress != nil }), let wanted = goal.hugePageBytes else {
      return .skipped("memory", "huge pages", "no port with a PCI address asks for them")
    }
    let nodes = machine.nodes.filter { goal.node == nil || $0.number == goal.node }
    if nodes.allSatisfy({ $0.hugePages.isEmpty }) { return .skipped("memory", "huge pages", "unknown") }
    var free: UInt64 = 0
    for pages in nodes.flatMap(\.hugePages) {
      let bytes = UInt64(clamping: pages.free).multipliedReportingOverflow(
        by: UInt64(clamping: pages.pageKilobytes) << 10)
      free = free.addingReportingOverflow(bytes.partialValue).partialValue
    }
    let place = goal.node.map { " on node \($0)" } ?? ""
    let detail = "\(Text.bytes(free)) free\(place), \(Text.bytes(UInt64(wanted))) wanted"
    return free >= UInt64(wanted)
      ? .pass("memory", "huge pages", detail)
      : .fail("memory", "huge pages", detail, "feedh tune --apply, or hugepages= on the kernel's command line")
  }
}
