import Foundation
import Testing

@testable import FeedCore

/// What two threads share: words, rings, batches. The thread sanitizer runs these too (Scripts/check).
@Suite struct SharedMemoryTests {
  /// Runs `body` on a thread of its own; the result is waited for.
  private func onThread(_ body: @escaping @Sendable () -> Void) -> DispatchSemaphore {
    let done = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      body()
      done.signal()
    }
    return done
  }

  /// A word of results, written by one thread and read after it ended.
  private final class Box<Value>: @unchecked Sendable {
    var value: Value
    init(_ value: Value) { self.value = value }
  }

  // MARK: SPSCRing

  @Test func aRingGivesBackWhatItTookInOrder() {
    let ring = SPSCRing<UInt64>(capacity: 4)
    #expect(ring.pop() == nil)
    for round in 0..<10 as Range<UInt64> {
      for number in 0..<4 as Range<UInt64> { #expect(ring.push(round * 4 + number)) }
      #expect(!ring.push(99), "full: the producer is told")
      for number in 0..<4 as Range<UInt64> { #expect(ring.pop() == round * 4 + number) }
      #expect(ring.pop() == nil)
    }
  }

  @Test func aRingFreesASlotWithEachPop() {
    let ring = SPSCRing<UInt8>(capacity: 2)
    #expect(ring.push(1) && ring.push(2) && !ring.push(3))
    #expect(ring.pop() == 1 && ring.push(3) && !ring.push(4))
    #expect(ring.pop() == 2 && ring.pop() == 3 && ring.pop() == nil)
  }

  @Test(arguments: [2, 64, 1_024]) func twoThreadsLoseNothingAndKeepTheOrder(capacity: Int) {
    // Two words that must arrive together: a torn element would show.
    struct Pair: BitwiseCopyable { var number: UInt64, mark: UInt64 }
    let ring = SPSCRing<Pair>(capacity: capacity)
    let count = UInt64(2_000 + 20 * capacity)
    let producer = onThread {
      for number in 0..<count {
        while !ring.push(Pair(number: number, mark: Mix.spread(number))) { sched_yield() }
      }
    }
    var expected: UInt64 = 0
    var isRight = true
    while expected < count {
      guard let pair = ring.pop() else {
        sched_yield()
        continue
      }
      isRight = isRight && pair.number == expected && pair.mark == Mix.spread(expected)
      expected += 1
    }
    producer.wait()
    #expect(isRight && ring.pop() == nil)
  }

  // MARK: SharedWord

  @Test func aPublishedWordCarriesWhatWasWrittenBefore() {
    let word = SharedWord(7)
    #expect(word.observe() == 7 && word.glance() == 7)
    let payload = Storage<UInt64>(capacity: 8)
    let answer = SharedWord()
    let other = onThread {
      for round in 1...2_000 as ClosedRange<UInt64> {
        while word.observe() != round + 100 { sched_yield() }
        // Plain memory, written before the word was published.
        answer.publish(payload[0] == round && payload[7] == round ? round : .max)
      }
    }
    var isRight = true
    for round in 1...2_000 as ClosedRange<UInt64> {
      payload[0] = round
      payload[7] = round
      word.publish(round + 100)
      while answer.observe() != round {
        if answer.observe() == .max {
          isRight = false
          break
        }
        sched_yield()
      }
    }
    other.wait()
    #expect(isRight)
    word.note(3)
    #expect(word.glance() == 3)
  }

  // MARK: BatchRing

  /// What one consumer saw: numbers of messages, in order; and the clock at the end.
  private struct Seen {
    var count: UInt64 = 0
    var isInOrder = true
    var batches = 0
    var clock: UInt64 = 0
  }

  /// Two consumers of one ring: one at full speed, one that rests at each batch.
  @Test func aSlowConsumerLosesNothingAndHoldsBackTheProducer() {
    let ring = BatchRing(consumers: 2)
    let seen = [Box(Seen()), Box(Seen())]
    let count: UInt64 = 20_000
    let threads = (0..<2).map { consumer in
      onThread {
        var taken: UInt64 = 0
        poll: while true {
          switch ring.poll(taken: taken) {
          case .batch(let batch):
            for index in 0..<batch.pointee.count {
              let delivery = batch.pointee.deliveries[index]
              let packet = batch.pointee.packets[Int(delivery.packet)]
              // The message's "address" is its number, and so is its packet's time.
              let number = UInt64(UInt(bitPattern: delivery.bytes))
              seen[consumer].value.count += 1
              if number != seen[consumer].value.count || packet.captureNanoseconds != number {
                seen[consumer].value.isInOrder = false
              }
            }
            seen[consumer].value.batches += 1
            if consumer == 1 { for _ in 0..<20 { sched_yield() } }
            taken += 1
            ring.release(taken: taken, consumer: consumer)
          case .nothing: sched_yield()
          case .ended(let clock):
            seen[consumer].value.clock = clock
            break poll
          }
        }
      }
    }
    var sink = RingSink(ring: ring, waiting: SpinWait(threads: 2))
    sink.batch.begin(receiveTicks: 1, isSampled: false)
    for number in 1...count {
      sink.flushIfFull()
      var packet = SequencedPacket(blocks: UnsafeRawPointer(bitPattern: UInt(number))!)
      packet.sequenceNumber = number
      sink.batch.beginPacket(packet, clock: number)
      sink.batch.append(message: packet.blocks, length: 0, channel: 0)
      sink.batch.endPacket()
    }
    sink.flush()
    ring.end(clock: 77)
    for thread in threads { thread.wait() }
    for consumer in 0..<2 {
      let result = seen[consumer].value
      #expect(result.count == count && result.isInOrder && result.clock == 77, "consumer \(consumer)")
      #expect(result.batches > BatchRing.capacity)
    }
  }

  @Test func anEndedRingGivesItsLastBatchesFirst() {
    let ring = BatchRing(consumers: 1)
    var sink = RingSink(ring: ring, waiting: SpinWait(threads: 2))
    sink.batch.append(.sessionRestart, channel: 5, detail: 0, packet: packet(), clock: 3)
    sink.flush()
    sink.flush()
    ring.end(clock: 9)
    guard case .batch(let batch) = ring.poll(taken: 0) else {
      Issue.record("no batch")
      return
    }
    #expect(batch.pointee.count == 1 && batch.pointee.deliveries[0].channel == 5)
    ring.release(taken: 1, consumer: 0)
    guard case .ended(let clock) = ring.poll(taken: 1) else {
      Issue.record("not ended: an empty batch was published")
      return
    }
    #expect(clock == 9 && sink.waits == 0)
  }

  /// A shard core that is a whole ring behind makes the ingest core wait: how often, and how far it was behind.
  @Test func aFullRingIsCounted() {
    let ring = BatchRing(consumers: 1)
    var sink = RingSink(ring: ring, waiting: SpinWait(threads: 2))
    func publish() {
      sink.batch.append(.sessionRestart, channel: 0, detail: 0, packet: packet(), clock: 1)
      sink.flush()
    }
    for _ in 1..<BatchRing.capacity { publish() }
    #expect(sink.waits == 0 && sink.fillMax == UInt64(BatchRing.capacity) - 1)
    // The last place is taken: the producer waits until the first batch is worked off.
    let consumer = onThread {
      while true {
        if case .batch = ring.poll(taken: UInt64(BatchRing.capacity) - 1) { break }
        sched_yield()
      }
      ring.release(taken: 1, consumer: 0)
    }
    publish()
    consumer.wait()
    #expect(sink.waits == 1 && sink.fillMax == UInt64(BatchRing.capacity))
    ring.release(taken: UInt64(BatchRing.capacity), consumer: 0)
    publish()
    #expect(sink.waits == 1 && sink.fillMax == UInt64(BatchRing.capacity), "the most, once it is over")
  }

  private func packet() -> SequencedPacket { SequencedPacket(blocks: UnsafeRawPointer(bitPattern: 64)!) }

  /// A ring's batch without deliveries is not published; what it held of packets must not pile up.
  @Test func anyNumberOfMalformedPacketsLeavesTheRingsBatchInItsBounds() {
    let ring = BatchRing(consumers: 1)
    var sink = RingSink(ring: ring, waiting: SpinWait(threads: 2))
    var arbiter = LineArbiter(
      channel: 0, transport: .moldUDP64, settings: SessionSettings(), counters: Counters())
    func accept(_ payload: [UInt8]) {
      payload.withUnsafeBytes {
        arbiter.accept(MoldUDP64.parse($0.baseAddress!, length: $0.count)!, clock: 0, into: &sink)
      }
      #expect(sink.batch.packetCount <= sink.batch.packets.capacity)
    }
    accept(Mold.packet("S1", 1, [[1]]))
    sink.flush()
    // The ring goes round with no consumer: 15 batches fit.
    for _ in 0..<2_000 {
      accept(Mold.header("S1", 2, 1) + [0, 5, 1])
      sink.flush()
    }
    guard case .batch = ring.poll(taken: 0), case .nothing = ring.poll(taken: 1) else {
      Issue.record("more than the one batch was published")
      return
    }
    #expect(sink.batch.packetCount == 0)
  }
}
