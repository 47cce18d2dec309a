import Testing

@testable import FeedConfig

struct ScalarTextTests {
  @Test(arguments: [
    ("0", 0), ("7", 7), ("-7", -7), ("+7", 7), ("1_000_000", 1_000_000), ("9223372036854775807", Int64.max),
    ("-9223372036854775808", Int64.min), ("-0", 0),
  ])
  func integersAreReadExactly(text: String, value: Int64) {
    #expect(ScalarText.integer(text) == .success(value))
  }

  @Test(arguments: [
    ("", ScalarText.Failure.form), ("_1", .form), ("1_", .form), ("1.0", .form), ("1e3", .form), ("2.5M", .form),
    ("0x10", .form), ("--1", .form), ("NaN", .form), (".inf", .form), ("1 000", .form), ("١", .form),
    ("010", .leadingZero), ("-07", .leadingZero), ("00", .leadingZero),
    ("9223372036854775808", .tooLarge), ("-9223372036854775809", .tooLarge),
    (String(repeating: "9", count: 400), .tooLarge),
  ])
  func whatIsNoIntegerSaysWhy(text: String, failure: ScalarText.Failure) {
    #expect(ScalarText.integer(text) == .failure(failure))
  }

  @Test(arguments: [
    ("0.0030", 3_000_000), ("-0.0020", -2_000_000), ("1", 1_000_000_000), ("0.000000001", 1), ("-0", 0),
    ("1_000.5", 1_000_500_000_000), ("9223372036.854775807", Int64.max), ("0.1", 100_000_000),
  ])
  func decimalsAreReadExactly(text: String, value: Int64) {
    #expect(ScalarText.decimal(text) == .success(value))
  }

  @Test(arguments: [
    ("", ScalarText.Failure.form), (".", .form), (".5", .form), ("5.", .form), ("1e-3", .form), ("nan", .form),
    ("1,5", .form), ("1.2.3", .form), ("$1", .form), ("-", .form),
    ("0.0000000001", .tooFine), ("9223372036.854775808", .tooLarge),
    ("1" + String(repeating: "0", count: 99), .tooLarge),
  ])
  func whatIsNoDecimalSaysWhy(text: String, failure: ScalarText.Failure) {
    #expect(ScalarText.decimal(text) == .failure(failure))
  }

  @Test(arguments: [
    ("250ns", 250), ("10us", 10_000), ("10\u{B5}s", 10_000), ("10\u{3BC}s", 10_000), ("1ms", 1_000_000),
    ("5s", 5_000_000_000), ("2.5s", 2_500_000_000), ("1min", 60_000_000_000), ("1h", 3_600_000_000_000), ("0", 0),
    ("0ns", 0), ("1 ms", 1_000_000), ("0.000001ms", 1), ("60_000_000_000ns", 60_000_000_000), ("-5s", -5_000_000_000),
    ("-0.5us", -500), ("0.0000000000025h", 9),
  ])
  func durationsAreReadExactly(text: String, value: Int64) {
    #expect(ScalarText.duration(text) == .success(value))
  }

  @Test(arguments: [
    ("", ScalarText.Failure.form), ("ms", .form), ("5 parsecs", .form), ("5S", .form), ("1e3ms", .form), ("nan", .form),
    ("1.5.2s", .form), (".5s", .form), ("5", .noUnit), ("1.5", .noUnit), ("99999999999999999999", .noUnit),
    ("0.5ns", .tooFine), ("0.0000000000005h", .tooFine), ("1.0000000001s", .tooFine),
    ("0.00000000000000000001h", .tooFine),
    ("9223372036854775807s", .tooLarge), ("-9223372036854775807h", .tooLarge), ("9223372036854775808ns", .tooLarge),
  ])
  func whatIsNoDurationSaysWhy(text: String, failure: ScalarText.Failure) {
    #expect(ScalarText.duration(text) == .failure(failure))
  }

  @Test func formattedDurationsReadBack() {
    for value: Int64 in [0, 1, 999, 1_000, 10_000, 1_500_000, 5_000_000_000, 90_000_000_000, 3_600_000_000_000, .max] {
      #expect(ScalarText.duration(ScalarText.format(nanoseconds: value)) == .success(value))
    }
    #expect(ScalarText.format(nanoseconds: 1_500_000) == "1500us")
    #expect(ScalarText.format(nanoseconds: 60_000_000_000) == "60s")
  }

  @Test func formattedIntegersReadBack() {
    for value: Int64 in [0, 9_999, 10_000, 16_384, 1_000_000, .max, .min, -10_000] {
      #expect(ScalarText.integer(ScalarText.format(value)) == .success(value))
    }
    #expect(ScalarText.format(16_384) == "16_384")
    #expect(ScalarText.format(1_024) == "1024")
  }

  @Test(arguments: [
    ("233.54.12.111", "233.54.12.111", true), ("10.0.0.1", "10.0.0.1", false), ("FF15:0::1", "ff15::1", true),
    ("2001:db8::7", "2001:db8::7", false),
  ])
  func addressesAreKeptInCanonicalText(text: String, canonical: String, isMulticast: Bool) throws {
    let address = try #require(NetworkAddress(text))
    #expect(address.text == canonical)
    #expect(address.isMulticast == isMulticast)
  }

  @Test(arguments: [
    "", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "localhost", "233.54.12.111:26401", "ff15::1%eth0", "::",
    "0.0.0.0", "255.255.255.255", "1.2.3.4\0", "ff15::/16", " 1.2.3.4",
  ])
  func whatIsNoAddressIsRefused(text: String) {
    #expect(NetworkAddress(text) == nil)
  }

  @Test func nearestNameForgivesSlipsButDoesNotGuess() {
    let names = ["reorderWindow", "reorderWindowPackets", "silence", "tick"]
    #expect(NearestName.find("reorderwindow", among: names) == "reorderWindow")
    #expect(NearestName.find("reoderWindowPacket", among: names) == "reorderWindowPackets")
    #expect(NearestName.find("slience", among: names) == "silence")
    #expect(NearestName.find("zzzzz", among: names) == nil)
    #expect(NearestName.find("", among: names) == nil)
    #expect(NearestName.editDistance(Array("ab"), Array("ba")) == 1)
    #expect(NearestName.editDistance(Array(""), Array("abc")) == 3)
  }
}
