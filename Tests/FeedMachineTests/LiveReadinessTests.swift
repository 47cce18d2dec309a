import FeedCore
import Glibc
import Testing

@testable import FeedMachine

/// What a live run asks of the machine: a warning with the remedy for each thing, and nothing that would harm it.
@Suite struct LiveReadinessTests {
  private static func machine(_ change: (inout Machine) -> Void = { _ in }) -> Machine {
    var machine = Machine()
    machine.online = [0, 1, 2, 3]
    machine.isolated = [2, 3]
    machine.memory.transparentHugePages = "madvise"
    machine.sysctls["kernel.sched_rt_runtime_us"] = "950000"
    change(&machine)
    return machine
  }

  private static func settings(_ change: (inout Settings) -> Void = { _ in }) -> Settings {
    var settings = Settings()
    settings.threads.coreCount = 2
    settings.threads.cpus = [2, 3]
    change(&settings)
    return settings
  }

  private static func warnings(
    _ machine: Machine, _ settings: inout Settings, lock: Int32 = 0
  ) -> [String] {
    LiveReadiness(machine: machine, lockMemory: { lock }).prepare(&settings)
  }

  @Test func tunedMachineHasNoWarning() {
    var settings = Self.settings()
    #expect(Self.warnings(Self.machine(), &settings) == [])
  }

  @Test func cpusThatAreNotIsolatedAreNamed() {
    var settings = Self.settings { $0.threads.cpus = [1, 2] }
    #expect(
      Self.warnings(Self.machine(), &settings) == [
        "CPU 1 is not isolated: other tasks run there and each costs the core a time slice; boot with isolcpus= (feedh "
          + "tune shows the words)"
      ])
    // Without names: the first ones allowed.
    settings.threads.cpus = []
    let machine = Self.machine { $0.process.allowedCPUs = [0, 3] }
    #expect(Self.warnings(machine, &settings).map { $0.prefix(26) } == ["CPU 0 is not isolated: oth"])
  }

  @Test func cpusOfAnotherNodeThanThePortsAreNamed() {
    var settings = Self.settings { $0.live.ports = [PortSettings(name: "a", interface: "eth1")] }
    let machine = Self.machine {
      var (near, far) = (NIC(interface: "eth0"), NIC(interface: "eth1"))
      (near.node, far.node) = (1, 0)
      $0.nics = [near, far]
      $0.nodes = [MemoryNode(number: 0, cpus: [0, 1]), MemoryNode(number: 1, cpus: [2, 3])]
    }
    #expect(
      Self.warnings(machine, &settings) == [
        "CPU 2-3 is not on memory node 0, where the ports are: each packet crosses the link between the sockets; name "
          + "CPUs of 0-1 in threads.cpus"
      ])
    settings.live.ports[0].interface = "eth0"
    #expect(Self.warnings(machine, &settings) == [])
    // Of a port whose node nobody knows nothing is said.
    settings.live.ports[0].interface = "eth9"
    #expect(Self.warnings(machine, &settings) == [])
  }

  @Test func interfacesThatTakeNoWholePacketsAreNamed() {
    var settings = Self.settings { $0.live.ports = [PortSettings(name: "a", interface: "eth1")] }
    func machine(mtu: Int?) -> Machine {
      Self.machine {
        var nic = NIC(interface: "eth1")
        nic.mtu = mtu
        $0.nics = [nic]
      }
    }
    #expect(
      Self.warnings(machine(mtu: 1_499), &settings) == [
        "port a: MTU 1499 of eth1 is below the 1500 that venues send: longer packets do not arrive; ip link set eth1 "
          + "mtu 1500"
      ])
    #expect(Self.warnings(machine(mtu: 1_500), &settings) == [] && Self.warnings(machine(mtu: nil), &settings) == [])
  }

  @Test func realtimeSchedulingThatTheKernelInterruptsIsNamed() {
    var settings = Self.settings { $0.threads.scheduling = .fifo }
    #expect(
      Self.warnings(Self.machine(), &settings) == [
        "kernel.sched_rt_runtime_us is 950000: the kernel stops a spinning SCHED_FIFO core for the rest of each second; "
          + "sysctl -w kernel.sched_rt_runtime_us=-1"
      ])
    #expect(settings.threads.scheduling == .fifo)
    #expect(Self.warnings(Self.machine { $0.sysctls["kernel.sched_rt_runtime_us"] = "-1" }, &settings) == [])
  }

  @Test(arguments: [1, 2]) func realtimeSchedulingIsNotAppliedToAFewCPUs(count: Int) {
    var settings = Self.settings { $0.threads.scheduling = .fifo }
    let machine = Self.machine { $0.online = CPUSet(0..<count) }
    let warnings = Self.warnings(machine, &settings)
    #expect(settings.threads.scheduling == .normal)
    #expect(warnings.count == 1 && warnings[0].hasPrefix("threads.scheduling fifo is not applied"), "\(warnings)")
  }

  @Test func smallPagesAndUnlockedMemoryAreNamed() {
    var settings = Self.settings()
    let machine = Self.machine { $0.memory.transparentHugePages = "never" }
    let warnings = Self.warnings(machine, &settings, lock: EPERM)
    #expect(warnings.count == 2)
    #expect(warnings[0].hasPrefix("transparent huge pages are off"))
    #expect(warnings[1].hasPrefix("memory is not locked (Operation not permitted)"))
    settings.threads.lockMemory = false
    #expect(Self.warnings(machine, &settings, lock: EPERM).count == 1)
  }

  @Test func unknownMachineIsNotAccused() {
    var settings = Self.settings { $0.threads.scheduling = .fifo }
    #expect(Self.warnings(Machine(), &settings) == [])
  }
}
