// Bytes as frames that a port hears and as time that passes, for a host that is a member of three groups: whatever is
// said to it, it sends bounded frames with right checksums, and nothing is due that is not done.
//
// First byte: bit 0 the highest version is 2, bit 1 a VLAN tag, bits 2 and 3 robustness. Steps: what (1 byte), tenths
// of a second (1 byte), and for a frame its bytes.
import FeedCore
@testable import FeedIO

private let addresses: [UInt32] = [0xE936_0C6F, 0xE900_0001, 0xE801_0203]

func fuzzMembership(_ input: UnsafeRawBufferPointer) {
  guard let first = input.first else { return }
  var settings = MembershipSettings(mac: [2, 0, 0, 0, 0, 1], seed: UInt64(first))
  settings.address = IPAddress(ipv4: 0x0A00_0007)
  settings.versionMaximum = first & 1 == 0 ? .v3 : .v2
  settings.vlan = first & 2 == 0 ? nil : 7
  settings.robustness = 1 + Int(first >> 2 & 3)
  let groups = addresses.enumerated().map { index, address in
    try! MulticastGroup(IPAddress(ipv4: address), sources: index == 2 ? [IPAddress(ipv4: 0x0A00_0005)] : [])
  }
  var host = try! MembershipHost(settings, groups: groups)
  var script = Script(UnsafeRawBufferPointer(rebasing: input[1...]))
  var now: UInt64 = 1_000_000_000
  var heard = 0
  while !script.isOver {
    let what = script.byte()
    now += UInt64(script.byte()) * (what & 0x80 == 0 ? 100_000_000 : 10_000_000_000)
    switch what & 7 {
    case 0: host.join(at: now)
    case 1: host.leave(at: now)
    case 2: receive(script.bytes(script.int()), &host, now)
    case 3:
      heard += 1
      receive(frame(isReport: true, what, &script), &host, now)
    default:
      heard += 1
      receive(frame(isReport: false, what, &script), &host, now)
    }
    send(&host, now)
  }
  precondition(host.counts.queries <= UInt64(heard) + host.counts.ignored + 8_192, "more queries than frames")
}

private func receive(_ frame: [UInt8], _ host: inout MembershipHost, _ now: UInt64) {
  let (queries, ignored) = (host.counts.queries, host.counts.ignored)
  withExactCopy(frame) { host.receive($0, at: now) }
  precondition(host.counts.queries - queries + host.counts.ignored - ignored <= 1, "a frame counted twice")
}

/// What is due, and the frames it makes: none too long, IPv4 and IGMP with right checksums.
private func send(_ host: inout MembershipHost, _ now: UInt64) {
  let frames = host.frames(until: now)
  precondition(frames.count <= 2 * addresses.count + 4, "\(frames.count) frames at once")
  if let due = host.nextDue { precondition(due > now, "due, and not sent") }
  for frame in frames {
    let start = host.settings.vlan == nil ? 14 : 18
    precondition(frame.count >= 60 && frame.count <= start + host.settings.mtu, "\(frame.count) bytes")
    frame.withUnsafeBytes { bytes in
      let ip = bytes.baseAddress! + start
      precondition(ip.byte(at: 0) == 0x46 && InternetChecksum.isValid(ip, length: 24), "a bad IPv4 header")
      let length = Int(ip.bigEndian(UInt16.self, at: 2)) - 24
      precondition(length >= 8 && start + 24 + length <= frame.count)
      precondition(InternetChecksum.isValid(ip + 24, length: length), "a bad IGMP checksum")
    }
  }
}

/// A query or report with right checksums: which group (1 byte), code (1 byte), sources (1 byte), and what of it is
/// another byte (2 bytes, where bit 6 of `what` is set).
private func frame(isReport: Bool, _ what: UInt8, _ script: inout Script) -> [UInt8] {
  let choice = script.int()
  let group = choice & 3 == 3 ? 0 : addresses[choice & 3]
  let code = script.byte()
  var message: [UInt8] = [isReport ? (choice & 4 == 0 ? 0x16 : 0x12) : 0x11, isReport ? 0 : code, 0, 0] + big(group)
  if !isReport, choice & 8 != 0 {
    let sources = script.int() & 7
    message += [2, script.byte()] + big(UInt16(sources)) + (0..<sources).flatMap { big(0x0A00_0004 + UInt32($0)) }
  }
  message = checksummed(message, at: 2)
  let destination = isReport || group != 0 ? group : 0xE000_0001
  var header: [UInt8] = [0x45, 0] + big(UInt16(20 + message.count)) + [0, 0, 0, 0, 1, 2, 0, 0]
  header = checksummed(header + big(0x0A00_0001 as UInt32) + big(destination), at: 10)
  var frame: [UInt8] = [1, 0, 0x5E, 0, 0, 1, 2, 0, 0, 0, 0, 9] + (choice & 0x10 == 0 ? [] : [0x81, 0, 0, 7]) + [8, 0]
  frame += header + message
  if what & 0x40 != 0 {
    let place = script.int() % frame.count
    frame[place] = script.byte()
  }
  return frame
}

private func checksummed(_ bytes: [UInt8], at offset: Int) -> [UInt8] {
  var bytes = bytes
  let sum = bytes.withUnsafeBytes { InternetChecksum.checksum($0.baseAddress!, length: $0.count) }
  bytes[offset] = UInt8(sum >> 8)
  bytes[offset + 1] = UInt8(sum & 0xFF)
  return bytes
}

/// Joining, each query of each version, a report of another host, leaving.
func membershipSeeds() -> [[UInt8]] {
  let join: [UInt8] = [0, 1, 7, 20, 3, 0]
  let general: [[UInt8]] = [[4, 5, 3, 0], [4, 5, 3, 100], [4, 5, 3 | 8, 100, 0, 125]]
  let specific: [[UInt8]] = [[4, 5, 0, 100], [4, 5, 2 | 8, 10, 2, 125, 4, 200, 0x1B, 0]]
  let report: [UInt8] = [3, 1, 0]
  let leave: [UInt8] = [1, 1, 4, 20, 3, 0]
  return [0, 1, 2, 0x0C].map { [$0] + join + (general + specific).flatMap { $0 + report + [4, 100, 3, 1] } + leave }
    + [[0, 0, 1, 2, 1, 5, 1, 2, 3, 4, 5]]
}
