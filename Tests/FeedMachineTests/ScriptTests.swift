import Foundation
import Testing

@testable import FeedMachine

struct ScriptTests {
  private func script(_ folder: MachineFolder, _ yaml: String?) throws -> String {
    let path = folder.root + "/tune.sh"
    try TuningScript(plan: try folder.plan(yaml)).text.write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  private static func has(_ program: String) -> Bool {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    return folders.contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(program)") }
  }

  @Test(arguments: MachineKind.allCases)
  func scriptsAreShell(_ kind: MachineKind) throws {
    let folder = kind.make()
    let path = try script(folder, kind.yaml)
    for shellName in ["bash", "sh"] {
      let checked = try shell([shellName, "-n", path])
      #expect(checked.status == 0 && checked.output.isEmpty, "\(checked.output)")
    }
    #expect(try shell(["sh", path, "what"], environment: ["FEEDH_ROOT": folder.root]).status == 2)
  }

  @Test(.enabled(if: Self.has("shellcheck"), "shellcheck is not installed"), arguments: MachineKind.allCases)
  func scriptsPassShellcheck(_ kind: MachineKind) throws {
    let folder = kind.make()
    let checked = try shell(["shellcheck", try script(folder, kind.yaml)])
    #expect(checked.status == 0, "\(checked.output)")
  }

  /// `put` writes plain values; in a recorded machine the brackets of choices are lost, which reads the same.
  @Test(arguments: MachineKind.allCases)
  func scriptsMakeTheChangesOnceAndTakeThemBack(_ kind: MachineKind) throws {
    let folder = kind.make()
    let before = try folder.plan(kind.yaml)
    let path = try script(folder, kind.yaml)
    let root = ["FEEDH_ROOT": folder.root]
    let files = before.changes.count { if case .file = $0 { true } else { false } }

    let first = try shell(["sh", path], environment: root)
    #expect(first.status == 0, "\(first.output)")
    #expect(first.output.split(separator: "\n").count == files, "\(first.output)")
    #expect(try folder.plan(kind.yaml).changes.allSatisfy { if case .file = $0 { false } else { true } })

    let second = try shell(["sh", path], environment: root)
    #expect(second.status == 0 && second.output.isEmpty, "\(second.output)")

    let undone = try shell(["sh", path, "undo"], environment: root)
    #expect(undone.status == 0 && undone.output.split(separator: "\n").count == files, "\(undone.output)")
    #expect(lines(try folder.plan(kind.yaml).findings) == lines(before.findings))
  }

  @Test func whatIsNotThereIsLeftOut() throws {
    let folder = MachineFolder.laptop()
    let path = try script(folder, nil)
    folder.remove("/proc/sys/vm/stat_interval")
    let run = try shell(["sh", path], environment: ["FEEDH_ROOT": folder.root])
    #expect(run.status == 0 && run.output.contains("left out: /proc/sys/vm/stat_interval is not here"))
    #expect(folder.text("/proc/sys/vm/stat_interval") == nil)
  }

  @Test func cardsAndDecisionsStandInTheScript() throws {
    let text = TuningScript(plan: try MachineFolder.server().plan(MachineFolder.serverYAML)).text
    #expect(text.contains("  card -G eth1 rx 4096\n"))
    #expect(text.contains("  card -C eth1 rx-usecs 8\n"))
    #expect(text.contains("# By hand: smt, cpu 12-13: "))
    let arm = TuningScript(plan: try MachineFolder.arm().plan()).text
    #expect(arm.contains("#   isolcpus=managed_irq,domain,7 nohz_full=7 rcu_nocbs=7\n"))
    #expect(!arm.contains("card -C"))
  }

  @Test func hostileNamesStayInTheirQuotes() throws {
    let folder = MachineFolder.server()
    let name = "x;touch$IFS''y"
    folder.write(
      """
      /sys/class/net/\(name)/flags = 0x1003
      /sys/class/net/\(name)/operstate = up
      /sys/class/net/\(name)/device/
      /sys/class/net/\(name)/queues/rx-0/rps_cpus = 3
      /proc/sys/net/ipv4/conf/\(name)/rp_filter = 1
      /feedh/nic/\(name) = ring.rx 1
      | ring.rxMaximum 4096
      """)
    folder.put(
      "powersave\n$(touch pwned); `touch pwned`\n", at: "/sys/devices/system/cpu/cpu5/cpufreq/scaling_governor")
    let yaml = """
      live: { ports: [ { name: a, interface: "\(name)" } ] }
      threads: { cpus: [5] }
      """
    let path = folder.root + "/tune.sh"
    let text = TuningScript(plan: try folder.plan(yaml)).text
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    #expect(text.contains("put 0 '/sys/class/net/x;touch$IFS'\\'''\\''y/queues/rx-0/rps_cpus'"))
    for mode in ["apply", "undo"] {
      let run = try shell(["sh", path, mode], environment: ["FEEDH_ROOT": folder.root])
      #expect(run.status == 0, "\(run.output)")
    }
    #expect(folder.contents().keys.allSatisfy { !$0.hasSuffix("pwned") })
    #expect(!FileManager.default.fileExists(atPath: "pwned") && !FileManager.default.fileExists(atPath: "y"))
  }
}
