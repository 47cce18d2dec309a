/// Digest and hash arithmetic. Not cryptographic: it tells runs apart, it does not resist an adversary.
public enum Mix {
  @usableFromInline static let k0: UInt64 = 0x9E37_79B9_7F4A_7C15
  @usableFromInline static let k1: UInt64 = 0xD6E8_FEB8_6659_FD93

  /// Folds two words into `state`: the high and low halves of one 128-bit product, xored. Order matters.
  @inlinable @inline(__always)
  public static func fold(_ state: UInt64, _ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = (state ^ a ^ k0).multipliedFullWidth(by: b ^ k1 ^ (state >> 32))
    return product.high ^ product.low &+ a
  }

  /// Spreads one word over 64 bits (a bijection).
  @inlinable @inline(__always)
  public static func spread(_ value: UInt64) -> UInt64 {
    var x = value
    x = (x ^ (x >> 32)) &* k1
    x = (x ^ (x >> 32)) &* k1
    return x ^ (x >> 32)
  }
}
