/// Whether a book can be trusted, worst last: the state of a book is the worst of its channel's and its own.
/// Only `ok` lets orders out.
public enum BookState: UInt8, Sendable, BitwiseCopyable, Comparable, CaseIterable {
  case ok = 0
  /// The venue says the stock does not trade, or has not said yet that it does.
  case halted
  /// No packet and no heartbeat of the channel for `SessionSettings.silenceNanoseconds`.
  case silent
  /// The feed's first number was not 1: earlier orders are missing.
  case lateStart
  /// Numbers are missing and may still come: the book is behind.
  case gap
  /// Messages were lost, lines disagreed, or a capacity was reached: the book may be wrong.
  case untrusted

  @inlinable public static func < (a: BookState, b: BookState) -> Bool { a.rawValue < b.rawValue }

  /// The state a raw value of 0 ... 5 stands for, `untrusted` for any other. Not `init?(rawValue:)`: that looks the type
  /// up at run time, and this is on the hot path.
  @inlinable
  public init(closed rawValue: UInt8) {
    switch rawValue {
    case 0: self = .ok
    case 1: self = .halted
    case 2: self = .silent
    case 3: self = .lateStart
    case 4: self = .gap
    default: self = .untrusted
    }
  }
}
