@testable import FeedCore

/// One live channel whose snapshots come on a flow of their own.
final class JoinedBench {
  private let memory = StorageOwner()
  var core: Core
  private var clock: UInt64 = 1_000_000
  private var retained: [UnsafeMutableRawPointer] = []

  init(_ feedProtocol: FeedProtocol, configure: (inout Settings) -> Void = { _ in }) {
    var plan = FeedPlan()
    plan.venues = [VenueSettings(name: "x")]
    plan.channels = [
      FeedPlan.Channel(name: "live", venue: 0, protocol: feedProtocol, isNumbered: true, lines: []),
      FeedPlan.Channel(
        name: "snapshot", venue: 0, protocol: feedProtocol, isNumbered: true, lines: [], role: .snapshot,
        snapshotsOf: 0, carriesSnapshots: true),
    ]
    var settings = Settings()
    settings.capacity = CoreHarness.smallCapacity()
    settings.recovery.bufferMessages = 65_536
    settings.recovery.bufferBytes = 1 << 22
    configure(&settings)
    core = memory.own {
      Core(
        plan: plan, settings: settings, ownedShards: .max, countsMessages: true, exchangeNanosecondsMaximum: .max)
    }
  }

  deinit { for bytes in retained { bytes.deallocate() } }

  private func packet(_ header: [UInt8], _ messages: [[UInt8]]) -> SequencedPacket {
    clock += 1_000
    let all = header + messages.flatMap { $0 }
    let bytes = UnsafeMutableRawPointer.allocate(byteCount: max(1, all.count), alignment: 1)
    bytes.copyMemory(from: all, byteCount: all.count)
    retained.append(bytes)
    var packet = SequencedPacket(blocks: UnsafeRawPointer(bytes + header.count))
    packet.headerLength = UInt16(header.count)
    packet.captureNanoseconds = clock
    return packet
  }

  func live(_ header: [UInt8], _ messages: [[UInt8]]) {
    let packet = packet(header, messages)
    core.batch.beginPacket(packet, clock: clock)
    var next = packet.blocks
    for message in messages {
      core.batch.append(message: next, length: message.count, channel: 0)
      next += message.count
    }
    core.batch.endPacket()
    core.flush()
  }

  func snapshot(_ header: [UInt8], _ messages: [[UInt8]]) {
    let packet = packet(header, messages)
    core.batch.append(
      snapshotPacket: packet, length: header.count + messages.reduce(0) { $0 + $1.count }, channel: 0, clock: clock)
    core.flush()
  }

  func tell(_ kind: Delivery.Kind, _ detail: UInt8 = 0) {
    core.batch.append(kind, channel: 0, detail: detail, packet: packet([], []), clock: clock)
    core.flush()
  }
  func trust(_ state: BookState) { tell(.channelState, state.rawValue) }
  func wait(_ nanoseconds: UInt64) { clock += nanoseconds }

  private func instrument(_ symbol: String) -> InstrumentID {
    guard let group = core.books.symbols.pointee.find(Symbol(symbol)!) else { return .none }
    return core.books.instrument(of: group, at: 0)
  }
  func state(_ symbol: String) -> BookState { core.books.state(of: instrument(symbol)) }
  func counted(_ counter: Counter) -> UInt64 { core.books.counters[counter] }
  func buys(_ symbol: String) -> [String] {
    var list: [String] = []
    core.books.forEachLevel(of: instrument(symbol), side: .buy) { price, quantity in
      list.append("\(price)x\(quantity)")
      return true
    }
    return list
  }
  func record(_ symbol: String) -> InstrumentRecord {
    core.books.venues[0].directory.pointee.records[instrument(symbol).index]
  }
  func volume(_ symbol: String) -> UInt64 { record(symbol).volume }
}
