import Foundation
import Testing

/// The scripts of Deploy/ that change a machine, on made-up trees of /sys.
struct DeployScriptTests {
  private static let checkout = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// A folder in place of /sys, removed with the last mention of it.
  private final class SysTree {
    let path = ScratchFolder.newPath("sys")
    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: path) }
  }

  /// Runs a script of Deploy/ and returns its exit status, output and errors.
  private static func run(
    _ script: String, _ arguments: [String], _ environment: [String: String]
  ) throws -> (status: Int32, output: String, errors: String) {
    let process = Process()
    process.executableURL = checkout.appendingPathComponent("Deploy/\(script)")
    process.arguments = arguments
    process.environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"].merging(environment) { $1 }
    let output = Pipe()
    let errors = Pipe()
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, text, complaint)
  }

  /// A card: its driver, and its interface where it has one.
  private static func addCard(
    _ sys: SysTree, _ address: String, driver: String, interface: String?, isUp: Bool = false,
    hasIOMMU: Bool = true
  ) throws {
    let manager = FileManager.default
    let card = "\(sys.path)/bus/pci/devices/\(address)"
    try manager.createDirectory(atPath: card, withIntermediateDirectories: true)
    try "0x020000\n".write(toFile: "\(card)/class", atomically: true, encoding: .utf8)
    if hasIOMMU { try "".write(toFile: "\(card)/iommu_group", atomically: true, encoding: .utf8) }
    let drivers = "\(sys.path)/bus/pci/drivers/\(driver)"
    try manager.createDirectory(atPath: drivers, withIntermediateDirectories: true)
    try manager.createSymbolicLink(atPath: "\(card)/driver", withDestinationPath: drivers)
    guard let interface else { return }
    try manager.createDirectory(atPath: "\(card)/net/\(interface)", withIntermediateDirectories: true)
    let net = "\(sys.path)/class/net/\(interface)"
    try manager.createDirectory(atPath: net, withIntermediateDirectories: true)
    try manager.createSymbolicLink(atPath: "\(net)/device", withDestinationPath: card)
    try (isUp ? "0x1003\n" : "0x1002\n").write(toFile: "\(net)/flags", atomically: true, encoding: .utf8)
    try (isUp ? "up\n" : "down\n").write(toFile: "\(net)/operstate", atomically: true, encoding: .utf8)
  }

  @Test func cardsAreListedWithDriverInterfaceAndLink() throws {
    let sys = try SysTree()
    try Self.addCard(sys, "0000:3b:00.0", driver: "ice", interface: "eth1", isUp: true)
    try Self.addCard(sys, "0000:3b:00.1", driver: "vfio-pci", interface: nil)
    let run = try Self.run("machine/bind-vfio", ["status"], ["FEEDH_SYS": sys.path])
    #expect(run.status == 0, "\(run.errors)")
    let rows = run.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    #expect(
      rows == [
        ["card", "driver", "interface", "link"], ["0000:3b:00.0", "ice", "eth1", "up"],
        ["0000:3b:00.1", "vfio-pci", "-", "-"],
      ])
  }

  @Test func aCardInUseOrBetterLeftAloneIsRefused() throws {
    let sys = try SysTree()
    try Self.addCard(sys, "0000:3b:00.0", driver: "ice", interface: "eth1", isUp: true)
    try Self.addCard(sys, "0000:3b:00.1", driver: "mlx5_core", interface: "eth2")
    try Self.addCard(sys, "0000:3b:00.2", driver: "ixgbe", interface: "eth3", hasIOMMU: false)
    try FileManager.default.createDirectory(
      atPath: "\(sys.path)/bus/pci/drivers/vfio-pci", withIntermediateDirectories: true)
    for (card, reason) in [
      ("3b:00.0", "eth1 is up"), ("0000:3b:00.1", "leave it as it is"), ("0000:3b:00.2", "IOMMU"),
      ("0000:00:1f.0", "no PCI device"), ("eth1", "no PCI address"),
    ] {
      let run = try Self.run("machine/bind-vfio", ["bind", card], ["FEEDH_SYS": sys.path])
      #expect(run.status == (card == "eth1" ? 2 : 1))
      #expect(run.errors.contains(reason), "\(run.errors)")
      #expect(!FileManager.default.fileExists(atPath: "\(sys.path)/bus/pci/devices/\(card)/driver_override"))
    }
  }

  @Test func theProfileOfTheDriverMakesThePlan() throws {
    let sys = try SysTree()
    try Self.addCard(sys, "0000:3b:00.0", driver: "mlx5_core", interface: "eth1", isUp: true)
    let plan = try Self.run("nic/tune-nic", ["plan", "eth1"], ["FEEDH_SYS": sys.path])
    #expect(plan.status == 0, "\(plan.errors)")
    let lines = plan.output.split(separator: "\n").map(String.init)
    #expect(lines.contains("ethtool -L eth1 combined 1") && lines.contains("ethtool -G eth1 rx 8192"))
    #expect(lines.contains("ethtool --set-priv-flags eth1 rx_cqe_compress off"))
    #expect(lines.contains("ethtool -A eth1 autoneg off rx off tx off"))
    // A driver without a profile gets the one that nearly every driver takes.
    try Self.addCard(sys, "0000:3b:00.1", driver: "unheardof", interface: "eth2")
    let other = try Self.run("nic/tune-nic", ["plan", "eth2"], ["FEEDH_SYS": sys.path])
    #expect(other.output.contains("ethtool -K eth2 gro off") && !other.output.contains("-G"))
  }

  @Test func applyingNamesWhatTheDriverRefusesAndGoesOn() throws {
    let sys = try SysTree()
    try Self.addCard(sys, "0000:3b:00.0", driver: "ice", interface: "eth1")
    let ethtool = "\(sys.path)/ethtool"
    try "#!/bin/sh\n[ \"$1\" != -G ] || { echo 'netlink error: Invalid argument' >&2; exit 1; }\n".write(
      toFile: ethtool, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: ethtool)
    let configuration = "\(sys.path)/eth1.conf"
    try "# queues\nCHANNELS = 2\nRX_RING=99999  # too many\nGRO=off\nPAUSE=\n".write(
      toFile: configuration, atomically: true, encoding: .utf8)
    let run = try Self.run(
      "nic/tune-nic", ["apply", "eth1", configuration], ["FEEDH_SYS": sys.path, "ETHTOOL": ethtool])
    #expect(run.status == 1)
    #expect(
      run.output.split(separator: "\n").map(String.init) == [
        "done     \(ethtool) -L eth1 combined 2",
        "refused  \(ethtool) -G eth1 rx 99999: netlink error: Invalid argument",
        "done     \(ethtool) -K eth1 gro off",
      ])
  }

  @Test func aWrongLineOfAConfigurationIsNamed() throws {
    let sys = try SysTree()
    try Self.addCard(sys, "0000:3b:00.0", driver: "ice", interface: "eth1")
    let configuration = "\(sys.path)/eth1.conf"
    for (text, reason) in [("CHANNELS=1\nRINGS=4\n", ":2: no key RINGS"), ("CHANNELS=$(id)\n", ":1: ")] {
      try text.write(toFile: configuration, atomically: true, encoding: .utf8)
      let run = try Self.run("nic/tune-nic", ["plan", "eth1", configuration], ["FEEDH_SYS": sys.path])
      #expect(run.status == 2 && run.output.isEmpty && run.errors.contains(reason), "\(run.errors)")
    }
    #expect(try Self.run("nic/tune-nic", ["plan", "eth9"], ["FEEDH_SYS": sys.path]).errors.contains("no interface eth9"))
  }
}
