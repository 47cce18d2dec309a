// Bytes as packets on their way through a recording's ring into a pcap or pcapng file, and out of it again: the reader
// of captures gives back each packet that found room, with its bytes, time and lengths, and those that found none are
// counted in the packet behind them.
//
// First byte: bit 0 pcapng, bit 1 cut at 60 bytes. Packets: how (1 byte: 0x3F the time that passed, 0x40 cut by the
// capture, 0x80 the consumer takes what waits), length (2 bytes), bytes.
import FeedCore
@testable import FeedIO
import Glibc

nonisolated(unsafe) private let ring = tables { RecordingRing(bytes: 1 << 20) }
nonisolated(unsafe) private let file = UnsafeMutableRawPointer.allocate(byteCount: 4 << 20, alignment: 16)
private let descriptor = temporaryFile()
nonisolated(unsafe) private let burst = UnsafeMutableBufferPointer<Packet>.allocate(capacity: 64)

private struct Kept {
  var bytes: [UInt8]
  var time: UInt64
  var wireLength: UInt32
  var droppedBefore: UInt64
}

func fuzzRecording(_ input: UnsafeRawBufferPointer) {
  guard let first = input.first else { return }
  precondition(descriptor >= 0, "no temporary file")
  restoreTables()
  var script = Script(UnsafeRawBufferPointer(rebasing: input[1...]))
  let isPcapng = first & 1 != 0
  let snapLength = first & 2 == 0 ? 65_535 : 60
  var encoding = CaptureEncoding(file)
  if isPcapng {
    PcapngEncoding.putSection(&encoding, application: "fuzz")
    PcapngEncoding.putInterface(&encoding, name: "q0", linkType: 1, snapLength: snapLength)
  } else {
    PcapEncoding.putHeader(&encoding, snapLength: snapLength, linkType: 1)
  }
  var (producer, consumer) = (RecordingRing.Producer(), RecordingRing.Consumer())
  var written: [Kept] = []
  var (clock, dropped) = (UInt64(1_700_000_000_000_000_000), UInt64(0))
  while !script.isOver, encoding.length < 3 << 20 {
    let how = script.byte()
    let length = script.int() << 8 | script.int()
    // Longer than the script, too: a ring is filled by zeros as well.
    let bytes = script.bytes(length) + [UInt8](repeating: 0, count: how & 0x10 == 0 ? 0 : length)
    clock += UInt64(how & 0x3F) * 1_000_000_007
    let wireLength = UInt32(bytes.count) + (how & 0x40 == 0 ? 0 : 9)
    let stored = min(bytes.count, snapLength)
    let isTaken = withExactCopy(bytes) { copy in
      let packet = Packet(
        bytes: copy.baseAddress!, captureNanoseconds: clock, capturedLength: UInt32(bytes.count),
        wireLength: wireLength, recordIndex: 0, fileIndex: 0, linkType: .ethernet)
      return ring.pointee.push(packet, length: stored, interface: 0, &producer)
    }
    if isTaken {
      written.append(
        Kept(bytes: Array(bytes.prefix(stored)), time: clock, wireLength: wireLength, droppedBefore: dropped))
    }
    dropped = isTaken ? 0 : dropped + 1
    ring.pointee.publish(producer)
    if how & 0x80 != 0 { drain(&consumer, &encoding, isPcapng) }
  }
  drain(&consumer, &encoding, isPcapng)
  precondition(producer.droppedSince == dropped, "\(dropped) packets were dropped last, \(producer.droppedSince) are known")
  if isPcapng {
    PcapngEncoding.putStatistics(
      &encoding,
      PcapngEncoding.Statistics(
        interface: 0, startNanoseconds: 0, endNanoseconds: clock, received: UInt64(written.count),
        droppedBySystem: nil, delivered: UInt64(written.count)))
  }
  check(encoding, written, isPcapng)
}

/// Whether each packet says how many were dropped before it is seen in the ring; a reader of captures does not say.
nonisolated(unsafe) private var drops: [UInt64] = []

private func drain(_ consumer: inout RecordingRing.Consumer, _ encoding: inout CaptureEncoding, _ isPcapng: Bool) {
  while let record = ring.pointee.pop(&consumer) {
    drops.append(record.droppedBefore)
    let before = encoding.length
    if isPcapng {
      PcapngEncoding.putPacket(&encoding, record, interface: 0)
      precondition(encoding.length - before == PcapngEncoding.packetLength(record), "a block of another length")
    } else {
      PcapEncoding.putRecord(&encoding, record)
    }
  }
  ring.pointee.giveBack(consumer)
}

private func check(_ encoding: CaptureEncoding, _ written: [Kept], _ isPcapng: Bool) {
  precondition(drops == written.map(\.droppedBefore), "other packets are said to be lost")
  drops.removeAll(keepingCapacity: true)
  precondition(ftruncate(descriptor, 0) == 0 && pwrite(descriptor, encoding.start, encoding.length, 0) == encoding.length)
  let set: CaptureSet
  do throws(CaptureError) { set = try CaptureSet(paths: ["/proc/self/fd/\(descriptor)"]) } catch {
    preconditionFailure("what was written cannot be read: \(error.description)")
  }
  let source = set.makeSource()
  var read = 0
  while !source.isExhausted {
    let received = source.receive(into: burst)
    for packet in burst[..<received] {
      precondition(read < written.count, "more packets than were written")
      let kept = written[read]
      let bytes = UnsafeRawBufferPointer(start: packet.bytes, count: Int(packet.capturedLength))
      precondition(bytes.elementsEqual(kept.bytes), "packet \(read): other bytes")
      precondition(packet.captureNanoseconds == kept.time, "packet \(read): another time")
      precondition(packet.wireLength == kept.wireLength && packet.linkType == .ethernet, "packet \(read)")
      read += 1
    }
  }
  precondition(read == written.count, "\(read) of \(written.count) packets read")
}

/// Packets of all lengths modulo four, cut and whole, in both formats; more than the ring holds.
func recordingSeeds() -> [[UInt8]] {
  func packet(_ how: UInt8, _ length: Int, _ bytes: [UInt8]) -> [UInt8] {
    [how, UInt8(length >> 8), UInt8(length & 0xFF)] + bytes
  }
  return (0..<4 as Range<UInt8>).flatMap { format -> [[UInt8]] in
    var small = [format]
    var full = [format]
    for index in 0..<8 {
      let how: UInt8 = index & 1 == 0 ? 0x40 : 0x80
      small += packet(how | UInt8(index), 9 * index, [UInt8](repeating: 7, count: 9 * index))
    }
    for _ in 0..<40 { full += packet(0x11, 60_000, []) }
    full += packet(0x81, 3, [1, 2, 3])
    full += packet(1, 0, [])
    return [small, full]
  }
}
