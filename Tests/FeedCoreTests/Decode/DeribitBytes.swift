/// Deribit's messages written by hand from the fact sheet's tables; no layout of feedh's is used.
enum DeribitBytes {
  static func little(_ value: UInt64, _ length: Int) -> [UInt8] {
    (0..<length).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
  }
  static func real(_ value: Double) -> [UInt8] { little(value.bitPattern, 8) }
  private static func text(_ text: String, _ length: Int) -> [UInt8] {
    Array(text.utf8) + [UInt8](repeating: 0, count: length - text.utf8.count)
  }

  /// Header: blockLength, templateId, schemaId, version, numGroups, numVarDataFields.
  static func message(
    _ template: UInt64, _ root: [UInt8], groups: [[UInt8]] = [], strings: [String] = [], schema: UInt64 = 1
  ) -> [UInt8] {
    let header = [UInt64(root.count), template, schema, template == 1010 ? 3 : 2, UInt64(groups.count),
      UInt64(strings.count)]
    return header.flatMap { little($0, 2) } + root + groups.flatMap { $0 }
      + strings.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
  }

  /// Group: blockLength, numInGroup, numGroups, numVarDataFields, entries.
  static func group(_ entryLength: Int, _ entries: [[UInt8]], nested: UInt64 = 0) -> [UInt8] {
    [UInt64(entryLength), UInt64(entries.count), nested, 0].flatMap { little($0, 2) } + entries.flatMap { $0 }
  }

  /// 140 bytes of root (1000), or 139 without rfq (1010).
  static func instrument(
    _ id: UInt32, _ name: String, tick: Double, step: Double, state: UInt8 = 1, steps: [(Double, Double)]? = nil
  ) -> [UInt8] {
    var root = little(UInt64(id), 4) + [state, 0, 1, 0]
    if steps == nil { root += [0] }
    root += [0] + little(1, 2)
    for currency in ["BTC", "USD", "USD", "BTC", "USD"] { root += text(currency, 8) }
    root += little(1_600_000_000_000, 8) + little(32_503_708_800_000, 8)
    for value in [Double.nan, 10, step, tick, 0, 0.0005, 0.00025, 0.0075, 50] { root += real(value) }
    guard let steps else { return message(1000, root, strings: [name]) }
    return message(
      1010, root, groups: [group(16, steps.map { real($0.0) + real($0.1) })], strings: [name])
  }

  typealias Change = (side: UInt8, change: UInt8, price: Double, amount: Double)
  static func book(
    _ id: UInt32, previous: UInt64, change: UInt64, _ changes: [Change], isLast: Bool = true,
    milliseconds: UInt64 = 1_686_858_120_123
  ) -> [UInt8] {
    let root = little(UInt64(id), 4) + little(milliseconds, 8) + little(previous, 8) + little(change, 8)
    let entries = changes.map { [$0.side, $0.change] + real($0.price) + real($0.amount) }
    return message(1001, root + [isLast ? 1 : 0], groups: [group(18, entries)])
  }

  typealias Level = (side: UInt8, price: Double, amount: Double)
  static func snapshot(
    _ id: UInt32, through: UInt64, _ levels: [Level], isLast: Bool = true,
    milliseconds: UInt64 = 1_686_858_120_123
  ) -> [UInt8] {
    let root = little(UInt64(id), 4) + little(milliseconds, 8) + little(through, 8) + [1, isLast ? 1 : 0]
    return message(1004, root, groups: [group(17, levels.map { [$0.side] + real($0.price) + real($0.amount) })])
  }

  static func trade(
    _ id: UInt32, direction: UInt8, _ price: Double, _ amount: Double, tradeId: UInt64 = 7,
    milliseconds: UInt64 = 1_686_858_120_123
  ) -> [UInt8] {
    var entry = [direction] + real(price) + real(amount) + little(milliseconds, 8) + real(1) + real(1)
    entry += little(1, 8) + little(tradeId, 8) + [0, 0] + real(.nan) + little(0, 8) + little(0, 8)
    return message(1002, little(UInt64(id), 4), groups: [group(83, [entry])])
  }

  static func ticker(_ id: UInt32, state: UInt8 = 1, milliseconds: UInt64 = 1_686_858_120_123) -> [UInt8] {
    var root = little(UInt64(id), 4) + [state] + little(milliseconds, 8)
    for _ in 0..<15 { root += real(.nan) }
    return message(1003, root)
  }

  static var snapshotStart: [UInt8] { message(1005, little(200, 4)) }
  static var snapshotEnd: [UInt8] { message(1006, []) }
  static func comboLegs(_ id: UInt32) -> [UInt8] {
    message(1007, little(UInt64(id), 4), groups: [group(8, [little(1, 4) + little(1, 4)])])
  }
  static var priceIndex: [UInt8] { message(1008, text("btc_usd", 16) + real(25_000.5) + little(1, 8)) }
  static func quoteRequest(_ id: UInt32) -> [UInt8] {
    message(1009, little(UInt64(id), 4) + [1, 2] + real(10) + little(1, 8))
  }

  /// A packet: packetLength, channelId, channelSequence, messages.
  static func packet(_ channel: UInt64, _ sequence: UInt64, _ messages: [[UInt8]]) -> [UInt8] {
    let body = messages.flatMap { $0 }
    return little(UInt64(body.count), 2) + little(channel, 2) + little(sequence, 4) + body
  }
}
