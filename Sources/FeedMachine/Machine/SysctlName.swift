/// The sysctls that are read, and where they are.
enum SysctlName {
  static let all = [
    "kernel.nmi_watchdog", "kernel.numa_balancing", "kernel.sched_rt_period_us", "kernel.sched_rt_runtime_us",
    "kernel.watchdog", "kernel.watchdog_cpumask", "net.core.busy_poll", "net.core.busy_read",
    "net.core.netdev_max_backlog", "net.core.rmem_max", "net.ipv4.conf.all.rp_filter",
    "net.ipv4.igmp_max_memberships", "vm.stat_interval", "vm.swappiness",
  ]

  /// Name of the source filter of an interface. Its dots are the interface's own ("eth0.100"): sysctl writes these as
  /// slashes.
  static func sourceFilter(of interface: String) -> String {
    "net.ipv4.conf.\(interface.replacing(".", with: "/")).rp_filter"
  }

  /// "/proc/sys/net/core/rmem_max".
  static func path(of name: String) -> String {
    "/proc/sys/" + String(name.map { $0 == "." ? "/" : $0 == "/" ? "." : $0 })
  }
}
