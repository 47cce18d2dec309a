import FeedCore

/// Which protocol a datagram is of: told by structure, flow by flow, with what `replay` and `info` tell it by.
///
/// A packet that holds together proves its flow: from then on whatever comes on it is taken for the same protocol, so
/// that damaged packets are counted as malformed and not as foreign.
extension CaptureDecoder {
  /// Flows of one file told apart; datagrams of those beyond it count as not decoded.
  private static let flowCountMaximum = 65_536

  /// The feed that a datagram belongs to, nil where it is none of those asked for.
  ///
  /// Whether it is `isCertain`: of a flow that nothing but a heartbeat speaks for, what does not fit is foreign.
  mutating func feed(of view: TransportView) -> (feed: FeedProtocol, isCertain: Bool)? {
    let key = FlowKey(view, fileIndex: 0)
    if key != lastFlow.key {
      guard let position = position(of: key) else { return nil }
      lastFlow = (key, position)
    }
    if !flows[lastFlow.position].isSettled {
      _ = flows[lastFlow.position]
        .take(view.payload, length: view.payloadLength, declared: view.declaredPayloadLength)
    }
    let flow = flows[lastFlow.position]
    guard let feed = flow.protocol, !(flow.isSettled && flow.isContradicted) else { return nil }
    return (feed, flow.isFirm)
  }

  @inline(never)
  private mutating func position(of key: FlowKey) -> Int? {
    if let position = flowPositions[key] { return position }
    guard flows.count < Self.flowCountMaximum else { return nil }
    flowPositions[key] = flows.count
    flows.append(FlowRecognition(named: namedFeed))
    return flows.count - 1
  }

  mutating func forgetFlows() {
    flows.removeAll(keepingCapacity: true)
    flowPositions.removeAll(keepingCapacity: true)
    lastFlow = Self.noFlow
  }
}
