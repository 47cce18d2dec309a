/// How a card's clock becomes Unix time: a line through two moments at which both clocks were read.
struct DeviceTime: BitwiseCopyable, Equatable {
  /// A moment of both clocks.
  struct Moment: BitwiseCopyable, Equatable {
    var ticks: UInt64
    var nanoseconds: UInt64
  }

  var moment: Moment
  /// Nanoseconds of one tick, in units of 2^-32.
  var nanosecondsPerTick32: UInt64

  /// Nil: no tick, or no time, lies between the two, or a rate that no clock has (below 1 MHz, above 1 THz).
  init?(_ first: Moment, _ second: Moment) {
    let ticks = second.ticks &- first.ticks
    let (nanoseconds, isBack) = second.nanoseconds.subtractingReportingOverflow(first.nanoseconds)
    guard !isBack, nanoseconds > 0, ticks > 0, ticks < 1 << 62, nanoseconds < 1 << 62 else { return nil }
    let scaled = nanoseconds.multipliedFullWidth(by: 1 << 32)
    guard scaled.high < ticks else { return nil }
    let rate = ticks.dividingFullWidth(scaled).quotient
    guard (1 << 32) / 1_000...(1 << 32) * 1_000 ~= rate else { return nil }
    moment = second
    nanosecondsPerTick32 = rate
  }

  /// Unix nanoseconds of a card's time, before or after the moment.
  @inline(__always)
  func nanoseconds(_ ticks: UInt64) -> UInt64 {
    let distance = Int64(bitPattern: ticks &- moment.ticks)
    let product = distance.magnitude.multipliedFullWidth(by: nanosecondsPerTick32)
    let nanoseconds = product.high << 32 | product.low >> 32
    return distance < 0 ? moment.nanoseconds &- nanoseconds : moment.nanoseconds &+ nanoseconds
  }
}
