import Synchronization

/// What cores with books tell the ingest owners of their channels: what was kept for instruments that wait found no
/// room and was dropped, so that only a snapshot which reaches further serves them. A word for each channel; any core
/// writes it, the channel's owner takes it some time.
///
/// The owner listens only where somebody answers what it asks (live, or a source that stands in for servers): when a
/// core tells it depends on how far that core is behind, and a replay's results do not depend on its cores.
struct SnapshotNeeds: @unchecked Sendable {
  private static var channelsMaximum: Int { 64 }
  /// Behind the channels' words: 1 where somebody listens.
  private let words: UnsafeMutablePointer<Atomic<UInt64>>

  init() {
    let count = Self.channelsMaximum + 1
    // Whole pairs of cache lines; freed with the process, like other words that threads share.
    let raw = UnsafeMutableRawPointer.allocate(byteCount: count * 8, alignment: 128)
    words = raw.bindMemory(to: Atomic<UInt64>.self, capacity: count)
    for index in 0..<count { (words + index).initialize(to: Atomic(0)) }
  }

  /// Before the first packet, one thread: what is asked for will be answered.
  func listen() { words[Self.channelsMaximum].store(1, ordering: .relaxed) }
  var isHeard: Bool { words[Self.channelsMaximum].load(ordering: .relaxed) != 0 }

  /// Any core: a snapshot has to hold everything before `number`, which is not 0.
  ///
  /// - Precondition: the channel is one of the plan's.
  func tell(channel: UInt8, before number: UInt64) {
    (words + Int(channel) & (Self.channelsMaximum - 1)).pointee.max(number, ordering: .relaxed)
  }

  /// The channel's owner: the furthest that was told since the last call; 0: nothing was.
  func take(channel: UInt8) -> UInt64 {
    let word = words + Int(channel) & (Self.channelsMaximum - 1)
    // Most of the time there is nothing, and the line stays where it is.
    return word.pointee.load(ordering: .relaxed) == 0 ? 0 : word.pointee.exchange(0, ordering: .relaxed)
  }
}
