import FeedCore

/// All servers of one simulated channel: they know what it published by the time they are asked.
///
/// What each wants is told by hand-read bytes (`…Server`); what goes wrong between it and its client is its faults.
public struct SimulatedServers: Sendable {
  /// A message of the channel, and when it was sent.
  public struct Published: Sendable {
    public var at: UInt64
    public var message: [UInt8]
    public init(at: UInt64, message: [UInt8]) {
      self.at = at
      self.message = message
    }
  }

  /// An answer, and whose it is.
  struct Reply {
    var answer: SimulatedAnswer
    var service: RecoveryService
    var connection: UInt32
  }

  let feedProtocol: FeedProtocol
  private let published: [Published]
  private var history = SimulatedHistory()
  private var image: SnapshotImage
  /// Cboe offers images; what they held when they were offered.
  private var offered: [UInt64: [[UInt8]]] = [:]
  private var mold: MoldRequestServer
  private var glimpse: GlimpseServer
  private var gapProxy: CboeRecoveryServer
  private var spin: CboeRecoveryServer
  private var nyse: NYSERequestServer
  /// NYSE's refreshes: the same server at a second connection, with faults of its own.
  private var nyseRefresh: NYSERequestServer
  private var xdp = XDPImage()
  private var iexFill: IEXRecoveryServer
  private var iexSnap: IEXRecoveryServer
  private var memxReplay: MEMXRecoveryServer
  private var memxSnapshot: MEMXRecoveryServer
  private var connections: [RecoveryService: UInt32] = [:]
  private var nextOfferAt = UInt64.max
  /// How far the channel has been published, by the clock of `Published.at`; nil: to the time of what is asked.
  var position: UInt64?

  /// - Parameters:
  ///   - stream: PITCH unit, IEX channel.
  ///   - session: as it stands on the wire; empty where the transport has none.
  ///   - published: in order; the first is number 1.
  ///   - messageFaults, snapshotFaults: of the server that repeats messages, and of the one that has snapshots.
  ///   - nyse: ProductID and ChannelID that NYSE's server answers to.
  public init(
    protocol feedProtocol: FeedProtocol, stream: UInt32 = 0, session: [UInt8] = [], published: [Published],
    messageFaults: RecoveryFaults, snapshotFaults: RecoveryFaults, tellsStatus: Bool = true,
    nyse identity: (productId: UInt8, channelId: UInt8) = (157, 3)
  ) {
    self.feedProtocol = feedProtocol
    self.published = published
    image = SnapshotImage(feedProtocol)
    image.tellsStatus = tellsStatus
    let name = session.reduce(0) { $0 << 8 | UInt64($1) }
    let reversed = session.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    let unit = UInt8(truncatingIfNeeded: stream)
    mold = MoldRequestServer(session: session, faults: messageFaults)
    mold.datagramMaximum = 1_400
    glimpse = GlimpseServer(faults: snapshotFaults)
    gapProxy = CboeRecoveryServer(unit: unit, faults: messageFaults)
    spin = CboeRecoveryServer(unit: unit, faults: snapshotFaults)
    nyse = NYSERequestServer(productId: identity.productId, channelId: identity.channelId, faults: messageFaults)
    nyseRefresh = NYSERequestServer(
      productId: identity.productId, channelId: identity.channelId, faults: snapshotFaults)
    let isMEMX = feedProtocol == .memxDepth
    let iexProtocol: UInt64 =
      switch feedProtocol {
      case .tops15: 0x8002
      case .tops16: 0x8003
      case .deep10: 0x8004
      default: 0x8005
      }
    iexFill = IEXRecoveryServer(
      protocolId: iexProtocol, channelId: UInt64(stream), sessionId: isMEMX ? 0 : reversed & 0xFFFF_FFFF,
      faults: messageFaults)
    iexSnap = IEXRecoveryServer(
      protocolId: iexProtocol, channelId: UInt64(stream), sessionId: isMEMX ? 0 : reversed & 0xFFFF_FFFF,
      faults: snapshotFaults)
    memxReplay = MEMXRecoveryServer(session: isMEMX ? name : 0, isSnapshot: false, faults: messageFaults)
    memxSnapshot = MEMXRecoveryServer(session: isMEMX ? name : 0, isSnapshot: true, faults: snapshotFaults)
  }

  /// Numbers that NYSE's server has lost itself.
  public var unavailable: ClosedRange<UInt64>? {
    get { nyse.unavailable }
    set { nyse.unavailable = newValue }
  }

  /// When something happens here without being asked, `.max`: nothing.
  var nextEventAt: UInt64 { nextOfferAt }

  /// What was published by `now` is known.
  private mutating func learn(by asked: UInt64) {
    let now = position ?? asked
    while history.messages.count < published.count, published[history.messages.count].at <= now {
      let message = published[history.messages.count].message
      history.append(message)
      if feedProtocol == .nyseIntegrated { xdp.apply(message) } else { image.apply(message) }
    }
  }

  private var through: UInt64 { history.next - 1 }

  mutating func advance(to now: UInt64) -> [Reply] {
    guard nextOfferAt <= now else { return [] }
    learn(by: now)
    let answers = spin.advance(history: history, to: now)
    if !answers.isEmpty {
      offered[through] = image.messages
      if offered.count > 10, let oldest = offered.keys.min() { offered[oldest] = nil }
    }
    nextOfferAt = now + 1_000_000_000
    return replies(answers, .snapshots)
  }

  /// Takes what a recovery wants done, at the time it wants it.
  mutating func take(_ output: RecoveryOutput) -> [Reply] {
    let now = output.captureNanoseconds
    switch output.action {
    case .open: open(output.service, connection: output.connection, at: now)
    case .close: close(output.service)
    case .datagram, .bytes: return receive(output.bytes.array, output.service, at: now)
    }
    return []
  }

  /// A client connects; what comes on an older connection of the service is not its any more.
  mutating func open(_ service: RecoveryService, connection: UInt32, at now: UInt64) {
    learn(by: now)
    connections[service] = connection
    connected(service)
    if feedProtocol == .pitch, service == .snapshots { nextOfferAt = now }
  }

  mutating func close(_ service: RecoveryService) {
    if service == .snapshots { nextOfferAt = .max }
  }

  /// A datagram, or any piece of what a connection brings.
  mutating func receive(_ bytes: [UInt8], _ service: RecoveryService, at now: UInt64) -> [Reply] {
    learn(by: now)
    return replies(service == .messages ? askMessages(bytes, at: now) : askSnapshots(bytes, at: now), service)
  }

  private func replies(_ answers: [SimulatedAnswer], _ service: RecoveryService) -> [Reply] {
    answers.map { Reply(answer: $0, service: service, connection: connections[service] ?? 0) }
  }

  private mutating func connected(_ service: RecoveryService) {
    switch (feedProtocol, service) {
    case (.itch50, _): glimpse.connected()
    case (.pitch, .messages): gapProxy.connected()
    case (.pitch, .snapshots): spin.connected()
    case (.nyseIntegrated, .messages): nyse.connected()
    case (.nyseIntegrated, .snapshots): nyseRefresh.connected()
    case (.memxDepth, .messages): memxReplay.connected()
    case (.memxDepth, .snapshots): memxSnapshot.connected()
    default: iexSnap.connected()
    }
  }

  private mutating func askMessages(_ bytes: [UInt8], at now: UInt64) -> [SimulatedAnswer] {
    switch feedProtocol {
    case .itch50: mold.receive(bytes, history: history, at: now)
    case .pitch: gapProxy.receive(bytes, history: history, image: { _ in [] }, at: now)
    case .nyseIntegrated: nyse.receive(bytes, history: history, refresh: { _ in [] }, at: now)
    case .memxDepth: memxReplay.receive(bytes, history: history, snapshot: { (0, []) }, at: now)
    default: iexFill.gapFill(bytes, history: history, at: now)
    }
  }

  private mutating func askSnapshots(_ bytes: [UInt8], at now: UInt64) -> [SimulatedAnswer] {
    let through = through
    let messages = image.messages
    let offered = offered
    let xdp = xdp
    switch feedProtocol {
    case .nyseIntegrated:
      return nyseRefresh.receive(
        bytes, history: history, refresh: { xdp.refreshes(of: $0, through: through) },
        sentAt: through > 0 ? published[Int(through) - 1].at : 0, at: now)
    case .itch50: return glimpse.receive(bytes, through: through, snapshot: messages, at: now)
    case .pitch:
      return spin.receive(
        bytes, history: history, image: { $0 == through ? messages : offered[$0] ?? [] }, at: now)
    case .memxDepth: return memxSnapshot.receive(bytes, history: history, snapshot: { (through, messages) }, at: now)
    default: return iexSnap.snapshot(bytes, through: through, messages: messages, at: now)
    }
  }
}
