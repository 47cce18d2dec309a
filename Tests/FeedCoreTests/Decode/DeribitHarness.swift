@testable import FeedCore

/// One core with an event channel (1) and a snapshot channel (101) of one Deribit venue, fed with packets as the
/// session layer delivers them.
final class DeribitHarness {
  private let memory = StorageOwner()
  var core: Core
  private var sequences: [UInt64] = [0, 0]
  private var clock: UInt64 = 1_686_858_120_000_000_000
  private var kept: [UnsafeMutableRawPointer] = []
  private var packetIndex: UInt64 = 0

  init(ownedShards: UInt64 = .max) {
    var plan = FeedPlan()
    plan.venues = [VenueSettings(name: "deribit")]
    for stream in [1, 101] as [UInt32] {
      plan.channels.append(
        FeedPlan.Channel(
          name: "deribit/\(stream)", venue: 0, protocol: .deribit, isNumbered: true, lines: [], stream: stream))
    }
    var settings = Settings()
    settings.capacity = CoreHarness.smallCapacity()
    settings.recovery.bufferMessages = 64
    settings.recovery.bufferBytes = 8_192
    core = memory.own {
      Core(
        plan: plan, settings: settings, ownedShards: ownedShards, countsMessages: true,
        exchangeNanosecondsMaximum: .max)
    }
    for channel in [0, 1] { control(.channelState, channel: channel, .lateStart) }
  }

  /// A packet of the event channel; `skipping` numbers are lost before it.
  func event(_ messages: [UInt8]..., skipping lost: UInt64 = 0) { send(0, messages.flatMap { $0 }, lost) }
  /// One of the snapshot channel.
  func snapshot(_ messages: [UInt8]..., skipping lost: UInt64 = 0) { send(1, messages.flatMap { $0 }, lost) }

  func send(_ channel: Int, _ body: [UInt8], _ lost: UInt64 = 0) {
    sequences[channel] += lost
    deliver(channel, DeribitBytes.packet(channel == 0 ? 1 : 101, sequences[channel], [body]))
    sequences[channel] += 1
  }

  private func deliver(_ channel: Int, _ packet: [UInt8]) {
    let bytes = UnsafeMutableRawPointer.allocate(byteCount: packet.count, alignment: 1)
    packet.withUnsafeBytes { bytes.copyMemory(from: $0.baseAddress!, byteCount: packet.count) }
    kept.append(bytes)
    clock += 1_000
    core.batch.beginPacket(sequenced(bytes), clock: clock)
    core.batch.append(message: UnsafeRawPointer(bytes + 8), length: packet.count - 8, channel: UInt8(channel))
    core.batch.endPacket()
    core.flush()
    packetIndex += 1
  }

  private func sequenced(_ bytes: UnsafeMutableRawPointer) -> SequencedPacket {
    var packet = SequencedPacket(blocks: UnsafeRawPointer(bytes))
    packet.packetIndex = packetIndex
    return packet
  }

  func control(_ kind: Delivery.Kind, channel: Int, _ state: BookState = .ok) {
    let nothing = UnsafeMutableRawPointer.allocate(byteCount: 8, alignment: 1)
    kept.append(nothing)
    core.batch.append(
      kind, channel: UInt8(channel), detail: state.rawValue, packet: sequenced(nothing), clock: clock)
    core.flush()
  }

  /// The numbers of a channel begin anew at 0.
  func restart(channel: Int) {
    control(.sessionRestart, channel: channel)
    control(.channelState, channel: channel, .ok)
    sequences[channel] = 0
  }

  deinit { for bytes in kept { bytes.deallocate() } }

  // MARK: - Out

  func id(_ symbol: String) -> InstrumentID {
    let directory = core.books.venues[0].directory
    for index in 0..<directory.pointee.count where directory.pointee.records[index].symbol.description == symbol {
      return InstrumentID(venue: 0, index: index)
    }
    return .none
  }

  func state(_ symbol: String) -> BookState { core.books.state(of: id(symbol)) }

  func scale(_ symbol: String) -> InstrumentScale { core.books.venues[0].directory.pointee.scales[id(symbol).index] }

  func record(_ symbol: String) -> InstrumentRecord {
    core.books.venues[0].directory.pointee.records[id(symbol).index]
  }

  /// "price amount", both × 10^8, best first.
  func levels(_ symbol: String, _ side: Side) -> [String] {
    let scale = scale(symbol)
    var levels: [String] = []
    core.books.forEachLevel(of: id(symbol), side: side) { price, quantity in
      levels.append("\(scale.scale.raw(stored: price)) \(scale.quantity.raw(stored: quantity))")
      return true
    }
    return levels
  }

  func counted(_ counter: Counter) -> UInt64 { core.books.counters[counter] }

  func messages(_ template: Int) -> UInt64 {
    core.messagesByType[256 * Int(FeedProtocol.deribit.rawValue) + template - 1_000]
  }
}
