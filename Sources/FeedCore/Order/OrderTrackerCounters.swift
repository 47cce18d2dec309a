/// What the order state saw. Those of the second group contradict it: see `OrderTracker`.
public struct OrderTrackerCounters: BitwiseCopyable, Sendable, Equatable {
  public var accepted: UInt64 = 0
  public var executed: UInt64 = 0
  public var canceled: UInt64 = 0
  public var rejected: UInt64 = 0
  public var replaced: UInt64 = 0
  public var modified: UInt64 = 0
  /// Messages that change no order: system events, query responses, pending and rejected cancels, priority updates,
  /// restatements.
  public var informational: UInt64 = 0
  /// Of a type this revision of OUCH does not have: skipped.
  public var unknownTypes: UInt64 = 0

  /// Too short for their layout.
  public var malformed: UInt64 = 0
  /// For a UserRefNum that is not open.
  public var unknownOrder: UInt64 = 0
  /// Accepted or Rejected for an order that was already accepted; an execution before the acceptance.
  public var outOfOrder: UInt64 = 0
  /// Accepted with more shares, a worse price, or another symbol or side than were sent.
  public var acceptedBeyondOrder: UInt64 = 0
  /// Executed, canceled or replaced with zero shares, or with more than are open.
  public var impossibleQuantity: UInt64 = 0
  /// Executed at no possible price, or beyond the order's limit.
  public var impossiblePrice: UInt64 = 0
  /// An execution was broken: the position booked for it does not stand.
  public var brokenTrades: UInt64 = 0
  public init() {}
}
