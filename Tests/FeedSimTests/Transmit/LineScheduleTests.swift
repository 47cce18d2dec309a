import FeedCore
import FeedIO
import Foundation
import Testing

@testable import FeedSim

/// What leaves when, by which line, and what is done to it on purpose.
struct LineScheduleTests {
  /// A packet of these tests: its number is its first eight bytes of payload.
  private struct Sent: Equatable {
    var number: UInt64
    var line: Int
    var due: UInt64
  }

  private static let begin: UInt64 = 1_767_623_400_000_000_000

  /// A capture of packets at these times, to alternating groups 239.1.1.1:5001 and 239.1.1.2:5002.
  private func capture(_ times: [UInt64], _ folder: ScheduleFolder, name: String = "day.pcap") throws -> CaptureSet {
    let writer = try PcapWriter(path: folder.path + "/" + name)
    var framers = [0, 1].map {
      UDPFramer(source: 0x0A00_0001, group: 0xEF01_0101 + UInt32($0), sourcePort: 9_000, port: 5_001 + UInt16($0))
    }
    for (number, time) in times.enumerated() {
      let payload = withUnsafeBytes(of: UInt64(number).bigEndian) { Array($0) }
      try writer.write(framers[number % 2].frame(payload), captureNanoseconds: Self.begin + time)
    }
    try writer.flush()
    return try CaptureSet(paths: [folder.path + "/" + name])
  }

  private func all(_ schedule: LineSchedule, isPayload: Bool = false, window: Int = 64) -> [Sent] {
    let frames = UnsafeMutableBufferPointer<ScheduledFrame>.allocate(capacity: window)
    defer { frames.deallocate() }
    var sent: [Sent] = []
    while !schedule.isExhausted {
      let count = schedule.next(into: frames)
      for scheduled in frames[..<count] {
        let payload = isPayload ? scheduled.frame.bytes : scheduled.frame.bytes + 42
        #expect(scheduled.frame.length == (isPayload ? 8 : 50))
        let number = UInt64(bigEndian: payload.loadUnaligned(as: UInt64.self))
        sent.append(Sent(number: number, line: Int(scheduled.line), due: scheduled.dueNanoseconds))
      }
    }
    #expect(schedule.next(into: frames) == 0)
    return sent
  }

  private func line(_ name: String, lose: Int64 = 0, duplicate: Int64 = 0, reorder: Int64 = 0) -> TransmitLine {
    var line = TransmitLine(name: name)
    line.loss = Probability(partsPerMillion: lose)
    line.duplicate = Probability(partsPerMillion: duplicate)
    line.reorder = Probability(partsPerMillion: reorder)
    return line
  }

  private func times(_ count: Int, seed: UInt64, maximumDistance: UInt64 = 40_000) -> [UInt64] {
    var random = DeterministicRandom(seed: seed, stream: 1)
    var clock: UInt64 = 0
    return (0..<count).map { _ in
      defer { clock += random.below(maximumDistance) }
      return clock
    }
  }

  @Test func withoutFaultsEverythingLeavesInOrderAtItsTime() throws {
    let folder = ScheduleFolder()
    let times: [UInt64] = [0, 10, 10, 1_000_000, 5_000_000_000]
    let set = try capture(times, folder)
    for (pace, expected) in [
      (TransmitPace.scaled(partsPerMillion: 1_000_000), times),
      (.scaled(partsPerMillion: 10_000_000), [0, 1, 1, 100_000, 500_000_000]),
      (.scaled(partsPerMillion: 500_000), [0, 20, 20, 2_000_000, 10_000_000_000]),
      (.rate(packetsPerSecond: 1_000_000), [0, 1_000, 2_000, 3_000, 4_000]),
      (.rate(packetsPerSecond: 3), [0, 333_333_333, 666_666_666, 1_000_000_000, 1_333_333_333]),
      (.maximum, [0, 0, 0, 0, 0]),
    ] {
      let schedule = LineSchedule(captures: set, lines: [line("A")], content: .frames, pace: pace, seed: 1)
      #expect(all(schedule).map(\.due) == expected, "\(pace)")
      #expect(schedule.summary.packets == 5 && schedule.summary.lines[0].frames == 5)
    }
  }

  /// The draws of a line and a slow list of what they mean: every frame with its time and order of making, sorted.
  private func model(_ times: [UInt64], _ line: TransmitLine, index: Int, seed: UInt64) -> (
    frames: [(number: Int, due: UInt64)], statistics: LineStatistics
  ) {
    var impairment = LineImpairment(
      loss: line.loss, duplicate: line.duplicate, reorder: line.reorder, skewNanoseconds: 0, jitterNanoseconds: 0,
      random: DeterministicRandom(seed: seed, stream: 50_000 + UInt64(index)))
    var frames: [(number: Int, due: UInt64)] = []
    for (number, time) in times.enumerated() {
      let arrivals = impairment.arrivals(sentAt: time)
      if let arrival = arrivals.nanoseconds { frames.append((number, arrival)) }
      if let copy = arrivals.copyNanoseconds { frames.append((number, copy)) }
    }
    // A packet and its copy are never of one time.
    frames.sort { $0.due != $1.due ? $0.due < $1.due : $0.number < $1.number }
    return (frames, impairment.statistics)
  }

  @Test func faultsAreExactlyThoseDrawnFromTheSeed() throws {
    let seed = scheduleSeed("faults")
    let folder = ScheduleFolder()
    let times = times(4_000, seed: seed)
    let set = try capture(times, folder)
    let lines = [
      line("A", lose: 20_000, duplicate: 30_000, reorder: 50_000), line("B", lose: 500_000),
      line("C", reorder: 1_000_000),
    ]
    let pace = TransmitPace.scaled(partsPerMillion: 1_000_000)
    let schedule = LineSchedule(captures: set, lines: lines, content: .frames, pace: pace, seed: seed)
    let sent = all(schedule)
    #expect(zip(sent, sent.dropFirst()).allSatisfy { $0.due <= $1.due })
    for (index, line) in lines.enumerated() {
      let (expected, statistics) = model(times, line, index: index, seed: seed)
      let ofLine = sent.filter { $0.line == index }
      #expect(ofLine.map(\.number) == expected.map { UInt64($0.number) }, "line \(line.name)")
      #expect(ofLine.map(\.due) == expected.map(\.due), "line \(line.name)")
      let tally = schedule.summary.lines[index]
      #expect(tally.faults == statistics && tally.name == line.name)
      #expect(tally.frames == ofLine.count)
      #expect(tally.frames == 4_000 - statistics.lostPackets + statistics.duplicatedPackets)
      #expect(tally.overtakenPackets == overtaken(ofLine.map(\.number)))
    }
    // Each rate is met within five standard deviations, whatever the seed.
    #expect(abs(schedule.summary.lines[0].faults.lostPackets - 80) < 45)
    #expect(abs(schedule.summary.lines[1].faults.lostPackets - 2_000) < 160)
    #expect(schedule.summary.lines[2].faults.reorderedPackets == 4_000)
  }

  /// Packets whose first copy left behind a later packet's.
  private func overtaken(_ numbers: [UInt64]) -> Int {
    var seen = Set<UInt64>()
    var latest: UInt64 = 0
    var count = 0
    for number in numbers where seen.insert(number).inserted {
      if number < latest { count += 1 }
      latest = max(latest, number)
    }
    return count
  }

  @Test func theOrderIsTheSameAtAnyPaceAndWindow() throws {
    let seed = scheduleSeed("paces")
    let folder = ScheduleFolder()
    let set = try capture(times(2_000, seed: seed), folder)
    let lines = [line("A", lose: 10_000, duplicate: 50_000, reorder: 100_000), line("B", reorder: 200_000)]
    func sent(_ pace: TransmitPace, window: Int, seed: UInt64) -> [Sent] {
      all(LineSchedule(captures: set, lines: lines, content: .frames, pace: pace, seed: seed), window: window)
    }
    let first = sent(.maximum, window: 64, seed: seed)
    for pace in [
      TransmitPace.maximum, .scaled(partsPerMillion: 1_000_000), .scaled(partsPerMillion: 37),
      .rate(packetsPerSecond: 20_000),
    ] {
      for window in [1, 7, 256] {
        let other = sent(pace, window: window, seed: seed)
        #expect(other.map(\.number) == first.map(\.number) && other.map(\.line) == first.map(\.line))
        #expect(zip(other, other.dropFirst()).allSatisfy { $0.due <= $1.due }, "\(pace)")
      }
    }
    #expect(sent(.maximum, window: 64, seed: seed &+ 1) != first)
  }

  @Test func packetsWithoutTimeBetweenThemDoNotPileUp() throws {
    // All of one time and all late: more than may wait, so the earliest leave, and none is lost.
    let folder = ScheduleFolder()
    let count = DelayedFrames.capacity + 5_000
    let set = try capture([UInt64](repeating: 0, count: count), folder)
    let schedule = LineSchedule(
      captures: set, lines: [line("A", duplicate: 1_000_000, reorder: 1_000_000)], content: .frames,
      pace: .scaled(partsPerMillion: 1_000_000), seed: 1)
    let sent = all(schedule)
    #expect(sent.count == 2 * count)
    var copies = [Int](repeating: 0, count: count)
    for frame in sent { copies[Int(frame.number)] += 1 }
    #expect(copies.allSatisfy { $0 == 2 })
    #expect(zip(sent, sent.dropFirst()).allSatisfy { $0.due <= $1.due })
  }

  @Test func repetitionsFollowOneAnotherAtTheMeanDistance() throws {
    let folder = ScheduleFolder()
    let set = try capture([0, 100, 400], folder)
    let schedule = LineSchedule(
      captures: set, lines: [line("A")], content: .frames, pace: .scaled(partsPerMillion: 1_000_000), seed: 1,
      repetitions: 3)
    let sent = all(schedule)
    #expect(sent.map(\.number) == [0, 1, 2, 0, 1, 2, 0, 1, 2])
    #expect(sent.map(\.due) == [0, 100, 400, 600, 700, 1_000, 1_200, 1_300, 1_600])
    #expect(schedule.summary.packets == 9)
  }

  @Test func linesTakeWhatTheyAreTold() throws {
    let folder = ScheduleFolder()
    let paths = try (0..<2).map { index -> String in
      _ = try capture([0, 10, 20, 30].map { $0 + UInt64(index) }, folder, name: "\(index).pcap")
      return folder.path + "/\(index).pcap"
    }
    let set = try CaptureSet(paths: paths)
    var ofGroup = line("group")
    ofGroup.takes = [.destination(try #require(IPAddress("239.1.1.2")), port: nil)]
    var ofPort = line("port")
    ofPort.takes = [.destination(try #require(IPAddress("239.1.1.1")), port: 5_001)]
    var ofFile = line("file")
    ofFile.takes = [.file(1)]
    var never = line("never")
    never.takes = [.destination(try #require(IPAddress("239.1.1.1")), port: 5_002)]
    let schedule = LineSchedule(
      captures: set, lines: [ofGroup, ofPort, ofFile, never], content: .frames, pace: .maximum, seed: 1)
    let sent = all(schedule)
    let numbers = (0..<4).map { line in sent.filter { $0.line == line }.map(\.number) }
    // Files are merged by time: each packet of the first is followed by its twin of the second.
    #expect(numbers == [[1, 1, 3, 3], [0, 0, 2, 2], [0, 1, 2, 3], []])
    #expect(schedule.summary.forNoLine == 0)
    let alone = LineSchedule(captures: set, lines: [never], content: .frames, pace: .maximum, seed: 1)
    #expect(all(alone).isEmpty && alone.summary.forNoLine == 8)
  }

  @Test func payloadsGoWhereTheRoutesSay() throws {
    let folder = ScheduleFolder()
    let set = try capture([0, 1, 2, 3], folder)
    let first = DatagramRoutes.Address(try #require(IPAddress("239.1.1.1")), 5_001)
    let second = DatagramRoutes.Address(try #require(IPAddress("239.1.1.2")), 5_002)
    let elsewhere = DatagramRoutes.Address(try #require(IPAddress("127.0.0.1")), 77)
    var own = DatagramRoutes()
    own.keepsOthers = true
    var moved = DatagramRoutes()
    moved.moved = [second: elsewhere]
    var both = moved
    both.keepsOthers = true
    var everything = DatagramRoutes()
    everything.everythingElse = elsewhere
    for (routes, expected) in [
      (own, [first, second, first, second]), (moved, [elsewhere, elsewhere]),
      (both, [first, elsewhere, first, elsewhere]), (everything, [elsewhere, elsewhere, elsewhere, elsewhere]),
    ] {
      let schedule = LineSchedule(
        captures: set, lines: [line("A")], content: .payloads(routes), pace: .maximum, seed: 1)
      let frames = UnsafeMutableBufferPointer<ScheduledFrame>.allocate(capacity: 64)
      defer { frames.deallocate() }
      let count = schedule.next(into: frames)
      #expect(frames[..<count].map { DatagramRoutes.Address($0.frame.destination, $0.frame.destinationPort) } == expected)
      #expect(schedule.summary.withoutRoute == UInt64(4 - expected.count))
      #expect(frames[..<count].allSatisfy { $0.frame.length == 8 })
    }
  }

  @Test func whatCannotBeSentIsCounted() throws {
    // By hand: a cut frame, an ARP request, raw IP in a file of its own.
    let folder = ScheduleFolder()
    func pcap(_ link: UInt8, _ records: [(bytes: [UInt8], wire: UInt8)]) -> [UInt8] {
      var file: [UInt8] = [0x4D, 0x3C, 0xB2, 0xA1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, link, 0, 0, 0]
      for record in records {
        file += [1, 0, 0, 0, 0, 0, 0, 0, UInt8(record.bytes.count), 0, 0, 0, record.wire, 0, 0, 0] + record.bytes
      }
      return file
    }
    let arp = [UInt8](repeating: 0xFF, count: 12) + [8, 6] + [UInt8](repeating: 0, count: 28)
    let paths = try [pcap(1, [(arp, 42), (Array(arp.prefix(20)), 42)]), pcap(101, [([0x45, 0], 2)])].enumerated().map {
      let path = folder.path + "/\($0.offset).pcap"
      try Data($0.element).write(to: URL(fileURLWithPath: path))
      return path
    }
    let set = try CaptureSet(paths: paths)
    let frames = LineSchedule(captures: set, lines: [line("A")], content: .frames, pace: .maximum, seed: 1)
    let window = UnsafeMutableBufferPointer<ScheduledFrame>.allocate(capacity: 8)
    defer { window.deallocate() }
    #expect(frames.next(into: window) == 1 && window[0].frame.length == 42)
    #expect(frames.summary.cut == 1 && frames.summary.notEthernet == 1)
    var own = DatagramRoutes()
    own.keepsOthers = true
    let payloads = LineSchedule(captures: set, lines: [line("A")], content: .payloads(own), pace: .maximum, seed: 1)
    #expect(payloads.next(into: window) == 0 && payloads.isExhausted)
    #expect(payloads.summary.cut == 1 && payloads.summary.notUDP == 2)
  }
}

/// A folder of one test, removed afterwards.
private final class ScheduleFolder {
  let path = NSTemporaryDirectory() + "feedh-schedule-" + UUID().uuidString
  init() { try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// The seed of a random test: printed, and repeated where FEEDH_TEST_SEED names it.
private func scheduleSeed(_ name: String) -> UInt64 {
  let seed = ProcessInfo.processInfo.environment["FEEDH_TEST_SEED"].flatMap(UInt64.init) ?? .random(in: 0 ... .max)
  print("\(name): FEEDH_TEST_SEED=\(seed)")
  return seed
}
