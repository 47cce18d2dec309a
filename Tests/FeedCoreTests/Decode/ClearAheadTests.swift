import Testing

@testable import FeedCore

/// A message that empties all books of a channel concerns those that are there, not such as a later message names:
/// however many messages are decoded ahead.
struct ClearAheadTests {
  @Test func aPITCHUnitClearIsNotPartOfABookThatIsNamedLater() {
    func digest(_ packetsPerFlush: Int) -> UInt64? {
      let harness = CoreHarness(feedProtocol: .pitch, stream: 3)
      harness.packetsPerFlush = packetsPerFlush
      harness.trust(.ok)
      harness.send(PITCH.time(34_200))
      harness.send(PITCH.unitClear(1))
      harness.send(PITCH.addShort(7, "B", 300, "ZVZZT", 1_234, at: 5))
      harness.flush()
      return harness.digest("ZVZZT")
    }
    #expect(digest(1) != nil && digest(1) == digest(64))
  }

  @Test func aCMEChannelResetIsNotPartOfABookThatIsNamedLater() {
    func digest(_ isOnePacket: Bool) -> UInt64? {
      let harness = DerivativesHarness(.cmeMDP3)
      harness.trust(.ok)
      let messages = [CMEBytes.channelReset, CMEBytes.future(7, "ESM3", tick: 250_000_000)]
      let header = LittleBytes().u32(1).u64(CMEBytes.time).bytes
      if isOnePacket {
        harness.send(messages, header: header)
      } else {
        for message in messages { harness.send(message, header: header) }
      }
      return harness.core.books.header(of: harness.instrument("ESM3"))?.pointee.digest
    }
    #expect(digest(true) != nil && digest(true) == digest(false))
  }
}
