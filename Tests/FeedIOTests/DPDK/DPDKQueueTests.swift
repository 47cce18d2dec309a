import CDPDK
import FeedCore
import Foundation
import Testing

@testable import FeedIO

/// Packets through DPDK's drivers of software that need no rights.
@Suite("DPDK queues", .enabled(if: DPDKTest.isBuilt, "DPDK: trait off"))
struct DPDKQueueTests {
  /// Frames of many lengths, at times of whole microseconds: that is what net_pcap gives.
  private static func traffic(_ count: Int, first: UInt64 = 0) -> [TestPacket] {
    (0..<count).map { index in
      let number = first + UInt64(index)
      let bytes = DPDKTest.frame(number, length: 60 + Int(number * 37 % 1_400))
      return TestPacket(1_700_000_000_000_000_000 + number * 3_000, bytes)
    }
  }

  @Test func netPcapGivesEveryPacketOfTheCaptureByteForByteWithItsTime() throws {
    let folder = TestFolder()
    let packets = Self.traffic(5_000)
    let path = folder.write(Pcap.file(packets), as: "traffic.pcap")
    let port = try DPDKTest.open(.captures([path], name: DPDKTest.name("net_pcap")))
    let reader = QueueReader(port.queues[0])
    defer { reader.free() }
    let received = reader.copies(packets.count)
    #expect(received.count == packets.count)
    #expect(received == packets)
    let figures = port.queues[0].figures()
    #expect(figures.packets == 5_000 && figures.bytes == packets.reduce(0) { $0 + UInt64($1.bytes.count) })
    #expect(figures.timestamps == .hardware && figures.cut == 0 && figures.drops == 0)
    #expect(port.plan.times == "the capture's, whole microseconds" && port.plan.driver == "net_pcap")
    port.close()
    #expect(port.bufferAccount?.leaked == 0 && (port.bufferAccount?.buffers ?? 0) > 2_000)
    #expect(port.queues.isEmpty)
  }

  @Test func recordsAreNumberedAndFilesNamedAsTheQueueWasTold() throws {
    let folder = TestFolder()
    let path = folder.write(Pcap.file(Self.traffic(200)), as: "traffic.pcap")
    let port = try DPDKTest.open(.captures([path], name: DPDKTest.name("net_pcap")))
    defer { port.close() }
    port.queues[0].fileIndex = 7
    let reader = QueueReader(port.queues[0])
    defer { reader.free() }
    var records: [UInt64] = []
    reader.read(200) { burst in
      records += burst.map(\.recordIndex)
      #expect(burst.allSatisfy { $0.fileIndex == 7 && $0.linkType == .ethernet })
    }
    #expect(records == Array(0..<200))
  }

  @Test func twoCapturesAreTwoQueuesEachWithItsOwnPackets() throws {
    let folder = TestFolder()
    let (one, other) = (Self.traffic(700), Self.traffic(900, first: 50_000))
    let paths = [folder.write(Pcap.file(one), as: "one.pcap"), folder.write(Pcap.file(other), as: "other.pcap")]
    let port = try DPDKTest.open(.captures(paths, name: DPDKTest.name("net_pcap"))) { $0.queues = 2 }
    #expect(port.queues.map(\.name) == ["test:0", "test:1"])
    #expect(port.plan.spreading == .rest(.driver))
    for (queue, expected) in zip(port.queues, [one, other]) {
      let reader = QueueReader(queue)
      #expect(reader.copies(expected.count) == expected)
      reader.free()
    }
    let queues = port.queues
    queues[0].close()
    #expect(port.bufferAccount == nil, "the port stays for its other queue")
    queues[1].close()
    #expect(port.bufferAccount?.leaked == 0)
    #expect(queues[1].figures().packets == 900, "figures outlast the port")
    queues[1].close()
  }

  @Test func burstsOfAnySizeGiveTheSamePackets() throws {
    let folder = TestFolder()
    let packets = Self.traffic(300)
    let path = folder.write(Pcap.file(packets), as: "traffic.pcap")
    for size in [1, 7, 64, 500] {
      let port = try DPDKTest.open(.captures([path], name: DPDKTest.name("net_pcap")))
      let burst = UnsafeMutableBufferPointer<Packet>.allocate(capacity: size)
      defer { burst.deallocate() }
      var received = 0
      while received < packets.count {
        let count = port.queues[0].receive(into: burst)
        try #require(count > 0, "\(received) packets came in bursts of \(size)")
        #expect(count <= min(size, DPDKQueue.burstMaximum))
        for packet in burst[..<count] {
          #expect(
            Array(UnsafeRawBufferPointer(start: packet.bytes, count: Int(packet.capturedLength)))
              == packets[received].bytes)
          received += 1
        }
      }
      #expect(port.queues[0].receive(into: burst) == 0)
      #expect(port.queues[0].receive(into: .init(start: nil, count: 0)) == 0)
      port.close()
      #expect(port.bufferAccount?.leaked == 0)
    }
  }

  /// The contract of `LiveQueue`: bytes stay during the next `LiveSource.retainedBursts` bursts.
  @Test func bytesStayForTheBurstsThatTheContractNames() throws {
    let port = try DPDKTest.open(.virtual(DPDKTest.name("net_ring"))) { $0.transmitQueues = 1 }
    let queue = port.queues[0]
    let burst = UnsafeMutableBufferPointer<Packet>.allocate(capacity: 64)
    defer { burst.deallocate() }
    var kept: [(number: UInt64, packet: Packet)] = []
    var next: UInt64 = 0
    for round in 0..<(4 * LiveSource.retainedBursts) {
      for _ in 0..<(1 + round % 64) {
        let frame = DPDKTest.frame(next, length: 100)
        #expect(frame.withUnsafeBytes { port.transmitQueues[0].send($0) })
        next += 1
      }
      let count = queue.receive(into: burst)
      #expect(count == 1 + round % 64)
      for packet in burst[..<count] { kept.append((try #require(DPDKTest.number(packet)), packet)) }
      // The newest burst, and as many before it.
      let held = (max(0, round - LiveSource.retainedBursts)...round).reduce(0) { $0 + 1 + $1 % 64 }
      kept.removeFirst(kept.count - held)
      #expect(kept.allSatisfy { DPDKTest.number($0.packet) == $0.number }, "after burst \(round)")
    }
    port.close()
    #expect(port.bufferAccount?.leaked == 0)
  }

  /// A busy day's.
  private static let manyPackets: UInt64 = 24_000_000

  @Test func millionsOfPacketsThroughALoopAllComeInOrderAndLeakNothing() throws {
    let port = try DPDKTest.open(.virtual(DPDKTest.name("net_ring"))) { $0.transmitQueues = 1 }
    let (queue, transmit) = (port.queues[0], port.transmitQueues[0])
    let before = port.availableBuffers
    let burst = UnsafeMutableBufferPointer<Packet>.allocate(capacity: 64)
    defer { burst.deallocate() }
    let total = Self.manyPackets
    let began = DispatchTime.now()
    var (sent, received): (UInt64, UInt64) = (0, 0)
    var (time, misplaced): (UInt64, Int) = (0, 0)
    let frame = UnsafeMutableRawBufferPointer.allocate(byteCount: 64, alignment: 8)
    defer { frame.deallocate() }
    frame.copyBytes(from: DPDKTest.frame(0, length: 64))
    while received < total {
      for _ in 0..<64 where sent < total {
        frame.storeBytes(of: sent.littleEndian, toByteOffset: 14, as: UInt64.self)
        guard transmit.append(UnsafeRawBufferPointer(frame)) else { break }
        sent += 1
      }
      transmit.flush()
      let count = queue.receive(into: burst)
      for packet in burst[..<count] {
        if DPDKTest.number(packet) != received || packet.captureNanoseconds < time { misplaced += 1 }
        time = packet.captureNanoseconds
        received += 1
      }
    }
    #expect(sent == total && misplaced == 0)
    #expect(queue.figures().packets == total && transmit.figures().frames == total)
    #expect(transmit.figures().drops == 0 && port.availableBuffers < before)
    port.close()
    #expect(port.bufferAccount?.leaked == 0, "\(String(describing: port.bufferAccount))")
    Self.tell("net_ring", total, since: began, port)
  }

  private static func tell(_ device: String, _ packets: UInt64, since began: DispatchTime, _ port: DPDKPort) {
    let nanoseconds = max(1, DispatchTime.now().uptimeNanoseconds - began.uptimeNanoseconds)
    print(
      "\(device): \(packets) packets in \(nanoseconds / 1_000_000) ms, \(nanoseconds / packets) ns each, "
        + "\(port.bufferAccount.map { "\($0.available) of \($0.buffers) buffers back" } ?? "no account")")
  }

  /// A driver that makes packets of nothing, as fast as it is asked.
  @Test func millionsOfPacketsOfADriverLeakNothing() throws {
    let port = try DPDKTest.open(.virtual(DPDKTest.name("net_null")))
    let queue = port.queues[0]
    let burst = UnsafeMutableBufferPointer<Packet>.allocate(capacity: 64)
    defer { burst.deallocate() }
    let total = Self.manyPackets
    let began = DispatchTime.now()
    var (received, odd): (UInt64, Int) = (0, 0)
    while received < total {
      let count = queue.receive(into: burst)
      for packet in burst[..<count] where packet.capturedLength != 64 || packet.recordIndex < received { odd += 1 }
      received += UInt64(count)
    }
    #expect(odd == 0 && queue.figures().packets == received)
    port.close()
    #expect(port.bufferAccount?.leaked == 0, "\(String(describing: port.bufferAccount))")
    Self.tell("net_null", received, since: began, port)
  }

  /// A pool without a free buffer: packets of then are lost and counted by that name, those behind them come, and no
  /// buffer is lost.
  @Test func poolWithoutBuffersIsCountedAndWhatFollowsComes() throws {
    let folder = TestFolder()
    let packets = (0..<3_000 as Range<UInt64>).map { TestPacket(1_000 * ($0 + 1), DPDKTest.frame($0, length: 60)) }
    let path = folder.write(Pcap.file(packets), as: "pool.pcap")
    let port = try DPDKTest.open(.captures([path], name: DPDKTest.name("net_pcap")))
    let queue = port.queues[0]
    let reader = QueueReader(queue, patience: 100)
    defer { reader.free() }
    var numbers: [UInt64] = []
    reader.read(1) { numbers += $0.compactMap(DPDKTest.number) }
    #expect(numbers == Array(0..<64))
    // All buffers that nobody has, this thread's cache included.
    let pool = try #require(port.pools.first)
    var taken: [UnsafeMutablePointer<feedh_dpdk_mbuf>?] = []
    var one: UnsafeMutablePointer<feedh_dpdk_mbuf>?
    while feedh_dpdk_take(pool, &one, 1) == 0 { taken.append(one) }
    #expect(taken.count > 1_000)
    reader.read(.max) { numbers += $0.compactMap(DPDKTest.number) }
    let figures = queue.figures()
    #expect(numbers.count == 64 && figures.packets == 64 && queue.failure == nil)
    #expect(figures.noBuffers > 0 && figures.drops == figures.noBuffers && figures.noBuffers < 2_936)
    feedh_dpdk_free(&taken, UInt32(taken.count))
    reader.read(.max) { numbers += $0.compactMap(DPDKTest.number) }
    // The driver reads a packet, and then finds no buffer for it.
    #expect(numbers == Array(0..<64) + Array((64 + figures.noBuffers)..<3_000))
    #expect(queue.figures().noBuffers == figures.noBuffers)
    port.close()
    #expect(port.bufferAccount?.leaked == 0)
  }

  // MARK: Sending

  /// What a sink took is in the file that the driver writes, frame by frame; what no buffer holds is refused.
  @Test func framesOfASinkLeaveAsTheyAre() throws {
    let folder = TestFolder()
    let path = "\(folder.path)/sent.pcap"
    let interface = try #require(DPDKInterface("dpdk:\(DPDKTest.name("net_pcap")),tx_pcap=\(path)"))
    let sink = DPDKFrameSink(try DPDKPort.open(interface.sending, in: DPDKTest.environment()))
    #expect(sink.name == interface.name && sink.failure == nil)
    let packets = Self.traffic(1_000)
    let tooLong = [UInt8](repeating: 1, count: 10_000)
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 16_384, alignment: 8)
    defer { bytes.deallocate() }
    for frame in packets.map(\.bytes) + [tooLong] {
      bytes.copyBytes(from: frame)
      let outgoing = [OutgoingFrame(bytes: UnsafeRawPointer(bytes.baseAddress!), length: UInt32(frame.count))]
      // The bytes need not stay: they are overwritten with the next.
      while outgoing.withUnsafeBufferPointer({ sink.send($0) }) == 0 {}
    }
    let figures = sink.figures()
    #expect(figures.frames == 1_000 && figures.refused == 1)
    #expect(figures.bytes == packets.reduce(0) { $0 + UInt64($1.bytes.count) })
    #expect(figures.firstRefusal == "10000 bytes, of 2048 at most")
    sink.close()
    let source = try CaptureSet(paths: [path]).makeSource()
    let burst = UnsafeMutableBufferPointer<Packet>.allocate(capacity: 64)
    defer { burst.deallocate() }
    var frames: [[UInt8]] = []
    while !source.isExhausted {
      let count = source.receive(into: burst)
      frames += burst[..<count].map {
        Array(UnsafeRawBufferPointer(start: $0.bytes, count: Int($0.capturedLength)))
      }
    }
    #expect(frames == packets.map(\.bytes))
  }

  /// Nobody empties the loop: the sink says that it is full, keeps what it took, and never waits.
  @Test func aSinkThatIsFullTakesNoMore() throws {
    let interface = try #require(DPDKInterface("dpdk:\(DPDKTest.name("net_ring"))"))
    let sink = DPDKFrameSink(try DPDKPort.open(interface.sending, in: DPDKTest.environment()))
    let frame = DPDKTest.frame(1, length: 100)
    var taken = 0
    frame.withUnsafeBytes { bytes in
      let burst = [OutgoingFrame](
        repeating: OutgoingFrame(bytes: bytes.baseAddress!, length: UInt32(bytes.count)), count: 64)
      for _ in 0..<10_000 where sink.figures().fullCalls == 0 {
        taken += burst.withUnsafeBufferPointer { sink.send($0) }
      }
    }
    #expect(sink.figures().fullCalls == 1 && taken > 64)
    // Those that wait for the card are taken, and not handed on yet.
    #expect(sink.figures().frames <= UInt64(taken) && sink.figures().frames + 64 >= UInt64(taken))
    sink.close()
  }

  @Test func framesThatWaitOrLieInTheLoopAtTheCloseGoBackToo() throws {
    let port = try DPDKTest.open(.virtual(DPDKTest.name("net_ring"))) { $0.transmitQueues = 1 }
    let transmit = port.transmitQueues[0]
    for number in 0..<100 as Range<UInt64> {
      let isIn = DPDKTest.frame(number, length: 80).withUnsafeBytes { transmit.append($0) }
      #expect(isIn == (number % 100 < 64), "64 frames wait, more do not")
    }
    #expect(transmit.waitingCount == 64 && transmit.flush() == 64 && transmit.waitingCount == 0)
    _ = DPDKTest.frame(100, length: 80).withUnsafeBytes { transmit.append($0) }
    port.close()
    #expect(port.bufferAccount?.leaked == 0, "\(String(describing: port.bufferAccount))")
    #expect(transmit.figures().drops == 1 && transmit.figures().frames == 64)
    #expect(!DPDKTest.frame(1, length: 80).withUnsafeBytes { transmit.append($0) }, "a closed queue takes nothing")
  }

  @Test func aLoopThatNobodyEmptiesFillsAndFramesGivenUpAreCounted() throws {
    let port = try DPDKTest.open(.virtual(DPDKTest.name("net_ring"))) { $0.transmitQueues = 1 }
    let transmit = port.transmitQueues[0]
    var sent: UInt64 = 0
    while DPDKTest.frame(sent, length: 80).withUnsafeBytes({ transmit.send($0, attempts: 4) }) { sent += 1 }
    #expect(transmit.figures() == .init(frames: sent, bytes: sent * 80, drops: 1, tooLong: 0, starved: 0))
    let reader = QueueReader(port.queues[0])
    defer { reader.free() }
    #expect(reader.copies(Int(sent)).map(\.bytes) == (0..<sent).map { DPDKTest.frame($0, length: 80) })
    port.close()
    #expect(port.bufferAccount?.leaked == 0)
  }

  @Test func framesBeyondABufferAreRefusedAndCounted() throws {
    let port = try DPDKTest.open(.virtual(DPDKTest.name("net_ring"))) { $0.transmitQueues = 1 }
    defer { port.close() }
    let transmit = port.transmitQueues[0]
    let most = [UInt8](repeating: 1, count: transmit.frameLengthMaximum)
    #expect(most.withUnsafeBytes { transmit.send($0) })
    #expect(!(most + [1]).withUnsafeBytes { transmit.send($0) })
    #expect(transmit.figures().tooLong == 1)
    #expect(!transmit.send(UnsafeRawBufferPointer(start: nil, count: 0)), "no frame is empty")
  }

  /// net_pcap chains buffers where a packet is longer than one.
  @Test func packetsOfSeveralBuffersAreCutToTheFirstAndCounted() throws {
    let folder = TestFolder()
    var packets = Self.traffic(10)
    packets[4] = TestPacket(packets[4].nanoseconds, [UInt8](repeating: 9, count: 5_000))
    let path = folder.write(Pcap.file(packets), as: "traffic.pcap")
    let port = try DPDKTest.open(.captures([path], name: DPDKTest.name("net_pcap")))
    let reader = QueueReader(port.queues[0])
    defer { reader.free() }
    let received = reader.copies(10)
    #expect(received.count == 10)
    #expect(received[4].wireLength == 5_000 && received[4].bytes == [UInt8](repeating: 9, count: 2_048))
    #expect(received[5] == packets[5] && port.queues[0].figures().cut == 1)
    port.close()
    #expect(port.bufferAccount?.leaked == 0)

    let wide = try DPDKTest.open(.captures([path], name: DPDKTest.name("net_pcap"))) { $0.mtu = 9_000 }
    let other = QueueReader(wide.queues[0])
    defer { other.free() }
    #expect(other.copies(10) == packets, "buffers for MTU 9000 hold them")
    #expect(wide.queues[0].figures().cut == 0)
    wide.close()
    #expect(wide.bufferAccount?.leaked == 0)
  }

  @Test func figuresOfThePortAreTheDrivers() throws {
    let folder = TestFolder()
    let path = folder.write(Pcap.file(Self.traffic(100)), as: "traffic.pcap")
    let port = try DPDKTest.open(.captures([path], name: DPDKTest.name("net_pcap")))
    let reader = QueueReader(port.queues[0])
    defer { reader.free() }
    reader.copies(100).forEach { _ in }
    let figures = try #require(port.figures())
    #expect(figures.packets == 100 && figures.missed == 0 && figures.linkIsUp == true)
    let extended = port.extendedCounts()
    #expect(extended.first { $0.name == "rx_good_packets" }?.value == 100)
    port.close()
    #expect(port.figures() == nil && port.extendedCounts().isEmpty)
  }

  @Test func planSaysHowEachThingIsDone() throws {
    let folder = TestFolder()
    let path = folder.write(Pcap.file(Self.traffic(1)), as: "traffic.pcap")
    let name = DPDKTest.name("net_pcap")
    let port = try DPDKTest.open(.captures([path], name: name)) {
      $0.groups = [try! MulticastGroup(IPAddress("233.54.12.111")!)]
      $0.steering = [.init(group: IPAddress("233.54.12.111")!, port: 26_477, queue: 0)]
    }
    defer { port.close() }
    #expect(port.plan.lines[0] == "test: \(name), driver net_pcap, no memory node, MTU 1500")
    #expect(
      port.plan.lines[1]
        == "test: 1 receive queues of 512 packets, 3712 buffers of 2176 bytes each, in ordinary memory; "
        + "0 transmit queues")
    #expect(port.plan.lines[2].contains("one queue"))
    #expect(port.plan.membership == "none", "a capture is no network")
  }
}
