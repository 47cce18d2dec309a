/// A symbol of up to 32 ASCII characters, left-justified and space-padded, kept big-endian in four words, so that
/// comparing words compares text.
///
/// Most venues' texts fit the first word (ITCH "Stock", OUCH "Symbol": 8 bytes); MIAX has 11, CME 20, Coinbase
/// Derivatives 24, Deribit names about 30. It is read once, when an instrument is first mentioned: what runs per
/// message knows dense indexes only.
public struct Symbol: Hashable, Comparable, Sendable, BitwiseCopyable, CustomStringConvertible {
  /// Characters a symbol can have.
  public static var maximumLength: Int { 32 }
  @usableFromInline static var spaces: UInt64 { 0x2020_2020_2020_2020 }

  /// The first eight characters: the whole text where `isShort`.
  public let packed: UInt64
  private let second: UInt64
  private let third: UInt64
  private let fourth: UInt64

  /// A text of up to eight characters.
  @inline(__always)
  public init(packed: UInt64) { self.init(words: packed, Self.spaces, Self.spaces, Self.spaces) }

  @inline(__always)
  init(words first: UInt64, _ second: UInt64, _ third: UInt64, _ fourth: UInt64) {
    packed = first
    self.second = second
    self.third = third
    self.fourth = fourth
  }

  /// Nil for text that is empty, longer than 32 bytes, begins or ends with a space, or holds a byte outside
  /// " " ... "~".
  public init?(_ text: some StringProtocol) {
    guard let first = text.utf8.first, first != 0x20, text.utf8.count <= Self.maximumLength else { return nil }
    var builder = SymbolBuilder()
    for byte in text.utf8 {
      if byte < 0x20 || byte > 0x7E { return nil }
      builder.append(byte)
    }
    let symbol = builder.symbol
    guard symbol.count == text.utf8.count else { return nil }
    self = symbol
  }

  /// A field of a message: ends at the first NUL, trailing spaces are padding, other bytes stay as they are.
  ///
  /// - Precondition: `count` is 0 ... 32, and so many bytes are there.
  public init(bytes: UnsafeRawPointer, count: Int) {
    assert(count <= Self.maximumLength)
    var builder = SymbolBuilder()
    // SAFETY: the caller proved `count` bytes when it made its view of the message.
    for offset in 0..<min(count, Self.maximumLength) {
      let byte = bytes.byte(at: offset)
      if byte == 0 { break }
      builder.append(byte)
    }
    self = builder.symbol
  }

  /// No text: a symbol not known (yet).
  public static var unknown: Symbol { Symbol(packed: spaces) }

  /// At most eight characters: it fits the symbol fields of ITCH and OUCH.
  @inline(__always)
  public var isShort: Bool { second == Self.spaces && third == Self.spaces && fourth == Self.spaces }

  /// One word that stands for the text in hashes and digests: the text itself where it is short.
  @inline(__always)
  public var word: UInt64 {
    isShort ? packed : Mix.fold(Mix.fold(packed, second, third), fourth, UInt64(Self.maximumLength))
  }

  /// Characters, without the padding.
  public var count: Int {
    var count = Self.maximumLength
    while count > 0, byte(at: count - 1) == 0x20 { count -= 1 }
    return count
  }

  /// The byte at 0 ..< 32; a space behind the text.
  func byte(at index: Int) -> UInt8 {
    let word =
      switch index >> 3 {
      case 0: packed
      case 1: second
      case 2: third
      default: fourth
      }
    return UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * (index & 7)))
  }

  public static func < (a: Symbol, b: Symbol) -> Bool {
    if a.packed != b.packed { return a.packed < b.packed }
    if a.second != b.second { return a.second < b.second }
    return a.third != b.third ? a.third < b.third : a.fourth < b.fourth
  }

  /// Without the trailing spaces; bytes outside printable ASCII appear as "?".
  public var description: String {
    var text = ""
    for index in 0..<count {
      let byte = byte(at: index)
      text.unicodeScalars.append(byte >= 0x20 && byte < 0x7F ? Unicode.Scalar(byte) : "?")
    }
    return text
  }
}
