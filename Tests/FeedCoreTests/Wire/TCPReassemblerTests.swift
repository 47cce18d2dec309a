import Testing

@testable import FeedCore

/// One direction of a connection, fed by hand; what comes out is written down in one line.
private struct Direction {
  var reassembler: TCPReassembler
  var packetIndex: UInt64 = 0
  var log: [String] = []

  init(_ change: (inout TCPReassembler.Limits) -> Void = { _ in }) {
    var limits = TCPReassembler.Limits()
    change(&limits)
    reassembler = TCPReassembler(limits: limits)
  }

  mutating func take(
    _ sequenceNumber: UInt32, _ text: String = "", flags: UInt8 = TransportView.tcpACK, cutBy: Int = 0,
    at nanoseconds: UInt64 = 0
  ) {
    Array(text.utf8).withUnsafeBytes { bytes in
      let segment = TCPSegment(
        payload: bytes, declaredPayloadLength: bytes.count + cutBy, sequenceNumber: sequenceNumber, flags: flags,
        source: IPAddress(ipv4: 1), destination: IPAddress(ipv4: 2), sourcePort: 3, destinationPort: 4)
      reassembler.take(segment, packetIndex: packetIndex, at: nanoseconds)
    }
    packetIndex += 1
    drain()
  }

  mutating func takeEnd() {
    reassembler.takeEnd()
    drain()
  }

  private mutating func drain() {
    while let event = reassembler.nextEvent() {
      switch event {
      case .start(let behindSYN): log.append(behindSYN ? "SYN" : "start")
      case .bytes(let bytes, let packetIndex):
        log.append("\(packetIndex):" + String(decoding: bytes, as: UTF8.self))
      case .hole(let length): log.append("hole \(length)")
      case .end: log.append("end")
      }
    }
  }

  var text: String { log.joined(separator: " ") }
  var counters: TCPCounters { reassembler.counters }
}

private let syn = TransportView.tcpSYN
private let fin = TransportView.tcpFIN
private let rst = TransportView.tcpRST

/// RFC 9293: what a receiver does with segments, told from a capture.
@Suite struct TCPReassemblerTests {
  @Test func aSYNTakesANumberAndTheBytesFollowIt() {
    var direction = Direction()
    direction.take(999, flags: syn)
    direction.take(1000, "abc")
    direction.take(1003, "de")
    direction.take(1005, flags: fin)
    #expect(direction.text == "SYN 1:abc 2:de end")
    #expect(direction.counters.segments == 2 && direction.counters.midStreamStarts == 0)
  }

  @Test func withoutASYNTheFirstSegmentStartsTheStream() {
    var direction = Direction()
    direction.take(77)
    direction.take(1000, "abc")
    direction.take(1003, "d")
    direction.takeEnd()
    #expect(direction.text == "start 1:abc 2:d end")
    #expect(direction.counters.midStreamStarts == 1)
  }

  @Test func aRetransmissionIsDropped() {
    var direction = Direction()
    direction.take(1000, "abcdef")
    direction.take(1000, "abcdef")
    direction.take(1002, "cd")
    direction.take(1006, "g")
    #expect(direction.text == "start 0:abcdef 3:g")
    #expect(direction.counters.retransmissions == 2 && direction.counters.conflictingBytes == 0)
  }

  @Test func otherBytesInTheSamePlaceAreCountedAndTheFirstKept() {
    var direction = Direction()
    direction.take(1000, "abcdef")
    direction.take(1002, "cXXfg")
    direction.take(1010, "klmn")
    direction.take(1012, "MN")
    direction.take(1007, "hijklm")
    #expect(direction.text == "start 0:abcdef 1:g 4:hij 2:klmn")
    // X and X for d and e, then f for f; M, N for m, n; then k, l, m alike. "cXXfg" has its f where f was.
    #expect(direction.counters.conflictingBytes == 4)
    #expect(direction.counters.overlaps == 2 && direction.counters.retransmissions == 1)
  }

  @Test func onlyRememberedBytesAreCompared() {
    var direction = Direction { $0.historyLength = 4 }
    direction.take(1000, "abcdefgh")
    direction.take(1008, "i")
    direction.take(1000, "XXXXXXXX")
    // Five to eight of the nine delivered bytes are remembered.
    #expect((3...8).contains(direction.counters.conflictingBytes))
    #expect(direction.text == "start 0:abcdefgh 1:i")
  }

  @Test func overlapInFrontAndBehindGivesEachByteOnce() {
    var front = Direction()
    front.take(1000, "abcd")
    front.take(1002, "cdef")
    #expect(front.text == "start 0:abcd 1:ef")
    #expect(front.counters.overlaps == 1)
    var behind = Direction()
    behind.take(1000, "a")
    behind.take(1003, "def")
    behind.take(1001, "bcde")
    #expect(behind.text == "start 0:a 2:bc 1:def")
    #expect(behind.counters.overlaps == 1 && behind.counters.outOfOrder == 1)
  }

  @Test func aSegmentOverSeveralHeldOnesFillsWhatIsBetween() {
    var direction = Direction()
    direction.take(1000, "a")
    direction.take(1007, "hi")
    direction.take(1003, "d")
    direction.take(1002, "cdefghij")
    #expect(direction.text == "start 0:a")
    direction.take(1001, "b")
    #expect(direction.text == "start 0:a 4:b 3:c 2:d 3:efg 1:hi 3:j")
  }

  @Test func numbersWrap() {
    var direction = Direction()
    direction.take(0xFFFF_FFFD, flags: syn)
    direction.take(0xFFFF_FFFE, "ab")
    direction.take(1, "de")
    direction.take(0, "c")
    direction.take(0xFFFF_FFFE, "abcde")
    direction.take(3, "f")
    #expect(direction.text == "SYN 1:ab 3:c 2:de 5:f")
    #expect(direction.counters.retransmissions == 1)
  }

  @Test func aKeepAliveIsNoByteOfTheStream() {
    var direction = Direction()
    direction.take(1000, "abc")
    direction.take(1002, "\0")
    direction.take(1002)
    direction.take(1003, "d")
    #expect(direction.text == "start 0:abc 3:d")
    #expect(direction.counters.keepAlives == 1 && direction.counters.conflictingBytes == 0)
    // With a hole before, the number is one below what the sender sent last.
    direction.take(1006, "gh")
    direction.take(1007, "\0")
    #expect(direction.counters.keepAlives == 2 && direction.counters.conflictingBytes == 0)
  }

  @Test func aFINEndsTheStreamOnlyWhenItIsReached() {
    var direction = Direction()
    direction.take(1000, "a")
    direction.take(1003, "d", flags: fin)
    #expect(direction.text == "start 0:a")
    direction.take(1001, "bc")
    #expect(direction.text == "start 0:a 2:bc 1:d end")
    // Late copies after the end begin nothing.
    direction.take(1003, "d", flags: fin)
    direction.take(1004, flags: fin)
    #expect(direction.text == "start 0:a 2:bc 1:d end")
  }

  @Test func aRSTEndsTheStreamAtOnce() {
    var direction = Direction()
    direction.take(1000, "a")
    direction.take(1003, "d")
    direction.take(1001, flags: rst)
    #expect(direction.text == "start 0:a hole 2 1:d end")
    direction.take(1001, flags: rst)
    direction.takeEnd()
    #expect(direction.text == "start 0:a hole 2 1:d end")
  }

  @Test func anotherSYNIsAnotherStream() {
    var direction = Direction()
    direction.take(999, flags: syn)
    direction.take(1000, "abc")
    // The same SYN again is a retransmission.
    direction.take(999, flags: syn)
    direction.take(1005, "f")
    direction.take(500, "\0xyz", flags: syn)
    direction.take(505, "!")

    #expect(direction.text == "SYN 1:abc hole 2 3:f end SYN 4:\0xyz 5:!")
  }

  @Test func newPayloadAfterTheEndIsAnotherStream() {
    var direction = Direction()
    direction.take(1000, "a", flags: fin)
    direction.take(0x8000_0000, "b")
    #expect(direction.text == "start 0:a end start 1:b")
  }

  @Test func numbersFarBehindNeedASecondSegmentThatContinuesThem() {
    var direction = Direction()
    direction.take(0x7000_0000, "abc")
    direction.take(0x1000_0000, "xyz")
    direction.take(0x7000_0003, "d")
    #expect(direction.text == "start 0:abc 2:d")
    direction.take(0x2000_0000, "uvw")
    direction.take(0x2000_0003, "xyz")
    #expect(direction.text == "start 0:abc 2:d end start 3:uvw 4:xyz")
    #expect(direction.counters.farBehind == 3)
  }

  // MARK: Holes

  @Test func aHoleIsGivenUpWhenTooManyBytesWait() {
    var direction = Direction { $0.heldLengthMaximum = 6 }
    direction.take(1000, "a")
    direction.take(1003, "def")
    direction.take(1006, "ghi")
    #expect(direction.text == "start 0:a")
    direction.take(1010, "k")
    #expect(direction.text == "start 0:a hole 2 1:def 2:ghi")
    direction.take(1009, "j")
    #expect(direction.text == "start 0:a hole 2 1:def 2:ghi 4:j 3:k")
    // Too late: the hole is passed.
    direction.take(1001, "bc")
    #expect(direction.log.count == 7)
    #expect(direction.counters.holes == 1 && direction.counters.holeLength == 2)
  }

  @Test func aHoleIsGivenUpWhenTooManyPiecesWait() {
    var direction = Direction { $0.heldPieceCountMaximum = 2 }
    direction.take(1000, "a")
    for offset in [2, 4, 6] as [UInt32] { direction.take(1000 + offset, "x") }
    #expect(direction.text == "start 0:a hole 1 1:x")
    direction.takeEnd()
    #expect(direction.text == "start 0:a hole 1 1:x hole 1 2:x hole 1 3:x end")
  }

  @Test func aHoleIsGivenUpWhenItIsTooOld() {
    var direction = Direction { $0.holeNanosecondsMaximum = 100 }
    direction.take(1000, "a", at: 50)
    direction.take(1002, "c", at: 60)
    direction.take(1003, "d", at: 159)
    #expect(direction.text == "start 0:a")
    direction.take(1005, "f", at: 160)
    // The second hole is known from 160 on.
    #expect(direction.text == "start 0:a hole 1 1:c 2:d")
    direction.take(1006, "g", at: 259)
    #expect(direction.log.count == 5)
    direction.take(1007, "h", at: 260)
    #expect(direction.text == "start 0:a hole 1 1:c 2:d hole 1 3:f 4:g 5:h")
  }

  @Test func whatTheSnapLengthCutIsAHoleAtOnce() {
    var direction = Direction()
    direction.take(1000, "abc", cutBy: 4)
    direction.take(1007, "h")
    #expect(direction.text == "start 0:abc hole 4 1:h")
    #expect(direction.counters.holeLength == 4)
    direction.take(1008, "", cutBy: 2)
    direction.take(1010, "k")
    #expect(direction.text == "start 0:abc hole 4 1:h hole 2 3:k")
  }

  @Test func aCutRangeThatAnotherSegmentBroughtIsNoHole() {
    var before = Direction()
    before.take(1000, "a")
    before.take(1003, "def")
    before.take(1001, "b", cutBy: 4)
    #expect(before.text == "start 0:a 2:b hole 1 1:def")
    var after = Direction()
    after.take(1000, "a")
    after.take(1003, "d", cutBy: 4)
    after.take(1005, "f")
    after.take(1001, "bc")
    #expect(after.text == "start 0:a 3:bc 1:d hole 1 2:f hole 2")
  }
}
