/// What books and directory need to know of a venue's kind.
struct VenueKind: BitwiseCopyable {
  /// Orders may rest at prices of 0 and below: spreads, combos, options, power.
  var allowsAnyPrice = false
  /// The numbers of instruments are the venue's own and mean the same in the next session. Otherwise a session assigns
  /// them anew.
  var keepsIdentifiers = false
  var orders = Orders.counted

  /// What its books hold of orders.
  enum Orders: UInt8, BitwiseCopyable {
    /// None: price levels alone.
    case none
    /// By references that count, in the low bits at least.
    case counted
    /// By references that are as good as random: made of several fields.
    case mixed
  }

  /// US equities.
  init() {}

  init(_ feedProtocol: FeedProtocol) {
    switch feedProtocol {
    case .cmeMDP3, .coinbaseDerivatives, .eobi, .deribit:
      allowsAnyPrice = true
      keepsIdentifiers = true
    case .itch50, .tops15, .tops16, .deep10, .deepPlus, .pitch, .nyseIntegrated, .memxDepth, .miaxPearlDepth: break
    }
    switch feedProtocol {
    case .tops15, .tops16, .deep10, .deribit: orders = .none
    case .eobi: orders = .mixed
    case .itch50, .deepPlus, .pitch, .nyseIntegrated, .memxDepth, .miaxPearlDepth, .cmeMDP3, .coinbaseDerivatives: break
    }
  }
}
