import FeedCore

/// pcap (draft-ietf-opsawg-pcap, section 5):
///
///      0        4            8                 12                16
///     │ seconds │ µs or ns   │ captured length │ original length │ packet …
extension FileCursor {
  private static let recordHeaderLength = 16

  /// Inlined once per byte order, so that neither swaps in a loop that need not.
  @inline(__always)
  mutating func fillPcap(
    _ out: UnsafeMutablePointer<Packet>, limit: Int, nanosecondsPerTick: UInt64, isSwapped: Bool
  ) -> Int {
    // Locals: the compiler cannot know that `out` does not alias this cursor.
    let base = base
    let length = length
    let linkType = linkType
    let fileIndex = fileIndex
    let isFiltering = program != nil || programIsMissing
    var offset = offset
    var clock = clock
    var count = 0
    var records = 0
    while count < limit && records < Self.recordsPerCallMaximum {
      // SAFETY: the header is read only where 16 bytes remain, and the packet ends within the file.
      let remaining = length &- offset &- Self.recordHeaderLength
      if remaining < 0 { break }
      let header = base + offset
      let captured = Int(Self.word(header, 8, isSwapped))
      if captured > remaining { break }
      if captured > Self.recordLengthSlack && isAbsurd(captured) { break }
      Self.prefetch(header, Self.recordHeaderLength &+ captured)
      let seconds = UInt64(Self.word(header, 0, isSwapped))
      let fraction = UInt64(Self.word(header, 4, isSwapped))
      // At most (2^32 − 1) · 1e9 + (2^32 − 1) · 1,000 < 2^63.
      let time = seconds &* 1_000_000_000 &+ fraction &* nanosecondsPerTick
      if time < clock { note(.timeWentBack, at: offset) } else { clock = time }
      let wire = max(Self.word(header, 12, isSwapped), UInt32(truncatingIfNeeded: captured))
      let place = offset
      offset = offset &+ Self.recordHeaderLength &+ captured
      records &+= 1
      if isFiltering && !passes(header + Self.recordHeaderLength, captured, wire, at: place) { continue }
      (out + count).initialize(
        to: Packet(
          bytes: header + Self.recordHeaderLength, captureNanoseconds: clock,
          capturedLength: UInt32(truncatingIfNeeded: captured), wireLength: wire,
          recordIndex: recordIndex &+ UInt64(truncatingIfNeeded: records &- 1), fileIndex: fileIndex,
          linkType: linkType))
      count &+= 1
    }
    self.offset = offset
    self.clock = clock
    recordIndex &+= UInt64(truncatingIfNeeded: records)
    if count < limit && records < Self.recordsPerCallMaximum { endPcap(isSwapped: isSwapped) }
    return count
  }

  /// Why the walk stopped short: the end of the file, or a record that is not whole or not possible.
  @inline(never)
  private mutating func endPcap(isSwapped: Bool) {
    let remaining = length - offset
    if remaining == 0 { return finish() }
    if remaining < Self.recordHeaderLength { return stop(.truncatedTail, at: offset) }
    let captured = Int(Self.word(base + offset, 8, isSwapped))
    stop(isAbsurd(captured) ? .badRecordLength : .truncatedTail, at: offset)
  }

  @inline(never)
  private func isAbsurd(_ captured: Int) -> Bool {
    guard case .pcap(let header) = format else { return false }
    return captured > Self.recordLengthSlack + Int(header.snapLength)
  }

  @inline(never)
  private func passes(_ packet: UnsafeRawPointer, _ captured: Int, _ wire: UInt32, at offset: Int) -> Bool {
    guard let program else {
      note(.filterNotApplicable, at: offset)
      return false
    }
    if program.matches(packet, captured: UInt32(truncatingIfNeeded: captured), wire: wire) { return true }
    note(.filteredOut, at: offset)
    return false
  }

  @inline(__always)
  private static func word(_ header: UnsafeRawPointer, _ offset: Int, _ isSwapped: Bool) -> UInt32 {
    isSwapped ? header.bigEndian(UInt32.self, at: offset) : header.littleEndian(UInt32.self, at: offset)
  }
}
