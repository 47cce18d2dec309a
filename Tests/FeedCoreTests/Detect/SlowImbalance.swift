@testable import FeedCore

/// Order-book imbalance judged the slow way.
struct SlowImbalance {
  let settings: ImbalanceSettings
  private var signals: [String: Int] = [:]
  private(set) var begun: UInt64 = 0

  init(settings: ImbalanceSettings) { self.settings = settings }

  mutating func publish(_ venues: [ReferenceVenue], channels: [BookState], at time: UInt64) {
    for venue in venues.indices {
      for (stock, book) in venues[venue].books {
        let isOk = channels[venue] == .ok && book.isTrading && !book.isHalted && !book.isUntrusted
        let signal = isOk ? self.signal(book) : 0
        let key = "\(venue) \(stock)"
        if signal != signals[key] ?? 0, signal != 0 { begun += 1 }
        signals[key] = signal
      }
    }
  }

  /// 1 where bids are the heavier side, 2 where asks are, else 0. Parts per million in whole numbers.
  private func signal(_ book: ReferenceBook) -> Int {
    func shares(_ isSell: Bool) -> Int {
      book.levels(isSell: isSell).prefix(settings.depth).reduce(0) { $0 + Int($1.quantity) }
    }
    let bids = shares(false)
    let asks = shares(true)
    if bids + asks < max(1, Int(settings.minimumQuantity)) { return 0 }
    let bound = (bids + asks) * Int(settings.thresholdPartsPerMillion)
    if bids * 1_000_000 >= bound { return 1 }
    return asks * 1_000_000 >= bound ? 2 : 0
  }
}
