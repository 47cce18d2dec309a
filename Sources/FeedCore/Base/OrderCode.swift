import CPlatform

/// The functions between an opportunity and its encoded pair. Each marks where its code lies when it first runs, so that
/// the code can be kept near (`WarmCode`). What is inlined marks the function that it is part of.
enum OrderCode: UInt32, CaseIterable {
  case evaluate
  case takeLevels
  case begin
  case prepare
  case sendPair
  case submit
  case judge
  case check
  case consolidatedBest
  case sendOrder
  case encodeEnter
  case encode
  case schedule

  /// A load and a branch, but for the first time.
  @inline(__always)
  func mark() { feedh_mark_code(rawValue) }

  var address: UnsafeRawPointer? { feedh_code_mark(rawValue) }
}
