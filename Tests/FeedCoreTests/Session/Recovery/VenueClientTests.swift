import Testing

@testable import FeedCore

/// The clients of the venues' recovery servers, cell by cell, over bytes written out by hand and cut anywhere.
@Suite struct VenueClientTests {
  private func pieces(_ bytes: [UInt8], _ size: Int) -> [[UInt8]] {
    stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min($0 + size, bytes.count)]) }
  }

  // MARK: Cboe

  private static let cboeAccepted = hex("0b00 01 00 00000000  03 02 41")
  private static let cboeLogin = CboeRecovery.Login(
    sessionSubId: RecoveryText("0001")!, username: RecoveryText("FIRM")!, password: RecoveryText("PASS")!)

  private func cboe(_ bytes: [UInt8], piece: Int = 1_000) -> (events: [String], state: CboeRecoveryClient.State) {
    var client = CboeRecoveryClient()
    _ = client.connected(Self.cboeLogin, now: 0)
    var events: [String] = []
    for part in pieces(bytes, piece) {
      _ = part.exactly { client.receive($0, now: 0) }
      while let event = client.nextEvent() {
        switch event {
        case .loggedIn: events.append("loggedIn")
        case .gapResponse(let unit, let sequence, let count, let status):
          events.append("gap \(unit) \(sequence) \(count) \(Character(UnicodeScalar(status)))")
        case .spinAvailable(let sequence): events.append("available \(sequence)")
        case .spinResponse(let sequence, let count, let status):
          events.append("spin \(sequence) \(count) \(Character(UnicodeScalar(status)))")
        case .spinFinished(let sequence): events.append("finished \(sequence)")
        case .message(let message): events.append("message \(message.count)")
        case .failed(let failure): events.append(failure.name)
        }
      }
    }
    return (events, client.state)
  }

  @Test(arguments: [1, 3, 11, 1_000]) func cboeAnswersAreReadHoweverTheStreamIsCut(piece: Int) {
    let stream = Self.cboeAccepted + hex("0800 00 00 00000000")
      + hex("1200 01 00 00000000  0a 04 07 b5cf0000 0500 41")
      + hex("0e00 01 00 00000000  06 80 98bb0400") + hex("1300 01 00 00000000  0b 82 98bb0400 02000000 41")
      + hex("1a00 03 00 00000000  06 20 01000000  06 20 02000000  06 83 98bb0400")
    #expect(
      cboe(stream, piece: piece).events
        == ["loggedIn", "gap 7 53173 5 A", "available 310168", "spin 310168 2 A", "message 6", "message 6",
          "finished 310168"])
  }

  @Test func cboeRejectionsAndContradictionsHaveNames() {
    #expect(cboe(hex("0b00 01 00 00000000 03 02 4e")).events == ["notAuthorized"])
    #expect(cboe(hex("0b00 01 00 00000000 03 02 42")).events == ["sessionUnavailable"])
    #expect(cboe(hex("0b00 01 00 00000000 03 02 53")).events == ["sessionUnavailable"])
    let malformed = [
      hex("0700 00 00 00000000"),  // shorter than its header
      hex("0900 00 00 00000000 00"),  // bytes behind the last message
      hex("0a00 01 00 00000000 0302"),  // a message longer than its block
      hex("0900 01 00 00000000 00"),  // a message without a type
      hex("0a00 01 00 00000000 0202"),  // Login Response one byte short
      hex("1200 01 00 00000000 0a 04 07 b5cf0000 0500 41"),  // before the login's answer
    ]
    for bytes in malformed { #expect(cboe(bytes).events == ["malformedAnswer"], "\(bytes)") }
    for bytes in [
      Self.cboeAccepted, hex("1100 01 00 00000000 09 04 07 b5cf0000 0500"), hex("0d00 01 00 00000000 05 80 98bb04"),
      hex("1200 01 00 00000000 0a 82 98bb0400 02000000"), hex("0d00 01 00 00000000 05 83 98bb04"),
    ] {
      #expect(cboe(Self.cboeAccepted + bytes).events == ["loggedIn", "malformedAnswer"], "\(bytes)")
    }
  }

  @Test func cboeHeartbeatsAndSilence() {
    var client = CboeRecoveryClient()
    _ = client.connected(Self.cboeLogin, now: 0)
    let early = client.nextBytes(now: 4 * second - 1)
    let due = client.nextBytes(now: 4 * second)
    #expect(early == nil && due?.array == hex("0800 00 00 00000000") && client.nextDue == 8 * second)
    let alive = client.advance(to: 10 * second - 1)
    let silent = client.advance(to: 10 * second)
    #expect(alive == nil && silent != nil && client.state == .failed(.serverSilent) && client.nextDue == .max)
    client.disconnected()
    #expect(client.state == .failed(.serverSilent))
    _ = client.connected(Self.cboeLogin, now: 0)
    client.disconnected()
    #expect(client.state == .failed(.connectionLost))
  }

  @Test func aSpinImageIsChosenCheckedAndJoined() {
    let settings = RecoverySettings.small()
    var join = SnapshotJoin(limits: RecoveryLimits(settings), settings: settings)
    join.begin(now: 0)
    join.liveNext(100, now: 0)
    var spin = CboeSpin()
    spin.want(join.nextRequest(now: 0)!)
    func outcome(_ event: CboeRecoveryClient.Event) -> String {
      switch spin.take(event, into: &join, now: 0) {
      case .none: "none"
      case .send(let bytes): bytes.array.map { String($0, radix: 16) }.joined(separator: ".")
      case .clear: "clear"
      case .apply(let message): "apply \(message.count)"
      }
    }
    let add = hex("1a 22 00000000 0100000000000000 42 0100 414141202020 0a00 01")
    let early = outcome(.spinAvailable(sequence: 98))
    let chosen = outcome(.spinAvailable(sequence: 99))
    let again = outcome(.spinAvailable(sequence: 100))
    #expect(early == "none" && chosen == "e.0.1.0.0.0.0.0.6.81.63.0.0.0" && again == "none")
    let cleared = outcome(.spinResponse(sequence: 101, orderCount: 1, status: UInt8(ascii: "A")))
    let applied = add.exactly { outcome(.message($0)) }
    #expect(cleared == "clear" && applied == "apply 26")
    _ = outcome(.spinFinished(sequence: 99))
    #expect(join.state == .synchronised && join.through == 101, "the server chose a later image")
  }

  @Test func aSpinImageWithTooFewOrdersIsNotJoined() {
    let settings = RecoverySettings.small()
    var join = SnapshotJoin(limits: RecoveryLimits(settings), settings: settings)
    join.begin(now: 0)
    join.liveNext(100, now: 0)
    var spin = CboeSpin()
    spin.want(join.nextRequest(now: 0)!)
    _ = spin.take(.spinAvailable(sequence: 99), into: &join, now: 0)
    _ = spin.take(.spinResponse(sequence: 99, orderCount: 1, status: UInt8(ascii: "A")), into: &join, now: 0)
    _ = spin.take(.spinFinished(sequence: 99), into: &join, now: 0)
    #expect(join.state == .wanted && join.counters[.snapshotsFailed] == 1)
    spin.want(join.nextRequest(now: second)!)
    _ = spin.take(.spinAvailable(sequence: 99), into: &join, now: second)
    _ = spin.take(.spinResponse(sequence: 99, orderCount: 0, status: UInt8(ascii: "S")), into: &join, now: second)
    #expect(join.state == .wanted, "spin in process")
  }

  // MARK: NYSE

  private static let nyse = NYSERecovery.Client(sourceId: RecoveryText("FEEDH01")!, productId: 11, channelId: 3)
  /// Request Response to our packet `sequence`.
  private func response(_ sequence: String, status: String) -> [UInt8] {
    hex("2d00 0b 01 01000000 00000000 00000000  1d00 0b00 \(sequence) b5cf0000 b9cf0000")
      + hex("46454544483031000000 0b 03 \(status)")
  }

  private func events(
    _ client: inout NYSERequestClient, _ bytes: [UInt8], piece: Int = 1_000
  ) -> [NYSERequestClient.Event] {
    var list: [NYSERequestClient.Event] = []
    for part in pieces(bytes, piece) {
      _ = part.exactly { client.receive($0, now: 0) }
      while let event = client.nextEvent() { list.append(event) }
    }
    return list
  }

  @Test(arguments: [1, 5, 1_000]) func nyseResponsesAreToldApartByOurSequenceNumber(piece: Int) {
    var client = NYSERequestClient(client: Self.nyse)
    client.connected(now: 0)
    _ = client.retransmission(GapRequest(range: SequenceRange(53_173, 53_178), attempt: 1), now: 0)
    _ = client.refresh(symbolIndex: 77, now: 0)
    _ = client.symbolIndexMapping(symbolIndex: 0, now: 0)
    let list = events(
      &client,
      response("02000000", status: "30") + response("01000000", status: "36") + response("01000000", status: "30")
        + response("03000000", status: "37") + response("99000000", status: "30"), piece: piece)
    #expect(
      list == [
        .response(.refresh, first: 77, refusal: nil),
        .response(.retransmission, first: 53_173, refusal: .final(.outOfRange)), .unmatched,
        .response(.mapping, first: 0, refusal: .final(.requestInvalid)), .unmatched,
      ])
  }

  @Test func nyseHeartbeatsAreAnsweredAndSilenceEnds() {
    var client = NYSERequestClient(client: Self.nyse)
    client.connected(now: 0)
    _ = events(&client, hex("1000 01 00 05000000 00000000 00000000"))
    #expect(client.nextDue == 0)
    let answer = client.nextBytes(now: 0)
    let again = client.nextBytes(now: 0)
    #expect(
      answer?.array == hex("1e00 0b 01 01000000 00000000 00000000  0e00 0c00 46454544483031000000") && again == nil)
    let alive = client.advance(to: 150 * second - 1)
    let silent = client.advance(to: 150 * second)
    #expect(alive == nil && silent == .failed(.serverSilent))
  }

  @Test func nyseContradictionsAreMalformed() {
    for bytes in [
      hex("0f00 0b 00 01000000 00000000 00000000"), hex("1200 0b 01 01000000 00000000 00000000 0400"),
      hex("1400 0b 01 01000000 00000000 00000000 0300 0b00"), hex("1400 0b 01 01000000 00000000 00000000 0500 0b00"),
      hex("1400 0b 00 01000000 00000000 00000000 0400 0b00"), hex("1400 0b 01 01000000 00000000 00000000 0400 0b00"),
    ] {
      var client = NYSERequestClient(client: Self.nyse)
      client.connected(now: 0)
      let list = events(&client, bytes)
      #expect(list == [.failed(.malformedAnswer)], "\(bytes)")
    }
    var client = NYSERequestClient(client: Self.nyse)
    client.connected(now: 0)
    let unknown = events(&client, hex("1400 0b 01 01000000 00000000 00000000 0400 ff00"))
    #expect(unknown == [] && client.state == .open, "an unknown message is skipped by its length")
    client.disconnected()
    #expect(client.state == .failed(.connectionLost))
  }

  // MARK: IEX

  private static let iex = IEXRecovery.Channel(protocolId: 0x8005, channelId: 1, sessionId: 0x4287_0000)
  /// SnapshotData with one message of three bytes.
  private static let iexData = hex("2e00 64 0100 0580 01000000 00008742 0500 0100") + [UInt8](repeating: 0, count: 24)
    + hex("0300 414243")

  private func snap(_ bytes: [UInt8], piece: Int = 1_000) -> [String] {
    var client = IEXSnapshotClient(channel: Self.iex)
    _ = client.connected(SnapshotRequest(throughMinimum: 0, attempt: 1), token: RecoveryText("T")!)
    var list: [String] = []
    for part in pieces(bytes, piece) {
      _ = part.exactly { client.receive($0) }
      while let event = client.nextEvent() {
        switch event {
        case .refused(let refusal): list.append("refused \(refusal)")
        case .began: list.append("began")
        case .message(let message): list.append(String(decoding: message, as: UTF8.self))
        case .ended(let through): list.append("through \(through)")
        case .failed(let failure): list.append(failure.name)
        }
      }
    }
    return list
  }

  @Test(arguments: [1, 7, 1_000]) func snapshotsAreReadHoweverTheStreamIsCut(piece: Int) {
    #expect(Self.iexData.count == 48)
    // 2 × 48 bytes of data and 11 of the end.
    let stream = hex("0900 73 6b00000000000000") + Self.iexData + Self.iexData + hex("0900 78 0a01000000000000")
    #expect(snap(stream, piece: piece) == ["began", "ABC", "ABC", "through 266"])
  }

  @Test func snapshotsThatAreNotWholeAreNamed() {
    let end = hex("0900 78 0a01000000000000")
    #expect(snap(hex("0900 73 6b00000000000000") + Self.iexData + end) == ["began", "ABC", "snapshotIncomplete"])
    #expect(snap(hex("0200 65 52")) == ["refused busy"])
    #expect(snap(Self.iexData) == ["malformedAnswer"] && snap(end) == ["malformedAnswer"])
    #expect(snap(hex("0000")) == ["malformedAnswer"] && snap(hex("0100 65")) == ["malformedAnswer"])
    #expect(snap(hex("0900 73 6b00000000000000 0900 73 6b00000000000000")) == ["began", "malformedAnswer"])
    var other = Self.iexData
    other[7] = 2
    #expect(snap(hex("0900 73 6b00000000000000") + other) == ["began", "malformedAnswer"], "another channel")
    var short = Self.iexData
    short[43] = 4
    #expect(snap(hex("0900 73 6b00000000000000") + short) == ["began", "malformedAnswer"])
    #expect(snap(hex("0200 3f 00") + hex("0200 65 41")).count == 1, "an unknown type is skipped")
  }

  // MARK: MEMX

  private func memx(_ bytes: [UInt8], mode: MEMXRecoveryClient.Mode = .replay, piece: Int = 1_000) -> [String] {
    var client = MEMXRecoveryClient(mode: mode, session: 0x5553_4531_64E4_86C8)
    _ = client.connected(token: RecoveryText("user:pw")!, now: 0)
    var list: [String] = []
    for part in pieces(bytes, piece) {
      _ = part.exactly { client.receive($0, now: 0) }
      while let event = client.nextEvent() {
        switch event {
        case .ready: list.append("ready")
        case .began(let next, let count): list.append("began \(next) \(count)")
        case .rejected: list.append("rejected")
        case .message(let number, let message): list.append("\(number):\(String(decoding: message, as: UTF8.self))")
        case .ended: list.append("ended")
        case .failed(let failure): list.append(failure.name)
        }
      }
    }
    return list
  }

  @Test(arguments: [1, 4, 1_000]) func replaysAreReadHoweverTheStreamIsCut(piece: Int) {
    let stream = hex("01 0001 52  03 0008 5553453164e486c8  00 0000  05 000c 0000000000000102 00000002")
      + hex("0b 0002 4142  00 0000  0b 0000  07 0004 00000002  06 0001 52")
    #expect(memx(stream, piece: piece) == ["ready", "began 258 2", "258:AB", "259:", "ended", "rejected"])
  }

  @Test func memxContradictionsHaveNames() {
    #expect(memx(hex("02 0001 54")) == ["notAuthorized"])
    #expect(memx(hex("01 0001 54")) == ["requestInvalid"], "mode T where R was wanted")
    #expect(memx(hex("03 0008 5553453164e486c9")) == ["sessionUnavailable"])
    #expect(memx(hex("01 0001 52 04 0000")) == ["ready", "sessionUnavailable"])
    for bytes in [hex("05 000c 0000000000000102 00000002"), hex("0b 0000"), hex("07 0004 00000000"), hex("01 0000"),
      hex("03 0007 5553453164e486"), hex("06 0001 52")]
    {
      #expect(memx(bytes) == ["malformedAnswer"], "\(bytes)")
    }
    let begun = hex("01 0001 52 05 000c 0000000000000102 00000002")
    #expect(memx(begun + hex("0b 0000 07 0004 00000002")).last == "snapshotIncomplete")
    #expect(memx(begun + hex("05 000c 0000000000000102 00000002")).last == "malformedAnswer")
    #expect(memx(begun + hex("63 0003 000000 0b 0000")).last == "258:", "an unknown type is skipped")
  }

  @Test func memxHeartbeatsAndSilence() {
    var client = MEMXRecoveryClient(mode: .replay, session: 1)
    _ = client.connected(token: RecoveryText("u:p")!, now: 0)
    let early = client.nextBytes(now: second - 1)
    let due = client.nextBytes(now: second)
    let silent = client.advance(to: 15 * second)
    #expect(early == nil && due?.array == hex("00 0000") && silent != nil)
    #expect(client.state == .failed(.serverSilent) && client.nextDue == .max)
  }
}
