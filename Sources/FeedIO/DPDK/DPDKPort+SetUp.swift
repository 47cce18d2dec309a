import CDPDK
import FeedCore
import Glibc

extension DPDKPort {
  private var name: String { settings.name }

  func setUp() throws(DPDKError) {
    let membership = chosenMembership()
    let transmitCount = settings.transmitQueues + (membership == .reports ? 1 : 0)
    try checkLimits(transmitCount: transmitCount)
    // One at least, though nobody sends: net_memif pairs its rings with the other side's, and drivers of cards are
    // hardly ever run without.
    let presentCount = max(transmitCount, min(1, facts.transmitQueuesMaximum))
    try configure(transmitCount: presentCount)
    let mtu = try setMTU()
    let (receive, transmit) = try descriptors()
    try makeQueues(receive, transmit, transmitCount: presentCount, mtu: mtu)
    try check(feedh_dpdk_start_port(number), "start")
    isStarted = true
    plan.multicast = try admitMulticast()
    plan.spreading = steer()
    let times = receiveTimes()
    plan.times = times.text
    try makeReceivers(times, listens: membership == .reports)
    try makeTransmitters(transmit, count: transmitCount, mtu: mtu, membership: membership)
    try startService(membership)
  }

  private func check(_ result: Int32, _ step: String) throws(DPDKError) {
    if result != 0 { throw .refused(port: name, step: step, reason: DPDKEnvironment.reason(result)) }
  }

  private func checkLimits(transmitCount: Int) throws(DPDKError) {
    guard 1...facts.receiveQueuesMaximum.clamped(to: 1...) ~= settings.queues else {
      throw .tooManyQueues(port: name, kind: "receive", wanted: settings.queues, limit: facts.receiveQueuesMaximum)
    }
    guard 0...facts.transmitQueuesMaximum ~= transmitCount else {
      throw .tooManyQueues(port: name, kind: "transmit", wanted: transmitCount, limit: facts.transmitQueuesMaximum)
    }
    for rule in settings.steering where !(0..<settings.queues ~= rule.queue) {
      throw .steeringQueue(port: name, group: "\(rule.group)", queue: rule.queue, queues: settings.queues)
    }
  }

  private func configure(transmitCount: Int) throws(DPDKError) {
    try check(
      feedh_dpdk_configure(
        number, UInt16(truncatingIfNeeded: settings.queues), UInt16(truncatingIfNeeded: transmitCount),
        facts.hasReceiveSideScaling, settings.usesDeviceTimestamps && facts.hasReceiveTimestamps),
      "its configuration")
  }

  /// The MTU that buffers are made for.
  private func setMTU() throws(DPDKError) -> Int {
    // A driver over a kernel interface may not know the interface's own.
    let present = max(facts.mtu, interface.flatMap(KernelInterface.mtu(of:)) ?? 0)
    guard let wanted = settings.mtu else {
      plan.mtu = present
      return present
    }
    let range = facts.mtuRange
    guard range ~= wanted, wanted <= Int(UInt16.max) - 256 else {
      throw .mtuOutOfRange(port: name, wanted: wanted, minimum: range.lowerBound, maximum: range.upperBound)
    }
    plan.mtu = wanted
    if wanted == present { return wanted }
    let result = feedh_dpdk_set_mtu(number, UInt16(truncatingIfNeeded: wanted))
    if result == -ENOTSUP {
      plan.notes.append("the driver sets no MTU; buffers are made for \(wanted)")
    } else if result != 0 {
      throw .refused(port: name, step: "MTU \(wanted)", reason: DPDKEnvironment.reason(result))
    }
    return wanted
  }

  private var interface: String? { KernelInterface.name(index: facts.interfaceIndex) }

  private func descriptors() throws(DPDKError) -> (receive: UInt16, transmit: UInt16) {
    try checkDescriptors("receive", settings.queueDepthPackets, facts.receiveDescriptors)
    try checkDescriptors("transmit", settings.transmitDepthPackets, facts.transmitDescriptors)
    var receive = UInt16(truncatingIfNeeded: settings.queueDepthPackets)
    var transmit = UInt16(truncatingIfNeeded: settings.transmitDepthPackets)
    try check(feedh_dpdk_adjust_descriptors(number, &receive, &transmit), "its queue depth")
    if Int(receive) != settings.queueDepthPackets {
      plan.notes.append("queue depth \(settings.queueDepthPackets) became \(receive), as the card wants it")
    }
    plan.receiveDescriptors = Int(receive)
    return (receive, transmit)
  }

  /// A depth below the card's least is raised, one beyond its most is an error: packets would be lost unsaid.
  private func checkDescriptors(_ kind: String, _ wanted: Int, _ range: ClosedRange<Int>) throws(DPDKError) {
    if wanted < 1 || wanted > range.upperBound {
      throw .descriptorsOutOfRange(
        port: name, kind: kind, wanted: wanted, minimum: range.lowerBound, maximum: range.upperBound)
    }
  }

  // MARK: Memory and queues

  private func makePool(_ kind: String, buffers: Int, room: Int) throws(DPDKError)
    -> UnsafeMutableRawPointer
  {
    let room = UInt16(clamping: max(room, facts.receiveBufferMinimum + 128))
    let count = UInt32(clamping: buffers)
    var error: Int32 = 0
    // Ordinary memory has no nodes.
    let node = environment.usesHugePages ? Int32(truncatingIfNeeded: facts.node ?? -1) : -1
    let pool = feedh_dpdk_make_pool(
      environment.poolName(kind), count, UInt32(DPDKPortSettings.bufferCache), room, node, &error)
    guard let pool else {
      let bytes = feedh_dpdk_pool_bytes(count, room)
      throw .noMemory(
        port: name, buffers: buffers, megabytes: Int(bytes >> 20) + 1, reason: DPDKEnvironment.reason(error))
    }
    pools.append(pool)
    return pool
  }

  private func makeQueues(
    _ receive: UInt16, _ transmit: UInt16, transmitCount: Int, mtu: Int
  ) throws(DPDKError) {
    let buffers = DPDKPortSettings.receiveBuffers(descriptors: Int(receive))
    let room = DPDKPortSettings.bufferRoom(mtu: mtu)
    plan.buffersPerQueue = buffers
    plan.bufferLength = room
    let node = Int32(truncatingIfNeeded: facts.node ?? -1)
    for index in 0..<settings.queues {
      // A pool for each queue: no core's buffers ever wait for another core.
      let pool = try makePool("rx", buffers: buffers, room: room)
      try check(
        feedh_dpdk_set_up_receive(number, UInt16(truncatingIfNeeded: index), receive, node, pool),
        "receive queue \(index)")
    }
    for index in 0..<transmitCount {
      try check(
        feedh_dpdk_set_up_transmit(number, UInt16(truncatingIfNeeded: index), transmit, node),
        "transmit queue \(index)")
    }
  }

  private func makeReceivers(_ times: DPDKTimes, listens: Bool) throws(DPDKError) {
    let clock = TickClock.calibrate()
    for index in 0..<settings.queues {
      let inbox = listens ? FrameInbox() : nil
      if let inbox { inboxes.append(inbox) }
      queues.append(
        DPDKQueue(self, name: "\(name):\(index)", index: index, times: times, clock: clock, inbox: inbox))
    }
  }

  /// Reports of memberships go out on the last queue, so that no other thread's queue is disturbed.
  private func makeTransmitters(
    _ descriptors: UInt16, count: Int, mtu: Int, membership: DPDKPortSettings.Membership
  ) throws(DPDKError) {
    let room = DPDKPortSettings.bufferRoom(mtu: mtu)
    for index in 0..<count {
      let buffers = DPDKPortSettings.transmitBuffers(descriptors: Int(descriptors))
      let pool = try makePool("tx", buffers: buffers, room: room)
      let isControl = membership == .reports && index == count - 1
      let queue = DPDKTransmitQueue(
        port: number, queue: index, name: "\(name):tx\(index)", pool: pool, frameLengthMaximum: room - 128)
      if isControl { controlQueue = queue } else { transmitQueues.append(queue) }
    }
  }

  // MARK: What comes in

  /// The wanted way, or the next wider one that the driver has.
  private func admitMulticast() throws(DPDKError) -> String {
    var mode = settings.multicast
    if mode == .filter && settings.groups.isEmpty { mode = .all }
    if mode == .filter {
      var addresses: [UInt8] = []
      // All systems, and all nodes, whom queries of memberships are sent to.
      let queried: [[UInt8]] = [[0x01, 0x00, 0x5E, 0, 0, 1], [0x33, 0x33, 0, 0, 0, 1]]
      let wanted = settings.groups.contains { !$0.address.isIPv4 } ? queried : Array(queried.prefix(1))
      for mac in Set(wanted + settings.groups.map(\.mac)).sorted(by: Self.precedes) {
        addresses += mac
      }
      let count = UInt32(truncatingIfNeeded: addresses.count / 6)
      let result = feedh_dpdk_set_multicast(number, addresses, count)
      if result == 0 { return "by \(count) Ethernet addresses" }
      plan.notes.append("no filter of \(count) Ethernet addresses here (\(DPDKEnvironment.reason(result)))")
      mode = .all
    }
    if mode == .all {
      if feedh_dpdk_set_all_multicast(number, true) == 0 { return "all groups" }
      plan.notes.append("the driver has no mode for all groups; it is made promiscuous")
    }
    let result = feedh_dpdk_set_promiscuous(number, true)
    if result == 0 { return "promiscuous" }
    guard result == -ENOTSUP else {
      throw .refused(port: name, step: "promiscuous mode", reason: DPDKEnvironment.reason(result))
    }
    return "as the driver gives it"
  }

  private static func precedes(_ one: [UInt8], _ other: [UInt8]) -> Bool { one.lexicographicallyPrecedes(other) }

  /// Rules of the card, all or none of them: with some groups steered and others not a channel's lines would part.
  private func steer() -> DPDKPortPlan.Spreading {
    if settings.queues == 1 { return .oneQueue }
    let rest: DPDKPortPlan.Spreading.Rest = facts.hasReceiveSideScaling ? .hash : .driver
    if settings.steering.isEmpty { return .rest(rest) }
    for (index, rule) in settings.steering.enumerated() {
      var reason = [CChar](repeating: 0, count: 200)
      let group = [rule.group.high, rule.group.low].flatMap { word in
        (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) }
      }
      let result = feedh_dpdk_steer(
        number, group, rule.port ?? 0, UInt16(truncatingIfNeeded: rule.queue), &reason, reason.count)
      if result == 0 { continue }
      if index > 0 { _ = feedh_dpdk_unsteer(number) }
      _ = DPDKEnvironment.takeLog()
      let words = String(decoding: reason.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      plan.notes.append("no rules of the card for groups (\(words))")
      return .rest(rest)
    }
    return .rules(count: settings.steering.count, rest: rest)
  }

  private func receiveTimes() -> DPDKTimes {
    var offset: Int32 = 0
    var flag: UInt64 = 0
    guard settings.usesDeviceTimestamps, feedh_dpdk_timestamp_field(&offset, &flag) == 0 else { return .core }
    if facts.driver == "net_pcap" {
      return .packet(offset: Int(offset), flag: flag, unit: .microseconds)
    }
    guard facts.hasReceiveTimestamps else { return .core }
    if facts.driver == "net_af_packet" {
      return .packet(offset: Int(offset), flag: flag, unit: .nanoseconds)
    }
    deviceClock = DeviceClock(port: number)
    guard let deviceClock else {
      plan.notes.append("the card stamps packets, and its clock cannot be read; its stamps are not used")
      return .core
    }
    return .packet(offset: Int(offset), flag: flag, unit: .device(deviceClock))
  }

  // MARK: Membership

  private func chosenMembership() -> DPDKPortSettings.Membership {
    if settings.groups.isEmpty { return .none }
    if settings.membership != .automatic { return settings.membership }
    if facts.isSharedWithKernel { return .kernel }
    // A capture is no network.
    return facts.driver == "net_pcap" ? .none : .reports
  }

  private func startService(_ membership: DPDKPortSettings.Membership) throws(DPDKError) {
    var hosts: [MembershipHost] = []
    do throws(MembershipError) {
      switch membership {
      case .none, .automatic: plan.membership = "none"
      case .kernel:
        guard let interface else { throw .interfaceMissing(interface: facts.device) }
        kernelMembership = try KernelMembership(interface: interface, groups: settings.groups)
        plan.membership = "the kernel's, on \(interface)"
      case .reports: hosts = try makeHosts()
      }
    } catch {
      throw .membership(port: name, reason: error.description)
    }
    service = DPDKPortService(
      port: number, interfaceIndex: facts.interfaceIndex, clock: deviceClock, hosts: hosts, inboxes: inboxes,
      transmit: controlQueue)
    try service!.start()
  }

  /// One for each family.
  private func makeHosts() throws(MembershipError) -> [MembershipHost] {
    let seed = settings.reportSeed ?? facts.mac.reduce(0) { $0 << 8 | UInt64($1) }
    var membership = MembershipSettings(mac: facts.mac, seed: seed)
    membership.vlan = settings.vlan
    membership.versionMaximum = settings.igmpVersionMaximum
    membership.repeatNanosecondsMaximum = settings.reportRepeatNanosecondsMaximum
    membership.mtu = min(plan.mtu, 1_500)
    var hosts: [MembershipHost] = []
    var said: [String] = []
    let ipv4 = settings.groups.filter(\.address.isIPv4)
    if !ipv4.isEmpty {
      if let address = settings.address ?? interface.flatMap(KernelInterface.ipv4(of:)) {
        membership.address = address
      } else {
        plan.notes.append(
          "membership reports come from 0.0.0.0, which some switches pass over; name live.ports[].address")
      }
      hosts.append(try MembershipHost(membership, groups: ipv4))
      said.append("IGMP reports of \(membership.address)")
    }
    let ipv6 = settings.groups.filter { !$0.address.isIPv4 }
    if !ipv6.isEmpty {
      hosts.append(try MembershipHost(membership, groups: ipv6))
      said.append("MLD reports of \(MLDDialect.linkLocal(mac: facts.mac))")
    }
    plan.membership = said.joined(separator: ", ")
    return hosts
  }
}

extension Int {
  fileprivate func clamped(to range: PartialRangeFrom<Int>) -> Int { Swift.max(self, range.lowerBound) }
}
