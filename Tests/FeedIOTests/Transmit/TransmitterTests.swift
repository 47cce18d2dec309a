import FeedCore
import Testing

@testable import FeedIO

/// The transmitter on sinks in memory: order, pace, full sinks, stops. Nothing here depends on how fast the machine is.
struct TransmitterTests {
  /// Keeps what it is sent, and takes no more at a time than a script says.
  final class MemorySink: FrameSink {
    let name = "memory"
    var received: [UInt64] = []
    var failure: TransmitError?
    /// How many frames each call takes at most; afterwards everything.
    var appetite: [Int] = []
    var failsAfter: Int?
    var calls: [Int] = []
    private var counted = FrameSinkFigures()

    func send(_ burst: UnsafeBufferPointer<OutgoingFrame>) -> Int {
      calls.append(burst.count)
      if let failsAfter, received.count >= failsAfter {
        failure = .vanished(name: name, reason: "test")
        return 0
      }
      let count = min(burst.count, appetite.isEmpty ? burst.count : appetite.removeFirst())
      if count < burst.count { counted.fullCalls += 1 }
      received += burst.prefix(count).map { $0.bytes.load(as: UInt64.self) }
      counted.frames += UInt64(count)
      return count
    }

    func figures() -> FrameSinkFigures { counted }
    func close() {}
  }

  /// Frames that carry their number, on lines and at times given.
  final class Script: FrameSchedule {
    private let numbers: UnsafeMutablePointer<UInt64>
    private let frames: [ScheduledFrame]
    private var position = 0
    var isExhausted: Bool { position == frames.count }

    init(_ frames: [(line: Int, dueNanoseconds: UInt64)]) {
      let numbers = UnsafeMutablePointer<UInt64>.allocate(capacity: frames.count + 1)
      for index in frames.indices { (numbers + index).initialize(to: UInt64(index)) }
      self.numbers = numbers
      self.frames = frames.enumerated().map { index, frame in
        ScheduledFrame(
          frame: OutgoingFrame(bytes: numbers + index, length: 8), dueNanoseconds: frame.dueNanoseconds,
          line: UInt16(frame.line))
      }
    }

    deinit { numbers.deallocate() }

    func next(into window: UnsafeMutableBufferPointer<ScheduledFrame>) -> Int {
      let count = min(window.count, frames.count - position)
      for index in 0..<count { window[index] = frames[position + index] }
      position += count
      return count
    }
  }

  @Test func eachLineGetsItsFramesInOrder() {
    let seed = recordingSeed("transmitter")
    var random = CaptureRandom(seed)
    var clock: UInt64 = 0
    let script = (0..<5_000).map { _ in
      clock += UInt64.random(in: 0...200, using: &random)
      return (line: Int.random(in: 0..<3, using: &random), dueNanoseconds: clock)
    }
    for isPaced in [false, true] {
      let sinks = (0..<3).map { _ in MemorySink() }
      let transmitter = Transmitter(schedule: Script(script), sinks: sinks, isPaced: isPaced, stop: StopFlag())
      let summary = transmitter.run()
      for line in 0..<3 {
        #expect(sinks[line].received == script.indices.filter { script[$0].line == line }.map { UInt64($0) })
      }
      #expect(summary.frames == 5_000 && summary.bytes == 40_000 && !summary.isInterrupted)
      #expect(transmitter.progress == (5_000, 40_000))
      // Every frame of a paced run has its error; a run without schedule has none.
      #expect(summary.pacingError.count == (isPaced ? 5_000 : 0))
    }
  }

  @Test func nothingLeavesBeforeItIsDue() {
    // Ten frames, a millisecond apart: the last cannot have left before nine of them were over.
    let script = (0..<10).map { (line: 0, dueNanoseconds: UInt64($0) * 1_000_000) }
    let sink = MemorySink()
    let summary = Transmitter(schedule: Script(script), sinks: [sink], isPaced: true, stop: StopFlag()).run()
    #expect(sink.received == Array(0..<10))
    #expect(summary.elapsedNanoseconds >= 9_000_000)
    #expect(summary.pacingError.count == 10 && summary.pacingError.backwardCount == 0)
  }

  @Test func aFullSinkIsAskedAgainAndLosesNothing() {
    let script = (0..<300).map { _ in (line: 0, dueNanoseconds: UInt64(0)) }
    let sink = MemorySink()
    sink.appetite = [10, 0, 0, 1, 63, 0, 5]
    let summary = Transmitter(schedule: Script(script), sinks: [sink], isPaced: false, stop: StopFlag()).run()
    #expect(sink.received == Array(0..<300))
    // 64 offered and 10 taken, then 54 of them four times over, and so on.
    #expect(Array(sink.calls.prefix(6)) == [64, 54, 54, 54, 53, 64])
    #expect(summary.frames == 300 && summary.fullCalls == 6)
  }

  @Test func aFailedSinkEndsItAndIsNamed() {
    let script = (0..<1_000).map { (line: $0 % 2, dueNanoseconds: UInt64(0)) }
    let sinks = [MemorySink(), MemorySink()]
    sinks[1].failsAfter = 128
    let summary = Transmitter(schedule: Script(script), sinks: sinks, isPaced: false, stop: StopFlag()).run()
    #expect(summary.failure == .vanished(name: "memory", reason: "test"))
    #expect(sinks[1].received.count == 128)
    #expect(summary.frames == UInt64(sinks[0].received.count + 128))
  }

  @Test(arguments: [true, false])
  func aStopEndsItBeforeAnythingElseIsSent(isPaced: Bool) {
    let stop = StopFlag()
    stop.set()
    // An hour away: it would never end.
    let sink = MemorySink()
    let script = Script([(line: 0, dueNanoseconds: 3_600_000_000_000)])
    let summary = Transmitter(schedule: script, sinks: [sink], isPaced: isPaced, stop: stop).run()
    #expect(summary.isInterrupted && sink.received.isEmpty)
  }

  @Test func aStopWhileItWaitsEndsIt() {
    let stop = StopFlag()
    let sink = MemorySink()
    let script = Script([(line: 0, dueNanoseconds: 0), (line: 0, dueNanoseconds: 3_600_000_000_000)])
    let transmitter = Transmitter(schedule: script, sinks: [sink], isPaced: true, stop: stop)
    // Stops as soon as the first has left; the second would be waited for an hour.
    let stopper = WorkerThread { while transmitter.progress.frames == 0 {}; stop.set() }
    let summary = transmitter.run()
    stopper.join()
    #expect(summary.isInterrupted && sink.received == [0])
  }
}
