import FeedCore
import FeedIO
import Yams

/// The lists, and the sections that may be absent.
extension ConfigurationWalker {
  mutating func walkChild(_ path: String, _ node: Node, into settings: inout Settings) {
    switch path {
    case "venues":
      settings.venues = entries(of: node, at: path).enumerated().map { index, entry in
        var venue = VenueSettings(name: "")
        walk(entry, in: ConfigurationKeys.venue, at: "venues[\(index)]", into: &venue)
        return venue
      }
    case "feeds":
      settings.feeds = entries(of: node, at: path).enumerated().map { index, entry in feed(entry, index) }
    case "symbols.overrides":
      settings.symbols.overrides = entries(of: node, at: path).enumerated().map { index, entry in
        var override = SymbolOverride(venue: "", symbol: "", canonical: "")
        walk(entry, in: ConfigurationKeys.override, at: "\(path)[\(index)]", into: &override)
        return override
      }
    case "detect.crossVenue":
      var detector = Switched(settings.crossVenue ?? CrossVenueSettings())
      walk(node, in: ConfigurationKeys.crossVenue, at: path, into: &detector)
      settings.crossVenue = detector.isEnabled ? detector.value : nil
    case "detect.imbalance":
      // Standing alone, the key could mean on (it is there) or off (it is empty).
      if case .scalar(let scalar) = node, Self.isNull(scalar) {
        report(
          place(of: node), "detect.imbalance has no value", allowed: "a mapping",
          "write {} for the defaults, or remove the key")
      }
      var detector = Switched(settings.imbalance ?? ImbalanceSettings())
      walk(node, in: ConfigurationKeys.imbalance, at: path, into: &detector)
      settings.imbalance = detector.isEnabled ? detector.value : nil
    case "live.ports":
      settings.live.ports = entries(of: node, at: path).enumerated().map { index, entry in
        var port = PortSettings(name: "")
        let portPath = "\(path)[\(index)]"
        walk(entry, in: ConfigurationKeys.port, at: portPath, into: &port)
        if case .mapping = entry {
          checkDevice(of: port, place(of: entry), at: portPath)
          checkDriver(of: port, at: portPath)
        }
        return port
      }
    default:
      assertionFailure("the table holds a section nobody reads: \(path)")
    }
  }

  private mutating func feed(_ node: Node, _ index: Int) -> FeedSettings {
    let path = "feeds[\(index)]"
    var feed = FeedSettings(name: "", venue: "", lines: [])
    walk(node, in: ConfigurationKeys.feed, at: path, into: &feed) { walker, linesPath, lines, feed in
      feed.lines = walker.entries(of: lines, at: linesPath).enumerated().map { number, entry in
        var line = LineSettings(name: "")
        let linePath = "\(linesPath)[\(number)]"
        walker.walk(entry, in: ConfigurationKeys.line, at: linePath, into: &line)
        walker.checkSource(of: line, entry, at: linePath)
        return line
      }
      if feed.lines.isEmpty && walker.places[linesPath] != nil {
        walker.report(
          walker.place(of: lines), "\(linesPath) is empty", allowed: "at least one line",
          "add a line with a file, or a group, a port or both")
      }
    }
    return feed
  }

  /// A port that nothing was said about would be no port.
  private mutating func checkDevice(of port: PortSettings, _ place: Place, at path: String) {
    if port.interface != nil || port.pciAddress != nil || port.vdev != nil { return }
    if ["interface", "pciAddress", "vdev"].contains(where: { refused["\(path).\($0)"] != nil }) { return }
    report(
      place, "\(path) says nothing about where the port is", allowed: "an interface, a pciAddress, or both; or a vdev",
      "add interface:, pciAddress: or vdev:")
  }

  /// What is asked of a port and not done by its driver would be taken for done.
  private mutating func checkDriver(of port: PortSettings, at path: String) {
    let driver = LivePorts.driver(of: port)
    let isDPDK = driver == .dpdk
    let isMissing = port.reception == .allMulticast && driver == .libpcap
    let remedy = "set driver: dpdk, or leave it out"
    let otherRemedy = "set driver: packet, or leave it out"
    let misfits: [(isOne: Bool, key: String, allowed: String, remedy: String)] = [
      (
        port.reception != .groups && driver == .socket || isMissing, "reception",
        driver == .socket ? "groups" : "groups, promiscuous", otherRemedy
      ),
      (port.timestamps == .card && driver == .libpcap, "timestamps", "auto, host", otherRemedy),
      (port.membership != .auto && !isDPDK, "membership", "auto", remedy),
      (port.address != nil && !isDPDK, "address", "null", remedy),
      (port.vlan != nil && !isDPDK, "vlan", "null", remedy), (port.mtu != nil && !isDPDK, "mtu", "null", remedy),
    ]
    for misfit in misfits where misfit.isOne {
      guard let place = places["\(path).\(misfit.key)"] else { continue }
      report(
        place, "\(path).\(misfit.key) is nothing that driver \(driver.rawValue) does", allowed: misfit.allowed,
        misfit.remedy)
    }
    if isDPDK, let text = port.address, let place = places["\(path).address"] {
      let address = NetworkAddress(text)
      if address?.bytes.count == 4, address?.isMulticast == false { return }
      report(
        place, "\(path).address is \(ConfigurationProblem.quoted(text)), which no report comes from",
        allowed: "an IPv4 address of a host", "write the port's own")
    }
  }

  /// A line that nothing was said about would match every packet.
  private mutating func checkSource(of line: LineSettings, _ node: Node, at path: String) {
    guard case .mapping(let mapping) = node, line.file == nil, line.group == nil, line.port == nil else { return }
    // A source that was refused is reported already; one that is null is none.
    let isGiven = mapping.contains { key, value in
      guard case .scalar(let name) = key, ["file", "group", "port"].contains(document.name(of: name)) else {
        return false
      }
      if case .scalar(let scalar) = value { return !Self.isNull(scalar) }
      return true
    }
    if isGiven { return }
    report(
      place(of: node), "\(path) says nothing about where its packets come from",
      allowed: "a file, or a group, a port or both", "add file:, group: or port:")
  }
}
