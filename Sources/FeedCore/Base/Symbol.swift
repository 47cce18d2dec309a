/// A symbol of up to eight ASCII characters, left-justified and space-padded, packed big-endian into one word, so
/// that comparing words compares text. ITCH "Stock", OUCH "Symbol".
public struct Symbol: Hashable, Comparable, Sendable, BitwiseCopyable, CustomStringConvertible {
  public let packed: UInt64
  @inlinable @inline(__always) public init(packed: UInt64) { self.packed = packed }

  /// Nil for text that is empty, longer than eight bytes, or holds a byte outside "!" ... "~".
  public init?(_ text: some StringProtocol) {
    let bytes = Array(text.utf8)
    guard !bytes.isEmpty, bytes.count <= 8, bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
    packed = (0..<8).reduce(0) { $0 << 8 | UInt64($1 < bytes.count ? bytes[$1] : 0x20) }
  }

  /// Eight spaces: a symbol not known (yet).
  public static let unknown = Symbol(packed: 0x2020_2020_2020_2020)

  @inlinable public static func < (a: Symbol, b: Symbol) -> Bool { a.packed < b.packed }

  /// Without the trailing spaces; bytes outside printable ASCII appear as "?".
  public var description: String {
    var text = ""
    for shift in stride(from: 56, through: 0, by: -8) {
      let byte = UInt8(truncatingIfNeeded: packed >> UInt64(shift))
      text.unicodeScalars.append(byte >= 0x20 && byte < 0x7F ? Unicode.Scalar(byte) : "?")
    }
    while text.last == " " { text.removeLast() }
    return text
  }
}
