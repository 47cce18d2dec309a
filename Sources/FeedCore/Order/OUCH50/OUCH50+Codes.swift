extension OUCH50 {
  enum TimeInForce {
    static let immediateOrCancel = UInt8(ascii: "3")
  }

  /// Reasons of Rejected. OUCH 5.0, "Rejected Order Reasons"; those we use.
  public enum RejectReason: UInt16, Sendable, BitwiseCopyable {
    case destinationClosed = 0x0002
    case invalidDisplay = 0x0003
    case halted = 0x0007
    case isoNotAllowed = 0x0008
    case invalidSide = 0x0009
    case other = 0x000F
    case invalidQuantity = 0x0013
    case invalidCrossOrder = 0x0014
    case invalidSymbol = 0x0017
    case invalidPrice = 0x001D
    case shortSellRestricted = 0x0023
  }

  /// Reasons of Order Canceled; those we use.
  enum CancelReason {
    static let immediateOrCancel = UInt8(ascii: "I")
  }
}
