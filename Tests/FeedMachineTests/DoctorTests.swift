import FeedCore
import Foundation
import Testing

@testable import FeedMachine

struct DoctorTests {
  @Test func everythingIsSaidOfTheServer() throws {
    let doctor = try MachineFolder.server().doctor(MachineFolder.serverYAML)
    #expect(
      lines(doctor.checks()) == [
        "pass configuration live.yaml: can be used",
        "pass cores cpu 4: runs",
        "pass cores cpu 5: runs",
        "pass isolation cpu 4-5: isolated",
        "pass ports feed-a: 0000:af:00.0 is bound to mlx5_core",
        "pass ports feed-a: eth1 is up, 25000 Mbit/s",
        "pass queues feed-a: 2 queues of 8",
        "pass queue-depth feed-a: 4096 packets of 8192",
        "warn multicast eth1: strict source filter: packets of senders routed elsewhere are dropped",
        "pass multicast groups: 2 of 20",
        "fail receive-buffer net.core.rmem_max: 212992 cuts the 33554432 bytes asked for",
        "skipped clock system: its state is unknown",
        "pass clock service: phc2sys, ptp4l",
        "pass clock hardware: ptp0 mlx5_ptp",
        "skipped disk -: no live.recordFolder configured",
        // Bits 13 and 23 of 0x802000.
        "pass permissions CAP_NET_RAW: held",
        "warn permissions CAP_NET_ADMIN: missing: no promiscuous mode and larger socket buffers",
        "pass permissions CAP_SYS_NICE: held",
        "warn permissions locked memory: at most 8.3 MB: tables may be swapped out",
        // Two cores of 20 x 4,194,304 + 8 x 4,000,000 + 272 x 16,384 + 128 x 1,000,000 bytes.
        "pass memory tables: tables take up to 496.6 MB, 122.88 GB are available",
        "fail memory huge pages: 33.5 MB free on node 1, 142.6 MB wanted",
        "pass memory transparent huge pages: always",
        "warn tuning machine: 23 findings to change: smt, governor, idle-states, interrupts, work-queues,"
          + " realtime-throttling, watchdogs, vm-statistics, numa-balancing, page-merging, transparent-huge-pages,"
          + " huge-pages, receive-buffers, busy-poll, source-filter, nic-rings, nic-coalescing, nic-pause,"
          + " nic-offloads, nic-steering, clock-source",
      ])
  }

  @Test func withoutConfigurationWhatIsNotConfiguredIsSkipped() throws {
    let checks = try MachineFolder.virtualMachine().doctor().checks()
    #expect(
      lines(checks) == [
        "skipped configuration -: none given; defaults are judged",
        "pass cores cpu 0: runs",
        "warn isolation cpu 0: shared with all other tasks",
        "skipped ports -: none configured",
        "skipped multicast -: no line of the configuration names a group",
        "pass receive-buffer net.core.rmem_max: 67108864 for 33554432",
        "skipped clock system: its state is unknown",
        "pass clock service: chronyd",
        "skipped clock hardware: no /dev/ptp: PTP is left to software, tens of microseconds",
        "skipped disk -: no live.recordFolder configured",
        "skipped permissions process: unknown",
        "pass memory tables: tables take up to 248.3 MB, 15.36 GB are available",
        "skipped memory huge pages: no port with a PCI address asks for them",
        "warn memory transparent huge pages: never: tables get small pages",
        "warn tuning machine: 4 findings to change: tickless, rcu-callbacks, transparent-huge-pages, iommu",
      ])
    #expect(
      checks.first { $0.name == "isolation" }?.remedy
        == "name isolated ones in threads.cpus; 2-3 are isolated and unused")
  }

  // MARK: What fails, one thing at a time

  private func checks(_ name: String, _ folder: MachineFolder, _ yaml: String) throws -> [String] {
    lines(try folder.doctor(yaml).checks().filter { $0.name == name && $0.result != .pass })
  }

  @Test func coresThatAreNotThereOrNotAllowed() throws {
    #expect(
      try checks("cores", .server(), "threads: { cores: 2, cpus: [4, 16] }") == [
        "fail cores cpu 16: does not run; 0-15 do"
      ])
    // 12-15 may be used by this process, 4-7 are isolated; of the rest 0-3 and 8-11.
    let folder = MachineFolder.server()
    folder.put("Cpus_allowed_list:\t0-1\n", at: "/proc/self/status")
    #expect(
      try checks("cores", folder, "threads: { cores: 2, cpus: [2, 5] }") == [
        "warn cores cpu 2: not among this process's: 0-1"
      ])
    #expect(
      try checks("cores", folder, "threads: { cores: 3 }") == [
        "fail cores machine: 2 CPUs for 3 polling threads"
      ])
    #expect(
      try checks("cores", .server(), "threads: { cores: 2, cpus: [4, 12] }") == [
        "warn cores cpu 4,12: are one physical core"
      ])
    #expect(
      try checks("cores", .laptop(), "threads: { cpus: [1] }") == [
        "warn cores machine: 2 physical cores for polling and everything else"
      ])
  }

  private static func port(_ words: String) -> String { "live: { ports: [ { name: p, \(words) } ] }" }

  @Test func portsThatAreNotThereOrDownOrBoundElsewhere() throws {
    #expect(try checks("ports", .server(), Self.port("interface: eth7")) == ["fail ports p: no interface eth7"])
    #expect(
      try checks("ports", .server(), Self.port("pciAddress: '0000:17:00.1'")) == [
        "fail ports p: no Ethernet card at 0000:17:00.1"
      ])
    #expect(
      try checks("ports", .server(), Self.port("pciAddress: '0000:00:1f.0'")) == [
        "fail ports p: no Ethernet card at 0000:00:1f.0"
      ])
    #expect(
      try checks("ports", .server(), Self.port("pciAddress: '0000:17:00.0'")) == [
        "fail ports p: 0000:17:00.0 is bound to igb, which DPDK cannot use"
      ])
    let folder = MachineFolder.server()
    folder.put("0x1002\n", at: "/sys/class/net/eth1/flags")
    #expect(try checks("ports", folder, Self.port("interface: eth1")) == ["fail ports p: eth1 is down"])
    folder.put("0x1003\n", at: "/sys/class/net/eth1/flags")
    folder.put("0\n", at: "/sys/class/net/eth1/carrier")
    folder.put("1400\n", at: "/sys/class/net/eth1/mtu")
    #expect(
      try checks("ports", folder, Self.port("interface: eth1")) == [
        "fail ports p: eth1 has no link", "fail ports p: MTU 1400 of eth1 is below the 1500 that venues send",
      ])
  }

  @Test func limitsOfTheCardAreNamed() throws {
    let words = "interface: eth1, queues: 9, queueDepthPackets: 16384"
    #expect(try checks("queues", .server(), Self.port(words)) == ["fail queues p: 9 queues exceed the card's 8"])
    #expect(
      try checks("queue-depth", .server(), Self.port(words)) == [
        "fail queue-depth p: queue depth 16384 exceeds the card's 8192"
      ])
    // The driver of eth0 tells nothing; the interface has two queues.
    #expect(
      try checks("queues", .server(), Self.port("interface: eth0, queues: 3")) == [
        "fail queues p: 3 queues exceed the interface's 2"
      ])
    #expect(
      try checks("queues", .server(), Self.port("interface: eth0, queues: 2")) == [
        "skipped queues p: the driver does not tell its limit"
      ])
  }

  private static func groups(_ count: Int, _ interface: String) -> String {
    let all = (0..<count).map { "{ name: g\($0), group: 233.54.12.\($0) }" }
    let feeds = stride(from: 0, to: count, by: 16).map { start in
      "  - { name: f\(start), venue: v, lines: [ \(all[start..<min(start + 16, count)].joined(separator: ", ")) ] }"
    }
    return """
      venues: [ { name: v } ]
      feeds:
      \(feeds.joined(separator: "\n"))
      live: { ports: [ { name: p, interface: \(interface) } ] }
      """
  }

  @Test func multicastNeedsAddressFlagAndMemberships() throws {
    #expect(
      try checks("multicast", .server(), Self.groups(21, "eth1")) == [
        "warn multicast eth1: strict source filter: packets of senders routed elsewhere are dropped",
        "fail multicast groups: 21 groups exceed the 20 that a socket may join",
      ])
    let folder = MachineFolder.server()
    folder.put("driver mlx5_core\nring.rx 1\naddress fe80::1/64\n", at: "/feedh/nic/eth1")
    #expect(
      try checks("multicast", folder, Self.groups(2, "eth1")) == [
        "fail multicast eth1: has no IPv4 address: its joins say nothing that switches believe"
      ])
    folder.put("0x3\n", at: "/sys/class/net/eth1/flags")
    #expect(try checks("multicast", folder, Self.groups(2, "eth1")) == ["fail multicast eth1: does not take multicast"])
    #expect(
      try checks("multicast", .server(), Self.groups(2, "eth9")) == [
        "fail multicast -: no interface to join 2 groups on"
      ])
  }

  /// What the kernel does not see it does not join: feedh does, from an address that has to be named.
  @Test func portsOfDPDKReportFromTheirAddress() throws {
    func found(_ port: String) throws -> [String] {
      let yaml = Self.groups(2, "eth1").replacing("{ name: p, interface: eth1 }", with: "{ name: p, \(port) }")
      let checks = try MachineFolder.server().doctor(yaml).checks()
      return lines(checks.filter { $0.name == "multicast" && $0.subject == "p" })
    }
    let card = "pciAddress: '0000:17:00.0'"
    #expect(
      try found(card) == ["warn multicast p: feedh reports memberships from 0.0.0.0, which some switches pass over"])
    #expect(try found(card + ", address: 10.1.2.3") == ["pass multicast p: feedh reports memberships from 10.1.2.3"])
    #expect(try found(card + ", membership: none") == [] && found(card + ", reception: promiscuous") == [])
    // mlx5 stays with the kernel, which joins.
    #expect(try found("pciAddress: '0000:af:00.0'") == [])
    #expect(try found("vdev: 'net_ring0'") == [], "no network")
  }

  /// A rehearsal on one machine: lo has no flag for multicast, and no card.
  @Test func loopbackInterfaceTakesTheGroupsOfARehearsal() throws {
    let folder = MachineFolder.server()
    folder.put("0x9\n", at: "/sys/class/net/lo/flags")
    folder.put("0\n", at: "/proc/sys/net/ipv4/conf/lo/rp_filter")
    folder.put("0\n", at: "/proc/sys/net/ipv4/conf/all/rp_filter")
    folder.put("address 127.0.0.1/8\nfeature.rx-gro on\n", at: "/feedh/nic/lo")
    #expect(try checks("multicast", folder, Self.groups(2, "lo")) == [])
    #expect(try !lines(folder.plan(Self.groups(2, "lo")).findings).contains { $0.contains(" nic-") })
  }

  @Test func bufferBeyondTheLimitIsAWarningWhereItMayBeExceeded() throws {
    let folder = MachineFolder.server()
    folder.put("CapEff:\t0000000000001000\n", at: "/proc/self/status")
    #expect(
      try checks("receive-buffer", folder, "{}") == [
        "warn receive-buffer net.core.rmem_max: 212992 cuts the 33554432 bytes asked for; this user may exceed it"
      ])
  }

  @Test func clockIsJudgedByKernelAndService() throws {
    var machine = try MachineFolder.server().machine()
    func found(_ state: (Bool, Int)?, _ daemons: Set<String>) -> [String] {
      machine.clock.synchronisation = state.map {
        Clock.Synchronisation(
          isUnsynchronised: $0.0, maximumErrorMicroseconds: 9_000, estimatedErrorMicroseconds: $0.1)
      }
      machine.daemons = daemons
      return lines(
        Doctor(machine: machine, settings: nil, configuration: nil).checks()
          .filter { $0.name == "clock" && $0.subject != "hardware" })
    }
    #expect(
      found((false, 12), ["ptp4l"]) == [
        "pass clock system: estimated error 12 us, at most 9000 us", "pass clock service: ptp4l",
      ])
    #expect(found((true, 0), []) == ["fail clock system: the kernel holds it for unsynchronised"])
    #expect(
      found((true, 0), ["chronyd"]) == [
        "warn clock system: not synchronised yet; chronyd runs", "pass clock service: chronyd",
      ])
    #expect(
      found((false, 1_001), ["irqbalance"]) == [
        "warn clock system: estimated error 1001 us, at most 9000 us",
        "warn clock service: none of chrony, ptp4l, ntpd runs here",
      ])
  }

  @Test func recordFolderIsJudgedByItsDisk() throws {
    var machine = try MachineFolder.server().machine()
    machine.isLive = true
    func found(_ disk: RecordDisk) -> [String] {
      machine.recordDisk = disk
      return lines(Doctor(machine: machine, settings: nil, configuration: nil).diskChecks())
    }
    var disk = RecordDisk(folder: "/data")
    #expect(found(disk) == ["fail disk /data: no such folder"])
    disk.freeBytes = 9_999_999_999
    #expect(found(disk) == ["fail disk /data: this user may not write there"])
    disk.isWritable = true
    #expect(found(disk) == ["fail disk /data: 9.99 GB free, less than 10 GB"])
    disk.freeBytes = 10_000_000_000
    #expect(found(disk) == ["warn disk /data: 10.00 GB free, less than 100 GB"])
    (disk.freeBytes, disk.isRotational, disk.device) = (100_000_000_000, true, "sda")
    #expect(found(disk) == ["pass disk /data: 100.00 GB free", "warn disk /data: sda rotates"])
  }

  @Test func memoryThatTheTablesExceedIsAWarning() throws {
    let folder = MachineFolder.server()
    folder.put("MemAvailable: 200000 kB\n", at: "/proc/meminfo")
    #expect(
      try checks("memory", folder, "{}").first
        == "warn memory tables: tables take up to 248.3 MB, 204.8 MB are available")
  }

  @Test func librariesOfThisMachineAreFound() throws {
    let found = try MachineFolder.server().doctor().libraryChecks()
    #expect(found.map(\.subject) == ["zlib", "zstd", "libpcap", "DPDK"])
    let port = try MachineFolder.server().doctor(Self.port("pciAddress: '0000:af:00.0'")).libraryChecks()
    #if DPDK
      #expect(port.last?.result == .pass)
    #else
      #expect(port.last?.result == .fail)
    #endif
  }

  // MARK: Jitter

  @Test func gapsAreJudgedByTheirLargest() {
    func verdict(_ largest: UInt64, stall: UInt64 = 1_000_000) -> DoctorCheck.Result {
      Doctor.verdict("cpu 1", largest: largest, p999: 0, seconds: 1, stall: stall).result
    }
    #expect(verdict(0) == .pass && verdict(50_000) == .pass)
    #expect(verdict(50_001) == .warn && verdict(1_000_000) == .warn)
    #expect(verdict(1_000_001) == .fail)
    #expect(verdict(20_000, stall: 10_000) == .fail && verdict(10_000, stall: 10_000) == .pass)
  }

  /// Half a minute for all, whatever came before: DPDK's rehearsal alone may take 20 s.
  @Test func measurementsEndWithinHalfAMinute() {
    let second: UInt64 = 1_000_000_000
    func share(_ wanted: UInt64, _ cpus: Int, spent: UInt64) -> UInt64 {
      JitterMeasurement.share(of: wanted, cpus: cpus, spent: spent)
    }
    #expect(share(second, 2, spent: 0) == second && share(10 * second, 1, spent: second) == 10 * second)
    #expect(share(second, 40, spent: 0) == second / 2 && share(10 * second, 4, spent: 0) == 5 * second)
    #expect(share(second, 16, spent: 20 * second) == second / 2)
    #expect(share(second, 4, spent: 40 * second) == 1_000_000)
    for cpus in [1, 2, 7, 64] {
      for spent in 0...20 as ClosedRange<UInt64> {
        let each = share(10 * second, cpus, spent: spent * second)
        #expect(UInt64(cpus) * each + spent * second <= 28 * second && each >= 1_000_000)
      }
    }
  }

  @Test func aMeasurementCoversItsTimeInGaps() throws {
    let machine = Machine.read(try MachineRoot(path: "/"))
    let cpu = try #require(machine.process.allowedCPUs?.first)
    let jitter = JitterMeasurement.measure(cpu: cpu, nanoseconds: 5_000_000, clock: .calibrate())
    #expect(jitter.pinError == 0)
    #expect(jitter.nanoseconds >= 4_999_999)
    let summary = jitter.summary
    #expect(summary.count > 1 && summary.p50 <= summary.p999 && summary.p999 <= summary.max)
    #expect(summary.max <= jitter.nanoseconds)
    #expect(jitter.groups.reduce(0, +) == summary.count)
    // Nothing falls between two gaps: together they are the time that was measured.
    let sum = jitter.clock.nanoseconds(ticks: UInt64(jitter.histogram.mean * Double(summary.count)))
    #expect(sum.magnitude >= jitter.nanoseconds - 1_000 && sum <= jitter.nanoseconds + 1_000)
  }

  @Test func gapsFallIntoTheirGroups() {
    let histogram = LatencyHistogram()
    for value: UInt64 in [99, 100, 900, 20_000, 2_000_000, 30_000_000, 31_000_000] { histogram.record(value) }
    let jitter = JitterMeasurement(cpu: 0, pinError: 0, histogram: histogram, clock: .nanosecond, nanoseconds: 1)
    // Up to 100 ns, 1 us, 10 us, 100 us, 1 ms, 10 ms, above.
    #expect(jitter.groups == [2, 1, 0, 1, 0, 1, 2])
  }

  @Test func aCPUThatIsNotThereCannotBeMeasured() throws {
    let jitter = JitterMeasurement.measure(cpu: 1_023, nanoseconds: 1_000_000, clock: .nanosecond)
    #expect(jitter.pinError == EINVAL)
    let check = try MachineFolder.server().doctor().check(jitter)
    #expect(lines([check]) == ["fail jitter cpu 1023: cannot be pinned to: Invalid argument"])
  }
}
