import Testing

@testable import FeedCore

/// Boundaries of SoupBinTCP packets and BOE messages in a stream.
@Suite struct StreamBoundaryTests {
  private func examine(_ hex: String) -> StreamFrameVerdict {
    LayoutVector.bytes(hex).withUnsafeBytes { SoupBinTCPStream.examine($0) }
  }

  private func search(_ hex: String) -> StreamFrameVerdict {
    LayoutVector.bytes(hex).withUnsafeBytes { SoupBinTCPStream.search($0) }
  }

  @Test func aSoupPacketIsWholePartialOrIllegal() {
    #expect(examine("000148") == .whole(length: 3) && examine("00014800") == .whole(length: 3))
    #expect(examine("") == .partial && examine("00") == .partial && examine("0001") == .partial)
    #expect(examine("000553AABB") == .partial)
    // Length zero, an undefined type, a heartbeat with a payload, a login too short.
    for illegal in ["000000", "000178", "00024800", "00104C"] { #expect(examine(illegal) == .illegal) }
    // In sound framing a packet may be long; while a boundary is searched that proves nothing.
    #expect(examine("800055") == .partial && search("800055") == .illegal && search("80") == .illegal)
    #expect(search("040055") == .partial && search("040155") == .illegal)
  }

  private func boe(_ hex: String) -> (StreamFrameVerdict, StreamFrameVerdict) {
    LayoutVector.bytes(hex).withUnsafeBytes { (BOE2Stream.examine($0), BOE2Stream.search($0)) }
  }

  @Test func aBOEMessageIsWholePartialOrIllegal() {
    #expect(boe("BABA0800030000000000") == (.whole(length: 10), .whole(length: 10)))
    for partial in ["", "BA", "BABA", "BABA08", "BABA080003", "BABA08000300000000"] {
      #expect(boe(partial) == (.partial, .partial), "\(partial)")
    }
    for illegal in ["00", "BA00", "BABA0700", "BABA0000030000000000"] {
      #expect(boe(illegal) == (.illegal, .illegal), "\(illegal)")
    }
    // Unknown type, a heartbeat too long, a message shorter than its kind, a length beyond all: skipped by length in
    // sound framing, no boundary while one is searched.
    #expect(boe("BABA0800EE0000000000") == (.whole(length: 10), .illegal))
    #expect(boe("BABA090003000000000000") == (.whole(length: 11), .illegal))
    #expect(boe("BABA0800380000000000") == (.whole(length: 10), .illegal))
    #expect(boe("BABAFFFF38") == (.partial, .illegal))
  }

  @Test func everyTypeHasTheSenderOfTheSheet() {
    let clients: Set<BOE2MessageType> = [
      .loginRequest, .logoutRequest, .clientHeartbeat, .newOrder, .cancelOrder, .modifyOrder, .purgeOrders,
    ]
    #expect(BOE2MessageType.allCases.count == 22)
    for type in BOE2MessageType.allCases { #expect((type.sender == .client) == clients.contains(type)) }
    let soup: [SoupBinTCPPacketType: StreamSide] = [
      .loginAccepted: .server, .loginRejected: .server, .sequencedData: .server, .serverHeartbeat: .server,
      .endOfSession: .server, .loginRequest: .client, .logoutRequest: .client, .clientHeartbeat: .client,
    ]
    for type in SoupBinTCPPacketType.allCases { #expect(type.sender == soup[type]) }
  }
}
