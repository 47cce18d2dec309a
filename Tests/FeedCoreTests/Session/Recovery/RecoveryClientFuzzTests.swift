import Testing

@testable import FeedCore

/// Damaged streams: whatever a server sends, a client reads within its bounds, ends in a named state, and takes every
/// byte it is given.
@Suite struct RecoveryClientFuzzTests {
  private static let soup = hex("001f 41") + Array("SESSION001".utf8) + Array("                   1".utf8)
    + hex("0003 53 4142  0001 48  0001 53  0005 2b 74657374  0001 5a")
  private static let cboe = hex("0b00 01 00 00000000  03 02 41  0800 00 00 00000000")
    + hex("1200 01 00 00000000  0a 04 07 b5cf0000 0500 41  0e00 01 00 00000000  06 80 98bb0400")
    + hex("1300 01 00 00000000  0b 82 98bb0400 02000000 41  1a00 03 00 00000000  06 20 01000000  06 20 02000000")
    + hex("06 83 98bb0400")
  private static let nyse = hex("1000 01 00 05000000 00000000 00000000")
    + hex("2d00 0b 01 01000000 00000000 00000000  1d00 0b00 01000000 b5cf0000 b9cf0000 46454544483031000000 0b 03 30")
  private static let iex = hex("0900 73 3b00000000000000") + hex("2e00 64 0100 0580 01000000 00008742 0500 0100")
    + [UInt8](repeating: 0, count: 24) + hex("0300 414243  0900 78 0a01000000000000")
  private static let memx = hex("01 0001 52  03 0008 5553453164e486c8  00 0000  05 000c 0000000000000102 00000002")
    + hex("0b 0002 4142  0b 0000  07 0004 00000002")

  /// Copies of a stream, one after another, damaged and cut at random.
  private func damaged(_ stream: [UInt8], _ random: inout SessionRandom) -> [[UInt8]] {
    var bytes = stream
    for _ in 0..<random.int(0...4) { bytes[random.int(0...(bytes.count - 1))] = UInt8(random.int(0...255)) }
    if random.chance(30) { bytes.removeSubrange(random.int(0...(bytes.count - 1))...) }
    var pieces: [[UInt8]] = []
    while !bytes.isEmpty {
      let count = random.int(1...bytes.count)
      pieces.append(Array(bytes.prefix(count)))
      bytes.removeFirst(count)
    }
    return pieces
  }

  @Test func noStreamCrashesAClient() {
    let seed = SessionRandom.seed()
    var random = SessionRandom(seed: seed)
    let login = SoupBinTCPClient.Login(username: RecoveryText("U")!, password: RecoveryText("P")!)
    var soup = SoupBinTCPClient(login: login)
    var cboe = CboeRecoveryClient()
    var nyse = NYSERequestClient(
      client: NYSERecovery.Client(sourceId: RecoveryText("FEEDH01")!, productId: 11, channelId: 3))
    var iex = IEXSnapshotClient(
      channel: IEXRecovery.Channel(protocolId: 0x8005, channelId: 1, sessionId: 0x4287_0000))
    var memx = MEMXRecoveryClient(mode: .replay, session: 0x5553_4531_64E4_86C8)
    var whole = 0
    for round in 0..<2_000 {
      let note: Comment = "seed \(seed), round \(round)"
      soup.disconnected()
      soup.rewind(to: 1)
      soup.connected(now: 0)
      for piece in damaged(Self.soup, &random) {
        let taken = piece.exactly { soup.receive($0, now: 0) }
        #expect(taken == piece.count, note)
        while let event = soup.nextEvent() { if case .ended = event { whole += 1 } }
      }
      _ = cboe.connected(
        CboeRecovery.Login(
          sessionSubId: RecoveryText("1")!, username: RecoveryText("F")!, password: RecoveryText("P")!), now: 0)
      for piece in damaged(Self.cboe, &random) {
        let taken = piece.exactly { cboe.receive($0, now: 0) }
        #expect(taken == piece.count, note)
        while let event = cboe.nextEvent() { if case .message(let message) = event { #expect(message.count >= 2) } }
      }
      nyse.connected(now: 0)
      _ = nyse.retransmission(GapRequest(range: SequenceRange(1, 2), attempt: 1), now: 0)
      for piece in damaged(Self.nyse, &random) {
        let taken = piece.exactly { nyse.receive($0, now: 0) }
        #expect(taken == piece.count, note)
        while nyse.nextEvent() != nil {}
      }
      _ = iex.connected(SnapshotRequest(throughMinimum: 0, attempt: 1), token: RecoveryText("T")!)
      for piece in damaged(Self.iex, &random) {
        let taken = piece.exactly { iex.receive($0) }
        #expect(taken == piece.count, note)
        while let event = iex.nextEvent() { if case .ended = event { whole += 1 } }
      }
      _ = memx.connected(token: RecoveryText("u:p")!, now: 0)
      for piece in damaged(Self.memx, &random) {
        let taken = piece.exactly { memx.receive($0, now: 0) }
        #expect(taken == piece.count, note)
        while let event = memx.nextEvent() { if case .ended = event { whole += 1 } }
      }
    }
    #expect(whole > 500, "seed \(seed): damage must not hide what an undamaged stream does")
  }
}
