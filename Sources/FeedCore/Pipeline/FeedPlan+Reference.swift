/// What reference data takes from the plan: a venue speaks the protocol of its first feed.
extension FeedPlan {
  private func protocolName(of venue: Int) -> String {
    channels.first { Int($0.venue) == venue }?.protocol ?? ""
  }

  /// How the venue's symbols become canonical ones.
  func symbolMap(of venue: Int, settings: Settings) -> SymbolMap {
    guard venue < venues.count else { return SymbolMap() }
    return SymbolMap(
      venue: venues[venue], protocol: protocolName(of: venue), overrides: settings.symbols.overrides)
  }

  /// What the venue's prices stand for until its directory says otherwise.
  func scale(of venue: Int) -> PriceScale { PriceScale.standard(ofProtocol: protocolName(of: venue)) }
}
