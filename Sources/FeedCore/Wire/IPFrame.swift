/// IP and what it carries, read out of one captured frame, with every length checked: the general path of
/// `FrameParser`. RFC 791 (IPv4), RFC 8200 (IPv6), RFC 4302 (AH), RFC 768 (UDP), RFC 9293 (TCP).
struct IPFrame {
  /// First byte of the frame.
  let bytes: UnsafeRawPointer
  /// Bytes of it that are here.
  let captured: Int
  /// Bytes that were on the wire, at least `captured`.
  let wire: Int
  let verifyChecksums: Bool
  let keepsEmptySegments: Bool

  /// "More fragments" and the fragment offset; "don't fragment" and the reserved bit are not looked at.
  static let ipv4FragmentMask: UInt16 = 0x3FFF

  /// Where the transport header stands, and how much of it and its payload there is.
  private struct Segment {
    var offset: Int
    /// Bytes that IP says it carries after its headers.
    var declared: Int
    /// Bytes of those that are here; below `declared` only in a cut packet, and then it may be negative.
    var available: Int
    var addresses: UnsafeRawPointer
    var isIPv6: Bool
    /// False where the pseudo header cannot be known.
    var hasPseudoHeader = true
  }

  func ipv4(at offset: Int) -> WireVerdict {
    if captured - offset < 20 { return .discarded(.shortFrame) }
    // SAFETY: 20 bytes are here; options are read only by the checksum, after their own check.
    let header = bytes + offset
    let headerLength = Int(header.byte(at: 0) & 0x0F) * 4
    if header.byte(at: 0) >> 4 != 4 || headerLength < 20 { return .discarded(.badIPHeader) }
    let totalLength = Int(header.bigEndian(UInt16.self, at: 2))
    if totalLength < headerLength || offset + totalLength > wire { return .discarded(.badIPLength) }
    if captured - offset < headerLength { return .discarded(.shortFrame) }
    if verifyChecksums && !InternetChecksum.isValid(header, length: headerLength) {
      return .discarded(.badIPChecksum)
    }
    if header.bigEndian(UInt16.self, at: 6) & Self.ipv4FragmentMask != 0 { return .discarded(.fragments) }
    return transport(
      header.byte(at: 9),
      Segment(
        offset: offset + headerLength, declared: totalLength - headerLength,
        available: min(captured - offset, totalLength) - headerLength, addresses: header + 12, isIPv6: false))
  }

  func ipv6(at offset: Int) -> WireVerdict {
    if captured - offset < 40 { return .discarded(.shortFrame) }
    // SAFETY: 40 bytes are here; each extension header's first 8 are checked before they are read.
    let header = bytes + offset
    if header.byte(at: 0) >> 4 != 6 { return .discarded(.badIPHeader) }
    // Zero is a jumbogram (RFC 2675) or a packet of nothing; market data is neither.
    let payloadLength = Int(header.bigEndian(UInt16.self, at: 4))
    let end = offset + 40 + payloadLength
    if payloadLength == 0 || end > wire { return .discarded(.badIPLength) }
    var next = header.byte(at: 6)
    var cursor = offset + 40
    var hasPseudoHeader = true
    for _ in 0...FrameParser.extensionHeadersMaximum {
      let isExtension: Bool
      switch next {
      case 0, 43, 44, 51, 60: isExtension = true  // hop-by-hop, routing, fragment, AH, destination options
      default: isExtension = false
      }
      if !isExtension {
        return transport(
          next,
          Segment(
            offset: cursor, declared: end - cursor, available: min(captured, end) - cursor, addresses: header + 8,
            isIPv6: true, hasPseudoHeader: hasPseudoHeader))
      }
      if cursor + 8 > end { return .discarded(.badIPLength) }
      if cursor + 8 > captured { return .discarded(.shortFrame) }
      let lengthField = Int(bytes.byte(at: cursor + 1))
      var length = (lengthField + 1) * 8
      switch next {
      case 43:
        // The checksum covers the final destination, which stands inside a routing header still in use.
        if bytes.byte(at: cursor + 3) != 0 { hasPseudoHeader = false }
      case 44:
        // Offset and "more" zero: an atomic fragment, whole (RFC 6946). The length byte is reserved.
        if bytes.bigEndian(UInt16.self, at: cursor + 2) & 0xFFF9 != 0 { return .discarded(.fragments) }
        length = 8
      case 51: length = (lengthField + 2) * 4
      default: break
      }
      next = bytes.byte(at: cursor)
      cursor += length
      if cursor > end { return .discarded(.badIPLength) }
    }
    return .discarded(.badIPHeader)
  }

  private func transport(_ number: UInt8, _ segment: Segment) -> WireVerdict {
    switch TransportView.Transport(rawValue: number) {
    case .udp: udp(segment)
    case .tcp: tcp(segment)
    case nil: .discarded(.otherTransport)
    }
  }

  private func udp(_ segment: Segment) -> WireVerdict {
    if segment.declared < 8 { return .discarded(.badUDPLength) }
    if segment.available < 8 { return .discarded(.shortFrame) }
    // SAFETY: 8 bytes are here, and `available` bytes in all.
    let header = bytes + segment.offset
    if Int(header.bigEndian(UInt16.self, at: 4)) != segment.declared { return .discarded(.badUDPLength) }
    if verifyChecksums && !udpChecksumHolds(header, segment) { return .discarded(.badUDPChecksum) }
    if segment.declared == 8 { return .discarded(.emptyPayload) }
    if segment.available == 8 { return .discarded(.shortFrame) }
    return .payload(view(segment, headerLength: 8, .udp, sequenceNumber: 0, flags: 0))
  }

  private func udpChecksumHolds(_ header: UnsafeRawPointer, _ segment: Segment) -> Bool {
    let field = header.loadUnaligned(fromByteOffset: 6, as: UInt16.self)
    if field == 0 { return !segment.isIPv6 }
    if segment.available < segment.declared || !segment.hasPseudoHeader { return true }
    let pseudo = InternetChecksum.pseudoHeader(
      addresses: segment.addresses, addressesLength: segment.isIPv6 ? 32 : 8,
      protocol: TransportView.Transport.udp.rawValue, length: segment.declared)
    if InternetChecksum.isLeftToNIC(field: field, pseudoHeader: pseudo) { return true }
    return InternetChecksum.isValid(header, length: segment.declared, initial: pseudo)
  }

  private func tcp(_ segment: Segment) -> WireVerdict {
    if segment.declared < 20 { return .discarded(.badTCPHeader) }
    if segment.available < 20 { return .discarded(.shortFrame) }
    // SAFETY: 20 bytes are here, and `available` bytes in all.
    let header = bytes + segment.offset
    let headerLength = Int(header.byte(at: 12) >> 4) * 4
    if headerLength < 20 || headerLength > segment.declared { return .discarded(.badTCPHeader) }
    if keepsEmptySegments, segment.available >= headerLength {
      return .payload(
        view(
          segment, headerLength: headerLength, .tcp, sequenceNumber: header.bigEndian(UInt32.self, at: 4),
          flags: header.byte(at: 13)))
    }
    if headerLength == segment.declared { return .discarded(.emptyPayload) }
    if segment.available <= headerLength { return .discarded(.shortFrame) }
    return .payload(
      view(
        segment, headerLength: headerLength, .tcp, sequenceNumber: header.bigEndian(UInt32.self, at: 4),
        flags: header.byte(at: 13)))
  }

  /// - Precondition: `headerLength` bytes of the segment are here; more, unless empty segments are wanted.
  private func view(
    _ segment: Segment, headerLength: Int, _ transport: TransportView.Transport, sequenceNumber: UInt32, flags: UInt8
  ) -> TransportView {
    let header = bytes + segment.offset
    let addresses = segment.addresses
    let source: IPAddress
    let destination: IPAddress
    if segment.isIPv6 {
      source = IPAddress(
        high: addresses.bigEndian(UInt64.self, at: 0), low: addresses.bigEndian(UInt64.self, at: 8))
      destination = IPAddress(
        high: addresses.bigEndian(UInt64.self, at: 16), low: addresses.bigEndian(UInt64.self, at: 24))
    } else {
      source = IPAddress(ipv4: addresses.bigEndian(UInt32.self, at: 0))
      destination = IPAddress(ipv4: addresses.bigEndian(UInt32.self, at: 4))
    }
    return TransportView(
      payload: header + headerLength, payloadLength: segment.available - headerLength,
      declaredPayloadLength: segment.declared - headerLength,
      destinationHigh: destination.high, destinationLow: destination.low,
      sourceHigh: source.high, sourceLow: source.low,
      destinationPort: header.bigEndian(UInt16.self, at: 2), sourcePort: header.bigEndian(UInt16.self, at: 0),
      tcpSequenceNumber: sequenceNumber, tcpFlags: flags, transport: transport)
  }
}
