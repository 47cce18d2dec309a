/// What a simulated venue saw and did.
public struct SimulatedVenueCounters: BitwiseCopyable, Sendable, Equatable {
  public var accepted: UInt64 = 0
  public var rejected: UInt64 = 0
  public var executions: UInt64 = 0
  public var sharesExecuted: UInt64 = 0
  public var canceled: UInt64 = 0
  /// Enter Order or Replace with a UserRefNum not above the last one: silently ignored, as OUCH says.
  public var repeatedUserRefNum: UInt64 = 0
  /// Cancel, Replace or Modify of an order that is dead: silently ignored. All are, since nothing rests here.
  public var tooLate: UInt64 = 0
  /// Client messages that are too short or of unknown type: ignored.
  public var malformed: UInt64 = 0
  /// Orders that found a book which is neither `ok` nor `halted`: accepted, and canceled without a fill.
  public var bookNotOk: UInt64 = 0
  /// Resting orders passed over because the ledger of consumed quantity was full.
  public var ledgerFull: UInt64 = 0
  /// Orders canceled with liquidity left because no room was left for more execution messages.
  public var executionsCutShort: UInt64 = 0
  /// Replies that found no room; the order they belong to stays open. Our own bug if not 0.
  public var repliesLost: UInt64 = 0
  public init() {}
}
