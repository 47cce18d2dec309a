import FeedCore
import Testing

@testable import FeedIO

/// The ring between a polling core and the writing thread: what it takes, what it drops, and in which order.
struct RecordingRingTests {
  /// What the smallest ring takes of 1,000-byte packets: 32 bytes of header each, to a multiple of 32.
  private static let packetsOfSmallestRing = (1 << 20) / 1_056

  private func packets(_ count: Int, from first: Int = 0) -> [TestPacket] {
    (first..<first + count).map {
      TestPacket(UInt64($0), [UInt8](repeating: UInt8(truncatingIfNeeded: $0), count: 1_000))
    }
  }

  private func recorder(_ folder: TestFolder, _ change: (inout RecordingOptions) -> Void = { _ in }) throws -> (
    Recorder, RecordingTap
  ) {
    var options = RecordingOptions(path: folder.path + "/day.pcapng")
    options.ringBytes = RecordingOptions.ringBytesMinimum
    change(&options)
    let recorder = try Recorder(options)
    return (recorder, try recorder.makeTap(name: "eth0", interfaces: [RecordingInterface(name: "eth0")]))
  }

  @Test func whatFindsTheRingFullIsDroppedAndCountedExactly() throws {
    let folder = TestFolder()
    let (recorder, tap) = try recorder(folder)
    // Nobody reads yet: the ring takes what it has room for, and not one more.
    PacketMemory(packets(2_000)).offer(to: tap)
    let full = recorder.figures()[0]
    #expect(full.offeredPackets == 2_000 && full.offeredBytes == 2_000_000)
    #expect(full.ringDroppedPackets == UInt64(2_000 - Self.packetsOfSmallestRing))
    #expect(full.ringDroppedBytes == full.ringDroppedPackets * 1_000)
    recorder.start()
    recorder.stop()
    let figures = recorder.figures()[0]
    #expect(figures.writtenPackets == UInt64(Self.packetsOfSmallestRing))
    #expect(figures.writtenPackets + figures.ringDroppedPackets == 2_000)
    let walk = Walk(try CaptureSet(paths: [folder.path + "/day.pcapng"]))
    #expect(walk.packets == packets(Self.packetsOfSmallestRing))
  }

  @Test func theFirstPacketAfterALossSaysHowManyAreMissing() throws {
    let folder = TestFolder()
    let (recorder, tap) = try recorder(folder)
    let room = Self.packetsOfSmallestRing
    PacketMemory(packets(room + 7)).offer(to: tap)
    // 16 bytes still fit where 1,000 do not: a small packet comes after the seven that were dropped.
    #expect((1 << 20) % 1_056 >= 64)
    PacketMemory([TestPacket(5_000, [1]), TestPacket(5_001, [UInt8](repeating: 1, count: 1_000))]).offer(to: tap)
    recorder.start()
    recorder.stop()
    let blocks = try PcapngBlocks(folder.bytes("day.pcapng"))
    #expect(blocks.dropCounts == [UInt64](repeating: 0, count: room) + [7])
    let figures = recorder.figures()[0]
    #expect(figures.ringDroppedPackets == 8 && figures.writtenPackets == UInt64(room + 1))
  }

  @Test func itGoesAroundManyTimesInOrder() throws {
    let seed = recordingSeed("ring")
    var random = CaptureRandom(seed)
    let ring = RecordingRing(bytes: 1)
    #expect(ring.capacity == RecordingOptions.ringBytesMinimum)
    var producer = RecordingRing.Producer()
    var consumer = RecordingRing.Consumer()
    var waiting: [TestPacket] = []
    var dropped: UInt64 = 0
    var droppedSince: UInt64 = 0
    var pushed = 0
    for turn in 0..<200 {
      // Fill and empty in turns of random size, so that the end of the ring is met in every way.
      let count = Int.random(in: 0...80, using: &random)
      let memory = PacketMemory(PacketMemory.random(count, seed: random.next(), lengthMaximum: 100_000))
      memory.forEach { packet, view in
        if ring.push(view, length: packet.bytes.count, interface: 3, &producer) {
          waiting.append(packet)
          pushed += 1
          droppedSince = 0
        } else {
          dropped += 1
          droppedSince += 1
        }
        #expect(producer.droppedSince == droppedSince)
      }
      ring.publish(producer)
      for _ in 0..<Int.random(in: 0...60, using: &random) {
        guard let record = ring.pop(&consumer) else {
          #expect(waiting.isEmpty)
          break
        }
        let read = TestPacket(
          record.captureNanoseconds, Array(UnsafeRawBufferPointer(start: record.bytes, count: record.storedLength)),
          wireLength: Int(record.wireLength))
        #expect(read == waiting.removeFirst(), "turn \(turn)")
        #expect(record.interface == 3 && record.linkType == LinkType.ethernet.rawValue)
      }
      ring.giveBack(consumer)
    }
    #expect(pushed > 1_000 && dropped > 0)
  }

  @Test func aTapOnAnotherThreadLosesNothingThatFits() throws {
    let folder = TestFolder()
    // 10 MB through a ring that holds all of it, while the writing thread works.
    let (recorder, tap) = try recorder(folder) { $0.ringBytes = 16 << 20 }
    recorder.start()
    let memory = PacketMemory(packets(10_000))
    let thread = WorkerThread { memory.offer(to: tap, burst: 7) }
    thread.join()
    recorder.stop()
    let figures = recorder.figures()[0]
    #expect(figures.writtenPackets == 10_000 && figures.ringDroppedPackets == 0 && figures.failure == nil)
    #expect(Walk(try CaptureSet(paths: [folder.path + "/day.pcapng"])).packets == memory.packets)
  }

  @Test func whatIsMissingAfterARaceIsWhatWasCounted() throws {
    let folder = TestFolder()
    let (recorder, tap) = try recorder(folder)
    recorder.start()
    // More than the smallest ring holds: how much is dropped depends on the machine, the sum does not.
    PacketMemory(packets(20_000)).offer(to: tap)
    recorder.stop()
    let figures = recorder.figures()[0]
    #expect(figures.writtenPackets + figures.ringDroppedPackets == 20_000)
    let times = Walk(try CaptureSet(paths: [folder.path + "/day.pcapng"])).packets.map(\.nanoseconds)
    #expect(UInt64(times.count) == figures.writtenPackets)
    let drops = try PcapngBlocks(folder.bytes("day.pcapng")).dropCounts
    // Packets carry their number as time: before each one exactly those are missing that it says.
    var next: UInt64 = 0
    for (time, missing) in zip(times, drops) {
      #expect(time == next + missing)
      next = time + 1
    }
    #expect(drops.reduce(0, +) + (20_000 - next) == figures.ringDroppedPackets)
  }
}

extension PacketMemory {
  func forEach(_ body: (TestPacket, Packet) -> Void) {
    for (packet, view) in zip(packets, views) { body(packet, view) }
  }
}

extension PacketMemory: @unchecked Sendable {}
