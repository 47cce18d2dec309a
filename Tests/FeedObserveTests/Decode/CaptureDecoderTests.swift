import Testing

@testable import FeedCore
@testable import FeedObserve

/// A MoldUDP64 packet of session "SESSION001".
private func mold(_ sequence: UInt64, _ messages: [[UInt8]], count: UInt16? = nil) -> [UInt8] {
  var bytes = Array("SESSION001".utf8)
  for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: sequence >> UInt64(shift))) }
  let count = count ?? UInt16(messages.count)
  bytes += [UInt8(count >> 8), UInt8(count & 0xFF)]
  for message in messages { bytes += [UInt8(message.count >> 8), UInt8(message.count & 0xFF)] + message }
  return bytes
}

private func soup(_ type: Character, _ payload: [UInt8]) -> [UInt8] {
  let length = payload.count + 1
  return [UInt8(length >> 8), UInt8(length & 0xFF), type.asciiValue!] + payload
}

private func message(_ type: Unicode.Scalar, length: Int, locate: UInt16 = 1, stock: String? = nil, at: Int = 11)
  -> [UInt8]
{
  var bytes = [UInt8](repeating: 0, count: length)
  bytes[0] = UInt8(ascii: type)
  if length > 2 { (bytes[1], bytes[2]) = (UInt8(locate >> 8), UInt8(locate & 0xFF)) }
  if let stock { bytes.replaceSubrange(at..<(at + 8), with: Symbol(stock)!.bytes) }
  return bytes
}

extension Symbol {
  fileprivate var bytes: [UInt8] {
    stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: packed >> UInt64($0)) }
  }
}

/// What was printed: "packet sequence type" of each row, and the counters.
private struct Run {
  var rows: [String]
  var tally: DecodeTally
}

private struct Payload {
  var transport: TransportView.Transport
  var bytes: [UInt8]
  var port: UInt16 = 26_477
  var cutBy = 0
  /// TCP: of the first byte; nil continues the stream.
  var sequenceNumber: UInt32?
}

private func udp(_ bytes: [UInt8], port: UInt16 = 26_477, cutBy: Int = 0) -> Payload {
  Payload(transport: .udp, bytes: bytes, port: port, cutBy: cutBy)
}

private func tcp(_ bytes: [UInt8], at sequenceNumber: UInt32? = nil) -> Payload {
  Payload(transport: .tcp, bytes: bytes, sequenceNumber: sequenceNumber)
}

/// `"packet":3,"sequence":7,"protocol":"itch50","type":"A"` → "3 7 A".
private func summaries(_ bytes: UnsafeRawBufferPointer) -> [String] {
  String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { line in
    func value(_ key: String) -> Substring {
      guard let start = line.firstRange(of: "\"\(key)\":")?.upperBound else { return "-" }
      return line[start...].prefix { $0 != "," }
    }
    return "\(value("packet")) \(value("sequence")) " + value("type").filter { $0 != "\"" }
  }
}

extension StringProtocol {
  fileprivate func firstRange(of other: String) -> Range<Index>? {
    var start = startIndex
    while start != endIndex {
      if self[start...].hasPrefix(other) { return start..<index(start, offsetBy: other.count) }
      start = index(after: start)
    }
    return nil
  }
}

private func decode(_ payloads: [Payload], _ change: (inout DecodeSelection) -> Void = { _ in }) throws -> Run {
  var selection = DecodeSelection()
  selection.format = .ndjson
  change(&selection)
  var decoder = try CaptureDecoder(selection)
  decoder.beginFile(named: "test.pcap")
  var next: UInt32 = 1
  for payload in payloads {
    let sequenceNumber = payload.sequenceNumber ?? next
    if payload.transport == .tcp { next = sequenceNumber &+ UInt32(payload.bytes.count) }
    payload.bytes.withUnsafeBytes { bytes in
      decoder.decode(
        TransportView(
          payload: bytes.baseAddress!, payloadLength: bytes.count, declaredPayloadLength: bytes.count + payload.cutBy,
          destinationHigh: 0, destinationLow: 0, sourceHigh: 0, sourceLow: 0, destinationPort: payload.port,
          sourcePort: 9, tcpSequenceNumber: sequenceNumber, tcpFlags: 0, transport: payload.transport), at: 0)
    }
  }
  decoder.finishFile()
  return Run(rows: summaries(decoder.output.bytes), tally: decoder.tally)
}

@Suite struct CaptureDecoderTests {
  private let delete = message("D", length: 19)
  private let status = message("S", length: 12)

  @Test func everyMessageOfEveryPacketAppearsAsCaptured() throws {
    // Out of order, twice, number 0: nothing is arbitrated.
    let last = UInt64.max - 2
    let run = try decode([
      udp(mold(9, [delete, status])), udp(mold(0, [delete])), udp(mold(9, [delete, status])),
      udp(mold(last, [delete, status])),
    ])
    #expect(run.rows == [
      "0 9 D", "0 10 S", "1 0 D", "2 9 D", "2 10 S", "3 \(last) D", "3 \(last + 1) S",
    ])
    #expect(run.tally.packets == 4)
    #expect(run.tally.faultLines.isEmpty)
    // Numbers that go round contradict the packet.
    let beyond = try decode([udp(mold(9, [delete])), udp(mold(.max, [delete, status]))])
    #expect(beyond.rows == ["0 9 D"])
    #expect(beyond.tally.count(of: .malformed) == 1)
  }

  @Test func heartbeatsAndEndOfSessionCountAsPacketsWithoutRows() throws {
    let run = try decode([udp(mold(5, [])), udp(mold(5, [], count: .max)), udp(mold(5, [status]))])
    #expect(run.rows == ["2 5 S"])
    #expect(run.tally.faultLines.isEmpty)
  }

  @Test func foreignPacketsAreCountedAndKeepTheirIndex() throws {
    let run = try decode([
      udp([1, 2, 3]), udp([UInt8](repeating: 0x55, count: 200), port: 53), tcp(Array("GET / HTTP/1.1\r\n\r\n".utf8)),
      udp(mold(1, [status])),
    ])
    #expect(run.rows == ["3 1 S"])
    #expect(run.tally.count(of: .undecodedPackets) == 3)
    #expect(run.tally.firstPlace(of: .undecodedPackets)?.packetIndex == 0)
  }

  @Test func faultyMessagesAreCountedAndTheOthersPrinted() throws {
    let run = try decode([
      udp(mold(1, [delete, message("D", length: 18), message("z", length: 9), [], message("D", length: 20), status]))
    ])
    #expect(run.rows == ["0 1 D", "0 5 D", "0 6 S"])
    #expect(run.tally.count(of: .malformed) == 1)
    #expect(run.tally.count(of: .unknownTypes) == 1)
    #expect(run.tally.count(of: .emptyMessages) == 1)
    #expect(run.tally.count(of: .longerMessages) == 1)
    #expect(run.tally.faultLines.contains("unknownTypes 1, first in test.pcap, packet 0, offset 63, type \"z\""))
  }

  @Test func blocksThatContradictThePayloadEndThePacket() throws {
    var long = mold(1, [delete, status])
    long.removeLast()
    let trailing = mold(3, [delete]) + [0]
    let run = try decode([udp(mold(1, [status])), udp(long), udp(trailing), udp([1, 2])])
    #expect(run.rows == ["0 1 S", "1 1 D", "2 3 D"])
    #expect(run.tally.count(of: .malformed) == 3)
  }

  @Test func aPacketCutByTheSnapLengthGivesItsWholeMessages() throws {
    let whole = mold(1, [delete, status, delete])
    for kept in 0..<whole.count where kept > 0 {
      let run = try decode([udp(Array(whole[..<kept]), cutBy: whole.count - kept)]) { $0.protocol = .itch50 }
      let messages = kept < 41 ? 0 : kept < 55 ? 1 : 2
      #expect(run.rows.count == messages, "\(kept) bytes kept")
      #expect(run.tally.count(of: .malformed) == 0)
      #expect(run.tally.count(of: .cutPackets) == 1, "\(kept) bytes kept")
    }
  }

  @Test func aDamagedFirstPacketIsStillRecognised() throws {
    let cut = try decode([udp(Array(mold(1, [delete, status]).dropLast(3)), cutBy: 3)])
    #expect(cut.rows == ["0 1 D"])
    let unknown = try decode([udp(mold(1, [message("z", length: 9), status]))])
    #expect(unknown.rows == ["0 2 S"])
    #expect(unknown.tally.count(of: .unknownTypes) == 1)
  }

  // MARK: SoupBinTCP

  @Test func theSoupPacketsTypeGivesTheDirection() throws {
    let cancel: [UInt8] = [UInt8(ascii: "X"), 0, 0, 0, 9, 0, 0, 0, 0]
    let pending: [UInt8] = [UInt8(ascii: "P")] + [UInt8](repeating: 0, count: 12)
    let run = try decode([
      tcp(soup("R", [])), tcp(soup("U", cancel) + soup("R", [])), tcp(soup("H", []) + soup("S", pending)),
    ])
    #expect(run.rows == ["1 null X", "2 null P"])
    #expect(run.tally.faultLines.isEmpty)
  }

  @Test func soupFaultsAreCounted() throws {
    let cancel: [UInt8] = [UInt8(ascii: "X"), 0, 0, 0, 9, 0, 0, 0, 0]
    let run = try decode([
      tcp(soup("U", cancel) + soup("U", [UInt8(ascii: "z")])), tcp(soup("U", Array(cancel.dropLast()))),
      tcp(soup("U", cancel + [0])), tcp([0, 0, 0]), tcp(soup("U", cancel)), tcp(Array(soup("U", cancel).dropLast())),
    ])
    #expect(run.rows == ["0 null X", "2 null X", "4 null X"])
    #expect(run.tally.count(of: .unknownTypes) == 1)
    // The short message, and the packet of length zero.
    #expect(run.tally.count(of: .malformed) == 2)
    #expect(run.tally.count(of: .appendageLengths) == 1)
    #expect(run.tally.count(of: .skippedBytes) == 3)
    #expect(run.tally.count(of: .partialMessages) == 1)
    #expect(run.tally.count(of: .undecodedPackets) == 0)
  }

  @Test func aFileOfSoupPacketsIsDecodedPacketByPacket() throws {
    let cancel: [UInt8] = [UInt8(ascii: "X"), 0, 0, 0, 9, 0, 0, 0, 0]
    let bytes = soup("L", [UInt8](repeating: 0x20, count: 46)) + soup("U", cancel) + soup("U", cancel) + [0, 9]
    var selection = DecodeSelection()
    selection.format = .ndjson
    var decoder = try CaptureDecoder(selection)
    decoder.beginFile(named: "venue.soup")
    bytes.withUnsafeBytes { decoder.decode(soupStream: $0) { (_: inout RowBuffer) in } }
    #expect(summaries(decoder.output.bytes) == ["1 null X", "2 null X"])
    #expect(decoder.tally.packets == 3)
    #expect(decoder.tally.count(of: .partialMessages) == 1)
  }

  /// A length-prefixed ITCH file is no SoupBinTCP stream, though both begin with a 16-bit length.
  @Test func lengthPrefixedITCHIsNotTakenForSoup() throws {
    var bytes: [UInt8] = []
    for layout in ITCH50Layouts.description.layouts {
      bytes += [0, UInt8(layout.length)] + message(Unicode.Scalar(layout.type), length: layout.length)
    }
    let run = try decode([tcp(bytes), tcp(bytes)])
    #expect(run.rows.isEmpty)
    #expect(run.tally.count(of: .undecodedPackets) == 2)
  }

  @Test func lengthPrefixedMessagesAreNumberedFromOne() throws {
    var selection = DecodeSelection()
    selection.format = .ndjson
    var decoder = try CaptureDecoder(selection)
    decoder.beginFile(named: "day.itch")
    for bytes in [status, message("z", length: 5), delete] {
      bytes.withUnsafeBytes { decoder.decode(message: $0) }
    }
    #expect(summaries(decoder.output.bytes) == ["0 1 S", "2 3 D"])
  }

  // MARK: Selection

  @Test func typesAreSelectedAsPrinted() throws {
    let payloads = [udp(mold(1, [delete, status, message("h", length: 21), message("H", length: 25)]))]
    #expect(try decode(payloads) { $0.types = ["h"] }.rows == ["0 3 h"])
    #expect(try decode(payloads) { $0.types = ["D", "H"] }.rows == ["0 1 D", "0 4 H"])
    #expect(throws: DecodeSelectionError.self) { try decode(payloads) { $0.types = ["z"] } }
  }

  @Test func limitStopsAfterThatManyRows() throws {
    let payloads = [udp(mold(1, [delete, status])), udp(mold(3, [delete, status]))]
    #expect(try decode(payloads) { $0.limit = 3 }.rows == ["0 1 D", "0 2 S", "1 3 D"])
    #expect(try decode(payloads) { $0.limit = 0 }.rows.isEmpty)
  }

  @Test func theProtocolAskedForLeavesOthersAlone() throws {
    let payloads = [udp(mold(1, [delete])), tcp(soup("U", [UInt8(ascii: "Q")]))]
    #expect(try decode(payloads).rows == ["0 1 D", "1 null Q"])
    let itch = try decode(payloads) { $0.protocol = .itch50 }
    #expect(itch.rows == ["0 1 D"])
    #expect(itch.tally.count(of: .undecodedPackets) == 1)
    #expect(try decode(payloads) { $0.protocol = .ouch50 }.rows == ["1 null Q"])
  }

  @Test func symbolSelectsItsMessagesByNameAndLocate() throws {
    func add(_ locate: UInt16, _ stock: String) -> [UInt8] {
      message("A", length: 36, locate: locate, stock: stock, at: 24)
    }
    let payloads = [
      udp(mold(1, [message("D", length: 19, locate: 5), add(5, "MSFT"), add(6, "AAPL")])),
      udp(mold(4, [message("D", length: 19, locate: 5), message("X", length: 23, locate: 6), status])),
      // Locate 5 now means another stock.
      udp(mold(7, [add(5, "IBM"), message("D", length: 19, locate: 5)])),
    ]
    #expect(try decode(payloads) { $0.symbol = Symbol("MSFT") }.rows == ["0 2 A", "1 4 D"])
    #expect(
      try decode(payloads) { ($0.symbol, $0.types) = (Symbol("MSFT"), ["D"]) }.rows == ["1 4 D"],
      "a type left out still teaches the locate")
  }

  // MARK: Any bytes

  @Test func randomPayloadsNeverStopTheDecoder() throws {
    let seed = UInt64.random(in: 0 ... .max)
    var state = seed
    func random(_ bound: Int) -> Int {
      state = Mix.spread(state &+ 0x9E37_79B9_7F4A_7C15)
      return Int(state % UInt64(bound))
    }
    let sound = [
      mold(1, [delete, status, message("A", length: 36)]),
      soup("U", [UInt8(ascii: "Q")]) + soup("S", message("E", length: 36)) + soup("H", []),
    ]
    for format in RowFormat.allCases {
      var payloads: [Payload] = []
      for round in 0..<2_000 {
        var bytes = sound[round % 2]
        for _ in 0..<random(4) { bytes[random(bytes.count)] = UInt8(random(256)) }
        bytes = Array(bytes.prefix(1 + random(bytes.count)))
        payloads.append(round % 2 == 0 ? udp(bytes, cutBy: random(2)) : tcp(bytes))
      }
      for choice in [nil] + DecodeProtocol.allCases.map(Optional.some) {
        let run = try decode(payloads) { ($0.format, $0.protocol) = (format, choice) }
        #expect(run.tally.packets == 2_000, "seed \(seed)")
        #expect(run.tally.rows <= run.tally.messages)
      }
    }
  }
}
