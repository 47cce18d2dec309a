import CDynamic
import FeedCore
import Glibc

/// All that a `PcapLiveQueue` opens, in the order in which it may fail. What was opened before a failure is closed.
struct PcapLiveOpening {
  // Of pcap/pcap.h.
  private static let nanoseconds: Int32 = 1
  private static let incoming: Int32 = 1
  private static let noSuchDevice: Int32 = -5
  private static let noPermission: Int32 = -8
  private static let interfaceDown: Int32 = -9
  private static let promiscuousRefused: Int32 = -11

  let interface: LiveInterface
  let handles = SocketHandles()
  let library: PcapLibrary
  let handle: PcapLibrary.Handle
  let buffers: SocketBuffers
  let linkType: LinkType
  /// Of the fraction of a second in a packet's header: 1 or 1,000.
  let nanosecondsPerUnit: UInt64
  private(set) var warnings: [String] = []

  init(interface name: String, subscriptions: [LiveSubscription], options: PcapLiveOptions) throws {
    let wanted = LiveSubscription.merged(subscriptions)
    for subscription in wanted { try subscription.check() }
    let interface = try LiveInterface(name: name)
    try interface.checkIsUsable(for: wanted)
    self.interface = interface
    let library = try PcapLibrary()
    self.library = library
    var text = [CChar](repeating: 0, count: 256)
    guard let handle = library.create(name, &text) else {
      throw LiveQueueFailure("libpcap cannot open \(name): \(Self.text(text)); choose another driver")
    }
    self.handle = handle
    var made: SocketBuffers?
    do {
      // The frame, with room for two tags.
      let snapLength = min(max(interface.maximumTransmissionUnit, 1_500), 65_535) + 22
      try Self.configure(library, handle, snapLength: snapLength, options)
      if let warning = try Self.activate(library, handle, name) { warnings.append(warning) }
      let number = library.dataLink(handle)
      linkType = LinkType(captureNumber: UInt32(clamping: number))
      if linkType == .unsupported {
        throw LiveQueueFailure("interface \(name): link type \(number) is not read; use driver socket there")
      }
      // Loopback shows a packet on its way out and on its way in.
      if library.setDirection(handle, Self.incoming) < 0 {
        warnings.append("\(name): packets that this machine sends are seen too: \(Self.error(library, handle))")
      }
      nanosecondsPerUnit = library.timestampPrecision(handle) == Self.nanoseconds ? 1 : 1_000
      if nanosecondsPerUnit != 1 { warnings.append("\(name): libpcap has whole microseconds only here") }
      try Self.filter(library, handle, wanted)
      if library.setNonblocking(handle, 1, &text) < 0 {
        throw LiveQueueFailure("libpcap cannot poll \(name): \(Self.text(text)); choose another driver")
      }
      let slots = min(max(options.burstPacketsMaximum, 1), 256)
      made = SocketBuffers(slotsPerRegion: slots, payloadCapacity: snapLength)
      guard let buffers = made else {
        throw LiveOpeningError.noMemory(
          what: "packets of \(name)", bytes: slots * snapLength * SocketBuffers.regionCount,
          remedy: "take smaller bursts (threads.burstPackets)")
      }
      self.buffers = buffers
      if !options.isPromiscuous { try LiveMembership.hold(wanted, interface: interface, handles: handles) }
    } catch {
      made?.deallocate()
      library.close(handle)
      handles.closeAll()
      throw error
    }
  }

  private static func configure(
    _ library: PcapLibrary, _ handle: PcapLibrary.Handle, snapLength: Int, _ options: PcapLiveOptions
  ) throws {
    let bytes = min(max(options.bufferBytes, 65_536), 1 << 30)
    // None of these fails before the activation, but where the platform lacks the precision: then it stays as it is.
    _ = library.setSnapLength(handle, Int32(clamping: snapLength))
    _ = library.setPromiscuous(handle, options.isPromiscuous ? 1 : 0)
    _ = library.setImmediateMode(handle, 1)
    _ = library.setBufferSize(handle, Int32(clamping: bytes))
    _ = library.setTimeout(handle, 1)
    _ = library.setTimestampPrecision(handle, nanoseconds)
  }

  /// A warning of libpcap's, or nil.
  private static func activate(
    _ library: PcapLibrary, _ handle: PcapLibrary.Handle, _ name: String
  ) throws -> String? {
    let result = library.activate(handle)
    switch result {
    case 0: return nil
    case 1...: return "\(name): \(error(library, handle))"
    case noPermission, promiscuousRefused:
      throw LiveOpeningError.noPermission(what: "capturing with libpcap at \(name)", right: "CAP_NET_RAW")
    case interfaceDown: throw LiveOpeningError.interfaceIsDown(name: name)
    case noSuchDevice: throw LiveQueueFailure("libpcap does not know \(name); choose another interface or driver")
    default:
      throw LiveQueueFailure("libpcap cannot capture at \(name): \(error(library, handle)); choose another driver")
    }
  }

  private static func filter(
    _ library: PcapLibrary, _ handle: PcapLibrary.Handle, _ wanted: [LiveSubscription]
  ) throws {
    if wanted.isEmpty { return }
    var code = feedh_bpf_program()
    let text = expression(wanted)
    guard PacketFilter.compiling.withLock({ _ in library.compile(handle, &code, text, 1, 0xFFFF_FFFF) }) == 0 else {
      throw LiveQueueFailure("libpcap does not take the filter of \(wanted.count) groups: \(error(library, handle)); "
        + "spread them over several ports")
    }
    defer { library.freeCode(&code) }
    if library.setFilter(handle, &code) < 0 {
      throw LiveQueueFailure("libpcap cannot set the filter: \(error(library, handle)); spread groups over several ports")
    }
  }

  /// "(udp and ((dst host G and dst port P and (src host S)) or …))", and the same behind a VLAN tag: `vlan` moves all
  /// that follows it in the expression.
  static func expression(_ wanted: [LiveSubscription]) -> String {
    let each = wanted.map { subscription in
      var text = "(dst host \(subscription.address) and udp dst port \(subscription.port)"
      if !subscription.sources.isEmpty {
        text += " and (" + subscription.sources.map { "src host \($0)" }.joined(separator: " or ") + ")"
      }
      return text + ")"
    }
    let all = each.joined(separator: " or ")
    return "\(all) or (vlan and (\(all)))"
  }

  private static func error(_ library: PcapLibrary, _ handle: PcapLibrary.Handle) -> String {
    let text = String(cString: library.errorText(handle))
    return text.isEmpty ? "no reason given" : text
  }

  private static func text(_ bytes: [CChar]) -> String {
    String(decoding: bytes.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
