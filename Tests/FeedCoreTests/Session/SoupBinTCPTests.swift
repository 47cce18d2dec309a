import Testing

@testable import FeedCore

@Suite struct SoupBinTCPTests {
  private func frame(_ bytes: [UInt8]) -> (types: String, payloads: [[UInt8]], consumed: Int, end: SoupBinTCPFramer.End)
  {
    bytes.withUnsafeBytes { buffer in
      var framer = SoupBinTCPFramer(buffer)
      var types = ""
      var payloads: [[UInt8]] = []
      while let packet = framer.next() {
        types.unicodeScalars.append(Unicode.Scalar(packet.type))
        payloads.append(Array(packet.payload))
      }
      return (types, payloads, framer.consumed, framer.end)
    }
  }

  /// SoupBinTCP 3.00: the length counts the type and the payload, not itself.
  @Test func packetsAreCutByTheirLengths() {
    let framed = frame(LayoutVector.bytes("000148 0003534142 000152 00024A41"))
    #expect(framed.types == "HSRJ")
    #expect(framed.payloads == [[], [0x41, 0x42], [], [0x41]])
    #expect(framed.consumed == 15)
    #expect(framed.end == .whole)
  }

  @Test func aPartialTailStaysBehind() {
    let whole = LayoutVector.bytes("000148 0003534142")
    for kept in 0...whole.count {
      let framed = frame(Array(whole[..<kept]))
      #expect(framed.consumed == (kept < 3 ? 0 : kept < 8 ? 3 : 8))
      #expect(framed.end == ([0, 3, 8].contains(kept) ? .whole : .partial), "\(kept) bytes")
    }
  }

  @Test func aLengthOfZeroStopsTheWalk() {
    let framed = frame(LayoutVector.bytes("000148 0000 000148"))
    #expect(framed.types == "H")
    #expect(framed.consumed == 3)
    #expect(framed.end == .illegalLength)
  }

  @Test func payloadLengthsAreThoseOfTheDocument() {
    let lengths: [SoupBinTCPPacketType: Int] = [
      .loginAccepted: 30, .loginRejected: 1, .loginRequest: 46, .serverHeartbeat: 0, .clientHeartbeat: 0,
      .endOfSession: 0, .logoutRequest: 0,
    ]
    for type in SoupBinTCPPacketType.allCases {
      let length = lengths[type] ?? 5
      #expect(type.allowsPayload(length: length))
      if lengths[type] != nil, length > 0 { #expect(!type.allowsPayload(length: length - 1)) }
      #expect(type.isData == (type == .sequencedData || type == .unsequencedData))
    }
  }
}
