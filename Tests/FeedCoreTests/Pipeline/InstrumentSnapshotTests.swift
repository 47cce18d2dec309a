import Testing

@testable import FeedCore

/// Days of venues whose snapshots come on flows of their own, whole, begun late and with losses: a book that says `ok`
/// is the day's.
@Suite struct InstrumentSnapshotTests {
  typealias Run = SnapshotDayRun

  @Test(arguments: SnapshotDay.Venue.allCases) func aWholeDayIsWholeWithItsSnapshotFlowAndWithout(
    _ venue: SnapshotDay.Venue
  ) throws {
    let seed = BookTestRandom.seed()
    let day = SnapshotDay(venue, seed: seed, steps: 400)
    for hasSnapshots in [true, false] {
      let run = try Run(day, Run.Capture(hasSnapshots: hasSnapshots))
      #expect(run.wrong(day) == [], "seed \(seed)")
      #expect(run.trusted == Set(day.books.keys), "\(run.states), seed \(seed)")
      // CME's definitions come like snapshots.
      #expect((run.summary[.snapshotPackets] > 0) == (hasSnapshots || venue == .cme))
      // A book that is whole from its channel's beginning takes no snapshot.
      #expect(run.summary[.snapshotsJoined] == 0 && run.summary[.gaps] == 0 && run.summary[.outOfBandPackets] == 0)
      #expect(run.plan.venues.count == 1, "\(run.plan.channels.map(\.name))")
    }
  }

  @Test(arguments: SnapshotDay.Venue.allCases) func aLateStartJoinsTheSnapshots(
    _ venue: SnapshotDay.Venue
  ) throws {
    for _ in 0..<6 {
      let seed = BookTestRandom.seed("aLateStartJoinsTheSnapshots \(venue)")
      let day = SnapshotDay(venue, seed: seed, steps: 600)
      var random = BookTestRandom(seed: seed)
      let begins = 20 + random.below(day.sent.count / 2)
      let run = try Run(day, Run.Capture(begins: begins))
      #expect(run.wrong(day) == [], "seed \(seed)")
      #expect(run.trusted.isSuperset(of: day.books.keys), "\(run.states), seed \(seed)")
      #expect(run.summary[.snapshotsJoined] >= UInt64(day.books.count), "seed \(seed)")
      // Without the flow nothing is known.
      let alone = try Run(day, Run.Capture(begins: begins, hasSnapshots: false))
      #expect(alone.trusted.isEmpty, "seed \(seed)")
    }
  }

  @Test(arguments: SnapshotDay.Venue.allCases) func whatIsLostOnBothLinesAndOnTheSnapshotFlowIsNamedOrMended(
    _ venue: SnapshotDay.Venue
  ) throws {
    var trusted = 0
    var gaps: UInt64 = 0
    for _ in 0..<16 {
      let seed = BookTestRandom.seed("whatIsLost \(venue)")
      var random = BookTestRandom(seed: seed)
      let day = SnapshotDay(venue, seed: seed, steps: 200 + random.below(400))
      let capture = Run.Capture(
        begins: random.chance(500) ? 0 : random.below(day.sent.count / 2), liveLoss: 20 + random.below(180),
        snapshotLoss: random.below(400), seed: seed)
      let run = try Run(day, capture)
      #expect(run.wrong(day) == [], "seed \(seed)")
      #expect(run.states.values.allSatisfy { [.ok, .gap, .halted, .lateStart].contains($0) }, "\(run.states), \(seed)")
      trusted += run.trusted.count
      gaps += run.summary[.gaps]
    }
    #expect(trusted > 16, "most days end with books that are mended")
    #expect(gaps > 16)
  }

  @Test(arguments: SnapshotDay.Venue.allCases) func resultsDoNotDependOnCoresLayoutOrBursts(
    _ venue: SnapshotDay.Venue
  ) throws {
    // With the second seed a book of EOBI that waits for its snapshot once showed what its core's other books decided.
    for seed in [BookTestRandom.seed(), 14_944_259_052_011_879_816] { try compareRuns(venue, seed: seed) }
  }

  private func compareRuns(_ venue: SnapshotDay.Venue, seed: UInt64) throws {
    let day = SnapshotDay(venue, seed: seed, steps: 500)
    let capture = Run.Capture(begins: 60, liveLoss: 60, snapshotLoss: 200, seed: seed)
    let one = try Run(day, capture)
    #expect(one.summary[.snapshotsJoined] > 0)
    for threads in [
      Run.Threads(burst: 1), Run.Threads(cores: 2), Run.Threads(cores: 3, layout: .rings, burst: 7),
    ] {
      let other = try Run(day, capture, threads: threads)
      #expect(other.digests == one.digests, "\(threads), seed \(seed)")
      #expect(other.summary.bookDigest == one.summary.bookDigest, "\(threads), seed \(seed)")
      #expect(other.books == one.books && other.states == one.states, "\(threads), seed \(seed)")
      #expect(other.summary.messages == one.summary.messages)
      for counter in [Counter.snapshotsJoined, .snapshotsFailed, .snapshotsTooOld, .snapshotMessages, .snapshotCopies] {
        #expect(other.summary[counter] == one.summary[counter], "\(counter) \(threads), seed \(seed)")
      }
    }
  }

  /// Room for few messages, shared by shards, not by cores: what does not fit begins anew, alike on all of them.
  @Test(arguments: SnapshotDay.Venue.allCases) func aFullBufferIsNamedAndTheSameOnAnyNumberOfCores(
    _ venue: SnapshotDay.Venue
  ) throws {
    let seed = BookTestRandom.seed()
    let small: (inout Settings) -> Void = {
      $0.recovery.bufferMessages = 32
      $0.recovery.bufferBytes = 4_096
    }
    // Not every day has a snapshot that so many messages come before.
    var full: UInt64 = 0
    for number in 0..<8 where full == 0 || number < 2 {
      let seed = seed &+ UInt64(number)
      let day = SnapshotDay(venue, seed: seed, steps: 500)
      let capture = Run.Capture(begins: 100, snapshotLoss: 300, seed: seed)
      let one = try Run(day, capture, configure: small)
      #expect(one.wrong(day) == [], "seed \(seed)")
      let two = try Run(day, capture, threads: Run.Threads(cores: 3), configure: small)
      #expect(two.books == one.books && two.states == one.states, "seed \(seed)")
      #expect(two.summary[.snapshotBuffersFull] == one.summary[.snapshotBuffersFull], "seed \(seed)")
      full += one.summary[.snapshotBuffersFull]
    }
    #expect(full > 0, "seed \(seed) and the seven behind it")
  }

  /// NYSE's symbols are not even known without their refresh.
  @Test(arguments: [SnapshotDay.Venue.cme, .coinbase, .eobi]) func instrumentsWithoutASnapshotAreGivenUpByName(
    _ venue: SnapshotDay.Venue
  ) throws {
    let seed = BookTestRandom.seed()
    let day = SnapshotDay(venue, seed: seed, steps: 300)
    // All that the flow brings is damaged, but it is there.
    let run = try Run(day, Run.Capture(begins: 60, snapshotLoss: 990, seed: seed)) {
      $0.recovery.snapshotTimeoutNanoseconds = 1_000_000
      $0.recovery.snapshotAttempts = 2
    }
    guard run.summary[.snapshotPackets] > 0 else { return }
    #expect(run.wrong(day) == [], "seed \(seed)")
    #expect(run.summary[.snapshotsGivenUp] > 0, "seed \(seed)")
    #expect(run.states.values.contains(.untrusted), "\(run.states), seed \(seed)")
  }

  @Test(arguments: [SnapshotDay.Venue.nyse, .coinbase, .eobi]) func snapshotsMayComeOnTheLiveFlow(
    _ venue: SnapshotDay.Venue
  ) throws {
    for _ in 0..<3 {
      let seed = BookTestRandom.seed("snapshotsMayComeOnTheLiveFlow \(venue)")
      let day = SnapshotDay(venue, seed: seed, steps: 500)
      let run = try Run(
        day, Run.Capture(begins: 100, liveLoss: 30, snapshotLoss: 100, seed: seed, isInBand: true))
      #expect(run.wrong(day) == [], "seed \(seed)")
      #expect(run.summary[.snapshotsJoined] > 0 && run.plan.venues.count == 1, "seed \(seed)")
    }
  }

  /// The feeds of a live run, on the groups of `SnapshotDayRun`.
  private func feed(_ venue: SnapshotDay.Venue, _ name: String, net: Int) -> FeedSettings {
    let (feedProtocol, stream): (FeedProtocol, UInt32?) =
      switch venue {
      case .cme: (.cmeMDP3, nil)
      case .nyse: (.nyseIntegrated, nil)
      case .coinbase: (.coinbaseDerivatives, 9)
      case .eobi: (.eobi, 7)
      }
    return FeedSettings(
      name: name, venue: "x", protocol: feedProtocol.name, stream: stream,
      lines: ["A", "B"].enumerated().map { LineSettings(name: $1, group: "224.0.\(net).\($0 + 1)", port: 14_310) })
  }

  @Test(arguments: [SnapshotDay.Venue.nyse, .coinbase]) func aLiveRunJoinsSnapshotsOfItsOwnFlow(
    _ venue: SnapshotDay.Venue
  ) throws {
    let seed = BookTestRandom.seed("aLiveRunJoinsSnapshotsOfItsOwnFlow \(venue)")
    let day = SnapshotDay(venue, seed: seed, steps: 500)
    let capture = Run.Capture(begins: 100, liveLoss: 30, snapshotLoss: 100, seed: seed, isInBand: true)
    var feed = feed(venue, "f", net: 1)
    let alone = try Run(day, capture, liveFeeds: [feed])
    #expect(alone.trusted.isEmpty && alone.summary[.snapshotPackets] == 0, "not configured, seed \(seed)")
    #expect(alone.summary[.outOfBandPackets] > 0)
    feed.snapshotsInFlow = true
    let run = try Run(day, capture, liveFeeds: [feed])
    #expect(run.wrong(day) == [], "seed \(seed)")
    #expect(run.summary[.snapshotsJoined] > 0 && run.summary[.outOfBandPackets] == 0, "seed \(seed)")
    #expect(try run.digests == Run(day, capture).digests, "as a replay that finds out by itself, seed \(seed)")
  }

  @Test(arguments: [SnapshotDay.Venue.nyse, .coinbase, .eobi]) func aLiveRunJoinsSnapshotsOfTheirOwnGroups(
    _ venue: SnapshotDay.Venue
  ) throws {
    let seed = BookTestRandom.seed("aLiveRunJoinsSnapshotsOfTheirOwnGroups \(venue)")
    let day = SnapshotDay(venue, seed: seed, steps: 500)
    let capture = Run.Capture(begins: 100, seed: seed)
    var snapshots = feed(venue, "s", net: 2)
    snapshots.role = .snapshot
    let run = try Run(day, capture, liveFeeds: [feed(venue, "f", net: 1), snapshots])
    #expect(run.wrong(day) == [], "seed \(seed)")
    #expect(run.trusted.isSuperset(of: day.books.keys), "\(run.states), seed \(seed)")
    #expect(run.summary[.unrecognisedPackets] == 0)
    #expect(try run.digests == Run(day, capture).digests, "seed \(seed)")
  }

  /// Books at a time are those of the day up to then: what a snapshot brings is not newer.
  @Test func aBookAtATimeTakesNoSnapshotOfLater() throws {
    let seed = BookTestRandom.seed()
    let day = SnapshotDay(.coinbase, seed: seed, steps: 400)
    // All of Coinbase's messages tell their time, in nanoseconds since 1970.
    let middle = day.sent[day.sent.count / 2].time
    var clock = VenueDay(.usCentral)
    let limit = clock.nanoseconds(middle)
    let whole = try Run(day, exchangeNanosecondsMaximum: limit)
    let late = try Run(day, Run.Capture(begins: 40), exchangeNanosecondsMaximum: limit)
    #expect(!late.trusted.isEmpty)
    for symbol in late.trusted { #expect(late.books[symbol] == whole.books[symbol], "\(symbol), seed \(seed)") }
  }
}
