import Testing

@testable import FeedCore
@testable import FeedObserve

/// A capture of TCP segments made by hand, and what `feedh decode` makes of it.
struct TCPCapture {
  struct Segment {
    var isFromVenue: Bool
    var sequenceNumber: UInt32
    var bytes: [UInt8]
    var flags = TransportView.tcpACK
    var cutBy = 0
    var port: UInt16 = 50_000
  }

  var segments: [Segment] = []

  mutating func add(
    _ bytes: [UInt8], at sequenceNumber: UInt32, fromVenue: Bool = false, flags: UInt8 = TransportView.tcpACK,
    cutBy: Int = 0, port: UInt16 = 50_000
  ) {
    segments.append(
      Segment(
        isFromVenue: fromVenue, sequenceNumber: sequenceNumber, bytes: bytes, flags: flags, cutBy: cutBy, port: port))
  }

  static func soup(_ type: Character, _ payload: [UInt8] = []) -> [UInt8] {
    [UInt8((payload.count + 1) >> 8), UInt8((payload.count + 1) & 0xFF), type.asciiValue!] + payload
  }

  /// OUCH 5.0 Cancel Order Request.
  static func cancel(_ number: UInt8) -> [UInt8] { soup("U", [UInt8(ascii: "X"), 0, 0, 0, number, 0, 0, 0, 0]) }

  /// OUCH 5.0 Cancel Pending.
  static func pending(_ number: UInt8) -> [UInt8] {
    soup("S", [UInt8(ascii: "P")] + [UInt8](repeating: 0, count: 8) + [0, 0, 0, number])
  }

  /// BOE 2 Cancel Order without optional fields.
  static func boeCancel(_ number: UInt8) -> [UInt8] {
    [0xBA, 0xBA, 29, 0, 0x39, 0, number, 0, 0, 0] + Array("ORDER".utf8) + [UInt8](repeating: 0, count: 16)
  }

  static func boeHeartbeat(fromVenue: Bool) -> [UInt8] { [0xBA, 0xBA, 8, 0, fromVenue ? 9 : 3, 0, 0, 0, 0, 0] }

  func decode(_ change: (inout DecodeSelection) -> Void = { _ in }) throws -> (text: String, tally: DecodeTally) {
    var selection = DecodeSelection()
    selection.format = .ndjson
    change(&selection)
    var decoder = try CaptureDecoder(selection)
    decoder.beginFile(named: "t.pcap")
    for (index, segment) in segments.enumerated() {
      segment.bytes.withUnsafeBytes { bytes in
        var view = TCPSegment(
          payload: bytes, declaredPayloadLength: bytes.count + segment.cutBy, sequenceNumber: segment.sequenceNumber,
          flags: segment.flags, source: IPAddress(ipv4: 0x0A00_0001), destination: IPAddress(ipv4: 0x0A00_0002),
          sourcePort: segment.port, destinationPort: 9_000)
        if segment.isFromVenue {
          swap(&view.source, &view.destination)
          swap(&view.sourcePort, &view.destinationPort)
        }
        decoder.decode(view, at: UInt64(index))
      }
    }
    decoder.finishFile()
    return (String(decoding: decoder.output.bytes, as: UTF8.self), decoder.tally)
  }

  /// "packet protocol type number" of each row; the number is OUCH's UserRefNum or BOE's sequence.
  func rows(_ change: (inout DecodeSelection) -> Void = { _ in }) throws -> [String] {
    try decode(change).text.split(separator: "\n").map { line in
      func value(_ key: String) -> String? {
        let parts = line.split(separator: "\"\(key)\":", maxSplits: 1)
        return parts.count < 2 ? nil : parts[1].prefix { $0 != "," && $0 != "}" }.filter { $0 != "\"" }
      }
      return [value("packet"), value("protocol"), value("type"), value("userRefNum") ?? value("sequence")]
        .compactMap { $0 }.joined(separator: " ")
    }
  }
}

private typealias C = TCPCapture

@Suite struct TCPDecodeTests {
  @Test func aMessageOverTwoSegmentsIsPrintedOnceItIsWhole() throws {
    var capture = C()
    let bytes = C.cancel(1) + C.cancel(2)
    capture.add(Array(bytes[..<15]), at: 100)
    capture.add(Array(bytes[15...]), at: 115)
    #expect(try capture.rows() == ["0 ouch50-in X 1", "1 ouch50-in X 2"])
    #expect(try capture.decode().tally.faultLines.isEmpty)
  }

  @Test func aMessageCutIntoSingleBytesIsTheSame() throws {
    for bytes in [C.cancel(1) + C.cancel(2), C.boeCancel(1) + C.boeCancel(2)] {
      var capture = C()
      for (index, byte) in bytes.enumerated() { capture.add([byte], at: 100 &+ UInt32(index)) }
      let (text, tally) = try capture.decode()
      #expect(text.split(separator: "\n").count == 2)
      #expect(tally.faultLines.isEmpty)
    }
  }

  @Test func retransmissionsAreNotPrintedTwiceAndDisorderIsPutRight() throws {
    var capture = C()
    capture.add([], at: 99, flags: TransportView.tcpSYN)
    capture.add(C.cancel(1), at: 100)
    capture.add(C.cancel(3), at: 124)
    capture.add(C.cancel(1), at: 100)
    capture.add(C.cancel(2), at: 112)
    #expect(try capture.rows() == ["0 ouch50-in X 1", "3 ouch50-in X 2", "1 ouch50-in X 3"])
    #expect(try capture.decode().tally.faultLines.isEmpty)
  }

  @Test func bothDirectionsAreToldByTheirPackets() throws {
    var capture = C()
    capture.add(C.soup("R"), at: 100)
    capture.add(C.soup("H"), at: 500, fromVenue: true)
    capture.add(C.cancel(1), at: 103)
    capture.add(C.pending(1), at: 503, fromVenue: true)
    capture.add(C.boeHeartbeat(fromVenue: false), at: 7, port: 50_001)
    capture.add(C.boeHeartbeat(fromVenue: true), at: 9, fromVenue: true, port: 50_001)
    #expect(try capture.rows() == [
      "2 ouch50-in X 1", "3 ouch50-out P 1", "4 cboe-boe 0x03 0", "5 cboe-boe 0x09 0",
    ])
    let named = try capture.decode { $0.namesFlows = true }.text.split(separator: "\n")
    #expect(named[0].hasPrefix("{\"flow\":\"10.0.0.1:50000>10.0.0.2:9000\",\"direction\":\"client\",\"packet\":2,"))
    #expect(named[1].hasPrefix("{\"flow\":\"10.0.0.2:9000>10.0.0.1:50000\",\"direction\":\"server\",\"packet\":3,"))
    #expect(named[3].hasPrefix("{\"flow\":\"10.0.0.2:9000>10.0.0.1:50001\",\"direction\":\"server\","))
    let table = try capture.decode { ($0.namesFlows, $0.format) = (true, .table) }.text.split(separator: "\n")
    #expect(table[0].hasPrefix("flow direction ") && table[1].hasPrefix("10.0.0.1:50000>10.0.0.2:9000 client "))
    let csv = try capture.decode { ($0.namesFlows, $0.format) = (true, .csv) }.text.split(separator: "\n")
    #expect(csv[0].hasPrefix("flow,direction,packet,") && csv[1].hasPrefix("10.0.0.1:50000>10.0.0.2:9000,client,2,"))
  }

  // MARK: Boundaries

  @Test func aStartInTheMiddleOfAMessageFindsTheNextOne() throws {
    for bytes in [C.cancel(1) + C.cancel(2) + C.cancel(3), C.boeCancel(1) + C.boeCancel(2) + C.boeCancel(3)] {
      let length = bytes.count / 3
      for dropped in 1..<length {
        var capture = C()
        capture.add(Array(bytes[dropped...]), at: 4_000_000_000)
        let (text, tally) = try capture.decode()
        #expect(text.split(separator: "\n").count == 2, "\(dropped)")
        #expect(tally.count(of: .skippedBytes) == UInt64(length - dropped))
      }
    }
  }

  @Test func aHoleIsNamedAndTheNextBoundaryFound() throws {
    for message in [C.cancel, C.boeCancel] as [(UInt8) -> [UInt8]] {
      let bytes = (1...9).flatMap { message($0) }
      let length = message(1).count
      for start in stride(from: 2 * length, to: 4 * length, by: 1) {
        var capture = C()
        // Lost: from `start` on, five bytes.
        capture.add(Array(bytes[..<start]), at: 100)
        capture.add(Array(bytes[(start + 5)...]), at: 100 + UInt32(start + 5))
        let (text, tally) = try capture.decode()
        // Whole messages before and behind the hole.
        let expected = start / length + 9 - (start + 5 + length - 1) / length
        #expect(text.split(separator: "\n").count == expected, "hole at \(start)")
        #expect(tally.count(of: .tcpHoles) == 1)
        #expect(tally.count(of: .partialMessages) == (start % length == 0 ? 0 : 1))
        let skipped = ((start + 5 + length - 1) / length) * length - (start + 5)
        #expect(tally.count(of: .skippedBytes) == UInt64(skipped), "hole at \(start)")
        #expect(tally.count(of: .malformed) == 0)
      }
    }
  }

  @Test func whatTheSnapLengthCutIsAHole() throws {
    var capture = C()
    capture.add(Array((C.cancel(1) + C.cancel(2)).dropLast(4)), at: 100, cutBy: 4)
    capture.add(C.cancel(3), at: 124)
    #expect(try capture.rows() == ["0 ouch50-in X 1", "1 ouch50-in X 3"])
    let tally = try capture.decode().tally
    #expect(tally.count(of: .tcpHoles) == 1 && tally.count(of: .partialMessages) == 1)
  }

  @Test func aDamagedHeaderIsCountedAndTheNextBoundaryFound() throws {
    var capture = C()
    capture.add(C.cancel(1) + [0, 0, 7, 7] + C.cancel(2) + C.cancel(3), at: 100)
    #expect(try capture.rows() == ["0 ouch50-in X 1", "0 ouch50-in X 2", "0 ouch50-in X 3"])
    let tally = try capture.decode().tally
    #expect(tally.count(of: .malformed) == 1 && tally.count(of: .skippedBytes) == 4)
    #expect(tally.firstPlace(of: .malformed)?.offset == 12)
  }

  @Test func otherBytesInARetransmissionAreCountedAndTheFirstPrinted() throws {
    var capture = C()
    capture.add(C.cancel(1), at: 100)
    capture.add(C.cancel(9), at: 100)
    #expect(try capture.rows() == ["0 ouch50-in X 1"])
    let tally = try capture.decode().tally
    #expect(tally.count(of: .tcpConflictingBytes) == 1)
    #expect(tally.firstPlace(of: .tcpConflictingBytes)?.packetIndex == 1)
  }

  @Test func portsUsedAgainAreAnotherConnection() throws {
    var capture = C()
    capture.add([], at: 99, flags: TransportView.tcpSYN)
    capture.add(C.cancel(1) + C.cancel(2).prefix(3), at: 100)
    capture.add([], at: 4_000, flags: TransportView.tcpSYN)
    capture.add(C.boeCancel(7), at: 4_001)
    #expect(try capture.rows() == ["0 ouch50-in X 1", "1 cboe-boe 0x39 7"])
    #expect(try capture.decode().tally.count(of: .partialMessages) == 1)
  }

  @Test func foreignStreamsAreCountedByPacketsAndGiveNoRows() throws {
    var capture = C()
    capture.add([], at: 9, flags: TransportView.tcpSYN)
    for round in 0..<400 {
      capture.add(Array(repeating: UInt8(ascii: "x"), count: 1_000), at: 10 + UInt32(1_000 * round))
    }
    capture.add(C.cancel(1), at: 1, port: 50_001)
    #expect(try capture.rows() == ["400 ouch50-in X 1"])
    #expect(try capture.decode().tally.count(of: .undecodedPackets) == 400)
    #expect(try capture.decode().tally.firstPlace(of: .undecodedPackets)?.packetIndex == 0)
  }

  @Test func manyConnectionsAreFollowedOneAfterAnother() throws {
    var capture = C()
    for index in 0..<600 { capture.add(C.cancel(UInt8(index & 0x7F)), at: 100, port: UInt16(10_000 + index)) }
    // The first is not followed any more: its rest is another stream.
    capture.add(C.cancel(77), at: 112, port: 10_000)
    #expect(try capture.rows().count == 601)
  }

  // MARK: Applications

  private static let ouch42: [UInt8] =
    [UInt8(ascii: "X")] + Array("TOKEN000000001".utf8) + [0, 0, 0, 0]
  private static let ouch42Canceled: [UInt8] =
    [UInt8(ascii: "C")] + [0, 0, 0, 1, 2, 3, 4, 5] + Array("TOKEN000000001".utf8) + [0, 0, 0, 100, UInt8(ascii: "U")]

  @Test func theVersionOfOUCHIsToldByItsMessages() throws {
    var capture = C()
    // System Event is the same in both: the connection's other messages decide.
    let event = [UInt8(ascii: "S"), 0, 0, 0, 1, 2, 3, 4, 5, UInt8(ascii: "S")]
    capture.add(C.soup("U", Self.ouch42), at: 100)
    capture.add(C.soup("S", event) + C.soup("S", Self.ouch42Canceled), at: 900, fromVenue: true)
    capture.add(C.soup("S", event), at: 900, fromVenue: true, port: 50_001)
    let protocols = try capture.rows().map { $0.split(separator: " ")[1...2].joined(separator: " ") }
    #expect(protocols == ["ouch42-in X", "ouch42-out S", "ouch42-out C", "ouch50-out S"])
    #expect(try capture.decode { $0.protocol = .ouch42 }.tally.rows == 4)
    // Asked for by name the other version is decoded as far as it goes, and counted.
    let asked = try capture.decode { $0.protocol = .ouch50 }.tally
    #expect(asked.rows == 3 && asked.count(of: .appendageLengths) == 1 && asked.count(of: .undecodedPackets) == 1)
  }

  @Test func noMessageOfOneVersionIsTakenForTheOther() {
    func message(_ layout: MessageLayout) -> [UInt8] {
      var bytes = [UInt8](repeating: 0, count: layout.length)
      for field in layout.fields where field.encoding.isText {
        for index in field.offset..<(field.offset + field.size) { bytes[index] = UInt8(ascii: "A") }
      }
      bytes[0] = layout.type
      return bytes
    }
    for side in [StreamSide.client, .server] {
      for application in [SoupApplication.ouch50, .ouch42, .itch50] {
        for layout in application.description(from: side)?.layouts ?? [] {
          let accepting = SoupApplication.allCases.filter { other in
            message(layout).withUnsafeBytes { other.accepts($0, from: side) }
          }
          let isShared = layout.name == "System Event" && application != .itch50
          #expect(accepting == (isShared ? [.ouch50, .ouch42] : [application]), "\(application) \(layout.name)")
        }
      }
    }
  }

  @Test func marketDataOverSoupBinTCPIsDecoded() throws {
    var capture = C()
    var delete = [UInt8](repeating: 0, count: 19)
    delete[0] = UInt8(ascii: "D")
    capture.add(C.soup("S", delete) + C.soup("H"), at: 100, fromVenue: true)
    #expect(try capture.rows() == ["0 itch50 D null"])
  }

  @Test func thePacketsThemselvesArePrintedWhereAskedFor() throws {
    var capture = C()
    capture.add(C.soup("L", [UInt8](repeating: 0x20, count: 46)), at: 100)
    capture.add(C.cancel(1) + C.soup("R"), at: 149)
    let rows = try capture.rows { $0.protocol = .soupBinTCP }
    #expect(rows == ["0 soupbintcp L null", "1 soupbintcp U null", "1 soupbintcp R null"])
  }

  @Test func optionalFieldsOfBOEAreInEveryFormat() throws {
    let cancel: [UInt8] =
      [0xBA, 0xBA, 0x22, 0, 0x39, 0, 100, 0, 0, 0] + Array("ABC123".utf8) + [UInt8](repeating: 0, count: 14)
      + [1, 1] + Array("TEST".utf8)
    var capture = C()
    capture.add(cancel, at: 1)
    #expect(try capture.decode().text == """
      {"packet":0,"sequence":100,"protocol":"cboe-boe","type":"0x39","fields":{"startOfMessage":47802,\
      "messageLength":34,"messageType":57,"matchingUnit":0,"sequenceNumber":100,"origClOrdID":"ABC123",\
      "numberOfBitfields":1,"bitfields":"01","clearingFirm":"TEST"}}

      """)
    let table = try capture.decode { $0.format = .table }.text
    #expect(table.hasSuffix("origClOrdID=ABC123 bitfields=01 clearingFirm=TEST\n"))
    let csv = try capture.decode { ($0.format, $0.protocol) = (.csv, .boe2) }.text.split(separator: "\n")
    let names = csv[0].split(separator: ",", omittingEmptySubsequences: false)
    let values = csv[1].split(separator: ",", omittingEmptySubsequences: false)
    #expect(names.count == values.count)
    #expect(values[names.firstIndex(of: "bitfields")!] == "01")
    #expect(values[names.firstIndex(of: "optionalFields")!] == "\"{\"\"clearingFirm\"\":\"\"TEST\"\"}\"")
  }

  @Test func aSymbolIsFollowedByTheOrdersOwnName() throws {
    func boe(_ type: UInt8, _ name: String, _ rest: [UInt8]) -> [UInt8] {
      let body = Array(name.utf8) + [UInt8](repeating: 0, count: 20 - name.utf8.count) + rest
      return [0xBA, 0xBA, UInt8(body.count + 8), 0, type, 0, 0, 0, 0, 0] + body
    }
    // New Order: side, quantity, two bitfields of which the second asks for the symbol.
    func new(_ name: String, _ symbol: String) -> [UInt8] {
      boe(0x38, name, [0x31, 100, 0, 0, 0, 2, 0, 1] + Array(symbol.utf8) + [UInt8](repeating: 0, count: 8 - symbol.utf8.count))
    }
    var capture = C()
    capture.add(new("A1", "MSFT") + new("A2", "AAPL") + boe(0x39, "A2", [0]) + boe(0x39, "A1", [0]), at: 1)
    func canceled(_ token: String) -> [UInt8] {
      C.soup("S", [UInt8(ascii: "P")] + [UInt8](repeating: 0, count: 8) + Array(token.utf8))
    }
    let enter: [UInt8] =
      [UInt8(ascii: "O")] + Array("TOKEN000000001B".utf8) + [0, 0, 0, 1] + Array("MSFT    ".utf8)
      + [0, 0, 0, 1, 0, 0, 0, 0] + Array("FIRMYAN".utf8) + [0, 0, 0, 0] + Array("NR".utf8)
    capture.add(C.soup("U", enter), at: 1, port: 50_001)
    capture.add(canceled("TOKEN000000002") + canceled("TOKEN000000001"), at: 1, fromVenue: true, port: 50_001)
    let types = try capture.rows { $0.symbol = Symbol("MSFT") }.map { $0.split(separator: " ")[2] }
    #expect(types == ["0x38", "0x39", "O", "P"])
  }
}
