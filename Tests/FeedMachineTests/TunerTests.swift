import FeedCore
import Foundation
import Testing

@testable import FeedMachine

/// Apply and undo against recorded machines: nothing of this machine is ever written.
struct TunerTests {
  private func tuner(_ folder: MachineFolder, state: String? = nil) throws -> MachineTuner {
    try MachineTuner(root: try folder.machineRoot(), statePath: state, option: "--apply")
  }

  @Test func applyMakesEveryChangeThatCanBeMadeAtRunTime() throws {
    let folder = MachineFolder.server()
    let plan = try folder.plan(MachineFolder.serverYAML)
    let outcomes = try tuner(folder).apply(plan.changes)
    #expect(outcomes.allSatisfy { $0.isDone && $0.error == 0 })
    #expect(folder.text("/sys/kernel/mm/transparent_hugepage/enabled") == "always [madvise] never\n")
    #expect(folder.text("/sys/devices/system/cpu/cpu5/cpufreq/scaling_governor") == "performance\n")
    #expect(folder.text("/sys/devices/system/cpu/cpu6/cpufreq/scaling_governor") == "powersave\n")
    #expect(folder.text("/proc/irq/46/smp_affinity_list") == "0-3,6-15\n")
    #expect(folder.text("/proc/irq/default_smp_affinity") == "ffcf\n")
    #expect(folder.text("/proc/sys/kernel/sched_rt_runtime_us") == "-1\n")
    let card = try #require(folder.text("/feedh/nic/eth1"))
    #expect(card.contains("\nring.rx 4096\n") && card.contains("\ncoalesce.adaptiveRx 0\n"))
    #expect(card.contains("\nfeature.rx-lro off\n") && card.contains("\nfirmware 16.35.2000 (MT_0000000080)\n"))
    // What is left needs a decision or another start.
    let left = try folder.plan(MachineFolder.serverYAML)
    #expect(left.changes == [])
    #expect(
      lines(left.findings.filter { $0.verdict == .change }) == [
        "change smt cpu 12-13: on line, siblings of 4-5 → off line (byHand)"
      ])
  }

  @Test(arguments: MachineKind.allCases)
  func undoRestoresEveryFileByteForByte(_ kind: MachineKind) throws {
    let folder = kind.make()
    let before = folder.contents()
    let changes = try folder.plan(kind.yaml).changes
    #expect(!changes.isEmpty)
    _ = try tuner(folder).apply(changes)
    #expect(folder.contents() != before)
    let outcomes = try tuner(folder).undo()
    #expect(outcomes.count == changes.count && outcomes.allSatisfy(\.isDone))
    #expect(folder.contents() == before)
  }

  @Test func applyingTwiceUndoesToWhatWasBeforeTheFirst() throws {
    let folder = MachineFolder.server()
    let before = folder.contents()
    _ = try tuner(folder).apply(try folder.plan(MachineFolder.serverYAML).changes)
    // Another configuration asks for more of what was changed already.
    let more = MachineFolder.serverYAML.replacing("queues: 2", with: "queues: 2, queueDepthPackets: 8192")
    let changes = try folder.plan(more).changes
    #expect(changes.map(\.target).contains("eth1 ring.rx"))
    _ = try tuner(folder).apply(changes)
    #expect(folder.text("/feedh/nic/eth1")?.contains("\nring.rx 8192\n") == true)
    _ = try tuner(folder).undo()
    #expect(folder.contents() == before)
  }

  @Test func oddWhiteSpaceAndMissingNewlinesComeBackToo() throws {
    let folder = MachineFolder.server()
    folder.put("  212992 \n\n", at: "/proc/sys/net/core/rmem_max")
    folder.put("powersave", at: "/sys/devices/system/cpu/cpu5/cpufreq/scaling_governor")
    let before = folder.contents()
    _ = try tuner(folder).apply(try folder.plan(MachineFolder.serverYAML).changes)
    #expect(folder.text("/proc/sys/net/core/rmem_max") == "33554432\n")
    _ = try tuner(folder).undo()
    #expect(folder.contents() == before)
  }

  @Test func whatIsNotThereIsAnOutcomeAndTheOthersAreMade() throws {
    let folder = MachineFolder.server()
    let state = folder.root + "/state"
    let outcomes = try tuner(folder, state: state).apply([
      .file(path: "/proc/sys/kernel/nosuch", value: "1", previous: "0"),
      .nic(interface: "eth9", setting: .ringRx, value: 1, previous: 2),
      .feature(interface: "eth1", name: "nosuch", isOn: false, previous: true),
      .file(path: "/proc/sys/vm/stat_interval", value: "120", previous: "1"),
    ])
    #expect(outcomes.map(\.error) == [ENOENT, ENODEV, EOPNOTSUPP, 0])
    #expect(outcomes[0].description == "/proc/sys/kernel/nosuch: not 1: No such file or directory")
    #expect(outcomes[3].description == "/proc/sys/vm/stat_interval: 120 (was 1)")
    #expect(!FileManager.default.fileExists(atPath: folder.root + "/proc/sys/kernel/nosuch"))
    // Only what was done is there to be undone.
    #expect(try TuningState.load(state)?.entries.map(\.change.target) == ["/proc/sys/vm/stat_interval"])
    #expect(try tuner(folder, state: state).undo().map(\.isDone) == [true])
    #expect(!FileManager.default.fileExists(atPath: state))
  }

  @Test func undoWithoutStateSaysSo() throws {
    let folder = MachineFolder.server()
    let path = folder.root + "/var/lib/feedh/tune.state"
    #expect(throws: MachineError.noState(path: path)) { _ = try tuner(folder).undo() }
  }

  @Test(arguments: [
    ("", 1), ("feedh tune state 2\n", 1), ("feedh tune state 1\nfile\t/sys/a\n", 2),
    ("feedh tune state 1\nfile\t/etc/passwd\tx\ty\t00\n", 2),
    ("feedh tune state 1\nfile\t/sys/../etc/passwd\tx\ty\t00\n", 2),
    ("feedh tune state 1\nfile\t/sys/a\tx\ty\t0\n", 2), ("feedh tune state 1\nfile\t/sys/a\tx\ty\tzz\n", 2),
    ("feedh tune state 1\nnic\teth1\tring.rx\t1\t-1\n", 2), ("feedh tune state 1\nnic\teth1\tnosuch\t1\t1\n", 2),
    ("feedh tune state 1\nfeature\teth1\trx-gro\t2\t0\n", 2), ("feedh tune state 1\n\nwhat\n", 3),
  ])
  func damagedStateIsRefusedWithItsLine(_ text: String, _ line: Int) throws {
    let folder = MachineFolder.server()
    folder.put(text, at: "/state")
    let before = folder.contents()
    let path = folder.root + "/state"
    #expect(throws: MachineError.badState(path: path, line: line)) { _ = try tuner(folder, state: path).undo() }
    #expect(throws: MachineError.badState(path: path, line: line)) { _ = try tuner(folder, state: path).apply([]) }
    #expect(folder.contents() == before)
  }

  @Test func stateReadsBackToItselfWhateverTheValuesHold() throws {
    let folder = MachineFolder.server()
    var state = TuningState()
    state.add(.init(change: .file(path: "/sys/a", value: "x\ty\\n\nz", previous: ""), content: [0, 10, 255]))
    state.add(.init(change: .nic(interface: "e\t1", setting: .pauseRx, value: 0, previous: 1)))
    state.add(.init(change: .feature(interface: "eth1", name: "rx-gro", isOn: false, previous: true)))
    try state.save(folder.root + "/deep/er/state")
    #expect(try TuningState.load(folder.root + "/deep/er/state") == state)
  }

  @Test func stateThatCannotBeKeptChangesNothing() throws {
    let folder = MachineFolder.server()
    folder.put("in the way", at: "/var")
    let before = folder.contents()
    let changes = try folder.plan(MachineFolder.serverYAML).changes
    #expect(throws: MachineError.self) { _ = try tuner(folder).apply(changes) }
    #expect(folder.contents() == before)
  }

  @Test func aLinkOutOfTheFolderIsNeitherReadNorWritten() throws {
    let folder = MachineFolder.server()
    let outside = MachineFolder()
    outside.put("1\n", at: "/secret")
    folder.remove("/proc/sys/vm/stat_interval")
    folder.link("/proc/sys/vm/stat_interval", to: outside.root + "/secret")
    #expect(try folder.machine().sysctls["vm.stat_interval"] == nil)
    let outcomes = try tuner(folder).apply([
      .file(path: "/proc/sys/vm/stat_interval", value: "120", previous: "1")
    ])
    #expect(outcomes.map(\.error) == [ENOENT])
    #expect(outside.text("/secret") == "1\n")
  }

  @Test func sameSetsInOtherFormsAreDone() {
    #expect(MachineTuner.isSame("0000ffcf", "ffcf"))
    #expect(MachineTuner.isSame("0-1,2", "0-2"))
    #expect(!MachineTuner.isSame("300", "512"))
  }
}
