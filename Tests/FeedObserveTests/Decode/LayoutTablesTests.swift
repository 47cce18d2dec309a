import FeedCore
import FeedObserve
import Foundation
import Testing

@Suite struct LayoutTablesTests {
  private static let path: String = {
    var checkout = URL(fileURLWithPath: #filePath)
    for _ in 0..<4 { checkout.deleteLastPathComponent() }
    return checkout.path + "/Docs/PROTOCOLS.md"
  }()

  /// `FEEDH_WRITE_DOCS=1` brings the page up to date instead.
  @Test func theDocumentedFieldTablesAreThoseOfTheLayouts() throws {
    let document = try String(contentsOfFile: Self.path, encoding: .utf8)
    let current = try #require(
      LayoutTables.replacing(in: document, LayoutCatalogue.all), "Docs/PROTOCOLS.md has lost the marks of its tables")
    if ProcessInfo.processInfo.environment["FEEDH_WRITE_DOCS"] == "1" {
      try current.write(toFile: Self.path, atomically: true, encoding: .utf8)
      return
    }
    #expect(
      document == current,
      "the tables in Docs/PROTOCOLS.md are stale: FEEDH_WRITE_DOCS=1 swift test --filter LayoutTables writes them")
  }

  @Test func aFieldIsWrittenWithOffsetSizeAndKind() {
    let text = LayoutTables.markdown([
      LayoutCatalogue.Entry(title: "GLIMPSE", description: ITCH50Layouts.glimpse),
      LayoutCatalogue.Entry(title: "EOBI", description: EOBILayouts.release60),
      LayoutCatalogue.Entry(title: "Deribit", description: DeribitLayouts.description),
    ])
    let lines = text.split(separator: "\n").map(String.init)
    #expect(
      lines.contains(
        "| `G` | GLIMPSE End of Snapshot | 21 | 0 Message Type 1a, 1 Sequence Number 20a | – |"))
    #expect(
      lines.contains(
        """
        | `13100` | OrderAdd | 48 | 4 MsgSeqNum 4, 8 TrdRegTSTimeIn 8?, 16 SecurityID 8±, 24 TrdRegTSTimePriority 8, \
        32 DisplayQty 4±, 36 Side 1, 37 OrdType 1?, 38 pad 2x, 40 Price 8±.8? | – |
        """))
    #expect(
      lines.contains {
        $0.hasPrefix("| `1010` |") && $0.contains("**tickStepsList** (16 each): 0 abovePrice 8f?, 8 tickSize 8f?")
          && $0.hasSuffix("**instrumentName**: text behind its length of 1 | yes |")
      })
  }

  /// A type that another decoder found in real packets must not be listed as never seen.
  @Test(
    .enabled(
      if: FileManager.default.fileExists(atPath: Self.expected), "expected rows are not there: set FEEDH_SHARED"))
  func whatWasSeenOnRealBytesIsMarked() throws {
    let seen = Dictionary(grouping: LayoutCatalogue.all.flatMap { entry in
      entry.description.layouts.filter(\.isSeen).map { "\(entry.description.name) \($0.typeText)" }
    }) { $0 }
    var types: Set<String> = []
    for file in try FileManager.default.contentsOfDirectory(atPath: Self.expected)
    where file.hasPrefix("one-packet-") && !file.contains("boe") {
      for line in try String(contentsOfFile: Self.expected + "/" + file, encoding: .utf8).split(separator: "\n") {
        let row = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        guard let row, row["unknownLayout"] == nil else { continue }
        types.insert("\(row["protocol"] ?? "") \(row["type"] ?? "")")
      }
    }
    #expect(types.count > 60)
    for type in types.sorted() { #expect(seen[type] != nil, "\(type) was seen on real bytes") }
  }

  private static let expected: String = {
    var checkout = URL(fileURLWithPath: #filePath)
    for _ in 0..<4 { checkout.deleteLastPathComponent() }
    let shared = ProcessInfo.processInfo.environment["FEEDH_SHARED"] ?? checkout.path + "/../shared"
    return shared + "/captures/expected"
  }()
}
