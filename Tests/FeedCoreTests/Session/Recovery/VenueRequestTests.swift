import Testing

@testable import FeedCore

/// Requests of every venue against bytes written out by hand from the sheets.
@Suite struct VenueRequestTests {
  private let request = GapRequest(range: SequenceRange(53_173, 53_178), attempt: 1)

  @Test func cboeRequestsHaveTheSheetsBytes() {
    let login = CboeRecovery.Login(
      sessionSubId: RecoveryText("0001")!, username: RecoveryText("FIRM")!, password: RecoveryText("ABCD00")!)
    #expect(
      CboeRecovery.encode(login).array
        == hex("1e00 01 00 00000000  16 01 30303031 4649524d 2020 41424344303020202020"))
    #expect(CboeRecovery.encode(request, unit: 7).array == hex("1100 01 00 00000000  09 03 07 b5cf0000 0500"))
    #expect(CboeRecovery.spinRequest(sequence: 310_168).array == hex("0e00 01 00 00000000  06 81 98bb0400"))
    #expect(CboeRecovery.heartbeat.array == hex("0800 00 00 00000000"))
  }

  @Test func cboeNumbersGoOnAtOneAfterTheLast() {
    // "From 4,294,967,294 count 4 = 4294967294, 4294967295, 1, 2".
    #expect((UInt64(4_294_967_294)...4_294_967_297).map(CboeRecovery.wire) == [4_294_967_294, 4_294_967_295, 1, 2])
    let wrapping = GapRequest(range: SequenceRange(4_294_967_296, 4_294_967_298), attempt: 1)
    #expect(CboeRecovery.encode(wrapping, unit: 1).array.suffix(6) == hex("01000000 0200")[...])
    #expect(CboeRecovery.extend(1, near: 4_294_967_295) == 4_294_967_296)
    #expect(CboeRecovery.extend(4_294_967_295, near: 4_294_967_297) == 4_294_967_295)
    #expect(CboeRecovery.extend(5, near: 3) == 5 && CboeRecovery.extend(0, near: 3) == nil)
    #expect(CboeRecovery.extend(4_294_967_295, near: 0) == 4_294_967_295)
  }

  @Test func cboeStatusCodesHaveTheirMeanings() {
    let expected: [(String, RecoveryRefusal?)] = [
      ("A", nil), ("O", .final(.outOfRange)), ("D", .final(.allowanceSpent)), ("M", .busy), ("S", .busy),
      ("C", .tooLarge), ("I", .final(.requestInvalid)), ("U", .busy), ("?", .final(.requestInvalid)),
    ]
    for (code, refusal) in expected { #expect(CboeRecovery.gapRefusal(code.utf8.first!) == refusal, "\(code)") }
    let spin: [(String, RecoveryRefusal?)] = [
      ("A", nil), ("O", .busy), ("S", .busy), ("x", .final(.requestInvalid)),
    ]
    for (code, refusal) in spin { #expect(CboeRecovery.spinRefusal(code.utf8.first!) == refusal, "\(code)") }
  }

  @Test func nyseRequestsHaveTheSheetsBytes() {
    // Seconds 0x52147BAF, nanoseconds 0x0A8A9F80.
    let now: UInt64 = 0x5214_7BAF * 1_000_000_000 + 0x0A8A_9F80
    let client = NYSERecovery.Client(sourceId: RecoveryText("FEEDH01")!, productId: 11, channelId: 3)
    let source = "46454544483031000000"
    #expect(
      NYSERecovery.retransmission(request, client, sequence: 9, now: now).array
        == hex("2800 0b 01 09000000 af7b1452 809f8a0a  1800 0a00 b5cf0000 b9cf0000 \(source) 0b 03"))
    #expect(
      NYSERecovery.refresh(symbolIndex: 4_966, client, sequence: 10, now: now).array
        == hex("2400 0b 01 0a000000 af7b1452 809f8a0a  1400 0f00 66130000 \(source) 0b 03"))
    #expect(
      NYSERecovery.symbolIndexMapping(symbolIndex: 0, client, sequence: 11, now: now).array
        == hex("2500 0b 01 0b000000 af7b1452 809f8a0a  1500 0d00 00000000 \(source) 0b 03 00"))
    #expect(
      NYSERecovery.heartbeatResponse(client, sequence: 12, now: now).array
        == hex("1e00 0b 01 0c000000 af7b1452 809f8a0a  0e00 0c00 \(source)"))
    #expect(NYSERecovery.limits(.small { $0.requestMessages = 60_000 }).messagesPerRequest == 1_000)
    #expect(NYSERecovery.limits(.small { $0.requestsPerSession = 60_000 }).requestsPerSession == 10_000)
  }

  @Test func nyseStatusCodesHaveTheirMeanings() {
    let expected: [(String, RecoveryRefusal?)] = [
      ("0", nil), ("1", .final(.notAuthorized)), ("3", .final(.outOfRange)), ("4", .final(.allowanceSpent)),
      ("5", .final(.allowanceSpent)), ("6", .final(.outOfRange)), ("7", .final(.requestInvalid)),
      ("8", .final(.requestInvalid)), ("9", .final(.requestInvalid)),
    ]
    for (code, refusal) in expected { #expect(NYSERecovery.refusal(code.utf8.first!) == refusal, "\(code)") }
  }

  @Test func messagesUnavailableNameBothEnds() {
    let message = hex("0e00 1f00 b5cf0000 b9cf0000 0b 03")
    #expect(message.exactly(NYSERecovery.unavailable) == SequenceRange(53_173, 53_178))
    #expect(Array(message.dropLast()).exactly(NYSERecovery.unavailable) == nil, "one byte short")
    #expect(hex("0e00 2000 b5cf0000 b9cf0000 0b 03").exactly(NYSERecovery.unavailable) == nil, "another type")
  }

  @Test func iexRequestsHaveTheSheetsBytes() {
    let channel = IEXRecovery.Channel(protocolId: 0x8004, channelId: 1, sessionId: 0x4287_0000)
    #expect(
      IEXRecovery.gapFill(request, channel).array
        == hex("01 01 0480 01000000 00008742 01000000  b5cf000000000000 b9cf000000000000"))
    #expect(IEXRecovery.test(channel).array == hex("01 01 0480 01000000 00008742 00000000"))
    let snapshot = IEXRecovery.snapshot(
      SnapshotRequest(throughMinimum: 53_172, attempt: 1), channel, token: RecoveryText("TOKEN")!)
    #expect(
      snapshot.array
        == hex("3900 72 544f4b454e") + [UInt8](repeating: 0x20, count: 35) + hex("01000000 00008742 b4cf000000000000"))
    #expect(snapshot.count == 59)
    #expect(IEXRecovery.limits(.small { $0.requestMessages = 60_000 }).messagesPerRequest == 1_000)
    let reasons: [(String, RecoveryRefusal)] = [
      ("A", .final(.notAuthorized)), ("C", .final(.requestInvalid)), ("E", .busy), ("Q", .final(.allowanceSpent)),
      ("R", .busy), ("S", .final(.sessionUnavailable)), ("U", .final(.requestInvalid)),
    ]
    for (code, refusal) in reasons { #expect(IEXRecovery.refusal(code.utf8.first!) == refusal, "\(code)") }
  }

  @Test func memxRequestsHaveTheSheetsBytes() {
    let session: UInt64 = 0x5553_4531_64E4_86C8
    #expect(MEMXRecovery.heartbeat.array == hex("00 0000"))
    #expect(MEMXRecovery.login(token: RecoveryText("user:pw")!).array == hex("64 0008 50 757365723a7077"))
    #expect(
      MEMXRecovery.replay(request, session: session).array == hex("65 0014 5553453164e486c8 000000000000cfb5 00000005"))
    #expect(MEMXRecovery.replayAll(session: session).array == hex("66 0008 5553453164e486c8"))
    #expect(MEMXRecovery.limits(.small()).requestsInFlight == 1)
    let complete = hex("0010 64 02 0103 0000000000000001 0000000000000102")
    #expect(complete.exactly(MEMXRecovery.snapshotThrough) == 0x102)
    #expect(Array(complete.dropLast()).exactly(MEMXRecovery.snapshotThrough) == nil)
    #expect(hex("0010 0a 02 0103 0000000000000001 0000000000000102").exactly(MEMXRecovery.snapshotThrough) == nil)
  }

  @Test func textsAreBoundedAscii() {
    #expect(RecoveryText(String(repeating: "x", count: 64)) != nil)
    #expect(RecoveryText(String(repeating: "x", count: 65)) == nil && RecoveryText("é") == nil)
    var bytes = RequestBytes()
    bytes.append(RecoveryText("ABCDEFG")!, width: 4)
    #expect(bytes.array == Array("ABCD".utf8))
    for _ in 0..<400 { bytes.append(byte: 1) }
    #expect(bytes.count == RequestBytes.capacity && !bytes.isWhole)
  }
}
