import Testing

@testable import FeedCore
@testable import FeedSim

/// A lossy line, an arbiter, the gap recovery and a venue's server: every message is delivered once and in order, or
/// the recovery was given up by name.
@Suite struct GapRecoveryRunTests {
  enum Kind: String, CaseIterable, Sendable { case mold, cboe, nyse, iex, memx }

  private func venue(_ kind: Kind, _ faults: RecoveryFaults) -> any GapVenue {
    switch kind {
    case .mold: MoldVenue(faults)
    case .cboe: CboeVenue(faults)
    case .nyse: NYSEVenue(faults)
    case .iex: IEXVenue(faults)
    case .memx: MEMXVenue(faults)
    }
  }

  private enum Event {
    case live(UInt64)
    case heartbeat
    case answer(SimulatedAnswer)
  }

  private struct Outcome {
    var delivered: [UInt64]
    var state: GapRecovery.State
    var counters: RecoveryCounters
    var longestRequest: UInt64
    var requestTimes: [UInt64]
  }

  /// - Parameter loss: percent of live messages that never come; as many come late.
  private func run(_ venue: any GapVenue, messages: UInt64 = 150, loss: Int, seed: UInt64) -> Outcome {
    var random = RecoveryRandom(seed: seed)
    var queue = EventQueue<Event>()
    for number in 1...messages {
      let sentAt = number * 10 * millisecond
      if random.chance(loss) { continue }
      let delay = random.chance(loss) ? UInt64(random.int(10...3_000)) * millisecond : 0
      queue.add(.live(number), at: sentAt + delay)
      if random.chance(5) { queue.add(.live(number), at: sentAt + delay + millisecond) }
    }
    queue.add(.heartbeat, at: (messages + 1) * 10 * millisecond)
    // The whole history exists from the start: the simulated server never knows less than the line.
    for number in 1...messages { venue.history.append(venue.message(number)) }
    for answer in venue.connect(now: 0) { queue.add(.answer(answer), at: answer.at) }

    var recovery = GapRecovery(limits: venue.limits)
    var arbiter = SlowArbiter()
    var longest: UInt64 = 0
    var times: [UInt64] = []
    var now: UInt64 = 0
    // Far more steps than any run needs; a run that does not end fails its expectations.
    for _ in 0..<20_000 {
      let due = max(recovery.nextDue, now)
      let eventAt = queue.nextAt ?? .max
      if due == .max, eventAt == .max { break }
      now = max(now, min(due, eventAt))
      var arrivals: [(Arrival, isAnswer: Bool)] = []
      if eventAt <= due, let (_, event) = queue.pop() {
        switch event {
        case .live(let number): arrivals = [(Arrival(first: number, messages: [venue.message(number)]), false)]
        case .heartbeat: arrivals = [(Arrival(first: messages + 1, messages: []), false)]
        case .answer(let answer):
          let (arrived, answers) = venue.receive(answer, into: &recovery, now: now)
          arrivals = arrived.map { ($0, true) }
          for answer in answers { queue.add(.answer(answer), at: max(answer.at, now)) }
        }
      }
      for (arrival, isAnswer) in arrivals {
        if let missing = arbiter.take(arrival) { recovery.missing(missing, now: now) }
        let range = SequenceRange(arrival.first, arrival.first + UInt64(arrival.messages.count))
        recovery.arrived(range, isAnswer: isAnswer, now: now)
      }
      while let request = recovery.nextRequest(now: now) {
        longest = max(longest, request.range.count)
        times.append(now)
        for answer in venue.send(request, now: now) { queue.add(.answer(answer), at: max(answer.at, now)) }
      }
    }
    return Outcome(
      delivered: arbiter.delivered, state: recovery.state, counters: recovery.counters, longestRequest: longest,
      requestTimes: times)
  }

  @Test(arguments: Kind.allCases) func aFaultlessServerFillsEveryGap(kind: Kind) {
    let seed = RecoveryRandom.seed("\(#function) \(kind)")
    for round in 0..<10 {
      let outcome = run(venue(kind, RecoveryFaults(seed: seed)), loss: 15, seed: seed &+ UInt64(round))
      let note: Comment = "\(kind), seed \(seed), round \(round)"
      #expect(outcome.delivered == Array(1...150), note)
      #expect(outcome.state == .whole && outcome.counters[.requestsRepeated] == 0, note)
      #expect(outcome.counters[.requestsSent] > 0)
    }
  }

  @Test(arguments: Kind.allCases) func underEveryFaultAllMessagesComeOnceInOrderOrItIsGivenUpByName(kind: Kind) {
    let seed = RecoveryRandom.seed("\(#function) \(kind)")
    var filled = 0
    for round in 0..<40 {
      let note: Comment = "\(kind), seed \(seed), round \(round)"
      var faults = RecoveryFaults.all(seed: seed &+ UInt64(round))
      // Final refusals are rare, or no run would end well.
      faults.refusal = kind == .cboe ? 15 : round % 4 == 0 ? 2 : 0
      faults.disconnection = kind == .memx ? 10 : 0
      let outcome = run(venue(kind, faults), loss: 10, seed: seed &+ UInt64(round))
      #expect(outcome.delivered == Array((1...150).prefix(outcome.delivered.count)), note)
      #expect(outcome.longestRequest <= 8, note)
      for (one, other) in zip(outcome.requestTimes, outcome.requestTimes.dropFirst()) {
        #expect(other - one >= 5 * millisecond, note)
      }
      switch outcome.state {
      case .whole:
        #expect(outcome.delivered.count == 150, note)
        filled += 1
      case .gaveUp(let failure):
        #expect([.serverSilent, .serverBusy, .outOfRange, .connectionLost].contains(failure), note)
        #expect(outcome.counters[.gapsGivenUp] == 1, note)
      case .recovering: Issue.record("the run did not end: \(note)")
      }
    }
    #expect(filled >= 20, "\(kind), seed \(seed): only \(filled) of 40 runs filled their gaps")
  }

  @Test(arguments: Kind.allCases) func aDeadServerIsGivenUpByName(kind: Kind) {
    var faults = RecoveryFaults(seed: 1)
    faults.deadFrom = 200 * millisecond
    let outcome = run(venue(kind, faults), loss: 30, seed: 5)
    #expect(outcome.state == .gaveUp(.serverSilent) && outcome.delivered.count < 150, "\(kind)")
  }

  @Test(arguments: [Kind.cboe, .nyse, .memx]) func whatTheServerHasNoMoreIsGivenUpByName(kind: Kind) {
    let venue = venue(kind, RecoveryFaults(seed: 1))
    venue.history.oldest = 10_000
    let outcome = run(venue, loss: 30, seed: 5)
    #expect(outcome.state == .gaveUp(.outOfRange), "\(kind)")
  }

  @Test func whatNYSEHasLostItselfIsGivenUpByName() {
    let venue = NYSEVenue(RecoveryFaults(seed: 1))
    venue.server.unavailable = 1...150
    #expect(run(venue, loss: 30, seed: 5).state == .gaveUp(.messagesUnavailable))
    #expect(venue.server.heartbeatResponses == 1, "the heartbeat was answered")
  }

  @Test func aServerThatAllowsFewerMessagesIsAskedForFewer() {
    let venue = CboeVenue(RecoveryFaults(seed: 1))
    venue.server.countMaximum = 2
    let outcome = run(venue, loss: 40, seed: 5)
    #expect(outcome.state == .whole && outcome.delivered.count == 150 && outcome.counters[.requestsRefused] > 0)
  }

  @Test func anotherSessionOrUnitIsNotServed() {
    let mold = MoldVenue(RecoveryFaults(seed: 1))
    mold.server = MoldRequestServer(session: Array("SESSION002".utf8), faults: RecoveryFaults(seed: 1))
    #expect(run(mold, loss: 30, seed: 5).state == .gaveUp(.serverSilent))
    let cboe = CboeVenue(RecoveryFaults(seed: 1))
    cboe.server = CboeRecoveryServer(unit: 8, faults: RecoveryFaults(seed: 1))
    #expect(run(cboe, loss: 30, seed: 5).state == .gaveUp(.requestInvalid))
  }
}
