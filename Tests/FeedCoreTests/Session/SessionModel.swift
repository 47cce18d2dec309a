@testable import FeedCore

/// A slow, independent account of one session of whole packets: sets of numbers, searched one by one.
///
/// It knows which numbers arrived, and for each how long it has been known to be missing; it has no table of states,
/// no held packets, no history.
struct SessionModel {
  struct Delivery: Equatable {
    var number: UInt64
    var at: UInt64
  }
  let window: UInt64
  private(set) var delivered: [Delivery] = []
  private(set) var next: UInt64?
  private(set) var lost = 0
  private(set) var gaps = 0
  private(set) var duplicates = 0
  private(set) var startsLate = false
  private var available: Set<UInt64> = []
  /// Every packet and heartbeat: one past the last number it spoke of, and when.
  private var evidence: [(end: UInt64, at: UInt64)] = []
  private var joinedAt: UInt64?

  init(window: UInt64) { self.window = window }

  var isWaiting: Bool { next.map { next in evidence.contains { $0.end > next } } ?? (joinedAt != nil) }

  /// A packet of `count` messages from `first` on; 0 = heartbeat.
  mutating func arrive(first: UInt64, count: UInt64, at time: UInt64) {
    advance(to: time)
    evidence.append((first + count, time))
    for number in first..<(first + count) {
      if next.map({ number < $0 }) ?? false || available.contains(number) { duplicates += 1 } else {
        available.insert(number)
      }
    }
    if next == nil {
      if first <= 1 { begin(at: first == 0 && count > 0 ? 0 : 1) } else if joinedAt == nil { joinedAt = time }
    }
    deliver(at: time)
  }

  mutating func advance(to time: UInt64) {
    while let due, due <= time { close(at: due) }
  }

  mutating func finish(at time: UInt64) {
    while isWaiting { close(at: time) }
  }

  /// When the number that is missing has been missing for a window.
  private var due: UInt64? {
    guard let next else { return joinedAt.map { $0 + window } }
    return evidence.filter { $0.end > next }.map(\.at).min().map { $0 + window }
  }

  private mutating func close(at time: UInt64) {
    let resume = available.min() ?? evidence.map(\.end).max()!
    guard let next else {
      begin(at: resume)
      deliver(at: time)
      return
    }
    gaps += 1
    lost += Int(resume - next)
    self.next = resume
    deliver(at: time)
  }

  private mutating func begin(at number: UInt64) {
    next = number
    startsLate = number != 1
  }

  private mutating func deliver(at time: UInt64) {
    while let number = next, available.remove(number) != nil {
      delivered.append(Delivery(number: number, at: time))
      next = number + 1
    }
  }
}
