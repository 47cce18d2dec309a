/// Rows of text in aligned columns.
public struct TextTable {
  public enum Alignment: Sendable { case left, right }

  private let alignments: [Alignment]
  private var rows: [[String]] = []

  public init(_ columns: [(name: String, alignment: Alignment)]) {
    alignments = columns.map(\.alignment)
    rows.append(columns.map(\.name))
  }

  public mutating func append(_ row: [String]) {
    assert(row.count == alignments.count)
    rows.append(row)
  }

  /// Lines without spaces at their ends, the column names first.
  public var lines: [String] {
    let widths = alignments.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      var line = ""
      for column in row.indices {
        if column > 0 { line += "  " }
        line += alignments[column] == .left
          ? Text.left(row[column], widths[column]) : Text.right(row[column], widths[column])
      }
      while line.last == " " { line.removeLast() }
      return line
    }
  }
}
