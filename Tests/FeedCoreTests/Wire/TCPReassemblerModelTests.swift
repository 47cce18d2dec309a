import Testing

@testable import FeedCore

/// A stream cut into segments that are lost, repeated, cut anew, spoilt and shuffled, against a slow reference: one
/// optional byte for each position, where the first that comes stays.
@Suite struct TCPReassemblerModelTests {
  private struct Cut {
    var start: Int
    var bytes: [UInt8]
  }

  private enum Piece: Equatable {
    case bytes([UInt8])
    case hole(Int)
  }

  private static func segments(of stream: [UInt8], _ random: inout BookTestRandom) -> [Cut] {
    var cuts: [Cut] = []
    var offset = 0
    while offset < stream.count {
      let length = min(1 + random.below(random.chance(100) ? 200 : 20), stream.count - offset)
      cuts.append(Cut(start: offset, bytes: Array(stream[offset..<(offset + length)])))
      offset += length
    }
    cuts.removeAll { $0.start > 0 && random.chance(60) }
    // Copies with other borders; sometimes with other bytes, one of which differs surely.
    for _ in 0..<(cuts.count / 4) {
      let start = random.below(stream.count)
      var bytes = Array(stream[start..<min(stream.count, start + 2 + random.below(40))])
      if random.chance(200) { bytes[random.below(bytes.count)] ^= 0x80 }
      if bytes.count > 1 { cuts.insert(Cut(start: start, bytes: bytes), at: 1 + random.below(cuts.count)) }
    }
    // Out of order, but the first segment starts the stream.
    for index in cuts.indices.dropFirst() where random.chance(300) {
      cuts.swapAt(index, min(cuts.count - 1, index + random.below(12)))
    }
    return cuts
  }

  private static func pieces(_ reassembler: inout TCPReassembler, into pieces: inout [Piece]) {
    while let event = reassembler.nextEvent() {
      switch event {
      case .bytes(let new, _):
        if case .bytes(let before)? = pieces.last {
          pieces[pieces.count - 1] = .bytes(before + new)
        } else {
          pieces.append(.bytes(new))
        }
      case .hole(let length): pieces.append(.hole(Int(length)))
      case .start, .end: break
      }
    }
  }

  private static func run(
    _ cuts: [Cut], from first: UInt32, _ limits: TCPReassembler.Limits
  ) -> (pieces: [Piece], counters: TCPCounters) {
    var reassembler = TCPReassembler(limits: limits)
    var pieces: [Piece] = []
    for (index, cut) in cuts.enumerated() {
      cut.bytes.withUnsafeBytes { bytes in
        let segment = TCPSegment(
          payload: bytes, declaredPayloadLength: bytes.count, sequenceNumber: first &+ UInt32(cut.start), flags: 0x10,
          source: IPAddress(ipv4: 1), destination: IPAddress(ipv4: 2), sourcePort: 3, destinationPort: 4)
        reassembler.take(segment, packetIndex: UInt64(index), at: 0)
      }
      Self.pieces(&reassembler, into: &pieces)
      #expect(reassembler.heldLength <= limits.heldLengthMaximum)
      #expect(reassembler.held.count <= limits.heldPieceCountMaximum)
      #expect(reassembler.heldLength == reassembler.held.reduce(0) { $0 + $1.bytes.count })
      #expect(zip(reassembler.held, reassembler.held.dropFirst()).allSatisfy { $0.end <= $1.start && $0.start < $0.end })
    }
    reassembler.takeEnd()
    Self.pieces(&reassembler, into: &pieces)
    return (pieces, reassembler.counters)
  }

  /// Keep-alives, whose byte means nothing, are segments of one byte: none is among the copies, and a single byte of
  /// the stream itself is right wherever it stands.
  @Test func everyByteComesOnceAndEveryHoleIsNamed() {
    var random = BookTestRandom(seed: BookTestRandom.seed())
    for round in 0..<400 {
      let stream = (0..<(1 + random.below(3000))).map { _ in UInt8(random.below(128)) }
      let cuts = Self.segments(of: stream, &random)
      var kept = [UInt8?](repeating: nil, count: stream.count)
      for cut in cuts {
        for (index, byte) in cut.bytes.enumerated() where kept[cut.start + index] == nil {
          kept[cut.start + index] = byte
        }
      }
      var expected: [Piece] = []
      // What was lost at the very end is not known to be missing.
      for byte in kept[...(kept.lastIndex { $0 != nil } ?? 0)] {
        switch (byte, expected.last) {
        case (let byte?, .bytes(let before)): expected[expected.count - 1] = .bytes(before + [byte])
        case (let byte?, _): expected.append(.bytes([byte]))
        case (nil, .hole(let length)): expected[expected.count - 1] = .hole(length + 1)
        case (nil, _): expected.append(.hole(1))
        }
      }
      let (pieces, _) = Self.run(cuts, from: UInt32(truncatingIfNeeded: random.next()), TCPReassembler.Limits())
      #expect(pieces == expected, "round \(round)")
      if pieces != expected { return }
    }
  }

  /// With little room holes are given up early: what comes is still the stream, byte for byte in its place.
  @Test func withinTightLimitsNoByteStandsInAWrongPlace() {
    var random = BookTestRandom(seed: BookTestRandom.seed())
    for round in 0..<400 {
      let stream = (0..<(1 + random.below(3000))).map { _ in UInt8(random.below(128)) }
      let cuts = Self.segments(of: stream, &random)
      var limits = TCPReassembler.Limits()
      limits.heldLengthMaximum = random.below(300)
      limits.heldPieceCountMaximum = random.below(8)
      let (pieces, counters) = Self.run(cuts, from: .max &- UInt32(random.below(3000)), limits)
      var position = 0
      var holes = 0
      for piece in pieces {
        switch piece {
        case .bytes(let bytes):
          let original = stream[position..<(position + bytes.count)]
          // A spoilt copy may have come first; it differs in the bit that the stream leaves clear.
          #expect(zip(original, bytes).allSatisfy { $0 == $1 & 0x7F }, "round \(round)")
          position += bytes.count
        case .hole(let length):
          holes += length
          position += length
        }
      }
      #expect(position <= stream.count)
      #expect(counters.holeLength == UInt64(holes))
      let lastByte = cuts.map { $0.start + $0.bytes.count }.max() ?? 0
      #expect(position == lastByte, "round \(round)")
    }
  }
}
