/// One TCP segment as captured, with or without payload. A view: no copy.
///
/// Unlike `TransportView` it may have no payload: connection set-up and end, acknowledgements, and segments of which
/// the snap length left only the headers. RFC 9293 section 3.1.
public struct TCPSegment: BitwiseCopyable {
  public var payload: UnsafeRawPointer
  /// Payload bytes that are here, 0 or more.
  public var payloadLength: Int
  /// Payload bytes that were sent; greater than `payloadLength` only where the snap length cut the packet.
  public var declaredPayloadLength: Int
  /// Of the SYN where there is one, else of the first payload byte.
  public var sequenceNumber: UInt32
  /// CWR … FIN as on the wire (`TransportView.tcpSYN`, …).
  public var flags: UInt8
  public var source: IPAddress
  public var destination: IPAddress
  public var sourcePort: UInt16
  public var destinationPort: UInt16

  /// - Precondition: `view` is of TCP.
  public init(_ view: TransportView) {
    payload = view.payload
    payloadLength = view.payloadLength
    declaredPayloadLength = view.declaredPayloadLength
    sequenceNumber = view.tcpSequenceNumber
    flags = view.tcpFlags
    source = view.source
    destination = view.destination
    sourcePort = view.sourcePort
    destinationPort = view.destinationPort
  }

  public init(
    payload: UnsafeRawBufferPointer, declaredPayloadLength: Int, sequenceNumber: UInt32, flags: UInt8,
    source: IPAddress, destination: IPAddress, sourcePort: UInt16, destinationPort: UInt16
  ) {
    self.payload = payload.baseAddress ?? UnsafeRawPointer(bitPattern: 1)!
    payloadLength = payload.count
    self.declaredPayloadLength = max(declaredPayloadLength, payload.count)
    self.sequenceNumber = sequenceNumber
    self.flags = flags
    self.source = source
    self.destination = destination
    self.sourcePort = sourcePort
    self.destinationPort = destinationPort
  }

  public var isSYN: Bool { flags & TransportView.tcpSYN != 0 }
  public var isFIN: Bool { flags & TransportView.tcpFIN != 0 }
  public var isRST: Bool { flags & TransportView.tcpRST != 0 }
  public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: payload, count: payloadLength) }
}
