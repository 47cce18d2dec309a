import Testing

@testable import FeedCore

/// The arbiter under random scripts of two lines, against the slow model and against what must hold of any run.
@Suite struct LineArbiterModelTests {
  /// A packet on its way: what it says, when it arrives.
  private struct Arrival {
    enum Kind { case data, heartbeat, end, garbage([UInt8]) }
    var at: UInt64
    var line: UInt8
    var session: Int
    var first: UInt64
    var count: UInt64 = 0
    /// Messages that the snap length left, nil = the packet is whole.
    var whole: UInt64?
    var kind = Kind.data
  }

  /// How hostile a script is.
  private struct Weather {
    var loss = 0
    var duplication = 0
    var delayPercent = 0
    var delayMaximum: UInt64 = 0
    var skew: UInt64 = 0
  }

  private static let window: UInt64 = 1_000

  private static func text(_ session: Int, _ number: UInt64) -> [UInt8] { Array("\(session):\(number)".utf8) }

  /// One line's packets of one session, cut at random, in weather.
  private static func line(
    _ line: UInt8, session: Int, from start: UInt64, sent: [UInt64], _ weather: Weather,
    _ random: inout SessionRandom
  ) -> [Arrival] {
    var arrivals: [Arrival] = []
    var index = 0
    while index < sent.count {
      let count = min(random.int(1...6), sent.count - index)
      let skew = weather.skew > 0 ? UInt64(random.int(0...Int(weather.skew))) : 0
      // A packet leaves when its last message was sent.
      let packet = Arrival(
        at: sent[index + count - 1] + skew, line: line, session: session, first: start + UInt64(index),
        count: UInt64(count))
      index += count
      if random.chance(weather.loss) { continue }
      for _ in 0..<(random.chance(weather.duplication) ? 2 : 1) {
        var copy = packet
        if random.chance(weather.delayPercent) { copy.at += UInt64(random.int(0...Int(weather.delayMaximum))) }
        arrivals.append(copy)
      }
    }
    return arrivals
  }

  private static func times(_ count: Int, from start: UInt64, _ random: inout SessionRandom) -> [UInt64] {
    var time = start
    return (0..<count).map { _ in
      time += UInt64(random.int(0...150))
      return time
    }
  }

  /// Runs a script, in order of arrival, and forgets the memory of the arbiter's batch at random.
  private static func run(_ arrivals: [Arrival], _ feed: SessionHarness, _ random: inout SessionRandom) {
    for arrival in arrivals {
      let session = "S\(arrival.session)"
      let payload: [UInt8]
      var keep: Int?
      switch arrival.kind {
      case .data:
        let messages = (0..<arrival.count).map { text(arrival.session, arrival.first + $0) }
        payload = Mold.packet(session, arrival.first, messages)
        keep = arrival.whole.map { 20 + Mold.blocks(Array(messages[..<Int($0)])).count }
      case .heartbeat: payload = Mold.heartbeat(session, arrival.first)
      case .end: payload = Mold.end(session, arrival.first)
      case .garbage(let bytes): payload = bytes
      }
      feed.send(payload, line: arrival.line, at: arrival.at, keep: keep, flush: random.chance(50))
    }
    feed.finish()
  }

  private static func sorted(_ arrivals: [Arrival]) -> [Arrival] {
    let order = arrivals.indices.sorted { (arrivals[$0].at, $0) < (arrivals[$1].at, $1) }
    return order.map { arrivals[$0] }
  }

  /// Session and number of each delivered message, checked against the bytes they must have.
  private static func numbers(_ feed: SessionHarness) -> [(session: Int, number: UInt64, at: UInt64)] {
    feed.sink.events.compactMap { event in
      guard case .message(let bytes, let at, _) = event else { return nil }
      let parts = String(decoding: bytes, as: UTF8.self).split(separator: ":")
      return (Int(parts[0])!, UInt64(parts[1])!, at)
    }
  }

  /// Every other feed at random is of packets whose bytes go.
  private static func makeFeed(packets: Int = 1_024, _ random: inout SessionRandom) -> SessionHarness {
    SessionHarness(retainedBytes: random.chance(50) ? 65_536 : nil) {
      $0.reorderWindowNanoseconds = window
      $0.reorderWindowPackets = packets
      $0.silenceNanoseconds = 1 << 60
    }
  }

  // MARK: - The exact model

  @Test func everyDeliveryEqualsTheSlowModel() {
    let seed = SessionRandom.seed()
    var random = SessionRandom(seed: seed)
    for round in 0..<400 {
      let start = random.chance(70) ? 1 : UInt64(random.int(0...50))
      let sent = Self.times(random.int(1...80), from: 100, &random)
      let weather = Weather(
        loss: random.int(0...40), duplication: random.int(0...30), delayPercent: random.int(0...40),
        delayMaximum: UInt64(random.int(0...3_000)), skew: UInt64(random.int(0...900)))
      var arrivals = Self.line(0, session: 1, from: start, sent: sent, weather, &random)
      if random.chance(80) { arrivals += Self.line(1, session: 1, from: start, sent: sent, weather, &random) }
      // Heartbeats, further apart than a window, as on a real line.
      var at: UInt64 = 0
      while random.chance(60), at < sent.last! {
        at += 2 * Self.window + UInt64(random.int(0...3_000))
        arrivals.append(
          Arrival(
            at: at, line: 0, session: 1, first: start + UInt64(sent.filter { $0 <= at }.count), kind: .heartbeat))
      }
      arrivals = Self.sorted(arrivals)
      guard let last = arrivals.last?.at else { continue }

      var model = SessionModel(window: Self.window)
      for arrival in arrivals { model.arrive(first: arrival.first, count: arrival.count, at: arrival.at) }
      let stateBefore = model.isWaiting
      model.finish(at: last)

      let feed = Self.makeFeed(&random)
      Self.run(arrivals, feed, &random)
      let note: Comment = "seed \(seed), round \(round), waiting at the end: \(stateBefore)"
      let delivered = Self.numbers(feed).map { SessionModel.Delivery(number: $0.number, at: $0.at) }
      #expect(delivered == model.delivered, note)
      #expect(feed.arbiter.next == model.next, note)
      #expect(feed.counters[.messagesLost] == UInt64(model.lost), note)
      #expect(feed.counters[.gaps] == UInt64(model.gaps), note)
      #expect(feed.counters[.duplicates] == UInt64(model.duplicates), note)
      #expect(feed.counters[.lineDisagreement] == 0 && feed.counters[.malformed] == 0, note)
      let trust: BookState = model.lost > 0 ? .untrusted : model.startsLate ? .lateStart : .ok
      #expect(feed.arbiter.published == trust, note)
      if delivered != model.delivered { return }
    }
  }

  // MARK: - What arrives in time is not lost

  @Test func whatOneLineBringsWithinTheWindowIsNeverLost() {
    let seed = SessionRandom.seed()
    var random = SessionRandom(seed: seed)
    for round in 0..<300 {
      let count = random.int(1...120)
      let sent = Self.times(count, from: 100, &random)
      let lossy = Weather(
        loss: random.int(0...90), duplication: 20, delayPercent: 30, delayMaximum: 5_000, skew: 300)
      // The good line loses nothing; it is at most 1,000 ns - 1 behind the other's news of a number: its packets
      // leave up to 5 messages later (750 ns), and travel 249 ns.
      let arrivals = Self.sorted(
        Self.line(0, session: 1, from: 1, sent: sent, lossy, &random)
          + Self.line(1, session: 1, from: 1, sent: sent, Weather(skew: 249), &random))
      let feed = Self.makeFeed(&random)
      Self.run(arrivals, feed, &random)
      let note: Comment = "seed \(seed), round \(round)"
      #expect(Self.numbers(feed).map(\.number) == Array(1...UInt64(count)), note)
      #expect(feed.counters[.messagesLost] == 0 && feed.counters[.gaps] == 0, note)
      #expect(feed.arbiter.state == .live && feed.arbiter.published == .ok, note)
    }
  }

  // MARK: - Invariants of any run

  @Test func whateverArrivesTheStreamIsInOrderOnceAndAccountedFor() {
    let seed = SessionRandom.seed()
    var random = SessionRandom(seed: seed)
    for round in 0..<400 {
      var arrivals: [Arrival] = []
      var begin: UInt64 = 100
      for session in 1...random.int(1...4) {
        let first = random.chance(80) ? 1 : UInt64(random.int(2...100))
        let sent = Self.times(random.int(1...60), from: begin, &random)
        let end = first + UInt64(sent.count)
        for line in 0...1 as ClosedRange<UInt8> {
          let weather = Weather(
            loss: random.int(0...50), duplication: random.int(0...30), delayPercent: random.int(0...50),
            delayMaximum: UInt64(random.int(0...4_000)), skew: UInt64(random.int(0...900)))
          arrivals += Self.line(line, session: session, from: first, sent: sent, weather, &random)
          for _ in 0..<random.int(0...6) {
            let at = begin + UInt64(random.int(0...Int(sent.last! - begin)))
            arrivals.append(
              Arrival(
                at: at, line: line, session: session, first: first + UInt64(sent.filter { $0 <= at }.count),
                kind: .heartbeat))
          }
          if random.chance(50) {
            arrivals.append(
              Arrival(
                at: sent.last! + UInt64(random.int(0...900)), line: line, session: session, first: end, kind: .end))
          }
        }
        // The lines may disagree about which of two sessions it is, not of three.
        let ofSessionBefore = arrivals.filter { $0.session < session }.map(\.at).max() ?? 0
        begin = max(ofSessionBefore, sent.last! + UInt64(random.int(0...5_000)))
      }
      for index in arrivals.indices where random.chance(10) && arrivals[index].count > 0 {
        arrivals[index].whole = UInt64(random.int(0...Int(arrivals[index].count - 1)))
      }
      for _ in 0..<random.int(0...10) {
        let bytes = (0..<random.int(0...60)).map { _ in UInt8.random(in: 0...255, using: &random) }
        let at = UInt64(random.int(0...Int(begin)))
        arrivals.append(Arrival(at: at, line: 0, session: 1, first: 0, kind: .garbage(bytes)))
      }
      arrivals = Self.sorted(arrivals)
      let packets = random.chance(50) ? 1_024 : random.int(1...5)
      let feed = Self.makeFeed(packets: packets, &random)
      Self.run(arrivals, feed, &random)
      if !checkInvariants(arrivals, feed, "seed \(seed), round \(round)") { return }
    }
  }

  /// False stops the test: a wrong stream breaks every count after it.
  private func checkInvariants(_ arrivals: [Arrival], _ feed: SessionHarness, _ note: Comment) -> Bool {
    let numbers = Self.numbers(feed)
    // In order, each once, with the bytes of the original (the text names session and number).
    var lastNumber: [Int: UInt64] = [:]
    var lastSession = 0
    var clock: UInt64 = 0
    var isRight = true
    for (session, number, at) in numbers {
      let isFirst = session != lastSession
      isRight = isRight && (isFirst ? lastNumber[session] == nil : number > lastNumber[session]!) && at >= clock
      lastNumber[session] = number
      lastSession = session
      clock = at
    }
    #expect(isRight, note)
    #expect(feed.sink.events.map(\.time) == feed.sink.events.map(\.time).sorted(), note)

    // Every whole message that arrived was delivered, dropped as a copy, or stood in a packet that was refused.
    let whole = arrivals.reduce(UInt64(0)) { $0 + ($1.whole ?? $1.count) }
    let accounted = UInt64(numbers.count) + feed.counters[.duplicates]
    #expect(accounted <= whole, note)
    if feed.counters[.staleSessionPackets] == 0, feed.counters[.sequenceJumpsRefused] == 0 {
      #expect(accounted == whole, note)
    }
    // With one session: delivered and lost are all numbers from the first to the highest that was spoken of.
    if arrivals.allSatisfy({ $0.session == 1 }), feed.arbiter.isOpen {
      let highest = arrivals.map { $0.first + $0.count }.max()!
      let first = feed.arbiter.next - UInt64(numbers.count) - feed.counters[.messagesLost]
      #expect(feed.arbiter.next == highest, note)
      #expect(numbers.first.map { $0.number >= first } ?? true, note)
      #expect(first == 1 || feed.arbiter.published != .ok, note)
    }
    #expect((feed.counters[.gaps] == 0) == (feed.counters[.messagesLost] == 0), note)
    #expect(feed.counters[.lineDisagreement] == 0, note)
    #expect(feed.arbiter.state != .waiting && feed.arbiter.state != .joining, note)
    return isRight
  }
}
