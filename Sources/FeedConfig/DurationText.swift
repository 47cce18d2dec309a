/// Durations as the configuration writes them, for options of the command line.
public enum DurationText {
  /// "500ms" → 500,000,000. Nil for anything else, negative ones too.
  public static func nanoseconds(_ text: String) -> UInt64? {
    if case .success(let value) = ScalarText.duration(text), value >= 0 { return UInt64(value) }
    return nil
  }
}
