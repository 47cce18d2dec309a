import Testing

@testable import FeedCore

/// Wire faults of several ingest cores add up; the first of each kind stays the first.
@Suite struct WireCountersTests {
  @Test func countsAddUpAndTheLeastPlaceStays() {
    var one = WireCounters()
    one.record(.badUDPLength, fileIndex: 1, recordIndex: 7)
    one.record(.notIP, fileIndex: 0, recordIndex: 3)
    var other = WireCounters()
    other.record(.badUDPLength, fileIndex: 0, recordIndex: 90)
    other.record(.badUDPLength, fileIndex: 0, recordIndex: 91)
    other.record(.fragments, fileIndex: 2, recordIndex: 5)
    one.add(other)
    #expect(one[.badUDPLength] == 3 && one[.notIP] == 1 && one[.fragments] == 1 && one[.shortFrame] == 0)
    #expect(one.first(.badUDPLength)?.fileIndex == 0 && one.first(.badUDPLength)?.recordIndex == 90)
    #expect(one.first(.notIP)?.recordIndex == 3)
    #expect(one.first(.fragments)?.fileIndex == 2 && one.first(.shortFrame) == nil)
  }
}
