import Testing

@testable import FeedCore

/// Readers of snapshot flows whose packets say little by themselves, and copies of their packets.
@Suite struct SnapshotFlowReaderTests {
  private func steps(_ feedProtocol: FeedProtocol, _ packets: [[UInt8]]) -> [String] {
    var reader = SnapshotReader(feedProtocol)
    var list: [String] = []
    for packet in packets {
      packet.exactly {
        reader.begin($0)
        while let step = reader.next(in: $0) {
          switch step.kind {
          case .message: list.append("message \(step.through)")
          case .began: list.append("began \(step.symbol) \(step.through)")
          case .ended: list.append("ended \(step.symbol)")
          case .definition, .aborted, .malformed: list.append("\(step.kind)")
          }
        }
      }
    }
    return list
  }

  // MARK: Coinbase Derivatives

  private func frame(_ template: UInt16, _ block: [UInt8]) -> [UInt8] {
    LittleBytes().u16(UInt16(10 + block.count)).u16(UInt16(block.count)).u16(template).u16(1_201).u16(2).and(block)
      .bytes
  }
  private func start(_ last: UInt32, orders: UInt32) -> [UInt8] {
    frame(110, LittleBytes().u16(0).u32(last).pad(96).u32(orders).pad(8).bytes)
  }
  private func order(_ number: UInt16) -> [UInt8] { frame(120, LittleBytes().u16(number).pad(28).bytes) }
  private func end(_ number: UInt16) -> [UInt8] { frame(122, LittleBytes().u16(number).pad(158).bytes) }
  private func coinbase(_ instrument: Int32, _ messages: [[UInt8]]) -> [UInt8] {
    LittleBytes().u64(1).u64(2).u16(9).u8(2).u8(UInt8(messages.count)).i32(instrument).and(messages.flatMap { $0 })
      .bytes
  }

  @Test func aCoinbaseBookIsItsStartItsOrdersAndItsEnd() {
    #expect(
      steps(.coinbaseDerivatives, [coinbase(5, [start(80, orders: 2), order(1)]), coinbase(5, [order(2), end(3)])])
        == ["message 80", "message 80", "message 80", "message 80"])
    #expect(steps(.coinbaseDerivatives, [coinbase(5, [order(1), end(2)])]) == [], "its start was not seen")
    #expect(
      steps(.coinbaseDerivatives, [coinbase(5, [start(80, orders: 2), order(1), end(2)])])
        == ["message 80", "message 80", "aborted"], "an order is missing")
    #expect(
      steps(.coinbaseDerivatives, [coinbase(5, [start(80, orders: 2)]), coinbase(5, [order(2), end(3)])])
        == ["message 80", "aborted"])
    #expect(
      steps(.coinbaseDerivatives, [coinbase(5, [start(80, orders: 1)]), coinbase(6, [order(1), end(2)])])
        == ["message 80", "aborted"], "of another instrument")
    #expect(
      steps(.coinbaseDerivatives, [coinbase(5, [start(80, orders: 0), order(1)])]) == ["message 80", "aborted"],
      "more orders than announced")
    #expect(
      steps(.coinbaseDerivatives, [coinbase(5, [start(80, orders: 1)]), coinbase(6, [start(7, orders: 0), end(1)])])
        == ["message 80", "aborted", "message 7", "message 7"])
  }

  @Test func aCoinbasePacketOneByteShortIsNamed() {
    let whole = coinbase(5, [start(80, orders: 0), end(1)])
    #expect(steps(.coinbaseDerivatives, [whole.dropLast()]) == ["message 80", "malformed", "aborted"])
    for length in 0..<whole.count {
      #expect(!steps(.coinbaseDerivatives, [Array(whole[..<length])]).contains("message 0"), "\(length) bytes")
    }
  }

  // MARK: EOBI

  private func eobi(_ messages: [[UInt8]]) -> [UInt8] { Wire.eobiHeader(segment: 7, time: 3) + messages.flatMap { $0 } }
  private func product(_ number: UInt32, through: UInt32) -> [UInt8] {
    Wire.eobiMessage(number, LittleBytes().u32(through).pad(12).bytes, template: 13_600)
  }
  private func summary(_ number: UInt32) -> [UInt8] {
    Wire.eobiMessage(number, [UInt8](repeating: 0, count: 272), template: 13_601)
  }

  @Test func aEurexSnapshotIsOfItsProductSummary() {
    #expect(
      steps(
        .eobi,
        [eobi([product(1, through: 90), summary(2)]), eobi([summary(3), product(4, through: 95), summary(5)])])
        == ["message 90", "message 90", "message 90", "message 95", "message 95"])
    #expect(steps(.eobi, [eobi([summary(7)])]) == [], "how far it reaches is not known")
    #expect(
      steps(.eobi, [eobi([product(1, through: 90)]), eobi([summary(3), product(4, through: 95)])])
        == ["message 90", "aborted", "message 95"], "a message is missing")
    #expect(
      steps(.eobi, [eobi([product(1, through: 90)]), eobi([product(9, through: 95)])])
        == ["message 90", "aborted", "message 95"])
  }

  @Test func aEurexPacketOneByteShortIsNamed() {
    let whole = eobi([product(1, through: 90), summary(2)])
    #expect(steps(.eobi, [whole.dropLast()]) == ["message 90", "malformed", "aborted"])
    for length in 33..<(32 + 24) {
      #expect(steps(.eobi, [Array(whole[..<length])]) == ["malformed", "aborted"], "\(length) bytes")
    }
  }

  // MARK: Copies

  @Test func theSecondLinesPacketIsACopyAndTheNextTurnsIsNot() {
    let recent = RecentPackets(channels: 2)
    func isCopy(_ packet: [UInt8], channel: Int = 0) -> Bool {
      packet.withUnsafeBytes {
        recent.isCopy($0.baseAddress!, headerLength: 12, length: $0.count, channel: channel)
      }
    }
    func packet(_ number: UInt32, sent: UInt64) -> [UInt8] { LittleBytes().u32(number).u64(sent).pad(20).bytes }
    #expect(!isCopy(packet(1, sent: 5)) && !isCopy(packet(2, sent: 5)))
    #expect(isCopy(packet(1, sent: 5)) && isCopy(packet(2, sent: 5)))
    #expect(!isCopy(packet(1, sent: 9)), "the loop's next turn")
    #expect(!isCopy(packet(1, sent: 5), channel: 1), "another channel's")
    #expect(!isCopy(packet(1, sent: 5) + [0]), "another length")
    for number in UInt32(3)..<258 { #expect(!isCopy(packet(number, sent: 5))) }
    #expect(!isCopy(packet(1, sent: 5)), "beyond the reach")
  }
}
