/// Kinds of SoupBinTCP packets. SoupBinTCP 3.00, "Packet Types".
public enum SoupBinTCPPacketType: UInt8, Sendable, CaseIterable {
  case debug = 0x2B  // +
  case loginAccepted = 0x41  // A
  case serverHeartbeat = 0x48  // H
  case loginRejected = 0x4A  // J
  case loginRequest = 0x4C  // L
  case logoutRequest = 0x4F  // O
  case clientHeartbeat = 0x52  // R
  case sequencedData = 0x53  // S
  case unsequencedData = 0x55  // U
  case endOfSession = 0x5A  // Z

  /// Who sends it; nil where both may. Unsequenced data is the client's in version 3, and both sides' from 4 on.
  public var sender: StreamSide? {
    switch self {
    case .debug, .unsequencedData: nil
    case .loginAccepted, .loginRejected, .sequencedData, .serverHeartbeat, .endOfSession: .server
    case .loginRequest, .logoutRequest, .clientHeartbeat: .client
    }
  }

  /// Whether the packet carries a message of the application.
  @inlinable public var isData: Bool { self == .sequencedData || self == .unsequencedData }

  /// Whether a payload of this many bytes is right. A login request may go on: version 4 adds the heartbeat timeout.
  public func allowsPayload(length: Int) -> Bool {
    switch self {
    case .debug, .sequencedData, .unsequencedData: true
    case .loginAccepted: length == 30
    case .loginRejected: length == 1
    case .loginRequest: length >= 46
    case .serverHeartbeat, .clientHeartbeat, .endOfSession, .logoutRequest: length == 0
    }
  }
}
