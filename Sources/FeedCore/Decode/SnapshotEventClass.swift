/// What an event means where books wait for snapshots (`JoinedChannel`).
enum SnapshotEventClass: UInt8, BitwiseCopyable {
  /// No matter of a book: ends of events, what no event is.
  case other
  /// A trade, or its break; statistics of trades.
  case trade
  case totals
  /// It changes a book.
  case change
  /// The instrument's book is empty.
  case cleared
  /// All books of the channel are.
  case channelCleared
  /// A trading state.
  case status
  case hours
  /// The instrument's book misses changes; is whole again.
  case missing
  case whole

  init(_ event: UnsafeMutablePointer<BookEvent>) {
    switch event.pointee.kind {
    case .add, .delete, .replace, .reduce, .execute, .executeWithPrice, .modify, .setQuantity, .setLevel,
      .insertLevelAt, .changeLevelAt, .deleteLevelAt, .deleteLevelsThrough, .deleteLevelsFrom, .setTop, .damage:
      self = .change
    case .clearBook: self = .cleared
    case .clearChannel: self = .channelCleared
    case .tradingStatus, .operationalHalt, .shortSale: self = .status
    case .system: self = .hours
    case .instrumentGap: self = event.pointee.quantity == 1 ? .missing : .whole
    case .trade, .tradeBreak: self = .trade
    case .tradeTotals, .lastTrade: self = .totals
    case .none, .group, .addForeign, .tradeForeign, .channelGap, .giveUp, .assignChannel,
      .endOfEvent, .endOfChannelEvent:
      self = .other
    }
  }
}
