/// What went wrong with packets and messages while decoding. Each is a counter; decoding goes on.
public enum DecodeFault: Int, Sendable, CaseIterable {
  /// Lengths that contradict one another: a MoldUDP64 block beyond the packet's end or bytes behind the last one, a
  /// SoupBinTCP packet of length zero, a header cut short, a message that ends before its layout does.
  case malformed
  /// A message, in sound framing, of a type that the protocol does not have.
  case unknownTypes
  /// A packet with payload that is none of the protocols asked for.
  case undecodedPackets
  /// A packet cut by the capture's snap length: its whole messages are printed.
  case cutPackets
  /// A message over TCP, or of a SoupBinTCP file, whose end never came: a hole, the end of the connection or capture.
  case partialMessages
  /// A hole in a TCP stream: lost in the capture, or cut away by its snap length.
  case tcpHoles
  /// Bytes of a TCP stream that came again with another value: the first one stays.
  case tcpConflictingBytes
  /// Bytes of a recognised TCP stream between one message boundary lost and the next one found.
  case skippedBytes
  /// A message that goes on beyond its layout: its known head is printed.
  case longerMessages
  /// A message without any byte, which MoldUDP64 allows.
  case emptyMessages
  /// Optional fields or groups that do not add up to the message's length: its fixed part is printed.
  case optionalFieldLengths
  /// An appendage that has more or fewer bytes than its length says: printed as it is.
  case appendageLengths

  /// The key in the summary.
  public var name: String { "\(self)" }
}

/// The first occurrence of a fault.
public struct DecodeFaultPlace: Sendable, Equatable {
  public var file: String
  /// 0-based index among the file's packets with payload.
  public var packetIndex: UInt64
  /// Bytes from the start of the payload; of the file, for files without packets; of the stream, for TCP.
  public var offset: Int
  /// Type of the message, where the fault is one of a message.
  public var type: String?
}

/// What a decoding run counted.
public struct DecodeTally: Sendable {
  /// UDP and TCP packets with payload; messages of length-prefixed files, packets of SoupBinTCP files.
  public internal(set) var packets: UInt64 = 0
  /// Messages decoded, whether the selection printed them or not.
  public internal(set) var messages: UInt64 = 0
  public internal(set) var rows: UInt64 = 0
  private var counts = [UInt64](repeating: 0, count: DecodeFault.allCases.count)
  private var first = [DecodeFaultPlace?](repeating: nil, count: DecodeFault.allCases.count)

  public init() {}

  public func count(of fault: DecodeFault) -> UInt64 { counts[fault.rawValue] }
  public func firstPlace(of fault: DecodeFault) -> DecodeFaultPlace? { first[fault.rawValue] }

  mutating func add(_ fault: DecodeFault, count: UInt64 = 1, at place: @autoclosure () -> DecodeFaultPlace) {
    if counts[fault.rawValue] == 0 { first[fault.rawValue] = place() }
    counts[fault.rawValue] &+= count
  }

  /// One line for each fault that occurred: `unknownTypes 3, first in a.pcap, packet 17, offset 42, type "z"`.
  public var faultLines: [String] {
    DecodeFault.allCases.compactMap { fault in
      guard let place = firstPlace(of: fault) else { return nil }
      var line = "\(fault.name) \(count(of: fault)), first in \(place.file), packet \(place.packetIndex), "
        + "offset \(place.offset)"
      if let type = place.type { line += ", type \"\(type)\"" }
      return line
    }
  }
}
