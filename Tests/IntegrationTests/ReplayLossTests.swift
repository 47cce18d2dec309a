import FeedIO
import Testing

@testable import FeedCore

/// Packets lost on one line or on both, against the numbers that the tests themselves find missing in the files.
@Suite(.enabled(if: Itchgen.isHere, "\(Itchgen.reason)"))
struct ReplayLossTests {
  /// Numbers of a feed that no file holds, told by its data packets alone.
  struct Missing {
    var messages: UInt64 = 0
    /// Runs of missing numbers. A heartbeat ends one: it comes a second after what it shows to be missing.
    var ranges = 0
    var firstNumber: UInt64?
    /// Capture time of the first packet beyond the first missing number.
    var noticedNanoseconds: UInt64?

    /// Heartbeats tell the next number too. Losses at the very end are not told by anything.
    init(_ files: [[CapturedFrame]]) {
      let frames = files.joined().map { (time: $0.nanoseconds, mold: $0.mold) }
      let highest = frames.map(\.mold.end).max() ?? 1
      var isHere = [Bool](repeating: false, count: Int(highest))
      var heartbeats: Set<Int> = []
      for frame in frames {
        if !frame.mold.isData { heartbeats.insert(Int(frame.mold.sequenceNumber)) }
        for number in frame.mold.sequenceNumber..<frame.mold.end { isHere[Int(number)] = true }
      }
      for number in 1..<Int(highest) where !isHere[number] {
        messages += 1
        if number == 1 || isHere[number - 1] || heartbeats.contains(number) { ranges += 1 }
        if firstNumber == nil { firstNumber = UInt64(number) }
      }
      if let firstNumber {
        noticedNanoseconds = frames.filter { $0.mold.sequenceNumber > firstNumber }.map(\.time).min()
      }
    }
  }

  private static let settings = Settings.small

  @Test(arguments: [11, 12]) func lossOnOneLineIsFilledByTheOther(seed: Int) throws {
    let made = try Itchgen.run("-n 50000 -s \(seed) -k 200 -l 9000 -b -La 0.01")
    let expected = try made.expected()
    #expect(Missing([try PcapFile.read(made.a)]).messages > 0)
    for paths in [[made.a, made.b], [made.b, made.a]] {
      let run = try ReplayRun(paths, Self.settings)
      #expect(run.summary.bestByLocate == expected, "seed \(seed)")
      #expect(run.summary[.messagesLost] == 0 && run.summary[.gaps] == 0, "seed \(seed)")
      #expect(run.summary.byType == (try made.countsByType()) && run.summary.orphans == 0)
      #expect(run.summary.instruments.allSatisfy { $0.state != .untrusted && $0.state != .gap })
      let lossless = try ReplayRun([made.b], Self.settings)
      #expect(run.summary.bookDigest == lossless.summary.bookDigest)
    }
  }

  @Test(arguments: [14, 17]) func lossOnBothLinesIsCountedToTheMessage(seed: Int) throws {
    let made = try Itchgen.run("-n 50000 -s \(seed) -k 200 -l 9000 -b -La 0.01 -Lb 0.01")
    let files = [try PcapFile.read(made.a), try PcapFile.read(made.b)]
    let both = Missing(files)
    #expect(both.messages > 0, "seed \(seed): nothing lost on both lines; take another seed")
    let run = try ReplayRun([made.a, made.b], Self.settings)
    #expect(run.summary[.messagesLost] == both.messages && run.summary[.gaps] == UInt64(both.ranges), "seed \(seed)")
    #expect(run.summary.messages == run.summary.byType.values.reduce(0, +))
    #expect(run.summary.instruments.allSatisfy { $0.state == .untrusted })

    for (path, file) in zip([made.a, made.b], files) {
      let alone = Missing([file])
      let run = try ReplayRun([path], Self.settings)
      #expect(run.summary[.messagesLost] == alone.messages && run.summary[.gaps] == UInt64(alone.ranges))
      #expect(run.summary.instruments.allSatisfy { $0.state == .untrusted })
      // Nothing that was there was dropped.
      let numbers = file.map(\.mold).filter(\.isData).reduce(0) { $0 + $1.count }
      #expect(run.summary.messages == numbers && run.summary[.duplicates] == 0)
    }
  }

  /// Until the first loss is noticed all books are as good as without loss; from then on every book is untrusted.
  @Test func everyBookIsUntrustedFromTheFirstLossOn() throws {
    let made = try Itchgen.run("-n 50000 -s 17 -k 200 -l 9000 -b -La 0.01 -Lb 0.01")
    let files = [try PcapFile.read(made.a), try PcapFile.read(made.b)]
    let missing = Missing(files)
    let noticed = try #require(missing.noticedNanoseconds)
    for (until, isTrusted) in [(noticed - 1, true), (noticed + 1_000_001, false)] {
      var paths: [String] = []
      for file in files {
        // What one line still fills after `until` must not be missing: cut both at the same time.
        paths.append(PcapFile.write(file.filter { $0.nanoseconds <= until }))
      }
      let run = try ReplayRun(paths, Self.settings)
      let untrusted = run.summary.instruments.filter { $0.state == .untrusted }.count
      #expect(run.summary.instruments.count == 200)
      #expect(untrusted == (isTrusted ? 0 : 200), "\(isTrusted) \(untrusted)")
      #expect((run.summary[.messagesLost] == 0) == isTrusted)
    }
  }

  /// A line that lost its first packets is late; with the other line there nothing is.
  @Test func theFirstPacketMayBeLostOnOneLine() throws {
    let made = try Itchgen.run("-n 50000 -s 12 -k 200 -l 9000 -b -La 0.01")
    let b = try PcapFile.read(made.b)
    for lost in [1, 3] {
      // B is complete: as the line that begins late it is the earlier one in time as well.
      let late = PcapFile.write(
        b.dropFirst(lost).map { frame in
          var copy = frame
          copy.nanoseconds -= 150
          copy.bytes.store(0xE936_0C70, 30, 4)
          copy.bytes.store(0, 40, 2)
          CapturedFrame.renewHeaderChecksum(&copy.bytes)
          return copy
        })
      for paths in [[late, made.b], [made.b, late]] {
        let run = try ReplayRun(paths, Self.settings)
        #expect(run.summary.bestByLocate == (try made.expected()))
        #expect(run.summary[.messagesLost] == 0 && run.summary[.gaps] == 0)
        #expect(run.summary.instruments.allSatisfy { $0.state < .lateStart })
      }
      let alone = try ReplayRun([late], Self.settings)
      #expect(alone.summary[.messagesLost] == 0 && alone.summary[.gaps] == 0)
      #expect(alone.summary.instruments.allSatisfy { $0.state == .lateStart })
    }
  }
}
