/// What reference data takes from the plan: a venue speaks the protocol of its first feed.
extension FeedPlan {
  func feedProtocol(of venue: Int) -> FeedProtocol {
    channels.first { Int($0.venue) == venue }?.protocol ?? .itch50
  }

  /// How the venue's symbols become canonical ones.
  func symbolMap(of venue: Int, settings: Settings) -> SymbolMap {
    guard venue < venues.count else { return SymbolMap() }
    return SymbolMap(
      venue: venues[venue], protocol: feedProtocol(of: venue), overrides: settings.symbols.overrides)
  }

  /// What the venue's prices stand for until its directory says otherwise.
  func scale(of venue: Int) -> PriceScale { PriceScale.standard(of: feedProtocol(of: venue)) }
}
