import FeedCore

/// What both directions of a connection know together.
final class TCPConnection {
  /// Counts connections of a capture from 1.
  let number: UInt64
  /// Told by the first message that only one application can have sent; nil until then.
  var application: SoupApplication?
  fileprivate(set) var streams: [TCPStream] = []

  var lastUse: UInt64 { streams.map(\.lastUse).max() ?? 0 }

  init(number: UInt64 = 0) { self.number = number }

  func other(than stream: TCPStream) -> TCPStream? { streams.first { $0 !== stream } }
}

/// One direction of a TCP connection: its segments in, its packets and faults out.
final class TCPStream {
  enum Output {
    case packet(StreamPacket, TCPStream)
    case fault(StreamFault)
  }

  let flow: TCPFlow
  unowned let connection: TCPConnection
  private(set) var reassembler = TCPReassembler()
  private var framer: StreamFramer
  private let candidates: [StreamProtocol]
  private let applications: [SoupApplication]
  /// Segments with payload of a stream not recognised yet.
  private var unknown: StreamFault?
  private var faults: [StreamFault] = []
  private var lastPacketIndex: UInt64 = 0
  private(set) var payloadLength: UInt64 = 0
  private(set) var skippedLength: UInt64 = 0
  private(set) var firstCaptureNanoseconds: UInt64 = 0
  private(set) var lastCaptureNanoseconds: UInt64 = 0
  /// The last one recognised on this flow.
  private(set) var lastFound: StreamProtocol?
  /// Nothing more is taken.
  private(set) var isClosed = false
  /// For the choice of a stream that makes room.
  var lastUse: UInt64 = 0
  /// What `feedh info` shows.
  private(set) var sessions = StreamSessions()
  private(set) var peaks = RatePeaks()

  init(
    _ flow: TCPFlow, of connection: TCPConnection, candidates: [StreamProtocol], applications: [SoupApplication]
  ) {
    self.flow = flow
    self.connection = connection
    self.candidates = candidates
    self.applications = applications
    framer = StreamFramer(candidates: candidates, applications: applications, behindSYN: false)
    connection.streams.append(self)
  }

  /// The end that sends on this flow: by its packets, else by those of the other direction.
  var side: StreamSide? { framer.side ?? connection.other(than: self)?.framer.side?.other }

  func take(_ segment: TCPSegment, packetIndex: UInt64, at captureNanoseconds: UInt64) {
    let conflicts = reassembler.counters.conflictingBytes
    reassembler.take(segment, packetIndex: packetIndex, at: captureNanoseconds)
    if segment.declaredPayloadLength == 0 { return }
    if payloadLength == 0 { firstCaptureNanoseconds = captureNanoseconds }
    lastCaptureNanoseconds = captureNanoseconds
    payloadLength &+= UInt64(segment.payloadLength)
    lastPacketIndex = packetIndex
    peaks.take(messages: 0, at: captureNanoseconds)
    let conflicting = reassembler.counters.conflictingBytes &- conflicts
    if conflicting > 0 {
      faults.append(
        StreamFault(fault: .tcpConflictingBytes, count: conflicting, position: 0, packetIndex: packetIndex))
    }
    if framer.found == nil {
      var fault = unknown ?? StreamFault(fault: .undecodedPackets, count: 0, position: 0, packetIndex: packetIndex)
      fault.count += 1
      unknown = fault
    }
  }

  /// The capture is over.
  func takeEnd() {
    reassembler.takeEnd()
    isClosed = true
  }

  func next() -> Output? {
    while true {
      if !faults.isEmpty { return .fault(faults.removeFirst()) }
      if let packet = framer.next(expected: connection.other(than: self)?.framer.found) {
        lastFound = packet.protocol
        if sessions.take(packet) { peaks.take(packets: 0, messages: 1, at: lastCaptureNanoseconds) }
        unknown = nil
        return .packet(packet, self)
      }
      if let fault = framer.nextFault() { return .fault(fault) }
      guard let event = reassembler.nextEvent() else { return nil }
      take(event)
    }
  }

  private func take(_ event: TCPStreamEvent) {
    switch event {
    case .start(let behindSYN):
      framer = StreamFramer(candidates: candidates, applications: applications, behindSYN: behindSYN)
      if behindSYN { connection.application = nil }
    case .bytes(let bytes, let packetIndex): framer.append(bytes, packetIndex: packetIndex)
    case .hole(let length):
      framer.takeHole(length)
      sessions.takeHole()
      faults.append(StreamFault(fault: .tcpHoles, position: 0, packetIndex: lastPacketIndex))
    case .end:
      framer.takeEnd()
      while let fault = framer.nextFault() { faults.append(fault) }
      skippedLength &+= framer.skippedLength
      if let unknown { faults.append(unknown) }
      unknown = nil
    }
  }
}
