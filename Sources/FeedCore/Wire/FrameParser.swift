import CSIMD

/// Finds the UDP or TCP payload of a captured frame.
///
///     Ethernet [VLAN…] │ SLL │ SLL2 │ loopback │ raw IP  →  IPv4 [options] │ IPv6 [extension headers]  →  UDP │ TCP
///
/// A value without state: the caller counts what is discarded. Ethernet/IPv4/UDP without VLAN tag or IP options,
/// which is nearly all market data, takes a path of a few compares; whatever that path does not accept goes to
/// `parseGeneral`, which alone gives reasons. Bytes after the end of the IP packet (Ethernet padding, frame check
/// sequence) are ignored. Tunnels are not opened.
public struct FrameParser: BitwiseCopyable, Sendable {
  /// Stacked VLAN tags looked through; more is no market data.
  public static let vlanTagsMaximum = 8
  /// IPv6 extension headers looked through.
  public static let extensionHeadersMaximum = 16

  /// Check the IPv4 header checksum, and UDP's where the datagram carries one and is whole. Not where the
  /// sending host left it to its NIC (`InternetChecksum.isLeftToNIC`), nor TCP's, which hosts nearly always leave.
  public let verifyChecksums: Bool
  private let instructionSet: feedh_isa
  /// TCP segments without payload come out too; only `segmentWithoutPayload` asks for them.
  var keepsEmptySegments = false

  public init(verifyChecksums: Bool = true) {
    self.verifyChecksums = verifyChecksums
    instructionSet = feedh_isa_chosen()
  }

  /// Never fails on any bytes. Packets of length-prefixed files (`LinkType.message`) have no frame: do not ask.
  @inline(__always)
  public func parse(_ packet: Packet) -> WireVerdict {
    let bytes = packet.bytes
    let length = everydayLength(bytes, captured: Int(packet.capturedLength), linkType: packet.linkType)
    guard length >= 0 else { return parseGeneral(packet) }
    // SAFETY: 42 bytes hold all three headers.
    return .payload(
      TransportView(
        payload: bytes + Self.everydayPayloadOffset, payloadLength: length, declaredPayloadLength: length, destinationHigh: 0,
        destinationLow: IPAddress.ipv4Prefix | UInt64(bytes.bigEndian(UInt32.self, at: 30)),
        sourceHigh: 0, sourceLow: IPAddress.ipv4Prefix | UInt64(bytes.bigEndian(UInt32.self, at: 26)),
        destinationPort: bytes.bigEndian(UInt16.self, at: 36), sourcePort: bytes.bigEndian(UInt16.self, at: 34),
        tcpSequenceNumber: 0, tcpFlags: 0, transport: .udp))
  }

  /// Where the payload of such a frame begins.
  static var everydayPayloadOffset: Int { 42 }

  /// Length of the UDP payload, which begins at byte 42, of an Ethernet frame without tag or IP options that holds a
  /// whole datagram with a payload and right checksums; −1 for any other packet.
  @inline(__always)
  func everydayLength(_ bytes: UnsafeRawPointer, captured: Int, linkType: LinkType) -> Int {
    // SAFETY: 42 bytes hold all three headers; the datagram ends within `captured`.
    guard likely(linkType == .ethernet), likely(captured >= 42),
      // EtherType IPv4, version 4, header of 20 bytes, in one load; any DSCP.
      likely(bytes.bigEndian(UInt32.self, at: 12) & 0xFFFF_FF00 == 0x0800_4500),
      // No fragment, any time to live, UDP.
      likely(bytes.bigEndian(UInt32.self, at: 20) & Self.fragmentAndProtocolMask == Self.wholeUDP)
    else { return -1 }
    let totalLength = Int(bytes.bigEndian(UInt16.self, at: 16))
    let udpLength = Int(bytes.bigEndian(UInt16.self, at: 38))
    guard likely(totalLength > 28), likely(udpLength == totalLength &- 20), likely(totalLength &+ 14 <= captured) else {
      return -1
    }
    if verifyChecksums {
      let frame = bytes.assumingMemoryBound(to: UInt8.self)
      let holds = feedh_udp_checksums_hold(instructionSet, frame, UInt32(truncatingIfNeeded: udpLength)) != 0
      if unlikely(!holds) { return -1 }
    }
    return udpLength &- 8
  }

  private static var fragmentAndProtocolMask: UInt32 { UInt32(IPFrame.ipv4FragmentMask) << 16 | 0xFF }
  private static var wholeUDP: UInt32 { UInt32(TransportView.Transport.udp.rawValue) }

  /// Any link, any header. Agrees with the short path wherever that one accepts.
  @inline(never)
  func parseGeneral(_ packet: Packet) -> WireVerdict {
    let frame = IPFrame(
      bytes: packet.bytes, captured: Int(packet.capturedLength),
      wire: max(Int(packet.wireLength), Int(packet.capturedLength)), verifyChecksums: verifyChecksums,
      keepsEmptySegments: keepsEmptySegments)
    switch packet.linkType {
    case .ethernet:
      return frame.captured < 14 ? .discarded(.shortFrame) : etherType(at: 12, headerLength: 14, frame)
    case .linuxSLL:
      return frame.captured < 16 ? .discarded(.shortFrame) : etherType(at: 14, headerLength: 16, frame)
    case .linuxSLL2:
      return frame.captured < 20 ? .discarded(.shortFrame) : etherType(at: 0, headerLength: 20, frame)
    case .loopback: return anyIP(at: 4, frame)
    case .rawIP: return anyIP(at: 0, frame)
    case .ipv4: return frame.ipv4(at: 0)
    case .ipv6: return frame.ipv6(at: 0)
    case .message, .connection, .unsupported: return .discarded(.unsupportedLink)
    }
  }

  /// EtherType, VLAN tags (IEEE 802.1Q and 802.1ad, in any order), then IP. Linux cooked captures carry the same
  /// numbers in their protocol field, tags following their header.
  private func etherType(at typeOffset: Int, headerLength: Int, _ frame: IPFrame) -> WireVerdict {
    var type = frame.bytes.bigEndian(UInt16.self, at: typeOffset)
    var offset = headerLength
    for _ in 0...Self.vlanTagsMaximum {
      switch type {
      case 0x0800: return frame.ipv4(at: offset)
      case 0x86DD: return frame.ipv6(at: offset)
      case 0x8100, 0x88A8, 0x9100:
        // Tag control information, then the next EtherType.
        if frame.captured < offset + 4 { return .discarded(.shortFrame) }
        type = frame.bytes.bigEndian(UInt16.self, at: offset + 2)
        offset += 4
      default: return .discarded(.notIP)
      }
    }
    return .discarded(.notIP)
  }

  private func anyIP(at offset: Int, _ frame: IPFrame) -> WireVerdict {
    if frame.captured <= offset { return .discarded(.shortFrame) }
    return frame.bytes.byte(at: offset) >> 4 == 6 ? frame.ipv6(at: offset) : frame.ipv4(at: offset)
  }
}
