import FeedCore

@testable import FeedIO

/// Frames written out by hand from RFC 3376 section 4 and RFC 2236 section 2. The host is 10.1.2.3 at
/// 02:fc:00:00:00:01, the querier 10.1.2.1; groups are 233.54.12.111 from everyone and 232.1.2.3 from 192.0.2.7.
enum IGMPFrames {
  static let joinOne = bytes(
    """
    01 00 5e 00 00 16 02 fc 00 00 00 01 08 00
    46 c0 00 28 00 00 40 00 01 02 f7 f5 0a 01 02 03 e0 00 00 16 94 04 00 00
    22 00 e4 58 00 00 00 01 04 00 00 00 e9 36 0c 6f 00 00 00 00 00 00
    """)
  static let joinBoth = bytes(
    """
    01 00 5e 00 00 16 02 fc 00 00 00 01 08 00
    46 c0 00 34 00 00 40 00 01 02 f7 e9 0a 01 02 03 e0 00 00 16 94 04 00 00
    22 00 33 4a 00 00 00 02 04 00 00 00 e9 36 0c 6f 05 00 00 01 e8 01 02 03 c0 00 02 07
    """)
  static let leaveBoth = bytes(
    """
    01 00 5e 00 00 16 02 fc 00 00 00 01 08 00
    46 c0 00 34 00 00 40 00 01 02 f7 e9 0a 01 02 03 e0 00 00 16 94 04 00 00
    22 00 33 4a 00 00 00 02 03 00 00 00 e9 36 0c 6f 06 00 00 01 e8 01 02 03 c0 00 02 07
    """)
  /// Answer to a query of everything.
  static let currentBoth = bytes(
    """
    01 00 5e 00 00 16 02 fc 00 00 00 01 08 00
    46 c0 00 34 00 00 40 00 01 02 f7 e9 0a 01 02 03 e0 00 00 16 94 04 00 00
    22 00 39 4a 00 00 00 02 02 00 00 00 e9 36 0c 6f 01 00 00 01 e8 01 02 03 c0 00 02 07
    """)
  /// Answer to a query of 233.54.12.111.
  static let currentOne = bytes(
    """
    01 00 5e 00 00 16 02 fc 00 00 00 01 08 00
    46 c0 00 28 00 00 40 00 01 02 f7 f5 0a 01 02 03 e0 00 00 16 94 04 00 00
    22 00 e6 58 00 00 00 01 02 00 00 00 e9 36 0c 6f 00 00 00 00 00 00
    """)
  /// Answer to a query of 233.54.12.111 from 192.0.2.9 and 192.0.2.10.
  static let currentSources = bytes(
    """
    01 00 5e 00 00 16 02 fc 00 00 00 01 08 00
    46 c0 00 30 00 00 40 00 01 02 f7 ed 0a 01 02 03 e0 00 00 16 94 04 00 00
    22 00 63 42 00 00 00 01 01 00 00 02 e9 36 0c 6f c0 00 02 09 c0 00 02 0a
    """)
  static let version2Report = bytes(
    """
    01 00 5e 36 0c 6f 02 fc 00 00 00 01 08 00
    46 c0 00 20 00 00 40 00 01 02 e2 6e 0a 01 02 03 e9 36 0c 6f 94 04 00 00
    16 00 f4 59 e9 36 0c 6f 00 00 00 00 00 00 00 00 00 00 00 00 00 00
    """)
  static let version2Leave = bytes(
    """
    01 00 5e 00 00 02 02 fc 00 00 00 01 08 00
    46 c0 00 20 00 00 40 00 01 02 f8 11 0a 01 02 03 e0 00 00 02 94 04 00 00
    17 00 f3 59 e9 36 0c 6f 00 00 00 00 00 00 00 00 00 00 00 00 00 00
    """)
  static let version1Report = bytes(
    """
    01 00 5e 36 0c 6f 02 fc 00 00 00 01 08 00
    46 c0 00 20 00 00 40 00 01 02 e2 6e 0a 01 02 03 e9 36 0c 6f 94 04 00 00
    12 00 f8 59 e9 36 0c 6f 00 00 00 00 00 00 00 00 00 00 00 00 00 00
    """)
  /// VLAN 10.
  static let taggedJoin = bytes(
    """
    01 00 5e 00 00 16 02 fc 00 00 00 01 81 00 00 0a 08 00
    46 c0 00 28 00 00 40 00 01 02 f7 f5 0a 01 02 03 e0 00 00 16 94 04 00 00
    22 00 e4 58 00 00 00 01 04 00 00 00 e9 36 0c 6f 00 00
    """)

  // Queries. Max Resp Code 100 is 10 s, 10 is 1 s.
  static let query3 = bytes(
    """
    01 00 5e 00 00 01 02 fc 00 00 00 fe 08 00
    46 c0 00 24 00 00 40 00 01 02 f8 10 0a 01 02 01 e0 00 00 01 94 04 00 00
    11 64 ec 1e 00 00 00 00 02 7d 00 00 00 00 00 00 00 00 00 00 00 00
    """)
  static let query3Group = bytes(
    """
    01 00 5e 36 0c 6f 02 fc 00 00 00 fe 08 00
    46 c0 00 24 00 00 40 00 01 02 e2 6c 0a 01 02 01 e9 36 0c 6f 94 04 00 00
    11 0a f6 d2 e9 36 0c 6f 02 7d 00 00 00 00 00 00 00 00 00 00 00 00
    """)
  static let query3Sources = bytes(
    """
    01 00 5e 36 0c 6f 02 fc 00 00 00 fe 08 00
    46 c0 00 2c 00 00 40 00 01 02 e2 64 0a 01 02 01 e9 36 0c 6f 94 04 00 00
    11 0a 72 bc e9 36 0c 6f 02 7d 00 02 c0 00 02 09 c0 00 02 0a 00 00
    """)
  static let query2 = bytes(
    """
    01 00 5e 00 00 01 02 fc 00 00 00 fe 08 00
    46 c0 00 20 00 00 40 00 01 02 f8 14 0a 01 02 01 e0 00 00 01 94 04 00 00
    11 64 ee 9b 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
    """)
  static let query2Group = bytes(
    """
    01 00 5e 36 0c 6f 02 fc 00 00 00 fe 08 00
    46 c0 00 20 00 00 40 00 01 02 e2 70 0a 01 02 01 e9 36 0c 6f 94 04 00 00
    11 0a f9 4f e9 36 0c 6f 00 00 00 00 00 00 00 00 00 00 00 00 00 00
    """)
  static let query1 = bytes(
    """
    01 00 5e 00 00 01 02 fc 00 00 00 fe 08 00
    46 c0 00 20 00 00 40 00 01 02 f8 14 0a 01 02 01 e0 00 00 01 94 04 00 00
    11 00 ee ff 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
    """)
  /// 10.1.2.4's report of 233.54.12.111.
  static let othersReport = bytes(
    """
    01 00 5e 36 0c 6f 02 fc 00 00 00 01 08 00
    46 c0 00 20 00 00 40 00 01 02 e2 6d 0a 01 02 04 e9 36 0c 6f 94 04 00 00
    16 00 f4 59 e9 36 0c 6f 00 00 00 00 00 00 00 00 00 00 00 00 00 00
    """)

  private static func bytes(_ text: String) -> [UInt8] {
    text.split(whereSeparator: \.isWhitespace).map { UInt8($0, radix: 16)! }
  }
}

/// A host with a clock of its own: events go in, frames come out with the time they left.
struct HostRun {
  struct Sent: Equatable {
    var nanoseconds: UInt64
    var frame: [UInt8]
  }

  static let second: UInt64 = 1_000_000_000

  var host: MembershipHost
  var now: UInt64 = 0
  var sent: [Sent] = []

  init(
    _ groups: [MulticastGroup], seed: UInt64 = 1, change: (inout MembershipSettings) -> Void = { _ in }
  ) throws {
    var settings = MembershipSettings(mac: [0x02, 0xFC, 0, 0, 0, 1], seed: seed)
    settings.address = IPAddress("10.1.2.3")!
    change(&settings)
    host = try MembershipHost(settings, groups: groups)
  }

  static func one() throws -> [MulticastGroup] { [try MulticastGroup(IPAddress("233.54.12.111")!)] }
  static func both() throws -> [MulticastGroup] {
    try one() + [MulticastGroup(IPAddress("232.1.2.3")!, sources: [IPAddress("192.0.2.7")!])]
  }

  mutating func join() {
    host.join(at: now)
    collect()
  }

  mutating func leave() {
    host.leave(at: now)
    collect()
  }

  mutating func hear(_ frame: [UInt8]) {
    let time = now
    frame.withUnsafeBytes { host.receive($0, at: time) }
    collect()
  }

  /// Lets time pass, from one due frame to the next.
  mutating func pass(_ nanoseconds: UInt64) {
    let end = now + nanoseconds
    while let due = host.nextDue, due <= end {
      now = max(now, due)
      collect()
    }
    now = end
    collect()
  }

  /// What left since the last call.
  mutating func take() -> [Sent] {
    defer { sent = [] }
    return sent
  }

  private mutating func collect() { sent += host.frames(until: now).map { Sent(nanoseconds: now, frame: $0) } }
}
