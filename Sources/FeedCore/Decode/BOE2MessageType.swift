/// Kinds of messages of Cboe Binary Order Entry, version 2. "Cboe Titanium US Equities Binary Order Entry" 2.4.55.
public enum BOE2MessageType: UInt8, Sendable, CaseIterable {
  case logoutRequest = 0x02
  case clientHeartbeat = 0x03
  case logout = 0x08
  case serverHeartbeat = 0x09
  case replayComplete = 0x13
  case loginResponse = 0x24
  case orderAcknowledgment = 0x25
  case orderRejected = 0x26
  case orderModified = 0x27
  case orderRestated = 0x28
  case userModifyRejected = 0x29
  case orderCancelled = 0x2A
  case cancelRejected = 0x2B
  case orderExecution = 0x2C
  case tradeCancelOrCorrect = 0x2D
  case massCancelAcknowledgment = 0x36
  case loginRequest = 0x37
  case newOrder = 0x38
  case cancelOrder = 0x39
  case modifyOrder = 0x3A
  case purgeOrders = 0x47
  case purgeRejected = 0x48

  public var sender: StreamSide {
    switch self {
    case .logoutRequest, .clientHeartbeat, .loginRequest, .newOrder, .cancelOrder, .modifyOrder, .purgeOrders: .client
    default: .server
    }
  }

  /// Bytes of the shortest message of the kind, its header included.
  public var lengthMinimum: Int {
    switch self {
    case .logoutRequest, .clientHeartbeat, .serverHeartbeat, .replayComplete: 10
    case .logout: 76
    case .loginResponse: 78
    case .orderAcknowledgment, .orderModified: 48
    case .orderRestated: 49
    case .orderRejected, .userModifyRejected, .cancelRejected: 101
    case .orderCancelled: 41
    case .orderExecution: 70
    case .loginRequest: 29
    case .newOrder: 36
    case .cancelOrder: 31
    case .modifyOrder: 51
    // Their layouts are not among the sources at hand.
    case .tradeCancelOrCorrect, .massCancelAcknowledgment, .purgeOrders, .purgeRejected: 10
    }
  }

  /// Whether it is a header and nothing else.
  public var isHeaderOnly: Bool {
    switch self {
    case .logoutRequest, .clientHeartbeat, .serverHeartbeat, .replayComplete: true
    default: false
    }
  }
}
