import FeedCore

/// A venue to simulate: what it is called and which protocol it speaks.
public struct VenueChoice: Sendable, Equatable {
  /// The order-based feeds of US equities, the protocols that a simulated venue can speak.
  public static let protocols: [FeedProtocol] = [.itch50, .pitch, .nyseIntegrated, .memxDepth, .deepPlus]
  public static var protocolNames: String { protocols.map(\.name).joined(separator: ", ") }

  /// 1 ... 16 characters of A-Z a-z 0-9 _ . -
  public var name: String
  public var feedProtocol: FeedProtocol

  public init(name: String, feedProtocol: FeedProtocol) {
    self.name = name
    self.feedProtocol = feedProtocol
  }

  /// Reads `NAME:PROTOCOL`, or `NAME` for ITCH.
  public init(parsing text: String) throws(GeneratorError) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    name = String(parts[0])
    feedProtocol = .itch50
    if parts.count == 2 {
      guard let match = Self.protocols.first(where: { $0.name == parts[1] }) else {
        throw GeneratorError("--venue '\(text)': there is no protocol '\(parts[1])'; use \(Self.protocolNames)")
      }
      feedProtocol = match
    }
    try validate()
  }

  /// - Throws: a name that the configuration would not take, or a protocol without order-based books of US equities.
  func validate() throws(GeneratorError) {
    let isLegal = (1...16).contains(name.utf8.count) && name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"): true
      default: false
      }
    }
    if !isLegal {
      throw GeneratorError("--venue '\(name)' is no name; use 1 to 16 characters of A-Z a-z 0-9 _ . -")
    }
    if !Self.protocols.contains(feedProtocol) {
      throw GeneratorError("--venue \(name):\(feedProtocol.name) cannot be simulated; use \(Self.protocolNames)")
    }
  }
}
