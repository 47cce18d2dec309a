import FeedCore
import Testing

@testable import FeedObserve

private let addOrder: [UInt8] = [
  0x41, 0x0D, 0x2C, 0x00, 0x02, 0x1F, 0x1A, 0xD6, 0x35, 0xBD, 0x15, 0, 0, 0, 0, 0, 0x12, 0xD6, 0x87, 0x53, 0, 0, 0,
  0x64, 0x41, 0x41, 0x50, 0x4C, 0x20, 0x20, 0x20, 0x20, 0x00, 0x16, 0xED, 0x24,
]

/// Rows of one message, as text.
private func row(
  _ format: RowFormat, _ protocols: [ProtocolDescription], _ protocolIndex: Int, _ bytes: [UInt8],
  sequence: UInt64? = 7, file: String? = nil, header: Bool = false
) -> String {
  var formatter: any RowFormatter =
    switch format {
    case .ndjson: NDJSONRows(protocols)
    case .csv: CSVRows(protocols, namesFiles: file != nil)
    case .table: TableRows(protocols, namesFiles: file != nil)
    }
  var buffer = RowBuffer(capacity: 64)
  if header { formatter.appendHeader(to: &buffer) }
  if let file { formatter.beginFile(named: file) }
  bytes.withUnsafeBytes { message in
    formatter.append(
      DecodedMessage(
        protocolIndex: protocolIndex, layoutIndex: protocols[protocolIndex].layoutIndex(ofType: message[0]),
        bytes: message, packetIndex: 3, sequenceNumber: sequence),
      to: &buffer)
  }
  return String(decoding: buffer.bytes, as: UTF8.self)
}

@Suite struct DecodeRowsTests {
  /// Every power of ten and of two with its neighbours, and numbers of every length at random.
  @Test func decimalDigitsAreThoseOfTheNumber() {
    let seed = UInt64.random(in: 0 ... .max)
    var state = seed
    var numbers: [UInt64] = Array(0...1_100) + [.max, .max - 1]
    for exponent in 0..<20 { numbers += Self.neighbours((0..<exponent).reduce(UInt64(1)) { power, _ in power &* 10 }) }
    for bit in 0..<64 { numbers += Self.neighbours(1 << UInt64(bit)) }
    for shift in 0..<64 {
      for _ in 0..<20 {
        state = Mix.spread(state &+ 0x9E37_79B9_7F4A_7C15)
        numbers.append(state >> UInt64(shift))
      }
    }
    for number in numbers {
      var buffer = RowBuffer(capacity: 64)
      buffer.appendDecimal(number)
      #expect(String(decoding: buffer.bytes, as: UTF8.self) == "\(number)", "seed \(seed)")
      buffer.removeAll()
      buffer.appendDecimal(number, digits: 20)
      let text = String(decoding: buffer.bytes, as: UTF8.self)
      #expect(text.count == 20 && UInt64(text) == number, "seed \(seed)")
    }
  }

  private static func neighbours(_ number: UInt64) -> [UInt64] { [number &- 1, number, number &+ 1] }

  private let itch = [ITCH50Layouts.description]
  private let ouch = [OUCH50Layouts.inbound, OUCH50Layouts.outbound]

  @Test func ndjsonHasTheKeysInTheContractsOrder() {
    #expect(
      row(.ndjson, itch, 0, addOrder) == """
        {"packet":3,"sequence":7,"protocol":"itch50","type":"A","fields":{"messageType":"A","stockLocate":3372,\
        "trackingNumber":2,"timestamp":34200123456789,"orderReferenceNumber":1234567,"buySellIndicator":"S",\
        "shares":100,"stock":"AAPL","price":1502500}}

        """)
  }

  @Test func ndjsonNamesTheFileFirstAndHasNullForNoSequence() {
    let text = row(.ndjson, ouch, 0, [UInt8(ascii: "Q")], sequence: nil, file: "a \"b\"\\\u{1}é.pcap")
    #expect(
      text == """
        {"file":"a \\"b\\"\\\\\\u0001é.pcap","packet":3,"sequence":null,"protocol":"ouch50-in","type":"Q",\
        "fields":{"type":"Q"}}

        """)
  }

  /// Python's json.dumps of latin-1 text: printable ASCII as it is, short escapes where JSON has them, else \u00XX.
  @Test func everyByteOfTextIsEscapedAsPythonDoes() {
    for byte in UInt8.min...UInt8.max {
      var message = addOrder
      message[19] = byte
      let text = row(.ndjson, itch, 0, message)
      let expected: String =
        switch byte {
        case 0x00, 0x20: ""
        case 0x08: "\\b"
        case 0x09: "\\t"
        case 0x0A: "\\n"
        case 0x0C: "\\f"
        case 0x0D: "\\r"
        case 0x22: "\\\""
        case 0x5C: "\\\\"
        case 0x21...0x7E: String(Unicode.Scalar(byte))
        default: "\\u00" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
      #expect(text.contains("\"buySellIndicator\":\"\(expected)\",\"shares\""), "byte \(byte): \(text)")
    }
  }

  @Test func reservedFieldsAreNotPrintedAndPaddingGoes() {
    var message = [UInt8](repeating: 0x20, count: 25)
    message.replaceSubrange(0..<1, with: [UInt8(ascii: "H")])
    message.replaceSubrange(11..<19, with: Array("BRK.A\0 \0".utf8))
    let text = row(.ndjson, itch, 0, message)
    #expect(text.hasSuffix("\"stock\":\"BRK.A\",\"tradingState\":\"\",\"reason\":\"\"}}\n"), "\(text)")
  }

  @Test func appendagesAreHexadecimalInNDJSONAndNamedInTables() {
    let options: [UInt8] = [5, 2, 0x4C, 0x49, 0x4D, 0x45, 5, 7, 0xFF, 0xFF, 0xFF, 0x38, 3, 99, 1, 2, 9]
    var message = [UInt8](repeating: 0x20, count: 45) + [0, UInt8(options.count)] + options
    message[0] = UInt8(ascii: "O")
    #expect(
      row(.ndjson, ouch, 0, message).hasSuffix(
        "\"appendageLength\":17,\"optionalAppendage\":\"05024c494d450507ffffff380363010209\"}}\n"))
    let table = row(.table, ouch, 0, message)
    #expect(table.hasSuffix(" firm=LIME pegOffset=-0.0200 option99=0102 (malformed options)\n"), "\(table)")
  }

  @Test func tablesShowPricesAndTimesForReading() {
    let text = row(.table, itch, 0, addOrder, header: true)
    let lines = text.split(separator: "\n")
    #expect(lines.count == 2)
    #expect(lines[0].hasPrefix("  packet    sequence  protocol    type  message"))
    #expect(
      lines[1] == """
               3           7  itch50      A     Add Order (no MPID)         stockLocate=3372 trackingNumber=2 \
        timestamp=09:30:00.123456789 orderReferenceNumber=1234567 buySellIndicator=S shares=100 stock=AAPL \
        price=150.2500
        """)
  }

  @Test func csvRowsHaveTheHeadersColumns() {
    var message = addOrder
    message.replaceSubrange(24..<32, with: Array("A,\"\\\u{7}B  ".utf8))
    let lines = row(.csv, itch, 0, message, file: "x,y.pcap", header: true).split(separator: "\n")
    let names = lines[0].split(separator: ",", omittingEmptySubsequences: false)
    #expect(names.prefix(9) == [
      "file", "packet", "sequence", "protocol", "type", "messageType", "stockLocate", "trackingNumber", "timestamp",
    ])
    #expect(Set(names).count == names.count)
    let values = csvValues(lines[1])
    #expect(values.count == names.count)
    let byName = Dictionary(uniqueKeysWithValues: zip(names.map(String.init), values))
    #expect(byName["file"] == "x,y.pcap")
    #expect(byName["sequence"] == "7")
    #expect(byName["shares"] == "100")
    #expect(byName["price"] == "1502500")
    #expect(byName["stock"] == "A,\"\\\\\\x07B")
    #expect(byName["matchNumber"] == "")
  }

  @Test func csvPutsAppendagesIntoTheLastColumns() {
    let protocols = ouch
    var enter = [UInt8](repeating: 0x20, count: 45) + [0, 3, 2, 12, 0x50]
    enter[0] = UInt8(ascii: "O")
    let cancel: [UInt8] = [UInt8(ascii: "X"), 0, 0, 0, 9, 0, 0, 0, 1, 0, 3, 2, 28, 1]
    let plain = Array(cancel.prefix(9))
    for (message, length, bytes) in [(enter, "3", "020c50"), (cancel, "3", "021c01"), (plain, "", "")] {
      let lines = row(.csv, protocols, 0, message, header: true).split(separator: "\n")
      let names = lines[0].split(separator: ",").map(String.init)
      #expect(names.suffix(2) == ["appendageLength", "optionalAppendage"])
      let values = csvValues(lines[1])
      #expect(values.count == names.count)
      #expect(Array(values.suffix(2)) == [length, bytes])
    }
  }

  @Test func numbersOfAllLengthsAreWrittenInDecimal() {
    var buffer = RowBuffer(capacity: 64)
    var numbers: [UInt64] = [0, 9, 10, .max, .max - 1]
    var power: UInt64 = 1
    for _ in 0..<20 {
      numbers += [power &- 1, power, power &+ 1]
      power &*= 10
    }
    for number in numbers {
      buffer.removeAll()
      buffer.reserve(64)
      buffer.appendDecimal(number)
      #expect(String(decoding: buffer.bytes, as: UTF8.self) == String(number))
    }
    for number in [Int64.min, -1, 0, .max] {
      buffer.removeAll()
      buffer.appendDecimal(number)
      #expect(String(decoding: buffer.bytes, as: UTF8.self) == String(number))
    }
  }
}

/// Splits a line of comma-separated values, with quotes as in RFC 4180.
private func csvValues(_ line: some StringProtocol) -> [String] {
  var values = [""]
  var quoted = false
  var previousWasQuote = false
  for character in line {
    if character == "\"" {
      if !quoted && previousWasQuote { values[values.count - 1].append("\"") }
      quoted.toggle()
      previousWasQuote = !quoted
      continue
    }
    previousWasQuote = false
    if character == ",", !quoted { values.append("") } else { values[values.count - 1].append(character) }
  }
  return values
}
