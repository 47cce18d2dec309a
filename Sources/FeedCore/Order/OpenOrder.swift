/// An order of ours that is not dead yet. Dead ones live on in the order log.
struct OpenOrder: BitwiseCopyable, Sendable, Equatable {
  enum State: UInt8, Sendable, BitwiseCopyable {
    /// Sent, not acknowledged.
    case pendingNew = 0
    case live = 1
    case partiallyFilled = 2
    case filled = 3
    case canceled = 4
    case rejected = 5

    /// Nothing more happens to it.
    var isDead: Bool { self == .filled || self == .canceled || self == .rejected }
  }
  var symbol: Symbol
  /// As the venue writes it.
  var venueSymbol: Symbol
  var opportunity: UInt64
  /// Limit, nanodollars: as accepted once it is accepted.
  var price: Nanodollars
  var group: GroupIndex
  var userRefNum: UInt32
  /// Shares still open.
  var openQuantity: UInt32
  var venue: VenueIndex
  var side: Side
  /// OUCH side character: B, S, T, E.
  var sideCharacter: UInt8
  var state = State.pendingNew
}
