import FeedCore
import FeedObserve
import Testing

@testable import FeedMachine

/// Cards below VLANs, bonds and bridges: what the configuration names is not what has rings and queues.
struct LayerTests {
  /// The server, with a second card eth2, and above both whatever `text` says.
  private static func server(_ text: String) -> MachineFolder {
    let folder = MachineFolder.server()
    folder.card("eth2", pci: "0000:af:00.1", node: 1, queues: 4, flags: "0x1003", speed: 25_000)
    folder.put("driver mlx5_core\nring.rx 512\nring.rxMaximum 2048\nchannels.combined 2\nchannels.combinedMaximum 8\n",
      at: "/feedh/nic/eth2")
    folder.write("/sys/bus/pci/devices/0000:af:00.1/class = 0x020000\n/sys/bus/pci/devices/0000:af:00.1/numa_node = 1")
    folder.write(text)
    return folder
  }

  private static func upper(_ name: String) -> String {
    "/sys/class/net/\(name)/flags = 0x1003\n/sys/class/net/\(name)/operstate = up\n"
      + "/sys/class/net/\(name)/queues/rx-0/rps_cpus = 0\n/proc/sys/net/ipv4/conf/\(name)/rp_filter = 1\n"
  }

  private static func yaml(_ interface: String) -> String {
    """
    threads: { cores: 2, cpus: [4, 5] }
    live:
      ports:
        - { name: feed-a, interface: \(interface), queues: 2 }
    """
  }

  private static let bond = upper("bond0") + """
    /sys/class/net/bond0/bonding/slaves = eth1 eth2
    /sys/class/net/bond0/lower_eth1
    /sys/class/net/bond0/lower_eth2
    """

  /// A VLAN on a bond of two cards, as the kernel's links have it.
  @Test func aVLANOnABondIsItsTwoCards() throws {
    let folder = Self.server(
      Self.bond + "\n" + Self.upper("bond0.100") + """
        /sys/class/net/bond0.100/lower_bond0
        /proc/net/vlan/bond0.100 = bond0.100  VID: 100\t REORDER_HDR: 1  dev->priv_flags: 1021
        | Device: bond0
        """)
    let plan = try folder.plan(Self.yaml("bond0.100"))
    #expect(plan.goal.interfaces == ["bond0.100"] && plan.goal.cards == ["eth1", "eth2"] && plan.goal.node == 1)
    let findings = lines(plan.findings)
    #expect(findings.contains("change nic-rings eth1: rx 1024 of 8192 → rx 4096 (runTime)"))
    #expect(findings.contains("change nic-rings eth2: rx 512 of 2048 → rx 2048 (runTime)"))
    #expect(findings.contains("good nic-channels eth2: 2 of 8"))
    // Groups are joined on the interface itself, and its own queues may steer.
    #expect(findings.contains("change source-filter bond0.100: 1, strict → 2, loose (runTime)"))
    #expect(findings.contains("good nic-steering bond0.100: no RPS on 1 queues"))
    #expect(!findings.contains { $0.contains("nic-rings bond0") })
    let changes = plan.findings.filter { $0.rule == "nic-rings" && $0.subject == "eth2" }
    #expect(changes.first?.commands == ["ethtool -G eth2 rx 2048"])
    #expect(changes.first?.reason.hasSuffix(" The packets of bond0.100 come by this card.") == true)
    let text = textLines(plan)
    #expect(
      text.contains("  below      bond0.100: VLAN 100 on bond0 (bond) on eth1, eth2; the cards are tuned"), "\(text)")
    let checks = lines(try folder.doctor(Self.yaml("bond0.100")).checks())
    #expect(checks.contains("pass ports feed-a: eth1 is below bond0.100: VLAN 100 on bond0 (bond) on eth1, eth2"))
    #expect(checks.contains("pass ports feed-a: eth2 is below bond0.100: VLAN 100 on bond0 (bond) on eth1, eth2"))
    #expect(checks.contains("pass queue-depth feed-a: 4096 packets of 8192"))
    #expect(checks.contains("fail queue-depth feed-a: queue depth 4096 exceeds the card's 2048"))
  }

  /// Trees without the kernel's links: the files of VLANs, bonds and bridges alone.
  @Test func filesOfOlderTreesSayTheSame() throws {
    let vlan = Self.server(
      Self.upper("eth1.7") + "/proc/net/vlan/eth1.7 = eth1.7  VID: 7\t REORDER_HDR: 1\n| Device: eth1")
    #expect(try vlan.plan(Self.yaml("eth1.7")).goal.cards == ["eth1"])
    #expect(try vlan.machine().layers(of: "eth1.7") == "VLAN 7 on eth1")
    let bond = Self.server(Self.upper("bond0") + "/sys/class/net/bond0/bonding/slaves = eth2 eth1")
    #expect(try bond.plan(Self.yaml("bond0")).goal.cards == ["eth2", "eth1"])
    // A bridge's other ports are no cards: a veth pair's end, a tap.
    let bridge = Self.server(
      Self.upper("br0") + Self.upper("veth3")
        + "/sys/class/net/br0/bridge\n/sys/class/net/br0/brif/eth1\n/sys/class/net/br0/brif/veth3")
    #expect(try bridge.plan(Self.yaml("br0")).goal.cards == ["eth1"])
    #expect(try bridge.machine().layers(of: "br0") == "bridge on eth1, veth3")
  }

  /// A card stands for itself, and what stands on nothing that is seen does too.
  @Test func whatStandsOnNothingStandsForItself() throws {
    let folder = Self.server(Self.upper("macvlan0") + "/sys/class/net/macvlan0/lower_gone0")
    #expect(try folder.machine().layers(of: "eth1") == nil)
    #expect(try folder.plan(Self.yaml("eth1")).goal.cards == ["eth1"])
    #expect(try folder.plan(Self.yaml("macvlan0")).goal.cards == ["macvlan0"])
    let checks = lines(try folder.doctor(Self.yaml("macvlan0")).checks())
    #expect(checks.contains("warn ports feed-a: macvlan0 is a virtual interface on gone0, of which no card is seen"))
  }

  /// Two interfaces on each other would be walked for ever.
  @Test func aCircleEnds() throws {
    let folder = Self.server(
      Self.upper("a0") + Self.upper("b0") + "/sys/class/net/a0/lower_b0\n/sys/class/net/b0/lower_a0")
    #expect(try folder.machine().cards(of: "a0").map(\.interface) == ["a0"])
    #expect(try folder.machine().layers(of: "a0") == "virtual interface on b0 (virtual interface) on a0")
  }

  /// A recorded machine tells of its layers, too.
  @Test func layersAreRecorded() throws {
    let folder = Self.server(Self.bond)
    let root = try MachineRoot(path: folder.root, isRecording: true)
    let machine = Machine.read(root)
    let copy = folder.root + "-copy"
    try machine.record(root, to: copy)
    defer { _ = try? shell(["rm", "-r", copy]) }
    let read = Machine.read(try MachineRoot(path: copy))
    #expect(read.nic("bond0") == machine.nic("bond0") && read.cards(of: "bond0").map(\.interface) == ["eth1", "eth2"])
  }
}

/// The plan's lines as people see them.
private func textLines(_ plan: TuningPlan) -> [String] {
  let output = TextOutput()
  plan.write(to: output)
  return output.text.split(separator: "\n").map(String.init)
}
