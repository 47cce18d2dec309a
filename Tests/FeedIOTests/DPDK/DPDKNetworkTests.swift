import FeedCore
import Foundation
import Testing

@testable import FeedIO

/// DPDK on kernel interfaces and between processes: root's.
@Suite(
  "DPDK on networks", .enabled(if: DPDKTest.hasNetwork, "DPDK: trait off, not root, or no ip command"), .serialized)
struct DPDKNetworkTests {
  // MARK: Between processes

  @Test func sharedMemoryBetweenTwoProcessesPassesAllPackets() throws {
    let folder = TestFolder()
    let socket = "\(folder.path)/memif.sock"
    let arguments = "socket=\(socket),socket-abstract=no"
    let port = try DPDKTest.open(.virtual(name: DPDKTest.name("net_memif"), arguments: "role=server,\(arguments)"))
    let count = 200_000
    let sender = Process()
    sender.executableURL = DPDKTest.peerProgram
    sender.arguments = ["send", "net_memif0,role=client,\(arguments)", "\(count)", "64"]
    let (input, output) = (Pipe(), Pipe())
    sender.standardInput = input
    sender.standardOutput = output
    try sender.run()
    let reader = QueueReader(port.queues[0], patience: 10_000)
    defer { reader.free() }
    var (expected, misplaced): (UInt64, Int) = (0, 0)
    // The sender waits for the receiver's half to start, and ends when told to: until then its packets may come.
    while sender.isRunning, expected < UInt64(count) {
      reader.read(count - Int(expected)) { burst in
        for packet in burst {
          if DPDKTest.number(packet) != expected || packet.capturedLength != 64 { misplaced += 1 }
          expected += 1
        }
      }
    }
    try input.fileHandleForWriting.close()
    let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    sender.waitUntilExit()
    #expect(said == "ok \(count)\n" && sender.terminationStatus == 0)
    #expect(expected == UInt64(count) && misplaced == 0)
    port.close()
    #expect(port.bufferAccount?.leaked == 0)
  }

  // MARK: Kernel interfaces

  /// Sends numbered frames into one end while the other is read, never more at once than its ring holds.
  private func passAll(_ pair: VethPair, queues: Int, count: UInt64) throws -> (numbers: [[UInt64]], leaked: Int?) {
    let port = try DPDKTest.open(.packetSocket(interface: pair.one, queues: queues, depth: 8_192)) {
      $0.queues = queues
    }
    let sender = try DPDKTest.open(.packetSocket(interface: pair.other, queues: 1, depth: 512)) {
      $0.transmitQueues = 1
    }
    defer { sender.close() }
    var numbers = [[UInt64]](repeating: [], count: queues)
    let burst = UnsafeMutableBufferPointer<Packet>.allocate(capacity: 64)
    defer { burst.deallocate() }
    var (sent, idle): (UInt64, Int) = (0, 0)
    while idle < 20_000, numbers.reduce(0, { $0 + $1.count }) < Int(count) {
      for _ in 0..<64 where sent < count {
        guard frame(sent).withUnsafeBytes({ sender.transmitQueues[0].append($0) }) else { break }
        sent += 1
      }
      sender.transmitQueues[0].flush()
      var taken = 0
      for index in 0..<queues {
        let received = port.queues[index].receive(into: burst)
        numbers[index] += burst[..<received].compactMap(number)
        taken += received
      }
      idle = taken == 0 ? idle + 1 : 0
      if taken == 0 { sched_yield() }
    }
    port.close()
    return (numbers, port.bufferAccount?.leaked)
  }

  /// A UDP packet whose sender's port says its number's flow, so that they spread over queues.
  private func frame(_ number: UInt64) -> [UInt8] {
    var payload = [UInt8](repeating: 0, count: 8)
    withUnsafeBytes(of: number.littleEndian) { payload.replaceSubrange(0..<8, with: $0) }
    var frame = UDPFrame.make(payload + [UInt8](repeating: 7, count: 10))
    frame[34] = UInt8(0xC0 | number % 16)
    // Their header's checksum is checked where a flow is told by hash.
    let sum = frame[14..<34].withUnsafeBytes { InternetChecksum.checksum($0.baseAddress!, length: 20) }
    frame[24] = UInt8(sum >> 8)
    frame[25] = UInt8(sum & 0xFF)
    return frame
  }

  private func number(_ packet: Packet) -> UInt64? {
    guard packet.capturedLength == 60, packet.bytes.load(fromByteOffset: 23, as: UInt8.self) == 17 else { return nil }
    return UInt64(littleEndian: packet.bytes.loadUnaligned(fromByteOffset: 42, as: UInt64.self))
  }

  @Test func packetSocketsOverAVethPairPassAllPacketsInOrder() throws {
    let pair = try VethPair()
    let (numbers, leaked) = try passAll(pair, queues: 1, count: 50_000)
    #expect(numbers[0] == Array(0..<50_000))
    #expect(leaked == 0)
  }

  @Test func twoQueuesShareFlowsAndLoseNone() throws {
    let pair = try VethPair()
    let (numbers, leaked) = try passAll(pair, queues: 2, count: 20_000)
    #expect((numbers[0] + numbers[1]).sorted() == Array(0..<20_000))
    #expect(numbers.allSatisfy { !$0.isEmpty }, "16 flows over two queues: \(numbers.map(\.count))")
    // A flow's packets stay in order, in one queue.
    for flow in 0..<16 as Range<UInt64> {
      let parts = numbers.map { $0.filter { $0 % 16 == flow } }
      #expect(parts.contains([]) && parts.allSatisfy { $0 == $0.sorted() }, "flow \(flow)")
    }
    #expect(leaked == 0)
  }

  @Test func portThatVanishesEndsItsQueueByName() throws {
    let pair = try VethPair()
    let port = try DPDKTest.open(.packetSocket(interface: pair.one, queues: 1, depth: 512))
    #expect(port.queues[0].failure == nil)
    pair.remove()
    let reader = QueueReader(port.queues[0], patience: 1)
    defer { reader.free() }
    while port.queues[0].failure == nil { reader.read(1) { _ in } }
    #expect(
      port.queues[0].failure?.description
        == "port test: the interface of net_af_packet_\(pair.one) is gone; bring it back, restart feedh")
    port.close()
    #expect(port.bufferAccount?.leaked == 0)
  }

  @Test func linkThatGoesDownAndComesBackIsSeenAndItsPacketsCome() throws {
    let pair = try VethPair()
    let port = try DPDKTest.open(.packetSocket(interface: pair.one, queues: 1, depth: 512))
    let socket = try RawSocket(pair.other)
    let reader = QueueReader(port.queues[0], patience: 2_000)
    defer { reader.free() }
    // The kernel notices links some time later, and drops what is sent until then; the limit is for what has failed.
    func eventually(_ isSo: () -> Bool) -> Bool {
      let end = DispatchTime.now() + .seconds(30)
      while !isSo() {
        if DispatchTime.now() >= end { return false }
        sched_yield()
      }
      return true
    }
    func isHeard(_ frame: [UInt8], from socket: RawSocket) -> Bool {
      eventually { socket.send(frame) && reader.copies(1).map(\.bytes) == [frame] }
    }
    #expect(eventually { port.queues[0].figures().linkIsUp == true })
    #expect(isHeard(frame(1), from: socket))
    try VethPair.ip("link", "set", pair.other, "down")
    #expect(eventually { port.queues[0].figures().linkIsUp == false } && port.queues[0].failure == nil)
    // Of the first frame there may be more.
    reader.copies(1_000)
    try VethPair.ip("link", "set", pair.other, "up")
    #expect(eventually { port.queues[0].figures().linkIsUp == true })
    #expect(isHeard(frame(2), from: try RawSocket(pair.other)))
    port.close()
    #expect(port.bufferAccount?.leaked == 0)
  }

  // MARK: Membership

  /// Polls the port and looks at what leaves it, until `body` is content.
  private func serve(_ port: DPDKPort, _ socket: RawSocket, until body: ([UInt8]) throws -> Bool) rethrows -> Bool {
    let burst = UnsafeMutableBufferPointer<Packet>.allocate(capacity: 64)
    defer { burst.deallocate() }
    // Answers come within the query's time, 10 s at most; each turn yields the CPU. Not reached unless one is missing.
    let end = DispatchTime.now() + .seconds(30)
    while DispatchTime.now() < end {
      _ = port.queues[0].receive(into: burst)
      while let frame = socket.receive() {
        if try body(frame) { return true }
      }
      sched_yield()
    }
    return false
  }

  /// The querier's own frames, and those of other types, are not what is looked for.
  private func isReport(_ frame: [UInt8]) -> Bool {
    frame.count >= 46 && frame[12] == 8 && frame[13] == 0 && frame[23] == 2 && frame[38] != 0x11
  }

  @Test func groupsAreJoinedQueriesAnsweredAndGroupsLeftOverAVethPair() throws {
    let pair = try VethPair()
    let socket = try RawSocket(pair.other)
    let group = try MulticastGroup(IPAddress("233.54.12.111")!)
    let port = try DPDKTest.open(.packetSocket(interface: pair.one, queues: 1, depth: 512)) {
      $0.groups = [group]
      $0.membership = .reports
      $0.address = IPAddress("10.1.2.3")!
      $0.reportRepeatNanosecondsMaximum = 5_000_000
      $0.reportSeed = 5
    }
    #expect(port.plan.membership == "IGMP reports of 10.1.2.3")
    // The frames written out by hand, with this interface's Ethernet address.
    func own(_ frame: [UInt8]) -> [UInt8] { Array(frame[..<6]) + port.facts.mac + frame[12...] }
    var heard: [[UInt8]] = []
    func waitFor(_ frame: [UInt8]) -> Bool {
      serve(port, socket) { received in
        if isReport(received) { heard.append(received) }
        return received == own(frame)
      }
    }
    #expect(waitFor(IGMPFrames.joinOne), "the join")
    #expect(waitFor(IGMPFrames.joinOne), "its repeat")
    socket.send(IGMPFrames.query3Group)
    #expect(waitFor(IGMPFrames.currentOne), "answer to the query of version 3")
    socket.send(IGMPFrames.query2Group)
    #expect(waitFor(IGMPFrames.version2Report), "answer to the query of version 2")
    #expect(port.membershipCounts?.queries == 2)
    port.close()
    while let frame = socket.receive() {
      if isReport(frame) { heard.append(frame) }
    }
    #expect(heard.last == own(IGMPFrames.version2Leave))
    #expect(heard.count == 5, "nothing else was said")
    #expect(port.bufferAccount?.leaked == 0)
  }

  @Test func groupsOfIPv6AreJoinedByReportsOfFeedhsOwn() throws {
    let pair = try VethPair()
    let socket = try RawSocket(pair.other)
    let port = try DPDKTest.open(.packetSocket(interface: pair.one, queues: 1, depth: 512)) {
      $0.groups = [try! MulticastGroup(IPAddress("ff05::1:3")!), try! MulticastGroup(IPAddress("233.54.12.111")!)]
      $0.membership = .reports
      $0.address = IPAddress("10.1.2.3")!
      $0.reportRepeatNanosecondsMaximum = 5_000_000
      $0.reportSeed = 5
    }
    let host = MLDDialect.linkLocal(mac: port.facts.mac)
    #expect(port.plan.membership == "IGMP reports of 10.1.2.3, MLD reports of \(host)")
    /// Kind and group of the record of a report of version 2 of this host's, read where RFC 3810 section 5.2 has them.
    func record(_ frame: [UInt8]) -> [UInt8]? {
      guard frame.count == 90, frame[12] == 0x86, frame[13] == 0xDD, frame[62] == 143 else { return nil }
      let source = [host.high, host.low].flatMap { word in
        (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * UInt64($0))) }
      }
      return Array(frame[22..<38]) == source ? [frame[70]] + frame[74..<90] : nil
    }
    let group: [UInt8] = [0xFF, 0x05, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 3]
    func waitFor(_ kind: UInt8) -> Bool { serve(port, socket) { record($0) == [kind] + group } }
    #expect(waitFor(4), "the join")
    #expect(waitFor(4), "its repeat")
    socket.send(MLDFrames.query2Group)
    #expect(waitFor(2), "answer to the query")
    #expect(port.membershipCounts?.queries == 1)
    port.close()
    var last: [UInt8]?
    while let frame = socket.receive() { last = record(frame) ?? last }
    #expect(last == [3] + group, "the leave")
    #expect(port.bufferAccount?.leaked == 0)
  }

  // MARK: Other drivers of the kernel

  /// Sends numbered frames one at a time, each when the one before has come: a driver's own queue loses what it has no
  /// room for, and says nothing.
  ///
  /// - Returns: the numbers received.
  private func passOneByOne(from socket: RawSocket, to queue: DPDKQueue, count: UInt64) -> [UInt64] {
    let burst = UnsafeMutableBufferPointer<Packet>.allocate(capacity: 64)
    defer { burst.deallocate() }
    var numbers: [UInt64] = []
    for sent in 0..<count {
      guard socket.send(frame(sent)) else { break }
      // The limit is for what has failed already.
      let end = DispatchTime.now() + .seconds(10)
      while !numbers.contains(sent), DispatchTime.now() < end {
        let received = queue.receive(into: burst)
        numbers += burst[..<received].compactMap(number)
        if received == 0 { sched_yield() }
      }
    }
    return numbers
  }

  /// A device of the kernel's that DPDK makes: what the kernel sends out of it is received.
  @Test func tapDeviceBringsWhatTheKernelSends() throws {
    let name = "fh\(UUID().uuidString.prefix(6).lowercased())t"
    let port = try DPDKTest.open(.virtual("\(DPDKTest.name("net_tap")),iface=\(name)"))
    defer { port.close() }
    try? "1".write(toFile: "/proc/sys/net/ipv6/conf/\(name)/disable_ipv6", atomically: false, encoding: .ascii)
    try VethPair.ip("link", "set", name, "up")
    let socket = try RawSocket(name)
    #expect(passOneByOne(from: socket, to: port.queues[0], count: 200) == Array(0..<200))
    port.close()
    #expect(port.bufferAccount?.leaked == 0)
  }

  /// Where the kernel lets it be.
  @Test func expressDataPathBringsWhatIsSent() throws {
    let pair = try VethPair()
    let port: DPDKPort
    do {
      port = try DPDKTest.open(.virtual("\(DPDKTest.name("net_af_xdp")),iface=\(pair.one)"))
    } catch let error as DPDKError {
      return print("skipped: net_af_xdp: \(error)")
    }
    let socket = try RawSocket(pair.other)
    #expect(passOneByOne(from: socket, to: port.queues[0], count: 200) == Array(0..<200))
    port.close()
    // The driver (22.11) keeps what its fill ring holds, 2,048 buffers, when it is closed: their pool stays.
    #expect([0, 2_048].contains(port.bufferAccount?.leaked))
  }

  @Test func sharedCardsAreJoinedByTheKernel() throws {
    let pair = try VethPair()
    try VethPair.ip("addr", "add", "10.77.0.1/24", "dev", pair.one)
    let groups = try (1...30).map { try MulticastGroup(IPAddress("239.77.0.\($0)")!) }
    let port = try DPDKTest.open(.packetSocket(interface: pair.one, queues: 1, depth: 512)) { $0.groups = groups }
    #expect(port.plan.membership == "the kernel's, on \(pair.one)")
    #expect(try kernelGroups(of: pair.one).isSuperset(of: groups.map { "\($0.address)" }))
    port.close()
    #expect(try kernelGroups(of: pair.one).isDisjoint(with: groups.map { "\($0.address)" }))
  }

  @Test func kernelJoinsSourcesOfAGroupAndIPv6() throws {
    let pair = try VethPair()
    try VethPair.ip("addr", "add", "10.78.0.1/24", "dev", pair.one)
    let sources = [IPAddress("192.0.2.7")!, IPAddress("192.0.2.8")!]
    let membership = try KernelMembership(
      interface: pair.one, groups: [MulticastGroup(IPAddress("232.78.0.1")!, sources: sources)])
    #expect(try kernelGroups(of: pair.one).contains("232.78.0.1"))
    let filters = try String(contentsOfFile: "/proc/net/mcfilter", encoding: .ascii)
    for source in ["0xc0000207", "0xc0000208"] {
      #expect(filters.split(separator: "\n").contains { $0.contains("0xe84e0001") && $0.contains(source) })
    }
    membership.close()
    #expect(throws: MembershipError.interfaceMissing(interface: "feedhnone0")) {
      try KernelMembership(interface: "feedhnone0", groups: [])
    }
  }

  /// Groups that the kernel has joined on an interface: /proc/net/igmp has them as little-endian hexadecimal numbers.
  private func kernelGroups(of interface: String) throws -> Set<String> {
    var groups: Set<String> = []
    var isInside = false
    for line in try String(contentsOfFile: "/proc/net/igmp", encoding: .ascii).split(separator: "\n").dropFirst() {
      let words = line.split(whereSeparator: \.isWhitespace)
      if line.first?.isNumber == true {
        isInside = words[1].hasPrefix(interface)
      } else if isInside, let number = UInt32(words[0], radix: 16) {
        groups.insert("\(IPAddress(ipv4: number.byteSwapped))")
      }
    }
    return groups
  }
}
