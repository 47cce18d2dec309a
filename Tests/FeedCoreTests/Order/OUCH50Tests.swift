import Foundation
import Testing

@testable import FeedCore

@Suite struct OUCH50Tests {
  private static let ord1 = ClOrdID(first8: 0x4F52_4431_2020_2020, last6: 0x2020_2020_2020)

  @Test func enterOrderIsByteExact() {
    let order = OUCH50.EnterOrder(
      userRefNum: 1, side: UInt8(ascii: "B"), quantity: 100, symbol: Symbol("AAPL")!, price: 1_502_500,
      timeInForce: UInt8(ascii: "0"), display: UInt8(ascii: "Y"), capacity: UInt8(ascii: "A"),
      interMarketSweepEligibility: UInt8(ascii: "N"), crossType: UInt8(ascii: "N"), clOrdID: Self.ord1)
    // The fact sheet's vector.
    let plain =
      "4F 00000001 42 00000064 4141504C20202020 000000000016ED24 30 59 41 4E 4E 4F524431202020202020202020 20"
    #expect(OrderTest.encoded(order.encode) == OrderTest.bytes(plain + "0000"))
    var withFirm = order
    withFirm.firm = 0x4C49_4D45
    #expect(OrderTest.encoded(withFirm.encode) == OrderTest.bytes(plain + "0006 05 02 4C494D45"))
  }

  @Test func cancelAndReplaceAreByteExact() {
    let cancel = OUCH50.CancelOrderRequest(userRefNum: 258, quantity: 0)
    #expect(OrderTest.encoded(cancel.encode) == OrderTest.bytes("58 00000102 00000000"))
    let replace = OUCH50.ReplaceOrderRequest(
      origUserRefNum: 1, userRefNum: 2, quantity: 300, price: 1_502_500, timeInForce: UInt8(ascii: "3"),
      display: UInt8(ascii: "Y"), interMarketSweepEligibility: UInt8(ascii: "N"),
      clOrdID: ClOrdID(shard: 3, orderNumber: 42))
    #expect(
      OrderTest.encoded(replace.encode)
        == OrderTest.bytes("55 00000001 00000002 0000012C 000000000016ED24 33 59 4E 5330332D30303030303030303432 0000"))
  }

  @Test func clOrdIDNamesShardAndNumber() {
    func text(_ shard: Int, _ number: UInt64) -> String {
      let bytes = OrderTest.encoded {
        ClOrdID(shard: shard, orderNumber: number).encode(into: $0)
        return 14
      }
      return String(decoding: bytes, as: UTF8.self)
    }
    #expect(text(3, 42) == "S03-0000000042")
    #expect(text(63, 9_999_999_999) == "S63-9999999999")
    #expect(text(0, 1_234_567_890) == "S00-1234567890")
  }

  @Test func encoderNumbersStrictlyUpwardPerVenueAndPutsTheFirmIn() {
    var encoder = OrderEncoder(shard: 5, venueCount: 2, firm: "LIME")
    func order(_ venue: VenueIndex) -> AdmittedOrder {
      var pair = OrderTest.pair()
      pair.buy.venue = venue
      return AdmittedOrder(
        intent: pair.buy, symbol: Symbol("APPLE")!, venueSymbol: Symbol("AAPL")!, price: 10_000_000_000,
        price4: 100_000,
        sideCharacter: UInt8(ascii: "B"))
    }
    var numbers: [UInt32] = []
    var messages: [[UInt8]] = []
    for venue in [0, 0, 1, 0] as [VenueIndex] {
      messages.append(
        OrderTest.encoded {
          let (length, number) = encoder.encodeEnter(order(venue), into: $0)
          numbers.append(number)
          return length
        })
    }
    #expect(numbers == [1, 2, 1, 3])
    // Immediate or cancel, displayed, principal; the order number counts over both venues.
    #expect(
      messages[2]
        == OrderTest.bytes(
          """
          4F 00000001 42 00000064 4141504C20202020 00000000000186A0 33 59 50 4E 4E
          5330352D30303030303030303033 0006 05 02 4C494D45
          """))
    for firm in ["", "    ", "TOOLONG", "É"] {
      var plain = OrderEncoder(shard: 0, venueCount: 1, firm: firm)
      #expect(OrderTest.encoded { plain.encodeEnter(order(0), into: $0).length }.count == 47)
    }
  }

  @Test func firmIsFoundAmongOtherOptionsAndMalformedAppendagesAreSurvived() {
    let fixed = "4F 00000001 42 00000064 4141504C20202020 000000000016ED24 30 59 41 4E 4E 4F524431202020202020202020 20"
    func firm(_ appendage: String) -> UInt32? {
      let bytes = OrderTest.bytes(fixed + appendage)
      return bytes.withUnsafeBytes {
        #expect(OUCH50.formOfClientMessage($0.baseAddress!, length: $0.count) == .wellFormed)
        return OUCH50.EnterOrder(unchecked: $0.baseAddress!).firm
      }
    }
    #expect(firm("0000") == nil)
    #expect(firm("0009 05 02 4D4C524F 02 12 30") == 0x4D4C_524F)
    #expect(firm("0009 02 12 30 05 02 4D4C524F") == 0x4D4C_524F)
    // An option that claims to be longer than the appendage; empty elements; another size of the tag.
    #expect(firm("0006 FF 02 4D4C524F") == nil)
    #expect(firm("0009 00 00 00 05 02 4D4C524F") == 0x4D4C_524F)
    #expect(firm("0004 03 02 4D4C") == nil)
    #expect(firm("0001 05") == nil)
    // The appendage ends here; what follows it is no option.
    #expect(firm("0001 05 02 4D4C524F") == nil)
  }

  /// Type, fixed part, whether an appendage length ends it: as the fact sheet has them.
  static let clientForms: [(Character, Int, Bool)] = [
    ("O", 47, true), ("U", 40, true), ("X", 9, false), ("M", 10, false), ("Q", 1, false),
  ]
  static let serverForms: [(Character, Int, Bool)] = [
    ("S", 10, false), ("A", 64, true), ("U", 68, true), ("C", 18, false), ("D", 31, false), ("E", 36, true),
    ("B", 36, false), ("J", 29, false), ("P", 13, false), ("I", 13, false), ("T", 30, false), ("M", 18, false),
    ("R", 16, true), ("Q", 13, false),
  ]

  @Test func everyLayoutIsCheckedAtItsLengthOneShortAndOneLonger() {
    for (forms, isClient) in [(Self.clientForms, true), (Self.serverForms, false)] {
      func form(_ bytes: [UInt8], _ length: Int) -> OUCH50.Form {
        bytes.withUnsafeBytes {
          isClient
            ? OUCH50.formOfClientMessage($0.baseAddress!, length: length)
            : OUCH50.formOfServerMessage($0.baseAddress!, length: length)
        }
      }
      for (type, length, hasAppendage) in forms {
        var bytes = [UInt8](repeating: 0, count: 128)
        bytes[0] = type.asciiValue!
        #expect(form(bytes, length) == .wellFormed)
        #expect(form(bytes, length - 1) == .malformed)
        #expect(form(bytes, length + 1) == .wellFormed)
        #expect(form(bytes, 0) == .malformed)
        if hasAppendage {
          bytes[length - 1] = 6
          #expect(form(bytes, length + 5) == .malformed)
          #expect(form(bytes, length + 6) == .wellFormed)
        }
      }
      let known = Set(forms.map { $0.0.asciiValue! })
      for type in 0...255 as ClosedRange<UInt8> where !known.contains(type) {
        #expect(form([type] + Array(repeating: 0, count: 99), 100) == .unknownType)
      }
    }
  }

  @Test func olderAIQCanceledHasNoStrategy() {
    let bytes = OrderTest.bytes("44 0102030405060708 00000009 00000064 51 00000032 000000000016ED24 52")
    #expect(bytes.count == 31)
    let message = bytes.withUnsafeBytes {
      OUCH50.AIQCanceled(unchecked: $0.baseAddress!, messageLength: $0.count)
    }
    #expect(message.decrementShares == 100 && message.aiqStrategy == UInt8(ascii: " "))
    #expect(OrderTest.encoded(message.encode) == bytes + [0x20])
  }

  @Test(.enabled(if: OrderTest.vectorsFile != nil, "specs/vectors.jsonl not found: set FEEDH_SHARED"))
  func everySharedVectorRoundTrips() throws {
    let text = try String(contentsOf: OrderTest.vectorsFile!, encoding: .utf8)
    var seen: [String: Int] = [:]
    for line in text.split(separator: "\n") {
      let row = try JSONSerialization.jsonObject(with: Data(line.utf8)) as! [String: Any]
      guard let proto = row["proto"] as? String, proto.hasPrefix("ouch50-") else { continue }
      let bytes = OrderTest.bytes(row["hex"] as! String)
      let (decoded, encoded) = Self.roundTrip(bytes, isClient: proto == "ouch50-in")
      #expect(encoded == bytes, "\(proto) \(row["name"]!)")
      Self.compare(decoded, row["fields"] as! [String: Any], "\(proto) \(row["name"]!)")
      seen[proto, default: 0] += 1
    }
    #expect(seen == ["ouch50-in": 5, "ouch50-out": 14])
  }

  private static func roundTrip(_ bytes: [UInt8], isClient: Bool) -> (Any, [UInt8]) {
    bytes.withUnsafeBytes { raw in
      let base = raw.baseAddress!
      func both<M>(_ message: M, _ encode: (UnsafeMutableRawPointer) -> Int) -> (Any, [UInt8]) {
        (message, OrderTest.encoded(encode))
      }
      if isClient {
        switch Character(Unicode.Scalar(bytes[0])) {
        case "O": let m = OUCH50.EnterOrder(unchecked: base); return both(m, m.encode)
        case "U": let m = OUCH50.ReplaceOrderRequest(unchecked: base); return both(m, m.encode)
        case "X": let m = OUCH50.CancelOrderRequest(unchecked: base); return both(m, m.encode)
        case "M": let m = OUCH50.ModifyOrderRequest(unchecked: base); return both(m, m.encode)
        default: let m = OUCH50.AccountQueryRequest(unchecked: base); return both(m, m.encode)
        }
      }
      switch Character(Unicode.Scalar(bytes[0])) {
      case "S": let m = OUCH50.SystemEvent(unchecked: base); return both(m, m.encode)
      case "A": let m = OUCH50.OrderAccepted(unchecked: base); return both(m, m.encode)
      case "U": let m = OUCH50.OrderReplaced(unchecked: base); return both(m, m.encode)
      case "C": let m = OUCH50.OrderCanceled(unchecked: base); return both(m, m.encode)
      case "D": let m = OUCH50.AIQCanceled(unchecked: base, messageLength: bytes.count); return both(m, m.encode)
      case "E": let m = OUCH50.OrderExecuted(unchecked: base); return both(m, m.encode)
      case "B": let m = OUCH50.BrokenTrade(unchecked: base); return both(m, m.encode)
      case "J": let m = OUCH50.Rejected(unchecked: base); return both(m, m.encode)
      case "P": let m = OUCH50.CancelPending(unchecked: base); return both(m, m.encode)
      case "I": let m = OUCH50.CancelReject(unchecked: base); return both(m, m.encode)
      case "T": let m = OUCH50.OrderPriorityUpdate(unchecked: base); return both(m, m.encode)
      case "M": let m = OUCH50.OrderModified(unchecked: base); return both(m, m.encode)
      case "R": let m = OUCH50.OrderRestated(unchecked: base); return both(m, m.encode)
      default: let m = OUCH50.AccountQueryResponse(unchecked: base); return both(m, m.encode)
      }
    }
  }

  /// "Quantity prevented from trading" → "quantityPreventedFromTrading", "AIQ Strategy" → "aiqStrategy".
  private static func propertyName(_ field: String) -> String {
    let words = field.split(separator: " ").map(String.init)
    let first = words[0]
    let start = first == first.uppercased() ? first.lowercased() : first.prefix(1).lowercased() + first.dropFirst()
    return start + words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
  }

  private static func compare(_ message: Any, _ fields: [String: Any], _ name: String) {
    var values: [String: Any] = [:]
    for child in Mirror(reflecting: message).children { values[child.label!] = child.value }
    for (field, expected) in fields where field != "Type" && field != "Appendage Length" {
      let value = values[propertyName(field)]
      switch value {
      case let byte as UInt8: #expect(String(Unicode.Scalar(byte)) == expected as? String, "\(name) \(field)")
      case let number as UInt16: #expect(Int(number) == expected as? Int, "\(name) \(field)")
      case let number as UInt32: #expect(Int(number) == expected as? Int, "\(name) \(field)")
      case let number as UInt64: #expect(Int(number) == expected as? Int, "\(name) \(field)")
      case let symbol as Symbol:
        #expect(symbol.description == (expected as? String)?.trimmingCharacters(in: .whitespaces), "\(name) \(field)")
      case let id as ClOrdID:
        let bytes = OrderTest.encoded { id.encode(into: $0); return 14 }
        #expect(String(decoding: bytes, as: UTF8.self) == expected as? String, "\(name) \(field)")
      default: Issue.record("\(name): no property for \(field)")
      }
    }
  }
}

@Suite struct EasternTimeTests {
  @Test func daylightSavingTurnsAtTheRightSecond() {
    func time(_ unixSeconds: UInt64) -> UInt64 {
      EasternTime.nanosecondsSinceMidnight(captureNanoseconds: unixSeconds * 1_000_000_000 + 7)
    }
    func clock(_ h: UInt64, _ m: UInt64, _ s: UInt64) -> UInt64 { ((h * 60 + m) * 60 + s) * 1_000_000_000 + 7 }
    // 2024-03-10 06:59:59 UTC is 01:59:59 EST; a second later it is 03:00:00 EDT.
    #expect(time(1_710_053_999) == clock(1, 59, 59))
    #expect(time(1_710_054_000) == clock(3, 0, 0))
    // 2024-11-03 05:59:59 UTC is 01:59:59 EDT; a second later it is 01:00:00 EST.
    #expect(time(1_730_613_599) == clock(1, 59, 59))
    #expect(time(1_730_613_600) == clock(1, 0, 0))
    // 2019-12-30 14:30 UTC, 2023-11-14 22:13:20 UTC, 2026-07-01 13:30 UTC.
    #expect(time(1_577_716_200) == clock(9, 30, 0))
    #expect(time(1_700_000_000) == clock(17, 13, 20))
    #expect(time(1_782_912_600) == clock(9, 30, 0))
  }

  @Test func timesOfLengthPrefixedFilesCountFromMidnightAlready() {
    #expect(EasternTime.nanosecondsSinceMidnight(captureNanoseconds: 0) == 0)
    #expect(EasternTime.nanosecondsSinceMidnight(captureNanoseconds: 86_399_999_999_999) == 86_399_999_999_999)
  }

  @Test func agreesWithTheTimeZoneOfTheSystem() throws {
    let seed: UInt64 = .random(in: 0 ... .max)
    print("agreesWithTheTimeZoneOfTheSystem seed \(seed)")
    var random = OrderTestRandom(seed: seed)
    guard let zone = TimeZone(identifier: "America/New_York") else { return }
    // 2007-03-11, when the rule came into force, to 2037.
    for _ in 0..<5_000 {
      let seconds = UInt64.random(in: 1_173_571_200...2_145_000_000, using: &random)
      let offset = zone.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(seconds)))
      let expected = UInt64((Int(seconds) + offset) % 86_400) * 1_000_000_000
      #expect(EasternTime.nanosecondsSinceMidnight(captureNanoseconds: seconds * 1_000_000_000) == expected)
    }
    _ = EasternTime.nanosecondsSinceMidnight(captureNanoseconds: .max)
  }
}
