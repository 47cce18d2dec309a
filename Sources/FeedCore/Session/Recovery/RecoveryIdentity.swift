/// Which channel asks, and as whom: what the requests of its venue name.
struct RecoveryIdentity: BitwiseCopyable {
  var `protocol`: FeedProtocol
  var channel: UInt8
  /// PITCH unit, IEX channel.
  var stream: UInt32
  var username = RecoveryText()
  var password = RecoveryText()
  var sessionSubId = RecoveryText()
  var sourceId = RecoveryText()
  var token = RecoveryText()
  var productId: UInt8 = 0
  var channelId: UInt8 = 0

  /// Texts that are no credentials (longer than 64 bytes, not ASCII) are left out; the configuration refuses them.
  init(protocol feedProtocol: FeedProtocol, channel: UInt8, stream: UInt32, settings: FeedRecoverySettings) {
    `protocol` = feedProtocol
    self.channel = channel
    self.stream = stream
    if let text = RecoveryText(settings.username) { username = text }
    if let text = RecoveryText(settings.password) { password = text }
    if let text = RecoveryText(settings.sessionSubId) { sessionSubId = text }
    if let text = RecoveryText(settings.sourceId) { sourceId = text }
    if let text = RecoveryText(settings.token) { token = text }
    productId = settings.productId
    channelId = settings.channelId
  }

  /// IEX's name of the stream in a session.
  func iexChannel(_ session: SessionName) -> IEXRecovery.Channel {
    let protocolId: UInt16 =
      switch `protocol` {
      case .tops15: 0x8002
      case .tops16: 0x8003
      case .deep10: 0x8004
      default: 0x8005
      }
    return IEXRecovery.Channel(
      protocolId: protocolId, channelId: stream, sessionId: UInt32(truncatingIfNeeded: session.high))
  }
}

extension FeedProtocol {
  /// Its missing messages can be asked for one range at a time.
  public var hasMessageRequests: Bool {
    switch self {
    case .itch50, .pitch, .nyseIntegrated, .memxDepth, .deepPlus, .deep10, .tops15, .tops16: true
    case .cmeMDP3, .miaxPearlDepth, .coinbaseDerivatives, .eobi, .deribit: false
    }
  }

  /// A snapshot of the whole channel can be asked for.
  public var hasChannelSnapshots: Bool {
    switch self {
    case .itch50, .pitch, .memxDepth, .deepPlus: true
    case .nyseIntegrated, .deep10, .tops15, .tops16, .cmeMDP3, .miaxPearlDepth, .coinbaseDerivatives, .eobi, .deribit:
      false
    }
  }

  /// Snapshots of its instruments can be asked for, all of the channel at once; they come by multicast.
  public var hasRefreshRequests: Bool { self == .nyseIntegrated }

  /// Its missing messages are asked for by datagrams, and the answers come to where these left from.
  public var asksByDatagram: Bool {
    switch self {
    case .itch50, .deepPlus, .deep10, .tops15, .tops16: true
    case .pitch, .nyseIntegrated, .memxDepth, .cmeMDP3, .miaxPearlDepth, .coinbaseDerivatives, .eobi, .deribit: false
    }
  }
}

extension FeedSettings {
  /// It asks for missing messages by datagrams, and knows whom.
  public var asksByDatagram: Bool {
    role == .live && recovery.messages && lines.contains { $0.requestServer != nil }
      && FeedProtocol(name: `protocol`)?.asksByDatagram == true
  }

  /// A line that is the socket which requests leave from: it comes by no live port.
  public func carriesRequestedAnswers(_ line: LineSettings) -> Bool {
    asksByDatagram && line.role == .retransmission && line.group.flatMap { IPAddress($0) }?.isMulticast == false
  }
}
