import FeedCore
import FeedIO

/// What is in capture files, without running them through books: `feedh info`.
public struct CaptureInfo {
  public struct File {
    public var file: CaptureFile
    /// Packets; messages of a length-prefixed file; packets of a SoupBinTCP stream.
    public var packets: UInt64 = 0
    /// Unix nanoseconds, of a length-prefixed file since midnight; nil where there is no packet or no time.
    public var firstCaptureNanoseconds: UInt64?
    public var lastCaptureNanoseconds: UInt64?
    /// SoupBinTCP stream: messages to and from the venue.
    public var unsequencedMessages: UInt64 = 0
    public var sequencedMessages: UInt64 = 0
  }

  public private(set) var files: [File]
  /// Feeds as a replay without configuration would run them, with their lines.
  public let plan: FeedPlan
  /// In order of file, then of appearance.
  public private(set) var flows: [FlowStatistics] = []
  public private(set) var wire = WireCounters()
  public private(set) var readings: [CaptureReading] = []

  /// Lines of the feeds that have several, by channel of the plan.
  public private(set) var lags: [Int: LineLag] = [:]

  private struct Key: Hashable {
    var key: FlowKey
    var transport: TransportView.Transport
  }

  /// Opens and walks the files.
  ///
  /// - Parameter protocol: "auto", or the protocol of every flow.
  /// - Throws: `CaptureError`, `FeedPlanError`.
  public init(paths: [String], filter: String? = nil, protocol protocolName: String = "auto") throws {
    let set = try CaptureSet(paths: paths, filter: filter)
    files = set.files.map { File(file: $0) }
    plan = try FlowDiscovery.plan(
      settings: Settings(), fileNames: set.files.map(\.baseName), protocol: protocolName,
      makeSource: { set.makeSource() })
    for channel in plan.channels.indices where plan.channels[channel].lines.count > 1 { lags[channel] = LineLag() }
    for index in files.indices where files[index].file.kind == .soupBinTCP { Self.walkStream(&files[index]) }
    walk(set.makeSource())
    flows.sort { $0.key.fileIndex < $1.key.fileIndex }
  }

  private mutating func walk(_ source: CaptureSource) {
    // Checksums are judged by a replay; here everything that can be read is shown.
    let parser = FrameParser(verifyChecksums: false)
    var positions: [Key: Int] = [:]
    let streams = StreamCollection()
    var runs: [(packet: SequencedPacket, count: UInt64)] = []
    withUnsafeTemporaryAllocation(of: Packet.self, capacity: 256) { burst in
      while !source.isExhausted {
        for packet in burst[..<source.receive(into: burst)] {
          note(packet)
          if packet.linkType == .message { continue }
          switch parser.parse(packet) {
          case .payload(let view) where view.transport == .tcp:
            streams.take(TCPSegment(view), fileIndex: packet.fileIndex, at: packet.captureNanoseconds)
          case .payload(let view):
            let key = Key(key: FlowKey(view, fileIndex: packet.fileIndex), transport: view.transport)
            let position = positions[key] ?? add(key)
            positions[key] = position
            runs.removeAll(keepingCapacity: true)
            flows[position].take(view, at: packet.captureNanoseconds) { runs.append(($0, $1)) }
            for (run, count) in runs {
              compare(run, count: count, flow: key.key, at: packet.captureNanoseconds)
            }
          case .discarded(let reason):
            if reason == .emptyPayload || reason == .shortFrame, let segment = parser.segmentWithoutPayload(packet) {
              streams.take(segment, fileIndex: packet.fileIndex, at: packet.captureNanoseconds)
            }
            wire.record(reason, fileIndex: packet.fileIndex, recordIndex: packet.recordIndex)
          }
        }
      }
    }
    readings = source.readings
    streams.takeEnd()
    flows += streams.flows
  }

  private mutating func note(_ packet: Packet) {
    let file = Int(packet.fileIndex)
    files[file].packets += 1
    if files[file].firstCaptureNanoseconds == nil { files[file].firstCaptureNanoseconds = packet.captureNanoseconds }
    files[file].lastCaptureNanoseconds = packet.captureNanoseconds
  }

  private mutating func add(_ key: Key) -> Int {
    var flow = FlowStatistics(key: key.key, transport: key.transport)
    if key.transport == .udp, let route = plan.routes[key.key] {
      let channel = plan.channels[Int(route.channel)]
      flow.protocolName = channel.protocol.name
      flow.feed = channel.name
      flow.feedTransport = channel.transport
      for (stream, route) in plan.streamRoutes where stream.flow == key.key {
        flow.feedsByStream[stream.stream] = plan.channels[Int(route.channel)].name
      }
      if flow.feedsByStream.count > 1 { flow.feed = plan.venues[Int(channel.venue)].name }
    }
    flows.append(flow)
    return flows.count - 1
  }

  /// What a line of a feed shows is compared with its other lines.
  private mutating func compare(_ packet: SequencedPacket, count: UInt64, flow: FlowKey, at nanoseconds: UInt64) {
    let stream = FeedPlan.StreamKey(flow: flow, stream: packet.stream)
    guard let route = plan.streamRoutes[stream] ?? plan.routes[flow] else { return }
    lags[Int(route.channel)]?.take(packet, count: count, line: Int(route.line), at: nanoseconds)
  }

  private static func walkStream(_ file: inout File) {
    var framer = SoupBinTCPFramer(file.file.bytes)
    while let packet = framer.next() {
      file.packets += 1
      if packet.type == SoupBinTCPPacketType.unsequencedData.rawValue { file.unsequencedMessages += 1 }
      if packet.type == SoupBinTCPPacketType.sequencedData.rawValue { file.sequencedMessages += 1 }
    }
  }
}
