/// How packets of a feed number and frame their messages. The only dispatch on it is `parse`, one switch per packet.
public enum Transport: UInt8, Sendable, BitwiseCopyable, CaseIterable {
  case moldUDP64
  case iexTP
  case cboeSUH
  case nyseXDP
  case memxUDP
  case mach
  case cmeMDP3
  case coinbaseDerivatives
  case eobi
  case deribit

  /// Reads the header of a UDP payload. Nil when it is shorter than a header, or contradicts itself.
  ///
  /// Blocks are not looked at here, except by MACH and EOBI, whose headers do not say how many there are: the arbiter
  /// walks them when it delivers. Of a MACH datagram the first run of packets is read; `SequencedPacket.blocksLength`
  /// says where the next begins.
  ///
  /// - Parameters:
  ///   - length: bytes that are here.
  ///   - declared: bytes that were sent; more than `length` where the snap length cut the packet.
  package func parse(_ payload: UnsafeRawPointer, length: Int, declared: Int) -> SequencedPacket? {
    switch self {
    case .moldUDP64: MoldUDP64.parse(payload, length: length)
    case .iexTP: IEXTP.parse(payload, length: length, declared: declared)
    case .cboeSUH: SequencedUnitHeader.parse(payload, length: length, declared: declared)
    case .nyseXDP: XDPPacket.parse(payload, length: length, declared: declared)
    case .memxUDP: MEMXUDP.parse(payload, length: length)
    case .mach: MACH.parse(payload, length: length)
    case .cmeMDP3: MDP3Packet.parse(payload, length: length)
    case .coinbaseDerivatives: CoinbaseDerivativesPacket.parse(payload, length: length)
    case .eobi: EOBIPacket.parse(payload, length: length, declared: declared)
    case .deribit: DeribitPacket.parse(payload, length: length, declared: declared)
    }
  }

  package var layout: BlockLayout {
    switch self {
    case .moldUDP64: MoldUDP64.layout
    case .iexTP: IEXTP.layout
    case .cboeSUH: SequencedUnitHeader.layout
    case .nyseXDP: XDPPacket.layout
    case .memxUDP: MEMXUDP.layout
    case .mach: MACH.layout
    case .cmeMDP3: MDP3Packet.layout
    case .coinbaseDerivatives: CoinbaseDerivativesPacket.layout
    case .eobi: EOBIPacket.layout
    case .deribit: DeribitPacket.layout
    }
  }

  var numbering: Numbering {
    switch self {
    case .moldUDP64, .memxUDP: Numbering()
    case .iexTP: IEXTP.numbering
    case .cboeSUH: SequencedUnitHeader.numbering
    case .nyseXDP: XDPPacket.numbering
    case .mach: MACH.numbering
    case .cmeMDP3: MDP3Packet.numbering
    case .coinbaseDerivatives: CoinbaseDerivativesPacket.numbering
    case .eobi: EOBIPacket.numbering
    case .deribit: DeribitPacket.numbering
    }
  }

  /// True where one flow carries several numbered streams, told apart by `SequencedPacket.stream`.
  public var hasStreams: Bool {
    switch self {
    case .iexTP, .cboeSUH, .coinbaseDerivatives, .eobi, .deribit: true
    case .moldUDP64, .nyseXDP, .memxUDP, .mach, .cmeMDP3: false
    }
  }

  /// How a stream id is written: its number; of a market segment's snapshots, "691-snapshot".
  public func text(ofStream stream: UInt32) -> String {
    self == .eobi ? EOBIPacket.streamText(stream) : "\(stream)"
  }

  /// What to add to `SequencedPacket.sequenceNumber` for the number on the wire: Deribit's first packet is 0.
  public var wireNumberOffset: Int64 { self == .deribit ? -1 : 0 }
}
