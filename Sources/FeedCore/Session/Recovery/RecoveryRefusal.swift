/// How a server refused.
public enum RecoveryRefusal: Sendable, BitwiseCopyable, Equatable {
  /// Passes by itself: ask again after the back-off.
  case busy
  /// The request asks for too many messages: ask for fewer.
  case tooLarge
  /// Asking again would not help.
  case final(RecoveryFailure)
}
