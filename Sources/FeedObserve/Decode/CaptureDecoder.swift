import FeedCore

/// Prints every message of every packet as captured: no arbitration, no order of its own, any session and number.
///
/// Feed it the packets of one file after another; take the rows from `output` and empty it whenever it pleases.
/// Protocols are recognised by structure, packet by packet (`CaptureDecoder+Recognise`). Nothing throws and nothing
/// stops on bad bytes: `tally` counts them.
public struct CaptureDecoder: ~Copyable {
  static let moldHeaderLength = 20

  /// Rows that were not taken yet.
  public var output = RowBuffer()
  public private(set) var tally = DecodeTally()

  private let selection: DecodeSelection
  let protocols: [ProtocolDescription]
  /// Positions in `protocols`, -1 where the selection leaves the protocol out.
  let itchIndex: Int
  let ouchInboundIndex: Int
  let ouchOutboundIndex: Int
  /// By protocol and layout: whether `--type` lets it pass.
  private let passesType: [[Bool]]
  private var symbolFilter: SymbolFilter?
  private var formatter: any RowFormatter

  private var fileName = ""
  private var packetIndex: UInt64 = 0
  /// Session of the MoldUDP64 packet at hand, for the symbol filter.
  private var sessionHead: UInt64 = 0
  private var sessionTail: UInt16 = 0
  /// Ports of this file on which packets of a protocol were recognised: there, faulty packets are its packets.
  var moldPorts = PortSet()
  var soupPorts = PortSet()

  /// - Throws: `DecodeSelectionError` where no message can have a type asked for.
  public init(_ selection: DecodeSelection) throws(DecodeSelectionError) {
    self.selection = selection
    let chosen = selection.protocol.map { [$0] } ?? DecodeProtocol.allCases
    let protocols = chosen.flatMap(\.descriptions)
    self.protocols = protocols
    itchIndex = protocols.firstIndex { $0.name == ITCH50Layouts.description.name } ?? -1
    ouchInboundIndex = protocols.firstIndex { $0.name == OUCH50Layouts.inbound.name } ?? -1
    ouchOutboundIndex = protocols.firstIndex { $0.name == OUCH50Layouts.outbound.name } ?? -1

    let known = Set(protocols.flatMap(\.layouts).map(\.typeText))
    for type in selection.types where !known.contains(type) {
      throw .unknownType(type, allowed: known.sorted())
    }
    let types = Set(selection.types)
    func passes(_ layout: MessageLayout) -> Bool { types.isEmpty || types.contains(layout.typeText) }
    passesType = protocols.map { $0.layouts.map(passes) }
    symbolFilter = selection.symbol.map { SymbolFilter($0, protocols) }
    switch selection.format {
    case .ndjson: formatter = NDJSONRows(protocols)
    case .table: formatter = TableRows(protocols, namesFiles: selection.namesFiles)
    case .csv: formatter = CSVRows(protocols, namesFiles: selection.namesFiles, includes: passes)
    }
    formatter.appendHeader(to: &output)
  }

  /// True when the selection's limit is reached: nothing more will be printed.
  public var isDone: Bool { selection.limit.map { tally.rows >= $0 } ?? false }

  /// What comes from now on is of this file: packets are counted from 0.
  public mutating func beginFile(named name: String) {
    fileName = name
    packetIndex = 0
    moldPorts = PortSet()
    soupPorts = PortSet()
    (sessionHead, sessionTail) = (0, 0)
    symbolFilter?.beginFile()
    if selection.namesFiles { formatter.beginFile(named: name) }
  }

  // MARK: Input

  /// The payload of the file's next UDP or TCP packet that has one.
  public mutating func decode(_ view: TransportView) {
    let payload = UnsafeRawBufferPointer(start: view.payload, count: view.payloadLength)
    switch view.transport {
    case .udp where isMold(payload, port: view.destinationPort, isCut: view.isCut):
      decodeMold(payload, isCut: view.isCut)
    case .tcp where isSoup(payload, ports: (view.sourcePort, view.destinationPort)):
      decodeSoup(payload, isCut: view.isCut)
    case .udp, .tcp: record(.undecodedPackets, at: 0)
    }
    finishPacket()
  }

  /// The next message of a length-prefixed ITCH file.
  public mutating func decode(message: UnsafeRawBufferPointer) {
    if itchIndex < 0 {
      record(.undecodedPackets, at: 0)
    } else {
      decode(message, itchIndex, at: 0, sequenceNumber: packetIndex &+ 1)
    }
    finishPacket()
  }

  /// A file that is a chain of SoupBinTCP packets, each a packet of its own; `take` is called now and then to empty
  /// `output`.
  public mutating func decode<Failure: Error>(
    soupStream bytes: UnsafeRawBufferPointer, take: (inout RowBuffer) throws(Failure) -> Void
  ) throws(Failure) {
    var framer = SoupBinTCPFramer(bytes)
    while !isDone, let packet = framer.next() {
      decode(packet)
      finishPacket()
      try take(&output)
    }
    if framer.end != .whole, !isDone {
      record(framer.end == .partial ? .partialSoupPackets : .malformed, at: framer.consumed)
    }
  }

  private mutating func finishPacket() {
    packetIndex &+= 1
    tally.packets &+= 1
  }

  // MARK: Framing

  /// MoldUDP64 1.00, "Downstream Packet": session (10), sequence number (8), message count (2), then for each message
  /// its length (2) and bytes. Counts 0 and 65,535 are a heartbeat and the end of the session: no messages.
  private mutating func decodeMold(_ payload: UnsafeRawBufferPointer, isCut: Bool) {
    guard payload.count >= Self.moldHeaderLength, let base = payload.baseAddress else {
      record(isCut ? .cutPackets : .malformed, at: 0)
      return
    }
    // SAFETY: the header is there; each block is compared with the payload's end before it is read.
    sessionHead = base.bigEndian(UInt64.self, at: 0)
    sessionTail = base.bigEndian(UInt16.self, at: 8)
    let sequenceNumber = base.bigEndian(UInt64.self, at: 10)
    let field = base.bigEndian(UInt16.self, at: 18)
    let messageCount = field == .max ? 0 : UInt64(field)
    var offset = Self.moldHeaderLength
    for index in 0..<messageCount {
      guard !isDone else { return }
      guard offset &+ 2 <= payload.count else {
        record(isCut ? .cutPackets : .malformed, at: offset)
        return
      }
      let length = Int(base.bigEndian(UInt16.self, at: offset))
      guard offset &+ 2 &+ length <= payload.count else {
        record(isCut ? .cutPackets : .malformed, at: offset)
        return
      }
      decode(
        UnsafeRawBufferPointer(start: base + offset + 2, count: length), itchIndex, at: offset &+ 2,
        sequenceNumber: sequenceNumber &+ index)
      offset &+= 2 &+ length
    }
    if offset != payload.count { record(.malformed, at: offset) }
  }

  /// The SoupBinTCP packets of one TCP segment.
  private mutating func decodeSoup(_ payload: UnsafeRawBufferPointer, isCut: Bool) {
    var framer = SoupBinTCPFramer(payload)
    while !isDone, let packet = framer.next() { decode(packet) }
    switch framer.end {
    case .whole: break
    case .partial: record(isCut ? .cutPackets : .partialSoupPackets, at: framer.consumed)
    case .illegalLength: record(.malformed, at: framer.consumed)
    }
  }

  /// The packet's type gives the direction: the client's messages are unsequenced, the server's sequenced.
  private mutating func decode(_ packet: SoupBinTCPPacket) {
    let offset = packet.offset &+ 3
    switch SoupBinTCPPacketType(rawValue: packet.type) {
    case .sequencedData: decode(packet.payload, ouchOutboundIndex, at: offset, sequenceNumber: nil)
    case .unsequencedData: decode(packet.payload, ouchInboundIndex, at: offset, sequenceNumber: nil)
    case .some: break
    case nil: record(.malformed, at: packet.offset, type: "0x" + String(packet.type, radix: 16, uppercase: true))
    }
  }

  // MARK: Messages

  /// One message of any of the protocols, wherever its transport had it: judged, counted, filtered, printed.
  mutating func decode(
    _ message: UnsafeRawBufferPointer, _ protocolIndex: Int, at offset: Int, sequenceNumber: UInt64?
  ) {
    guard protocolIndex >= 0 else {
      record(.undecodedPackets, at: offset)
      return
    }
    let judgement = protocols[protocolIndex].judge(message)
    switch judgement.verdict {
    case .exact: break
    case .longer: record(.longerMessages, at: offset, type: protocols[protocolIndex].typeText(of: message))
    case .short:
      record(.malformed, at: offset, type: protocols[protocolIndex].typeText(of: message))
      return
    case .unknownType, .unknownVersion:
      record(.unknownTypes, at: offset, type: protocols[protocolIndex].typeText(of: message))
      return
    case .empty:
      record(.emptyMessages, at: offset)
      return
    }
    tally.messages &+= 1
    let layoutIndex = judgement.layoutIndex
    if !protocols[protocolIndex].appendageIsConsistent(in: message, layoutIndex: layoutIndex) {
      record(.appendageLengths, at: offset, type: protocols[protocolIndex].typeText(of: message))
    }
    let decoded = DecodedMessage(
      protocolIndex: protocolIndex, layoutIndex: layoutIndex, bytes: message, packetIndex: packetIndex,
      sequenceNumber: sequenceNumber)
    // The symbol filter learns from messages that `--type` leaves out, so it is asked first.
    if let passes = symbolFilter?.passes(decoded, sessionHead: sessionHead, sessionTail: sessionTail), !passes {
      return
    }
    guard passesType[protocolIndex][layoutIndex], !isDone else { return }
    formatter.append(decoded, to: &output)
    tally.rows &+= 1
  }

  mutating func record(_ fault: DecodeFault, at offset: Int, type: String? = nil) {
    let (file, packetIndex) = (fileName, packetIndex)
    tally.add(fault, at: DecodeFaultPlace(file: file, packetIndex: packetIndex, offset: offset, type: type))
  }
}
