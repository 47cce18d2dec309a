// Any bytes as the packets of snapshot groups, and as the single messages by which recovery is told how far it got:
// what a reader points at lies in its packet, and an instrument's snapshot begins before it ends.
//
// First byte: which reader. Then packets: length (2 bytes), bytes.
@testable import FeedCore

func fuzzRecoveryReaders(_ input: UnsafeRawBufferPointer) {
  guard let first = input.first else { return }
  var script = Script(UnsafeRawBufferPointer(rebasing: input[1...]))
  var follower = SnapshotFollower()
  var cme = CMESnapshotReader()
  var deribit = DeribitSnapshotReader()
  var nyse = NYSERefreshReader()
  let joined = [FeedProtocol.cmeMDP3, .nyseIntegrated, .coinbaseDerivatives, .eobi][Int(first & 3)]
  var reader = SnapshotReader(joined)
  while !script.isOver {
    withExactCopy(script.bytes(script.int() << 8 | script.int())) { packet in
      switch first % 8 {
      case 0: cme.read(packet) { follower.take($0, in: packet) }
      case 1: deribit.read(packet) { follower.take($0, in: packet) }
      case 2: nyse.read(packet) { follower.take($0, in: packet) }
      case 3: readSingle(packet)
      default:
        var steps = 0
        reader.begin(packet)
        while let step = reader.next(in: packet) {
          steps += 1
          // A message of four bytes at least, and what its packet ends, each with what it aborts.
          precondition(steps <= packet.count / 2 + 4, "\(steps) steps of \(packet.count) bytes")
          follower.take(step, in: packet)
        }
      }
    }
  }
}

/// Which snapshot is under way.
private struct SnapshotFollower {
  private var open: UInt64?
  private var sum: UInt8 = 0

  private mutating func began(_ instrument: UInt64) {
    precondition(open == nil, "\(instrument) begins while \(open!) is under way")
    open = instrument
  }

  private mutating func ended(_ instrument: UInt64) {
    precondition(open == instrument, "\(instrument) ends that did not begin")
    open = nil
  }

  private mutating func touch(_ offset: Int, _ length: Int, _ packet: UnsafeRawBufferPointer) {
    precondition(offset >= 0 && length > 0 && offset + length <= packet.count, "a message beyond its packet")
    sum ^= packet[offset] ^ packet[offset + length - 1]
  }

  mutating func take(_ event: CMESnapshotReader.Event, in packet: UnsafeRawBufferPointer) {
    switch event {
    case .round, .malformed: break
    case .began(let id, _): began(UInt64(UInt32(bitPattern: id)))
    case .message(let offset, let length):
      precondition(open != nil, "a message of no instrument")
      touch(offset, length, packet)
    case .other(let offset, let length): touch(offset, length, packet)
    case .ended(let id), .aborted(let id): ended(UInt64(UInt32(bitPattern: id)))
    }
  }

  mutating func take(_ event: DeribitSnapshotReader.Event, in packet: UnsafeRawBufferPointer) {
    switch event {
    case .cycleBegan, .cycleEnded: precondition(open == nil, "a cycle turns in the middle of a book")
    case .malformed: break
    case .began(let id, _): began(UInt64(id))
    case .book(let offset, let length):
      precondition(open != nil, "a book of no instrument")
      touch(offset, length, packet)
    case .other(let offset, let length): touch(offset, length, packet)
    case .ended(let id), .aborted(let id): ended(UInt64(id))
    }
  }

  mutating func take(_ step: SnapshotReader.Step, in packet: UnsafeRawBufferPointer) {
    switch step.kind {
    case .message, .definition: touch(step.offset, step.length, packet)
    case .began, .ended, .aborted, .malformed: break
    }
  }

  mutating func take(_ event: NYSERefreshReader.Event, in packet: UnsafeRawBufferPointer) {
    switch event {
    case .malformed: break
    case .began(let id, _): began(UInt64(id))
    case .message(let offset, let length): touch(offset, length, packet)
    case .ended(let id), .aborted(let id): ended(UInt64(id))
    }
  }
}

private func readSingle(_ message: UnsafeRawBufferPointer) {
  switch GlimpseSnapshot.classify(message) {
  case .end: precondition(message.count >= GlimpseSnapshot.endLength)
  case .content, .malformed: break
  }
  if MEMXRecovery.snapshotThrough(message) != nil { precondition(message.count >= 8) }
  // What ends before it begins is empty, and nothing of it is missing.
  if let range = NYSERecovery.unavailable(message), range.end < range.first { precondition(range.isEmpty && range.count == 0) }
  if let length = message.baseAddress.flatMap({ DeribitPacket.messageLength($0, length: message.count) }) {
    precondition(length <= message.count && length == DeribitSnapshotReader.messageLength(message))
  }
}

/// Snapshots of two instruments on each group.
func recoveryReaderSeeds() -> [[UInt8]] {
  func little(_ value: Int, _ size: Int) -> [UInt8] { (0..<size).map { UInt8(value >> ($0 * 8) & 0xFF) } }
  func packets(_ reader: UInt8, _ packets: [[UInt8]]) -> [UInt8] {
    [reader] + packets.flatMap { [UInt8($0.count >> 8), UInt8($0.count & 0xFF)] + $0 }
  }
  func cme(_ number: Int, _ template: Int, _ root: [UInt8]) -> [UInt8] {
    let head = little(root.count + 10, 2) + little(root.count, 2) + little(template, 2) + little(1, 2) + little(9, 2)
    return little(number, 4) + little(1_000, 8) + head + root
  }
  func chunk(_ current: Int) -> [UInt8] {
    little(77, 4) + little(2, 4) + little(501, 4) + little(2, 4) + little(current, 4)
  }
  func deribit(_ number: Int, _ template: Int, _ root: [UInt8]) -> [UInt8] {
    let head = little(root.count, 2) + little(template, 2) + little(1, 2) + little(2, 2) + little(0, 4)
    return little(head.count + root.count, 2) + little(9, 2) + little(number, 4) + head + root
  }
  func book(_ isLast: UInt8) -> [UInt8] {
    little(7, 4) + little(1_700_000, 8) + little(99, 8) + [0, isLast, 0, 0]
  }
  func nyse(_ number: Int, _ messages: [[UInt8]], flag: UInt8) -> [UInt8] {
    let body = messages.flatMap { $0 }
    return little(body.count + 16, 2) + [flag, UInt8(messages.count)] + little(number, 4) + little(100, 8) + body
  }
  func coinbase(_ messages: [[UInt8]]) -> [UInt8] {
    little(1_000, 8) + little(5, 8) + little(1, 2) + [2, UInt8(messages.count)] + little(77, 4) + messages.flatMap { $0 }
  }
  func eobi(_ templates: [Int]) -> [UInt8] {
    let head = little(32, 2) + little(13_002, 2) + [UInt8](repeating: 255, count: 4) + [UInt8](repeating: 0, count: 24)
    return head + templates.enumerated().flatMap { little(16, 2) + little($1, 2) + little($0 + 1, 4) + little(9, 8) }
  }
  // snapshotSeqNum 0, through 9, an order announced at 112.
  let book110 = little(116, 2) + little(106, 2) + little(110, 2) + little(1, 2) + little(2, 2) + little(0, 2)
    + little(9, 4) + [UInt8](repeating: 0, count: 96) + little(1, 4)
  let header = little(16, 2) + little(35, 2) + little(1, 2) + little(1, 2) + little(55, 4) + little(0, 4)
  let mapping = little(16, 2) + little(3, 2) + little(9, 4) + [UInt8](repeating: 65, count: 8)
  return [
    packets(0, [cme(1, 52, chunk(1)), cme(2, 53, chunk(1)), cme(3, 53, chunk(2))]),
    packets(1, [deribit(0, 1_005, [0]), deribit(1, 1_004, book(0)), deribit(2, 1_004, book(1)), deribit(3, 1_006, [0])]),
    packets(2, [nyse(1, [header, mapping], flag: 18), nyse(2, [mapping], flag: 20)]),
    packets(3, [[0x47] + Array("                 267".utf8), header + mapping]),
    packets(4, [cme(1, 52, chunk(1)), cme(2, 53, chunk(1)), cme(3, 53, chunk(2))]),
    packets(5, [nyse(1, [header, mapping], flag: 18), nyse(2, [mapping], flag: 20)]),
    packets(6, [coinbase([book110, [12, 0, 2, 0, 120, 0, 1, 0, 2, 0, 1, 0], [12, 0, 2, 0, 122, 0, 1, 0, 2, 0, 2, 0]])]),
    packets(7, [eobi([13_600, 13_601, 13_602]), eobi([13_602])]),
  ]
}
