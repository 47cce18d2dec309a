import FeedCore

/// A framing that feedh reads from TCP streams.
public enum StreamProtocol: UInt8, Sendable, CaseIterable {
  case soupBinTCP
  case boe2

  func examine(_ bytes: UnsafeRawBufferPointer) -> StreamFrameVerdict {
    switch self {
    case .soupBinTCP: SoupBinTCPStream.examine(bytes)
    case .boe2: BOE2Stream.examine(bytes)
    }
  }

  func search(_ bytes: UnsafeRawBufferPointer) -> StreamFrameVerdict {
    switch self {
    case .soupBinTCP: SoupBinTCPStream.search(bytes)
    case .boe2: BOE2Stream.search(bytes)
    }
  }

  /// Who sends this packet; nil where both may. `packet` is whole.
  func sender(of packet: UnsafeRawBufferPointer) -> StreamSide? {
    switch self {
    case .soupBinTCP: SoupBinTCPPacketType(rawValue: packet[2])?.sender
    case .boe2: BOE2MessageType(rawValue: packet[4])?.sender
    }
  }
}
