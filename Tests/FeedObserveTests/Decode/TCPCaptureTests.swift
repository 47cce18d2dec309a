import FeedIO
import Foundation
import Testing

@testable import FeedCore
@testable import FeedObserve

/// Whole capture files with TCP connections: frames, `feedh decode` and `feedh info` together.
@Suite struct TCPCaptureTests {
  private struct Frame {
    var isFromVenue = false
    var sequenceNumber: UInt32
    var flags: UInt8 = TransportView.tcpACK
    var payload: [UInt8] = []
    var cutBy = 0
  }

  private static func big(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * (count - 1 - $0))) }
  }

  private static func little(_ value: Int) -> [UInt8] { big(value, 4).reversed() }

  /// A pcap file of IPv4 frames without checksums.
  private static func write(_ frames: [Frame]) throws -> String {
    var bytes = little(0xA1B2_C3D4) + [2, 0, 4, 0] + little(0) + little(0) + little(65_535) + little(1)
    for (index, frame) in frames.enumerated() {
      let client: [UInt8] = [10, 0, 0, 1]
      let venue: [UInt8] = [10, 0, 0, 2]
      let (source, destination) = frame.isFromVenue ? (venue, client) : (client, venue)
      let ports = frame.isFromVenue ? big(9_000, 2) + big(50_000, 2) : big(50_000, 2) + big(9_000, 2)
      let tcp = ports + big(Int(frame.sequenceNumber), 4) + big(0, 4) + [0x50, frame.flags, 1, 0, 0, 0, 0, 0]
      let length = 40 + frame.payload.count + frame.cutBy
      let ip: [UInt8] =
        [0x45, 0] + big(length, 2) + [0, 1, 0x40, 0, 64, 6, 0, 0] + source + destination
      let data = [UInt8](repeating: 2, count: 12) + [8, 0] + ip + tcp + frame.payload
      bytes += little(1_700_000_000) + little(index) + little(data.count) + little(data.count + frame.cutBy) + data
    }
    let path = NSTemporaryDirectory() + "feedh-tcp-\(UUID().uuidString).pcap"
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return path
  }

  private static let accepted = TCPCapture.soup(
    "A", Array("SESSION001".utf8) + Array(String(repeating: " ", count: 18).utf8) + Array("41".utf8))

  private static let frames: [Frame] = [
    Frame(sequenceNumber: 99, flags: TransportView.tcpSYN),
    Frame(isFromVenue: true, sequenceNumber: 499, flags: TransportView.tcpSYN | TransportView.tcpACK),
    Frame(sequenceNumber: 100, payload: TCPCapture.soup("L", [UInt8](repeating: 0x20, count: 46))),
    Frame(isFromVenue: true, sequenceNumber: 500, payload: accepted),
    Frame(sequenceNumber: 149, payload: TCPCapture.cancel(1)),
    Frame(sequenceNumber: 149, payload: TCPCapture.cancel(1)),
    Frame(isFromVenue: true, sequenceNumber: 533, payload: TCPCapture.pending(1) + TCPCapture.soup("H")),
    Frame(isFromVenue: true, sequenceNumber: 552, payload: TCPCapture.pending(2)),
    Frame(isFromVenue: true, sequenceNumber: 568, flags: TransportView.tcpFIN),
    // The same ports again, other numbers, another protocol; cut by the snap length.
    Frame(sequenceNumber: 7_000, flags: TransportView.tcpSYN),
    Frame(sequenceNumber: 7_001, payload: TCPCapture.boeCancel(5)),
    Frame(sequenceNumber: 7_032, payload: Array(TCPCapture.boeCancel(6).dropLast(31)), cutBy: 31),
    Frame(sequenceNumber: 7_063, payload: TCPCapture.boeCancel(7)),
  ]

  @Test func rowsFollowTheStreamsOfTheFile() throws {
    let path = try Self.write(Self.frames)
    defer { try? FileManager.default.removeItem(atPath: path) }
    var selection = DecodeSelection()
    selection.format = .ndjson
    var decoder = try CaptureDecoder(selection)
    var output = Data()
    let faults = try decoder.decode(try CaptureSet(paths: [path])) { output.append(contentsOf: $0) }
    let rows = try output.split(separator: UInt8(ascii: "\n")).map { line in
      let row = try #require(try JSONSerialization.jsonObject(with: line) as? [String: Any])
      return "\(row["packet"]!) \(row["protocol"]!) \(row["type"]!)"
    }
    // Packets are counted over those with payload.
    #expect(rows == [
      "2 ouch50-in X", "4 ouch50-out P", "5 ouch50-out P", "6 cboe-boe 0x39", "7 cboe-boe 0x39",
    ])
    #expect(faults.count == 1 && faults[0].hasPrefix("shortFrame 1"))
    #expect(decoder.tally.count(of: .tcpHoles) == 1)
    #expect(decoder.tally.packets == 8)
  }

  @Test func infoNamesBothDirections() throws {
    let path = try Self.write(Array(Self.frames.prefix(9)))
    defer { try? FileManager.default.removeItem(atPath: path) }
    let info = try CaptureInfo(paths: [path])
    #expect(info.flows.count == 2)
    let client = try #require(info.flows.first)
    #expect(client.stream?.side == .client && client.protocolName == "ouch50" && client.packets == 3)
    #expect(client.stream?.flow.description == "10.0.0.1:50000>10.0.0.2:9000")
    #expect(client.stream?.counters.retransmissions == 1 && client.stream?.counters.midStreamStarts == 0)
    #expect(client.sessions.map(\.messages) == [1] && client.payloadBytes == 49 + 12 + 12)
    let venue = try #require(info.flows.last)
    #expect(venue.stream?.side == .server && venue.protocolName == "ouch50" && venue.packets == 3)
    #expect(venue.sessions.map(\.name) == ["SESSION001"])
    #expect(venue.sessions[0].messages == 2 && venue.sessions[0].heartbeats == 1)
    #expect(venue.sessions[0].firstSequence == 41 && venue.sessions[0].lastSequence == 42)
  }

  private static let captures: String = {
    var checkout = URL(fileURLWithPath: #filePath)
    for _ in 0..<4 { checkout.deleteLastPathComponent() }
    let shared = ProcessInfo.processInfo.environment["FEEDH_SHARED"] ?? checkout.path + "/../shared"
    return shared + "/captures/one-packet/cboe-boe/Options.OrderEntry.Boe.v2.10.5"
  }()

  /// Every message of the real captures, read into values and written again, is the same bytes.
  @Test(
    .enabled(
      if: FileManager.default.fileExists(atPath: captures), "captures of BOE are not there: set FEEDH_SHARED"))
  func realMessagesAreWrittenAsTheyWereRead() throws {
    var compared = 0
    for name in try FileManager.default.contentsOfDirectory(atPath: Self.captures).sorted() {
      let source = try CaptureSet(paths: [Self.captures + "/" + name]).makeSource()
      try withUnsafeTemporaryAllocation(of: Packet.self, capacity: 8) { burst in
        for packet in burst[..<source.receive(into: burst)] {
          guard case .payload(let view) = FrameParser(verifyChecksums: false).parse(packet) else { continue }
          let message = UnsafeRawBufferPointer(start: view.payload, count: view.payloadLength)
          let reader = try #require(BOE2Layouts.description.read(message))
          if !PartWalk.addsUp(message, reader.layout, .little) {
            #expect(name == "OrderAcknowledgementMessage.pcap")
            continue
          }
          var values = Dictionary(uniqueKeysWithValues: reader.values().map { ($0.name, $0.value) })
          // What the rest tells is left out.
          for name in ["startOfMessage", "messageLength", "messageType", "numberOfBitfields"] { values[name] = nil }
          #expect(try BOE2Layouts.description.writer(of: reader.layout).encode(values) == Array(message), "\(name)")
          compared += 1
        }
      }
    }
    #expect(compared == 8)
  }
}
