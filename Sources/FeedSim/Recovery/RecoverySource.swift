import FeedCore

/// A capture with the servers of its channels: what the recoveries ask is answered from the channels' loss-free
/// histories, and the answers are handed out among the captured packets, by time.
///
/// One packet is handed out at a time, so that no result depends on the size of a burst.
public final class RecoverySource<Base: PacketSource>: PacketSource, RecoveryAnswering, @unchecked Sendable {
  /// Where a channel's answering datagrams go, and who answers.
  public struct Channel: Sendable {
    public var servers: SimulatedServers
    public var group: UInt32
    public var port: UInt16
    /// Where datagrams of the server that has snapshots go (NYSE); nil: as the others.
    public var refreshes: (group: UInt32, port: UInt16)?
    public init(
      servers: SimulatedServers, group: UInt32, port: UInt16, refreshes: (group: UInt32, port: UInt16)? = nil
    ) {
      self.servers = servers
      self.group = group
      self.port = port
      self.refreshes = refreshes
    }
  }

  private var base: Base
  private var channels: [Channel]
  private var framers: [UDPFramer]
  private var refreshFramers: [UDPFramer]
  /// The file that answering datagrams are of.
  private let fileIndex: UInt16
  /// For how long time goes on behind the last captured packet.
  private let afterwardsNanoseconds: UInt64
  private var outbox: RecoveryOutbox?
  private var peeked: Packet?
  /// In order of time, then of being sent; the next one last.
  private var pending: [Packet] = []
  private var sent = 0
  private var clock: UInt64 = 0
  private var lastCaptured: UInt64 = 0
  private var memory: [UnsafeMutableRawBufferPointer] = []
  public private(set) var isExhausted = false

  /// - Parameter channels: in order of the plan's.
  public init(
    _ base: Base, channels: [Channel], fileIndex: UInt16, afterwardsNanoseconds: UInt64 = 600_000_000_000
  ) {
    self.base = base
    self.channels = channels
    self.fileIndex = fileIndex
    self.afterwardsNanoseconds = afterwardsNanoseconds
    framers = channels.map { UDPFramer(source: 0x0A00_00FE, group: $0.group, sourcePort: 50_000, port: $0.port) }
    refreshFramers = channels.map {
      let (group, port) = $0.refreshes ?? ($0.group, $0.port)
      return UDPFramer(source: 0x0A00_00FE, group: group, sourcePort: 50_001, port: port)
    }
  }

  deinit { for buffer in memory { buffer.deallocate() } }

  public func answer(_ outbox: RecoveryOutbox) { self.outbox = outbox }

  public func receive(into burst: UnsafeMutableBufferPointer<Packet>) -> Int {
    if burst.isEmpty || isExhausted { return 0 }
    while let output = outbox?.next() {
      let channel = Int(output.channel)
      if channel >= channels.count { continue }
      add(channels[channel].servers.take(output), of: channel, at: output.captureNanoseconds)
    }
    peek()
    while let (at, channel) = nextEvent(), at <= min(peeked?.captureNanoseconds ?? .max, horizon) {
      if let next = pending.last, next.captureNanoseconds < at { break }
      if let due = outbox?.nextDue, due < at { break }
      clock = max(clock, at)
      add(channels[channel].servers.advance(to: at), of: channel, at: at)
    }
    guard let packet = next() else {
      isExhausted = true
      return 0
    }
    clock = max(clock, packet.captureNanoseconds)
    burst[0] = packet
    return 1
  }

  private var horizon: UInt64 { lastCaptured + afterwardsNanoseconds }

  private func peek() {
    if peeked != nil { return }
    withUnsafeTemporaryAllocation(of: Packet.self, capacity: 1) { one in
      while !base.isExhausted {
        if base.receive(into: one) > 0 {
          peeked = one[0]
          lastCaptured = one[0].captureNanoseconds
          return
        }
      }
    }
  }

  private func nextEvent() -> (at: UInt64, channel: Int)? {
    var first: (at: UInt64, channel: Int)?
    for (index, channel) in channels.enumerated() where channel.servers.nextEventAt < first?.at ?? .max {
      first = (channel.servers.nextEventAt, index)
    }
    return first
  }

  /// The next packet: a tick of the clock where a timer comes first, an answer, or a captured one.
  private func next() -> Packet? {
    let captured = peeked?.captureNanoseconds
    let answered = pending.last?.captureNanoseconds
    let packetAt = min(captured ?? .max, answered ?? .max)
    if let due = outbox?.nextDue, max(due, clock) < packetAt, due <= horizon {
      return Packet.clock(Self.nothing, captureNanoseconds: max(due, clock))
    }
    if let answered, answered <= captured ?? .max {
      return pending.removeLast()
    }
    defer { peeked = nil }
    return peeked
  }

  private func add(_ replies: [SimulatedServers.Reply], of channel: Int, at now: UInt64) {
    for reply in replies {
      let at = max(reply.answer.at, now, clock)
      let packet: Packet
      switch reply.answer.way {
      case .datagram:
        let frame =
          reply.service == .snapshots
          ? refreshFramers[channel].frame(reply.answer.bytes) : framers[channel].frame(reply.answer.bytes)
        packet = Packet(
          bytes: keep(frame), captureNanoseconds: at, capturedLength: UInt32(frame.count),
          wireLength: UInt32(frame.count), recordIndex: UInt64(sent), fileIndex: fileIndex, linkType: .ethernet)
      case .stream, .closed:
        packet = Packet.connection(
          channel: UInt8(channel), service: reply.service, connection: reply.connection,
          bytes: keep(reply.answer.bytes), length: reply.answer.bytes.count, isEnd: reply.answer.way == .closed,
          captureNanoseconds: at)
      }
      var place = pending.count
      while place > 0, pending[place - 1].captureNanoseconds <= at { place -= 1 }
      pending.insert(packet, at: place)
      sent += 1
    }
  }

  private func keep(_ bytes: [UInt8]) -> UnsafeRawPointer {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, bytes.count), alignment: 1)
    buffer.copyBytes(from: bytes)
    memory.append(buffer)
    return UnsafeRawPointer(buffer.baseAddress!)
  }

  /// Stands for no bytes.
  private static var nothing: UnsafeRawPointer { UnsafeRawPointer(bitPattern: 1)! }
}
