/// Messages of CME MDP 3.0 as the sheet's tables have them (schema 1 version 13; 46 and 47 of version 9 on).
enum CMEBytes {
  static let end: UInt8 = 0x84
  static let open: UInt8 = 0x04
  /// 2023-06-15 12:00:00.000000007 UTC, 7:00 in Chicago.
  static let time: UInt64 = 1_686_830_400_000_000_007

  static func message(_ template: UInt16, version: UInt16 = 13, schema: UInt16 = 1, _ block: [UInt8], _ groups: [UInt8] = [])
    -> [UInt8]
  {
    let size = UInt16(10 + block.count + groups.count)
    return LittleBytes().u16(size).u16(UInt16(block.count)).u16(template).u16(schema).u16(version).and(block)
      .and(groups).bytes
  }

  static func group3(_ length: UInt16, _ entries: [[UInt8]]) -> [UInt8] {
    LittleBytes().u16(length).u8(UInt8(entries.count)).and(entries.flatMap { $0 }).bytes
  }
  static func group8(_ length: UInt16, _ entries: [[UInt8]]) -> [UInt8] {
    LittleBytes().u16(length).pad(5).u8(UInt8(entries.count)).and(entries.flatMap { $0 }).bytes
  }
  private static func incremental(_ indicator: UInt8) -> [UInt8] { LittleBytes().u64(time).u8(indicator).pad(2).bytes }

  static func level(
    _ security: Int32, _ type: Character, _ level: UInt8, _ action: UInt8, _ price: Int64, _ size: Int32
  ) -> [UInt8] {
    LittleBytes().i64(price).i32(size).i32(security).u32(1).i32(1).u8(level).u8(action).u8(type.asciiValue!)
      .pad(5).bytes
  }

  static func levelOrder(_ id: UInt64, _ size: Int32, of entry: UInt8, _ action: UInt8) -> [UInt8] {
    LittleBytes().u64(id).u64(5).i32(size).u8(entry).u8(action).pad(2).bytes
  }

  /// 46.
  static func book(_ levels: [[UInt8]], orders: [[UInt8]] = [], _ indicator: UInt8 = end) -> [UInt8] {
    message(46, incremental(indicator), group3(32, levels) + group8(24, orders))
  }

  /// 64: sizes of eight bytes.
  static func longBook(_ price: Int64, _ size: UInt64, _ security: Int32, _ level: UInt8, _ action: UInt8, _ type: Character)
    -> [UInt8]
  {
    let entry = LittleBytes().i64(price).u64(size).i32(security).u32(0).i32(1).u8(level).u8(action)
      .u8(type.asciiValue!).pad(1).bytes
    return message(64, incremental(end), group3(32, [entry]) + group8(24, []))
  }

  static func order(
    _ id: UInt64, _ security: Int32, _ type: Character, _ action: UInt8, _ price: Int64, _ size: Int32
  ) -> [UInt8] {
    LittleBytes().u64(id).u64(77).i64(price).i32(size).i32(security).u8(action).u8(type.asciiValue!).pad(6).bytes
  }

  /// 47.
  static func orders(_ orders: [[UInt8]], _ indicator: UInt8 = end) -> [UInt8] {
    message(47, incremental(indicator), group3(40, orders))
  }

  /// 48.
  static func trade(_ security: Int32, _ action: UInt8, _ price: Int64, _ size: Int32, id: UInt32, _ indicator: UInt8 = 1)
    -> [UInt8]
  {
    let entry = LittleBytes().i64(price).i32(size).i32(security).u32(1).i32(2).u8(1).u8(action).u32(id).pad(2).bytes
    let fill = LittleBytes().u64(4).i32(size).pad(4).bytes
    return message(48, incremental(indicator), group3(32, [entry]) + group8(16, [fill, fill]))
  }

  /// 65: sizes of eight bytes.
  static func longTrade(_ security: Int32, _ price: Int64, _ size: UInt64, id: UInt32) -> [UInt8] {
    let entry = LittleBytes().i64(price).u64(size).i32(security).u32(1).i32(2).u32(id).u8(1).u8(0).pad(6).bytes
    return message(65, incremental(end), group3(40, [entry]) + group8(16, []))
  }

  /// 37 or 49: nothing for a book, but the event may end.
  static func volume(_ security: Int32, _ indicator: UInt8) -> [UInt8] {
    message(37, incremental(indicator), group3(16, [LittleBytes().i32(3).i32(security).u32(1).u8(0).pad(3).bytes]))
  }

  /// 52.
  static func snapshot(
    _ security: Int32, status: UInt8 = 17, through: UInt32 = 100, reports: UInt32 = 1,
    _ levels: [(Character, Int64, Int32)]
  ) -> [UInt8] {
    let block = LittleBytes().u32(through).u32(reports).i32(security).u32(9).u64(time).u64(time).u16(19_000).u8(status)
      .i64(.max).i64(.max).i64(.max).bytes
    let entries = levels.enumerated().map { position, level in
      LittleBytes().i64(level.1).i32(level.2).i32(1).u8(UInt8(position + 1)).u16(.max).u8(255).u8(0)
        .u8(level.0.asciiValue!).bytes
    }
    return message(52, block, group3(22, entries))
  }

  /// 53.
  static func orderSnapshot(
    _ security: Int32, part: UInt32, of parts: UInt32, through: UInt32 = 100, reports: UInt32 = 1,
    _ orders: [(UInt64, Character, Int64, Int32)]
  ) -> [UInt8] {
    let block = LittleBytes().u32(through).u32(reports).i32(security).u32(parts).u32(part).u64(time).bytes
    let entries = orders.map {
      LittleBytes().u64($0.0).u64(1).i64($0.2).i32($0.3).u8($0.1.asciiValue!).bytes
    }
    return message(53, block, group3(29, entries))
  }

  /// 54, version 13.
  static func future(
    _ security: Int32, _ symbol: String, tick: Int64, displayFactor: Int64 = 1_000_000_000, status: UInt8 = 17,
    action: Character = "A", group: String = "ES", asset: String = "ES", depth: UInt8 = 10, impliedDepth: UInt8? = nil
  ) -> [UInt8] {
    let block = LittleBytes().u8(0).u32(1).u8(action.asciiValue!).u64(time).u8(status).u16(310).u8(64).u8(5)
      .text("XCME", 4).text(group, 6).text(asset, 6).text(symbol, 20).i32(security).text("FUT", 6).text("FFIXSX", 6)
      .u16(2023).u8(6).u8(255).u8(255).text("USD", 3).text("USD", 3).u8(0x46).u32(1).u32(9_999).i64(tick)
      .i64(displayFactor).u8(255).u8(255).u8(255).text("IPNT", 30).i64(.max).i64(.max).u8(0).i32(.max).i32(.max)
      .i64(.max).i64(.max).i64(.max).i32(.max).u16(.max).i32(.max).i32(.max).u8(127).u8(127).i64(.max)
      .u8(0x4E).u16(.max).u64(.max).bytes
    precondition(block.count == 224)
    var feeds = [LittleBytes().text("GBX", 3).u8(depth).bytes]
    if let impliedDepth { feeds.append(LittleBytes().text("GBI", 3).u8(impliedDepth).bytes) }
    return message(
      54, block,
      group3(9, [LittleBytes().u8(5).u64(time).bytes]) + group3(4, feeds) + group3(4, []) + group3(5, []))
  }

  /// 30.
  static func status(_ security: Int32?, group: String = "", asset: String = "", _ status: UInt8) -> [UInt8] {
    message(
      30,
      LittleBytes().u64(time).text(group, 6).text(asset, 6).i32(security ?? .max).u16(19_000).u8(0x80).u8(status)
        .u8(0).u8(0).bytes)
  }

  /// 4.
  static let channelReset = message(
    4, LittleBytes().u64(time).u8(0x80).bytes, group3(2, [LittleBytes().u16(310).bytes]))
}
