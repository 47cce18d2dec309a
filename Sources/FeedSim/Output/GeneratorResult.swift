/// What a run of the generator made, besides the packets.
public struct GeneratorResult: Sendable {
  /// In order of beginning, symbol, venue names.
  public var opportunities: [TruthOpportunity]
  /// In order of their ends.
  public var planted: [PlantedDislocation]
  /// Final best prices, in order of venue and locate.
  public var books: [BookRow]
  public var venues: [VenueStatistics]
  public var messageCount: Int
  public var capturedPackets: Int
  /// Bytes of captured frames, without capture headers.
  public var capturedBytes: UInt64
  public var firstCaptureNanoseconds: UInt64
  public var lastCaptureNanoseconds: UInt64

  /// Marks the opportunities that a planted dislocation of the same stock and venues overlaps.
  static func mark(_ rows: [TruthOpportunity], planted: [PlantedDislocation]) -> [TruthOpportunity] {
    struct Key: Hashable {
      var symbol: String
      var buyVenue: String
      var sellVenue: String
    }
    let byKey = Dictionary(grouping: planted) {
      Key(symbol: $0.symbol, buyVenue: $0.buyVenue, sellVenue: $0.sellVenue)
    }
    return rows.map { row in
      var marked = row
      let key = Key(symbol: row.symbol, buyVenue: row.buyVenue, sellVenue: row.sellVenue)
      marked.isPlanted = (byKey[key] ?? []).contains {
        row.beginNanoseconds < $0.endNanoseconds && $0.beginNanoseconds < row.endNanoseconds
      }
      return marked
    }
  }

  public var truthText: String { Self.table(TruthOpportunity.header, opportunities.map(\.line)) }
  public var expectationText: String { Self.table(BookRow.header, books.map(\.line)) }

  private static func table(_ header: String, _ lines: [String]) -> String {
    ([header] + lines).joined(separator: "\n") + "\n"
  }
}
