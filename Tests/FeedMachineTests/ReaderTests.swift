import FeedObserve
import Foundation
import Testing

@testable import FeedMachine

struct ReaderTests {
  @Test func foldersThatAreNoMachineAreRefused() throws {
    let folder = NSTemporaryDirectory() + "feedh-none-" + UUID().uuidString
    #expect(throws: MachineError.noRoot(path: folder, reason: "No such file or directory")) {
      _ = try MachineRoot(path: folder)
    }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    #expect(throws: MachineError.noMachine(path: folder)) { _ = try MachineRoot(path: folder) }
  }

  @Test func anEmptyMachineIsUnknownThroughout() throws {
    let folder = MachineFolder()
    let plan = try folder.plan()
    #expect(plan.changes == [] && plan.bootWords == [])
    #expect(
      plan.findings.allSatisfy { $0.verdict == .unknown || $0.verdict == .information }, "\(lines(plan.findings))")
    #expect(plan.count(.unknown) > 15)
    let doctor = try folder.doctor()
    #expect(doctor.checks().allSatisfy { $0.result == .skipped }, "\(lines(doctor.checks()))")
  }

  @Test func everyFieldOfTheServerIsRead() throws {
    let machine = try MachineFolder.server().machine()
    #expect(machine.kernelRelease == "6.1.0-25-amd64" && !machine.isLive && machine.isVirtual == false)
    #expect(machine.processor.model == "Intel(R) Xeon(R) Gold 6244" && machine.processor.architecture == .x86)
    #expect(machine.online.list == "0-15" && machine.coreCount == 8 && machine.cpus.count == 16)
    let cpu = try #require(machine.cpu(13))
    #expect(cpu.package == 1 && cpu.core == 1 && cpu.siblings == [5, 13] && cpu.governor == "powersave")
    #expect(cpu.idleStates.map(\.name) == ["POLL", "C1", "C6"])
    #expect(cpu.idleStates[2].latencyMicroseconds == 133 && !cpu.idleStates[2].isDisabled)
    #expect(machine.node(ofCPU: 13) == 1 && machine.nodes.map(\.number) == [0, 1])
    #expect(machine.nodes[1].hugePages.map(\.total) == [16])
    #expect(machine.memory.totalKilobytes == 131_072_000 && machine.memory.swapKilobytes == 0)
    #expect(machine.interrupts.map(\.name) == ["timer", "mlx5_comp0", "mlx5_comp1", "eth0"])
    #expect(machine.interrupts[3].cpus == [0, 1, 2, 3] && machine.defaultInterruptCPUs?.list == "0-15")
    #expect(machine.sysctls["net.ipv4.conf.eth1.rp_filter"] == "1")
    #expect(machine.clock.source == "hpet" && machine.clock.hardwareClocks.map(\.device) == ["ptp0"])
    #expect(machine.pci.devices.map(\.address) == ["0000:17:00.0", "0000:af:00.0"])
    #expect(machine.pci.device("0000:af:00.0")?.driver == "mlx5_core" && machine.pci.iommuGroupCount == 2)
    #expect(machine.nics.map(\.interface) == ["eth0", "eth1", "lo"])
    #expect(machine.nic("lo")?.isPhysical == false && machine.nic("eth0")?.pciAddress == "0000:17:00.0")
    #expect(machine.daemons == ["ptp4l", "phc2sys", "irqbalance"])
    #expect(machine.process.capabilities == 0x80_2000 && machine.process.lockedMemoryMaximum == 8_388_608)
    #expect(machine.process.allowedCPUs?.list == "0-3,8-15" && machine.process.realtimePriorityMaximum == 0)
  }

  @Test func factsOfACardReadBackToThemselves() {
    let text = """
      driver mlx5_core
      firmware 16.35.2000 (MT_0000000080)
      address 10.0.0.1/24
      ring.rx 1024
      pause.tx 1
      clock 4294967295
      feature.rx-gro on
      feature.rx-lro off fixed

      """
    let facts = NICFacts(text: text)
    #expect(facts.text == text)
    #expect(facts.features["rx-lro"] == .init(isOn: false, isChangeable: false))
    let bad = NICFacts(text: "ring.rx -1\nring.rx 4294967296\nnosuch 5\ndriver\nfeature.rx-gro maybe\n\u{0}\n   \n")
    #expect(bad == NICFacts())
  }

  /// Each rule that needs a file says unknown, information or nothing where the file is garbage.
  @Test(arguments: [
    ("/proc/sys/net/core/rmem_max", "receive-buffers net.core.rmem_max"),
    ("/proc/sys/kernel/sched_rt_runtime_us", "realtime-throttling kernel.sched_rt_runtime_us"),
    ("/proc/sys/kernel/watchdog_cpumask", "watchdogs kernel.watchdog_cpumask"),
    ("/proc/sys/net/ipv4/conf/eth1/rp_filter", "source-filter eth1"),
    ("/sys/devices/virtual/workqueue/cpumask", "work-queues machine"),
    ("/proc/interrupts", "interrupts machine"), ("/proc/meminfo", "swap machine"),
    ("/proc/cpuinfo", "cycle-counter machine"), ("/feedh/nic/eth1", "nic-rings eth1"),
    ("/feedh/nic/eth1", "nic-coalescing eth1"), ("/feedh/nic/eth1", "nic-pause eth1"),
    ("/feedh/nic/eth1", "nic-offloads eth1"), ("/feedh/nic/eth1", "nic-channels eth1"),
  ])
  func garbageIsUnknown(_ path: String, _ finding: String) throws {
    let folder = MachineFolder.server()
    for content: [UInt8] in [[], [0xFF, 0x00, 0xC3], Array("99999999999999999999999 zz\n".utf8)] {
      folder.put(content, at: path)
      let found = lines(try folder.plan(MachineFolder.serverYAML).findings)
      #expect(found.contains("unknown \(finding): unknown"), "\(path): \(content)")
    }
  }

  /// Files of all machines are damaged, taken away, or replaced by what is no file; everything is made of what is left.
  @Test func noContentOfAMachineCrashesAnything() throws {
    var random = SeededGenerator.seeded(5, "noContentOfAMachineCrashesAnything")
    for kind in MachineKind.allCases {
      var folder = kind.make()
      let original = folder.contents()
      let paths = original.keys.sorted()
      for round in 0..<60 {
        if round % 20 == 0 { folder = kind.make() }
        for _ in 0..<Int.random(in: 1...12, using: &random) {
          let path = paths.randomElement(using: &random)!
          // What was made a pipe, a folder or a link before stays one.
          let kind = try? FileManager.default.attributesOfItem(atPath: folder.root + path)[.type] as? FileAttributeType
          if kind != .typeRegular { continue }
          damage(path, original[path]!, in: folder, &random)
        }
        let machine = try folder.machine()
        for yaml: String? in [nil, MachineFolder.serverYAML] {
          let configured = try optionalSettings(yaml)
          let plan = TuningPlan(machine: machine, settings: configured)
          _ = try json { plan.writeJSON(configuration: nil, outcomes: nil, to: $0) }
          plan.write(to: TextOutput())
          #expect(TuningScript(plan: plan).text.hasPrefix("#!/bin/sh\n"))
          let doctor = Doctor(machine: machine, settings: configured, configuration: nil)
          let report = DoctorReport(doctor: doctor, checks: doctor.checks(), jitter: [])
          _ = try json { report.writeJSON(to: $0) }
          if round % 20 == 19 {
            let before = folder.contents()
            let tuner = try MachineTuner(root: try folder.machineRoot(), statePath: nil, option: "--apply")
            if try !tuner.apply(plan.changes).filter({ $0.error == 0 }).isEmpty { _ = try tuner.undo() }
            #expect(folder.contents() == before)
          }
        }
      }
    }
  }

  private func damage(
    _ path: String, _ content: [UInt8], in folder: MachineFolder, _ random: inout SeededGenerator
  ) {
    let huge = [
      "9223372036854775807", "-9223372036854775808", "18446744073709551615", "0-8191", "ffffffff", "-1", "\n",
    ]
    switch Int.random(in: 0..<8, using: &random) {
    case 0: folder.remove(path)
    case 1: folder.put([], at: path)
    case 2:
      folder.put(
        (0..<Int.random(in: 1...64, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }, at: path)
    case 3: folder.put(Array(content.prefix(Int.random(in: 0...content.count, using: &random))), at: path)
    case 4: folder.put(huge.randomElement(using: &random)! + "\n", at: path)
    case 5:
      var bytes = content
      for _ in 0..<3 where !bytes.isEmpty {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      folder.put(bytes, at: path)
    case 6: folder.put(content, at: path)
    default:
      folder.remove(path)
      switch Int.random(in: 0..<3, using: &random) {
      case 0: folder.link(path, to: path)
      case 1: mkfifo(folder.root + path, 0o600)
      default: folder.write(path)
      }
    }
  }

  @Test func aRecordedMachineReadsAsTheOneItWasReadFrom() throws {
    for kind in MachineKind.allCases {
      let folder = kind.make()
      let root = try MachineRoot(path: folder.root, isRecording: true)
      let machine = Machine.read(root)
      let copy = folder.root + "-copy"
      defer { try? FileManager.default.removeItem(atPath: copy) }
      try machine.record(root, to: copy)
      var again = Machine.read(try MachineRoot(path: copy))
      #expect(again.root == copy)
      again.root = machine.root
      #expect(again == machine, "\(kind)")
      #expect(throws: MachineError.recordingExists(path: copy)) { try machine.record(root, to: copy) }
    }
  }
}
