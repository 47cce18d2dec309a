import FeedCore

/// Which messages `feedh decode` prints, and how.
public struct DecodeSelection: Sendable {
  public var format = RowFormat.table
  /// Nil: recognised by structure, packet by packet.
  public var `protocol`: DecodeProtocol?
  /// Message types as output shows them; empty: all.
  public var types: [String] = []
  /// Only messages about this symbol (`SymbolFilter`).
  public var symbol: Symbol?
  /// Stop after this many rows; nil: no limit.
  public var limit: UInt64?
  /// Rows name their file: true where several captures are read.
  public var namesFiles = false
  /// Rows name their flow (source and destination) and, over TCP, which end sent it.
  public var namesFlows = false

  public init() {}
}

/// What `feedh decode` can decode: a transport and the protocols it carries.
public enum DecodeProtocol: String, Sendable, CaseIterable {
  /// MoldUDP64 over UDP, a length-prefixed file, or SoupBinTCP.
  case itch50
  /// SoupBinTCP over TCP, or a file of its packets; both directions.
  case ouch50
  case ouch42
  /// Cboe BOE version 2 over TCP.
  case boe2 = "cboe-boe"
  /// The packets of SoupBinTCP themselves, logins and heartbeats too, whatever they carry.
  case soupBinTCP = "soupbintcp"

  /// What is recognised where no protocol was asked for: messages of applications.
  static let recognised = allCases.filter { $0 != .soupBinTCP }

  /// The protocols it may print.
  public var descriptions: [ProtocolDescription] {
    switch self {
    case .itch50: [ITCH50Layouts.description]
    case .ouch50: [OUCH50Layouts.inbound, OUCH50Layouts.outbound]
    case .ouch42: [OUCH42Layouts.inbound, OUCH42Layouts.outbound]
    case .boe2: [BOE2Layouts.description]
    case .soupBinTCP: [SoupBinTCPLayouts.description]
    }
  }

  /// The framings over TCP in which it comes.
  var streamProtocols: [StreamProtocol] {
    switch self {
    case .itch50, .ouch50, .ouch42, .soupBinTCP: [.soupBinTCP]
    case .boe2: [.boe2]
    }
  }

  /// What SoupBinTCP packets are recognised by.
  var applications: [SoupApplication] {
    switch self {
    case .itch50: [.itch50]
    case .ouch50: [.ouch50]
    case .ouch42: [.ouch42]
    case .boe2: []
    case .soupBinTCP: SoupApplication.allCases
    }
  }
}

/// A selection that can select nothing.
public enum DecodeSelectionError: Error, Equatable, CustomStringConvertible {
  case unknownType(String, allowed: [String])

  public var description: String {
    switch self {
    case .unknownType(let type, let allowed):
      "--type \(type): no such message type; the types are \(allowed.joined(separator: " "))"
    }
  }
}
