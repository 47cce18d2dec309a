/// The everyday case of all feeds but MoldUDP64's: a packet that is whole and next, on a flow that is known.
extension Ingest {
  /// True where the packet was taken; else nothing was done. The switch is the path's only one on the transport. It is
  /// inlined, and what it leads to is not: of functions within each other a packet would pay for two.
  @inline(__always)
  mutating func takeEverydayOther(_ packet: UnsafeMutablePointer<Packet>, into sink: inout some DeliverySink) -> Bool {
    // SAFETY: 38 bytes of the frame are read before it is judged.
    guard Int(packet.pointee.capturedLength) > FrameParser.everydayPayloadOffset,
      let flow = everydayRoutes.find(packet.pointee.bytes, file: packet.pointee.fileIndex)
    else { return false }
    switch flow.pointee.transport {
    case .moldUDP64: return false
    case .cboeSUH: return takeEveryday(of: SequencedUnitHeader.self, flow, packet, into: &sink)
    case .iexTP: return takeEveryday(of: IEXTP.self, flow, packet, into: &sink)
    case .nyseXDP: return takeEveryday(of: XDPPacket.self, flow, packet, into: &sink)
    case .memxUDP: return takeEveryday(of: MEMXUDP.self, flow, packet, into: &sink)
    case .mach: return takeEveryday(of: MACH.self, flow, packet, into: &sink)
    case .cmeMDP3: return takeEveryday(of: MDP3Packet.self, flow, packet, into: &sink)
    case .coinbaseDerivatives: return takeEveryday(of: CoinbaseDerivativesPacket.self, flow, packet, into: &sink)
    case .eobi: return takeEveryday(of: EOBIPacket.self, flow, packet, into: &sink)
    case .deribit: return takeEveryday(of: DeribitPacket.self, flow, packet, into: &sink)
    }
  }

  @inline(never)
  private mutating func takeEveryday<Framing: EverydayFraming>(
    of framing: Framing.Type, _ flow: UnsafeMutablePointer<EverydayRoutes.Entry>,
    _ packet: UnsafeMutablePointer<Packet>, into sink: inout some DeliverySink
  ) -> Bool {
    let file = packet.pointee.fileIndex
    let payload = packet.pointee.bytes + FrameParser.everydayPayloadOffset
    // SAFETY: what is read before the frame is judged lies within these bytes.
    guard Int(packet.pointee.capturedLength) >= FrameParser.everydayPayloadOffset + Framing.everydayLength,
      let header = Framing.everydayHeader(payload)
    else { return false }
    var channel = Int(flow.pointee.channel)
    var line = flow.pointee.line
    if Framing.hasEverydayStreams, header.stream != flow.pointee.stream {
      guard let other = liveStream(header.stream, of: flow) else { return false }
      (channel, line) = other
    }
    let arbiter = arbiters + channel
    // What was sent before numbers began anew has numbers of its own, among them the next one.
    guard arbiter.pointee.isNext(header), header.sendNanoseconds >= arbiter.pointee.staleBefore else { return false }
    let length = parser.everydayLength(
      packet.pointee.bytes, captured: Int(packet.pointee.capturedLength), linkType: packet.pointee.linkType)
    guard length >= Framing.everydayLength, Framing.declares(payload, length: length) else { return false }
    let packetIndex = payloadPackets.base[Int(file)]
    guard
      arbiter.pointee.acceptNext(
        framing, header, payload: payload, length: length,
        from: PacketOrigin(
          captureNanoseconds: packet.pointee.captureNanoseconds, packetIndex: packetIndex, fileIndex: file,
          line: line), clock: clock, into: &sink)
    else { return false }
    payloadPackets.base[Int(file)] = packetIndex &+ 1
    lineCounts.add(channel: channel, line: line)
    noteDueAfterDelivery(of: arbiter)
    return true
  }

  /// Channel and line of another stream of a flow than its last one; nil where it is none of live messages.
  @inline(__always)
  private func liveStream(
    _ stream: UInt32, of flow: UnsafeMutablePointer<EverydayRoutes.Entry>
  ) -> (channel: Int, line: UInt8)? {
    let match = RouteTable.Match(
      channel: Int(flow.pointee.channel), line: flow.pointee.line, transport: flow.pointee.transport,
      slot: flow.pointee.slot)
    guard let (channel, line) = routes.find(stream: stream, of: match), snapshots.target(of: channel, .data) == nil,
      !arbiters[channel].isAnswerLine(line)
    else { return nil }
    return (channel, line)
  }

  /// Keeps the flow of a live packet that took the long way, if its next one need not.
  @inline(__always)
  func rememberEveryday(
    _ packet: Packet, _ view: TransportView, _ sequenced: SequencedPacket, channel: Int, _ route: RouteTable.Match
  ) {
    guard sequenced.kind == .data, route.transport != .moldUDP64, packet.linkType == .ethernet,
      view.payload == packet.bytes + FrameParser.everydayPayloadOffset
    else { return }
    everydayRoutes.remember(
      packet.bytes, file: packet.fileIndex, route: route, stream: sequenced.stream, channel: channel,
      line: sequenced.line)
  }
}
