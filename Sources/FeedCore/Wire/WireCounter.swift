/// Why a frame gave no payload. Each is a counter; the first of each kind is kept with its packet (`WireCounters`).
public enum WireCounter: UInt8, CaseIterable, Sendable, BitwiseCopyable {
  /// The capture's link type is none that feedh reads.
  case unsupportedLink = 0
  /// The frame ends, or the snap length cut it, inside its headers or before the first byte of payload.
  case shortFrame
  /// Neither IPv4 nor IPv6: ARP, LLDP, spanning tree, MPLS; or more VLAN tags than `FrameParser.vlanTagsMaximum`.
  case notIP
  /// IP version other than the frame says, or an IPv4 header shorter than 20 bytes.
  case badIPHeader
  /// An IP length below its own headers, or beyond the bytes that were on the wire.
  case badIPLength
  /// IPv4 header checksum does not match.
  case badIPChecksum
  /// A part of a fragmented datagram. Market data is not sent in fragments; feedh does not reassemble them.
  case fragments
  /// IP carries neither UDP nor TCP: ICMP, IGMP, PIM, GRE, ESP.
  case otherTransport
  /// UDP length differs from what IP carries, or is below 8.
  case badUDPLength
  /// UDP checksum does not match, or is absent over IPv6 (RFC 8200 section 8.1).
  case badUDPChecksum
  /// TCP data offset below 20 bytes or beyond the segment.
  case badTCPHeader
  /// A datagram of no payload, or a TCP segment of none: acknowledgements, connection set-up. Not a fault.
  case emptyPayload

  /// The key in reports.
  public var name: String { "\(self)" }

  /// False for what an ordinary capture holds besides market data.
  public var isFault: Bool {
    switch self {
    case .notIP, .otherTransport, .emptyPayload: false
    default: true
    }
  }
}
