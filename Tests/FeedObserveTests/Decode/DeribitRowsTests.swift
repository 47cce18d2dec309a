import FeedCore
import Foundation
import Testing

@testable import FeedObserve

/// The capture outside the repository: `FEEDH_SHARED`, else `../shared` beside the checkout.
private let captures: String = {
  var checkout = URL(fileURLWithPath: #filePath)
  for _ in 0..<4 { checkout.deleteLastPathComponent() }
  let shared = ProcessInfo.processInfo.environment["FEEDH_SHARED"] ?? checkout.path + "/../shared"
  return shared + "/captures"
}()
private let capture = captures + "/deribit/sample_capture_v1_6.pcapng"

/// A book of levels kept from rows of text: prices and amounts as they are printed.
private struct RowBook {
  var sides: [[Double: Double]] = [[:], [:]]
  var changeId: UInt64 = 0
  var symbol = ""

  /// Best price of a side, 0 ask and 1 bid, and its amount, in units of 10^-8.
  func best(_ side: Int) -> [Int] {
    guard let price = side == 0 ? sides[0].keys.min() : sides[1].keys.max() else { return [0, 0] }
    return [price, sides[side][price] ?? 0].map { Int(($0 * 1e8).rounded()) }
  }
}

@Suite struct DeribitRowsTests {
  /// Counts of messages, and the final best levels of all instruments, as another decoder has them.
  @Test(
    .enabled(if: FileManager.default.fileExists(atPath: capture), "the Deribit capture is not there: set FEEDH_SHARED"))
  func booksBuiltFromRowsEqualTheReference() throws {
    let file = try Data(contentsOf: URL(fileURLWithPath: captures + "/expected/deribit_v1_6.json"))
    let expected = try #require(try JSONSerialization.jsonObject(with: file) as? [String: Any])
    var counts: [String: Int] = [:]
    var books: [UInt64: RowBook] = [:]
    var parts: [UInt64: [[Double: Double]]] = [:]
    for message in try TransportWalk.messages(of: capture, family: "deribit") {
      #expect(message.bytes.withUnsafeBytes { message.description.verdict(of: $0) } == .exact)
      let row = try #require(try ExpectedRowsTests.row(message))
      let type = try #require(row["type"] as? String)
      let fields = try #require(row["fields"] as? [String: Any])
      counts[type, default: 0] += 1
      guard let id = (fields["instrumentId"] as? NSNumber)?.uint64Value else { continue }
      switch type {
      case "1000": books[id, default: RowBook()].symbol = fields["instrumentName"] as? String ?? ""
      case "1001":
        for change in fields["changesList"] as? [[String: Any]] ?? [] {
          try Self.apply(change, to: &books[id, default: RowBook()].sides)
        }
        books[id]?.changeId = (fields["changeId"] as? NSNumber)?.uint64Value ?? 0
      case "1004":
        var sides = parts.removeValue(forKey: id) ?? [[:], [:]]
        for level in fields["levelsList"] as? [[String: Any]] ?? [] { try Self.apply(level, to: &sides) }
        if fields["isLastInBook"] as? Int == 1 {
          books[id, default: RowBook()].sides = sides
          books[id]?.changeId = (fields["changeId"] as? NSNumber)?.uint64Value ?? 0
        } else {
          parts[id] = sides
        }
      default: break
      }
    }
    #expect(counts == expected["byType"] as? [String: Int])
    let tops = try #require(expected["tops"] as? [[Any]])
    #expect(tops.count == books.count)
    for top in tops {
      let id = try #require((top[0] as? NSNumber)?.uint64Value)
      let book = try #require(books[id], "instrument \(id)")
      #expect(book.symbol == top[1] as? String)
      #expect(book.best(1) + book.best(0) == top[2..<6].map { ($0 as? NSNumber)?.intValue ?? -1 }, "instrument \(id)")
      #expect([book.sides[1].count, book.sides[0].count] == [top[6] as? Int, top[7] as? Int], "instrument \(id)")
      #expect(book.changeId == (top[8] as? NSNumber)?.uint64Value, "instrument \(id)")
    }
  }

  /// An entry without `change` is a level of a snapshot.
  private static func apply(_ entry: [String: Any], to sides: inout [[Double: Double]]) throws {
    let side = try #require(entry["side"] as? Int)
    let price = try #require((entry["price"] as? NSNumber)?.doubleValue)
    let amount = try #require((entry["amount"] as? NSNumber)?.doubleValue)
    sides[side][price] = entry["change"] as? Int == 2 ? nil : amount
  }
}
