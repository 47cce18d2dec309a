import FeedCore
import FeedIO

/// What a capture holds of one feed, as its recovery servers know it: every message, numbered from 1, and when it was
/// published.
public struct ServedFeed: Sendable {
  public let settings: FeedSettings
  public let feedProtocol: FeedProtocol
  /// As it stands on the wire; empty where the transport has none.
  public internal(set) var session: [UInt8] = []
  public internal(set) var published: [SimulatedServers.Published] = []
  /// The first number that the capture does not hold although it holds later ones; nil: it has no hole.
  public internal(set) var hole: UInt64?
  /// Packets of sessions after the first, which nobody serves.
  public internal(set) var otherSessionPackets: UInt64 = 0

  init(_ settings: FeedSettings, _ feedProtocol: FeedProtocol) {
    self.settings = settings
    self.feedProtocol = feedProtocol
  }
}

/// Reads the feeds of a configuration that may ask for something out of captures.
struct ServedFeedReader {
  private struct Flow: Hashable {
    var address: IPAddress
    var port: UInt16
  }

  /// A feed on its way; messages beyond the next number wait.
  private struct Reading {
    var feed: ServedFeed
    var session: SessionName?
    var ahead: [UInt64: SimulatedServers.Published] = [:]

    mutating func take(_ number: UInt64, at: UInt64, _ message: UnsafeRawBufferPointer) {
      let next = UInt64(feed.published.count) + 1
      if number < next { return }
      let published = SimulatedServers.Published(at: at, message: Array(message))
      if number > next {
        if ahead[number] == nil { ahead[number] = published }
        return
      }
      feed.published.append(published)
      while let waiting = ahead.removeValue(forKey: UInt64(feed.published.count) + 1) { feed.published.append(waiting) }
    }
  }

  private var readings: [Reading] = []
  private var flows: [Flow: [Int]] = [:]
  private let parser = FrameParser(verifyChecksums: false)

  /// - Throws: `ServeError`: a feed that cannot be found in a capture.
  init(_ feeds: [FeedSettings]) throws(ServeError) {
    for feed in feeds where feed.role == .live && (feed.recovery.messages || feed.recovery.snapshots) {
      guard let feedProtocol = FeedProtocol(name: feed.protocol) else {
        throw ServeError("feed \(feed.name): protocol \(feed.protocol) is not known before the capture is read; name it")
      }
      let position = readings.count
      readings.append(Reading(feed: ServedFeed(feed, feedProtocol)))
      for line in feed.lines where line.role == .live {
        guard let address = line.group.flatMap({ IPAddress($0) }), let port = line.port else {
          throw ServeError("feed \(feed.name): line \(line.name) names no group and port to find in the capture; add them")
        }
        flows[Flow(address: address, port: port), default: []].append(position)
      }
    }
    if readings.isEmpty {
      throw ServeError(
        "no feed of the configuration asks for anything; set recovery.messages or recovery.snapshots of one")
    }
  }

  /// Reads the captures to their end.
  mutating func read(_ captures: CaptureSet) -> [ServedFeed] {
    let source = captures.makeSource()
    withUnsafeTemporaryAllocation(of: Packet.self, capacity: 64) { burst in
      while !source.isExhausted {
        let count = source.receive(into: burst)
        for packet in burst[..<count] { take(packet) }
      }
    }
    return readings.map(Self.finished)
  }

  private mutating func take(_ packet: Packet) {
    guard case .payload(let view) = parser.parse(packet), view.transport == .udp, !view.isCut,
      let positions = flows[Flow(address: view.destination, port: view.destinationPort)]
    else { return }
    for position in positions { take(view, at: packet.captureNanoseconds, position) }
  }

  private mutating func take(_ view: TransportView, at: UInt64, _ position: Int) {
    let transport = readings[position].feed.feedProtocol.transport
    guard
      let packet = transport.parse(view.payload, length: view.payloadLength, declared: view.declaredPayloadLength),
      packet.kind == .data || packet.kind == .reset,
      !transport.hasStreams || readings[position].feed.settings.stream.map({ $0 == packet.stream }) ?? true
    else { return }
    if readings[position].session == nil {
      readings[position].session = packet.session
      readings[position].feed.session = Self.bytes(of: packet.session, transport)
    }
    guard readings[position].session == packet.session else {
      readings[position].feed.otherSessionPackets += 1
      return
    }
    let layout = transport.layout
    var offset = 0
    for index in 0..<UInt64(packet.messageCount) {
      guard let message = layout.message(in: packet.blocks, at: offset, end: Int(packet.blocksLength)),
        let start = message.baseAddress
      else { return }
      readings[position].take(packet.sequenceNumber &+ index, at: at, message)
      offset = start - packet.blocks + message.count
    }
  }

  /// The session's name as its transport writes it.
  private static func bytes(of session: SessionName, _ transport: Transport) -> [UInt8] {
    var bytes: [UInt8] = []
    switch transport {
    case .moldUDP64:
      bytes.appendBig(session.high, 8)
      bytes.appendBig(UInt64(session.low), 2)
    case .iexTP: bytes.appendLittle(session.high, 4)
    case .memxUDP: bytes.appendBig(session.high, 8)
    default: break
    }
    return bytes
  }

  private static func finished(_ reading: Reading) -> ServedFeed {
    var feed = reading.feed
    if !reading.ahead.isEmpty { feed.hole = UInt64(feed.published.count) + 1 }
    // Numbers leave the venue in order, whatever overtook what on the way.
    for index in feed.published.indices.dropLast().reversed() {
      feed.published[index].at = min(feed.published[index].at, feed.published[index + 1].at)
    }
    return feed
  }
}

/// Why captures cannot be served: what, where, remedy, in one line.
public struct ServeError: Error, Sendable, CustomStringConvertible {
  public let description: String
  init(_ description: String) { self.description = description }
}
