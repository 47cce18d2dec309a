/// Where the messages that come all day have what their events take, counted from the message's start: those about orders
/// one by one, and PartialOrderExecution, whose quantity is the executed one. By template and generation (`EOBIShape`).
struct EOBIEverydayShape: BitwiseCopyable {
  /// Those from 13100 on that a table has a place for.
  static var templateCount: Int { 8 }

  /// What is not in every message alike.
  enum Extra: UInt8, BitwiseCopyable {
    case none
    /// OrderModify: the price and the priority that the order had.
    case former
    /// PartialOrderExecution: the number of its trade.
    case match
  }

  /// Kind and type (`EverydayTables.head`).
  private(set) var head: UInt64 = 0
  /// All ones; 0 for a delete, whose event has neither price nor quantity.
  private(set) var mask: Int64 = 0
  /// Fewest bytes; as many as no message has for templates that only the long way reads.
  private(set) var length: UInt32 = 65_536
  private(set) var security: UInt8 = 0
  private(set) var priority: UInt8 = 0
  private(set) var quantity: UInt8 = 0
  private(set) var side: UInt8 = 0
  /// The order's price.
  private(set) var price: UInt8 = 0
  /// The event's: the same, or the trade's.
  private(set) var eventPrice: UInt8 = 0
  private(set) var match: UInt8 = 0
  private(set) var extra = Extra.none
  /// The type that `head` has.
  private(set) var type: UInt8 = 0

  static var formerPriority: Int { 16 }
  static var formerPrice: Int { 24 }

  init(template: UInt16, isCurrent: Bool) {
    guard let kind = Self.kind(of: template) else { return }
    let isExecution = kind == .executeWithPrice
    let shape =
      isExecution
      ? EOBIShape(length: 56, security: 32, priority: 24, quantity: isCurrent ? 40 : 44, side: 8, price: 16)
      : EOBIShape.order(template, isCurrent: isCurrent)
    guard let shape else { return }
    type = EOBIDecoder.everydayType(template)
    head = EverydayTables.head(kind, type: type, isSell: false)
    mask = kind == .delete ? 0 : -1
    length = UInt32(shape.length)
    security = UInt8(shape.security)
    priority = UInt8(shape.priority)
    quantity = UInt8(shape.quantity)
    side = UInt8(shape.side)
    price = UInt8(shape.price)
    eventPrice = isExecution ? 48 : price
    match = isExecution ? (isCurrent ? 12 : 40) : 0
    extra = isExecution ? .match : kind == .replace ? .former : .none
  }

  private static func kind(of template: UInt16) -> BookEvent.Kind? {
    switch template {
    case 13_100: .add
    case 13_101: .replace
    case 13_102: .delete
    case 13_105: .executeWithPrice
    case 13_106: .setQuantity
    default: nil
    }
  }
}
