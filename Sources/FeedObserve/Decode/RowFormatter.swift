import FeedCore

/// Writes decoded messages as rows of text. Made once from the protocols' layouts; a row then costs no allocation.
public protocol RowFormatter {
  /// What stands before the first row; nothing in most formats.
  func appendHeader(to buffer: inout RowBuffer)
  /// Rows from now on come from this file. Only called where rows name their file.
  mutating func beginFile(named name: String)
  /// Rows from now on are of this flow, sent by that end; nil where it is not known. Only called where rows name flows.
  mutating func beginFlow(_ flow: String?, from side: StreamSide?)
  func append(_ message: DecodedMessage, to buffer: inout RowBuffer)
}
