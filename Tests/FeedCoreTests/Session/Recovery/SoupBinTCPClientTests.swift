import Testing

@testable import FeedCore

/// Every cell of the table in `SoupBinTCPClient`, and the bytes of SoupBinTCP 3.00 written out by hand.
@Suite struct SoupBinTCPClientTests {
  private static let accepted1 = hex("001f 41") + Array("SESSION001".utf8) + Array("                   1".utf8)

  private final class Bench {
    var client: SoupBinTCPClient
    init(next: UInt64) {
      client = SoupBinTCPClient(
        login: .init(username: RecoveryText("USER")!, password: RecoveryText("PASS")!), next: next)
    }
    var state: SoupBinTCPClient.State { client.state }
    var next: UInt64 { client.next }
    var nextDue: UInt64 { client.nextDue }
    func connected(now: UInt64) { client.connected(now: now) }
    func disconnected() { client.disconnected() }
    func nextBytes(now: UInt64) -> RequestBytes? { client.nextBytes(now: now) }
    func advance(to now: UInt64) -> SoupBinTCPClient.Event? { client.advance(to: now) }
  }

  private func client(next: UInt64 = 1) -> Bench { Bench(next: next) }

  /// Feeds bytes in pieces and lists the events.
  private func feed(_ bench: Bench, _ bytes: [UInt8], piece: Int = .max, at now: UInt64 = 0) -> [String] {
    var events: [String] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      let part = Array(rest.prefix(min(piece, rest.count)))
      rest = rest.dropFirst(part.exactly { bench.client.receive($0, now: now) })
      while let event = bench.client.nextEvent() { events.append(text(event)) }
    }
    return events
  }

  private func text(_ event: SoupBinTCPClient.Event) -> String {
    switch event {
    case .loggedIn: "loggedIn"
    case .message(let number, let bytes): "\(number):\(String(decoding: bytes, as: UTF8.self))"
    case .ended: "ended"
    case .failed(let failure): failure.name
    }
  }

  @Test func theLoginRequestHasTheSheetsBytes() {
    let c = client()
    #expect(c.nextBytes(now: 0) == nil && c.nextDue == .max)
    c.connected(now: 0)
    #expect(
      c.nextBytes(now: 0)?.array == hex(
        "002f 4c 555345522020 50415353202020202020 20202020202020202020 20202020202020202020202020202020202020 31"))
    #expect(c.nextBytes(now: 0) == nil)
    #expect(SoupBinTCPClient.logout.array == hex("0001 4f"))
  }

  @Test(arguments: [1, 2, 3, 7, 1_000]) func messagesComeOutHoweverTheStreamIsCut(piece: Int) {
    let c = client()
    c.connected(now: 0)
    let stream = Self.accepted1
      + hex("0003 53 4142  0001 48  0001 53  0005 2b 74657374  0002 55 58  0002 53 43  0001 5a")
    #expect(feed(c, stream, piece: piece) == ["loggedIn", "1:AB", "2:", "3:C", "ended"])
    #expect(c.state == .ended && c.next == 4)
    #expect(feed(c, hex("0002 53 44")) == [], "nothing counts after the end")
  }

  @Test func aReconnectionAsksForTheNextNumber() {
    let c = client()
    c.connected(now: 0)
    _ = feed(c, Self.accepted1 + hex("0002 53 41 0002 53"))
    c.disconnected()
    #expect(c.state == .failed(.connectionLost) && c.next == 2)
    c.connected(now: 5)
    #expect(c.nextBytes(now: 5)?.array.suffix(20) == Array("                   2".utf8)[...])
    let again = hex("001f 41") + Array("SESSION001".utf8) + Array("2                   ".utf8)
    #expect(feed(c, again + hex("0002 53 42")) == ["loggedIn", "2:B"], "half a packet is not carried over")
  }

  @Test func aServerWithOtherNumbersIsNotBelieved() {
    for (number, failure) in [("                   3", "sessionUnavailable"), ("                   7", "outOfRange"),
      ("                    ", "malformedAnswer"), ("                  5x", "malformedAnswer"),
      ("                   0", "malformedAnswer"), ("99999999999999999999", "malformedAnswer")]
    {
      let c = client(next: 5)
      c.connected(now: 0)
      #expect(feed(c, hex("001f 41") + Array("SESSION001".utf8) + Array(number.utf8)) == [failure], "\(number)")
    }
  }

  @Test func newMessagesOnlyTakesTheServersNumber() {
    let c = client(next: 0)
    c.connected(now: 0)
    let accepted = hex("001f 41") + Array("1689192121".utf8) + Array("                 135".utf8)
    #expect(feed(c, accepted + hex("0002 53 41")) == ["loggedIn", "135:A"])
  }

  @Test func aRejectedLoginHasAName() {
    for (code, failure) in [("41", "notAuthorized"), ("53", "sessionUnavailable"), ("3f", "sessionUnavailable")] {
      let c = client()
      c.connected(now: 0)
      #expect(feed(c, hex("0002 4a" + code)) == [failure])
      #expect(c.nextDue == .max && c.nextBytes(now: 100 * second) == nil)
    }
  }

  @Test func packetsOutOfPlaceAreMalformed() {
    for bytes in [hex("0002 53 41"), hex("0001 5a"), hex("0000"), hex("0001 4a"), hex("0002 41 31")] {
      let c = client()
      c.connected(now: 0)
      #expect(feed(c, bytes) == ["malformedAnswer"], "before the login: \(bytes)")
    }
    for bytes in [Self.accepted1, hex("0002 4a 41"), hex("0000")] {
      let c = client()
      c.connected(now: 0)
      #expect(feed(c, Self.accepted1 + bytes) == ["loggedIn", "malformedAnswer"], "after it: \(bytes)")
    }
  }

  @Test func theLongestPacketFitsAndTheNextIsReadBehindIt() {
    let c = client()
    c.connected(now: 0)
    let long = [UInt8](repeating: UInt8(ascii: "x"), count: 65_534)
    let events = feed(c, Self.accepted1 + hex("ffff 53") + long + hex("0002 53 41"))
    #expect(events.count == 3 && events[1].count == 65_536 && events[2] == "2:A")
  }

  @Test func heartbeatsLeaveAfterASecondWithoutSending() {
    let c = client()
    c.connected(now: 0)
    _ = c.nextBytes(now: 0)
    _ = feed(c, Self.accepted1)
    #expect(c.nextDue == second && c.nextBytes(now: second - 1) == nil)
    #expect(c.nextBytes(now: second)?.array == hex("0001 52"))
    #expect(c.nextBytes(now: second) == nil && c.nextDue == 2 * second)
  }

  @Test func aServerSilentForFifteenSecondsIsGone() {
    for loggedIn in [false, true] {
      let c = client()
      c.connected(now: 0)
      if loggedIn { _ = feed(c, Self.accepted1, at: 0) }
      #expect(c.advance(to: 15 * second - 1) == nil)
      _ = feed(c, hex("0001 48"), at: 10 * second)
      #expect(c.advance(to: 25 * second - 1) == nil)
      #expect(c.advance(to: 25 * second).map(text) == "serverSilent")
      #expect(c.state == .failed(.serverSilent))
    }
  }

  @Test func glimpseEndsWithTheNextNumberToProcess() {
    let end = hex("47") + Array("00000000000000000042".utf8)
    #expect(end.exactly { GlimpseSnapshot.classify($0) } == .end(through: 41))
    let padded = hex("47") + Array("                  42".utf8)
    #expect(padded.exactly { GlimpseSnapshot.classify($0) } == .end(through: 41))
    #expect(Array(end.dropLast()).exactly { GlimpseSnapshot.classify($0) } == .malformed, "one byte short")
    #expect((hex("47") + Array("00000000000000000000".utf8)).exactly { GlimpseSnapshot.classify($0) } == .malformed)
    #expect(hex("41 00").exactly { GlimpseSnapshot.classify($0) } == .content)
    #expect([UInt8]().exactly { GlimpseSnapshot.classify($0) } == .content, "an empty message is no end")
  }

  @Test func moldRequestsHaveTheSheetsBytes() {
    var name = SessionName()
    name.high = 0x5345_5353_494f_4e30
    name.low = 0x3031
    let request = GapRequest(range: SequenceRange(3, 5), attempt: 1)
    #expect(
      MoldUDP64Request.encode(request, session: name).array == hex("53455353494f4e303031 0000000000000003 0002"))
    let huge = GapRequest(range: SequenceRange(1, .max), attempt: 1)
    #expect(MoldUDP64Request.encode(huge, session: name).array.suffix(2) == hex("fffd")[...])
    #expect(MoldUDP64Request.limits(.small { $0.requestMessages = 70_000 }).messagesPerRequest == 65_533)
  }
}
