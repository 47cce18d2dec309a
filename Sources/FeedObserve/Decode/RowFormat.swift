/// The forms in which `feedh decode` prints messages.
public enum RowFormat: String, Sendable, CaseIterable {
  case table
  case ndjson
  case csv
}
