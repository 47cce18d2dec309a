import Testing

@testable import FeedCore

/// Headers of every transport, from bytes written by hand.
@Suite struct TransportTests {
  private struct Parsed {
    var packet: SequencedPacket
    var messages: [[UInt8]]
  }

  /// Header and messages of a payload; nil where the header is refused or the blocks contradict the length.
  private func parse(_ transport: Transport, _ payload: [UInt8], declared: Int? = nil) -> Parsed? {
    payload.withUnsafeBytes { bytes -> Parsed? in
      // Empty payloads have no address; any will do for no bytes.
      let base = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 16)!
      guard let packet = transport.parse(base, length: bytes.count, declared: declared ?? bytes.count)
      else { return nil }
      var messages: [[UInt8]] = []
      var offset = 0
      while offset < Int(packet.blocksLength) {
        guard let message = transport.layout.message(in: packet.blocks, at: offset, end: Int(packet.blocksLength))
        else { return nil }
        messages.append(Array(message))
        offset += Int(transport.layout.bodyOffset) + message.count
      }
      return Parsed(packet: packet, messages: messages)
    }
  }

  @Test func iexSegmentsNameTheirSessionChannelAndSendTime() throws {
    let parsed = try #require(parse(.iexTP, Wire.iex(5, [[1, 2], [], [3]], sent: 99, session: 8, channel: 2)))
    #expect(parsed.messages == [[1, 2], [], [3]])
    let packet = parsed.packet
    #expect(packet.kind == .data && packet.sequenceNumber == 5 && packet.messageCount == 3)
    #expect(packet.session == SessionName(number: 8) && packet.stream == 2 && packet.sendNanoseconds == 99)
    let heartbeat = try #require(parse(.iexTP, Wire.iex(9, [], sent: 1)))
    #expect(heartbeat.packet.kind == .heartbeat && heartbeat.packet.sequenceNumber == 9)
    // Payload Length must add up, a negative number is none, messages need bytes.
    #expect(parse(.iexTP, Wire.iex(5, [[1]], sent: 9) + [0]) == nil)
    #expect(parse(.iexTP, Wire.iex(1 << 63, [[1]], sent: 9)) == nil)
    #expect(parse(.iexTP, [2] + Wire.iex(5, [[1]], sent: 9).dropFirst()) == nil)
  }

  @Test func unitsNumberTheirMessagesAndZeroIsUnsequenced() throws {
    let parsed = try #require(parse(.cboeSUH, Wire.suh(7, [[1, 2, 3, 4], [5]], unit: 9)))
    #expect(parsed.messages == [[6, 0x2D, 1, 2, 3, 4], [3, 0x2D, 5]])
    #expect(parsed.packet.sequenceNumber == 7 && parsed.packet.stream == 9 && parsed.packet.kind == .data)
    #expect(parse(.cboeSUH, Wire.suh(7, [], unit: 9))?.packet.kind == .heartbeat)
    #expect(parse(.cboeSUH, Wire.suh(0, [], unit: 9))?.packet.kind == .keepAlive)
    #expect(parse(.cboeSUH, Wire.suh(0, [[1]], unit: 9))?.packet.kind == .outOfBand)
    #expect(parse(.cboeSUH, Wire.suh(3, [[1]], unit: 0))?.packet.kind == .outOfBand)
    #expect(parse(.cboeSUH, Wire.suh(7, [[1]]) + [0]) == nil)
  }

  @Test func xdpDeliveryFlagsSayWhatAPacketIs() throws {
    let message = Wire.xdpMessage(100, [1, 2, 3])
    let parsed = try #require(parse(.nyseXDP, Wire.xdp(7, [message, message])))
    #expect(parsed.messages == [message, message] && parsed.packet.sequenceNumber == 7)
    #expect(parsed.packet.sendNanoseconds == 100_000_000_005)
    let kinds: [(UInt8, SequencedPacket.Kind?)] = [
      (10, .data), (11, .data), (13, .data), (15, .data), (17, .outOfBand), (18, .outOfBand), (19, .outOfBand),
      (20, .outOfBand), (21, .outOfBand), (1, nil), (0, nil), (12, nil), (22, nil),
    ]
    for (flag, kind) in kinds {
      #expect(parse(.nyseXDP, Wire.xdp(7, [message], flag: flag))?.packet.kind == kind, "flag \(flag)")
    }
    #expect(parse(.nyseXDP, Wire.xdp(7, [], flag: 1))?.packet.kind == .heartbeat)
    #expect(parse(.nyseXDP, Wire.xdp(7, [], flag: 11)) == nil)
    let reset = try #require(parse(.nyseXDP, Wire.xdp(1, [Wire.xdpReset(seconds: 50)], flag: 12)))
    #expect(reset.packet.kind == .reset && reset.packet.sequenceNumber == 1)
    #expect(reset.packet.sendNanoseconds == 50_000_000_000, "the reset's own time, equal on both lines")
  }

  @Test func memxHeartbeatsCarryTheLastNumber() throws {
    let parsed = try #require(parse(.memxUDP, Wire.memx(5, [[1], [2, 3]])))
    #expect(parsed.messages == [[1], [2, 3]] && parsed.packet.session == SessionName(number: 3))
    let heartbeat = try #require(parse(.memxUDP, Wire.memxControl(0, 6)))
    #expect(heartbeat.packet.kind == .heartbeat && heartbeat.packet.sequenceNumber == 7)
    let shutdown = try #require(parse(.memxUDP, Wire.memxControl(1, 6)))
    #expect(shutdown.packet.kind == .endOfSession && shutdown.packet.sequenceNumber == 7)
    // Before the first message the last number is 0.
    #expect(parse(.memxUDP, Wire.memxControl(0, 0))?.packet.sequenceNumber == 1)
    #expect(parse(.memxUDP, Wire.memxControl(0, .max)) == nil && parse(.memxUDP, Wire.memxControl(3, 1)) == nil)
  }

  @Test func machPacketsThatFollowOneAnotherAreOneRun() throws {
    let run = Wire.mach(4, [1]) + Wire.mach(5, [2, 3])
    let parsed = try #require(parse(.mach, run + Wire.mach(9, [4])))
    #expect(parsed.messages == [[1], [2, 3]])
    #expect(parsed.packet.sequenceNumber == 4 && parsed.packet.messageCount == 2)
    #expect(parsed.packet.blocksLength == UInt32(run.count), "the next run begins where the numbers jump")
    let heartbeat = try #require(parse(.mach, Wire.mach(8, [], type: 0)))
    #expect(heartbeat.packet.kind == .heartbeat && heartbeat.packet.sequenceNumber == 9)
    #expect(parse(.mach, Wire.mach(0, [], type: 1))?.packet.kind == .reset)
    #expect(parse(.mach, Wire.mach(0, [], type: 1))?.packet.sequenceNumber == 1)
    #expect(parse(.mach, Wire.mach(8, [], type: 2))?.packet.kind == .endOfSession)
    #expect(parse(.mach, Wire.mach(8, [1], session: 0))?.packet.kind == .keepAlive)
    #expect(parse(.mach, Wire.mach(8, [], type: 4)) == nil && parse(.mach, Wire.mach(8, [1], type: 0)) == nil)
  }

  @Test func cmeNumbersPacketsNotMessages() throws {
    let payload = Wire.cme(6, bodies: [[1, 2], [3]], sent: 44)
    let parsed = try #require(parse(.cmeMDP3, payload))
    #expect(parsed.messages.map(\.count) == [12, 11] && parsed.packet.messageCount == 1)
    #expect(parsed.packet.sequenceNumber == 6 && parsed.packet.sendNanoseconds == 44)
    #expect(parse(.cmeMDP3, Wire.cme(1, bodies: [[1]], sent: 1, template: 4))?.packet.kind == .reset)
    #expect(parse(.cmeMDP3, Array(payload[..<21])) == nil)
  }

  @Test func coinbaseFramesAreSteppedWithTheirPadding() throws {
    let frame = Wire.coinbaseFrame([1, 2, 3, 4])
    let parsed = try #require(parse(.coinbaseDerivatives, Wire.coinbase(9, count: 2, frame + frame)))
    #expect(parsed.messages == [frame, frame] && parsed.packet.stream == 44 && parsed.packet.sequenceNumber == 9)
    let retransmitted = Wire.coinbase(9, count: 1, flags: 5, frame)
    #expect(parse(.coinbaseDerivatives, retransmitted)?.packet.kind == .data)
    #expect(parse(.coinbaseDerivatives, Wire.coinbase(9, count: 1, flags: 2, frame))?.packet.kind == .outOfBand)
    #expect(parse(.coinbaseDerivatives, Wire.coinbase(9, count: 1, flags: 3, frame)) == nil)
  }

  @Test func eobiNumbersAreOfTheMarketSegment() throws {
    let header = Wire.eobiHeader(segment: 675, time: 5)
    let (a, b) = (Wire.eobiMessage(8, [1, 2, 3, 4]), Wire.eobiMessage(9, [5]))
    let parsed = try #require(parse(.eobi, header + a + b))
    #expect(parsed.messages == [a, b] && parsed.packet.stream == 675)
    #expect(parsed.packet.sequenceNumber == 8 && parsed.packet.messageCount == 2)
    // Numbers must follow one another; a byte too many contradicts the lengths.
    #expect(parse(.eobi, header + a + a) == nil && parse(.eobi, header + a + [0]) == nil)
    let heartbeat = Wire.eobiMessage(.max, Wire.little(UInt32(40)) + [0, 0, 0, 0], template: 13_001)
    let beat = try #require(parse(.eobi, header + heartbeat))
    #expect(beat.packet.kind == .heartbeat && beat.packet.sequenceNumber == 41)
    let snapshot = Wire.eobiMessage(3, [1, 2], template: 13_601)
    #expect(parse(.eobi, header + snapshot)?.packet.stream == 675 | EOBIPacket.snapshotStream)
    #expect(parse(.eobi, Wire.eobiHeader(segment: 1, time: 5, reset: 1) + a)?.packet.kind == .reset)
  }

  @Test func deribitDeliversTheBodyAsOneMessage() throws {
    let parsed = try #require(parse(.deribit, Wire.deribit(0, [1, 2, 3], channel: 111)))
    #expect(parsed.messages == [[1, 2, 3]] && parsed.packet.stream == 111)
    #expect(parsed.packet.sequenceNumber == 1, "the first packet is 0 on the wire")
    #expect(parse(.deribit, Wire.deribit(0, [1, 2, 3]) + [0]) == nil && parse(.deribit, Wire.deribit(0, [])) == nil)
  }

  /// Any bytes of any length: no read beyond them, no trap.
  @Test(arguments: Transport.allCases) func anyBytesAreAnswered(transport: Transport) {
    var random = SessionRandom(seed: SessionRandom.seed())
    let seeds: [[UInt8]] = [
      Wire.iex(5, [[1, 2], [3]], sent: 9), Wire.suh(7, [[1], [2]]), Wire.xdp(7, [Wire.xdpMessage(100, [1])]),
      Wire.memx(5, [[1]]), Wire.mach(4, [1]) + Wire.mach(5, [2]), Wire.cme(6, bodies: [[1, 2]], sent: 4),
      Wire.coinbase(9, count: 1, Wire.coinbaseFrame([1, 2, 3, 4])),
      Wire.eobiHeader(segment: 6, time: 5) + Wire.eobiMessage(8, [1, 2, 3, 4]), Wire.deribit(0, [1, 2, 3]),
      Mold.packet("S1", 1, [[1], [2]]),
    ]
    for _ in 0..<4_000 {
      var bytes = seeds[random.int(0...seeds.count - 1)]
      for _ in 0..<random.int(0...4) { bytes[random.int(0...bytes.count - 1)] = UInt8(random.int(0...255)) }
      bytes = Array(bytes[..<random.int(0...bytes.count)])
      // Bytes that end where their memory does, so that a sanitizer sees any read beyond.
      let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, bytes.count), alignment: 1)
      defer { memory.deallocate() }
      memory.copyBytes(from: bytes)
      let base = UnsafeRawPointer(memory.baseAddress!)
      let declared = bytes.count + (random.chance(20) ? 7 : 0)
      let packet = Recognition.sequenced(transport, base, length: bytes.count, declared: declared)
      if let packet, packet.messageCount > 0 {
        #expect(packet.blocks + Int(packet.blocksLength) <= base + bytes.count)
        #expect(packet.endSequence >= packet.sequenceNumber)
      }
      _ = Recognition.examine(base, length: bytes.count, declared: declared)
    }
  }
}
