import FeedCore
import Foundation
import Testing

@testable import FeedMachine

/// A card's clock against the system's: arithmetic and judgement on given values. What a card says is not to be had
/// where none has a clock.
struct CardClockTests {
  typealias Sample = CardClockReading.Sample
  private static let now: Int64 = 1_767_000_000_000_000_000

  @Test func theNarrowestSampleCounts() throws {
    // 1,000 ns wide and 300 off its middle; the wider one is 5 us off.
    let reading = try #require(
      CardClockReading(
        [
          Sample(systemBefore: Self.now, card: Self.now + 10_000, systemAfter: Self.now + 10_000),
          Sample(systemBefore: Self.now + 20_000, card: Self.now + 20_800, systemAfter: Self.now + 21_000),
        ], isPrecise: false))
    #expect(reading.seconds == 0 && reading.nanoseconds == 300 && reading.uncertaintyNanoseconds == 500)
    #expect(CardClockReading([], isPrecise: true) == nil)
    let backwards = Sample(systemBefore: Self.now, card: Self.now, systemAfter: Self.now - 1)
    #expect(CardClockReading([backwards], isPrecise: false) == nil)
  }

  @Test func wholeSecondsAreTheScale() throws {
    func reading(_ card: Int64) throws -> CardClockReading {
      try #require(
        CardClockReading(
          [Sample(systemBefore: Self.now, card: Self.now &+ card, systemAfter: Self.now)], isPrecise: true))
    }
    #expect(try reading(37_000_000_000 - 450).seconds == 37)
    #expect(try reading(37_000_000_000 - 450).nanoseconds == -450)
    #expect(try reading(-500_000_001).seconds == -1 && reading(-500_000_001).nanoseconds == 499_999_999)
    #expect(try reading(.max).uncertaintyNanoseconds == 0, "a wild clock traps nobody")
  }

  private static func check(
    seconds: Int64 = 37, _ nanoseconds: Int64, uncertainty: Int64 = 0, precise: Bool = true
  ) throws -> String {
    let sample = Sample(
      systemBefore: now - uncertainty, card: now + seconds * 1_000_000_000 + nanoseconds, systemAfter: now + uncertainty)
    let reading = try #require(CardClockReading([sample], isPrecise: precise))
    return lines([Doctor.judge("eth1", device: 2, .success(reading))])[0]
  }

  @Test func limitsAreNamed() throws {
    #expect(
      try Self.check(-420)
        == "pass clock eth1: ptp2 is -420 ns off the system clock (both stamped by the card), counts TAI, 37 s ahead")
    #expect(
      try Self.check(seconds: 0, 9_000, uncertainty: 1_000, precise: false)
        == "pass clock eth1: ptp2 is +9.0 us off the system clock (to 1.0 us), counts UTC")
    #expect(try Self.check(10_001).hasPrefix("warn clock eth1: ptp2 is +10.0 us off"))
    // Near, as far as can be told; but that is not far.
    #expect(try Self.check(0, uncertainty: 20_000, precise: false).hasPrefix("warn clock"))
    #expect(try Self.check(100_000_000).hasPrefix("warn clock"))
    #expect(
      try Self.check(-100_000_001)
        == "fail clock eth1: ptp2 is -100.0 ms off the system clock (both stamped by the card), counts TAI, 37 s ahead; "
        + "limit 100 ms: nobody sets it, and its stamps are not taken")
    #expect(try Self.check(seconds: 36, 100).hasSuffix("counts 36 s ahead: neither UTC nor TAI"))
  }

  @Test func whyThereIsNoReadingIsSaid() {
    func check(_ code: Int32) -> DoctorCheck { Doctor.judge("eth1", device: 2, .failure(.init(code: code))) }
    #expect(check(EACCES).detail == "this user may not read /dev/ptp2" && check(EACCES).remedy.contains("udev"))
    #expect(check(ENOENT).detail == "/dev/ptp2 is not there")
    #expect(check(EOPNOTSUPP).detail.contains("cannot be held against the system clock"))
    #expect(
      lines([Doctor.withoutClock("eth1")])
        == ["skipped clock eth1: the card has no PTP clock: the kernel stamps its packets"])
    // No card here has clock 1,000,000.
    guard case .failure(let failure) = CardClockReading.measure(device: 1_000_000) else {
      Issue.record("read a clock that is not there")
      return
    }
    #expect(failure.code == ENOENT)
  }

  /// Where this machine has a clock.
  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/ptp0"), "no /dev/ptp0 here"))
  func aClockThatIsThereIsRead() {
    guard case .success(let reading) = CardClockReading.measure(device: 0) else { return }
    #expect(reading.nanoseconds.magnitude <= 500_000_000 && reading.uncertaintyNanoseconds >= 0)
  }

  /// Found through the card's device, or told by its driver; below a VLAN, too.
  @Test func aCardsClockIsFound() throws {
    let folder = MachineFolder.server()
    #expect(try folder.machine().nic("eth1")?.ptp == 0, "told by the driver")
    folder.write("/sys/bus/pci/devices/0000:17:00.0/ptp/ptp3")
    #expect(try folder.machine().nic("eth0")?.ptp == 3)
  }
}
