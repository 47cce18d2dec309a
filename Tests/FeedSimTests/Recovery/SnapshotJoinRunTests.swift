import Testing

@testable import FeedCore
@testable import FeedSim

/// A late start on a lossy line joins each venue's snapshot: the book then holds every message once and in order, or
/// the join was given up by name.
@Suite struct SnapshotJoinRunTests {
  enum Kind: String, CaseIterable, Sendable { case glimpse, cboe, iex, memx }

  /// One venue's snapshot connection, wired up as a caller would.
  private final class Bench {
    let kind: Kind
    var history = SimulatedHistory()
    var join: SnapshotJoin
    var glimpse: GlimpseServer
    var cboe: CboeRecoveryServer
    var iex: IEXRecoveryServer
    var memx: MEMXRecoveryServer
    var soupClient: SoupBinTCPClient
    var cboeClient = CboeRecoveryClient()
    var spin = CboeSpin()
    var iexClient: IEXSnapshotClient
    var memxClient = MEMXRecoveryClient(mode: .snapshot, session: MEMXVenue.session)
    /// Of the newest connection; answers of older ones are not for it.
    var connection = 0
    /// Numbers in the book, in order of being applied.
    var book: [UInt64] = []
    private static let channel = IEXRecovery.Channel(protocolId: 0x8005, channelId: 1, sessionId: 0x4287_0000)

    init(_ kind: Kind, _ faults: RecoveryFaults, settings: RecoverySettings) {
      self.kind = kind
      join = SnapshotJoin(limits: RecoveryLimits(settings), settings: settings)
      glimpse = GlimpseServer(faults: faults)
      cboe = CboeRecoveryServer(unit: 7, faults: faults)
      iex = IEXRecoveryServer(protocolId: 0x8005, channelId: 1, sessionId: 0x4287_0000, faults: faults)
      memx = MEMXRecoveryServer(session: MEMXVenue.session, isSnapshot: true, faults: faults)
      soupClient = SoupBinTCPClient(
        login: .init(username: RecoveryText("USER")!, password: RecoveryText("PASS")!))
      iexClient = IEXSnapshotClient(channel: Self.channel)
    }

    func message(_ number: UInt64) -> [UInt8] {
      switch kind {
      case .glimpse, .iex: numbered([0x41], number)
      case .cboe: numbered([10, 0x21], number)
      case .memx: numbered([0, 12, 10, 2, 1, 3], number)
      }
    }

    private var through: UInt64 { history.next - 1 }
    private func image(through: UInt64) -> [[UInt8]] { (0..<through).map { message($0 + 1) } }

    func ask(_ request: SnapshotRequest, now: UInt64) -> [SimulatedAnswer] {
      connection += 1
      switch kind {
      case .glimpse:
        glimpse.connected()
        soupClient.disconnected()
        soupClient.rewind(to: 1)
        soupClient.connected(now: now)
        guard let login = soupClient.nextBytes(now: now) else { return [] }
        return glimpse.receive(login.array, through: through, snapshot: image(through: through), at: now)
      case .cboe:
        cboe.connected()
        spin.want(request)
        let login = CboeRecovery.Login(
          sessionSubId: RecoveryText("0001")!, username: RecoveryText("FIRM")!, password: RecoveryText("PASS")!)
        return toCboe(cboeClient.connected(login, now: now), now: now)
      case .iex:
        iex.connected()
        let bytes = iexClient.connected(request, token: RecoveryText("TOKEN")!)
        return iex.snapshot(bytes.array, through: through, messages: image(through: through), at: now)
      case .memx:
        memx.connected()
        return toMEMX(memxClient.connected(token: RecoveryText("user:pw")!, now: now), now: now)
      }
    }

    private func toCboe(_ bytes: RequestBytes, now: UInt64) -> [SimulatedAnswer] {
      cboe.receive(bytes.array, history: history, image: { self.image(through: $0) }, at: now)
    }
    private func toMEMX(_ bytes: RequestBytes, now: UInt64) -> [SimulatedAnswer] {
      let held = through
      return memx.receive(
        bytes.array, history: history, snapshot: { (held, self.image(through: held)) }, at: now)
    }

    /// Bytes of the current connection.
    func receive(_ answer: SimulatedAnswer, now: UInt64) -> [SimulatedAnswer] {
      var answers: [SimulatedAnswer] = []
      var clear = false
      func apply(_ bytes: UnsafeRawBufferPointer) { book.append(number(of: bytes)) }
      func clearBook() {
        if clear { book = [] }
        clear = false
      }
      if answer.way == .closed {
        soupClient.disconnected()
        cboeClient.disconnected()
        iexClient.disconnected()
        memxClient.disconnected()
        join.failed(.connectionLost, now: now)
        return []
      }
      answer.bytes.withUnsafeBytes { bytes in
        switch kind {
        case .glimpse:
          _ = soupClient.receive(bytes, now: now)
          while let event = soupClient.nextEvent() {
            let isContent = GlimpseSnapshot.take(event, into: &join, clear: &clear, now: now)
            clearBook()
            if isContent, case .message(_, let message) = event { apply(message) }
          }
        case .cboe:
          _ = cboeClient.receive(bytes, now: now)
          while let event = cboeClient.nextEvent() {
            switch spin.take(event, into: &join, now: now) {
            case .none: break
            case .send(let request): answers += toCboe(request, now: now)
            case .clear: book = []
            case .apply(let message): apply(message)
            }
          }
        case .iex:
          _ = iexClient.receive(bytes)
          while let event = iexClient.nextEvent() {
            let isContent = IEXSnapshotClient.take(event, into: &join, clear: &clear, now: now)
            clearBook()
            if isContent, case .message(let message) = event { apply(message) }
          }
        case .memx:
          _ = memxClient.receive(bytes, now: now)
          while let event = memxClient.nextEvent() {
            if case .ready = event { answers += toMEMX(MEMXRecovery.replayAll(session: MEMXVenue.session), now: now) }
            let isContent = MEMXRecoveryClient.take(event, into: &join, clear: &clear, now: now)
            clearBook()
            if isContent, case .message(_, let message) = event { apply(message) }
          }
        }
      }
      return answers
    }

    func live(_ number: UInt64, now: UInt64) {
      let verdict = message(number).withUnsafeBytes {
        join.live(number, $0, captureNanoseconds: now, now: now)
      }
      if verdict == .deliver { book.append(number) }
    }

    func drain() {
      while let message = join.nextJoined() { book.append(number(of: message.bytes)) }
    }
  }

  private enum Event {
    case publish(UInt64)
    case answer(SimulatedAnswer, connection: Int)
    case tick
  }

  /// - Parameter start: the first number heard. `loss`: percent of live messages lost for good.
  private func run(
    _ kind: Kind, _ faults: RecoveryFaults, start: UInt64, messages: UInt64 = 400, loss: Int, seed: UInt64,
    settings: RecoverySettings = .simulated
  ) -> Bench {
    var random = RecoveryRandom(seed: seed)
    let bench = Bench(kind, faults, settings: settings)
    var queue = EventQueue<Event>()
    for number in 1...messages { queue.add(.publish(number), at: number * 100 * millisecond) }
    // The channel's heartbeats go on for long enough to see every attempt out.
    for index in 1...400 { queue.add(.tick, at: UInt64(index) * 500 * millisecond) }
    bench.join.begin(now: 0)
    var now: UInt64 = 0
    for _ in 0..<50_000 {
      let due = max(bench.join.nextDue, now)
      guard let eventAt = queue.nextAt else { break }
      now = max(now, min(due, eventAt))
      if eventAt <= due, let (_, event) = queue.pop() {
        switch event {
        case .publish(let number):
          bench.history.append(bench.message(number))
          // Nothing is lost near the end, so that a run can end well.
          if number >= start, number > messages - 100 || !random.chance(loss) {
            // A hole is told by the arbiter once its window is over; here at once.
            bench.live(number, now: now)
          } else if number >= start {
            bench.join.lost(before: number + 1, now: now)
          }
        case .answer(let answer, let connection):
          if connection == bench.connection { add(bench.receive(answer, now: now)) }
        case .tick:
          if bench.history.next > start { bench.join.liveNext(bench.history.next, now: now) }
          if kind == .cboe { add(bench.cboe.advance(history: bench.history, to: now)) }
        }
      }
      bench.drain()
      if let request = bench.join.nextRequest(now: now) { add(bench.ask(request, now: now)) }
      func add(_ answers: [SimulatedAnswer]) {
        for answer in answers { queue.add(.answer(answer, connection: bench.connection), at: max(now, answer.at)) }
      }
    }
    return bench
  }

  @Test(arguments: Kind.allCases) func aLateStartJoinsTheSnapshotAndMissesNothing(kind: Kind) {
    let seed = RecoveryRandom.seed("\(#function) \(kind)")
    for (round, start) in [UInt64(2), 57, 150, 399].enumerated() {
      var faults = RecoveryFaults(seed: seed)
      faults.delayNanoseconds = 900 * millisecond
      let bench = run(kind, faults, start: start, loss: 0, seed: seed &+ UInt64(round))
      #expect(bench.join.state == .synchronised, "\(kind), seed \(seed), start \(start)")
      #expect(bench.book == Array(1...400), "\(kind), seed \(seed), start \(start)")
      #expect(bench.join.counters[.snapshotsRequested] == 1, "\(kind), start \(start)")
    }
  }

  @Test(arguments: Kind.allCases) func underEveryFaultTheBookIsWholeOrItIsGivenUpByName(kind: Kind) {
    let seed = RecoveryRandom.seed("\(#function) \(kind)")
    var joined = 0
    for round in 0..<30 {
      let note: Comment = "\(kind), seed \(seed), round \(round)"
      var faults = RecoveryFaults.all(seed: seed &+ UInt64(round))
      faults.refusal = kind == .memx ? 3 : 20
      faults.disconnection = 30
      let bench = run(kind, faults, start: 20, loss: 2, seed: seed &+ UInt64(round))
      switch bench.join.state {
      case .synchronised:
        #expect(bench.book == Array(1...400), note)
        joined += 1
      case .gaveUp(let failure):
        #expect(
          [.serverSilent, .serverBusy, .connectionLost, .snapshotTooOld, .snapshotIncomplete, .outOfRange,
            .sessionUnavailable].contains(failure), note)
      default: Issue.record("the run did not end, state \(bench.join.state): \(note)")
      }
    }
    #expect(joined >= 15, "\(kind), seed \(seed): only \(joined) of 30 runs joined")
  }

  @Test(arguments: Kind.allCases) func aDeadServerIsGivenUpByName(kind: Kind) {
    var faults = RecoveryFaults(seed: 1)
    faults.deadFrom = 0
    let bench = run(kind, faults, start: 20, loss: 0, seed: 3)
    #expect(bench.join.state == .gaveUp(.serverSilent), "\(kind)")
    #expect(bench.join.counters[.snapshotsRequested] == 8, "as often as allowed")
  }

  @Test(arguments: Kind.allCases) func aBufferTooSmallForTheWaitIsGivenUpByNameOrJoinedLater(kind: Kind) {
    var settings = RecoverySettings.simulated
    settings.bufferMessages = 4
    var faults = RecoveryFaults(seed: 1)
    faults.delayNanoseconds = 4 * second
    let bench = run(kind, faults, start: 20, loss: 0, seed: 3, settings: settings)
    #expect(bench.join.counters[.bufferOverflows] > 0, "\(kind)")
    switch bench.join.state {
    case .synchronised: #expect(bench.book == Array(1...400), "\(kind)")
    case .gaveUp(let failure): #expect(failure == .bufferFull, "\(kind)")
    default: Issue.record("\(kind): \(bench.join.state)")
    }
  }
}
