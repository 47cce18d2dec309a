import FeedCore
import FeedObserve
import Foundation
import Testing

@testable import FeedMachine

/// What programs read: every member that Docs/FORMATS.md names, on every machine.
struct ReportTests {
  @Test(arguments: MachineKind.allCases)
  func planHasItsMembers(_ kind: MachineKind) throws {
    let folder = kind.make()
    let plan = try folder.plan(kind.yaml)
    let object = try json { plan.writeJSON(configuration: "live.yaml", outcomes: nil, to: $0) }
    #expect(Set(object.keys) == ["configuration", "machine", "goal", "findings", "bootWords", "summary"])
    #expect(object["configuration"] as? String == "live.yaml")
    let machine = try #require(object["machine"] as? [String: Any])
    #expect(
      Set(machine.keys) == [
        "root", "kernel", "architecture", "processor", "isVirtual", "online", "physicalCores", "isolated", "tickless",
        "memoryKilobytes", "nodes", "interfaces", "clockSource", "hardwareClocks", "daemons",
      ])
    let goal = try #require(object["goal"] as? [String: Any])
    #expect(
      Set(goal.keys) == [
        "cpus", "cpuSource", "ports", "interfaces", "cards", "node", "receiveBufferBytes", "hugePageBytes",
      ])
    let findings = try #require(object["findings"] as? [[String: Any]])
    #expect(findings.count == plan.findings.count)
    for (finding, expected) in zip(findings, plan.findings) {
      #expect(
        Set(finding.keys) == [
          "rule", "subject", "verdict", "is", "shouldBe", "reason", "how", "commands", "undo",
        ])
      #expect(finding["rule"] as? String == expected.rule && finding["is"] as? String == expected.current)
      #expect(finding["commands"] as? [String] == expected.commands)
    }
    let summary = try #require(object["summary"] as? [String: Int])
    #expect(Set(summary.keys) == ["good", "change", "information", "unknown", "runTime", "boot", "byHand"])
    #expect(summary["good"]! + summary["change"]! + summary["information"]! + summary["unknown"]! == findings.count)
    #expect(summary["runTime"]! + summary["boot"]! + summary["byHand"]! == summary["change"]!)
  }

  @Test func cardOfTheServerIsTold() throws {
    let plan = try MachineFolder.server().plan(MachineFolder.serverYAML)
    let object = try json { plan.writeJSON(configuration: nil, outcomes: nil, to: $0) }
    #expect(object["configuration"] is NSNull)
    let machine = try #require(object["machine"] as? [String: Any])
    let cards = try #require(machine["interfaces"] as? [[String: Any]])
    #expect(cards.map { $0["interface"] as? String } == ["eth0", "eth1"])
    let card = cards[1]
    #expect(card["driver"] as? String == "mlx5_core" && card["pciAddress"] as? String == "0000:af:00.0")
    #expect(card["firmware"] as? String == "16.35.2000 (MT_0000000080)")
    #expect(card["node"] as? Int == 1 && card["speedMegabits"] as? Int == 25_000 && card["rxQueues"] as? Int == 4)
    #expect(card["addresses"] as? [String] == ["10.20.30.40/24", "fe80::1/64"])
    #expect((card["settings"] as? [String: Int])?["ring.rxMaximum"] == 8_192)
    #expect(card["features"] as? [String: Bool] == ["rx-gro": true, "rx-gro-hw": false, "rx-lro": true])
    #expect(machine["physicalCores"] as? Int == 8 && machine["isVirtual"] as? Bool == false)
    #expect(machine["daemons"] as? [String] == ["irqbalance", "phc2sys", "ptp4l"])
    let summary = try #require(object["summary"] as? [String: Int])
    #expect(
      summary == [
        "good": 13, "change": 23, "information": 1, "unknown": 0, "runTime": 22, "boot": 0, "byHand": 1,
      ])
  }

  @Test func outcomesStandBesideThePlan() throws {
    let folder = MachineFolder.laptop()
    let plan = try folder.plan()
    let outcome = ChangeOutcome(
      change: .file(path: "/proc/sys/vm/stat_interval", value: "120", previous: "1"), error: EACCES, now: nil,
      isDone: false)
    let object = try json { plan.writeJSON(configuration: nil, outcomes: [outcome], to: $0) }
    let outcomes = try #require(object["outcomes"] as? [[String: Any]])
    #expect(Set(outcomes[0].keys) == ["target", "value", "now", "isDone", "error"])
    #expect(outcomes[0]["error"] as? String == "Permission denied")
  }

  @Test func doctorHasItsMembers() throws {
    let doctor = try MachineFolder.server().doctor(MachineFolder.serverYAML)
    let histogram = LatencyHistogram()
    histogram.record(40)
    let jitter = JitterMeasurement(cpu: 4, pinError: 0, histogram: histogram, clock: .nanosecond, nanoseconds: 40)
    let report = DoctorReport(doctor: doctor, checks: doctor.checks() + [doctor.check(jitter)], jitter: [jitter])
    let object = try json { report.writeJSON(to: $0) }
    #expect(Set(object.keys) == ["configuration", "root", "isReady", "summary", "checks", "jitter"])
    #expect(object["isReady"] as? Bool == false)
    #expect(object["summary"] as? [String: Int] == ["pass": 16, "warn": 4, "fail": 2, "skipped": 2])
    let checks = try #require(object["checks"] as? [[String: Any]])
    for check in checks { #expect(Set(check.keys) == ["name", "subject", "result", "detail", "remedy"]) }
    let measured = try #require(object["jitter"] as? [[String: Any]])
    #expect(
      Set(measured[0].keys) == [
        "cpu", "nanoseconds", "count", "p50", "p90", "p99", "p999", "max", "histogram",
      ])
    let groups = try #require(measured[0]["histogram"] as? [[String: Any]])
    #expect(groups.count == 7 && groups[0]["upToNanoseconds"] as? Int == 100 && groups[0]["count"] as? Int == 1)
    #expect(groups[6]["upToNanoseconds"] is NSNull)
  }

  @Test(arguments: MachineKind.allCases)
  func screensAreLinesWithoutControlCharacters(_ kind: MachineKind) throws {
    let folder = kind.make()
    folder.put("model name\t: \u{1B}[31mred\u{7F}dish\n", at: "/proc/cpuinfo")
    let plan = try folder.plan(kind.yaml)
    let output = TextOutput()
    plan.write(to: output)
    #expect(output.text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F || $0 == "\n" })
    #expect(output.text.hasPrefix("MACHINE\n") && output.text.contains("?[31mred?dish"))
    let doctor = TextOutput()
    let judged = try folder.doctor(kind.yaml)
    DoctorReport(doctor: judged, checks: judged.checks(), jitter: []).write(to: doctor)
    #expect(doctor.text.hasPrefix("CHECKS\n") && doctor.text.hasSuffix("to go live\n"))
  }
}
