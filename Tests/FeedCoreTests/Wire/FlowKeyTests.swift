import Testing

@testable import FeedCore

@Suite struct FlowKeyTests {
  @Test func groupsParseAndPrint() {
    let group = IPAddress("233.54.12.111")
    #expect(group?.high == 0 && group?.low == 0x0000_FFFF_E936_0C6F)
    #expect(group?.isIPv4 == true)
    #expect(group == IPAddress(ipv4: 0xE936_0C6F))
    #expect(IPAddress("::ffff:233.54.12.111") == group)
    #expect(group?.description == "233.54.12.111")
    let six = IPAddress("ff05::1:3")
    #expect(six == IPAddress(high: 0xFF05_0000_0000_0000, low: 0x0001_0003))
    #expect(six?.description == "ff05::1:3" && six?.isIPv4 == false)
  }

  @Test(arguments: ["", "233.54.12", "233.54.12.256", "233.54.12.111:26477", "[::1]", "group", "1.2.3.4 ", "::1%eth0"])
  func otherTextIsNoAddress(text: String) {
    #expect(IPAddress(text) == nil)
  }

  @Test func flowsPrintAsGroupAndPort() {
    #expect(
      FlowKey(destination: IPAddress("233.54.12.111")!, destinationPort: 26477, fileIndex: 2).description
        == "233.54.12.111:26477")
    #expect(
      FlowKey(destination: IPAddress("ff05::1")!, destinationPort: 26477, fileIndex: 0).description
        == "[ff05::1]:26477")
  }

  @Test func fileGroupAndPortTellFlowsApart() {
    var keys: Set<FlowKey> = []
    var hashes: Set<UInt64> = []
    for file in UInt16(0)..<8 {
      for port in UInt16(26400)..<26480 {
        for group in ["233.54.12.111", "233.54.12.112", "ff05::1"] {
          let key = FlowKey(destination: IPAddress(group)!, destinationPort: port, fileIndex: file)
          keys.insert(key)
          hashes.insert(key.hash64)
        }
      }
    }
    #expect(keys.count == 8 * 80 * 3 && hashes.count == keys.count)
  }
}
