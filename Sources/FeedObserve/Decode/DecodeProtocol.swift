import FeedCore
import FeedIO

/// What `feedh decode` can decode: a transport and the protocols it carries.
public enum DecodeProtocol: Hashable, Sendable, CaseIterable, RawRepresentable {
  /// A venue's feed over UDP. ITCH 5.0 also in a length-prefixed file, or over SoupBinTCP.
  case feed(FeedProtocol)
  /// SoupBinTCP over TCP, or a file of its packets; both directions.
  case ouch50
  case ouch42
  /// Cboe BOE version 2 over TCP.
  case boe2
  /// The packets of SoupBinTCP themselves, logins and heartbeats too, whatever they carry.
  case soupBinTCP

  public static let itch50 = DecodeProtocol.feed(.itch50)

  public static let allCases = FeedProtocol.allCases.map(DecodeProtocol.feed) + orderEntry + [.soupBinTCP]

  static let orderEntry: [DecodeProtocol] = [.ouch50, .ouch42, .boe2]

  /// What is recognised where no protocol was asked for: messages of applications.
  public static let recognised = allCases.filter { $0 != .soupBinTCP }

  /// What of `recognised` captures can hold: order entry, and the feeds that a replay would find in them. For the
  /// columns of `csv`, which would number more than a thousand for all feeds.
  public static func present(in sets: [CaptureSet]) -> [DecodeProtocol] {
    var feeds: Set<FeedProtocol> = []
    for set in sets {
      let plan = try? FlowDiscovery.plan(
        settings: Settings(), fileNames: set.files.map(\.baseName), makeSource: { set.makeSource() })
      // More streams than a replay can run: any feed may be among them.
      guard let plan else { return recognised }
      feeds.formUnion(plan.channels.map(\.protocol))
      if set.files.contains(where: { $0.kind == .soupBinTCP }) { feeds.insert(.itch50) }
    }
    return FeedProtocol.allCases.filter(feeds.contains).map(DecodeProtocol.feed) + orderEntry
  }

  /// The name on the command line; of a feed that of `FeedProtocol`.
  public var rawValue: String {
    switch self {
    case .feed(let feed): feed.name
    case .ouch50: "ouch50"
    case .ouch42: "ouch42"
    case .boe2: "cboe-boe"
    case .soupBinTCP: "soupbintcp"
    }
  }

  public init?(rawValue: String) {
    guard let match = Self.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
    self = match
  }

  /// The protocols it may print. Of EOBI one for each release, in the order of `EOBILayouts.Release`: which one a
  /// packet is of, its header tells.
  public var descriptions: [ProtocolDescription] {
    switch self {
    case .feed(let feed): Self.descriptions(of: feed)
    case .ouch50: [OUCH50Layouts.inbound, OUCH50Layouts.outbound]
    case .ouch42: [OUCH42Layouts.inbound, OUCH42Layouts.outbound]
    case .boe2: [BOE2Layouts.description]
    case .soupBinTCP: [SoupBinTCPLayouts.description]
    }
  }

  private static func descriptions(of feed: FeedProtocol) -> [ProtocolDescription] {
    switch feed {
    case .itch50: [ITCH50Layouts.description]
    case .tops15: [IEXLayouts.tops15]
    case .tops16: [IEXLayouts.tops16]
    case .deep10: [IEXLayouts.deep]
    case .deepPlus: [IEXLayouts.deepPlus]
    case .pitch: [CboePITCHLayouts.description]
    case .nyseIntegrated: [NYSEPillarLayouts.description]
    case .memxDepth: [MEMXLayouts.description]
    case .cmeMDP3: [CMELayouts.description]
    case .miaxPearlDepth: [MIAXPearlLayouts.description]
    case .coinbaseDerivatives: [CoinbaseDerivativesLayouts.description]
    case .eobi: [EOBILayouts.before25, EOBILayouts.release30, EOBILayouts.release60]
    case .deribit: [DeribitLayouts.description]
    }
  }

  /// The framings over TCP in which it comes.
  var streamProtocols: [StreamProtocol] {
    switch self {
    case .feed(.itch50), .ouch50, .ouch42, .soupBinTCP: [.soupBinTCP]
    case .feed: []
    case .boe2: [.boe2]
    }
  }

  /// What SoupBinTCP packets are recognised by.
  var applications: [SoupApplication] {
    switch self {
    case .feed(.itch50): [.itch50]
    case .ouch50: [.ouch50]
    case .ouch42: [.ouch42]
    case .feed, .boe2: []
    case .soupBinTCP: SoupApplication.allCases
    }
  }
}
