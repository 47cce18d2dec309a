/// The polling threads' CPUs.
extension Doctor {
  func coreChecks() -> [DoctorCheck] {
    if machine.online.isEmpty {
      return [.skipped("cores", "machine", "which CPUs run is unknown", "is /sys mounted?")]
    }
    let wanted = settings.threads.coreCount
    var checks: [DoctorCheck] = []
    if pollingCPUs.count < wanted {
      checks.append(
        .fail(
          "cores", "machine", "\(pollingCPUs.count) CPUs for \(wanted) polling threads",
          "lower threads.cores, or allow more CPUs (taskset, cpuset)"))
    }
    checks += pollingCPUs.map(coreCheck)
    checks += isolationChecks()
    checks += siblingChecks()
    if machine.coreCount <= 2 {
      checks.append(
        .warn(
          "cores", "machine", "\(machine.coreCount) physical cores for polling and everything else",
          "go live on a machine with more; never use SCHED_FIFO on this one"))
    }
    return checks
  }

  private func coreCheck(_ number: Int) -> DoctorCheck {
    let subject = "cpu \(number)"
    guard machine.online.contains(number) else {
      return .fail("cores", subject, "does not run; \(machine.online) do", "change threads.cpus")
    }
    // An isolated CPU is in nobody's affinity by itself and can be pinned to all the same.
    if let allowed = machine.process.allowedCPUs, !allowed.contains(number),
      machine.isolated?.contains(number) != true
    {
      return .warn("cores", subject, "not among this process's: \(allowed)", "allow it (taskset, cpuset)")
    }
    return .pass("cores", subject, "runs")
  }

  private func isolationChecks() -> [DoctorCheck] {
    let cpus = CPUSet(pollingCPUs).intersection(machine.online)
    if cpus.isEmpty { return [] }
    guard let isolated = machine.isolated else {
      return [.skipped("isolation", "cpu \(cpus)", "which CPUs are isolated is unknown")]
    }
    let shared = cpus.subtracting(isolated)
    if shared.isEmpty { return [.pass("isolation", "cpu \(cpus)", "isolated")] }
    let unused = isolated.subtracting(cpus)
    let remedy =
      unused.isEmpty
      ? "isolate it: feedh tune says how" : "name isolated ones in threads.cpus; \(unused) are isolated and unused"
    return [.warn("isolation", "cpu \(shared)", "shared with all other tasks", remedy)]
  }

  private func siblingChecks() -> [DoctorCheck] {
    let cpus = CPUSet(pollingCPUs)
    for number in cpus.members {
      guard let both = machine.cpu(number)?.siblings?.intersection(cpus), both.count > 1 else { continue }
      return [.warn("cores", "cpu \(both)", "are one physical core", "name one CPU of each core in threads.cpus")]
    }
    return []
  }
}
