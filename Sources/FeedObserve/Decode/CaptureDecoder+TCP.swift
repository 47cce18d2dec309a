import FeedCore

/// Order entry: the streams of TCP connections, put together, recognised and cut into messages by `TCPStreams`.
extension CaptureDecoder {
  /// A TCP segment of the file, in the order of the capture; those without payload tell where streams begin and end.
  /// A message is printed when it is whole, under the packet that carried its last byte.
  public mutating func decode(_ segment: TCPSegment, at captureNanoseconds: UInt64) {
    streams.take(segment, packetIndex: packetIndex, at: captureNanoseconds)
    drainStreams()
    if segment.payloadLength > 0 { finishPacket() }
  }

  /// Nothing more comes of the file: what waits behind holes is printed, what is not whole is counted.
  public mutating func finishFile() {
    streams.takeEnd()
    drainStreams()
  }

  private mutating func drainStreams() {
    let packetIndex = packetIndex
    while let output = streams.next() {
      // The streams go on where the selection's limit is reached: what they hold must not grow.
      if isDone { continue }
      switch output {
      case .fault(let fault):
        self.packetIndex = fault.packetIndex
        record(fault.fault, at: Int(truncatingIfNeeded: fault.position), count: fault.count)
      case .packet(let packet, let stream):
        self.packetIndex = packet.packetIndex
        decode(packet, of: stream)
      }
    }
    self.packetIndex = packetIndex
  }

  private mutating func decode(_ packet: StreamPacket, of stream: TCPStream) {
    beginFlow(stream)
    let offset = Int(truncatingIfNeeded: packet.position)
    if soupIndex >= 0, packet.protocol == .soupBinTCP {
      decode(packet.bytes, soupIndex, at: offset, sequenceNumber: nil)
      return
    }
    switch packet.protocol {
    case .boe2:
      guard packet.bytes.count >= BOE2Stream.headerLength, let base = packet.bytes.baseAddress else { return }
      // SAFETY: the header is there.
      let number = base.littleEndian(UInt32.self, at: 6)
      decode(packet.bytes, boeIndex, at: offset, sequenceNumber: UInt64(number))
    case .soupBinTCP:
      guard let type = SoupBinTCPPacketType(rawValue: packet.bytes[2]), type.isData else { return }
      let message = UnsafeRawBufferPointer(rebasing: packet.bytes[SoupBinTCPStream.headerLength...])
      let side = type == .sequencedData ? .server : stream.side ?? .client
      let application = streams.application(of: message, on: stream.connection, from: side)
      decode(
        message, protocolIndex(application, from: side), at: offset &+ SoupBinTCPStream.headerLength,
        sequenceNumber: nil)
    }
  }
}
