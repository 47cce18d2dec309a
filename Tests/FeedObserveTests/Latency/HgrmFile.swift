import Testing

/// A `.hgrm` text taken apart, strictly: what a plotter reads.
struct HgrmFile {
  struct Row: Equatable {
    var value: Double
    var level: Double
    var totalCount: UInt64
    /// Nil on the last line.
    var inverse: Double?
  }
  var header: [Substring]
  var rows: [Row] = []
  var closing: [String: Double] = [:]

  init(_ text: String) throws {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    header = lines.removeFirst().split(separator: " ")
    #expect(lines.removeFirst().isEmpty, "an empty line follows the header")
    #expect(lines.removeLast().isEmpty, "a newline ends the text")
    for line in lines {
      if line.hasPrefix("#[") {
        #expect(line.hasSuffix("]"))
        for part in line.dropFirst(2).dropLast().split(separator: ",") {
          let pair = part.split(separator: "=")
          try #require(pair.count == 2)
          closing[trimmed(pair[0])] = try Self.number(trimmed(pair[1]))
        }
      } else {
        #expect(closing.isEmpty, "no line after the closing block")
        let columns = line.split(separator: " ")
        try #require(columns.count == 4 || columns.count == 3)
        rows.append(
          Row(
            value: try Self.number(columns[0]), level: try Self.number(columns[1]),
            totalCount: try #require(UInt64(columns[2])),
            inverse: columns.count == 4 ? try Self.number(columns[3]) : nil))
      }
    }
  }

  private static func number(_ text: some StringProtocol) throws -> Double { try #require(Double(text)) }

  private func trimmed(_ text: Substring) -> String { text.split(separator: " ").joined(separator: " ") }
}
