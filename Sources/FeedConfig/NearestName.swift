/// Finds the name that a mistyped one was probably meant to be.
enum NearestName {
  /// The candidate with the least edit distance, where that is at most a third of the longer name; case does not count.
  /// Ties go to the earlier candidate.
  static func find(_ name: String, among candidates: [String]) -> String? {
    let wanted = Array(name.lowercased().unicodeScalars.prefix(64))
    var best: (name: String, distance: Int)?
    for candidate in candidates {
      let letters = Array(candidate.lowercased().unicodeScalars)
      let distance = editDistance(wanted, letters)
      let bound = max(wanted.count, letters.count) / 3
      if distance <= bound && distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    return best?.name
  }

  /// Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b` (optimal string alignment).
  static func editDistance<T: Equatable>(_ a: [T], _ b: [T]) -> Int {
    var beforePrevious = [Int](repeating: 0, count: b.count + 1)
    var previous = Array(0...b.count)
    for i in 0..<a.count {
      var current = [i + 1] + [Int](repeating: 0, count: b.count)
      for j in 0..<b.count {
        var least = min(previous[j + 1], current[j]) + 1
        least = min(least, previous[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] { least = min(least, beforePrevious[j - 1] + 1) }
        current[j + 1] = least
      }
      beforePrevious = previous
      previous = current
    }
    return previous[b.count]
  }
}
