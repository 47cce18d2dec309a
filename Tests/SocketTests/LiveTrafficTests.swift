import FeedIO
import FeedSim
import Foundation
import Glibc
import Testing

@testable import FeedCore

/// Generated market data through both queues into the pipeline, and the rate that the project promises.
@Suite(.serialized, .enabled(if: TestNetwork.isPossible, TestNetwork.reason))
struct LiveTrafficTests {
  enum Kind: String, CaseIterable, Sendable { case socket, ring }

  /// Frames in memory until the test ends.
  struct FrameSource: PacketSource {
    final class Memory: @unchecked Sendable {
      var packets: [Packet] = []

      func append(_ frame: some Collection<UInt8>, at nanoseconds: UInt64) {
        let bytes = UnsafeMutableRawPointer.allocate(byteCount: frame.count + 8, alignment: 64)
        bytes.copyMemory(from: Array(frame), byteCount: frame.count)
        packets.append(
          Packet(
            bytes: UnsafeRawPointer(bytes), captureNanoseconds: nanoseconds, capturedLength: UInt32(frame.count),
            wireLength: UInt32(frame.count), recordIndex: UInt64(packets.count), fileIndex: 0, linkType: .ethernet))
      }

      deinit { for packet in packets { packet.bytes.deallocate() } }
    }

    let memory: Memory
    private var position = 0
    init(_ memory: Memory) { self.memory = memory }
    var isExhausted: Bool { position == memory.packets.count }

    mutating func receive(into burst: UnsafeMutableBufferPointer<Packet>) -> Int {
      let count = min(burst.count, memory.packets.count - position)
      for index in 0..<count { burst[index] = memory.packets[position + index] }
      position += count
      return count
    }
  }

  private static func summary(_ memory: FrameSource.Memory) throws -> ReplaySummary {
    var settings = Settings()
    settings.capacity.liveOrders = 40_000
    settings.capacity.instruments = 1_024
    settings.capacity.priceLevels = 60_000
    settings.capacity.records = 100_000
    settings.capacity.openOrders = 256
    // No CPU of this number: threads run where the system puts them.
    settings.threads.cpus = [1_000]
    let plan = try FlowDiscovery.plan(settings: settings, fileNames: ["live"], makeSource: { FrameSource(memory) })
    let replay = Replay(plan: plan, settings: settings, fileCount: 1) { FrameSource(memory) }
    replay.run()
    return replay.summary()
  }

  static func queue(
    _ kind: Kind, _ interface: String, _ subscriptions: [LiveSubscription], bufferBytes: Int = 33_554_432
  ) throws -> any LiveQueue {
    switch kind {
    case .socket:
      var options = UDPSocketOptions()
      options.receiveBufferBytes = bufferBytes
      return try UDPSocketQueue(name: "t", interface: interface, subscriptions: subscriptions, options: options)
    case .ring:
      var options = PacketRingOptions()
      options.bufferBytes = bufferBytes
      return try PacketRingQueue(name: "t", interface: interface, subscriptions: subscriptions, options: options)
    }
  }

  @Test(arguments: Kind.allCases) func booksAreThoseOfTheCapture(kind: Kind) throws {
    var options = GeneratorOptions()
    options.symbolCount = 30
    options.messageCount = 20_000
    let sink = MemorySink()
    _ = try TrafficGenerator.run(options, into: sink)
    let capture = FrameSource.Memory()
    for frame in sink.frames { capture.append(frame.bytes, at: frame.captureNanoseconds) }
    let expected = try Self.summary(capture)
    #expect(expected.bookDigest != 0 && expected.messages > 10_000)

    let received = FrameSource.Memory()
    let sent = try sink.frames.map { frame in
      try #require(Received(frame: frame))
    }
    let flows = Set(sent.map(\.destination))
    let network = try TestNetwork()
    defer { network.leave() }
    // Generated traffic is Nasdaq's: 36 bytes of headers at least, one venue and line a group and port.
    let subscriptions = Set(sink.frames.map { frame in
      LiveSubscription(
        address: IPAddress(ipv4: frame.bytes[30..<34].reduce(0) { $0 << 8 | UInt32($1) }),
        port: frame.bytes[36..<38].reduce(0) { $0 << 8 | UInt16($1) })
    })
    #expect(flows.count == subscriptions.count && flows.count >= 4)
    let collector = Collector(try Self.queue(kind, "lo", Array(subscriptions)))
    let sender = try DatagramSender("lo")
    for (index, frame) in sink.frames.enumerated() {
      let address = frame.bytes[30..<34].map(String.init).joined(separator: ".")
      try sender.send(Array(frame.payload), to: address, frame.bytes[36..<38].reduce(0) { $0 << 8 | UInt16($1) })
      if index % 64 == 63 { while collector.poll() > 0 {} }
    }
    let packets = collector.collect(sink.frames.count)
    #expect(collector.queue.figures().drops == 0)
    // Every datagram, in order within its flow; from the socket with the true source.
    for flow in flows {
      let came = packets.filter { $0.destination == flow }.map(\.payload)
      #expect(came == sent.filter { $0.destination == flow }.map(\.payload), "\(flow)")
    }
    #expect(Set(packets.map(\.source)) == ["127.0.0.1:\(sender.port)"])
    for packet in packets { received.append(packet.frame, at: packet.captureNanoseconds) }
    let summary = try Self.summary(received)
    #expect(summary.bookDigest == expected.bookDigest)
    #expect(summary.messages == expected.messages)
    #expect(WireCounter.allCases.allSatisfy { !$0.isFault || summary.wire[$0] == 0 })
  }

  /// Two seconds of 100,000 packets each, polled in this process; ten by the commands are `LiveRateTests`.
  @Test(arguments: Kind.allCases) func nothingIsLostAtAHundredThousandPacketsASecond(kind: Kind) throws {
    let total = 200_000
    let network = try TestNetwork()
    defer { network.leave() }
    let groups = (0..<4).map { LiveSubscription.test("239.1.5.\($0)", 26_400) }
    let queue = try Self.queue(kind, "right", groups, bufferBytes: 268_435_456)
    defer { queue.close() }
    let frames = (0..<4).map { group in
      var frame = TestFrame(group: "239.1.5.\(group)", port: 26_400, payload: payload(0, length: 120)).bytes
      // No checksum: the payload is going to change.
      frame.replaceSubrange(40..<42, with: [0, 0])
      return frame
    }
    let pacer = PacedSender(try FrameSender("left"), frames: frames, count: total, perSecond: 100_000)
    pacer.start()
    let burst = UnsafeMutableBufferPointer<Packet>.allocate(capacity: 64)
    defer { burst.deallocate() }
    // Of each group the number that comes next.
    var next = [0, 1, 2, 3]
    var came = 0
    var outOfOrder = 0
    var clock: UInt64 = 0
    var lastCame = Date()
    while came < total {
      let count = queue.receive(into: burst)
      for packet in burst[..<count] {
        let group = Int(packet.bytes.load(fromByteOffset: 33, as: UInt8.self))
        let number = Int(UInt64(bigEndian: packet.bytes.loadUnaligned(fromByteOffset: 42, as: UInt64.self)))
        if number != next[group] || packet.captureNanoseconds < clock { outOfOrder += 1 }
        next[group] = number + 4
        clock = packet.captureNanoseconds
      }
      came += count
      if count > 0 {
        lastCame = Date()
      } else {
        // A limit for what has failed already.
        if lastCame.timeIntervalSinceNow < -30 { break }
        sched_yield()
      }
    }
    pacer.wait()
    let figures = queue.figures()
    print("\(kind): \(came) of \(pacer.sent) packets at \(pacer.rate)/s, dropped \(figures.drops)")
    #expect(pacer.sent == total && came == total && outOfOrder == 0)
    #expect(figures.drops == 0 && figures.packets == UInt64(total) && queue.failure == nil)
  }
}

extension Received {
  /// What a sent frame is to look like on arrival.
  fileprivate init?(frame: MemorySink.Frame) {
    let made = frame.bytes.withUnsafeBytes {
      Received(
        Packet(
          bytes: $0.baseAddress!, captureNanoseconds: frame.captureNanoseconds, capturedLength: UInt32($0.count),
          wireLength: UInt32($0.count), recordIndex: 0, fileIndex: 0, linkType: .ethernet))
    }
    guard made.verdict == "whole" else { return nil }
    self = made
  }
}

/// Sends numbered frames at a rate from a thread of its own: as many as are due, each millisecond or so.
final class PacedSender: @unchecked Sendable {
  private let sender: FrameSender
  private let frames: [[UInt8]]
  private let count: Int
  private let perSecond: Int
  private let done = DispatchSemaphore(value: 0)
  /// After `wait`.
  private(set) var sent = 0
  private(set) var rate = 0

  init(_ sender: FrameSender, frames: [[UInt8]], count: Int, perSecond: Int) {
    self.sender = sender
    self.frames = frames
    self.count = count
    self.perSecond = perSecond
  }

  func wait() { done.wait() }

  func start() { Thread { [self] in run() }.start() }

  private func run() {
    let began = unixNanoseconds()
    let buffers = frames.map { frame in
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: frame.count, alignment: 8)
      buffer.copyBytes(from: frame)
      return buffer
    }
    defer { for buffer in buffers { buffer.deallocate() } }
    var number = 0
    while number < count {
      let due = min(count, Int((unixNanoseconds() &- began) / 1_000 * UInt64(perSecond) / 1_000_000))
      if number >= due { sched_yield() }
      while number < due {
        let buffer = buffers[number % buffers.count]
        buffer.storeBytes(of: UInt64(number).bigEndian, toByteOffset: 42, as: UInt64.self)
        if sender.send(UnsafeRawBufferPointer(buffer)) { sent += 1 }
        number += 1
      }
    }
    rate = Int(UInt64(count) * 1_000_000_000 / max(1, unixNanoseconds() &- began))
    done.signal()
  }
}
