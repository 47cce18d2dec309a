/// Lets the cores that each read the capture stop behind the same packet, so that a run that is ended early leaves
/// the same books on every core.
///
/// A core that is told to stop says how far it is and waits for the others to say so too; all then go on to where the
/// first of them is. A core whose input ended has said so for good.
final class StopAgreement: Sendable {
  private static let unknown = UInt64.max
  private let positions: [SharedWord]

  init(readers: Int) { positions = (0..<readers).map { _ in SharedWord(Self.unknown) } }

  /// This core has taken `position` packets and is to stop. Returns after how many every core stops.
  ///
  /// Waits for the others' answers: at most one duty cycle of theirs, once all have been told.
  func agree(core: Int, position: UInt64) -> UInt64 {
    say(core: core, position: position)
    return positions.reduce(0) { farthest, word in
      var wait = SpinWait(threads: positions.count)
      var theirs = word.observe()
      while theirs == Self.unknown {
        wait.again()
        theirs = word.observe()
      }
      return max(farthest, theirs)
    }
  }

  /// This core's input ended behind `position` packets: it has no say any more, but the others may wait for it.
  func leave(core: Int, position: UInt64) { say(core: core, position: position) }

  /// The first answer counts: a command that came twice must not move the place that was agreed.
  private func say(core: Int, position: UInt64) {
    if positions[core].observe() == Self.unknown { positions[core].publish(position) }
  }
}
