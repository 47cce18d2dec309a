import Testing

@testable import FeedCore

/// A price that a book cannot keep damages it in its turn: messages are decoded ahead of what is applied, and how far
/// is nobody's business.
struct DamageAheadTests {
  private static let stock = "ZIEXT"

  /// Two venues, an opportunity between them from packet 10 on, and a price off the scale in packet 40: what the books
  /// and the detector came to.
  private func run(_ packetsPerFlush: Int, _ feedProtocol: FeedProtocol) -> [String] {
    let harness = CoreHarness(
      venues: ["x", "y"].map { VenueSettings(name: $0) }, crossVenue: CrossVenueSettings(),
      feedProtocol: feedProtocol)
    harness.packetsPerFlush = packetsPerFlush
    for venue in 0..<2 { harness.trust(.ok, channel: venue) }
    func send(_ order: UInt64, _ side: Character, _ price: Int64, venue: Int) {
      switch feedProtocol {
      case .memxDepth: harness.send(MEMX.add(1, order, side, 100, price), channel: venue)
      default: harness.send(IEX.add(order, side == "B" ? "8" : "5", 100, Self.stock, price), channel: venue)
      }
    }
    // DEEP+ prices have four decimals, MEMX's six, kept in units of 100.
    let unit: Int64 = feedProtocol == .memxDepth ? 100 : 1
    for venue in 0..<2 {
      if feedProtocol == .memxDepth {
        harness.send([MEMX.directory(1, Self.stock), MEMX.status(1, "T")], channel: venue)
        harness.send(MEMX.session("2"), channel: venue)
      } else {
        harness.send(IEX.trading(Self.stock), channel: venue)
        harness.send(IEX.system("R"), channel: venue)
      }
    }
    for number in 0..<80 as Range<UInt64> {
      switch number {
      case 10: send(1_000, "S", 100_000 * unit, venue: 0)
      case 12: send(2_000, "B", 100_500 * unit, venue: 1)
      case 40: send(3_000, "B", feedProtocol == .memxDepth ? 10_000_050 : Int64(Int32.max) + 1, venue: 1)
      default: send(number + 1, "B", (90_000 + Int64(number)) * unit, venue: Int(number % 2))
      }
    }
    harness.finish()
    #expect(harness.counted(.pricesOffScale) == 1 && harness.state(Self.stock, venue: 1) == .untrusted)
    #expect(harness.opportunities.count == 1 && harness.opportunities.first?.end == .bookNotOk)
    return harness.opportunities.map { "\($0)" }
      + (0..<2).map { "\(String(describing: harness.digest(Self.stock, venue: $0)))" } + (0..<16).map { "\(harness.shardDigests($0))" }
  }

  @Test(arguments: [FeedProtocol.deepPlus, .memxDepth])
  func aPriceOffTheScaleEndsAnOpportunityInItsOwnPacket(feedProtocol: FeedProtocol) {
    let alone = run(1, feedProtocol)
    for packets in [7, 64] { #expect(run(packets, feedProtocol) == alone, "\(packets) packets at once") }
  }

  /// A snapshot brings another book; a scale that was refused stays refused.
  @Test func aSnapshotHealsDamageButNotARefusedScale() {
    let harness = CoreHarness(feedProtocol: .nyseIntegrated)
    func heal() {
      harness.snapshot([NYSE.add(1, 9, "B", 100, 1_000)])
      harness.trust(.ok)
    }
    harness.trust(.ok)
    harness.send([
      NYSE.time(34_200), NYSE.mapping(1, "ABC", scale: 4), NYSE.status(1, "O", seconds: 34_200),
      NYSE.add(1, 1, "B", 100, 1_000),
    ])
    harness.flush()
    #expect(harness.state("ABC") == .ok)
    // An order that nobody added shows damage.
    harness.send(NYSE.delete(1, 77))
    harness.flush()
    #expect(harness.state("ABC") == .untrusted)
    heal()
    harness.flush()
    #expect(harness.state("ABC") == .ok)
    harness.send(NYSE.mapping(1, "ABC", scale: 3))
    harness.flush()
    #expect(harness.state("ABC") == .untrusted && harness.counted(.priceScaleChanges) == 1)
    heal()
    harness.flush()
    #expect(harness.state("ABC") == .untrusted)
    harness.restart()
    harness.send([NYSE.time(34_200), NYSE.mapping(1, "ABC", scale: 3), NYSE.status(1, "O", seconds: 34_200)])
    harness.flush()
    #expect(harness.state("ABC") == .ok)
  }
}
