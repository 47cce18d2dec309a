import FeedCore
import FeedIO

/// Captures as a schedule of frames for one or more lines, each with its own faults.
///
/// Faults are drawn packet by packet from the seed, each line by itself, and act on capture time: equal captures, lines
/// and seed give equal frames in equal order on every line, at any pace. The pace only says when each of them leaves.
/// A packet that several lines take is drawn for each. At a fixed rate the packets, lost ones too, are evenly apart;
/// what is late or twice leaves right before the packet that it comes out in front of.
///
/// Belongs to one thread. Frames point into the mapped captures: they stay while the set lives.
public final class LineSchedule: FrameSchedule {
  private static let burstPackets = 64
  /// Seeds of the lines: apart from all streams that the generator draws from.
  private static let randomStream: UInt64 = 50_000

  /// A packet whose lines are being worked off.
  private struct Current {
    var frame: OutgoingFrame
    var captureNanoseconds: UInt64
    var lines: UInt64
  }

  public private(set) var isExhausted = false

  private let captures: CaptureSet
  private let content: TransmitContent
  private let pace: TransmitPace
  private let lines: [TransmitLine]
  private let parser = FrameParser(verifyChecksums: false)
  private let needsView: Bool
  private var source: CaptureSource
  private let burst: UnsafeMutableBufferPointer<Packet>
  private var position = 0
  private var count = 0
  private var repetitionsLeft: UInt64
  private var impairments: [LineImpairment]
  private var delayed = DelayedFrames()
  private var current: Current?
  private var order: UInt64 = 0

  // The schedule's own time: capture time since the first packet, one repetition behind the other.
  private var firstNanoseconds: UInt64?
  private var repetitionNanoseconds: UInt64 = 0
  private var clock: UInt64 = 0
  private var packetsOfRepetition: UInt64 = 0
  /// Packets for any line, lost ones too: the slots of a fixed rate.
  private var slot: UInt64 = 0

  private var tally = TransmitTally()
  private var lineTallies: [TransmitTally.Line]
  /// The latest packet that has left, of each line.
  private var latest: [UInt64]

  /// - Parameters:
  ///   - lines: 1 … 64.
  ///   - repetitions: how often the captures are sent, at least once; the next time begins where the packet after the
  ///     last would be, at the captures' mean distance.
  public init(
    captures: CaptureSet, lines: [TransmitLine], content: TransmitContent, pace: TransmitPace, seed: UInt64,
    repetitions: UInt64 = 1
  ) {
    precondition((1...64).contains(lines.count), "1 … 64 lines")
    self.captures = captures
    self.lines = lines
    self.content = content
    self.pace = pace
    source = captures.makeSource()
    burst = .allocate(capacity: Self.burstPackets)
    repetitionsLeft = max(1, repetitions) - 1
    impairments = lines.enumerated().map { index, line in
      LineImpairment(
        loss: line.loss, duplicate: line.duplicate, reorder: line.reorder, skewNanoseconds: 0, jitterNanoseconds: 0,
        random: DeterministicRandom(seed: seed, stream: Self.randomStream + UInt64(index)))
    }
    lineTallies = lines.map { line in
      var tally = TransmitTally.Line()
      tally.name = line.name
      return tally
    }
    latest = Array(repeating: 0, count: lines.count)
    let choosesByDestination = lines.contains { line in
      line.takes.contains { if case .destination = $0 { true } else { false } }
    }
    needsView = choosesByDestination || content != .frames
  }

  deinit { burst.deallocate() }

  /// What was made of the packets so far.
  public var summary: TransmitTally {
    var result = tally
    result.lines = lineTallies
    for index in impairments.indices { result.lines[index].faults = impairments[index].statistics }
    return result
  }

  /// What was wrong inside of the captures, last repetition.
  public var readings: [CaptureReading] { source.readings }

  public func next(into frames: UnsafeMutableBufferPointer<ScheduledFrame>) -> Int {
    var written = 0
    while written < frames.count {
      // What is delayed leaves before the packet at hand where it is due by then; at the end, all of it.
      if let first = delayed.first, mayLeave(first) {
        frames[written] = release()
        written += 1
        continue
      }
      if current != nil {
        if let frame = impairNext() {
          frames[written] = frame
          written += 1
        }
        continue
      }
      if !readNext() {
        isExhausted = delayed.isEmpty && isAtEnd
        break
      }
    }
    return written
  }

  // MARK: - Reading

  private var isAtEnd: Bool { current == nil && position == count && source.isExhausted && repetitionsLeft == 0 }

  /// Whether nothing is due before the delayed frame, or there is no room to wait for it.
  private func mayLeave(_ entry: DelayedFrames.Entry) -> Bool {
    if current != nil { return entry.dueNanoseconds <= clock || delayed.isFull }
    return isAtEnd
  }

  /// Makes the next packet that may be sent the current one; false where none is to be had now.
  private func readNext() -> Bool {
    while true {
      if position == count {
        if source.isExhausted, !beginRepetition() { return false }
        count = source.receive(into: burst)
        position = 0
        if count == 0 { return false }
      }
      let packet = burst[position]
      position += 1
      tally.packets &+= 1
      advanceClock(packet.captureNanoseconds)
      if let taken = take(packet) {
        current = taken
        slot &+= 1
        return true
      }
    }
  }

  private func advanceClock(_ captureNanoseconds: UInt64) {
    if firstNanoseconds == nil { firstNanoseconds = captureNanoseconds }
    packetsOfRepetition &+= 1
    clock = repetitionNanoseconds &+ (captureNanoseconds &- (firstNanoseconds ?? captureNanoseconds))
  }

  private func beginRepetition() -> Bool {
    if repetitionsLeft == 0 || packetsOfRepetition == 0 { return endRepetitions() }
    repetitionsLeft -= 1
    let span = clock &- repetitionNanoseconds
    let distance = packetsOfRepetition > 1 ? span / (packetsOfRepetition - 1) : 1_000_000
    repetitionNanoseconds = clock &+ max(1, distance)
    packetsOfRepetition = 0
    source = captures.makeSource()
    return true
  }

  /// Captures without packets are not read again and again.
  private func endRepetitions() -> Bool {
    repetitionsLeft = 0
    return false
  }

  /// What of a packet is to be sent and by which lines; nil, and counted: nothing.
  private func take(_ packet: Packet) -> Current? {
    if packet.capturedLength < packet.wireLength { return skip(\.cut) }
    if content == .frames, packet.linkType != .ethernet || packet.capturedLength < 14 { return skip(\.notEthernet) }
    var view: TransportView?
    if needsView {
      if case .payload(let found) = parser.parse(packet), found.transport == .udp, !found.isCut { view = found }
      if view == nil, content != .frames { return skip(\.notUDP) }
    }
    let chosen = linesTaking(packet, view)
    if chosen == 0 { return skip(\.forNoLine) }
    var frame = OutgoingFrame(bytes: packet.bytes, length: packet.capturedLength)
    if case .payloads(let routes) = content, let view {
      let captured = DatagramRoutes.Address(view.destination, view.destinationPort)
      guard let destination = routes.destination(of: captured) else { return skip(\.withoutRoute) }
      frame = OutgoingFrame(
        bytes: view.payload, length: UInt32(truncatingIfNeeded: view.payloadLength),
        destination: destination.address, destinationPort: destination.port)
    }
    return Current(frame: frame, captureNanoseconds: clock, lines: chosen)
  }

  private func skip(_ counter: WritableKeyPath<TransmitTally, UInt64>) -> Current? {
    tally[keyPath: counter] &+= 1
    return nil
  }

  /// A bit for each line.
  private func linesTaking(_ packet: Packet, _ view: TransportView?) -> UInt64 {
    var chosen: UInt64 = 0
    for index in lines.indices {
      if lines[index].takes.isEmpty || lines[index].takes.contains(where: { Self.holds($0, packet, view) }) {
        chosen |= 1 << UInt64(index)
      }
    }
    return chosen
  }

  private static func holds(_ choice: PacketChoice, _ packet: Packet, _ view: TransportView?) -> Bool {
    switch choice {
    case .file(let index): return packet.fileIndex == index
    case .destination(let address, let port):
      guard let view, view.destination == address else { return false }
      return port == nil || port == view.destinationPort
    }
  }

  // MARK: - Faults

  /// Lets one line of the current packet have it; nil where it is lost or late there.
  private func impairNext() -> ScheduledFrame? {
    guard var packet = current else { return nil }
    let line = packet.lines.trailingZeroBitCount
    packet.lines &= packet.lines &- 1
    current = packet.lines == 0 ? nil : packet
    let arrivals = impairments[line].arrivals(sentAt: packet.captureNanoseconds)
    if let copy = arrivals.copyNanoseconds { delay(packet.frame, until: copy, line: line, isLate: false) }
    guard let arrival = arrivals.nanoseconds else { return nil }
    if arrivals.isLate {
      delay(packet.frame, until: arrival, line: line, isLate: true)
      return nil
    }
    latest[line] = max(latest[line], slot)
    lineTallies[line].frames += 1
    return scheduled(packet.frame, arrival, UInt16(line))
  }

  private func delay(_ frame: OutgoingFrame, until due: UInt64, line: Int, isLate: Bool) {
    delayed.push(
      DelayedFrames.Entry(
        frame: frame, dueNanoseconds: due, order: order, packet: slot, line: UInt16(line), isLate: isLate))
    order &+= 1
  }

  private func release() -> ScheduledFrame {
    let entry = delayed.pop()
    let line = Int(entry.line)
    if entry.isLate {
      if latest[line] > entry.packet { lineTallies[line].overtakenPackets += 1 }
      latest[line] = max(latest[line], entry.packet)
    }
    lineTallies[line].frames += 1
    // Where the heap was full it leaves before its time, and never after what follows it.
    let due = current == nil ? entry.dueNanoseconds : min(entry.dueNanoseconds, clock)
    return scheduled(entry.frame, due, entry.line)
  }

  private func scheduled(_ frame: OutgoingFrame, _ nanoseconds: UInt64, _ line: UInt16) -> ScheduledFrame {
    var scheduled = ScheduledFrame(frame: frame, dueNanoseconds: dueNanoseconds(nanoseconds), line: line)
    scheduled.captureNanoseconds = (firstNanoseconds ?? 0) &+ (clock &- repetitionNanoseconds)
    return scheduled
  }

  /// From capture time, or the current slot, to the transmitter's time.
  private func dueNanoseconds(_ nanoseconds: UInt64) -> UInt64 {
    switch pace {
    case .maximum: return 0
    case .scaled(let parts): return UInt64(clamping: UInt128(nanoseconds) * 1_000_000 / UInt128(max(1, parts)))
    case .rate(let perSecond):
      let before = slot &- min(slot, 1)
      return UInt64(clamping: UInt128(before) * 1_000_000_000 / UInt128(max(1, perSecond)))
    }
  }
}
