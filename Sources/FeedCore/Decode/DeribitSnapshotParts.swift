/// Which book a snapshot channel is in the middle of. A book may come in several 1004 of one change id, which carry no
/// number: behind a hole, and at the start, a book is read only from where its beginning is sure: behind another
/// book's last part, another message, or the cycle's start.
struct DeribitSnapshotParts: BitwiseCopyable {
  enum Part { case begins, goesOn, unsure }

  /// Place of the book under way, -1: none.
  private(set) var place = -1
  private var changeId: UInt64 = 0
  /// What comes next is the beginning of a book, not a later part of one.
  var isAtBeginning = false
  /// The book under way is taken, not only stepped over.
  var isTaken = false

  mutating func take(place: Int, changeId: UInt64, isLast: Bool) -> Part {
    if self.place == place, self.changeId == changeId {
      isAtBeginning = isLast
      if isLast { self.place = -1 }
      return .goesOn
    }
    let isSure = isAtBeginning
    isAtBeginning = isLast
    guard isSure else { return .unsure }
    self.place = isLast ? -1 : place
    self.changeId = changeId
    return .begins
  }

  /// The rest of the book under way does not come.
  mutating func abort() {
    place = -1
    isTaken = false
  }
}
