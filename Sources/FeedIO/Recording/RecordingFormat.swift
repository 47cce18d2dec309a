/// How recorded packets are written. Both are read by every reader of captures, and keep whole nanoseconds.
public enum RecordingFormat: String, Sendable, CaseIterable {
  /// One link type per file; nothing says what was lost.
  case pcap
  /// Interfaces with their names; packets lost before a packet stand in it, and all figures at the end of a file.
  case pcapng

  /// What a file's name ends in.
  public var suffix: String { "." + rawValue }
}
