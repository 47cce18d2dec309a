import FeedCore

/// One packet cut out of a stream. Its bytes are good until the stream is asked for the next one.
struct StreamPacket {
  var `protocol`: StreamProtocol
  /// Header included.
  var bytes: UnsafeRawBufferPointer
  /// Of its first byte in the stream, counted from the first byte seen; holes count.
  var position: UInt64
  /// The packet of the capture that carried its last byte.
  var packetIndex: UInt64
}

/// A fault of a stream, before it is given a file.
struct StreamFault {
  var fault: DecodeFault
  var count: UInt64 = 1
  var position: UInt64
  var packetIndex: UInt64
}

/// Recognises the protocol of one direction of a connection by its structure, and cuts it into packets.
///
/// **Boundaries.** Behind a SYN the first byte begins a packet. Without one, behind a hole, and where a header was no
/// header, a boundary is searched: the first position from which packets follow one another, each of a defined type,
/// with a length right for it, all from the same side, and carrying known messages where they carry any; and either
///
/// - three are whole, or
/// - the bytes at hand end where a packet does, and the position begins a TCP segment, or two packets follow or one
///   with a message, or
/// - the position begins a TCP segment, and the first packet is whole and has a message.
///
/// What was passed over is counted. A stream of which nothing is recognised in `probedLengthMaximum` bytes is foreign:
/// its bytes are not looked at any more.
final class StreamFramer {
  static let probedLengthMaximum: UInt64 = 256 << 10

  /// Nil until the stream is recognised.
  private(set) var found: StreamProtocol?
  /// Nil until a packet says it.
  private(set) var side: StreamSide?
  /// Bytes that belong to no packet.
  private(set) var skippedLength: UInt64 = 0
  private let candidates: [StreamProtocol]
  private let applications: [SoupApplication]
  private let bytes = StreamBytes()
  private var isSynchronised = false
  /// No bytes were passed over since the SYN.
  private var isAtBeginning: Bool
  /// Bytes passed over since the last packet, not yet reported.
  private var passed: UInt64 = 0
  /// Bytes of the packet handed out.
  private var taken = 0
  private var faults: [StreamFault] = []

  private enum Judgement {
    case boundary(StreamSide?)
    case undecided
    case none
  }

  init(candidates: [StreamProtocol], applications: [SoupApplication], behindSYN: Bool) {
    self.candidates = candidates
    self.applications = applications
    isAtBeginning = behindSYN
  }

  var isForeign: Bool {
    found == nil && (bytes.position > Self.probedLengthMaximum || candidates.isEmpty)
  }

  // MARK: Input

  func append(_ new: [UInt8], packetIndex: UInt64) {
    dropTaken()
    if !isForeign { bytes.append(new, packetIndex: packetIndex) }
  }

  func takeHole(_ length: UInt64) {
    flush()
    bytes.skip(length)
  }

  func takeEnd() {
    flush()
    reportPassed()
  }

  private func flush() {
    dropTaken()
    if isSynchronised {
      if bytes.count > 0 { note(.partialMessages, at: bytes.position, 1) }
    } else {
      passed &+= UInt64(bytes.count)
    }
    bytes.drop(bytes.count)
    isSynchronised = false
    isAtBeginning = false
  }

  // MARK: Output

  func nextFault() -> StreamFault? { faults.isEmpty ? nil : faults.removeFirst() }

  /// The next packet, nil when more bytes are needed.
  ///
  /// - Parameter expected: what the other direction was recognised as.
  func next(expected: StreamProtocol?) -> StreamPacket? {
    dropTaken()
    while bytes.count > 0 {
      guard isSynchronised, let found else {
        if search(expected: expected) { continue }
        return nil
      }
      switch found.examine(bytes.bytes) {
      case .partial: return nil
      case .illegal:
        note(.malformed, at: bytes.position, 1)
        isSynchronised = false
      case .whole(let length):
        taken = length
        let packet = UnsafeRawBufferPointer(rebasing: bytes.bytes[..<length])
        if let sender = found.sender(of: packet) { side = sender }
        return StreamPacket(
          protocol: found, bytes: packet, position: bytes.position,
          packetIndex: bytes.packetIndex(at: bytes.position &+ UInt64(length - 1)))
      }
    }
    return nil
  }

  private func dropTaken() {
    bytes.drop(taken)
    taken = 0
  }

  private func note(_ fault: DecodeFault, at position: UInt64, _ count: UInt64) {
    faults.append(
      StreamFault(fault: fault, count: count, position: position, packetIndex: bytes.packetIndex(at: position)))
  }

  private func reportPassed() {
    guard found != nil, passed > 0 else { return }
    skippedLength &+= passed
    note(.skippedBytes, at: bytes.position, passed)
    passed = 0
  }

  // MARK: Search

  /// Finds a boundary and moves there, or drops what cannot hold one.
  private func search(expected: StreamProtocol?) -> Bool {
    let all = bytes.bytes
    // What the other direction speaks comes first; its ports may have been used again.
    let tried = found.map { [$0] } ?? (expected.map { [$0] } ?? []) + candidates.filter { $0 != expected }
    var undecided = all.count
    for offset in 0..<(isAtBeginning ? 1 : all.count) {
      for candidate in tried {
        switch judge(candidate, all, at: offset, isExpected: candidate == found ?? expected) {
        case .none: break
        case .undecided: undecided = min(undecided, offset)
        case .boundary(let side):
          passed &+= UInt64(offset)
          bytes.drop(offset)
          isSynchronised = true
          found = candidate
          self.side = side ?? self.side
          reportPassed()
          return true
        }
      }
    }
    // A beginning that begins no packet: another protocol, unless bytes were lost before.
    if undecided > 0 { isAtBeginning = false }
    passed &+= UInt64(undecided)
    bytes.drop(undecided)
    return false
  }

  private func judge(
    _ candidate: StreamProtocol, _ all: UnsafeRawBufferPointer, at offset: Int, isExpected: Bool
  ) -> Judgement {
    // Most positions end here.
    let first = candidate.search(UnsafeRawBufferPointer(rebasing: all[offset...]))
    if first == .illegal { return .none }
    let beginsSegment = bytes.isRunStart(bytes.position &+ UInt64(offset))
    var (packets, messages) = (0, 0)
    var side: StreamSide?
    var cursor = offset
    while cursor < all.count, packets < 3 {
      switch candidate.search(UnsafeRawBufferPointer(rebasing: all[cursor...])) {
      case .illegal: return .none
      case .partial: return .undecided
      case .whole(let length):
        let packet = UnsafeRawBufferPointer(rebasing: all[cursor..<(cursor + length)])
        if let sender = candidate.sender(of: packet) {
          if let side, side != sender { return .none }
          side = sender
        }
        if let hasMessage = messageVerdict(candidate, packet, from: side) {
          // Where the protocol is known a message may be of an application that is not.
          guard hasMessage || isExpected && beginsSegment else { return .none }
          // Unsequenced data alone: a message that the client's side of an application has.
          if hasMessage, side == nil { side = .client }
          messages += 1
          if beginsSegment { return .boundary(side) }
        }
        packets += 1
        cursor += length
      }
    }
    if packets == 3 || beginsSegment || messages > 0 || packets > 1 { return .boundary(side) }
    return .undecided
  }

  /// Whether the message of a packet is a known one; nil where it has none.
  private func messageVerdict(
    _ candidate: StreamProtocol, _ packet: UnsafeRawBufferPointer, from side: StreamSide?
  ) -> Bool? {
    switch candidate {
    case .boe2: return true
    case .soupBinTCP:
      guard let type = SoupBinTCPPacketType(rawValue: packet[2]), type.isData else { return nil }
      let message = UnsafeRawBufferPointer(rebasing: packet[SoupBinTCPStream.headerLength...])
      return applications.contains { $0.accepts(message, from: side ?? .client) }
    }
  }
}
