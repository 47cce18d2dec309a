/// What has no file in `/sys`: what `ethtool` and `ip address` show of a network device.
///
/// As text it is one fact a line, "name value", which is the file `feedh/nic/INTERFACE` of a recorded machine. Names
/// are driver, version, firmware, bus, address (once for each), feature.NAME (on, off, or with "fixed" after it), and
/// those of `NICSetting`. Lines that cannot be read are left out, as are facts that the driver did not tell.
public struct NICFacts: Equatable, Sendable {
  public struct Feature: Equatable, Sendable {
    public var isOn: Bool
    /// False: the driver does not let it be changed.
    public var isChangeable: Bool
  }

  public var driver: String?
  public var version: String?
  public var firmware: String?
  /// PCI address, as the driver calls it.
  public var bus: String?
  /// "10.1.2.3/24", IPv6 too.
  public var addresses: [String] = []
  public var settings: [NICSetting: UInt32] = [:]
  public var features: [String: Feature] = [:]

  /// Offloads that are asked for, by the kernel's names.
  static let featureNames = ["rx-gro", "rx-gro-hw", "rx-lro"]

  public init() {}

  public init(text: String) {
    for line in text.split(whereSeparator: \.isNewline) {
      let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
      guard let name = words.first, words.count >= 2 else { continue }
      let value = words.dropFirst().joined(separator: " ")
      switch name {
      case "driver": driver = value
      case "version": version = value
      case "firmware": firmware = value
      case "bus": bus = value
      case "address": addresses.append(value)
      case _ where name.hasPrefix("feature."):
        guard words[1] == "on" || words[1] == "off" else { continue }
        features[String(name.dropFirst("feature.".count))] = Feature(
          isOn: words[1] == "on", isChangeable: words.count < 3 || words[2] != "fixed")
      default:
        if let setting = NICSetting(rawValue: name), let number = UInt32(value) { settings[setting] = number }
      }
    }
  }

  public var text: String {
    var lines: [String] = []
    for (name, value) in [("driver", driver), ("version", version), ("firmware", firmware), ("bus", bus)] {
      if let value, !value.isEmpty { lines.append("\(name) \(value)") }
    }
    lines += addresses.map { "address \($0)" }
    for setting in NICSetting.allCases {
      if let value = settings[setting] { lines.append("\(setting.rawValue) \(value)") }
    }
    for (name, feature) in features.sorted(by: { $0.key < $1.key }) {
      lines.append("feature.\(name) \(feature.isOn ? "on" : "off")\(feature.isChangeable ? "" : " fixed")")
    }
    return lines.map { $0 + "\n" }.joined()
  }

  /// Where a recorded machine keeps them.
  static func path(of interface: String) -> String { "/feedh/nic/\(interface)" }
}
