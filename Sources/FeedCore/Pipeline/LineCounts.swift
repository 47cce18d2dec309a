import Synchronization

/// Packets heard on each line of each channel: counted by the core that frames, looked at by other threads some time.
///
/// Every packet that named the line counts, whatever it brought: the first copy, a late one, a heartbeat, one that was
/// damaged behind its header. (Of a datagram of several MACH packets each.)
public struct LineCounts: @unchecked Sendable {
  /// Of a channel: 16 at most are configured, and one more where requests are answered.
  private static var linesMaximum: Int { 32 }
  private let words: UnsafeMutablePointer<Atomic<UInt64>>
  private let channelCount: Int

  init(channelCount: Int) {
    self.channelCount = channelCount
    let count = max(1, channelCount) * Self.linesMaximum
    // Whole pairs of cache lines, because neighbouring lines are fetched in pairs; freed with the process, like other
    // words that threads share.
    let raw = UnsafeMutableRawPointer.allocate(byteCount: count * 8, alignment: 128)
    words = raw.bindMemory(to: Atomic<UInt64>.self, capacity: count)
    for index in 0..<count { (words + index).initialize(to: Atomic(0)) }
  }

  /// The one writer's.
  ///
  /// - Precondition: the channel is one of the plan's.
  @inline(__always)
  func add(channel: Int, line: UInt8) {
    assert(channel >= 0 && channel < channelCount)
    let word = words + (channel &* Self.linesMaximum &+ Int(line) & (Self.linesMaximum &- 1))
    word.pointee.store(word.pointee.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
  }

  /// Any thread, some time; 0 where there is no such line.
  public func packets(channel: Int, line: Int) -> UInt64 {
    guard (0..<channelCount).contains(channel), (0..<Self.linesMaximum).contains(line) else { return 0 }
    return words[channel * Self.linesMaximum + line].load(ordering: .relaxed)
  }
}
