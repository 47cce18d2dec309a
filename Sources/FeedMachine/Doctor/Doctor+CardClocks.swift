import FeedObserve
import Glibc

/// The clocks of the cards that packets arrive at, held against the system's.
extension Doctor {
  /// Up to here a card's stamps and the system's may stand beside each other in one order: PTP keeps cards within a
  /// microsecond, phc2sys the system's clock within some more.
  static let cardClockNanosecondsGood: Int64 = 10_000
  /// Beyond this the card's clock is nobody's: its stamps are refused (`HardwareClock.tolerance`).
  static let cardClockNanosecondsMaximum: Int64 = 100_000_000
  /// TAI is ahead of UTC by so much since 2017.
  static let taiSeconds: Int64 = 37

  /// Reads the clock of each card of the ports. Not for recorded machines.
  public func cardClockChecks() -> [DoctorCheck] {
    goal.cards.compactMap { machine.nic($0) }.filter { $0.isPhysical }.map { card in
      guard let device = card.ptp else { return Self.withoutClock(card.interface) }
      return Self.judge(card.interface, device: device, CardClockReading.measure(device: device))
    }
  }

  static func withoutClock(_ card: String) -> DoctorCheck {
    .skipped("clock", card, "the card has no PTP clock: the kernel stamps its packets")
  }

  static func judge(
    _ card: String, device: Int, _ result: Result<CardClockReading, CardClockReading.Failure>
  ) -> DoctorCheck {
    switch result {
    case .failure(let failure): return unread(card, device: device, failure.code)
    case .success(let reading):
      let sign = reading.nanoseconds < 0 ? "-" : "+"
      let offset = "ptp\(device) is \(sign)\(Text.duration(reading.nanoseconds.magnitude)) off the system clock"
      let bound = Text.duration(reading.uncertaintyNanoseconds.magnitude)
      let way = reading.isPrecise ? "both stamped by the card" : "to \(bound)"
      let scale =
        reading.seconds == 0 ? "UTC" : reading.seconds == taiSeconds ? "TAI, 37 s ahead" : "\(reading.seconds) s ahead"
      let detail = "\(offset) (\(way)), counts \(scale)"
      // What is not known to be near is not.
      let distance = reading.nanoseconds.magnitude + reading.uncertaintyNanoseconds.magnitude
      if reading.nanoseconds.magnitude > UInt64(cardClockNanosecondsMaximum) {
        return .fail(
          "clock", card, "\(detail); limit 100 ms: nobody sets it, and its stamps are not taken",
          "run ptp4l on \(card) with phc2sys, or phc2sys -s CLOCK_REALTIME -c \(card)")
      }
      if reading.seconds != 0, reading.seconds != taiSeconds {
        return .warn(
          "clock", card, "\(detail): neither UTC nor TAI", "set the clock's offset: phc2sys -O, or restart ptp4l")
      }
      if distance > UInt64(cardClockNanosecondsGood) {
        return .warn(
          "clock", card, "\(detail); limit 10 us: its stamps and the system's are not one order",
          "let phc2sys keep them together: phc2sys -a -r")
      }
      return .pass("clock", card, detail)
    }
  }

  private static func unread(_ card: String, device: Int, _ code: Int32) -> DoctorCheck {
    let path = "/dev/ptp\(device)"
    switch code {
    case EACCES, EPERM:
      return .skipped(
        "clock", card, "this user may not read \(path)", "run doctor as root, or let a udev rule open \(path) to it")
    case ENOENT, ENODEV, ENXIO:
      return .skipped("clock", card, "\(path) is not there", "modprobe ptp, or bind the driver again")
    case EOPNOTSUPP, ENOTTY, EINVAL:
      return .skipped("clock", card, "\(path) cannot be held against the system clock by this kernel or driver")
    default: return .skipped("clock", card, "\(path) cannot be read: \(String(cString: strerror(code)))")
    }
  }
}
