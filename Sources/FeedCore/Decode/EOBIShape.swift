/// Where the messages about orders have their fields, in the two generations of EOBI: to release 6.0 quantities are
/// whole contracts of four bytes, in 14.1 they have eight bytes and four decimals, and what follows them moves.
///
/// Releases of one generation differ only in what is padding in one and no matter of books in the other.
struct EOBIShape: BitwiseCopyable {
  /// Bytes of the message.
  var length: Int
  var security: Int
  var priority: Int
  var quantity: Int
  /// OrdType follows: 1 market; padding, 0, before release 6.0.
  var side: Int
  var price: Int

  /// OrderAdd, OrderModify, OrderDelete, OrderModifySamePrio, SnapshotOrder (which has no SecurityID: 0); nil for any
  /// other template.
  @inline(__always)
  static func order(_ template: UInt16, isCurrent: Bool) -> EOBIShape? {
    switch template {
    case 13_100:
      isCurrent
        ? EOBIShape(length: 56, security: 16, priority: 24, quantity: 32, side: 40, price: 48)
        : EOBIShape(length: 48, security: 16, priority: 24, quantity: 32, side: 36, price: 40)
    case 13_101:
      isCurrent
        ? EOBIShape(length: 88, security: 40, priority: 48, quantity: 56, side: 64, price: 72)
        : EOBIShape(length: 72, security: 40, priority: 48, quantity: 56, side: 60, price: 64)
    case 13_102:
      isCurrent
        ? EOBIShape(length: 64, security: 24, priority: 32, quantity: 40, side: 48, price: 56)
        : EOBIShape(length: 56, security: 24, priority: 32, quantity: 40, side: 44, price: 48)
    case 13_106:
      isCurrent
        ? EOBIShape(length: 72, security: 32, priority: 40, quantity: 48, side: 56, price: 64)
        : EOBIShape(length: 64, security: 32, priority: 40, quantity: 48, side: 52, price: 56)
    case 13_602:
      isCurrent
        ? EOBIShape(length: 40, security: 0, priority: 8, quantity: 16, side: 24, price: 32)
        : EOBIShape(length: 32, security: 0, priority: 8, quantity: 16, side: 20, price: 24)
    default: nil
    }
  }

  /// Fewest bytes of the messages that are no matter of orders one by one; 0 for templates that are not known.
  static func length(ofOther template: UInt16) -> Int {
    switch template {
    case 13_001, 13_600: 16
    case 13_103, 13_300: 24
    case 13_301, 13_400, 13_501, 13_502, 13_503: 32
    case 13_500, 13_504: 40
    case 13_201: 48
    case 13_104, 13_105, 13_200: 56
    case 13_202: 64
    default: 0
    }
  }
}
