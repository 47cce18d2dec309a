import FeedCore

/// Messages of a feed's datagrams, cut by the transports that the session layer has (`Transport`).
extension CaptureDecoder {
  /// Every message of a datagram. What contradicts its lengths is counted, and so is a packet that the snap length cut;
  /// the messages before that place are printed.
  mutating func decodeDatagram(_ view: TransportView, of feed: FeedProtocol, isCertain: Bool) {
    let transport = feed.transport
    let isCut = view.isCut
    var start = 0
    // Only datagrams of MACH hold more than one run.
    repeat {
      guard !isDone else { return }
      guard
        let packet = transport.parse(
          view.payload + start, length: view.payloadLength - start, declared: view.declaredPayloadLength - start)
      else {
        record(isCut ? .cutPackets : isCertain ? .malformed : .undecodedPackets, at: start)
        return
      }
      beginSession(packet.session)
      packetInstrument = Self.instrument(ofHeader: view.payload + start, transport)
      defer { packetInstrument = nil }
      guard decode(packet, of: feed, in: view, at: start) else { return }
      start += packet.blocks - (view.payload + start) + Int(packet.blocksLength)
    } while transport == .mach && start < view.payloadLength
  }

  /// A packet of a snapshot of Coinbase Derivatives: its instrument stands in the header alone.
  private static func instrument(ofHeader payload: UnsafeRawPointer, _ transport: Transport) -> UInt64? {
    guard transport == .coinbaseDerivatives else { return nil }
    // SAFETY: the parser saw a whole header.
    guard payload.byte(at: 18) & 0x02 != 0 else { return nil }
    return UInt64(payload.littleEndian(UInt32.self, at: 20))
  }

  /// - Returns: false where lengths contradict one another.
  private mutating func decode(
    _ packet: SequencedPacket, of feed: FeedProtocol, in view: TransportView, at start: Int
  ) -> Bool {
    let transport = feed.transport
    let layout = transport.layout
    var place = MessagePlace(packet, of: feed, at: view.payload + start)
    // SAFETY: the parser says that `blocksLength` bytes are at `blocks`; the layout gives out nothing beyond `end`.
    var blocks = packet.blocks
    var end = Int(packet.blocksLength)
    var left = transport.countsMessages ? UInt64(packet.messageCount) : .max
    if transport == .eobi {
      // The packet's header is a message, too. A heartbeat has no blocks to the session layer.
      blocks = view.payload
      end = view.payloadLength
    } else if packet.messageCount == 0 {
      left = 0
      if transport == .mach { return true }
    }
    guard let index = protocolIndex(of: feed, in: view) else {
      record(.undecodedPackets, at: start)
      return false
    }
    var offset = 0
    while left > 0, offset < end || transport.countsMessages {
      guard !isDone else { return false }
      guard let block = layout.message(in: blocks, at: offset, end: end), let bytes = block.baseAddress else {
        record(view.isCut ? .cutPackets : .malformed, at: blocks - view.payload + offset)
        return false
      }
      let body = bytes - view.payload
      if transport == .deribit {
        decodeSBE(block, index, at: body, place.number)
      } else {
        decode(block, index, at: body, sequenceNumber: place.next(block))
      }
      offset = bytes - blocks + block.count
      left &-= 1
    }
    if offset != end, !(view.isCut && end == 0) {
      record(.malformed, at: blocks - view.payload + offset)
      return false
    }
    if view.isCut, !transport.countsMessages { record(.cutPackets, at: blocks - view.payload + offset) }
    return true
  }

  /// Deribit's body is one block of messages back to back.
  private mutating func decodeSBE(
    _ body: UnsafeRawBufferPointer, _ index: Int, at start: Int, _ sequenceNumber: UInt64
  ) {
    var offset = 0
    while offset < body.count, !isDone, let base = body.baseAddress {
      guard let length = DeribitPacket.messageLength(base + offset, length: body.count - offset) else {
        record(.malformed, at: start + offset)
        return
      }
      decode(
        UnsafeRawBufferPointer(start: base + offset, count: length), index, at: start + offset,
        sequenceNumber: sequenceNumber)
      offset += length
    }
  }

  /// Position in `protocols` of what describes this datagram; nil where it was not asked for, or no description fits.
  private func protocolIndex(of feed: FeedProtocol, in view: TransportView) -> Int? {
    switch feed.transport {
    case .iexTP:
      // SAFETY: the parser saw a whole header.
      guard let named = IEXTP.messageProtocol(view.payload) else { return nil }
      return feedIndices[Int(named.rawValue)].first
    case .eobi:
      let indices = feedIndices[Int(feed.rawValue)]
      // SAFETY: the parser saw a whole header.
      let release = EOBILayouts.release(
        templateID: view.payload.littleEndian(UInt16.self, at: 2),
        transactTime: view.payload.littleEndian(UInt64.self, at: 24))
      guard let release, indices.count == EOBILayouts.Release.allCases.count else { return nil }
      return indices[EOBILayouts.Release.allCases.firstIndex(of: release) ?? 0]
    default: return feedIndices[Int(feed.rawValue)].first
    }
  }
}

/// Numbers of the messages of one packet, as on the wire.
private struct MessagePlace {
  private(set) var number: UInt64
  private let step: UInt64
  private let isOwn: Bool

  init(_ packet: SequencedPacket, of feed: FeedProtocol, at payload: UnsafeRawPointer) {
    let transport = feed.transport
    isOwn = transport == .eobi
    step = transport.layout.numbersPackets || transport == .deribit ? 0 : 1
    // SAFETY: the parser saw a whole header. A reset's own number is not what the session layer goes on with.
    number = transport == .nyseXDP
      ? UInt64(payload.littleEndian(UInt32.self, at: 4))
      : packet.sequenceNumber &+ UInt64(bitPattern: transport.wireNumberOffset)
  }

  /// EOBI: each message has its own MsgSeqNum at 4, all ones where there is none.
  mutating func next(_ message: UnsafeRawBufferPointer) -> UInt64? {
    if isOwn {
      guard message.count >= 8, let base = message.baseAddress else { return nil }
      // SAFETY: eight bytes are here.
      let own = base.littleEndian(UInt32.self, at: 4)
      return own == .max ? nil : UInt64(own)
    }
    defer { number &+= step }
    return number
  }
}

extension Transport {
  /// Whether the header says how many messages follow; else they go on to the end.
  fileprivate var countsMessages: Bool {
    switch self {
    case .cmeMDP3, .eobi, .mach: false
    case .moldUDP64, .iexTP, .cboeSUH, .nyseXDP, .memxUDP, .coinbaseDerivatives, .deribit: true
    }
  }
}
