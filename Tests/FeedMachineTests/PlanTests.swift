import FeedCore
import Testing

@testable import FeedMachine

/// Whole plans of four machines, every finding written down by hand.
struct PlanTests {
  @Test func serverOfTwoSocketsWithItsConfiguration() throws {
    let folder = MachineFolder.server()
    #expect(
      lines(try folder.plan(MachineFolder.serverYAML).findings) == [
        "good pipeline-cpus threads.cpus: configured: 4-5",
        "good isolation cpu 4-5: 4-7",
        "good tickless cpu 4-5: 4-7",
        "good rcu-callbacks cpu 4-5: 4-7",
        "change smt cpu 12-13: on line, siblings of 4-5 → off line (byHand)",
        "good numa cpu 4-5: node 1, as the ports",
        "change governor cpu 5: powersave → performance (runTime)",
        "change idle-states cpu 4-5: C6, up to 133 us → disabled above 10 us (runTime)",
        "change interrupts cpu 4-5: 2 of 4 may arrive there → cpu 0-3,6-15 (runTime)",
        "good irqbalance machine: running, leaves isolated CPUs alone",
        "change work-queues machine: cpu 0-15 → cpu 0-3,6-15 (runTime)",
        "change realtime-throttling kernel.sched_rt_runtime_us: 950000 → -1 (runTime)",
        "change watchdogs kernel.nmi_watchdog: 1 → 0 (runTime)",
        "change watchdogs kernel.watchdog_cpumask: 0-15 → 0-3,6-15 (runTime)",
        "change vm-statistics vm.stat_interval: 1 → 120 (runTime)",
        "change numa-balancing kernel.numa_balancing: 1 → 0 (runTime)",
        "change page-merging machine: running → off (runTime)",
        "good swap machine: none",
        "change transparent-huge-pages enabled: always → madvise (runTime)",
        "good transparent-huge-pages defrag: madvise",
        // (32,768 buffers of 2,304 bytes + 64 MiB) / 2 MiB = 68.
        "change huge-pages node 1: 16 of 2048 kB, 16 free → 68 of 2048 kB (runTime)",
        "good iommu machine: not needed by 0000:af:00.0",
        "change receive-buffers net.core.rmem_max: 212992 → 33554432 (runTime)",
        "change receive-buffers net.core.netdev_max_backlog: 1000 → 10000 (runTime)",
        "change busy-poll net.core.busy_read: 0 → 50 (runTime)",
        "good memberships net.ipv4.igmp_max_memberships: 20",
        "change source-filter eth1: 1, strict → 2, loose (runTime)",
        "good nic-channels eth1: 4 of 8",
        "change nic-rings eth1: rx 1024 of 8192 → rx 4096 (runTime)",
        "change nic-coalescing eth1: rx-usecs 8, adaptive-rx on → rx-usecs 0, adaptive-rx off (runTime)",
        "change nic-pause eth1: rx on, tx on → rx off, tx off (runTime)",
        "change nic-offloads eth1: rx-gro, rx-lro on → rx-gro, rx-lro off (runTime)",
        "change nic-steering eth1: RPS to cpu 0-3 on 2 queues → none (runTime)",
        "change clock-source machine: hpet → tsc (runTime)",
        "good cycle-counter machine: constant_tsc, nonstop_tsc",
        "good time-service machine: phc2sys, ptp4l; ptp0 mlx5_ptp",
        "information mitigations machine: 1 active",
      ])
  }

  @Test func laptopWithoutConfigurationKeepsItsCores() throws {
    let folder = MachineFolder.laptop()
    #expect(
      lines(try folder.plan().findings) == [
        "information pipeline-cpus machine: 2 physical cores run",
        "information isolation machine: none",
        "information tickless machine: none",
        "information rcu-callbacks machine: none",
        "information smt cpu 3: siblings of 1",
        "good numa machine: one node",
        "change governor cpu 1: powersave → performance (runTime)",
        "change energy-preference cpu 1: balance_performance → performance (runTime)",
        "good idle-states cpu 1: none above 10 us",
        "information interrupts cpu 1: 1 of 1 may arrive there",
        "change irqbalance machine: running → stopped, or kept off cpu 1 (byHand)",
        "information work-queues machine: cpu 0-3",
        // Never SCHED_FIFO on two cores or fewer.
        "information realtime-throttling kernel.sched_rt_runtime_us: 950000",
        "good watchdogs kernel.nmi_watchdog: 0",
        "good watchdogs kernel.watchdog: 0",
        "change vm-statistics vm.stat_interval: 1 → 120 (runTime)",
        "change swap vm.swappiness: 60 → 1 (runTime)",
        "good transparent-huge-pages enabled: madvise",
        "change transparent-huge-pages defrag: always → madvise (runTime)",
        "information huge-pages machine: none",
        "change receive-buffers net.core.rmem_max: 212992 → 33554432 (runTime)",
        "change receive-buffers net.core.netdev_max_backlog: 1000 → 10000 (runTime)",
        "good memberships net.ipv4.igmp_max_memberships: 20",
        "good clock-source machine: tsc",
        "good cycle-counter machine: constant_tsc, nonstop_tsc",
        "change time-service machine: systemd-timesyn; no hardware clock → chrony (byHand)",
        "unknown mitigations machine: unknown",
      ])
  }

  @Test func virtualMachineHasNoClockOrIOMMUOfItsOwn() throws {
    let folder = MachineFolder.virtualMachine()
    #expect(
      lines(try folder.plan().findings) == [
        "good pipeline-cpus machine: isolated: 2-3",
        "good isolation cpu 2-3: 2-3",
        "change tickless cpu 2-3: none → 2-3 (boot)",
        "change rcu-callbacks cpu 2-3: none → 2-3 (boot)",
        "good smt cpu 2-3: no sibling runs",
        "good numa machine: one node",
        "information governor cpu 2-3: no clock to choose here: the host has it",
        "information idle-states cpu 2-3: the kernel knows no idle states here",
        "unknown interrupts machine: unknown",
        "good irqbalance machine: not running",
        "unknown work-queues machine: unknown",
        "good realtime-throttling kernel.sched_rt_runtime_us: -1",
        "unknown watchdogs machine: unknown",
        "good vm-statistics vm.stat_interval: 120",
        "good swap machine: none",
        "change transparent-huge-pages enabled: never → madvise (runTime)",
        "unknown transparent-huge-pages defrag: unknown",
        "good huge-pages node 0: 512 of 2048 kB, 512 free",
        "change iommu machine: no groups, as in most virtual machines → vfio without IOMMU (byHand)",
        "good receive-buffers net.core.rmem_max: 67108864",
        "good receive-buffers net.core.netdev_max_backlog: 16384",
        "good memberships net.ipv4.igmp_max_memberships: 1024",
        // The greater of 1 (interface) and 2 (all) holds.
        "good source-filter ens3: 2",
        "good nic-channels ens3: 1 of 4",
        "good nic-rings ens3: rx 256 of 256",
        "unknown nic-coalescing ens3: unknown",
        "unknown nic-pause ens3: unknown",
        "information nic-offloads ens3: rx-gro on",
        "good nic-steering ens3: no RPS on 1 queues",
        "information clock-source machine: kvm-clock; no other to choose",
        "information cycle-counter machine: the processor does not claim constant_tsc, nonstop_tsc",
        "good time-service machine: chronyd; no hardware clock",
        "unknown mitigations machine: unknown",
      ])
  }

  @Test func armServerIsolatesItsHighestCore() throws {
    let folder = MachineFolder.arm()
    let plan = try folder.plan()
    #expect(
      lines(plan.findings) == [
        "change pipeline-cpus threads.cpus: no configuration → [7] (byHand)",
        "change isolation cpu 7: none → 7 (boot)",
        "change tickless cpu 7: none → 7 (boot)",
        "change rcu-callbacks cpu 7: none → 7 (boot)",
        "good smt cpu 7: no sibling runs",
        "good numa machine: one node",
        "information governor cpu 7: no clock to choose here",
        "information idle-states cpu 7: the kernel knows no idle states here",
        "unknown interrupts machine: unknown",
        "good irqbalance machine: not running",
        "unknown work-queues machine: unknown",
        "change realtime-throttling kernel.sched_rt_runtime_us: 950000 → -1 (runTime)",
        "unknown watchdogs machine: unknown",
        "unknown vm-statistics vm.stat_interval: unknown",
        "good swap machine: none",
        "good transparent-huge-pages enabled: madvise",
        "unknown transparent-huge-pages defrag: unknown",
        // 1 GiB in pages of 512 MiB.
        "change huge-pages node 0: 0 of 524288 kB, 0 free → 2 of 524288 kB (runTime)",
        "change iommu machine: no groups: off → on, pass-through (byHand)",
        "unknown receive-buffers net.core.rmem_max: unknown",
        "unknown receive-buffers net.core.netdev_max_backlog: unknown",
        "unknown memberships net.ipv4.igmp_max_memberships: unknown",
        "unknown source-filter ens5: unknown",
        "good nic-channels ens5: 8 of 8",
        "unknown nic-rings ens5: unknown",
        // Nobody has said that this card brings packets: advice only.
        "change nic-coalescing ens5: rx-usecs 20, adaptive-rx off → rx-usecs 0, adaptive-rx off (byHand)",
        "unknown nic-pause ens5: unknown",
        "unknown nic-offloads ens5: unknown",
        "good nic-steering ens5: no RPS on 8 queues",
        "good clock-source machine: arch_sys_counter",
        "good cycle-counter machine: generic timer",
        "good time-service machine: chronyd; ptp0 ena-ptp-06",
        "unknown mitigations machine: unknown",
      ])
    #expect(plan.bootWords == ["isolcpus=managed_irq,domain,7", "nohz_full=7", "rcu_nocbs=7"])
  }

  // MARK: Single things

  private func finding(_ rule: String, _ folder: MachineFolder, _ yaml: String) throws -> [String] {
    lines(try folder.plan(yaml).findings.filter { $0.rule == rule })
  }

  /// Lines A and B by the same interface, as two ports.
  @Test func interfaceOfTwoPortsIsJudgedOnceByTheMostThatTheyAsk() throws {
    let yaml =
      MachineFolder.serverYAML
      + "\n    - { name: feed-b, interface: eth1, queues: 6, queueDepthPackets: 1024 }\n"
    #expect(try finding("nic-channels", .server(), yaml) == ["change nic-channels eth1: 4 of 8 → 6 (runTime)"])
    #expect(try finding("nic-rings", .server(), yaml) == ["change nic-rings eth1: rx 1024 of 8192 → rx 4096 (runTime)"])
    #expect(
      try finding("source-filter", .server(), yaml) == ["change source-filter eth1: 1, strict → 2, loose (runTime)"])
  }

  @Test func portsOnTheOtherNodeAreToldWithItsCPUs() throws {
    let yaml = MachineFolder.serverYAML.replacing("[4, 5]", with: "[2, 3]")
    #expect(
      try finding("numa", .server(), yaml) == [
        "change numa cpu 2-3: cpu 2-3 on node 0; ports on node 1 → CPUs of node 1: 4-7,12-15 (byHand)"
      ])
  }

  @Test func twoThreadsOfOneCoreAreToldApart() throws {
    let yaml = MachineFolder.serverYAML.replacing("[4, 5]", with: "[4, 12]")
    let found = try MachineFolder.server().plan(yaml).findings.filter { $0.rule == "smt" }
    #expect(lines(found) == ["change smt cpu 4,12: share cores: 4,12 → one CPU of each core (byHand)"])
    #expect(found[0].commands == ["threads: { cpus: [4] }"])
  }

  @Test func missingCPUsAreNamedWithThoseThatRun() throws {
    let found = try MachineFolder.server().plan("threads: { cores: 2, cpus: [5, 99] }").findings
      .filter { $0.rule == "pipeline-cpus" }
    #expect(
      lines(found) == [
        "change pipeline-cpus cpu 99: not on this machine, which runs 0-15 → CPUs of this machine (byHand)"
      ])
    #expect(found[0].commands == ["threads: { cpus: [5, 15] }"])
  }

  @Test func configurationWithoutCPUsGetsIsolatedOnesOfThePortsNode() throws {
    let folder = MachineFolder.server()
    folder.put("2-5\n", at: "/sys/devices/system/cpu/isolated")
    let plan = try folder.plan(MachineFolder.serverYAML.replacing(", cpus: [4, 5]", with: ""))
    #expect(plan.goal.cpus == [4, 5])
    #expect(lines(plan.findings)[0] == "change pipeline-cpus threads.cpus: [] → [4, 5] (byHand)")
  }

  @Test func wantedIsolationNamesItsUndo() throws {
    let found = try MachineFolder.server().plan("threads: { cores: 2, cpus: [3, 4] }").findings
      .filter { $0.rule == "isolation" }
    #expect(lines(found) == ["change isolation cpu 3-4: 4-7 → 3-4 (boot)"])
    #expect(found[0].commands == ["isolcpus=managed_irq,domain,3-4"])
    #expect(found[0].undoCommands == ["isolcpus=managed_irq,domain,4-7"])
  }

  @Test func queuesBeyondTheCardAreByHand() throws {
    let yaml = MachineFolder.serverYAML.replacing("queues: 2", with: "queues: 9")
    #expect(try finding("nic-channels", .server(), yaml) == ["change nic-channels eth1: 4 of 8 → 9 (byHand)"])
    let more = MachineFolder.serverYAML.replacing("queues: 2", with: "queues: 6")
    #expect(try finding("nic-channels", .server(), more) == ["change nic-channels eth1: 4 of 8 → 6 (runTime)"])
  }

  @Test func commandsOfManyFilesAreOneLoop() throws {
    let plan = try MachineFolder.server().plan(MachineFolder.serverYAML)
    func commands(_ rule: String) -> [String] { plan.findings.filter { $0.rule == rule }.flatMap(\.commands) }
    func undo(_ rule: String) -> [String] { plan.findings.filter { $0.rule == rule }.flatMap(\.undoCommands) }
    #expect(
      commands("idle-states") == [
        "for n in 4 5; do echo 1 > /sys/devices/system/cpu/cpu$n/cpuidle/state2/disable; done"
      ])
    #expect(commands("governor") == ["echo performance > /sys/devices/system/cpu/cpu5/cpufreq/scaling_governor"])
    #expect(
      commands("interrupts") == [
        "for n in 45 46; do echo 0-3,6-15 > /proc/irq/$n/smp_affinity_list; done",
        "echo ffcf > /proc/irq/default_smp_affinity",
      ])
    #expect(
      undo("interrupts") == [
        "echo ffff > /proc/irq/default_smp_affinity", "echo 4 > /proc/irq/46/smp_affinity_list",
        "echo 0-15 > /proc/irq/45/smp_affinity_list",
      ])
    #expect(commands("work-queues") == ["echo ffcf > /sys/devices/virtual/workqueue/cpumask"])
    #expect(commands("source-filter") == ["sysctl -w net.ipv4.conf.eth1.rp_filter=2"])
    #expect(commands("nic-coalescing") == ["ethtool -C eth1 adaptive-rx off rx-usecs 0"])
    #expect(undo("nic-coalescing") == ["ethtool -C eth1 rx-usecs 8 adaptive-rx on"])
    #expect(commands("nic-pause") == ["ethtool -A eth1 rx off tx off"])
    #expect(commands("nic-rings") == ["ethtool -G eth1 rx 4096"])
    #expect(commands("nic-offloads") == ["ethtool -K eth1 rx-gro off", "ethtool -K eth1 rx-lro off"])
    #expect(undo("smt") == ["for n in 12 13; do echo 1 > /sys/devices/system/cpu/cpu$n/online; done"])
  }

  @Test func wordsForTheShellAreQuoted() {
    let change = MachineChange.file(path: "/sys/a b/c", value: "x'y; z", previous: "")
    #expect(ShellCommands.commands([change]) == ["echo 'x'\\''y; z' > '/sys/a b/c'"])
    let pair = ["/sys/q;r/rx-0/m", "/sys/q;r/rx-1/m"].map { MachineChange.file(path: $0, value: "0", previous: "1") }
    #expect(ShellCommands.commands(pair) == ["for n in 0 1; do echo 0 > '/sys/q;r/rx-'$n/m; done"])
    let nic = MachineChange.nic(interface: "e;1", setting: .ringRx, value: 5, previous: 1)
    #expect(ShellCommands.commands([nic]) == ["ethtool -G 'e;1' rx 5"])
  }

  @Test func everyRuleHasItsOwnNameAndStandsInTheDocumentation() throws {
    let names = TuningRules.all.map { $0.name }
    #expect(Set(names).count == names.count)
    let documentation = try contents(ofDocument: "Docs/TUNING.md")
    let missing = names.filter { !documentation.contains("| `\($0)` |") }
    #expect(missing == [], "not in Docs/TUNING.md")
  }
}
