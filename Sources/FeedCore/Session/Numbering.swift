/// What a transport's sheet says about its numbers beyond "one more each": data the arbiter keeps beside its state.
struct Numbering: BitwiseCopyable, Sendable {
  /// How numbers can begin anew within one session name.
  enum Restart: UInt8, BitwiseCopyable, Sendable {
    /// Only by another session name; or no rule at all, where the transport has none: then a number already passed
    /// is a late copy, whatever it is.
    case never
    /// A number already passed, sent later than what was delivered last by more than the reorder window.
    case laterSendTime
    /// The same, of the number 1 alone.
    case laterSendTimeOfFirst
    /// A number already passed, either the first or beyond the reach of late copies, after a silence.
    case afterSilence
  }
  /// What a packet of kind `reset` means.
  enum Reset: UInt8, BitwiseCopyable, Sendable {
    /// It begins a session, unless it is a copy of the one that did.
    case begins
    /// Also where its number is one the channel waits for: then it only goes on.
    case mayContinue
    /// It names the session it begins: the name decides.
    case names
  }

  /// How many numbers there are before the first comes again; 0: 64 bits, which never wrap.
  var period: UInt64 = 0
  var restart = Restart.never
  var reset = Reset.begins
  /// True where packets that were sent before the session began are known by their send time.
  var tellsStaleBySendTime = false
  /// A channel is not silent before this, whatever the configuration says; `.max`: the sheet knows no sign of life,
  /// so nothing can be concluded from silence.
  var silenceNanosecondsMinimum: UInt64 = 0
}
