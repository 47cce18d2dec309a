import FeedCore

/// All TCP connections of one capture: segments in, packets and faults out, in the order in which bytes became whole.
///
/// Protocols and directions are recognised by structure (`StreamFramer`). At most `connectionCountMaximum` are followed
/// at a time: the one silent for longest then ends, as if the capture ended for it. Memory: for each direction what
/// `TCPReassembler` holds, and one packet that is not whole; 0.4 MiB at most, 200 MiB for all.
///
///     streams.take(segment, packetIndex: 17, at: time)
///     while let output = streams.next() { … }
final class TCPStreams {
  static let connectionCountMaximum = 256

  private let candidates: [StreamProtocol]
  let applications: [SoupApplication]
  /// Under both flows.
  private var streams: [TCPFlow: TCPStream] = [:]
  /// In order of their first segments.
  private var connections: [TCPConnection] = []
  /// Whose outputs are to be taken before another segment.
  private var pending: [TCPStream] = []
  /// Connections that pending streams need, though they are followed no more.
  private var ended: [TCPConnection] = []
  private var uses: UInt64 = 0
  private var connectionNumber: UInt64 = 0
  private let onEnd: (TCPStream) -> Void

  /// - Parameter onEnd: called for every stream that is followed no more, when its outputs were taken.
  init(candidates: [StreamProtocol], applications: [SoupApplication], onEnd: @escaping (TCPStream) -> Void = { _ in }) {
    self.candidates = candidates
    self.applications = applications
    self.onEnd = onEnd
  }

  /// Takes a segment, with or without payload. Take all outputs before the next one.
  func take(_ segment: TCPSegment, packetIndex: UInt64, at captureNanoseconds: UInt64) {
    let flow = TCPFlow(segment)
    // Acknowledgements alone make no stream.
    if streams[flow] == nil, segment.declaredPayloadLength == 0, !segment.isSYN { return }
    let stream = streams[flow] ?? makeStream(flow)
    uses += 1
    stream.lastUse = uses
    stream.take(segment, packetIndex: packetIndex, at: captureNanoseconds)
    pending.append(stream)
  }

  /// The capture is over: every stream ends.
  func takeEnd() {
    for connection in connections { end(connection) }
    connections.removeAll()
    streams.removeAll()
  }

  /// Nil when there is nothing more for now.
  func next() -> TCPStream.Output? {
    while let stream = pending.first {
      if let output = stream.next() { return output }
      pending.removeFirst()
      if stream.isClosed { onEnd(stream) }
    }
    ended.removeAll()
    return nil
  }

  /// The application of a message in a SoupBinTCP packet: the connection's, told by the first message that only one
  /// application can have sent.
  func application(
    of message: UnsafeRawBufferPointer, on connection: TCPConnection, from side: StreamSide
  ) -> SoupApplication? {
    if let known = connection.application { return known }
    let accepting = applications.filter { $0.accepts(message, from: side) }
    if accepting.count == 1 { connection.application = accepting[0] }
    return accepting.first ?? applications.first
  }

  // MARK: Connections

  private func makeStream(_ flow: TCPFlow) -> TCPStream {
    let connection: TCPConnection
    if let other = streams[flow.reversed] {
      connection = other.connection
    } else {
      if connections.count == Self.connectionCountMaximum { endOldest() }
      connectionNumber += 1
      connection = TCPConnection(number: connectionNumber)
      connections.append(connection)
    }
    let stream = TCPStream(flow, of: connection, candidates: candidates, applications: applications)
    streams[flow] = stream
    return stream
  }

  private func endOldest() {
    guard let index = connections.indices.min(by: { connections[$0].lastUse < connections[$1].lastUse }) else { return }
    let connection = connections.remove(at: index)
    for stream in connection.streams { streams[stream.flow] = nil }
    end(connection)
  }

  private func end(_ connection: TCPConnection) {
    ended.append(connection)
    for stream in connection.streams {
      stream.takeEnd()
      pending.append(stream)
    }
  }
}
