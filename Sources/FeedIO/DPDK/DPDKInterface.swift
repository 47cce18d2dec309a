import FeedCore

/// A port of DPDK where a command takes an interface: "dpdk:" and a PCI address, or a device of software with its
/// arguments, "dpdk:net_pcap0,rx_pcap=day.pcap".
public struct DPDKInterface: Sendable, Equatable {
  static let prefix = "dpdk:"
  public let device: DPDKDevice

  /// Nil: the text names no port of DPDK's.
  public init?(_ text: some StringProtocol) {
    guard text.hasPrefix(Self.prefix) else { return nil }
    let rest = String(text.dropFirst(Self.prefix.count))
    device = DPDKDevice.isPCIAddress(rest) ? .pci(address: rest) : .virtual(rest)
  }

  /// What reports and files call it: the address, or the device's name.
  public var name: String { device.description }

  /// Settings of a port that is only received from.
  ///
  /// - Parameter subscriptions: what is wanted; empty: everything, and no group is joined.
  /// - Throws: a group that cannot be.
  public func receiving(
    _ subscriptions: [LiveSubscription], isPromiscuous: Bool
  ) throws(MembershipError) -> DPDKPortSettings {
    var settings = DPDKPortSettings(name: name, device: device)
    settings.groups = isPromiscuous ? [] : try MulticastGroup.all(of: subscriptions)
    settings.multicast = isPromiscuous ? .promiscuous : settings.groups.isEmpty ? .all : .filter
    if !device.isNetwork {
      settings.membership = .none
      settings.multicast = .all
    }
    return settings
  }

  /// Settings of a port that is only sent to.
  public var sending: DPDKPortSettings {
    var settings = DPDKPortSettings(name: name, device: device)
    settings.transmitQueues = 1
    settings.membership = .none
    settings.multicast = .all
    // What comes in is nobody's: no more room than a card asks for.
    settings.queueDepthPackets = 512
    return settings
  }
}

extension DPDKDevice {
  /// Files and memory have no switch behind them that would want to know of groups.
  var isNetwork: Bool {
    guard case .virtual(let name, _) = self else { return true }
    return !["net_pcap", "net_ring", "net_null", "net_memif"].contains(where: name.hasPrefix)
  }
}

extension MulticastGroup {
  /// The groups of subscriptions, each once, with all of its sources.
  static func all(of subscriptions: [LiveSubscription]) throws(MembershipError) -> [MulticastGroup] {
    var groups: [MulticastGroup] = []
    for subscription in LiveSubscription.merged(subscriptions)
    where subscription.address.isMulticast && !groups.contains(where: { $0.address == subscription.address }) {
      groups.append(try MulticastGroup(subscription.address, sources: subscription.sources))
    }
    return groups
  }
}
