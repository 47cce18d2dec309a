/// Which sequence numbers of one session a flow has shown, by itself: how many are missing between the first and the
/// last, and how many came again.
struct NumberRanges {
  /// First number known of, and one past the greatest number known of.
  private(set) var first: UInt64?
  private(set) var end: UInt64 = 0
  /// Numbers that came before already.
  private(set) var duplicates: UInt64 = 0
  /// Ranges not seen, ascending, none empty.
  private var gaps: [Range<UInt64>] = []

  /// Least and greatest number of a message; a heartbeat is none.
  private(set) var firstMessage: UInt64?
  private(set) var lastMessage: UInt64?

  var gapCount: Int { gaps.count }
  var missing: UInt64 { gaps.reduce(0) { $0 &+ Self.length($1) } }

  /// `Range.count` is an `Int`, which a jump over half of all numbers would not fit.
  private static func length(_ range: Range<UInt64>) -> UInt64 { range.upperBound &- range.lowerBound }

  /// Takes `count` messages from number `from` on. A heartbeat is none: it only says which number comes next.
  mutating func take(_ from: UInt64, count: UInt64) {
    let (sum, overflowed) = from.addingReportingOverflow(count)
    let to = overflowed ? .max : sum
    if to > from {
      firstMessage = min(firstMessage ?? from, from)
      lastMessage = max(lastMessage ?? 0, to - 1)
    }
    guard let known = first else {
      (first, end) = (from, to)
      return
    }
    if from >= end {
      if from > end { gaps.append(end..<from) }
      end = to
      return
    }
    takeEarlier(from..<to, before: known)
  }

  /// A range that begins below what is known: out of order, repeated, or both.
  private mutating func takeEarlier(_ range: Range<UInt64>, before known: UInt64) {
    if range.isEmpty { return }
    // What reaches below the first number and above the last is new.
    if range.lowerBound < known {
      if range.upperBound < known { gaps.insert(range.upperBound..<known, at: 0) }
      first = range.lowerBound
    }
    let inside = max(range.lowerBound, known)..<max(max(range.lowerBound, known), min(range.upperBound, end))
    if range.upperBound > end { end = range.upperBound }
    duplicates &+= Self.length(inside) &- fill(inside)
  }

  /// Takes `range` out of the gaps and returns how many numbers of it they held.
  private mutating func fill(_ range: Range<UInt64>) -> UInt64 {
    if range.isEmpty { return 0 }
    // Gaps that end above the range's beginning, by binary search.
    var low = 0
    var high = gaps.count
    while low < high {
      let middle = (low + high) / 2
      if gaps[middle].upperBound <= range.lowerBound { low = middle + 1 } else { high = middle }
    }
    var filled: UInt64 = 0
    var rest: [Range<UInt64>] = []
    var last = low
    while last < gaps.count, gaps[last].lowerBound < range.upperBound {
      let gap = gaps[last]
      let common = gap.clamped(to: range)
      filled += Self.length(common)
      if gap.lowerBound < common.lowerBound { rest.append(gap.lowerBound..<common.lowerBound) }
      if common.upperBound < gap.upperBound { rest.append(common.upperBound..<gap.upperBound) }
      last += 1
    }
    gaps.replaceSubrange(low..<last, with: rest)
    return filled
  }
}
