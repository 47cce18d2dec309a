import Testing

@testable import FeedSim

/// Messages of each protocol against bytes written by hand from the specifications' tables.
@Suite struct EncoderTests {
  /// 2026-01-05 00:00 US Eastern: 1,767,589,200 = 0x695B4550 seconds.
  private static let midnight: UInt64 = 1_767_589_200 * 1_000_000_000
  /// 09:30:00.000000007: second 34,200 = 0x8598 of the day, 1,767,623,400 = 0x695BCAE8 since 1970.
  private static let time: UInt64 = 34_200 * 1_000_000_000 + 7

  private static func hex(_ text: String) -> [UInt8] {
    let digits = text.filter { !$0.isWhitespace }
    return stride(from: 0, to: digits.count, by: 2).map { index in
      let start = digits.index(digits.startIndex, offsetBy: index)
      return UInt8(digits[start..<digits.index(start, offsetBy: 2)], radix: 16)!
    }
  }

  private static func order(
    _ reference: UInt64, isBuy: Bool, _ shares: UInt32, _ price4: UInt32, stock: UInt32 = 0
  ) -> RestingOrder {
    RestingOrder(orderReferenceNumber: reference, price4: price4, shares: shares, stock: stock, isBuy: isBuy)
  }

  private static func stock(_ root: String, tick: Int = 100, fair: Int) -> Stock {
    Stock(
      root: Array(root.utf8), suffix: nil, tick: tick, tickRange: 105...200_000, spread: 2, scale: 1,
      isPrimaryListed: true, isFund: false, isTradable: true, fair: fair)
  }

  /// What the encoder says, each message compared with its line.
  private static func check(
    _ encoder: some MessageEncoder, _ said: [MarketMessage], _ expected: [String], at time: UInt64 = time,
    _ location: SourceLocation = #_sourceLocation
  ) {
    var encoder = encoder
    var random = DeterministicRandom(seed: 1, stream: 1)
    var output: [EncodedMessage] = []
    for message in said { encoder.encode(message, at: time, random: &random, into: &output) }
    #expect(output.count == expected.count, sourceLocation: location)
    for (index, (message, text)) in zip(output, expected).enumerated() {
      #expect(message.bytes == hex(text), "message \(index): \(text)", sourceLocation: location)
    }
  }

  private static let buy = order(0x0102_0304_0506_0708, isBuy: true, 300, 1_234_500)
  private static let sell = order(0x11, isBuy: false, 70_000, 6_553_600)
  private static let odd = order(0x12, isBuy: false, 100, 12_345, stock: 1)
  private static let trade = MarketMessage.Trade(stock: 0, match: 0x21, shares: 50, price4: 1_234_500)

  // MARK: - PITCH

  private static let pitch = PITCHEncoder(listings: [
    Listing(symbol: Array("BRK.B".utf8), identifier: 1, priceDecimals: 4),
    Listing(symbol: Array("ABCDE+A".utf8), identifier: 2, priceDecimals: 4),
  ])
  private static let pitchTime = "06 20 98850000"

  @Test func pitchOrdersAreShortWherePriceAndSizeFit() {
    Self.check(
      Self.pitch,
      [
        .add(stock: 0, Self.buy, participant: nil),
        .add(stock: 0, Self.sell, participant: nil),
        .add(stock: 1, Self.odd, participant: nil),
        .add(stock: 0, Self.buy, participant: Array("GSCO".utf8)),
        .delete(Self.buy),
        .cancel(Self.buy, shares: 100),
        .cancel(Self.sell, shares: 65_536),
        .modify(Self.buy, shares: 200, price4: 1_234_500, keepsPlace: true),
        .modify(Self.buy, shares: 200, price4: 1_234_501, keepsPlace: false),
        .execute(Self.buy, shares: 100, match: 0x21, at: nil),
        .execute(
          Self.buy, shares: 100, match: 0x21,
          at: MarketMessage.ExecutionPrice(price4: 1_234_400, isPrintable: true)),
      ],
      [
        Self.pitchTime,
        // 123.45 = 12,345 cents = 0x3039.
        "1A 22 07000000 0807060504030201 42 2C01 42524B2E4220 3930 01",
        // 70,000 shares do not fit sixteen bits; 655.36 = 0x640000 / 10,000.
        "22 21 07000000 1100000000000000 53 70110100 42524B2E4220 0000640000000000 01",
        "29 2F 07000000 1200000000000000 53 64000000 41424344452B4120 3930000000000000 01 20202020 20",
        "29 2F 07000000 0807060504030201 42 2C010000 42524B2E42202020 44D6120000000000 01 4753434F 20",
        "0E 29 07000000 0807060504030201",
        "10 26 07000000 0807060504030201 6400",
        "12 25 07000000 1100000000000000 00000100",
        "13 28 07000000 0807060504030201 C800 3930 03",
        "1B 27 07000000 0807060504030201 C8000000 45D6120000000000 01",
        "1A 23 07000000 0807060504030201 64000000 2100000000000000",
        "26 24 07000000 0807060504030201 64000000 C8000000 2100000000000000 E0D5120000000000",
      ])
  }

  @Test func pitchStatusCarriesTradingAndShortSales() {
    let imbalance = MarketMessage.Imbalance(
      paired: 1_000, shares: 200, side: UInt8(ascii: "B"), price4: 1_234_500, crossType: UInt8(ascii: "O"),
      variation: UInt8(ascii: "L"))
    Self.check(
      Self.pitch,
      [
        .systemEvent(UInt8(ascii: "O")),
        .neverTrades(stock: 0),
        .tradingAction(stock: 0, state: UInt8(ascii: "T"), reason: "    ", isEarly: true),
        .regSHO(stock: 0, action: UInt8(ascii: "1")),
        .tradingAction(stock: 0, state: UInt8(ascii: "P"), reason: "LUDP", isEarly: false),
        .operationalHalt(stock: 1, isHalted: true),
        .imbalance(stock: 0, imbalance),
        .cross(stock: 0, shares: 500, price4: 1_234_500, match: 9, crossType: UInt8(ascii: "O")),
        .hiddenTrade(Self.trade),
        .brokenTrade(Self.trade),
        .retailInterest(stock: 0, side: UInt8(ascii: "A")),
        .systemEvent(UInt8(ascii: "M")), .declineLevels, .coreSession(stock: 0),
        .systemEvent(UInt8(ascii: "C")),
      ],
      [
        Self.pitchTime,
        "06 97 07000000",
        "12 31 07000000 42524B2E42202020 53 30 2020",
        "12 31 07000000 42524B2E42202020 54 30 2020",
        "12 31 07000000 42524B2E42202020 54 31 2020",
        "12 31 07000000 42524B2E42202020 48 31 2020",
        "12 31 07000000 41424344452B4120 53 30 2020",
        "2F 95 07000000 42524B2E42202020 4F 44D6120000000000 B0040000 E8030000 44D6120000000000 44D6120000000000",
        "1B 96 07000000 42524B2E42202020 4F 44D6120000000000 F4010000",
        "21 2B 07000000 0000000000000000 42 3200 42524B2E4220 3930 2100000000000000",
        "0E 2C 07000000 2100000000000000",
        "0F 98 07000000 42524B2E42202020 41",
        "06 2D 07000000",
      ])
  }

  @Test func pitchTellsTheTimeInEverySecond() {
    var encoder = Self.pitch
    var random = DeterministicRandom(seed: 1, stream: 1)
    var output: [EncodedMessage] = []
    for time in [Self.time, Self.time + 999_999_000, Self.time + 1_000_000_000] {
      encoder.encode(.delete(Self.buy), at: time, random: &random, into: &output)
    }
    #expect(output.map(\.type) == [0x20, 0x29, 0x29, 0x20, 0x29])
    #expect(Array(output[3].bytes) == Self.hex("06 20 99850000"))
  }

  // MARK: - XDP

  private static let xdp = XDPEncoder(
    listings: [
      Listing(symbol: Array("BRK B".utf8), identifier: 65_017, priceDecimals: 6),
      Listing(symbol: Array("NVR".utf8), identifier: 70_000, priceDecimals: 4),
    ], midnightNanoseconds: midnight)
  private static let xdpTime = "1000 0200 01000000 00000000 E8CA5B69"

  @Test func xdpOrdersHaveTheStocksPriceScaleAndItsOwnCount() {
    let new = Self.order(0x31, isBuy: true, 400, 1_234_600)
    let dear = Self.order(0x32, isBuy: false, 10, 98_765_400, stock: 1)
    Self.check(
      Self.xdp,
      [
        .add(stock: 0, Self.buy, participant: nil),
        .add(stock: 1, dear, participant: Array("GSCO".utf8)),
        .modify(Self.buy, shares: 200, price4: 1_234_700, keepsPlace: false),
        .cancel(Self.buy, shares: 100),
        .delete(Self.buy),
        .execute(Self.buy, shares: 100, match: 0x21, at: nil),
        .execute(
          dear, shares: 5, match: 0x22,
          at: MarketMessage.ExecutionPrice(price4: 98_765_300, isPrintable: false)),
        .replace(Self.buy, by: new),
      ],
      [
        Self.xdpTime,
        // Index 65,017 = 0xFDF9; 123.45 in six decimals = 123,450,000 = 0x075BB290.
        "2700 6400 07000000 F9FD0000 01000000 0807060504030201 90B25B07 2C010000 42 2020202020 00",
        // Index 70,000 = 0x11170; 9,876.54 in four decimals = 0x05E30A58.
        "2700 6400 07000000 70110100 01000000 3200000000000000 580AE305 0A000000 53 4753434F20 00",
        "2300 6500 07000000 F9FD0000 02000000 0807060504030201 B0005C07 C8000000 01 42 00",
        "2300 6500 07000000 F9FD0000 03000000 0807060504030201 90B25B07 C8000000 00 42 00",
        "1900 6600 07000000 F9FD0000 04000000 0807060504030201 00",
        "2A00 6700 07000000 F9FD0000 05000000 0807060504030201 21000000 90B25B07 64000000 01 00 40 20 20 20",
        "2A00 6700 07000000 70110100 02000000 3200000000000000 22000000 F409E305 05000000 00 00 40 20 20 49",
        "2A00 6800 07000000 F9FD0000 06000000 0807060504030201 3100000000000000 A0D95B07 90010000 42 00",
      ])
  }

  @Test func xdpStatusKnowsHaltAndSession() {
    Self.check(
      Self.xdp,
      [
        .directory(stock: 0, Self.stock("BRK", fair: 12_345)),
        .tradingAction(stock: 0, state: UInt8(ascii: "T"), reason: "    ", isEarly: true),
        .coreSession(stock: 0),
        .tradingAction(stock: 0, state: UInt8(ascii: "P"), reason: "LUDP", isEarly: false),
        .tradingAction(stock: 0, state: UInt8(ascii: "Q"), reason: "T7  ", isEarly: false),
        .regSHO(stock: 0, action: UInt8(ascii: "1")),
        .tradingAction(stock: 0, state: UInt8(ascii: "T"), reason: "    ", isEarly: false),
        .operationalHalt(stock: 0, isHalted: true),
        .hiddenTrade(Self.trade),
        .cross(stock: 0, shares: 500, price4: 1_234_500, match: 9, crossType: UInt8(ascii: "O")),
        .brokenTrade(Self.trade),
        .retailInterest(stock: 0, side: UInt8(ascii: "B")),
      ],
      [
        Self.xdpTime,
        // PrevClosePrice 123.45; MPV 100.
        "2C00 0300 F9FD0000 42524B2042000000000000 00 0300 01 51 06 43 6400 90B25B07 00000000 00 59 6400 0100 0000",
        // Time 09:30:00.000 = 93,000,000 = 0x058B1140.
        Self.status(1, "50", "7E", "20", "7E", "50"), Self.status(2, "4F", "7E", "20", "7E", "4F"),
        Self.status(3, "34", "4D", "20", "7E", "4F"), Self.status(4, "41", "4D", "4E", "45", "4F"),
        Self.status(5, "35", "7E", "4E", "45", "4F"), Self.status(6, "34", "58", "4E", "45", "4F"),
        "2100 6E00 07000000 F9FD0000 07000000 21000000 90B25B07 32000000 01 40 20 20 49",
        "1D00 6F00 07000000 F9FD0000 08000000 09000000 90B25B07 F4010000 4F",
        "1400 7000 07000000 F9FD0000 09000000 21000000",
        "1100 7200 07000000 F9FD0000 0A000000 41",
      ])
  }

  /// Security Status, 46 bytes.
  private static func status(
    _ number: Int, _ code: String, _ halt: String, _ exchange: String, _ shortSale: String, _ market: String
  ) -> String {
    "2E00 2200 E8CA5B69 07000000 F9FD0000 0\(number)000000 \(code) \(halt) 00000000 00000000 00000000"
      + " \(exchange) 00000000 40118B05 \(shortSale) \(market) 00"
  }

  @Test func xdpImbalanceIsThatOfPillar() {
    let imbalance = MarketMessage.Imbalance(
      paired: 1_000, shares: 200, side: UInt8(ascii: "S"), price4: 1_234_500, crossType: UInt8(ascii: "O"),
      variation: UInt8(ascii: "L"))
    Self.check(
      Self.xdp, [.imbalance(stock: 0, imbalance)],
      [
        Self.xdpTime,
        """
        4900 6900 E8CA5B69 07000000 F9FD0000 01000000 90B25B07 E8030000 C8000000 C8000000 A203 4D 53 90B25B07 90B25B07
        00000000 90B25B07 00000000 00000000 00 00 00 00000000 20 00
        """,
      ])
  }

  @Test func xdpBeginsANewSessionByAResetAlone() {
    var encoder = Self.xdp
    var random = DeterministicRandom(seed: 1, stream: 1)
    var output: [EncodedMessage] = []
    encoder.restart()
    encoder.encode(.delete(Self.buy), at: Self.time, random: &random, into: &output)
    #expect(output.map(\.type) == [1, 2, 102] && output.map(\.standsAlone) == [true, false, false])
    #expect(output[0].bytes == Self.hex("0E00 0100 E8CA5B69 07000000 9D 01"))
  }

  // MARK: - MEMX

  @Test func memxOrdersHaveSixDecimals() {
    let unix = Self.midnight + Self.time
    let t = String(unix, radix: 16, uppercase: true)
    #expect(unix == 1_767_623_400_000_000_007 && t.count == 16)
    let encoder = MEMXEncoder(
      listings: [Listing(symbol: Array("BRK B".utf8), identifier: 258, priceDecimals: 6)],
      midnightNanoseconds: Self.midnight)
    let new = Self.order(0x31, isBuy: true, 400, 1_234_600)
    // 123.45 = 123,450,000 = 0x075BB290; 123.46 = 0x075BD9A0.
    Self.check(
      encoder,
      [
        .directory(stock: 0, Self.stock("BRK", fair: 12_345)),
        .regSHO(stock: 0, action: UInt8(ascii: "2")),
        .tradingAction(stock: 0, state: UInt8(ascii: "T"), reason: "    ", isEarly: true),
        .operationalHalt(stock: 0, isHalted: true),
        .systemEvent(UInt8(ascii: "Q")),
        .add(stock: 0, Self.buy, participant: nil),
        .cancel(Self.buy, shares: 100),
        .execute(Self.buy, shares: 100, match: 0x21, at: nil),
        .replace(Self.buy, by: new),
        .hiddenTrade(Self.trade),
        .brokenTrade(Self.trade),
        .systemEvent(UInt8(ascii: "O")), .retailInterest(stock: 0, side: UInt8(ascii: "A")),
      ],
      [
        "0024 01 02 0103 \(t) 0102 42524B202020 422020202020 00000064 00 00 0000000000002710",
        "000B 02 02 0103 \(t) 0102 01",
        "000C 03 02 0103 \(t) 0102 54 58",
        "000C 03 02 0103 \(t) 0102 48 41",
        "0009 05 02 0103 \(t) 32",
        "001F 0A 02 0103 \(t) 0102 0102030405060708 42 0000012C 00000000075BB290",
        "0016 0C 02 0103 \(t) 0102 0102030405060708 00000064",
        "0026 0D 02 0103 \(t) 0102 0102030405060708 0000000000000021 00000064 00000000075BB290",
        "0012 0B 02 0103 \(t) 0102 0102030405060708",
        "001F 0A 02 0103 \(t) 0102 0000000000000031 42 00000190 00000000075BD9A0",
        "001E 0E 02 0103 \(t) 0102 0000000000000021 00000032 00000000075BB290",
        "001E 0F 02 0103 \(t) 0102 0000000000000021 00000032 00000000075BB290",
      ])
  }

  // MARK: - DEEP+

  @Test func deepPlusNamesTheSymbolInEachMessage() {
    let unix = Self.midnight + Self.time
    let t = (0..<8).map { index in
      let digits = String(UInt8(truncatingIfNeeded: unix >> UInt64(8 * index)), radix: 16)
      return digits.count == 1 ? "0" + digits : digits
    }.joined()
    let s = "42524B2E42202020"
    let encoder = DEEPPlusEncoder(
      listings: [Listing(symbol: Array("BRK.B".utf8), identifier: 1, priceDecimals: 4)],
      midnightNanoseconds: Self.midnight)
    Self.check(
      encoder,
      [
        .systemEvent(UInt8(ascii: "O")),
        .systemEvent(UInt8(ascii: "Q")),
        .directory(stock: 0, Self.stock("BRK", fair: 12_345)),
        .tradingAction(stock: 0, state: UInt8(ascii: "T"), reason: "    ", isEarly: true),
        .tradingAction(stock: 0, state: UInt8(ascii: "P"), reason: "LUDP", isEarly: false),
        .tradingAction(stock: 0, state: UInt8(ascii: "Q"), reason: "T7  ", isEarly: false),
        .regSHO(stock: 0, action: UInt8(ascii: "1")),
        .operationalHalt(stock: 0, isHalted: true), .operationalHalt(stock: 0, isHalted: false),
        .add(stock: 0, Self.buy, participant: nil), .add(stock: 0, Self.sell, participant: nil),
        .modify(Self.buy, shares: 200, price4: 1_234_600, keepsPlace: false),
        .cancel(Self.buy, shares: 100),
        .delete(Self.buy),
        .execute(Self.buy, shares: 50, match: 0x21, at: nil),
        .hiddenTrade(Self.trade), .brokenTrade(Self.trade),
        .retailInterest(stock: 0, side: UInt8(ascii: "S")),
        .cross(stock: 0, shares: 500, price4: 1, match: 9, crossType: UInt8(ascii: "O")),
        .cross(stock: 0, shares: 500, price4: 1, match: 9, crossType: UInt8(ascii: "H")),
      ],
      [
        "53 4F \(t)",
        "53 52 \(t)",
        "44 00 \(t) \(s) 64000000 44D6120000000000 01",
        "48 54 \(t) \(s) 20202020",
        "48 50 \(t) \(s) 4E412020",
        "48 4F \(t) \(s) 20202020",
        "50 01 \(t) \(s) 41",
        "4F 4F \(t) \(s)", "4F 4E \(t) \(s)",
        "61 38 \(t) \(s) 0807060504030201 2C010000 44D6120000000000",
        "61 35 \(t) \(s) 1100000000000000 70110100 0000640000000000",
        "4D 00 \(t) \(s) 0807060504030201 C8000000 A8D6120000000000",
        "4D 01 \(t) \(s) 0807060504030201 C8000000 44D6120000000000",
        "52 00 \(t) \(s) 0807060504030201",
        "4C 20 \(t) \(s) 0807060504030201 32000000 44D6120000000000 2100000000000000",
        "54 20 \(t) \(s) 32000000 44D6120000000000 2100000000000000",
        "42 20 \(t) \(s) 32000000 44D6120000000000 2100000000000000",
        "49 42 \(t) \(s)",
        "45 4F \(t) \(s)",
      ])
  }
}
