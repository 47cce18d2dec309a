import FeedCore
import Testing

@testable import FeedIO

/// Several live queues as one source: in turn, with times that never go back.
@Suite struct LivePacketSourceTests {
  private static func receive(_ source: LivePacketSource) -> [String] {
    withUnsafeTemporaryAllocation(of: Packet.self, capacity: 8) { burst in
      let count = source.receive(into: burst)
      return burst[..<count].map { "\($0.fileIndex):\($0.recordIndex)@\($0.captureNanoseconds)" }
    }
  }

  @Test func queuesAreAskedInTurnAndTimesNeverGoBack() {
    let a = ScriptedQueue("a:0", [[100, 120], nil, [300], [310]])
    let b = ScriptedQueue("b:0", [[90, 110, 130], [125]])
    let source = LivePacketSource([.init(a, port: 4), .init(b, port: 7)], clock: { 0 })
    #expect(Self.receive(source) == ["4:0@100", "4:1@120"])
    // What b stamped before 120 came after it.
    #expect(Self.receive(source) == ["7:0@120", "7:1@120", "7:2@130"])
    // a has nothing: b is asked in the same call.
    #expect(Self.receive(source) == ["7:3@130"])
    #expect(Self.receive(source) == ["4:2@300"])
    #expect(Self.receive(source) == ["4:3@310"])
    #expect(Self.receive(source) == [] && !source.isExhausted)
    #expect(source.firstNanoseconds == 100)
  }

  @Test func busyQueueLeavesTheOtherItsTurn() {
    let a = ScriptedQueue("a:0", (0..<6).map { [UInt64($0)] })
    let b = ScriptedQueue("b:0", (0..<6).map { [UInt64($0)] })
    let source = LivePacketSource([.init(a, port: 0), .init(b, port: 1)], clock: { 0 })
    for _ in 0..<6 { _ = Self.receive(source) }
    #expect(a.script.count == 3 && b.script.count == 3)
  }

  /// The packets' clock is 1,000 behind this machine's at the least: so is the time that passes without packets.
  @Test func timeWithoutPacketsIsThatOfTheirClock() {
    nonisolated(unsafe) let shared = UnsafeMutablePointer<UInt64>.allocate(capacity: 1)
    defer { shared.deallocate() }
    shared.pointee = 50_000
    let queue = ScriptedQueue("a:0", [[49_000], [49_500], nil])
    let source = LivePacketSource([.init(queue, port: 0)], clock: { shared.pointee })
    #expect(source.now() == 50_000, "before the first packet nothing is known but the machine's clock")
    shared.pointee = 51_000
    #expect(Self.receive(source) == ["0:0@50000"], "never before what was told")
    shared.pointee = 50_500
    // Lags: 51,000 - 49,000 = 2,000, then 50,500 - 49,500 = 1,000.
    #expect(Self.receive(source) == ["0:1@50000"])
    shared.pointee = 60_000
    #expect(source.now() == 59_000)
    #expect(source.now() == 59_000)
  }

  @Test func clockOfPacketsThatIsAheadIsKeptToo() {
    nonisolated(unsafe) let shared = UnsafeMutablePointer<UInt64>.allocate(capacity: 1)
    defer { shared.deallocate() }
    shared.pointee = 1_000
    let queue = ScriptedQueue("a:0", [[900_000]])
    let source = LivePacketSource([.init(queue, port: 0)], clock: { shared.pointee })
    #expect(Self.receive(source) == ["0:0@900000"])
    shared.pointee = 1_700
    #expect(source.now() == 900_700)
  }

  @Test func failedQueueIsNamedAndAskedNoMore() {
    let a = ScriptedQueue("a:0", [])
    let b = ScriptedQueue("b:0", [])
    let source = LivePacketSource([.init(a, port: 0), .init(b, port: 1)], clock: { 0 })
    a.failure = LiveQueueFailure("a:0: cable pulled; plug it in")
    for _ in 0..<1_000 { _ = Self.receive(source) }
    #expect(source.failures.map(\.name) == ["a:0"])
    #expect(source.failures.map(\.failure.description) == ["a:0: cable pulled; plug it in"])
    let calls = a.calls
    for _ in 0..<100 { _ = Self.receive(source) }
    #expect(a.calls == calls && b.calls > 1_000 && !source.isExhausted)
    b.failure = LiveQueueFailure("b:0: too")
    for _ in 0..<1_000 where !source.isExhausted { _ = Self.receive(source) }
    #expect(source.isExhausted && source.failures.count == 2)
    #expect(Self.receive(source) == [])
  }
}
