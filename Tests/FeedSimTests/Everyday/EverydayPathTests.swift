import FeedSim
import Foundation
import Testing

@testable import FeedCore

/// The everyday path of `Ingest` is a short cut and nothing else: the same packets behind a VLAN tag, which it does not
/// take, give the same deliveries, in the same order, with the same counters.
@Suite struct EverydayPathTests {
  /// What a delivery says, with the place of its bytes in the packet's payload.
  private struct Handed: Equatable {
    var kind: UInt8
    var bytes: [UInt8]
    var offset: UInt32
    var packetIndex: UInt64
    var captureNanoseconds: UInt64
    var channel: UInt8
    var endsPacket: Bool
    var detail: UInt8
  }

  private struct Collector: DeliverySink {
    var batch = DeliveryBatch()
    var handed: [Handed] = []

    mutating func flush() {
      for index in 0..<batch.count {
        let delivery = batch.deliveries[index]
        let packet = batch.packets[Int(delivery.packet)]
        let isMessage = delivery.kind == .message
        handed.append(
          Handed(
            kind: delivery.kind.rawValue,
            bytes: isMessage
              ? Array(UnsafeRawBufferPointer(start: delivery.bytes, count: Int(delivery.length))) : [],
            offset: isMessage ? packet.occurrence(of: delivery.bytes).offset : 0, packetIndex: packet.packetIndex,
            captureNanoseconds: packet.captureNanoseconds, channel: delivery.channel,
            endsPacket: delivery.endsPacket, detail: delivery.detail))
      }
      batch.clear()
    }
  }

  /// The ingest of a capture's own plan, behind its first packets.
  private func ingest(of capture: FrameCapture, behind count: Int, into sink: inout Collector) throws -> Ingest {
    let settings = Settings()
    let plan = try FlowDiscovery.plan(
      settings: settings, fileNames: ["plain"], makeSource: { FrameCapture.Source(packets: capture.packets) })
    var ingest = Ingest(plan: plan, settings: settings, fileCount: 1)
    for packet in capture.packets.prefix(count) { ingest.process(packet, into: &sink) }
    return ingest
  }

  private func run(_ capture: FrameCapture) throws -> (handed: [Handed], ingest: Ingest) {
    var sink = Collector()
    var ingest = try ingest(of: capture, behind: capture.packets.count, into: &sink)
    ingest.finish(into: &sink)
    sink.flush()
    return (sink.handed, ingest)
  }

  @Test(arguments: FeedProtocol.allCases)
  func taggedPacketsGiveTheSameDeliveries(feedProtocol: FeedProtocol) throws {
    let seed = ProcessInfo.processInfo.environment["FEEDH_TEST_SEED"].flatMap { UInt64($0) } ?? 41
    var random = SplitMix(seed)
    let plain = try PlainFrames(feedProtocol, changes: 1_500, seed: seed)
    plain.impair(&random)
    let (everyday, general) = (FrameCapture(plain.frames), FrameCapture(plain.tagged()))
    let (short, long) = (try run(everyday), try run(general))
    #expect(short.handed.count > 250, "seed \(seed)")
    #expect(short.handed == long.handed, "seed \(seed)")
    for counter in Counter.allCases {
      #expect(short.ingest.counters[counter] == long.ingest.counters[counter], "\(counter), seed \(seed)")
    }
    #expect(short.ingest.nextDue == long.ingest.nextDue, "seed \(seed)")
  }

  /// That the short cut is taken at all: asked alone, it takes the packets of a flow that it knows.
  @Test(arguments: FeedProtocol.allCases.filter { $0 != .itch50 })
  func packetsInOrderTakeTheShortCut(feedProtocol: FeedProtocol) throws {
    let plain = try PlainFrames(feedProtocol, changes: 400, seed: 5)
    let capture = FrameCapture(plain.frames)
    var sink = Collector()
    // The first packets begin the session, and show the flow.
    var ingest = try ingest(of: capture, behind: 2, into: &sink)
    var taken = 0
    for packet in capture.packets.dropFirst(2) where ingest.takesShortCut(packet, into: &sink) { taken += 1 }
    #expect(taken == capture.packets.count - 2)
    // Each again is a late copy, which is none of its business.
    for packet in capture.packets { #expect(!ingest.takesShortCut(packet, into: &sink)) }
  }

  /// The next number, sent before the numbers began anew, is of the session before: none of the short cut's business.
  @Test(arguments: [FeedProtocol.nyseIntegrated, .deepPlus, .cmeMDP3])
  func packetsSentBeforeTheNumbersBeganAnewTakeTheLongWay(feedProtocol: FeedProtocol) throws {
    let plain = try PlainFrames(feedProtocol, changes: 400, seed: 7)
    let capture = FrameCapture(plain.frames)
    var sink = Collector()
    var ingest = try ingest(of: capture, behind: 2, into: &sink)
    ingest.arbiters[0].staleBefore = .max
    #expect(!ingest.takesShortCut(capture.packets[2], into: &sink))
    ingest.process(capture.packets[2], into: &sink)
    sink.flush()
    #expect(ingest.counters[.staleSessionPackets] == 1 && sink.handed.allSatisfy { $0.packetIndex < 2 })
    ingest.arbiters[0].staleBefore = 0
    #expect(ingest.takesShortCut(capture.packets[2], into: &sink))
  }

  /// One flow of two streams in turns (PITCH units): each has its channel, and none leaves the short cut.
  @Test func streamsOfOneFlowTakeTurnsOnTheShortCut() throws {
    let plain = try PlainFrames(.pitch, changes: 400, seed: 6)
    var frames: [PlainFrames.Frame] = []
    for frame in plain.frames {
      frames.append(frame)
      // The same packet of unit 2: byte 3 of the Sequenced Unit Header.
      var other = frame
      other.bytes[45] = 2
      frames.append(other)
    }
    let capture = FrameCapture(frames)
    var sink = Collector()
    var ingest = try ingest(of: capture, behind: 4, into: &sink)
    var taken = 0
    for packet in capture.packets.dropFirst(4) where ingest.takesShortCut(packet, into: &sink) { taken += 1 }
    #expect(taken == capture.packets.count - 4)
    sink.flush()
    let messages = sink.handed.filter { $0.kind == Delivery.Kind.message.rawValue }
    #expect(Set(messages.map(\.channel)) == [0, 1])
    #expect(messages.filter { $0.channel == 0 }.map(\.bytes) == messages.filter { $0.channel == 1 }.map(\.bytes))
  }
}

extension Ingest {
  /// The short cut alone, of a packet as a value.
  fileprivate mutating func takesShortCut(_ packet: Packet, into sink: inout some DeliverySink) -> Bool {
    var packet = packet
    return withUnsafeMutablePointer(to: &packet) { takeEverydayOther($0, into: &sink) }
  }
}
