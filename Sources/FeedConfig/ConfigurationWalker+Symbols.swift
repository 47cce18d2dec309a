import FeedCore

extension ConfigurationWalker {
  /// Overrides name venues that there are, each symbol once, and give no two symbols of a venue one canonical form.
  mutating func checkOverrides() {
    struct Key: Hashable {
      var venue: String
      var symbol: String
    }
    var symbols: [Key: Place] = [:]
    var canonicals: [Key: Place] = [:]
    for (index, override) in settings.symbols.overrides.enumerated() {
      let path = "symbols.overrides[\(index)]"
      checkVenue(override.venue, at: "\(path).venue")
      guard !override.venue.isEmpty else { continue }
      checkOnce(Key(venue: override.venue, symbol: override.symbol), at: "\(path).symbol", among: &symbols) {
        "\(path).symbol \"\(override.symbol)\" of \(override.venue) has an override already"
      }
      checkOnce(Key(venue: override.venue, symbol: override.canonical), at: "\(path).canonical", among: &canonicals) {
        "\(path).canonical \"\(override.canonical)\" stands for another symbol of \(override.venue) already"
      }
    }
  }

  private mutating func checkVenue(_ name: String, at path: String) {
    let names = settings.venues.map(\.name).filter { !$0.isEmpty }
    let refusedNames = settings.venues.indices.compactMap { refused["venues[\($0)].name"] }
    guard let place = places[path], !names.contains(name), !refusedNames.contains(name) else { return }
    let nearest = NearestName.find(name, among: names)
    report(
      place, "\(path) is \"\(name)\", which is no venue",
      allowed: names.isEmpty ? "a name under venues: (there is none)" : names.joined(separator: ", "),
      nearest.map { "did you mean \"\($0)\"?" } ?? "add it under venues:, or name one of them")
  }

  private mutating func checkOnce<Key: Hashable>(
    _ key: Key, at path: String, among seen: inout [Key: Place], _ what: () -> String
  ) {
    guard let place = places[path] else { return }
    if let other = seen[key] {
      report(place, what(), allowed: "each once at a venue", "remove it here or on line \(other.line)")
    } else {
      seen[key] = place
    }
  }
}
