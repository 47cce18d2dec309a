/// What follows the root of a symbol, in the two conventions of the simulated venues.
struct SymbolSuffix: Equatable, Sendable {
  /// Nasdaq, Cboe, IEX: directly behind the root.
  let nasdaq: String
  /// CMS (NYSE, MEMX): behind a space.
  let cms: String

  static let all = [
    SymbolSuffix(nasdaq: ".A", cms: "A"), SymbolSuffix(nasdaq: ".B", cms: "B"),
    SymbolSuffix(nasdaq: "-", cms: "PR"), SymbolSuffix(nasdaq: "-C", cms: "PRC"),
    SymbolSuffix(nasdaq: "+", cms: "WS"), SymbolSuffix(nasdaq: "+A", cms: "WSA"),
    SymbolSuffix(nasdaq: "=", cms: "U"), SymbolSuffix(nasdaq: "^", cms: "RT"), SymbolSuffix(nasdaq: "#", cms: "WI"),
  ]
}
