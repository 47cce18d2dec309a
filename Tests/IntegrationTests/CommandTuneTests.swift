import Foundation
import Testing

/// `feedh tune` and `feedh doctor` as users run them. What this machine is like is not known here, so what it is judged
/// to be is not asserted; a small machine written by hand is.
struct CommandTuneTests {
  /// Four CPUs of which two are isolated, an interrupt on one of these, a small receive buffer.
  private static func machine() throws -> CommandFolder {
    let folder = CommandFolder()
    let files = [
      "sys/devices/system/cpu/online": "0-3\n", "sys/devices/system/cpu/isolated": "2-3\n",
      "sys/devices/system/cpu/cpu0/topology/thread_siblings_list": "0\n",
      "sys/devices/system/cpu/cpu1/topology/thread_siblings_list": "1\n",
      "sys/devices/system/cpu/cpu2/topology/thread_siblings_list": "2\n",
      "sys/devices/system/cpu/cpu3/topology/thread_siblings_list": "3\n",
      "sys/kernel/mm/transparent_hugepage/enabled": "[always] madvise never\n",
      "proc/cmdline": "isolcpus=2-3 nohz_full=2-3 rcu_nocbs=2-3\n", "proc/sys/net/core/rmem_max": "212992\n",
      "proc/interrupts": "     CPU0 CPU1 CPU2 CPU3\n 33:  1  2  3  4  PCI-MSI  0-edge  eth0\n",
      "proc/irq/33/smp_affinity_list": "0-3\n",
    ]
    for (name, text) in files {
      let url = URL(fileURLWithPath: folder.path(name))
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: url)
    }
    return folder
  }

  private static func findings(_ object: [String: Any]) throws -> [[String: Any]] {
    guard let findings = object["findings"] as? [[String: Any]] else { throw CommandFailure("no findings") }
    return findings
  }

  @Test func planOfThisMachineIsTheSameFromARecording() throws {
    let folder = CommandFolder()
    let recording = folder.path("machine")
    let recorded = try CommandRun.feedh("tune", "--record", recording)
    #expect(recorded.status == 0 && recorded.output.isEmpty && recorded.errors.isEmpty)
    let live = try CommandRun.feedh("tune", "--json")
    let again = try CommandRun.feedh("tune", "--json", "--root", recording)
    #expect(live.status == 0 && live.errors.isEmpty && again.status == 0 && again.errors.isEmpty)
    let rules = try [live, again].map { try Self.findings(CommandRun.json($0.output)).map { $0["rule"] as? String } }
    #expect(rules[0] == rules[1] && rules[0].count >= 20)
    // Of this machine itself at least its CPUs are known.
    let machine = try #require(try CommandRun.json(live.output)["machine"] as? [String: Any])
    #expect((machine["physicalCores"] as? Int ?? 0) > 0 && machine["root"] as? String == "/")
    let table = try CommandRun.feedh("tune")
    #expect(table.status == 0 && table.output.hasPrefix("MACHINE\n") && table.output.contains("\nSUMMARY\n"))
    let twice = try CommandRun.feedh("tune", "--record", recording)
    #expect(twice.status == 2 && twice.errorLines.count == 1 && twice.errors.contains("is there already"))
  }

  @Test func applyAndUndoOfARecordedMachine() throws {
    let folder = try Self.machine()
    let paths = [
      "sys/kernel/mm/transparent_hugepage/enabled", "proc/irq/33/smp_affinity_list", "proc/sys/net/core/rmem_max",
    ]
    let before = try paths.map(folder.text)
    let applied = try CommandRun.feedh("tune", "--root", folder.root, "--apply")
    #expect(applied.status == 0 && applied.errors.isEmpty)
    #expect(
      applied.output == """
        /proc/irq/33/smp_affinity_list: 0-1 (was 0-3)
        /sys/kernel/mm/transparent_hugepage/enabled: madvise (was always)
        /proc/sys/net/core/rmem_max: 33554432 (was 212992)
        3 of 3 changed

        """)
    #expect(try paths.map(folder.text) == ["always [madvise] never\n", "0-1\n", "33554432\n"])
    let again = try CommandRun.feedh("tune", "--root", folder.root, "--apply", "--json")
    #expect(again.status == 0)
    #expect((try CommandRun.json(again.output)["outcomes"] as? [Any])?.isEmpty == true)
    let undone = try CommandRun.feedh("tune", "--root", folder.root, "--undo", "--json")
    let outcomes = try #require(try CommandRun.json(undone.output)["outcomes"] as? [[String: Any]])
    #expect(undone.status == 0 && outcomes.count == 3 && outcomes.allSatisfy { $0["isDone"] as? Bool == true })
    #expect(try paths.map(folder.text) == before)
    let nothing = try CommandRun.feedh("tune", "--root", folder.root, "--undo")
    #expect(nothing.status == 2 && nothing.errorLines.count == 1 && nothing.output.isEmpty)
    #expect(nothing.errors.contains("no saved state"))
  }

  @Test func scriptGoesToAFileOrToStandardOutput() throws {
    let folder = try Self.machine()
    let file = try CommandRun.feedh("tune", "--root", folder.root, "--script", folder.path("tune.sh"))
    #expect(file.status == 0 && file.output.isEmpty && file.errors.isEmpty)
    let shown = try CommandRun.feedh("tune", "--root", folder.root, "--script", "-")
    let written = try folder.text("tune.sh")
    #expect(shown.status == 0 && shown.output == written)
    #expect(shown.output.contains("\n  put 33554432 /proc/sys/net/core/rmem_max\n"))
  }

  @Test func doctorSaysByItsStatusWhetherSomethingFails() throws {
    let folder = try Self.machine()
    let configuration = try folder.write("threads: { cores: 2, cpus: [2, 3] }\n", "live.yaml")
    let failing = try CommandRun.feedh("doctor", "--root", folder.root, "--config", configuration)
    #expect(failing.status == 1 && failing.errors.isEmpty && failing.output.hasSuffix(": not ready to go live\n"))
    try folder.write("67108864\n", "proc/sys/net/core/rmem_max")
    let passing = try CommandRun.feedh("doctor", "--root", folder.root, "--config", configuration, "--json")
    let object = try CommandRun.json(passing.output)
    #expect(passing.status == 0 && object["isReady"] as? Bool == true)
    #expect((object["summary"] as? [String: Int])?["fail"] == 0)
  }

  #if DPDK
    @Test func doctorRehearsesDPDKInAProcessOfItsOwn() throws {
      let folder = CommandFolder()
      let configuration = try folder.write(
        "live: { ports: [{ name: feed-a, pciAddress: '0000:fe:1f.7', queueDepthPackets: 64 }] }\n", "live.yaml")
      let run = try CommandRun.feedh("doctor", "--config", configuration, "--jitter", "0s", "--json")
      #expect(run.status == 1 && run.errors.isEmpty, "\(run.errors)")
      let checks = try #require(try CommandRun.json(run.output)["checks"] as? [[String: Any]])
      let dpdk = checks.filter { $0["name"] as? String == "dpdk" }
      // With huge pages or without: it starts. There is no such card.
      #expect(dpdk.map { $0["subject"] as? String } == ["environment", "feed-a"])
      #expect((dpdk.first?["detail"] as? String)?.hasPrefix("starts, with ") == true)
      #expect(dpdk.last?["result"] as? String == "fail")
      #expect((dpdk.last?["detail"] as? String)?.hasPrefix("no port came of 0000:fe:1f.7; DPDK has none") == true)
      #expect((dpdk.last?["remedy"] as? String)?.contains("vfio-pci") == true)
    }
  #endif

  @Test func doctorMeasuresThePollingCPUsOfThisMachine() throws {
    let run = try CommandRun.feedh("doctor", "--json", "--jitter", "1ms")
    #expect((run.status == 0 || run.status == 1) && run.errors.isEmpty)
    let object = try CommandRun.json(run.output)
    #expect(object["isReady"] as? Bool == (run.status == 0))
    let jitter = try #require(object["jitter"] as? [[String: Any]])
    #expect(jitter.count == 1 && (jitter[0]["count"] as? Int ?? 0) > 0)
    let none = try CommandRun.json(try CommandRun.feedh("doctor", "--json", "--jitter", "0s").output)
    #expect((none["jitter"] as? [Any])?.isEmpty == true)
  }

  @Test(arguments: [
    ["tune", "--root", "@/missing"], ["tune", "--root", "@"], ["tune", "--apply", "--undo", "--root", "@"],
    ["tune", "--state", "x"], ["tune", "--json", "--script", "-"], ["tune", "--json", "--record", "@/new"],
    ["tune", "--config", "@/missing.yaml"], ["tune", "--script", "@/missing/tune.sh"],
    ["tune", "--record", "@"], ["tune", "extra"], ["doctor", "--root", "@/missing"], ["doctor", "--jitter", "5"],
    ["doctor", "--jitter", "11s"], ["doctor", "--listen", "11s"], ["doctor", "--jitter", "1us"], ["doctor", "--config", "@/bad.yaml"],
  ])
  func badUsageIsOneLineAndChangesNothing(_ arguments: [String]) throws {
    let folder = CommandFolder()
    try folder.write("threads: { cores: 0 }\n", "bad.yaml")
    let run = try CommandRun.feedh(arguments.map { $0.replacing("@", with: folder.root) })
    #expect(run.status == 2 && run.output.isEmpty, "\(run.output)")
    #expect(run.errorLines.count == 1, "\(run.errors)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.root) == ["bad.yaml"])
  }

  /// Read-only for everyone; changing this machine takes root, and nothing is changed without.
  @Test(.enabled(if: geteuid() != 0, "runs as root, whose --apply would change this machine"))
  func anOrdinaryUserMayReadOnly() throws {
    for option in ["--apply", "--undo"] {
      let run = try CommandRun.feedh("tune", option)
      #expect(run.status == 2 && run.errorLines.count == 1 && run.errors.contains("needs root"))
    }
    #expect(try CommandRun.feedh("tune").status == 0)
  }
}
