import Testing

@testable import FeedCore

/// Segments that `FrameParser.parse` discards, for those who put streams together.
@Suite struct SegmentWithoutPayloadTests {
  private func segment(_ frame: [UInt8], wireLength: Int? = nil) -> (sequence: UInt32, flags: UInt8, lost: Int)? {
    // In memory of exactly that length: a read beyond it is found by the address sanitizer.
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, frame.count), alignment: 1)
    defer { memory.deallocate() }
    memory.copyBytes(from: frame)
    let packet = Packet(
      bytes: UnsafeRawPointer(memory.baseAddress!), captureNanoseconds: 0, capturedLength: UInt32(frame.count),
      wireLength: UInt32(wireLength ?? frame.count), recordIndex: 0, fileIndex: 0, linkType: .ethernet)
    guard let segment = FrameParser(verifyChecksums: false).segmentWithoutPayload(packet) else { return nil }
    #expect(segment.payloadLength == 0 && segment.sourcePort == 51000 && segment.destinationPort == 26400)
    return (segment.sequenceNumber, segment.flags, segment.declaredPayloadLength)
  }

  private func frame(_ payload: [UInt8], flags: UInt8) -> [UInt8] {
    TestFrame.ethernet(0x0800, TestFrame.ipv4(TestFrame.tcp(payload, flags: flags), protocol: 6))
  }

  @Test func connectionSetUpAndEndComeOut() throws {
    for flags in [TransportView.tcpSYN, TransportView.tcpFIN, TransportView.tcpRST, TransportView.tcpACK] {
      let bytes = frame([], flags: flags)
      #expect(outcome(bytes) == .discarded(.emptyPayload))
      let found = try #require(segment(bytes))
      #expect(found == (0x0102_0304, flags, 0))
      // Ethernet pads short frames.
      #expect(try #require(segment(bytes + [0, 0, 0, 0])) == (0x0102_0304, flags, 0))
    }
    let six = TestFrame.ethernet(0x86DD, TestFrame.ipv6(TestFrame.tcp([], flags: 2), next: 6))
    #expect(segment(six)?.flags == 2)
  }

  @Test func aSegmentCutBeforeItsPayloadSaysHowMuchIsMissing() throws {
    let whole = frame(Array("feedh".utf8), flags: 0x18)
    #expect(segment(whole) == nil)
    let cut = Array(whole.dropLast(5))
    #expect(try #require(segment(cut, wireLength: whole.count)) == (0x0102_0304, 0x18, 5))
    for length in 0..<cut.count { #expect(segment(Array(cut[..<length]), wireLength: whole.count) == nil) }
  }

  @Test func otherFramesAreNone() {
    #expect(segment(TestFrame.plain) == nil)
    #expect(segment(TestFrame.ethernet(0x0800, TestFrame.ipv4(TestFrame.udp([])))) == nil)
    var bad = TestFrame.tcp([])
    bad[12] = 0x40
    #expect(segment(TestFrame.ethernet(0x0800, TestFrame.ipv4(bad, protocol: 6))) == nil)
  }
}
