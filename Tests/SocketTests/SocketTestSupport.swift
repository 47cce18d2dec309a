import CSocket
import FeedCore
import Glibc
import Testing

@testable import FeedIO

extension LiveSubscription {
  static func test(_ address: String, _ port: UInt16) -> LiveSubscription {
    LiveSubscription(address: IPAddress(address)!, port: port)
  }
}

func unixNanoseconds() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_REALTIME, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

func macAddress(_ interface: String) throws -> [UInt8] {
  var link = feedh_link()
  try #require(feedh_link_find(interface, &link) == 0)
  return withUnsafeBytes(of: link.address) { Array($0) }
}

/// Polls bursts of one to three packets and looks, after each further burst, whether the bytes of the last
/// `LiveSource.retainedBursts` are still what they were. Senders fill the queue as it is emptied, so that buffers and
/// blocks are used anew many times.
func expectRetention(
  _ queue: any LiveQueue, _ sender: DatagramSender, _ group: String, _ port: UInt16,
  location: SourceLocation = #_sourceLocation
) throws {
  let burst = UnsafeMutableBufferPointer<Packet>.allocate(capacity: 3)
  defer { burst.deallocate() }
  var kept: [[(packet: Packet, bytes: [UInt8])]] = []
  var sent = 0
  var bursts = 0
  var changed = 0
  var empty = 0
  while bursts < 2_000, empty < 20_000_000 {
    if sent < 5_000, empty > 0 || bursts == 0 {
      for _ in 0..<50 {
        try sender.send(payload(sent, length: 100 + sent % 900), to: group, port)
        sent += 1
      }
    }
    let count = queue.receive(into: UnsafeMutableBufferPointer(rebasing: burst[..<(1 + bursts % 3)]))
    if count == 0 {
      empty += 1
      sched_yield()
      continue
    }
    empty = 0
    bursts += 1
    for (packet, bytes) in kept.joined() {
      if !bytes.elementsEqual(UnsafeRawBufferPointer(start: packet.bytes, count: bytes.count)) { changed += 1 }
    }
    kept.append(
      burst[..<count].map { ($0, Array(UnsafeRawBufferPointer(start: $0.bytes, count: Int($0.capturedLength)))) })
    // During the burst after the last promised one its bytes may be anything.
    if kept.count > LiveSource.retainedBursts { kept.removeFirst() }
  }
  #expect(bursts == 2_000, "\(sent) sent", sourceLocation: location)
  #expect(changed == 0, sourceLocation: location)
}

/// Runs `body` on this thread without the rights of root, which it gets back.
func withoutCapabilities<Value>(_ body: () throws -> Value) throws -> Value {
  typealias Call = @convention(c) (UnsafeMutablePointer<UInt32>, UnsafeMutablePointer<UInt32>) -> Int32
  let get = unsafeBitCast(try #require(dlsym(nil, "capget")), to: Call.self)
  let set = unsafeBitCast(try #require(dlsym(nil, "capset")), to: Call.self)
  // linux/capability.h: version 3 and this thread; effective, permitted, inheritable, twice.
  var header: [UInt32] = [0x2008_0522, 0]
  var before = [UInt32](repeating: 0, count: 6)
  try #require(get(&header, &before) == 0)
  var none = before
  none[0] = 0
  none[3] = 0
  try #require(set(&header, &none) == 0)
  defer { precondition(set(&header, &before) == 0, "the thread has its rights again") }
  return try body()
}
