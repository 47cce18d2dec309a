extension TCPReassembler {
  /// Takes the new bytes of a segment: delivers them where they are due and nothing waits, else holds them.
  mutating func insert(_ segment: TCPSegment, at start: UInt64, _ packetIndex: UInt64) {
    let end = start &+ UInt64(segment.payloadLength)
    let declaredEnd = start &+ UInt64(segment.declaredPayloadLength)
    if start == next, held.isEmpty, end == declaredEnd {
      deliver(Array(segment.bytes), packetIndex)
      return
    }
    if start > next { counters.outOfOrder += 1 }
    noteHeld()
    var seen: UInt64 = 0
    if start < next {
      seen = min(next, declaredEnd) &- start
      compareWithHistory(segment.bytes, at: start)
    }
    if end > next { seen &+= hold(ArraySlice(segment.bytes), from: start, packetIndex) }
    if declaredEnd > max(end, next) { seen &+= holdCut(max(end, next)..<declaredEnd, packetIndex) }
    if seen == declaredEnd &- start {
      counters.retransmissions += 1
    } else if seen > 0 {
      counters.overlaps += 1
    }
  }

  /// Holds those of the bytes that no held piece has, and compares the others.
  ///
  /// - Returns: how many came before.
  private mutating func hold(_ bytes: ArraySlice<UInt8>, from start: UInt64, _ packetIndex: UInt64) -> UInt64 {
    let end = start &+ UInt64(bytes.count)
    var cursor = max(start, next)
    uncut(cursor..<end)
    var seen: UInt64 = 0
    func part(_ range: Range<UInt64>) -> ArraySlice<UInt8> {
      bytes[Int(range.lowerBound &- start)..<Int(range.upperBound &- start)]
    }
    var index = held.firstIndex { $0.end > cursor } ?? held.count
    while cursor < end {
      if index < held.count, held[index].start <= cursor {
        let stop = min(end, held[index].end)
        let piece = held[index]
        let offset = Int(cursor &- piece.start)
        let known = piece.bytes.dropFirst(offset).prefix(Int(stop &- cursor))
        counters.conflictingBytes += Self.differences(known, part(cursor..<stop))
        seen &+= stop &- cursor
        cursor = stop
      } else {
        let stop = index < held.count ? min(end, held[index].start) : end
        let piece = Piece(start: cursor, end: stop, bytes: part(cursor..<stop), packetIndex: packetIndex)
        held.insert(piece, at: index)
        heldLength += piece.bytes.count
        cursor = stop
      }
      index += 1
    }
    return seen
  }

  /// Marks those of the positions as cut away that no held piece has.
  ///
  /// - Returns: how many others there are.
  private mutating func holdCut(_ range: Range<UInt64>, _ packetIndex: UInt64) -> UInt64 {
    var cursor = range.lowerBound
    var seen: UInt64 = 0
    var index = held.firstIndex { $0.end > cursor } ?? held.count
    while cursor < range.upperBound {
      if index < held.count, held[index].start <= cursor {
        let stop = min(range.upperBound, held[index].end)
        seen &+= stop &- cursor
        cursor = stop
      } else {
        let stop = index < held.count ? min(range.upperBound, held[index].start) : range.upperBound
        held.insert(Piece(start: cursor, end: stop, bytes: [], packetIndex: packetIndex), at: index)
        cursor = stop
      }
      index += 1
    }
    return seen
  }

  /// Makes room where pieces that were cut away now arrive.
  private mutating func uncut(_ range: Range<UInt64>) {
    guard held.contains(where: { $0.isCut && $0.start < range.upperBound && $0.end > range.lowerBound }) else { return }
    held = held.flatMap { piece -> [Piece] in
      guard piece.isCut, piece.start < range.upperBound, piece.end > range.lowerBound else { return [piece] }
      var rest: [Piece] = []
      if piece.start < range.lowerBound {
        rest.append(Piece(start: piece.start, end: range.lowerBound, bytes: [], packetIndex: piece.packetIndex))
      }
      if piece.end > range.upperBound {
        rest.append(Piece(start: range.upperBound, end: piece.end, bytes: [], packetIndex: piece.packetIndex))
      }
      return rest
    }
  }

  /// Counts bytes of a segment below `next` that differ from those delivered, as far as they are remembered.
  private mutating func compareWithHistory(_ bytes: UnsafeRawBufferPointer, at start: UInt64) {
    let end = min(start &+ UInt64(bytes.count), next)
    let known = max(start, next &- UInt64(history.count))
    guard known < end else { return }
    let remembered = history.dropFirst(history.count - Int(next &- known)).prefix(Int(end &- known))
    counters.conflictingBytes += Self.differences(remembered, bytes.dropFirst(Int(known &- start)))
  }

  private static func differences(_ first: some Sequence<UInt8>, _ second: some Sequence<UInt8>) -> UInt64 {
    zip(first, second).reduce(0) { $0 + ($1.0 == $1.1 ? 0 : 1) }
  }
}
