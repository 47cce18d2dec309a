import Testing

@testable import FeedCore
@testable import FeedSim

/// Snapshots of single instruments by multicast, joined to a lossy channel: each instrument's book then holds each of
/// its changes once and in order, or it was given up by name.
@Suite struct InstrumentJoinRunTests {
  enum Kind: String, CaseIterable, Sendable { case nyse, cme, deribit }
  private static let instrumentCount = 3

  private final class Bench {
    let kind: Kind
    var join: InstrumentJoin
    var server: NYSERequestServer
    var client = NYSERequestClient(
      client: NYSERecovery.Client(sourceId: RecoveryText("FEEDH01")!, productId: 11, channelId: 3))
    var loop: CMESnapshotLoop
    var cycle: DeribitSnapshotCycle
    var nyse = NYSERefreshReader()
    var cme = CMESnapshotReader()
    var deribit = DeribitSnapshotReader()
    /// Channel numbers published so far, by instrument: the truth.
    var truth = [[UInt64]](repeating: [], count: instrumentCount)
    var published: UInt64 = 0
    var books = [[UInt64]](repeating: [], count: instrumentCount)
    private var target: Int?

    init(_ kind: Kind, _ faults: RecoveryFaults) {
      self.kind = kind
      let settings = RecoverySettings.simulated
      join = InstrumentJoin(
        limits: RecoveryLimits(settings), numbering: kind == .deribit ? .chain : .channel,
        instruments: instrumentCount, settings: settings)
      server = NYSERequestServer(productId: 11, channelId: 3, faults: faults)
      loop = CMESnapshotLoop(faults: faults)
      cycle = DeribitSnapshotCycle(faults: faults)
      server.connected()
      client.connected(now: 0)
    }

    /// The instrument of a channel's message.
    func instrument(_ number: UInt64) -> Int { Int(number * 7 / 3 % UInt64(instrumentCount)) }

    func publish(_ number: UInt64) -> UInt64 {
      let place = instrument(number)
      let previous = truth[place].last ?? 0
      truth[place].append(number)
      published = number
      return previous
    }

    func live(_ number: UInt64, previous: UInt64, now: UInt64) {
      let place = instrument(number)
      let verdict = numbered([], number).withUnsafeBytes {
        join.live(place, number: number, previous: previous, $0, captureNanoseconds: now, now: now)
      }
      if verdict == .deliver { books[place].append(number) }
    }

    private func chunked(_ place: Int, _ size: Int, _ entry: (UInt64) -> [UInt8]) -> [[[UInt8]]] {
      let entries = truth[place].map(entry)
      return stride(from: 0, to: max(1, entries.count), by: size).map {
        Array(entries[$0..<min($0 + size, entries.count)])
      }
    }

    /// What the venue sends now: a refresh that was asked for, a round, a cycle.
    func snapshot(now: UInt64) -> [[UInt8]] {
      switch kind {
      case .nyse:
        let answers = server.receive(
          client.refresh(symbolIndex: 0, now: now).array, history: SimulatedHistory(),
          refresh: { _ in
            (0..<instrumentCount).map { place in
              NYSERequestServer.Refresh(
                through: self.published,
                messages: [hex2("2c000300", place, 4, 44)]
                  + self.truth[place].map { hex2("2b006a00", place, 12, 43, number: $0) })
            }
          }, at: now)
        for answer in answers where answer.way == .stream {
          _ = answer.bytes.withUnsafeBytes { client.receive($0, now: now) }
          while let event = client.nextEvent() {
            guard case .response(.refresh, 0, _) = event else { Issue.record("\(event)"); continue }
          }
        }
        return answers.filter { $0.way == .datagram }.map(\.bytes)
      case .cme:
        return loop.round(
          (0..<instrumentCount).map { place in
            .init(
              securityId: UInt32(place), through: published,
              chunks: chunked(place, 5) { number in little(number) + [UInt8](repeating: 0, count: 21) })
          })
      case .deribit:
        return cycle.cycle(
          (0..<instrumentCount).map { place in
            .init(
              instrumentId: UInt32(place), changeId: truth[place].last ?? 0,
              parts: chunked(place, 4) { number in [0] + little(number) + [UInt8](repeating: 0, count: 8) })
          })
      }
    }

    func receive(_ packet: [UInt8], now: UInt64) {
      packet.withUnsafeBytes { bytes in
        switch kind {
        case .nyse:
          nyse.read(bytes) { event in
            switch event {
            case .began(let symbol, let through): began(Int(symbol), through, now)
            case .message(let offset, let length): if length == 43 { apply(packet.little(offset + 20, 8)) }
            case .ended(let symbol): ended(Int(symbol), now)
            case .aborted(let symbol): aborted(Int(symbol))
            case .malformed: Issue.record("malformed")
            }
          }
        case .cme:
          cme.read(bytes) { event in
            switch event {
            case .round(let count): #expect(count == UInt32(instrumentCount))
            case .began(let security, let through): began(Int(security), through, now)
            case .message(let offset, _):
              for index in 0..<Int(packet[offset + 40]) { apply(packet.little(offset + 41 + 29 * index, 8)) }
            case .ended(let security): ended(Int(security), now)
            case .aborted(let security): aborted(Int(security))
            case .malformed, .other: Issue.record("\(event)")
            }
          }
        case .deribit:
          deribit.read(bytes) { event in
            switch event {
            case .cycleBegan, .cycleEnded: break
            case .began(let instrument, let change): began(Int(instrument), change, now)
            case .book(let offset, _):
              let entries = offset + 12 + 22 + 8
              for index in 0..<Int(packet.little(offset + 36, 2)) { apply(packet.little(entries + 17 * index + 1, 8)) }
            case .ended(let instrument): ended(Int(instrument), now)
            case .aborted(let instrument): aborted(Int(instrument))
            case .other, .malformed: Issue.record("\(event)")
            }
          }
        }
      }
    }

    private func began(_ place: Int, _ through: UInt64, _ now: UInt64) {
      target = join.snapshotBegan(place, through: through, now: now) ? place : nil
      if let target { books[target] = [] }
    }
    private func apply(_ number: UInt64) { if let target { books[target].append(number) } }
    private func ended(_ place: Int, _ now: UInt64) {
      if target == place { join.snapshotEnded(place, now: now) }
      target = nil
      while let message = join.nextJoined(place, now: now) { books[place].append(number(of: message.bytes)) }
    }
    private func aborted(_ place: Int) {
      join.snapshotAborted(place)
      target = nil
    }
  }

  private static func little(_ value: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
  }

  /// A message of `length` bytes: its head as hex, a symbol index at an offset, an order id behind the next eight
  /// bytes.
  private static func hex2(
    _ head: String, _ symbol: Int, _ offset: Int, _ length: Int, number: UInt64? = nil
  ) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: length)
    for index in stride(from: 0, to: head.count, by: 2) {
      let start = head.index(head.startIndex, offsetBy: index)
      bytes[index / 2] = UInt8(head[start..<head.index(start, offsetBy: 2)], radix: 16)!
    }
    bytes[offset] = UInt8(symbol)
    if let number { bytes.replaceSubrange((offset + 8)..<(offset + 16), with: little(number)) }
    return bytes
  }

  /// Message by message; every 30 messages a snapshot, whose packets come between the next live messages.
  private func run(_ kind: Kind, _ faults: RecoveryFaults, start: UInt64, loss: Int, seed: UInt64) -> Bench {
    var random = RecoveryRandom(seed: seed)
    let bench = Bench(kind, faults)
    var packets: [[UInt8]] = []
    let messages: UInt64 = 600
    var hole = false
    for number in 1...messages {
      let now = number * 50 * millisecond
      let previous = bench.publish(number)
      if number >= start {
        if number > messages - 200 || !random.chance(loss) {
          // Told late, as after the arbiter's window.
          if hole { bench.join.lost(before: number, now: now) }
          hole = false
          bench.live(number, previous: previous, now: now)
        } else {
          hole = true
        }
      }
      if number % 30 == 0, packets.isEmpty { packets = bench.snapshot(now: now) }
      for _ in 0..<min(12, packets.count) { bench.receive(packets.removeFirst(), now: now) }
      bench.join.advance(to: now)
    }
    return bench
  }

  @Test(arguments: Kind.allCases) func aLateStartJoinsEachInstrument(kind: Kind) {
    for start in [UInt64(1), 2, 45, 300] {
      let bench = run(kind, RecoveryFaults(seed: 1), start: start, loss: 0, seed: 1)
      #expect(bench.join.isSynchronised && bench.books == bench.truth, "\(kind), start \(start)")
      #expect(bench.join.counters[.snapshotsJoined] >= UInt64(Self.instrumentCount))
    }
  }

  @Test(arguments: Kind.allCases) func underLossEachBookIsWholeOrGivenUpByName(kind: Kind) {
    let seed = RecoveryRandom.seed("\(#function) \(kind)")
    var current = 0
    for round in 0..<40 {
      var faults = RecoveryFaults(seed: seed &+ UInt64(round))
      faults.loss = 3
      faults.silence = 10
      faults.refusal = 10
      let bench = run(kind, faults, start: 25, loss: 3, seed: seed &+ UInt64(round))
      for place in 0..<Self.instrumentCount {
        let note: Comment = "\(kind), seed \(seed), round \(round), instrument \(place)"
        switch bench.join.state(of: place) {
        case .current:
          #expect(bench.books[place] == bench.truth[place], note)
          current += 1
        case .gaveUp: #expect(bench.join.failure == .deadlinePassed, note)
        // Its last snapshot packets were lost: not to be trusted, and not called so.
        case .waiting, .receiving: #expect(!bench.join.isSynchronised, note)
        case .joining: Issue.record("kept messages were not applied: \(note)")
        }
      }
    }
    #expect(current >= 60, "\(kind), seed \(seed): only \(current) of 120 books")
  }

  @Test(arguments: Kind.allCases) func withoutSnapshotsItIsGivenUpByName(kind: Kind) {
    var faults = RecoveryFaults(seed: 1)
    faults.loss = 100
    let bench = run(kind, faults, start: 100, loss: 0, seed: 1)
    bench.join.advance(to: 1_000 * second)
    #expect(bench.join.failure == .deadlinePassed && !bench.join.isSynchronised, "\(kind)")
    for place in 0..<Self.instrumentCount { #expect(bench.join.state(of: place) == .gaveUp) }
  }
}
