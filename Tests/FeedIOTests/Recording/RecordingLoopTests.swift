import FeedCore
import Testing

@testable import FeedIO

/// Receiving and recording together, on a queue that plays packets.
struct RecordingLoopTests {
  /// Hands out packets in bursts of changing size, sometimes none.
  final class ScriptedQueue: LiveQueue {
    let name = "script"
    var failure: LiveQueueFailure?
    private let memory: PacketMemory
    private var position = 0
    private var calls = 0
    private let failsAtEnd: Bool
    private let stopsAt: (Int, StopFlag)?

    init(_ packets: [TestPacket], failsAtEnd: Bool = false, stopsAt: (Int, StopFlag)? = nil) {
      memory = PacketMemory(packets)
      self.failsAtEnd = failsAtEnd
      self.stopsAt = stopsAt
    }

    func receive(into burst: UnsafeMutableBufferPointer<Packet>) -> Int {
      calls += 1
      if calls % 5 == 0, failure == nil, stopsAt == nil { return 0 }
      let count = min(burst.count, 1 + calls % 23, memory.views.count - position)
      for index in 0..<count { burst[index] = memory.views[position + index] }
      position += count
      if let (limit, stop) = stopsAt, position >= limit { stop.set() }
      if count == 0, failsAtEnd { failure = LiveQueueFailure("the end") }
      return count
    }

    func figures() -> LiveQueueFigures {
      var figures = LiveQueueFigures()
      figures.packets = UInt64(position)
      return figures
    }

    func close() {}
  }

  private func run(
    _ queue: ScriptedQueue, limits: RecordingLoop.Limits = .init(), stop: StopFlag = StopFlag()
  ) throws -> (packets: UInt64, recorded: [TestPacket]) {
    let folder = TestFolder()
    let recorder = try Recorder(RecordingOptions(path: folder.path + "/day.pcapng"))
    let tap = try recorder.makeTap(name: queue.name, interfaces: [RecordingInterface(name: queue.name)])
    recorder.start()
    let loop = RecordingLoop([.init(queue: queue, tap: tap)], limits: limits, stop: stop)
    loop.run()
    recorder.stop()
    return (loop.packets, Walk(try CaptureSet(paths: [folder.path + "/day.pcapng"])).packets)
  }

  @Test func itRunsUntilItsQueueFailsAndRecordsEverything() throws {
    let packets = PacketMemory.random(1_000, seed: 4)
    let result = try run(ScriptedQueue(packets, failsAtEnd: true))
    #expect(result.recorded == packets && result.packets == 1_000)
  }

  @Test func itStopsAfterSoManyPackets() throws {
    var limits = RecordingLoop.Limits()
    limits.packets = 137
    let packets = PacketMemory.random(1_000, seed: 5)
    let result = try run(ScriptedQueue(packets), limits: limits)
    #expect(result.recorded == Array(packets.prefix(137)) && result.packets == 137)
  }

  @Test func itStopsWhenItsTimeIsOver() throws {
    var limits = RecordingLoop.Limits()
    limits.nanoseconds = 0
    let packets = PacketMemory.random(50, seed: 6)
    // What the queue holds already belongs to the recording.
    #expect(try run(ScriptedQueue(packets), limits: limits).recorded == packets)
  }

  @Test func aStopTakesWhatTheQueueHolds() throws {
    let stop = StopFlag()
    let packets = PacketMemory.random(1_000, seed: 7)
    let result = try run(ScriptedQueue(packets, stopsAt: (300, stop)), stop: stop)
    #expect(result.recorded == packets)
  }

  @Test func whatComesAfterTheStopIsNoPartOfTheRecording() throws {
    let stop = StopFlag()
    // Stamped long before the stop, and centuries after it.
    let before = PacketMemory.random(400, seed: 8)
    let after = (0..<400).map { TestPacket(9_000_000_000_000_000_000 + UInt64($0), [1, 2, 3]) }
    let result = try run(ScriptedQueue(before + after, stopsAt: (300, stop)), stop: stop)
    #expect(result.recorded == before && result.packets == 400)
  }
}
