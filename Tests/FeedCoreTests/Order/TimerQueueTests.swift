import Testing

@testable import FeedCore

@Suite struct TimerQueueTests {
  private func schedule(_ queue: inout TimerQueue, _ bytes: [UInt8], at due: UInt64, venue: VenueIndex = 0) -> Bool {
    bytes.withUnsafeBytes {
      queue.schedule($0.baseAddress!, length: $0.count, venue: venue, direction: .fromVenue, at: due)
    }
  }

  private func pop(_ queue: inout TimerQueue, at time: UInt64) -> (UInt64, [UInt8])? {
    var buffer = [UInt8](repeating: 0, count: 128)
    return buffer.withUnsafeMutableBytes { raw in
      queue.popDue(at: time, into: raw.baseAddress!).map { ($0.dueNanoseconds, Array(raw[..<$0.length])) }
    }
  }

  @Test func sameTimeKeepsTheOrderOfCreation() {
    var queue = TimerQueue(capacity: 8)
    #expect(queue.nextDue == .max)
    for (byte, due) in [(1, 20), (2, 10), (3, 20), (4, 10), (5, 15)] as [(UInt8, UInt64)] {
      #expect(schedule(&queue, [byte], at: due))
    }
    #expect(queue.nextDue == 10)
    #expect(pop(&queue, at: 9) == nil)
    var order: [UInt8] = []
    while let (_, bytes) = pop(&queue, at: 20) { order += bytes }
    #expect(order == [2, 4, 5, 1, 3])
    #expect(queue.nextDue == .max && pop(&queue, at: .max) == nil)
  }

  @Test func fullQueueAndLongMessageAreRefused() {
    var queue = TimerQueue(capacity: 2)
    #expect(!schedule(&queue, Array(repeating: 0, count: 129), at: 1))
    #expect(schedule(&queue, Array(repeating: 9, count: 128), at: 1))
    #expect(schedule(&queue, [], at: .max))
    #expect(!schedule(&queue, [1], at: 0))
    #expect(queue.room == 0)
    #expect(pop(&queue, at: 1)?.1.count == 128)
    // The greatest time means none: it is due one nanosecond earlier.
    #expect(queue.nextDue == UInt64.max - 1)
    #expect(schedule(&queue, [1], at: 0))
  }

  @Test func agreesWithASortedArray() {
    let seed: UInt64 = .random(in: 0 ... .max)
    print("agreesWithASortedArray seed \(seed)")
    var random = OrderTestRandom(seed: seed)
    var queue = TimerQueue(capacity: 64)
    var model: [(due: UInt64, creation: Int, bytes: [UInt8])] = []
    for creation in 0..<20_000 {
      if Bool.random(using: &random) {
        let due = UInt64.random(in: 0..<40, using: &random)
        let bytes = (0..<Int.random(in: 1...128, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        let fits = schedule(&queue, bytes, at: due)
        #expect(fits == (model.count < 64))
        if fits { model.append((due, creation, bytes)) }
      } else {
        let now = UInt64.random(in: 0..<40, using: &random)
        let first = model.min { ($0.due, $0.creation) < ($1.due, $1.creation) }
        let expected = first.flatMap { $0.due <= now ? $0 : nil }
        let popped = pop(&queue, at: now)
        #expect(popped?.0 == expected?.due && popped?.1 == expected?.bytes)
        if let expected { model.removeAll { $0.creation == expected.creation } }
      }
      #expect(queue.count == model.count && queue.nextDue == model.map(\.due).min() ?? .max)
    }
  }
}
