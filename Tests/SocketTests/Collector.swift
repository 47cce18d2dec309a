import FeedCore
import Foundation
import Glibc
import Testing

@testable import FeedIO

/// A packet copied out of a queue, and what the frame parser made of it.
struct Received: Equatable {
  var frame: [UInt8]
  var wireLength: Int
  var captureNanoseconds: UInt64
  var recordIndex: UInt64
  /// Empty where the parser found no payload.
  var payload: [UInt8] = []
  var destination = ""
  var source = ""
  var verdict = ""

  init(_ packet: Packet) {
    frame = Array(UnsafeRawBufferPointer(start: packet.bytes, count: Int(packet.capturedLength)))
    wireLength = Int(packet.wireLength)
    captureNanoseconds = packet.captureNanoseconds
    recordIndex = packet.recordIndex
    switch FrameParser().parse(packet) {
    case .payload(let view):
      payload = Array(UnsafeRawBufferPointer(start: view.payload, count: view.payloadLength))
      destination = FlowKey(view, fileIndex: 0).description
      source = FlowKey(
        destination: view.source, destinationPort: view.sourcePort, fileIndex: 0).description
      verdict = view.isCut ? "cut" : "whole"
    case .discarded(let reason): verdict = "\(reason)"
    }
  }
}

/// Polls a queue on the calling thread.
final class Collector {
  let queue: any LiveQueue
  let burst: UnsafeMutableBufferPointer<Packet>
  private(set) var packets: [Received] = []

  init(_ queue: any LiveQueue, burst: Int = 64) {
    self.queue = queue
    self.burst = .allocate(capacity: burst)
  }

  deinit {
    queue.close()
    burst.deallocate()
  }

  /// One poll; what it brought is copied.
  @discardableResult
  func poll() -> Int {
    let count = queue.receive(into: burst)
    for packet in burst[..<count] {
      if let last = packets.last {
        #expect(packet.captureNanoseconds >= last.captureNanoseconds, "the clock went back")
      }
      #expect(packet.recordIndex == UInt64(packets.count))
      #expect(packet.wireLength >= packet.capturedLength)
      packets.append(Received(packet))
    }
    return count
  }

  /// Polls until there are `count` packets in all. Gives up, and fails, when they do not come in half a minute: a
  /// limit for what has failed already.
  @discardableResult
  func collect(_ count: Int, location: SourceLocation = #_sourceLocation) -> [Received] {
    let end = Date(timeIntervalSinceNow: 30)
    while packets.count < count, Date() < end { if poll() == 0 { sched_yield() } }
    #expect(packets.count >= count, "\(packets.count) of \(count) packets came", sourceLocation: location)
    return packets
  }

  /// Sends until a packet has come, and returns it: the kernel drops what is sent before it has noticed at both ends
  /// that a link is up again. More of the same may follow.
  func collect(sending send: () -> Void) -> Received? {
    let before = packets.count
    let hasCome = poll {
      send()
      return packets.count > before
    }
    return hasCome ? packets[before] : nil
  }

  /// Polls until `isDone`, for half a minute at most; says whether it was.
  func poll(until isDone: () -> Bool) -> Bool {
    let end = Date(timeIntervalSinceNow: 30)
    while !isDone() {
      if Date() >= end { return false }
      if poll() == 0 { sched_yield() }
    }
    return true
  }
}

/// Payload number `number`, told apart from every other, of `length` bytes at least 8.
func payload(_ number: Int, length: Int = 40) -> [UInt8] {
  (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
    + (8..<max(8, length)).map { UInt8(truncatingIfNeeded: number &* 31 &+ $0) }
}

/// The number of such a payload.
func number(of payload: [UInt8]) -> Int { payload.prefix(8).reduce(0) { $0 << 8 | Int($1) } }

/// SplitMix64, so that a failing run can be repeated: FEEDH_TEST_SEED.
struct SocketTestRandom: RandomNumberGenerator {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  static func seed() -> UInt64 {
    ProcessInfo.processInfo.environment["FEEDH_TEST_SEED"].flatMap(UInt64.init) ?? .random(in: 1...1_000_000)
  }
}
