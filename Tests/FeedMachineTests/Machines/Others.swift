extension MachineFolder {
  /// A laptop: two cores of two threads, wireless only, swap, a governor and preference that save energy.
  static func laptop() -> MachineFolder {
    let folder = MachineFolder()
    folder.write(
      """
      /proc/sys/kernel/osrelease = 6.8.0-41-generic
      /proc/cmdline = quiet splash
      /proc/cpuinfo = model name\t: Intel(R) Core(TM) i5-8250U
      | flags\t\t: fpu tsc constant_tsc nonstop_tsc
      /proc/meminfo = MemTotal:        7900000 kB
      | MemAvailable:    4000000 kB
      | SwapTotal:       2097148 kB
      /sys/class/dmi/id/sys_vendor = LENOVO
      /sys/devices/system/cpu/online = 0-3
      /sys/devices/system/cpu/isolated =
      /sys/devices/system/cpu/nohz_full = (null)
      /sys/devices/virtual/workqueue/cpumask = f
      /sys/devices/system/node/node0/cpulist = 0-3
      /sys/kernel/mm/transparent_hugepage/enabled = always [madvise] never
      /sys/kernel/mm/transparent_hugepage/defrag = [always] defer defer+madvise madvise never
      /sys/devices/system/clocksource/clocksource0/current_clocksource = tsc
      /sys/devices/system/clocksource/clocksource0/available_clocksource = tsc acpi_pm
      /proc/sys/kernel/nmi_watchdog = 0
      /proc/sys/kernel/sched_rt_period_us = 1000000
      /proc/sys/kernel/sched_rt_runtime_us = 950000
      /proc/sys/kernel/watchdog = 0
      /proc/sys/net/core/netdev_max_backlog = 1000
      /proc/sys/net/core/rmem_max = 212992
      /proc/sys/net/ipv4/igmp_max_memberships = 20
      /proc/sys/vm/stat_interval = 1
      /proc/sys/vm/swappiness = 60
      /proc/interrupts =             CPU0  CPU1  CPU2  CPU3
      |  130:   1  2  3  4  PCI-MSI 0-edge  iwlwifi
      /proc/irq/130/smp_affinity_list = 0-3
      /proc/7/comm = systemd-timesyn
      /proc/8/comm = irqbalance
      /sys/class/net/wlp2s0/flags = 0x1003
      /sys/class/net/wlp2s0/operstate = up
      /sys/class/net/wlp2s0/device/
      /sys/class/net/wlp2s0/wireless/
      """)
    for number in 0..<4 {
      let cpu = "/sys/devices/system/cpu/cpu\(number)"
      folder.write(
        """
        \(cpu)/topology/thread_siblings_list = \(number % 2),\(number % 2 + 2)
        \(cpu)/cpufreq/scaling_governor = powersave
        \(cpu)/cpufreq/scaling_available_governors = performance powersave
        \(cpu)/cpufreq/energy_performance_preference = balance_performance
        \(cpu)/cpufreq/energy_performance_available_preferences = default performance balance_performance power
        \(cpu)/cpuidle/state1/name = C1
        \(cpu)/cpuidle/state1/latency = 2
        \(cpu)/cpuidle/state1/disable = 0
        """)
    }
    return folder
  }

  /// A virtual machine with a virtio card: four CPUs without siblings, no clock or idle states of its own, no IOMMU.
  static func virtualMachine() -> MachineFolder {
    let folder = MachineFolder()
    folder.write(
      """
      /proc/sys/kernel/osrelease = 6.1.0-25-cloud-amd64
      /proc/cmdline = root=/dev/vda1 isolcpus=2-3
      /proc/cpuinfo = model name\t: AMD EPYC
      | flags\t\t: fpu tsc hypervisor
      /proc/meminfo = MemTotal:       16000000 kB
      | MemAvailable:   15000000 kB
      | SwapTotal:             0 kB
      /sys/devices/system/cpu/online = 0-3
      /sys/devices/system/cpu/isolated = 2-3
      /sys/devices/system/node/node0/cpulist = 0-3
      /sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages = 512
      /sys/devices/system/node/node0/hugepages/hugepages-2048kB/free_hugepages = 512
      /sys/kernel/mm/transparent_hugepage/enabled = always madvise [never]
      /sys/devices/system/clocksource/clocksource0/current_clocksource = kvm-clock
      /sys/devices/system/clocksource/clocksource0/available_clocksource = kvm-clock acpi_pm
      /proc/sys/kernel/sched_rt_runtime_us = -1
      /proc/sys/net/core/netdev_max_backlog = 16384
      /proc/sys/net/core/rmem_max = 67108864
      /proc/sys/net/ipv4/conf/all/rp_filter = 2
      /proc/sys/net/ipv4/conf/ens3/rp_filter = 1
      /proc/sys/net/ipv4/igmp_max_memberships = 1024
      /proc/sys/vm/stat_interval = 120
      /proc/55/comm = chronyd
      /sys/kernel/iommu_groups/
      /sys/bus/pci/devices/0000:00:03.0/class = 0x020000
      /sys/bus/pci/devices/0000:00:03.0/driver -> ../../../bus/pci/drivers/virtio-pci
      /sys/class/net/ens3/flags = 0x1003
      /sys/class/net/ens3/operstate = up
      /sys/class/net/ens3/mtu = 1500
      /sys/class/net/ens3/device -> ../../../devices/pci0000:00/0000:00:03.0/virtio0
      /sys/class/net/ens3/queues/rx-0/rps_cpus = 0
      /feedh/nic/ens3 = driver virtio_net
      | bus 0000:00:03.0
      | channels.combined 1
      | channels.combinedMaximum 4
      | ring.rx 256
      | ring.rxMaximum 256
      | feature.rx-gro on fixed
      | address 172.16.0.9/20
      """)
    for number in 0..<4 {
      folder.write("/sys/devices/system/cpu/cpu\(number)/topology/thread_siblings_list = \(number)")
    }
    return folder
  }

  /// A server of the Arm architecture: 8 cores, nothing isolated, 64 kB pages, an ena card.
  static func arm() -> MachineFolder {
    let folder = MachineFolder()
    folder.write(
      """
      /proc/sys/kernel/osrelease = 6.1.0-25-arm64
      /proc/cmdline = console=ttyS0
      /proc/cpuinfo = processor\t: 0
      | BogoMIPS\t: 243.75
      | Features\t: fp asimd evtstrm aes crc32 atomics
      | CPU implementer\t: 0x41
      /proc/meminfo = MemTotal:       32000000 kB
      | MemAvailable:   30000000 kB
      | SwapTotal:             0 kB
      /sys/class/dmi/id/sys_vendor = Amazon EC2
      /sys/class/dmi/id/product_name = c7gn.metal
      /sys/devices/system/cpu/online = 0-7
      /sys/devices/system/cpu/isolated =
      /sys/devices/system/node/node0/cpulist = 0-7
      /sys/devices/system/node/node0/hugepages/hugepages-524288kB/nr_hugepages = 0
      /sys/devices/system/node/node0/hugepages/hugepages-524288kB/free_hugepages = 0
      /sys/kernel/mm/transparent_hugepage/enabled = always [madvise] never
      /sys/devices/system/clocksource/clocksource0/current_clocksource = arch_sys_counter
      /sys/devices/system/clocksource/clocksource0/available_clocksource = arch_sys_counter
      /proc/sys/kernel/sched_rt_runtime_us = 950000
      /proc/9/comm = chronyd
      /sys/class/ptp/ptp0/clock_name = ena-ptp-06
      /sys/kernel/iommu_groups/
      /sys/bus/pci/devices/0000:7d:00.0/class = 0x020000
      /sys/bus/pci/devices/0000:7d:00.0/numa_node = 0
      /sys/bus/pci/devices/0000:7d:00.0/driver -> ../../../bus/pci/drivers/ena
      /feedh/nic/ens5 = driver ena
      | channels.combined 8
      | channels.combinedMaximum 8
      | coalesce.rxMicroseconds 20
      | coalesce.adaptiveRx 0
      """)
    folder.card("ens5", pci: "0000:7d:00.0", node: 0, queues: 8, flags: "0x1003", speed: 50_000)
    for number in 0..<8 {
      folder.write("/sys/devices/system/cpu/cpu\(number)/topology/thread_siblings_list = \(number)")
    }
    return folder
  }
}
