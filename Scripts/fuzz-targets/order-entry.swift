// Any bytes as the segments of a TCP stream, and any bytes as messages of order entry: a reassembler's events stay
// within its limits and lose no byte unnamed; framing, parts and layouts of BOE, OUCH 4.2 and SoupBinTCP read nothing
// outside a message, and what adds up is written again as it was read; both directions of a connection decode to rows.
//
// First byte: which of the three, modulo 3.
@testable import FeedCore
@testable import FeedObserve

func fuzzOrderEntry(_ input: UnsafeRawBufferPointer) {
  guard input.count >= 1 else { return }
  let bytes = Array(input)
  switch bytes[0] % 3 {
  case 0: reassemble(bytes[1...])
  case 1: decode(Array(bytes[1...]))
  default: decodeConnection(UnsafeRawBufferPointer(rebasing: input[1...]))
  }
}

private let choices: [DecodeProtocol?] = [nil, .ouch50, .ouch42, .boe2, .soupBinTCP, .itch50]

/// Segments of both directions through the decoder of captures. First byte: what to decode; then of each segment:
/// 0x80 from the server, 0x40 a number out of order, 0x20 cut, 0x07 flags; its length (1 byte), its payload.
private func decodeConnection(_ input: UnsafeRawBufferPointer) {
  var script = Script(input)
  var selection = DecodeSelection()
  selection.format = .ndjson
  selection.protocol = choices[script.int() % choices.count]
  guard var decoder = try? CaptureDecoder(selection) else { return }
  decoder.beginFile(named: "fuzz")
  var numbers: [UInt32] = [1_000, 0xFFFF_FF80]
  var packets: UInt64 = 0
  while !script.isOver {
    let how = script.byte()
    let side = Int(how >> 7)
    let count = script.int()
    let shift = how & 0x40 == 0 ? 0 : UInt32(bitPattern: Int32(Int8(bitPattern: script.byte())))
    let payload = script.bytes(count)
    withExactCopy(payload) { bytes in
      decoder.decode(
        TCPSegment(
          payload: bytes, declaredPayloadLength: bytes.count + (how & 0x20 == 0 ? 0 : 5),
          sequenceNumber: numbers[side] &+ shift, flags: how & 7, source: IPAddress(ipv4: UInt32(side)),
          destination: IPAddress(ipv4: UInt32(1 - side)), sourcePort: UInt16(side), destinationPort: UInt16(1 - side)),
        at: packets)
    }
    numbers[side] &+= UInt32(payload.count)
    if !payload.isEmpty || how & 0x20 != 0 { packets += 1 }
  }
  decoder.finishFile()
  precondition(decoder.tally.rows <= decoder.tally.messages)
}

/// Each segment: distance of its number (2 bytes), flags and length (1), bytes cut off (1); its payload follows.
private func reassemble(_ input: ArraySlice<UInt8>) {
  var limits = TCPReassembler.Limits()
  limits.heldLengthMaximum = 200
  limits.heldPieceCountMaximum = 6
  limits.historyLength = 64
  limits.backwardLengthMaximum = 20_000
  var reassembler = TCPReassembler(limits: limits)
  var rest = input
  var number: UInt32 = 0xFFFF_FF00
  var index: UInt64 = 0
  var (holes, holeLength): (UInt64, UInt64) = (0, 0)
  func drain() {
    while let event = reassembler.nextEvent() {
      switch event {
      case .bytes(let bytes, let packet): precondition(!bytes.isEmpty && packet < index)
      case .hole(let length):
        precondition(length > 0)
        (holes, holeLength) = (holes + 1, holeLength &+ length)
      case .start, .end: break
      }
    }
    precondition(reassembler.heldLength <= limits.heldLengthMaximum)
    precondition(reassembler.held.count <= limits.heldPieceCountMaximum)
    precondition(reassembler.history.count <= 2 * limits.historyLength)
  }
  while rest.count >= 4 {
    let head = Array(rest.prefix(4))
    rest = rest.dropFirst(4)
    let length = min(Int(head[2] >> 3), rest.count)
    let payload = Array(rest.prefix(length))
    rest = rest.dropFirst(length)
    number &+= UInt32(bitPattern: Int32(Int16(bitPattern: UInt16(head[0]) << 8 | UInt16(head[1])) >> 4))
    index += 1
    payload.withUnsafeBytes { bytes in
      reassembler.take(
        TCPSegment(
          payload: bytes, declaredPayloadLength: length + Int(head[3] & 3), sequenceNumber: number,
          flags: head[2] & 7, source: IPAddress(ipv4: 1), destination: IPAddress(ipv4: 2), sourcePort: 1,
          destinationPort: 2),
        packetIndex: index - 1, at: index &* UInt64(head[3]))
    }
    drain()
    number &+= UInt32(length)
  }
  reassembler.takeEnd()
  drain()
  precondition(reassembler.held.isEmpty && reassembler.heldLength == 0, "the end leaves nothing behind")
  precondition(holes == reassembler.counters.holes && holeLength == reassembler.counters.holeLength)
}

private let descriptions = [
  BOE2Layouts.description, SoupBinTCPLayouts.description, OUCH42Layouts.inbound, OUCH42Layouts.outbound,
]

private func decode(_ bytes: [UInt8]) {
  for search in [SoupBinTCPStream.search, BOE2Stream.search, SoupBinTCPStream.examine, BOE2Stream.examine] {
    // A copy that ends where the message does, so that the address sanitizer sees a read beyond it.
    if case .whole(let length) = bytes.withUnsafeBytes({ search($0) }) {
      precondition(length > 0 && length <= bytes.count)
      Array(bytes[..<length]).withUnsafeBytes { read($0) }
    }
  }
  bytes.withUnsafeBytes { read($0) }
}

private func read(_ message: UnsafeRawBufferPointer) {
  for description in descriptions {
    guard let reader = description.read(message) else { continue }
    let values = reader.values()
    guard !reader.layout.parts.isEmpty, PartWalk.addsUp(message, reader.layout, description.byteOrder) else { continue }
    let named = Dictionary(values.map { ($0.name, $0.value) }) { $1 }
    // A bit may be set twice for one name only where two bitfields have it: none does.
    precondition(named.count == values.count, "two values of one name")
    guard let written = try? description.writer(of: reader.layout).encode(named) else {
      preconditionFailure("\(reader.layout.name) was read and cannot be written")
    }
    precondition(written == Array(message), "\(reader.layout.name) is written otherwise than it was read")
  }
}
