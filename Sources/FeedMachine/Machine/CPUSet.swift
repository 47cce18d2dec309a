/// A set of CPU numbers, read and written in the kernel's two forms: lists ("0-3,8") and masks ("ff,ffffffff").
public struct CPUSet: Equatable, Hashable, Sendable, ExpressibleByArrayLiteral, CustomStringConvertible {
  /// Numbers are 0 ..< this; the kernel's own NR_CPUS is 8,192 at most. A text that goes beyond is not a set.
  public static let limit = 8_192

  /// A bit each, the lowest number first; no word of zeros at the end, so that equal sets have equal words.
  private var words: [UInt64] = []

  /// Numbers outside 0 ..< `limit` are left out.
  public init(_ numbers: some Sequence<Int>) {
    for number in numbers where (0..<Self.limit).contains(number) {
      while words.count <= number / 64 { words.append(0) }
      words[number / 64] |= 1 << UInt64(number % 64)
    }
  }

  public init() {}

  private init(words: [UInt64]) {
    self.words = words
    while self.words.last == 0 { self.words.removeLast() }
  }

  /// The numbers, ascending.
  public var members: [Int] {
    words.indices.flatMap { index in
      (0..<64).lazy.filter { words[index] >> UInt64($0) & 1 == 1 }.map { index * 64 + $0 }
    }
  }

  public init(arrayLiteral numbers: Int...) { self.init(numbers) }

  /// Reads a list as in `/sys/devices/system/cpu/online` or of `isolcpus=` ("1-7:1/2" takes one of each two).
  ///
  /// - Returns: nil for anything else. The empty text is the empty set.
  public init?(list text: some StringProtocol) {
    var numbers: [Int] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) where !text.isEmpty {
      guard let run = Self.run(part) else { return nil }
      numbers += run
    }
    self.init(numbers)
  }

  /// Reads a mask: hexadecimal words of 32 bits, the highest first, a comma between.
  ///
  /// - Returns: nil for anything else, the empty text too.
  public init?(mask text: some StringProtocol) {
    let words = text.split(separator: ",", omittingEmptySubsequences: false)
    if words.isEmpty || words.count > Self.limit / 32 { return nil }
    var numbers: [Int] = []
    for (position, word) in words.reversed().enumerated() {
      guard (1...8).contains(word.utf8.count), let bits = UInt32(word, radix: 16) else { return nil }
      numbers += (0..<32).filter { bits >> UInt32($0) & 1 == 1 }.map { position * 32 + $0 }
    }
    self.init(numbers)
  }

  public var isEmpty: Bool { words.isEmpty }
  public var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }
  public var first: Int? {
    if let index = words.firstIndex(where: { $0 != 0 }) { return index * 64 + words[index].trailingZeroBitCount }
    return nil
  }

  public func contains(_ number: Int) -> Bool {
    number >= 0 && number / 64 < words.count && words[number / 64] >> UInt64(number % 64) & 1 == 1
  }

  public func union(_ other: CPUSet) -> CPUSet { combined(other, |) }
  public func intersection(_ other: CPUSet) -> CPUSet { combined(other, &) }
  public func subtracting(_ other: CPUSet) -> CPUSet { combined(other) { $0 & ~$1 } }
  public func isSubset(of other: CPUSet) -> Bool { subtracting(other).isEmpty }

  private func combined(_ other: CPUSet, _ operation: (UInt64, UInt64) -> UInt64) -> CPUSet {
    CPUSet(
      words: (0..<max(words.count, other.words.count)).map { index in
        operation(index < words.count ? words[index] : 0, index < other.words.count ? other.words[index] : 0)
      })
  }

  public func filter(_ isIn: (Int) -> Bool) -> CPUSet { CPUSet(members.filter(isIn)) }

  /// "0-3,8"; empty for the empty set.
  public var list: String {
    var runs: [ClosedRange<Int>] = []
    for number in members {
      if let last = runs.last, last.upperBound + 1 == number {
        runs[runs.count - 1] = last.lowerBound...number
      } else {
        runs.append(number...number)
      }
    }
    return runs.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
      .joined(separator: ",")
  }

  /// "ff,ffffffff"; "0" for the empty set.
  public var mask: String {
    var halves = words.flatMap { [UInt32(truncatingIfNeeded: $0), UInt32(truncatingIfNeeded: $0 >> 32)] }
    if halves.isEmpty { halves = [0] }
    if halves.count > 1, halves.last == 0 { halves.removeLast() }
    return halves.reversed().enumerated().map { position, word in
      let digits = String(word, radix: 16)
      return position == 0 ? digits : String(repeating: "0", count: 8 - digits.count) + digits
    }.joined(separator: ",")
  }

  public var description: String { isEmpty ? "none" : list }

  /// "4", "0-3", or "0-15:2/8": of each 8 the first 2.
  private static func run(_ text: some StringProtocol) -> [Int]? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false).map { number($0) }
    guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1], first <= last else {
      return nil
    }
    if parts.count == 1 { return Array(first...last) }
    let steps = parts[1].split(separator: "/", omittingEmptySubsequences: false).map { number($0) }
    guard parts.count == 2, ends.count == 2, steps.count == 2, let used = steps[0], let group = steps[1],
      used > 0, used <= group
    else { return nil }
    return (first...last).filter { ($0 - first) % group < used }
  }

  private static func number(_ text: some StringProtocol) -> Int? {
    guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      let number = Int(text), number < limit
    else { return nil }
    return number
  }
}
