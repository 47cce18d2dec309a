/// OUCH 5.0, order entry of Nasdaq, BX and PSX equities. Layouts, one type per message, and what they share.
///
/// Messages travel in SoupBinTCP packets and carry no length of their own. Prices are 1/10,000 dollars in eight
/// bytes: an ITCH Price(4) in the same unit.
public enum OUCH50 {
  /// Longest message we send or the simulated venue answers with, appendage included.
  static let maximumMessageLength = 128

  /// Fixed part of a client message and whether an appendage follows it; nil for an unknown type.
  ///
  /// Only types that the venue's own text describes: not the newer C, D and E.
  static func clientLayout(_ type: UInt8) -> (length: Int, hasAppendage: Bool)? {
    switch type {
    case EnterOrder.type: (EnterOrder.length, true)
    case ReplaceOrderRequest.type: (ReplaceOrderRequest.length, true)
    case CancelOrderRequest.type: (CancelOrderRequest.length, false)
    case ModifyOrderRequest.type: (ModifyOrderRequest.length, false)
    case AccountQueryRequest.type: (AccountQueryRequest.length, false)
    default: nil
    }
  }

  /// Fixed part of a server message and whether an appendage follows it; nil for an unknown type.
  static func serverLayout(_ type: UInt8) -> (length: Int, hasAppendage: Bool)? {
    switch type {
    case SystemEvent.type: (SystemEvent.length, false)
    case OrderAccepted.type: (OrderAccepted.length, true)
    case OrderReplaced.type: (OrderReplaced.length, true)
    case OrderCanceled.type: (OrderCanceled.length, false)
    case AIQCanceled.type: (AIQCanceled.shortLength, false)
    case OrderExecuted.type: (OrderExecuted.length, true)
    case BrokenTrade.type: (BrokenTrade.length, false)
    case Rejected.type: (Rejected.length, false)
    case CancelPending.type: (CancelPending.length, false)
    case CancelReject.type: (CancelReject.length, false)
    case OrderPriorityUpdate.type: (OrderPriorityUpdate.length, false)
    case OrderModified.type: (OrderModified.length, false)
    case OrderRestated.type: (OrderRestated.length, true)
    case AccountQueryResponse.type: (AccountQueryResponse.length, false)
    default: nil
    }
  }

  /// What the length of a message says of it.
  public enum Form: Sendable, BitwiseCopyable {
    /// Its layout may be read: the fixed part and the whole appendage are there. Bytes beyond them are allowed,
    /// because newer revisions append to old messages.
    case wellFormed
    /// Empty, shorter than its fixed part, or shorter than its appendage says.
    case malformed
    case unknownType
  }

  /// Proves the length of a message from a client, once, before its layout is read.
  public static func formOfClientMessage(_ bytes: UnsafeRawPointer, length: Int) -> Form {
    length < 1 ? .malformed : form(bytes, length, clientLayout(bytes.byte(at: 0)))
  }

  /// Proves the length of a message from a venue, once, before its layout is read.
  public static func formOfServerMessage(_ bytes: UnsafeRawPointer, length: Int) -> Form {
    length < 1 ? .malformed : form(bytes, length, serverLayout(bytes.byte(at: 0)))
  }

  private static func form(
    _ bytes: UnsafeRawPointer, _ length: Int, _ layout: (length: Int, hasAppendage: Bool)?
  ) -> Form {
    guard let layout else { return .unknownType }
    if length < layout.length { return .malformed }
    // SAFETY: the fixed part of a message with an appendage ends with its two-byte length.
    let appendage = layout.hasAppendage ? Int(bytes.bigEndian(UInt16.self, at: layout.length - 2)) : 0
    return length - layout.length >= appendage ? .wellFormed : .malformed
  }
}
