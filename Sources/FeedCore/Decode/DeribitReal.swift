/// Deribit's binary64 numbers as the decimals they were made from: exact multiples of 1e-8.
///
/// Every price and amount is the binary64 nearest to a decimal with at most eight places. Below 2^26 such decimals are
/// further apart than binary64 numbers, so at most one of them reads back to x; beyond, the shortest one is meant.
/// Deribit multicast, "Holding the real numbers exactly".
enum DeribitReal {
  /// x × 10^8; nil for what is no such decimal, for not-a-number, and beyond ±92 × 10^9.
  @inline(__always)
  static func scaled8(_ x: Double) -> Int64? {
    // Below this one rounding each way stays under one half: what reads back is the number, and is found at once.
    // Written so that not-a-number takes the other way.
    guard x.magnitude < 22_517_998 else { return scaledLarge(x) }
    // Below 2^51, to which this number adds: what has no place behind 2^0 is rounded off, to even, and what is left
    // stands in the low bits as an integer. `rounded` would be a call, and Int64(_:) checks a range that is known.
    let shifted = x * 1e8 + integersOnly
    guard (shifted - integersOnly) / 1e8 == x else { return nil }
    return Int64(bitPattern: shifted.bitPattern &- integersOnly.bitPattern)
  }

  /// 1.5 × 2^52.
  @inline(__always)
  private static var integersOnly: Double { 6_755_399_441_055_744 }

  /// The shortest decimal that reads back, looked for from no places to eight.
  @inline(never)
  private static func scaledLarge(_ x: Double) -> Int64? {
    guard x.magnitude < 92_000_000_000 else { return nil }
    var power = 1.0
    var rest: Int64 = 100_000_000
    for _ in 0...8 {
      let product = (x * power).rounded(.toNearestOrEven)
      // Beyond 2^53 a product is no longer every integer; a neighbour may be the one that reads back.
      if product.magnitude < 9_007_199_254_740_992 {
        var candidate = product - 1
        for _ in 0..<3 {
          // Within 92 × 10^9 × 10^8, which 64 bits hold.
          if candidate / power == x { return Int64(candidate) &* rest }
          candidate += 1
        }
      }
      power *= 10
      rest /= 10
    }
    return nil
  }
}
