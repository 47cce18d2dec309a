import FeedIO
import Testing

@testable import FeedObserve

/// What is said of devices whose packet buffers did not all come back.
@Suite struct LiveDeviceTests {
  private static func device(_ driver: String, buffers: Int, available: Int) -> LiveOutcome.Device {
    var figures = LiveDeviceFigures(device: "net_x0", driver: driver)
    var account = DPDKBufferAccount()
    (account.buffers, account.available) = (buffers, available)
    figures.buffers = account
    return LiveOutcome.Device(port: "feed-a", figures: figures)
  }

  @Test func buffersThatAreMissingAreAWarning() {
    #expect(LiveRun.warning(Self.device("net_ice", buffers: 7_000, available: 7_000)) == nil)
    let warning = LiveRun.warning(Self.device("net_ice", buffers: 7_000, available: 6_997))
    let expected = "port feed-a: 3 of 7,000 packet buffers were not given back by net_x0 (net_ice)"
    #expect(warning?.hasPrefix(expected) == true)
    #expect(warning?.contains("\n") == false)
  }

  @Test func deviceThatIsOpenHasNoAccount() {
    #expect(LiveRun.warning(.init(port: "a", figures: LiveDeviceFigures(device: "net_x0", driver: "net_ice"))) == nil)
  }
}
