import Testing

@testable import FeedCore

/// The test vectors of the SoupBinTCP sheet.
@Suite struct SoupBinTCPLayoutTests {
  private let login =
    "002f 4c 555345522020 50415353202020202020 20202020202020202020 2020202020202020202020202020202020202031"

  @Test func theSheetsPacketsAreReadAndWritten() throws {
    let packets: [(hex: String, type: String, name: String, value: FieldValue?)] = [
      ("0001 48", "H", "", nil), ("0001 52", "R", "", nil), ("0001 5a", "Z", "", nil), ("0001 4f", "O", "", nil),
      ("0002 4a 41", "J", "rejectReasonCode", .text("A")),
      (login, "L", "requestedSequenceNumber", .text(String(repeating: " ", count: 19) + "1")),
      ("0003 53 4142", "S", "message", .bytes([0x41, 0x42])),
      ("0003 55 4142", "U", "message", .bytes([0x41, 0x42])), ("0003 2b 4142", "+", "text", .text("AB")),
      (
        "001f 41 31363839313932313231 2020202020202020202020202020202020313335", "A", "session", .text("1689192121")
      ),
    ]
    #expect(Set(packets.map(\.type)) == Set(SoupBinTCPLayouts.description.layouts.map(\.typeText)))
    for packet in packets {
      let bytes = LayoutVector.bytes(packet.hex)
      let read = try bytes.withUnsafeBytes { message -> [String: FieldValue] in
        #expect(SoupBinTCPLayouts.description.verdict(of: message) == .exact, "\(packet.type)")
        let reader = try #require(SoupBinTCPLayouts.description.read(message))
        return Dictionary(uniqueKeysWithValues: reader.values().map { ($0.name, $0.value) })
      }
      #expect(read["packetType"] == .text(packet.type))
      if let value = packet.value { #expect(read[packet.name] == value) }
      let writer = try #require(SoupBinTCPLayouts.description.writer(ofType: bytes[2]))
      #expect(try writer.encode(read) == bytes, "\(packet.type)")
      let derived = read.filter { $0.key != "packetLength" && $0.key != "packetType" }
      #expect(try writer.encode(derived) == bytes, "\(packet.type)")
    }
  }
}
