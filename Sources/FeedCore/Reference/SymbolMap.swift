/// One venue's way from its own symbols to the canonical ones: configured exceptions first, then its symbology.
///
/// Asked on first mention only. Cost: a search by halves in the exceptions.
struct SymbolMap {
  private struct Exception: BitwiseCopyable {
    var symbol: Symbol
    var canonical: Symbol
  }

  private let symbology: Symbology
  private let exceptions: Storage<Exception>
  private let count: Int

  /// - Parameters:
  ///   - symbology: `auto` takes texts as they are; resolve it with `Symbology.standard(of:)` before.
  ///   - exceptions: each symbol once.
  init(_ symbology: Symbology = .verbatim, exceptions: [(symbol: Symbol, canonical: Symbol)] = []) {
    self.symbology = symbology
    count = exceptions.count
    self.exceptions = Storage(capacity: max(1, exceptions.count), hugePages: false)
    for (index, exception) in exceptions.sorted(by: { $0.symbol < $1.symbol }).enumerated() {
      self.exceptions[index] = Exception(symbol: exception.symbol, canonical: exception.canonical)
    }
  }

  /// The map of `venue`: its configured symbology, or that of the protocol of its feeds, and its overrides.
  init(venue: VenueSettings, protocol feedProtocol: FeedProtocol, overrides: [SymbolOverride]) {
    let symbology = venue.symbology == .auto ? Symbology.standard(of: feedProtocol) : venue.symbology
    var exceptions: [(symbol: Symbol, canonical: Symbol)] = []
    for override in overrides where override.venue == venue.name {
      if let symbol = Symbol(override.symbol), let canonical = Symbol(override.canonical) {
        exceptions.append((symbol, canonical))
      }
    }
    self.init(symbology, exceptions: exceptions)
  }

  func canonical(_ symbol: Symbol) -> Symbol {
    var low = 0
    var high = count
    while low < high {
      let middle = (low &+ high) >> 1
      if exceptions[middle].symbol < symbol { low = middle &+ 1 } else { high = middle }
    }
    if low < count, exceptions[low].symbol == symbol { return exceptions[low].canonical }
    return symbology.canonical(symbol)
  }
}
