import FeedCore

/// What of a capture's packets is sent.
public enum TransmitContent: Sendable, Equatable {
  /// Whole Ethernet frames.
  case frames
  /// Payloads of UDP packets, sent where the routes say.
  case payloads(DatagramRoutes)
}

/// Where payloads go that were captured on their way to some address. Nothing is sent anywhere else.
public struct DatagramRoutes: Sendable, Equatable {
  public struct Address: Hashable, Sendable {
    public var address: IPAddress
    public var port: UInt16

    public init(_ address: IPAddress, _ port: UInt16) {
      self.address = address
      self.port = port
    }
  }

  /// Captured destination → where to send instead.
  public var moved: [Address: Address] = [:]
  /// What is not `moved` goes here; nil: see `keepsOthers`.
  public var everythingElse: Address?
  /// What is not `moved`, and has no `everythingElse`, goes to its own address. False: it is not sent.
  public var keepsOthers = false

  public init() {}

  /// Nil: it is not sent.
  func destination(of captured: Address) -> Address? {
    if !moved.isEmpty, let moved = moved[captured] { return moved }
    return everythingElse ?? (keepsOthers ? captured : nil)
  }
}
