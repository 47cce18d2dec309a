import Foundation
import Testing

@testable import FeedCore

/// Real Nasdaq messages against an independent plain reference's results.
@Suite(.enabled(if: SharedMaterial.has("captures/nasdaq"), "FEEDH_SHARED/captures/nasdaq is not here"))
struct ReplaySharedCaptureTests {
  private struct Expected: Decodable {
    var messages: UInt64
    var byType: [String: UInt64]
    var orphans: [String: UInt64]
    var liveOrders: Int
    var tops: [[Field]]
    /// A number or a symbol.
    enum Field: Decodable {
      case number(Int64)
      case text(String)
      init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Int64.self) {
          self = .number(number)
        } else {
          self = .text(try container.decode(String.self))
        }
      }
      var description: String {
        switch self {
        case .number(let n): "\(n)"
        case .text(let t): t
        }
      }
    }
  }

  @Test(arguments: ["20191230_AAPL_from_0935", "20200130_AAPL_first_10k"])
  func realMessagesGiveTheReferencesBooks(name: String) throws {
    let json = try Data(contentsOf: URL(fileURLWithPath: SharedMaterial.folder + "/captures/expected/\(name).json"))
    let expected = try JSONDecoder().decode(Expected.self, from: json)
    let run = try ReplayRun([SharedMaterial.folder + "/captures/nasdaq/\(name).itch50"])
    #expect(run.summary.messages == expected.messages)
    #expect(run.summary.byType == expected.byType)
    #expect(run.summary.orphansByType == expected.orphans)
    #expect(run.summary.liveOrders == expected.liveOrders)
    let tops = run.summary.instruments.map { instrument -> String in
      let top = instrument.top
      return "\(instrument.locate) \(instrument.symbol) \(top.bidPrice) \(top.bidQuantity) \(instrument.bidOrders) "
        + "\(top.askPrice) \(top.askQuantity) \(instrument.askOrders)"
    }
    #expect(tops == expected.tops.map { $0.map(\.description).joined(separator: " ") })
    // Neither file holds the start of messages: no order may rest on such books.
    #expect(run.summary.instruments.allSatisfy { $0.state == .lateStart }, "\(run.summary.instruments.map(\.state))")
  }
}
