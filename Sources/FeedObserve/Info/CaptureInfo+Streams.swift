import FeedCore

/// The TCP connections of the files, told apart and recognised as `feedh decode` does.
final class StreamCollection {
  private static let flowCountMaximum = 4096

  private var streams: [UInt16: TCPStreams] = [:]
  /// In order of their first segments; those beyond the maximum are left out.
  private(set) var flows: [FlowStatistics] = []
  private var isFull: Bool { flows.count >= Self.flowCountMaximum }

  func take(_ segment: TCPSegment, fileIndex: UInt16, at captureNanoseconds: UInt64) {
    let streams = streams[fileIndex] ?? make(fileIndex)
    streams.take(segment, packetIndex: 0, at: captureNanoseconds)
    drain(streams)
  }

  func takeEnd() {
    for key in streams.keys.sorted() {
      guard let streams = streams[key] else { continue }
      streams.takeEnd()
      drain(streams)
    }
    flows.sort {
      ($0.key.fileIndex, $0.firstCaptureNanoseconds) < ($1.key.fileIndex, $1.firstCaptureNanoseconds)
    }
  }

  private func make(_ fileIndex: UInt16) -> TCPStreams {
    let made = TCPStreams(candidates: StreamProtocol.allCases, applications: SoupApplication.allCases) {
      [unowned self] stream in
      if !isFull { flows.append(Self.statistics(of: stream, fileIndex)) }
    }
    streams[fileIndex] = made
    return made
  }

  /// The messages are counted by the streams; which application they are of is found out here.
  private func drain(_ streams: TCPStreams) {
    while let output = streams.next() {
      guard case .packet(let packet, let stream) = output, packet.protocol == .soupBinTCP,
        let type = SoupBinTCPPacketType(rawValue: packet.bytes[2]), type.isData
      else { continue }
      let side: StreamSide = type == .sequencedData ? .server : stream.side ?? .client
      let message = UnsafeRawBufferPointer(rebasing: packet.bytes[SoupBinTCPStream.headerLength...])
      _ = streams.application(of: message, on: stream.connection, from: side)
    }
  }

  private static func statistics(of stream: TCPStream, _ fileIndex: UInt16) -> FlowStatistics {
    let key = FlowKey(
      destination: stream.flow.destination, destinationPort: stream.flow.destinationPort, fileIndex: fileIndex)
    var flow = FlowStatistics(key: key, transport: .tcp)
    let counters = stream.reassembler.counters
    flow.stream = StreamStatistics(
      flow: stream.flow, side: stream.lastFound == nil ? nil : stream.side, counters: counters,
      skippedLength: stream.skippedLength)
    switch stream.lastFound {
    case .boe2: flow.protocolName = BOE2Layouts.description.name
    case .soupBinTCP:
      flow.protocolName = stream.connection.application.map { "\($0)" } ?? SoupBinTCPLayouts.description.name
    case nil: break
    }
    flow.packets = counters.segments
    flow.payloadBytes = stream.payloadLength
    flow.firstCaptureNanoseconds = stream.firstCaptureNanoseconds
    flow.lastCaptureNanoseconds = stream.lastCaptureNanoseconds
    flow.sessions = stream.sessions.list
    flow.peaks = stream.peaks
    return flow
  }
}
