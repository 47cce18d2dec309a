/// The message formats feedh takes from a feed, with their names in configuration, reports and commands.
public enum FeedProtocol: UInt8, Sendable, BitwiseCopyable, CaseIterable {
  case itch50
  case tops15
  case tops16
  case deep10
  case deepPlus
  case pitch
  case nyseIntegrated
  case memxDepth
  case cmeMDP3
  case miaxPearlDepth
  case coinbaseDerivatives
  case eobi
  case deribit

  public var name: String {
    switch self {
    case .itch50: "itch50"
    case .tops15: "tops15"
    case .tops16: "tops16"
    case .deep10: "deep10"
    case .deepPlus: "deepPlus"
    case .pitch: "pitch"
    case .nyseIntegrated: "nyseIntegrated"
    case .memxDepth: "memxDepth"
    case .cmeMDP3: "cmeMDP3"
    case .miaxPearlDepth: "miaxPearlDepth"
    case .coinbaseDerivatives: "coinbaseDerivatives"
    case .eobi: "eobi"
    case .deribit: "deribit"
    }
  }

  /// Nil for a name that is none; set-up only.
  public init?(name: String) {
    guard let match = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = match
  }

  /// "itch50, tops15, …", for messages.
  public static var names: String { allCases.map(\.name).joined(separator: ", ") }

  public var transport: Transport {
    switch self {
    case .itch50: .moldUDP64
    case .tops15, .tops16, .deep10, .deepPlus: .iexTP
    case .pitch: .cboeSUH
    case .nyseIntegrated: .nyseXDP
    case .memxDepth: .memxUDP
    case .cmeMDP3: .cmeMDP3
    case .miaxPearlDepth: .mach
    case .coinbaseDerivatives: .coinbaseDerivatives
    case .eobi: .eobi
    case .deribit: .deribit
    }
  }
}
