/// Figures of one core that other threads may read at any time.
public struct CoreProgress: Sendable {
  let packetsWord = SharedWord()
  let messagesWord = SharedWord()
  let clockWord = SharedWord()
  let bytesWord = SharedWord()
  // Of live runs only.
  let gapsWord = SharedWord()
  let lostWord = SharedWord()
  let longestCycleWord = SharedWord()
  let recentCycleWord = SharedWord()
  let stallsWord = SharedWord()
  let cyclesWord = SharedWord()
  let ringWaitsWord = SharedWord()
  let ringFillWord = SharedWord()
  let booksWord = SharedWord()
  let booksNotOkWord = SharedWord()
  let gateWord = SharedWord()
  /// Packets of each line of the channels that this core frames.
  public let lineCounts: LineCounts

  init(channelCount: Int) { lineCounts = LineCounts(channelCount: channelCount) }

  public var packets: UInt64 { packetsWord.glance() }
  public var messages: UInt64 { messagesWord.glance() }
  /// Capture clock, Unix nanoseconds.
  public var clock: UInt64 { clockWord.glance() }
  /// Bytes of the captures walked.
  public var bytes: UInt64 { bytesWord.glance() }
  /// Gaps whose window closed, and messages lost by them.
  public var gaps: UInt64 { gapsWord.glance() }
  public var messagesLost: UInt64 { lostWord.glance() }
  /// The longest duty cycle so far, ticks, and those over the limit.
  public var longestCycleTicks: UInt64 { longestCycleWord.glance() }
  public var stalls: UInt64 { stallsWord.glance() }
  /// Duty cycles so far; `.max`: the core has ended its work.
  public var cycles: UInt64 { cyclesWord.glance() }
  /// Times that it waited for a core with shards because its ring was full, and the most batches that one was behind.
  public var ringFullWaits: UInt64 { ringWaitsWord.glance() }
  public var ringFillMax: UInt64 { ringFillWord.glance() }
  /// Instruments of this core, and those whose book is not ok, when they were last counted.
  public var books: UInt64 { booksWord.glance() }
  public var booksNotOk: UInt64 { booksNotOkWord.glance() }
  /// Its shards let orders out, as far as arming decides it.
  public var isArmed: Bool { gateWord.glance() & Self.armed != 0 }
  public var isKillSwitchEngaged: Bool { gateWord.glance() & Self.killed != 0 }

  /// The longest duty cycle since this was asked last, ticks. One thread's to ask.
  public func takeRecentCycleTicks() -> UInt64 {
    let longest = recentCycleWord.glance()
    recentCycleWord.note(0)
    return longest
  }

  static var armed: UInt64 { 1 }
  static var killed: UInt64 { 2 }

  func note(gateOf desk: OrderDesk) {
    gateWord.note((desk.isArmed ? Self.armed : 0) | (desk.isKillSwitchEngaged ? Self.killed : 0))
  }
}

/// What another thread may ask of a running core; taken once per duty cycle.
public enum CoreCommand: UInt8, BitwiseCopyable, Sendable {
  case engageKillSwitch
  case stop
  /// Orders may leave from now on, where nothing else refuses them. Of live runs, which start disarmed.
  case arm
  case disarm
}
