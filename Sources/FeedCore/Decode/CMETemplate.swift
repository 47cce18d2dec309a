/// Where one template of one schema version has what books need: made from `CMELayouts` when a decoder is set up.
///
/// Offsets of the root count from the message's start, those of entries from the entry's; `absent` where the template
/// lacks the field.
struct CMETemplate: BitwiseCopyable {
  enum Kind: UInt8, BitwiseCopyable {
    case unknown
    /// Without effect on books; a MatchEventIndicator still counts.
    case inert
    case reset, status, definition
    /// Levels by position, and the orders behind them.
    case levels
    case orders
    case trades
    case levelSnapshot, orderSnapshot
  }

  static var absent: UInt16 { .max }

  var kind = Kind.unknown
  /// Fewest bytes of the root block, and of an entry of each of the first two groups.
  var rootLength: UInt16 = 0
  var entryLength: UInt16 = 0
  /// Bytes of an entry of the first group as far as it is known.
  var entryLengthMost: UInt16 = 0
  var orderLength: UInt16 = 0
  var groupCount: UInt8 = 0
  /// Bit i: group i has the header of eight bytes.
  var longHeaders: UInt8 = 0
  /// Sizes of entries have eight bytes.
  var hasLongSizes = false
  /// Levels, with a time and an indicator, and no group but those of levels and of the orders behind them.
  var isEverydayLevels = false
  /// What makes a price mantissa one of nine decimals: 1, or 100 in the older templates, which have seven.
  var priceFactor: Int64 = 1

  // Root block.
  var time = absent
  var indicator = absent
  var security = absent
  var chunk = absent
  var chunkCount = absent
  var tradingStatus = absent
  var symbol = absent
  var group = absent
  var asset = absent
  var action = absent
  var tick = absent
  var displayFactor = absent
  var tickRule = absent

  // Entries.
  var entrySecurity = absent
  var price = absent
  var size = absent
  var level = absent
  var entryAction = absent
  var entryType = absent
  var orderID = absent
  var tradeID = absent

  // Entries of the group of orders behind levels.
  var levelOrderID = absent
  var levelOrderSize = absent
  var levelOrderEntry = absent
  var levelOrderAction = absent

  init() {}

  init(_ layout: MessageLayout) {
    let headLength = CMELayouts.description.headLength
    kind = Self.kind(ofTemplate: layout.code)
    rootLength = UInt16(clamping: layout.length - headLength)
    groupCount = UInt8(clamping: layout.groups.count)
    for (position, group) in layout.groups.enumerated()
    where group.dimension.headerLength == CMELayouts.size8.headerLength { longHeaders |= 1 << UInt8(position) }
    time = Self.offset("TransactTime", layout.fields)
    indicator = Self.offset("MatchEventIndicator", layout.fields)
    security = Self.offset("SecurityID", layout.fields)
    chunk = Self.offset("CurrentChunk", layout.fields)
    chunkCount = Self.offset("NoChunks", layout.fields)
    tradingStatus = Self.offset("SecurityTradingStatus", layout.fields)
    if tradingStatus == Self.absent { tradingStatus = Self.offset("MDSecurityTradingStatus", layout.fields) }
    symbol = Self.offset("Symbol", layout.fields)
    group = Self.offset("SecurityGroup", layout.fields)
    asset = Self.offset("Asset", layout.fields)
    action = Self.offset("SecurityUpdateAction", layout.fields)
    tick = Self.offset("MinPriceIncrement", layout.fields)
    displayFactor = Self.offset("DisplayFactor", layout.fields)
    tickRule = Self.offset("TickRule", layout.fields)
    let prices = (layout.groups.first.map(\.fields) ?? []) + layout.fields
    if prices.contains(where: { $0.slot.decimals == 7 }) { priceFactor = 100 }
    guard let entry = layout.groups.first else { return }
    entryLength = UInt16(clamping: entry.minimumLength)
    entryLengthMost = UInt16(clamping: entry.length)
    entrySecurity = Self.offset("SecurityID", entry.fields)
    price = Self.offset("MDEntryPx", entry.fields)
    size = Self.offset("MDEntrySize", entry.fields)
    if size == Self.absent { size = Self.offset("MDDisplayQty", entry.fields) }
    hasLongSizes = entry.fields.contains { $0.title == "MDEntrySize" && $0.size == 8 }
    level = Self.offset("MDPriceLevel", entry.fields)
    entryAction = Self.offset("MDUpdateAction", entry.fields)
    entryType = Self.offset("MDEntryType", entry.fields)
    orderID = Self.offset("OrderID", entry.fields)
    tradeID = Self.offset("MDTradeEntryID", entry.fields)
    isEverydayLevels = kind == .levels && time != Self.absent && indicator != Self.absent && groupCount <= 2
      && longHeaders == (groupCount == 2 ? 2 : 0)
    guard layout.groups.count > 1 else { return }
    let order = layout.groups[1]
    orderLength = UInt16(clamping: order.minimumLength)
    levelOrderID = Self.offset("OrderID", order.fields)
    levelOrderSize = Self.offset("MDDisplayQty", order.fields)
    levelOrderEntry = Self.offset("ReferenceID", order.fields)
    levelOrderAction = Self.offset("OrderUpdateAction", order.fields)
  }

  private static func offset(_ title: String, _ fields: [FieldLayout]) -> UInt16 {
    fields.first { $0.title == title }.map { UInt16(clamping: $0.offset) } ?? absent
  }

  private static func kind(ofTemplate template: UInt32) -> Kind {
    switch template {
    case 4: .reset
    case 30: .status
    case 27, 29, 41, 54...58, 63: .definition
    case 32, 46, 64: .levels
    case 43, 47: .orders
    case 36, 42, 48, 65: .trades
    case 38, 52, 61, 68, 69: .levelSnapshot
    case 44, 53: .orderSnapshot
    // Without books: heartbeat, login, logout, volumes, statistics, quote requests, workups, top orders, collateral.
    default: .inert
    }
  }
}

/// All templates, found by number and version in two loads.
struct CMETemplates {
  /// Templates below this number, versions below that one.
  private static var templateLimit: Int { 128 }
  private static var versionLimit: Int { 16 }

  private let places = Storage<UInt8>(capacity: CMETemplates.templateLimit * CMETemplates.versionLimit, hugePages: false)
  private let templates: Storage<CMETemplate>

  init() {
    let layouts = CMELayouts.description.layouts
    precondition(layouts.count < 255)
    templates = Storage(capacity: layouts.count + 1, hugePages: false)
    templates[0] = CMETemplate()
    for (position, layout) in layouts.enumerated() {
      templates[position + 1] = CMETemplate(layout)
      guard case .versions(let versions, let andLater) = layout.selector else { continue }
      let last = andLater ? Self.versionLimit - 1 : Int(versions.upperBound)
      for version in Int(versions.lowerBound)...last {
        places[Int(layout.code) * Self.versionLimit + version] = UInt8(position + 1)
      }
    }
  }

  /// The template's description; of kind `unknown` where there is none. Versions beyond the table are read like its
  /// last: newer ones only append.
  @inline(__always)
  func find(template: UInt16, version: UInt16) -> UnsafeMutablePointer<CMETemplate> {
    let row = min(Int(template), Self.templateLimit &- 1) &* Self.versionLimit
    return templates.base + Int(places.base[row &+ min(Int(version), Self.versionLimit &- 1)])
  }
}
