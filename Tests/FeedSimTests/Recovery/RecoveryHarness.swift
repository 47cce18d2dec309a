import Foundation
import Testing

@testable import FeedCore
@testable import FeedSim

/// A seeded generator (SplitMix64), so that a failing run can be repeated.
struct RecoveryRandom: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }
  mutating func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

  /// Prints the seed of a test, which FEEDH_TEST_SEED repeats.
  static func seed(_ test: String = #function) -> UInt64 {
    let given = ProcessInfo.processInfo.environment["FEEDH_TEST_SEED"].flatMap { UInt64($0) }
    let seed = given ?? .random(in: 0 ... .max)
    print("\(test): seed \(seed) (FEEDH_TEST_SEED=\(seed) repeats it)")
    return seed
  }
}

let second: UInt64 = 1_000_000_000
let millisecond: UInt64 = 1_000_000

/// A message that ends with its own number, big-endian.
func numbered(_ prefix: [UInt8], _ number: UInt64) -> [UInt8] {
  prefix + (0..<8).reversed().map { UInt8(truncatingIfNeeded: number >> UInt64(8 * $0)) }
}
func number(of message: some Collection<UInt8>) -> UInt64 { message.suffix(8).reduce(0) { $0 << 8 | UInt64($1) } }

/// Messages from a datagram: the number of the first, and all of them.
struct Arrival {
  var first: UInt64
  var messages: [[UInt8]]
}

/// A slow arbiter: what came in order is delivered once, what came ahead waits.
struct SlowArbiter {
  private(set) var delivered: [UInt64] = []
  private var waiting: [UInt64: [UInt8]] = [:]
  private(set) var next: UInt64 = 1
  /// One past the highest number spoken of.
  private(set) var highest: UInt64 = 1

  /// Returns the numbers newly known to be missing.
  mutating func take(_ arrival: Arrival) -> SequenceRange? {
    for (index, message) in arrival.messages.enumerated() {
      let number = arrival.first + UInt64(index)
      if number >= next { waiting[number] = message }
    }
    let missing = arrival.first > highest ? SequenceRange(highest, arrival.first) : nil
    highest = max(highest, arrival.first + UInt64(arrival.messages.count))
    while let message = waiting.removeValue(forKey: next) {
      #expect(number(of: message) == next)
      delivered.append(number(of: message))
      next += 1
    }
    return missing
  }
}

/// Things that happen at times, in order of time and of being added.
struct EventQueue<Event> {
  /// The next one last.
  private var entries: [(at: UInt64, event: Event)] = []

  mutating func add(_ event: Event, at: UInt64) {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].at > at { low = middle + 1 } else { high = middle }
    }
    entries.insert((at, event), at: low)
  }
  var nextAt: UInt64? { entries.last?.at }
  mutating func pop() -> (at: UInt64, event: Event)? { entries.popLast() }
}

extension RecoverySettings {
  /// For simulated runs: time-outs of 1 s, 8 messages a request, four in flight, six attempts.
  static var simulated: RecoverySettings {
    var settings = RecoverySettings()
    settings.requestSpacingNanoseconds = 5 * millisecond
    settings.requestMessages = 8
    settings.attempts = 6
    settings.deadlineNanoseconds = 300 * second
    settings.snapshotTimeoutNanoseconds = 5 * second
    settings.snapshotAttempts = 8
    settings.bufferMessages = 4_096
    settings.bufferBytes = 1 << 17
    return settings
  }
}

extension RecoveryFaults {
  /// Every fault at once, mildly.
  static func all(seed: UInt64) -> RecoveryFaults {
    var faults = RecoveryFaults(seed: seed)
    faults.silence = 10
    faults.loss = 15
    faults.duplicate = 15
    faults.overlap = 20
    faults.delayNanoseconds = 1_500 * millisecond
    return faults
  }
}
