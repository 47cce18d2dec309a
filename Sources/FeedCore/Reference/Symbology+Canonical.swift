/// From a venue's suffix to the canonical one.
///
/// | Kind | CMS | CQS | canonical |
/// |---|---|---|---|
/// | preferred, of class A | `PR`, `PRA` | `p`, `pA` | `-`, `-A` |
/// | class A | `A` | `.A` | `.A` |
/// | warrants, of class A | `WS`, `WSA` | `.WS`, `.WS.A` | `+`, `+A` |
/// | rights | `RT` | `r` | `^` |
/// | units | `U` | `.U` | `=` |
/// | when issued, when distributed | `WI`, `WD` | `w`, `.WD` | `#`, `$` |
/// | called, convertible | `CL`, `CV` | `.CL`, `.CV` | `*`, `%` |
/// | emerging company, partly paid, test | `EC`, `PP`, `TEST` | `.EC`, `.PP`, `.TEST` | `!`, `@`, `~` |
///
/// The last four rows may follow any other: `AA PRAWI` is `AA-A#`. CQS is read with a slash for the point, too.
/// Source: Nasdaq's "Ticker Symbol Convention" page: a convention, not part of the venues' specifications.
/// Docs/PROTOCOLS.md, "Symbols".
extension Symbology {
  /// What a venue that speaks `feedProtocol` writes.
  ///
  /// Only MEMX ("CMS root" and suffix) and NYSE ("NYSE symbology") say so in their specifications.
  static func standard(of feedProtocol: FeedProtocol) -> Symbology {
    switch feedProtocol {
    case .itch50, .pitch, .tops15, .tops16, .deep10, .deepPlus: .nasdaq
    case .nyseIntegrated, .memxDepth, .miaxPearlDepth: .cms
    case .cmeMDP3, .coinbaseDerivatives, .eobi, .deribit: .verbatim
    }
  }

  /// The canonical form of a venue's symbol: itself where there is no suffix, or one that is not in the table.
  func canonical(_ symbol: Symbol) -> Symbol {
    switch self {
    case .auto, .nasdaq, .verbatim: symbol
    case .cms: Self.canonicalCMS(symbol)
    case .cqs: Self.canonicalCQS(symbol)
    }
  }

  // MARK: - CMS

  private static func canonicalCMS(_ symbol: Symbol) -> Symbol {
    let count = symbol.count
    var rootCount = 0
    while rootCount < count, symbol.byte(at: rootCount) != UInt8(ascii: " ") { rootCount += 1 }
    var start = rootCount
    while start < count, symbol.byte(at: start) == UInt8(ascii: " ") { start += 1 }
    if rootCount == 0 || start == count { return symbol }
    var builder = SymbolBuilder()
    builder.append(symbol, count: rootCount)
    return appendCMS(symbol, from: start, to: count, &builder) && !builder.isCut ? builder.symbol : symbol
  }

  /// False for a suffix that is not in the table.
  private static func appendCMS(
    _ symbol: Symbol, from start: Int, to end: Int, _ builder: inout SymbolBuilder
  ) -> Bool {
    // "WI" is when issued, not class W: what reads as modifiers throughout is that.
    if appendModifiers(symbol, from: start, to: end, &builder) { return true }
    var position = start
    if matches(symbol, start, end, "PR") {
      builder.append(UInt8(ascii: "-"))
      position += 2
    } else if matches(symbol, start, end, "WS") {
      builder.append(UInt8(ascii: "+"))
      position += 2
    } else if matches(symbol, start, end, "RT") {
      builder.append(UInt8(ascii: "^"))
      return appendModifiers(symbol, from: start + 2, to: end, &builder)
    } else if symbol.byte(at: start) == UInt8(ascii: "U") {
      builder.append(UInt8(ascii: "="))
      return appendModifiers(symbol, from: start + 1, to: end, &builder)
    } else {
      builder.append(UInt8(ascii: "."))
    }
    let isBare = position > start
    if isBare, appendModifiers(symbol, from: position, to: end, &builder) { return true }
    guard position < end, isLetter(symbol.byte(at: position)) else { return false }
    builder.append(symbol.byte(at: position))
    return appendModifiers(symbol, from: position + 1, to: end, &builder)
  }

  /// Appends only when everything up to `end` is modifiers (none at all included).
  private static func appendModifiers(
    _ symbol: Symbol, from start: Int, to end: Int, _ builder: inout SymbolBuilder
  ) -> Bool {
    var result = builder
    var position = start
    while position < end {
      guard let (length, character) = modifier(symbol, position, end) else { return false }
      result.append(character)
      position += length
    }
    builder = result
    return true
  }

  /// The modifier that begins at `start`: its length in CMS and CQS, and its canonical character.
  private static func modifier(_ symbol: Symbol, _ start: Int, _ end: Int) -> (length: Int, character: UInt8)? {
    if matches(symbol, start, end, "WI") { return (2, UInt8(ascii: "#")) }
    if matches(symbol, start, end, "WD") { return (2, UInt8(ascii: "$")) }
    if matches(symbol, start, end, "CL") { return (2, UInt8(ascii: "*")) }
    if matches(symbol, start, end, "CV") { return (2, UInt8(ascii: "%")) }
    if matches(symbol, start, end, "EC") { return (2, UInt8(ascii: "!")) }
    if matches(symbol, start, end, "PP") { return (2, UInt8(ascii: "@")) }
    if matches(symbol, start, end, "TEST") { return (4, UInt8(ascii: "~")) }
    return nil
  }

  // MARK: - CQS

  private static func canonicalCQS(_ symbol: Symbol) -> Symbol {
    let count = symbol.count
    var position = 0
    while position < count, !isPoint(symbol.byte(at: position)), !isSmall(symbol.byte(at: position)) { position += 1 }
    if position == 0 || position == count { return symbol }
    var builder = SymbolBuilder()
    builder.append(symbol, count: position)
    /// A class letter may follow: directly behind `p`, as a part of its own behind `.WS`.
    var takesClass = false
    while position < count {
      let byte = symbol.byte(at: position)
      position += 1
      switch byte {
      case UInt8(ascii: "p"):
        builder.append(UInt8(ascii: "-"))
        if position < count, isLetter(symbol.byte(at: position)) {
          builder.append(symbol.byte(at: position))
          position += 1
        }
        takesClass = false
      case UInt8(ascii: "r"): builder.append(UInt8(ascii: "^"))
      case UInt8(ascii: "w"): builder.append(UInt8(ascii: "#"))
      case UInt8(ascii: "."), UInt8(ascii: "/"):
        var end = position
        while end < count, isLetter(symbol.byte(at: end)) { end += 1 }
        if matches(symbol, position, end, "WS"), end == position + 2 {
          builder.append(UInt8(ascii: "+"))
          takesClass = true
        } else if end == position + 1 {
          if takesClass {
            builder.append(symbol.byte(at: position))
          } else if symbol.byte(at: position) == UInt8(ascii: "U") {
            builder.append(UInt8(ascii: "="))
          } else {
            builder.append(UInt8(ascii: "."))
            builder.append(symbol.byte(at: position))
          }
          takesClass = false
        } else if let (length, character) = modifier(symbol, position, end), length == end - position {
          builder.append(character)
          takesClass = false
        } else {
          return symbol
        }
        position = end
      default: return symbol
      }
    }
    return builder.isCut ? symbol : builder.symbol
  }

  // MARK: - Text

  /// Whether `token` stands at `start`, before `end`.
  private static func matches(_ symbol: Symbol, _ start: Int, _ end: Int, _ token: StaticString) -> Bool {
    let count = token.utf8CodeUnitCount
    guard start + count <= end else { return false }
    for index in 0..<count where symbol.byte(at: start + index) != token.utf8Start[index] { return false }
    return true
  }

  private static func isLetter(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") }
  private static func isSmall(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") }
  private static func isPoint(_ byte: UInt8) -> Bool { byte == UInt8(ascii: ".") || byte == UInt8(ascii: "/") }
}
