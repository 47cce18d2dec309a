/// What to do with a live message while a snapshot is, or was, under way.
public enum LiveVerdict: UInt8, Sendable, BitwiseCopyable {
  /// Apply it now.
  case deliver
  /// Do not apply it: the snapshot holds it, or it comes again.
  case drop
  /// A copy is kept; do not apply it now.
  case buffered
}
