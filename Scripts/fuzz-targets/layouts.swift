// Any bytes as messages of every protocol that layouts describe, and as datagrams of every feed: judging, reading,
// writing and printing touch nothing outside a message, and agree with one another.
//
// First byte: which protocol, or, from 200 on, which feed with or without its name; the rest is the message or payload.
@testable import FeedCore
@testable import FeedObserve

private let descriptions = LayoutCatalogue.all.map(\.description)
nonisolated(unsafe) private let columns = RowFormat.allCases.map { format in
  descriptions.map { description -> any RowFormatter in
    switch format {
    case .ndjson: NDJSONRows([description])
    case .csv: CSVRows([description], namesFiles: false)
    case .table: TableRows([description], namesFiles: false)
    }
  }
}
private let feeds = DecodeProtocol.allCases

/// A copy that ends where the message does, so that the address sanitizer sees a read beyond it.
private func withCopy(_ bytes: ArraySlice<UInt8>, _ body: (UnsafeRawBufferPointer) -> Void) {
  let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
  defer { copy.deallocate() }
  copy.copyBytes(from: bytes)
  body(UnsafeRawBufferPointer(copy))
}

func fuzzLayouts(_ input: UnsafeRawBufferPointer) {
  guard input.count >= 2 else { return }
  let input = Array(input)
  if input[0] < 200 {
    let index = Int(input[0]) % descriptions.count
    withCopy(input[1...]) { readMessage($0, index) }
  } else {
    decodeDatagrams(input[1...], choice: input[0] & 1 == 0 ? nil : feeds[Int(input[0] / 2) % feeds.count])
  }
}

private func readMessage(_ message: UnsafeRawBufferPointer, _ index: Int) {
  let description = descriptions[index]
  let judgement = description.judge(message)
  precondition(judgement.verdict == description.verdict(of: message))
  _ = description.typeText(of: message)
  guard let reader = description.read(message) else {
    precondition(!judgement.verdict.isReadable)
    return
  }
  precondition(judgement.verdict.isReadable && judgement.layoutIndex >= 0)
  _ = description.appendageIsConsistent(in: message, layoutIndex: judgement.layoutIndex)
  let values = reader.values()
  for (name, _) in values { _ = reader.value(name) }
  let named = Dictionary(values.map { ($0.name, $0.value) }) { first, _ in first }
  if let written = try? description.writer(of: reader.layout).encode(named) {
    let verdict = written.withUnsafeBytes { description.verdict(of: $0) }
    precondition(verdict.isReadable, "\(description.name) \(reader.layout.name) is written \(verdict)")
  }
  let decoded = DecodedMessage(
    protocolIndex: 0, layoutIndex: judgement.layoutIndex, bytes: message, packetIndex: 1, sequenceNumber: .max)
  for formatters in columns {
    // Small, so that room has to be made: debug builds check each byte against it.
    var buffer = RowBuffer(capacity: 64)
    formatters[index].append(decoded, to: &buffer)
    precondition(buffer.bytes.last == UInt8(ascii: "\n"))
    precondition(buffer.bytes.allSatisfy { $0 >= 0x20 && $0 < 0x7F || $0 == 0x0A })
  }
}

/// Each datagram behind its length (2 bytes, the high bit for one that was cut).
private func decodeDatagrams(_ input: ArraySlice<UInt8>, choice: DecodeProtocol?) {
  var selection = DecodeSelection()
  selection.format = .ndjson
  selection.protocol = choice
  selection.symbol = Symbol("AAPL")
  guard var decoder = try? CaptureDecoder(selection) else { return }
  decoder.beginFile(named: "fuzz")
  var rest = input
  var packets: UInt64 = 0
  while rest.count > 2 {
    let head = Array(rest.prefix(2))
    rest = rest.dropFirst(2)
    let length = min(max(1, Int(head[0] & 0x7F) << 8 | Int(head[1])), rest.count)
    withCopy(rest.prefix(length)) { payload in
      decoder.decode(
        TransportView(
          payload: payload.baseAddress!, payloadLength: length,
          declaredPayloadLength: length + (head[0] & 0x80 == 0 ? 0 : 7), destinationHigh: 0, destinationLow: 0,
          sourceHigh: 0, sourceLow: 0, destinationPort: 1, sourcePort: 2, tcpSequenceNumber: 0, tcpFlags: 0,
          transport: .udp), at: 0)
    }
    packets += 1
    rest = rest.dropFirst(length)
  }
  precondition(decoder.tally.packets == packets && decoder.tally.rows <= decoder.tally.messages)
}
