import Testing

@testable import FeedCore

/// Numbers of 46 bits for references: one to one, and neighbours stay neighbours.
struct ReferencePrefixesTests {
  private static var numberLimit: UInt64 { 1 << 46 - 1 }

  /// High bits as they were seen: IEX, NYSE, Cboe.
  private static let prefixes: [UInt64] = [0x6300, 0x101, 0x1F_7219, 0x1B_CADE, 0x39_04B2, 1, 0xFF_FFFF]

  @Test func aPlainReferenceIsItsOwnNumber() {
    let prefixes = ReferencePrefixes(areCounted: true)
    for reference in [0, 1, 12_345, 1 << 40 - 1] as [UInt64] {
      #expect(prefixes.narrow(reference) == reference && prefixes.admit(reference) == reference)
      #expect(prefixes.widen(reference) == reference)
    }
  }

  @Test func numbersAreOneToOneAndNeighboursStay() {
    let prefixes = ReferencePrefixes(areCounted: true)
    var references: [UInt64: UInt64] = [:]
    for prefix in [0] + Self.prefixes {
      for low in [0, 1, 2, 63, 64, 0xAA5D_CBCC15, 1 << 40 - 1] as [UInt64] {
        let reference = prefix << 40 | low
        let number = prefixes.admit(reference)
        #expect(number < Self.numberLimit && references[number] == nil, "\(reference)")
        references[number] = reference
        #expect(number & (1 << 40 - 1) == low, "\(reference)")
      }
    }
    for (number, reference) in references {
      #expect(prefixes.narrow(reference) == number && prefixes.widen(number) == reference)
    }
  }

  @Test func whatDidNotComeHasNone() {
    let prefixes = ReferencePrefixes(areCounted: true)
    #expect(prefixes.narrow(0x6300 << 40) == ReferencePrefixes.none)
    _ = prefixes.admit(0x6300 << 40)
    #expect(prefixes.narrow(0x6300 << 40 | 9) != ReferencePrefixes.none)
    #expect(prefixes.narrow(0x6301 << 40 | 9) == ReferencePrefixes.none)
  }

  @Test func theSixtyThirdPrefixHasNone() {
    let prefixes = ReferencePrefixes(areCounted: true)
    var numbers: Set<UInt64> = []
    for prefix in UInt64(1)...62 { numbers.insert(prefixes.admit(prefix << 40)) }
    #expect(numbers.count == 62 && numbers.allSatisfy { $0 < Self.numberLimit })
    #expect(prefixes.admit(63 << 40) == ReferencePrefixes.none && prefixes.narrow(63 << 40) == ReferencePrefixes.none)
    // Those before it keep theirs.
    #expect(prefixes.admit(62 << 40 | 5) == prefixes.narrow(62 << 40) + 5)
  }

  @Test func referencesThatDoNotCountHaveNone() {
    let prefixes = ReferencePrefixes(areCounted: false)
    #expect(prefixes.admit(0x6300 << 40) == ReferencePrefixes.none && prefixes.admit(77) == 77)
  }
}
