import FeedCore

/// Prints every message of every packet as captured: no arbitration, no order of its own, any session and number.
///
/// Feed it the packets of one file after another; take the rows from `output` and empty it whenever it pleases.
/// Protocols are recognised by structure, flow by flow (`CaptureDecoder+Recognise`). Nothing throws and nothing stops
/// on bad bytes: `tally` counts them.
public struct CaptureDecoder: ~Copyable {
  /// What is asked of a layout for every message.
  private struct Marks: BitwiseCopyable {
    /// `--type` lets it pass.
    var isWanted: Bool
    /// An appendage or parts follow the fixed part.
    var hasRest: Bool
  }

  /// Rows that were not taken yet.
  public var output = RowBuffer()
  public private(set) var tally = DecodeTally()

  private let selection: DecodeSelection
  let protocols: [ProtocolDescription]
  private let judges: [MessageJudge]
  /// By raw value of a feed protocol: positions of its descriptions in `protocols`; empty where it was not asked for.
  let feedIndices: [[Int]]
  /// What every flow carries, where the selection says so.
  let namedFeed: FeedProtocol?
  /// Positions in `protocols`, -1 where the selection leaves the protocol out.
  let boeIndex: Int
  /// SoupBinTCP packets themselves, where they were asked for.
  let soupIndex: Int
  /// The file's TCP connections.
  private(set) var streams: TCPStreams
  private let streamProtocols: [StreamProtocol]
  private let applications: [SoupApplication]
  /// A file of SoupBinTCP packets is one connection.
  private var fileConnection = TCPConnection()
  /// By protocol, where its layouts begin in `marks`.
  private let firstMarks: [Int]
  private let marks: [Marks]
  private var symbolFilter: SymbolFilter?
  private var formatter: any RowFormatter

  private var fileName = ""
  var packetIndex: UInt64 = 0
  /// Session of the packet at hand, for the symbol filter.
  private var sessionHead: UInt64 = 0
  private var sessionTail: UInt16 = 0
  /// The instrument that its header names, for the same.
  var packetInstrument: UInt64?
  /// Flows of this file, in order of appearance, and the one that came last: packets of a flow follow one another.
  var flows: [FlowRecognition] = []
  var flowPositions: [FlowKey: Int] = [:]
  var lastFlow = noFlow
  static var noFlow: (key: FlowKey, position: Int) {
    (FlowKey(destination: IPAddress(high: 0, low: 0), destinationPort: 0, fileIndex: .max), -1)
  }

  /// - Throws: `DecodeSelectionError` where no message can have a type asked for.
  public init(_ selection: DecodeSelection) throws(DecodeSelectionError) {
    self.selection = selection
    let chosen = selection.protocol.map { [$0] } ?? selection.candidates
    var protocols: [ProtocolDescription] = []
    var feedIndices = [[Int]](repeating: [], count: FeedProtocol.allCases.count)
    for choice in chosen {
      if case .feed(let feed) = choice {
        feedIndices[Int(feed.rawValue)] = Array(protocols.count..<(protocols.count + choice.descriptions.count))
      }
      protocols += choice.descriptions
    }
    self.protocols = protocols
    self.feedIndices = feedIndices
    if case .feed(let feed)? = selection.protocol { namedFeed = feed } else { namedFeed = nil }
    judges = protocols.map { MessageJudge($0) }
    boeIndex = protocols.firstIndex { $0.name == BOE2Layouts.description.name } ?? -1
    soupIndex = protocols.firstIndex { $0.name == SoupBinTCPLayouts.description.name } ?? -1
    streamProtocols = Array(Set(chosen.flatMap(\.streamProtocols))).sorted { $0.rawValue < $1.rawValue }
    applications = Array(Set(chosen.flatMap(\.applications))).sorted { $0.rawValue < $1.rawValue }
    streams = TCPStreams(candidates: streamProtocols, applications: applications)

    let known = Set(protocols.flatMap(\.layouts).map(\.typeText))
    for type in selection.types where !known.contains(type) {
      throw .unknownType(type, allowed: known.sorted())
    }
    let types = Set(selection.types)
    func passes(_ layout: MessageLayout) -> Bool { types.isEmpty || types.contains(layout.typeText) }
    firstMarks = protocols.indices.map { index in protocols[..<index].reduce(0) { $0 + $1.layouts.count } }
    marks = protocols.flatMap(\.layouts).map { layout in
      Marks(isWanted: passes(layout), hasRest: layout.hasAppendage || !layout.parts.isEmpty)
    }
    symbolFilter = selection.symbol.map { SymbolFilter($0, protocols) }
    switch selection.format {
    case .ndjson: formatter = NDJSONRows(protocols)
    case .table: formatter = TableRows(protocols, namesFiles: selection.namesFiles, namesFlows: selection.namesFlows)
    case .csv: 
      formatter = CSVRows(
        protocols, namesFiles: selection.namesFiles, namesFlows: selection.namesFlows, includes: passes)
    }
    formatter.appendHeader(to: &output)
  }

  /// True when the selection's limit is reached: nothing more will be printed.
  public var isDone: Bool { selection.limit.map { tally.rows >= $0 } ?? false }

  /// What comes from now on is of this file: packets are counted from 0.
  public mutating func beginFile(named name: String) {
    fileName = name
    packetIndex = 0
    forgetFlows()
    streams = TCPStreams(candidates: streamProtocols, applications: applications)
    fileConnection = TCPConnection()
    (sessionHead, sessionTail) = (0, 0)
    symbolFilter?.beginFile()
    if selection.namesFiles { formatter.beginFile(named: name) }
    if selection.namesFlows { formatter.beginFlow(nil, from: nil) }
  }

  // MARK: Input

  /// The payload of the file's next UDP or TCP packet that has one. What TCP segments without payload say goes to
  /// `decode(_:at:)` for segments; behind the last packet comes `finishFile`.
  public mutating func decode(_ view: TransportView, at captureNanoseconds: UInt64) {
    if view.transport == .tcp {
      decode(TCPSegment(view), at: captureNanoseconds)
      return
    }
    if selection.namesFlows { formatter.beginFlow(TCPFlow(TCPSegment(view)).description, from: nil) }
    if let (feed, isCertain) = feed(of: view), !feedIndices[Int(feed.rawValue)].isEmpty {
      decodeDatagram(view, of: feed, isCertain: isCertain)
    } else {
      record(.undecodedPackets, at: 0)
    }
    finishPacket()
  }

  /// The next message of a length-prefixed ITCH file.
  public mutating func decode(message: UnsafeRawBufferPointer) {
    if let index = feedIndices[Int(FeedProtocol.itch50.rawValue)].first {
      decode(message, index, at: 0, sequenceNumber: packetIndex &+ 1)
    } else {
      record(.undecodedPackets, at: 0)
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
      record(framer.end == .partial ? .partialMessages : .malformed, at: framer.consumed)
    }
  }

  mutating func finishPacket() {
    packetIndex &+= 1
    tally.packets &+= 1
  }

  /// The rows to come are of this stream. The symbol filter tells connections apart by their number.
  mutating func beginFlow(_ stream: TCPStream) {
    (sessionHead, sessionTail) = (stream.connection.number, .max)
    if selection.namesFlows { formatter.beginFlow(stream.flow.description, from: stream.side) }
  }

  // MARK: Framing

  /// The messages to come are of this session.
  mutating func beginSession(_ session: SessionName) { (sessionHead, sessionTail) = (session.high, session.low) }

  /// The packet's type gives the direction: the client's messages are unsequenced, the server's sequenced.
  private mutating func decode(_ packet: SoupBinTCPPacket) {
    let offset = packet.offset &+ 3
    guard let type = SoupBinTCPPacketType(rawValue: packet.type) else {
      record(.malformed, at: packet.offset, type: "0x" + String(packet.type, radix: 16, uppercase: true))
      return
    }
    if soupIndex >= 0 {
      decode(packet.bytes, soupIndex, at: packet.offset, sequenceNumber: nil)
      return
    }
    guard type.isData else { return }
    let side: StreamSide = type == .sequencedData ? .server : .client
    let application = streams.application(of: packet.payload, on: fileConnection, from: side)
    decode(packet.payload, protocolIndex(application, from: side), at: offset, sequenceNumber: nil)
  }

  /// Position in `protocols`, -1 where the selection leaves the protocol out.
  func protocolIndex(_ application: SoupApplication?, from side: StreamSide) -> Int {
    guard let name = application?.description(from: side)?.name else { return -1 }
    return protocols.firstIndex { $0.name == name } ?? -1
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
    let judgement = judges[protocolIndex].judge(message)
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
    let marks = marks[firstMarks[protocolIndex] &+ layoutIndex]
    if marks.hasRest { checkRest(of: message, protocolIndex, layoutIndex, at: offset) }
    let decoded = DecodedMessage(
      protocolIndex: protocolIndex, layoutIndex: layoutIndex, bytes: message, packetIndex: packetIndex,
      sequenceNumber: sequenceNumber)
    // The symbol filter learns from messages that `--type` leaves out, so it is asked first.
    let origin = SymbolFilter.Place(
      sessionHead: sessionHead, sessionTail: sessionTail, instrument: packetInstrument, flow: lastFlow.position)
    if let passes = symbolFilter?.passes(decoded, from: origin), !passes { return }
    guard marks.isWanted, !isDone else { return }
    formatter.append(decoded, to: &output)
    tally.rows &+= 1
  }

  /// Counts what follows the fixed part where it contradicts the message's length. Out of line, and asked for by a flag:
  /// to look at a layout costs as many reference counts as it has arrays.
  @inline(never)
  private mutating func checkRest(
    of message: UnsafeRawBufferPointer, _ protocolIndex: Int, _ layoutIndex: Int, at offset: Int
  ) {
    if !protocols[protocolIndex].appendageIsConsistent(in: message, layoutIndex: layoutIndex) {
      record(.appendageLengths, at: offset, type: protocols[protocolIndex].typeText(of: message))
    }
    let layout = protocols[protocolIndex].layouts[layoutIndex]
    if !layout.parts.isEmpty, !PartWalk.addsUp(message, layout, protocols[protocolIndex].byteOrder) {
      record(.optionalFieldLengths, at: offset, type: layout.typeText)
    }
  }

  mutating func record(_ fault: DecodeFault, at offset: Int, type: String? = nil, count: UInt64 = 1) {
    let (file, packetIndex) = (fileName, packetIndex)
    tally.add(
      fault, count: count, at: DecodeFaultPlace(file: file, packetIndex: packetIndex, offset: offset, type: type))
  }
}
