/// Puts a symbol together byte by byte, without a string: symbols are first mentioned in the middle of the day.
struct SymbolBuilder {
  private var words: (UInt64, UInt64, UInt64, UInt64) = (Symbol.spaces, Symbol.spaces, Symbol.spaces, Symbol.spaces)
  /// Bytes appended.
  private(set) var count = 0
  /// More bytes came than a symbol has: `symbol` lacks them.
  private(set) var isCut = false

  mutating func append(_ byte: UInt8) {
    guard count < Symbol.maximumLength else {
      isCut = true
      return
    }
    let shift = UInt64(56 - 8 * (count & 7))
    // A position not yet written holds a space; the difference to the byte turns it into the byte.
    let change = UInt64(byte ^ 0x20) << shift
    switch count >> 3 {
    case 0: words.0 ^= change
    case 1: words.1 ^= change
    case 2: words.2 ^= change
    default: words.3 ^= change
    }
    count += 1
  }

  /// The first `count` bytes of a symbol.
  mutating func append(_ symbol: Symbol, count: Int) {
    for index in 0..<count { append(symbol.byte(at: index)) }
  }

  /// What was appended; trailing spaces are padding.
  var symbol: Symbol { Symbol(words: words.0, words.1, words.2, words.3) }
}
