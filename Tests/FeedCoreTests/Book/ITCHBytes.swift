@testable import FeedCore

/// Messages of ITCH 5.0 written byte by byte from the fact sheet's tables: offset, size, field.
enum ITCHBytes {
  /// The head that every message has: type, locate, tracking number, timestamp of 48 bits.
  static func head(_ type: Character, _ locate: UInt16, at time: UInt64) -> [UInt8] {
    [type.asciiValue!] + big(locate) + [0, 7] + (0..<6).map { UInt8(truncatingIfNeeded: time >> UInt64(40 - 8 * $0)) }
  }

  static func big<T: FixedWidthInteger>(_ value: T) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }

  static func text(_ text: String, _ size: Int) -> [UInt8] {
    Array(text.utf8.prefix(size)) + [UInt8](repeating: 0x20, count: max(0, size - text.utf8.count))
  }

  static func system(_ code: Character, at time: UInt64 = 0) -> [UInt8] {
    head("S", 0, at: time) + [code.asciiValue!]
  }

  static func directory(_ locate: UInt16, _ stock: String, roundLot: UInt32 = 100, at time: UInt64 = 0) -> [UInt8] {
    head("R", locate, at: time) + text(stock, 8) + text("QN", 2) + big(roundLot) + text("NCZ PNN1N", 9) + big(UInt32(0))
      + text("N", 1)
  }

  static func trading(_ locate: UInt16, _ stock: String, _ state: Character = "T", at time: UInt64 = 0) -> [UInt8] {
    head("H", locate, at: time) + text(stock, 8) + [state.asciiValue!, 0x20] + text("", 4)
  }

  static func halt(_ locate: UInt16, _ stock: String, _ action: Character, at time: UInt64 = 0) -> [UInt8] {
    head("h", locate, at: time) + text(stock, 8) + [0x51, action.asciiValue!]
  }

  static func regSHO(_ locate: UInt16, _ stock: String, _ action: Character, at time: UInt64 = 0) -> [UInt8] {
    head("Y", locate, at: time) + text(stock, 8) + [action.asciiValue!]
  }

  /// `mpid` makes it an "F".
  static func add(
    _ locate: UInt16, _ reference: UInt64, _ side: Character, _ shares: UInt32, _ stock: String, _ price4: UInt32,
    mpid: String? = nil, at time: UInt64 = 0
  ) -> [UInt8] {
    head(mpid == nil ? "A" : "F", locate, at: time) + big(reference) + [side.asciiValue!] + big(shares)
      + text(stock, 8) + big(price4) + (mpid.map { text($0, 4) } ?? [])
  }

  static func execute(
    _ locate: UInt16, _ reference: UInt64, _ shares: UInt32, match: UInt64 = 1, at time: UInt64 = 0
  ) -> [UInt8] {
    head("E", locate, at: time) + big(reference) + big(shares) + big(match)
  }

  static func executeWithPrice(
    _ locate: UInt16, _ reference: UInt64, _ shares: UInt32, match: UInt64 = 1, printable: Character = "Y",
    _ price4: UInt32, at time: UInt64 = 0
  ) -> [UInt8] {
    head("C", locate, at: time) + big(reference) + big(shares) + big(match) + [printable.asciiValue!] + big(price4)
  }

  static func cancel(_ locate: UInt16, _ reference: UInt64, _ shares: UInt32, at time: UInt64 = 0) -> [UInt8] {
    head("X", locate, at: time) + big(reference) + big(shares)
  }

  static func delete(_ locate: UInt16, _ reference: UInt64, at time: UInt64 = 0) -> [UInt8] {
    head("D", locate, at: time) + big(reference)
  }

  static func replace(
    _ locate: UInt16, _ old: UInt64, _ new: UInt64, _ shares: UInt32, _ price4: UInt32, at time: UInt64 = 0
  ) -> [UInt8] {
    head("U", locate, at: time) + big(old) + big(new) + big(shares) + big(price4)
  }

  static func trade(
    _ locate: UInt16, _ stock: String, _ shares: UInt32, _ price4: UInt32, match: UInt64 = 1, at time: UInt64 = 0
  ) -> [UInt8] {
    head("P", locate, at: time) + big(UInt64(0)) + text("B", 1) + big(shares) + text(stock, 8) + big(price4)
      + big(match)
  }

  static func cross(
    _ locate: UInt16, _ stock: String, _ shares: UInt64, _ price4: UInt32, match: UInt64 = 1, at time: UInt64 = 0
  ) -> [UInt8] {
    head("Q", locate, at: time) + big(shares) + text(stock, 8) + big(price4) + big(match) + text("O", 1)
  }

  static func broken(_ locate: UInt16, match: UInt64, at time: UInt64 = 0) -> [UInt8] {
    head("B", locate, at: time) + big(match)
  }

  /// A message without effect on books, status or statistics: L V W K J I N O, filled with `fill` behind its head.
  static func inert(_ type: Character, _ locate: UInt16, fill: UInt8 = 0x41, at time: UInt64 = 0) -> [UInt8] {
    head(type, locate, at: time) + [UInt8](repeating: fill, count: lengths[type]! - 11)
  }

  /// "All messages" of the fact sheet.
  static let lengths: [Character: Int] = [
    "S": 12, "R": 39, "H": 25, "Y": 20, "L": 26, "V": 35, "W": 12, "K": 28, "J": 35, "h": 21, "A": 36, "F": 40,
    "E": 31, "C": 36, "X": 23, "D": 19, "U": 35, "P": 44, "Q": 40, "B": 19, "I": 50, "N": 20, "O": 48,
  ]
}
