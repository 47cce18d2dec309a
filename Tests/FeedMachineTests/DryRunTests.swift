import FeedCore
import FeedIO
import Testing

@testable import FeedMachine

/// The rehearsal of DPDK's start: how it is run, and how its answers come back.
struct DryRunTests {
  private func shell(_ script: String, milliseconds: Int32 = 20_000) -> (DryRunProcess.Ending, String) {
    let (ending, output) = DryRunProcess.run(["/bin/sh", "-c", script], milliseconds: milliseconds)
    return (ending, output)
  }

  @Test func outputAndEndingOfAProgramAreTold() {
    #expect(shell("echo one; echo two >&2; echo three") == (.exited(0), "one\nthree\n"))
    #expect(shell("echo one; exit 7") == (.exited(7), "one\n"))
    #expect(shell("echo one; kill -SEGV $$") == (.died(signal: 11), "one\n"))
    #expect(shell("cat") == (.exited(0), ""), "standard input is empty")
    // More than a pipe holds.
    #expect(shell("head -c 300000 /dev/zero | tr '\\0' x").1.count == 300_000)
  }

  @Test func programThatTakesTooLongIsKilled() {
    #expect(shell("echo one; exec cat /dev/zero", milliseconds: 200).0 == .tooLong, "writing")
    #expect(shell("exec cat /dev/zero > /dev/null", milliseconds: 200).0 == .tooLong, "its output closed")
  }

  @Test func programThatIsMissingIsNotStarted() {
    #expect(
      DryRunProcess.run(["/nowhere/feedh"], milliseconds: 1_000).ending
        == .notStarted(reason: "No such file or directory"))
  }

  @Test func checksSurviveTheWayBetweenTheProcesses() throws {
    let checks: [DoctorCheck] = [
      .pass("dpdk", "feed-a", "0000:3b:00.0 opens, driver mlx5_pci"), .fail("dpdk", "feed-b", "a\tb\nc", "do; this"),
    ]
    #expect(EnvironmentDryRun.check(line: Substring(EnvironmentDryRun.line(checks[0]))) == checks[0])
    let other = try #require(EnvironmentDryRun.check(line: Substring(EnvironmentDryRun.line(checks[1]))))
    #expect(other == .fail("dpdk", "feed-b", "a b c", "do; this"))
    for line in ["", "pass\tdpdk", "good\tdpdk\ta\tb\tc", "pass\ta\tb\tc\td\te"] {
      #expect(EnvironmentDryRun.check(line: Substring(line)) == nil)
    }
  }

  #if DPDK
    private func checks(_ script: String) throws -> [DoctorCheck] {
      try MachineFolder.server().doctor("live: { ports: [{ name: p, pciAddress: '0000:af:00.0' }] }")
        .environmentChecks(program: ["/bin/sh", "-c", script])
    }

    @Test func rehearsalThatDiesIsAFailureAndWhatItSaidStays() throws {
      let line = EnvironmentDryRun.line(.pass("dpdk", "environment", "starts"))
      #expect(try checks("echo '\(line)'") == [.pass("dpdk", "environment", "starts")])
      let died = try checks("echo '\(line)'; kill -SEGV $$")
      #expect(died.map(\.result) == [.pass, .fail] && died[1].detail == "its rehearsal died of signal 11")
      let silent = try checks("exit 0")
      #expect(silent.map(\.detail) == ["its rehearsal ended with 0"] && silent[0].result == .fail)
    }
  #endif

  /// What a run would open through DPDK is rehearsed, by whatever the port names; nothing is joined.
  @Test func portsAreThoseThatARunOpens() throws {
    var settings = Settings()
    var named = PortSettings(name: "named", interface: "eth1")
    named.driver = .dpdk
    var device = PortSettings(name: "device")
    device.vdev = "net_pcap0,rx_pcap=day.pcap"
    var kernel = PortSettings(name: "kernel", interface: "eth2", pciAddress: "0000:3b:00.1")
    kernel.driver = .packet
    settings.live.ports = [
      PortSettings(name: "card", pciAddress: "0000:3b:00.0"), named, device, kernel,
      PortSettings(name: "socket", interface: "eth3"),
    ]
    settings.feeds = [
      FeedSettings(
        name: "f", venue: "f", lines: [LineSettings(name: "A", group: "239.1.1.1", port: 5_000)])
    ]
    let ports = try EnvironmentDryRun.ports(of: settings)
    #expect(ports.map(\.name) == ["card", "named", "device"])
    #expect(ports[0].device == .pci(address: "0000:3b:00.0"))
    #expect("\(ports[1].device)" == "net_af_packet_eth1")
    #expect(ports[2].device == .virtual(name: "net_pcap0", arguments: "rx_pcap=day.pcap"))
    #expect(ports.allSatisfy { $0.groups.isEmpty && $0.membership == .none })
  }

  @Test func withoutAPortOfDPDKNothingIsRehearsed() throws {
    let checks = try MachineFolder.server().doctor("{}").environmentChecks(program: ["/nowhere"])
    #expect(checks == [.skipped("dpdk", "-", "no port is DPDK's")])
  }
}
