import FeedCore
import FeedIO

/// What multicast sockets need, and memberships without them.
extension Doctor {
  func multicastChecks() -> [DoctorCheck] {
    if goal.groups.isEmpty {
      return [.skipped("multicast", "-", "no line of the configuration names a group", "name it under feeds: lines:")]
    }
    let reports = reportChecks()
    if goal.interfaces.isEmpty {
      // A port that only DPDK sees joins without the kernel.
      if settings.live.ports.contains(where: { LivePorts.driver(of: $0) == .dpdk }) { return reports }
      return [
        .fail("multicast", "-", "no interface to join \(goal.groups.count) groups on", "name it under live.ports")
      ]
    }
    return goal.interfaces.flatMap(joinChecks) + membershipChecks() + reports
  }

  /// Cards that the kernel does not see: feedh reports memberships itself, from an address that somebody has to name.
  private func reportChecks() -> [DoctorCheck] {
    settings.live.ports.compactMap { port in
      guard LivePorts.driver(of: port) == .dpdk, let card = port.pciAddress, port.interface == nil,
        port.reception != .promiscuous, [.auto, .reports].contains(port.membership)
      else { return nil }
      // These stay with the kernel's driver, and the kernel joins.
      let isShared = ["mlx5_core", "mlx4_core"].contains(machine.pci.device(card)?.driver ?? "")
      if isShared, port.membership == .auto { return nil }
      if let address = port.address {
        return .pass("multicast", port.name, "feedh reports memberships from \(address)")
      }
      return .warn(
        "multicast", port.name, "feedh reports memberships from 0.0.0.0, which some switches pass over",
        "name the port's own IPv4 address (live.ports address)")
    }
  }

  private func joinChecks(_ interface: String) -> [DoctorCheck] {
    guard let nic = machine.nic(interface) else { return [] }
    if nic.takesMulticast == false {
      return [.fail("multicast", interface, "does not take multicast", "ip link set \(interface) multicast on")]
    }
    if nic.facts == NICFacts() || !machine.isLive && nic.facts.addresses.isEmpty && nic.facts.settings.isEmpty {
      return [.skipped("multicast", interface, "its addresses are unknown")]
    }
    let addresses = nic.facts.addresses.filter { !$0.contains(":") }
    if addresses.isEmpty && goal.groups.contains(where: { !$0.contains(":") }) {
      return [
        .fail(
          "multicast", interface, "has no IPv4 address: its joins say nothing that switches believe",
          "ip address add ADDRESS/BITS dev \(interface)")
      ]
    }
    let filters = [SysctlName.sourceFilter(of: interface), "net.ipv4.conf.all.rp_filter"]
    if filters.compactMap({ Int(machine.sysctls[$0] ?? "") }).max() == 1 {
      return [
        .warn(
          "multicast", interface, "strict source filter: packets of senders routed elsewhere are dropped",
          "sysctl -w \(filters[0])=2")
      ]
    }
    return [.pass("multicast", interface, "takes multicast, \(Self.list(nic.facts.addresses))")]
  }

  private func membershipChecks() -> [DoctorCheck] {
    guard let maximum = Int(machine.sysctls["net.ipv4.igmp_max_memberships"] ?? "") else { return [] }
    if goal.groups.count > maximum {
      return [
        .fail(
          "multicast", "groups", "\(goal.groups.count) groups exceed the \(maximum) that a socket may join",
          "sysctl -w net.ipv4.igmp_max_memberships=\(goal.groups.count)")
      ]
    }
    return [.pass("multicast", "groups", "\(goal.groups.count) of \(maximum)")]
  }

  func bufferChecks() -> [DoctorCheck] {
    let wanted = settings.live.receiveBufferBytes
    guard let maximum = Int(machine.sysctls["net.core.rmem_max"] ?? "") else {
      return [.skipped("receive-buffer", "net.core.rmem_max", "unknown")]
    }
    if maximum >= wanted { return [.pass("receive-buffer", "net.core.rmem_max", "\(maximum) for \(wanted)")] }
    let detail = "\(maximum) cuts the \(wanted) bytes asked for"
    let remedy = "sysctl -w net.core.rmem_max=\(wanted)"
    // SO_RCVBUFFORCE goes beyond the limit.
    return [
      machine.process.has(.netAdmin) == true
        ? .warn("receive-buffer", "net.core.rmem_max", "\(detail); this user may exceed it", remedy)
        : .fail("receive-buffer", "net.core.rmem_max", detail, remedy)
    ]
  }
}
