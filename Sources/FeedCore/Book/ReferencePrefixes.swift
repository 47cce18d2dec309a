/// Makes numbers of 46 bits out of references of 64, one to one, where venues count in the low ones.
///
/// Most venues put something that stays into the high bits of an order's number (a day, a unit, a gateway: IEX 0x63…,
/// NYSE 0x101…, Cboe) and count below. So the high 24 bits, the *prefix*, are replaced by the number of their first
/// appearance, 1 ... 62; 0 is the prefix 0. A reference with one more prefix has no such number.
///
/// A value made of pointers: copies share the same prefixes.
struct ReferencePrefixes: BitwiseCopyable {
  /// Bits of a reference that stay as they are.
  private static var lowBits: UInt64 { 40 }
  private static var lowMask: UInt64 { 1 << lowBits - 1 }
  private static var most: Int { 62 }
  private static var placeMask: Int { 255 }
  /// In place of the number of a reference that has none: no number is as great.
  static var none: UInt64 { .max }

  /// By their own hash, each with its number in the lowest byte; 0: free.
  private let places: UnsafeMutablePointer<UInt32>
  /// By number; in place of the first, which is that of 0, how many there are beside it.
  private let prefixes: UnsafeMutablePointer<UInt32>
  private let countMaximum: UInt32

  /// - Parameter areCounted: false: references are as good as random, and no prefix gets a number.
  init(areCounted: Bool) {
    let storage = (
      Storage<UInt32>(capacity: Self.placeMask + 1, hugePages: false),
      Storage<UInt32>(capacity: Self.most + 1, hugePages: false)
    )
    storage.0.prefault()
    storage.1.prefault()
    places = storage.0.base
    prefixes = storage.1.base
    countMaximum = areCounted ? UInt32(Self.most) : 0
  }

  /// Whether a reference is its own number.
  @inline(__always)
  static func isPlain(_ reference: UInt64) -> Bool { reference >> lowBits == 0 }

  @inline(__always)
  private static func prefix(_ reference: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: reference >> lowBits) }

  /// High bits of one and the low ones of another.
  @inline(__always)
  private static func joined(_ high: UInt32, _ low: UInt64) -> UInt64 { UInt64(high) << lowBits | low & lowMask }

  /// Where a prefix stands, or the free place where it would.
  @inline(__always)
  private func place(_ prefix: UInt32) -> UnsafeMutablePointer<UInt32> {
    var place = Int(truncatingIfNeeded: (prefix &* 0x9E37_79B1) >> 24)
    // A quarter of the places is taken at most.
    while places[place] != 0, places[place] >> 8 != prefix { place = (place &+ 1) & Self.placeMask }
    return places + place
  }

  /// The number of a reference, `none` where its prefix has not come yet.
  @inline(__always)
  func narrow(_ reference: UInt64) -> UInt64 {
    if Self.isPlain(reference) { return reference }
    let found = place(Self.prefix(reference)).pointee
    return found == 0 ? Self.none : Self.joined(found & 0xFF, reference)
  }

  /// The same; a prefix that comes for the first time takes the next number, as long as there is one.
  @inline(__always)
  func admit(_ reference: UInt64) -> UInt64 {
    let found = narrow(reference)
    return found == Self.none ? admitPrefix(of: reference) : found
  }

  @inline(never)
  private func admitPrefix(of reference: UInt64) -> UInt64 {
    if prefixes[0] == countMaximum { return Self.none }
    prefixes[0] += 1
    let number = prefixes[0]
    prefixes[Int(number)] = Self.prefix(reference)
    place(Self.prefix(reference)).pointee = Self.prefix(reference) << 8 | number
    return Self.joined(number, reference)
  }

  /// The reference of a number.
  @inline(__always)
  func widen(_ number: UInt64) -> UInt64 {
    if Self.isPlain(number) { return number }
    return Self.joined(prefixes[Int(number >> Self.lowBits)], number)
  }
}
