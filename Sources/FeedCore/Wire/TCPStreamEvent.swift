/// What a `TCPReassembler` says about one direction of a connection, in the order of the stream.
public enum TCPStreamEvent: Equatable, Sendable {
  /// A stream begins. False where no SYN was seen: its first byte may stand anywhere in a message.
  case start(behindSYN: Bool)
  /// The next bytes, and the packet that carried them (`TCPReassembler.take`).
  case bytes([UInt8], packetIndex: UInt64)
  /// This many bytes were never captured: what comes next may begin anywhere in a message.
  case hole(length: UInt64)
  /// Nothing more comes of this stream: FIN or RST, another connection on the same ports, or the end of the input.
  case end
}

/// What a `TCPReassembler` counted. None of it stops a stream.
public struct TCPCounters: Sendable, Equatable {
  /// Segments with payload.
  public var segments: UInt64 = 0
  /// Segments of which every byte had come before.
  public var retransmissions: UInt64 = 0
  /// Segments of which some bytes had come before and others not.
  public var overlaps: UInt64 = 0
  /// Bytes that came again with another value: the first one stays. Only those are compared that are held or among
  /// the last `TCPReassembler.Limits.historyLength` delivered.
  public var conflictingBytes: UInt64 = 0
  /// Segments that came while bytes before them were missing.
  public var outOfOrder: UInt64 = 0
  /// Segments of one byte just below the next one. RFC 9293 section 3.8.4.
  public var keepAlives: UInt64 = 0
  /// Ranges given up: lost in the capture, or cut away by its snap length.
  public var holes: UInt64 = 0
  public var holeLength: UInt64 = 0
  /// Streams that began without a SYN.
  public var midStreamStarts: UInt64 = 0
  /// Segments so far behind that they belong to no retransmission: another connection if a second continues them.
  public var farBehind: UInt64 = 0

  public init() {}
}
