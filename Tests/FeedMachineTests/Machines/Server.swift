/// Bare metal with two sockets: 16 CPUs, CPU n and n + 8 one core; node 0 is 0-3,8-11, node 1 the others. CPUs 4-7 are
/// isolated; the Mellanox card of the feeds is on node 1, an Intel card for the administrator on node 0.
extension MachineFolder {
  static func server() -> MachineFolder {
    let folder = MachineFolder()
    folder.write(
      """
      /proc/sys/kernel/osrelease = 6.1.0-25-amd64
      /proc/cmdline = BOOT_IMAGE=/vmlinuz root=/dev/sda2 ro isolcpus=managed_irq,domain,4-7 nohz_full=4-7 quiet
      /proc/cpuinfo = processor\t: 0
      | model name\t: Intel(R) Xeon(R) Gold 6244
      | flags\t\t: fpu tsc constant_tsc nonstop_tsc avx2
      /proc/meminfo = MemTotal:       131072000 kB
      | MemAvailable:   120000000 kB
      | SwapTotal:             0 kB
      /sys/class/dmi/id/sys_vendor = Dell Inc.
      /sys/devices/system/cpu/online = 0-15
      /sys/devices/system/cpu/isolated = 4-7
      /sys/devices/system/cpu/nohz_full = 4-7
      /sys/devices/virtual/workqueue/cpumask = ffff
      /sys/devices/system/node/node0/cpulist = 0-3,8-11
      /sys/devices/system/node/node1/cpulist = 4-7,12-15
      /sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages = 0
      /sys/devices/system/node/node0/hugepages/hugepages-2048kB/free_hugepages = 0
      /sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages = 16
      /sys/devices/system/node/node1/hugepages/hugepages-2048kB/free_hugepages = 16
      /sys/kernel/mm/transparent_hugepage/enabled = [always] madvise never
      /sys/kernel/mm/transparent_hugepage/defrag = always defer defer+madvise [madvise] never
      /sys/kernel/mm/ksm/run = 1
      /sys/devices/system/clocksource/clocksource0/current_clocksource = hpet
      /sys/devices/system/clocksource/clocksource0/available_clocksource = tsc hpet acpi_pm
      /sys/class/ptp/ptp0/clock_name = mlx5_ptp
      /sys/devices/system/cpu/vulnerabilities/meltdown = Not affected
      /sys/devices/system/cpu/vulnerabilities/spectre_v2 = Mitigation: Enhanced IBRS
      /proc/sys/kernel/nmi_watchdog = 1
      /proc/sys/kernel/numa_balancing = 1
      /proc/sys/kernel/sched_rt_period_us = 1000000
      /proc/sys/kernel/sched_rt_runtime_us = 950000
      /proc/sys/kernel/watchdog = 1
      /proc/sys/kernel/watchdog_cpumask = 0-15
      /proc/sys/net/core/busy_poll = 0
      /proc/sys/net/core/busy_read = 0
      /proc/sys/net/core/netdev_max_backlog = 1000
      /proc/sys/net/core/rmem_max = 212992
      /proc/sys/net/ipv4/conf/all/rp_filter = 0
      /proc/sys/net/ipv4/conf/eth0/rp_filter = 1
      /proc/sys/net/ipv4/conf/eth1/rp_filter = 1
      /proc/sys/net/ipv4/igmp_max_memberships = 20
      /proc/sys/vm/stat_interval = 1
      /proc/sys/vm/swappiness = 60
      /proc/interrupts =             CPU0       CPU1
      |   0:         12          0  IO-APIC   2-edge      timer
      |  45:          7          0  PCI-MSI 1048576-edge      mlx5_comp0
      |  46:          0          9  PCI-MSI 1048577-edge      mlx5_comp1
      |  47:          3          0  PCI-MSI 524288-edge      eth0
      | NMI:          0          0  Non-maskable interrupts
      /proc/irq/0/smp_affinity_list = 0-15
      /proc/irq/45/smp_affinity_list = 0-15
      /proc/irq/46/smp_affinity_list = 4
      /proc/irq/47/smp_affinity_list = 0-3
      /proc/irq/default_smp_affinity = ffff
      /proc/1/comm = systemd
      /proc/812/comm = ptp4l
      /proc/815/comm = phc2sys
      /proc/900/comm = irqbalance
      /proc/self/status = Name:\tfeedh
      | CapEff:\t0000000000802000
      | Cpus_allowed_list:\t0-3,8-15
      /proc/self/limits = Limit                     Soft Limit           Hard Limit           Units
      | Max locked memory         8388608              8388608              bytes
      | Max realtime priority     0                    0
      /sys/kernel/iommu_groups/0
      /sys/kernel/iommu_groups/1
      /sys/bus/pci/devices/0000:17:00.0/class = 0x020000
      /sys/bus/pci/devices/0000:17:00.0/numa_node = 0
      /sys/bus/pci/devices/0000:17:00.0/driver -> ../../../bus/pci/drivers/igb
      /sys/bus/pci/devices/0000:af:00.0/class = 0x020000
      /sys/bus/pci/devices/0000:af:00.0/numa_node = 1
      /sys/bus/pci/devices/0000:af:00.0/driver -> ../../../bus/pci/drivers/mlx5_core
      /sys/bus/pci/devices/0000:00:1f.0/class = 0x060100
      /sys/class/net/lo/flags = 0x9
      """)
    for number in 0..<16 {
      let core = number % 8
      let cpu = "/sys/devices/system/cpu/cpu\(number)"
      folder.write(
        """
        \(cpu)/topology/physical_package_id = \(core / 4)
        \(cpu)/topology/core_id = \(core % 4)
        \(cpu)/topology/thread_siblings_list = \(core),\(core + 8)
        \(cpu)/cpufreq/scaling_governor = \(number == 4 ? "performance" : "powersave")
        \(cpu)/cpufreq/scaling_available_governors = performance powersave
        \(cpu)/cpuidle/state0/name = POLL
        \(cpu)/cpuidle/state0/latency = 0
        \(cpu)/cpuidle/state0/disable = 0
        \(cpu)/cpuidle/state1/name = C1
        \(cpu)/cpuidle/state1/latency = 2
        \(cpu)/cpuidle/state1/disable = 0
        \(cpu)/cpuidle/state2/name = C6
        \(cpu)/cpuidle/state2/latency = 133
        \(cpu)/cpuidle/state2/disable = 0
        """)
    }
    folder.card("eth0", pci: "0000:17:00.0", node: 0, queues: 2, flags: "0x1003", speed: 1_000)
    folder.card("eth1", pci: "0000:af:00.0", node: 1, queues: 4, flags: "0x1003", speed: 25_000)
    folder.put("1\n", at: "/sys/class/net/eth1/queues/rx-2/rps_cpus")
    folder.put("f\n", at: "/sys/class/net/eth1/queues/rx-3/rps_cpus")
    folder.put(
      """
      driver igb
      firmware 1.63, 0x80000a05
      address 10.0.0.5/24

      """, at: "/feedh/nic/eth0")
    folder.put(
      """
      driver mlx5_core
      firmware 16.35.2000 (MT_0000000080)
      bus 0000:af:00.0
      address 10.20.30.40/24
      address fe80::1/64
      ring.rx 1024
      ring.rxMaximum 8192
      ring.tx 1024
      ring.txMaximum 8192
      coalesce.rxMicroseconds 8
      coalesce.rxFrames 128
      coalesce.adaptiveRx 1
      channels.combined 4
      channels.combinedMaximum 8
      pause.autonegotiation 0
      pause.rx 1
      pause.tx 1
      timestamping 127
      clock 0
      feature.rx-gro on
      feature.rx-gro-hw off
      feature.rx-lro on

      """, at: "/feedh/nic/eth1")
    return folder
  }

  /// What a network card has below `/sys/class/net`.
  func card(_ interface: String, pci: String, node: Int, queues: Int, flags: String, speed: Int) {
    let card = "/sys/class/net/\(interface)"
    write(
      """
      \(card)/flags = \(flags)
      \(card)/operstate = up
      \(card)/carrier = 1
      \(card)/mtu = 1500
      \(card)/speed = \(speed)
      \(card)/device -> ../../../bus/pci/devices/\(pci)
      """)
    for queue in 0..<queues {
      write(
        """
        \(card)/queues/rx-\(queue)/rps_cpus = 0000
        \(card)/queues/tx-\(queue)/xps_cpus = 0000
        """)
    }
    if node < 0 { write("/sys/bus/pci/devices/\(pci)/numa_node = -1") }
  }

  /// The configuration that the server's card is for: two polling cores of its node, one group for each of two lines.
  static let serverYAML = """
    feeds:
      - name: nasdaq
        lines:
          - { name: A, group: 233.54.12.111, port: 26477 }
          - { name: B, group: 233.49.196.111, port: 26477 }
    threads: { cores: 2, cpus: [4, 5] }
    live:
      ports:
        - { name: feed-a, interface: eth1, pciAddress: "0000:af:00.0", queues: 2 }
    """
}
