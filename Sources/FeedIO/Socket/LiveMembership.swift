import CSocket
import FeedCore
import Glibc

/// Joins of multicast groups through the kernel, which then speaks IGMP or MLD, and tells the card which groups to let
/// through.
enum LiveMembership {
  /// Joins the group of a subscription, from its sources or from any.
  static func join(
    _ subscription: LiveSubscription, endpoint: inout feedh_endpoint, interface: LiveInterface, socket: Int32
  ) throws(LiveOpeningError) {
    if subscription.sources.isEmpty {
      let code = feedh_udp_join(socket, &endpoint, interface.index, nil)
      if code < 0 { throw error(code, subscription, interface, isFirst: true) }
      return
    }
    for (index, source) in subscription.sources.enumerated() {
      let code = source.withNetworkBytes { feedh_udp_join(socket, &endpoint, interface.index, $0) }
      if code < 0 { throw error(code, subscription, interface, isFirst: index == 0) }
    }
  }

  /// Joins for a ring, which sees packets without having asked for them: the switch and the card are to let them
  /// through. Sockets that receive nothing hold the memberships, as many as the kernel's limit per socket makes needed.
  static func hold(
    _ subscriptions: [LiveSubscription], interface: LiveInterface, handles: SocketHandles
  ) throws(LiveOpeningError) {
    // One group may be heard at several ports: joined once, from the sources of all of them.
    let groups = LiveSubscription.merged(
      subscriptions.filter(\.address.isMulticast).map {
        LiveSubscription(address: $0.address, port: 1, sources: $0.sources)
      })
    for isIPv6 in [false, true] {
      var socket: Int32 = -1
      for group in groups where group.address.isIPv4 != isIPv6 {
        var endpoint = feedh_endpoint(group)
        if socket >= 0 {
          do throws(LiveOpeningError) {
            try join(group, endpoint: &endpoint, interface: interface, socket: socket)
            continue
          } catch {
            guard case .membershipLimit = error else { throw error }
            // A socket of its own for the group then: what it joined of this one's sources is joined twice.
          }
        }
        socket = feedh_udp_open_for_membership(isIPv6)
        if socket == -EMFILE || socket == -ENFILE { throw .tooManyFiles(count: handles.handles.count + 1) }
        if socket < 0 { throw .refused("a socket for memberships", at: interface.name, code: socket) }
        handles.append(socket)
        try join(group, endpoint: &endpoint, interface: interface, socket: socket)
      }
    }
  }

  private static func error(
    _ code: Int32, _ subscription: LiveSubscription, _ interface: LiveInterface, isFirst: Bool
  ) -> LiveOpeningError {
    let isIPv4 = subscription.address.isIPv4
    switch -code {
    case ENOBUFS, ENOMEM:
      // IPv6 has no limit of groups but the memory of a socket's options.
      let groups = isIPv4 ? "net.ipv4.igmp_max_memberships" : "net.core.optmem_max"
      let sources = isIPv4 ? "net.ipv4.igmp_max_msf" : "net.ipv6.mld_max_msf"
      return .membershipLimit(subscription: subscription.description, setting: isFirst ? groups : sources)
    case ENODEV: return .noMulticast(interface: interface.name)
    default: return .refused("joining \(subscription)", at: interface.name, code: code)
    }
  }
}

extension feedh_endpoint {
  init(_ subscription: LiveSubscription) {
    self.init()
    subscription.address.withNetworkBytes { bytes in
      withUnsafeMutableBytes(of: &address) { $0.copyMemory(from: UnsafeRawBufferPointer(start: bytes, count: 16)) }
    }
    port = subscription.port
    is_ipv6 = !subscription.address.isIPv4
    is_multicast = subscription.address.isMulticast
  }
}

extension LiveSubscription {
  /// What is wrong with it whatever the machine.
  func check() throws(LiveOpeningError) {
    if port == 0 { throw .badPort(subscription: description) }
    if !sources.isEmpty, !address.isMulticast { throw .sourcesOfUnicast(subscription: description) }
    if sources.count > UDPSocketQueue.sourcesMaximum {
      throw .tooManySources(
        subscription: description, count: sources.count, maximum: UDPSocketQueue.sourcesMaximum)
    }
    for source in sources where source.isIPv4 != address.isIPv4 || source.isMulticast || source.isWildcard {
      throw .familyOfSource(subscription: description, source: source.description)
    }
  }
}

extension LiveInterface {
  func checkIsUsable(for subscriptions: [LiveSubscription]) throws(LiveOpeningError) {
    if !isUp { throw .interfaceIsDown(name: name) }
    if !takesMulticast, subscriptions.contains(where: \.address.isMulticast) {
      throw .noMulticast(interface: name)
    }
  }
}
