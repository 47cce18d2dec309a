import FeedCore

/// A position and what it is worth at the end of a run. Money in nanodollars.
public struct MarkedPosition: Sendable {
  public enum Source: String, Sendable {
    /// Half way between the consolidated best bid and ask.
    case mid
    /// Price of the last trade of the symbol at any venue.
    case last
  }

  public var position: Position
  /// What a share is valued at; nil where nothing says.
  public var mark: Nanodollars?
  public var source: Source?

  /// Cash plus the shares at their mark, fees included; nil where shares are held that nothing values.
  public var profit: Int128? {
    if position.shares == 0 { return position.cash }
    return mark.map { position.cash + Int128(position.shares) * Int128($0) }
  }

  init(_ position: Position, best: ConsolidatedBest, instruments: [InstrumentSummary]) {
    self.position = position
    if let bid = best.bid, let ask = best.ask {
      mark = Nanodollars((Int128(bid) + Int128(ask)) / 2)
      source = .mid
    } else if let last = instruments.filter({ $0.record.lastQuantity > 0 })
      .max(by: { $0.record.lastTradeNanoseconds < $1.record.lastTradeNanoseconds })
    {
      mark = last.scale.nanounits(stored: last.record.lastPrice)
      source = .last
    }
  }

  /// Every position of a run, in order of symbol.
  public static func all(of run: any FinishedRun) -> [MarkedPosition] {
    if run.summary.positions.isEmpty { return [] }
    let bySymbol = Dictionary(grouping: run.summary.instruments) { $0.canonical }
    return run.summary.positions.map {
      MarkedPosition($0, best: run.consolidatedBest(of: $0.symbol), instruments: bySymbol[$0.symbol] ?? [])
    }
  }
}

/// The sum of a run's positions, nanodollars.
public struct ProfitSummary: Sendable {
  public var cash: Int128 = 0
  /// Value of the shares held, at their marks.
  public var marked: Int128 = 0
  /// Contained in `cash`.
  public var fees: Int128 = 0
  /// Symbols in which shares are held that nothing values: they count as worthless here.
  public var unmarkedCount = 0
  public var profit: Int128 { cash + marked }

  public init(_ positions: [MarkedPosition]) {
    for entry in positions {
      cash += entry.position.cash
      fees += entry.position.fees
      if entry.position.shares == 0 { continue }
      if let mark = entry.mark {
        marked += Int128(entry.position.shares) * Int128(mark)
      } else {
        unmarkedCount += 1
      }
    }
  }
}
