import Testing

@testable import FeedCore

/// Rows of Nasdaq's "Ticker Symbol Convention" page: CMS suffix (behind a space), CQS suffix, Nasdaq suffix.
struct SymbologyTests {
  private static let convention: [(cms: String, cqs: String, nasdaq: String)] = [
    ("PR", "p", "-"), ("PRA", "pA", "-A"), ("PRB", "pB", "-B"), ("A", "/A", ".A"), ("B", "/B", ".B"),
    ("PRWD", "p/WD", "-$"), ("WD", "/WD", "$"), ("WS", "/WS", "+"), ("WSA", "/WS/A", "+A"), ("WSB", "/WS/B", "+B"),
    ("CL", "/CL", "*"), ("ACL", "/A/CL", ".A*"), ("PRCL", "p/CL", "-*"), ("PRACL", "pA/CL", "-A*"),
    ("PRAWI", "pAw", "-A#"), ("EC", "/EC", "!"), ("PP", "/PP", "@"), ("CV", "/CV", "%"), ("CVCL", "/CV/CL", "%*"),
    ("ACV", "/A/CV", ".A%"), ("PRACV", "pA/CV", "-A%"), ("PRAWD", "pA/WD", "-A$"), ("RT", "r", "^"),
    ("U", "/U", "="), ("WI", "w", "#"), ("RTWI", "rw", "^#"), ("PRWI", "pw", "-#"), ("AWI", "/Aw", ".A#"),
    ("WSWI", "/WSw", "+#"), ("TEST", "/TEST", "~"),
  ]

  private func canonical(_ symbology: Symbology, _ text: String) -> String {
    symbology.canonical(Symbol(text)!).description
  }

  @Test func eachRowOfTheConventionComesToNasdaqsForm() {
    for root in ["A", "BRK", "ABCDE"] {
      for row in Self.convention {
        #expect(canonical(.cms, "\(root) \(row.cms)") == root + row.nasdaq)
        #expect(canonical(.cqs, root + row.cqs) == root + row.nasdaq)
        #expect(canonical(.cqs, root + row.cqs.replacing("/", with: ".")) == root + row.nasdaq)
        #expect(canonical(.nasdaq, root + row.nasdaq) == root + row.nasdaq)
      }
    }
  }

  @Test func symbolsWithoutSuffixStay() {
    for symbology in Symbology.allCases {
      for text in ["A", "AAPL", "ZVZZT", "GOOGL", "PRU", "WSM", "RTX", "U", "CL"] {
        #expect(canonical(symbology, text) == text)
      }
    }
  }

  /// MEMX pads its root to six bytes: more than one space may stand between.
  @Test func spacesBetweenRootAndSuffixDoNotCount() { #expect(canonical(.cms, "BRK    B") == "BRK.B") }

  @Test(arguments: ["ABC XYZ", "ABC 1", "ABC PRAB", "ABC WIX", "ABC a", "ABC UA", "ABC RTA"])
  func anUnknownCMSSuffixLeavesTheText(text: String) { #expect(canonical(.cms, text) == text) }

  @Test(arguments: ["ABC/XYZ", "ABC.", "ABC/1", "ABCx", "ABC/WSS", "/A", "pA", "ABC.A.", "ABCpa"])
  func anUnknownCQSSuffixLeavesTheText(text: String) { #expect(canonical(.cqs, text) == text) }

  @Test func futuresAndCryptoAreNotTouched() {
    for text in ["ESM6-ESU6", "BTC-PERPETUAL", "ETH_USDC-27JUN25-3000-C", "BRK B", "XYZ.WS"] {
      #expect(canonical(.verbatim, text) == text)
    }
  }

  /// Whatever a feed sends as a symbol: a text comes out, and the root in front is kept.
  @Test func anyBytesComeToSomething() {
    let seed = BookTestRandom.seed()
    var random = BookTestRandom(seed: seed)
    let letters = Array("ABPRWSUTIDCLVE. /prwa".utf8)
    for _ in 0..<20_000 {
      let bytes = (0..<32).map { _ in random.chance(50) ? UInt8(random.below(256)) : random.pick(letters) }
      let symbol = bytes.withUnsafeBytes { Symbol(bytes: $0.baseAddress!, count: random.below(33)) }
      for symbology in [Symbology.cms, .cqs] {
        let result = symbology.canonical(symbol)
        if symbol != .unknown, result.byte(at: 0) != symbol.byte(at: 0) { Issue.record("seed \(seed): \(symbol)") }
      }
    }
  }

  @Test func overridesComeBeforeRules() {
    let map = SymbolMap(
      .cms, exceptions: [("ZZZ", "QQQ"), ("ABC PRA", "ABCP"), ("AAA", "BBB")].map { (Symbol($0.0)!, Symbol($0.1)!) })
    for (text, canonical) in [
      ("ABC PRA", "ABCP"), ("ABC PRB", "ABC-B"), ("AAA", "BBB"), ("ZZZ", "QQQ"), ("MMM", "MMM"), ("ZZZZ", "ZZZZ"),
      ("A", "A"),
    ] {
      #expect(map.canonical(Symbol(text)!).description == canonical)
    }
  }

  @Test func aVenueHasItsProtocolsSymbologyUnlessConfigured() {
    func form(_ symbology: Symbology, _ name: FeedProtocol, _ text: String) -> String {
      var venue = VenueSettings(name: "v")
      venue.symbology = symbology
      let other = SymbolOverride(venue: "w", symbol: "BRK B", canonical: "NO")
      return SymbolMap(venue: venue, protocol: name, overrides: [other]).canonical(Symbol(text)!).description
    }
    #expect(form(.auto, .nyseIntegrated, "BRK B") == "BRK.B" && form(.auto, .memxDepth, "AA PRA") == "AA-A")
    #expect(form(.auto, .itch50, "BRK B") == "BRK B" && form(.cms, .itch50, "BRK B") == "BRK.B")
    #expect(form(.cqs, .nyseIntegrated, "BRK/B") == "BRK.B" && form(.auto, .cmeMDP3, "BRK/B") == "BRK/B")
  }
}
