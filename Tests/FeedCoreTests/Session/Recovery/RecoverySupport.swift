import Testing

@testable import FeedCore

/// Bytes from hex text; spaces part it for the reader.
func hex(_ text: String) -> [UInt8] {
  let digits = text.filter { !$0.isWhitespace }
  precondition(digits.count.isMultiple(of: 2), "odd number of hex digits")
  var bytes: [UInt8] = []
  var index = digits.startIndex
  while index < digits.endIndex {
    let next = digits.index(index, offsetBy: 2)
    bytes.append(UInt8(digits[index..<next], radix: 16)!)
    index = next
  }
  return bytes
}

let millisecond: UInt64 = 1_000_000
let second: UInt64 = 1_000_000_000

extension RecoverySettings {
  /// Small round numbers: time-outs of 1 s, no spacing, 10 messages a request, 2 in flight, 3 attempts.
  static func small(_ configure: (inout RecoverySettings) -> Void = { _ in }) -> RecoverySettings {
    var settings = RecoverySettings()
    settings.answerTimeoutNanoseconds = second
    settings.requestSpacingNanoseconds = 0
    settings.requestMessages = 10
    settings.requestsInFlight = 2
    settings.attempts = 3
    settings.deadlineNanoseconds = 100 * second
    settings.gapMessages = 1_000
    settings.requestsPerSession = 1_000
    settings.snapshotAttempts = 3
    settings.snapshotTimeoutNanoseconds = 10 * second
    settings.bufferMessages = 8
    settings.bufferBytes = 64
    configure(&settings)
    return settings
  }
}

extension RecoveryCounters {
  /// The counters that are not zero, as `requestsSent 2`.
  var list: [String] {
    RecoveryCounter.allCases.filter { self[$0] > 0 }.map { "\($0.name) \(self[$0])" }
  }
}

extension [UInt8] {
  /// The bytes in memory that ends where they do, so that a sanitizer sees any read beyond.
  func exactly<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: Swift.max(1, count), alignment: 1)
    defer { copy.deallocate() }
    copy.copyBytes(from: self)
    return body(UnsafeRawBufferPointer(rebasing: copy[..<count]))
  }
}
