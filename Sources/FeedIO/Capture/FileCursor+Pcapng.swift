import FeedCore

/// pcapng (draft-ietf-opsawg-pcapng). Every block: type, length of all of it, body, the same length again.
///
///     Enhanced Packet (6)   8 interface   12 ticks high  16 low  20 captured length  24 original  28 packet …
///     Packet, obsolete (2)  8 interface, drops (16 bit each); the rest as above
///     Simple Packet (3)     8 original length   12 packet …
extension FileCursor {
  private static let sectionHeader: UInt32 = 0x0A0D_0D0A
  /// Longest block that may be called a cut one rather than a wrong length.
  private static let blockLengthMaximum = 16 << 20

  mutating func fillPcapng(_ out: UnsafeMutablePointer<Packet>, limit: Int) -> Int {
    var count = 0
    var blocks = 0
    while count < limit && blocks < Self.recordsPerCallMaximum && !isFinished {
      blocks &+= 1
      // SAFETY: `blockLength` proves the block lies within the file, and each case that its fields lie in the block.
      let place = offset
      let block = base + place
      let length = blockLength(at: place)
      if length == 0 { break }
      Self.prefetch(block, length)
      offset = place &+ length
      switch word(block, 0) {
      case 6: count &+= packet(block, length, interface: Int(word(block, 8)), out + count)
      case 2: count &+= packet(block, length, interface: Int(half(block, 8)), out + count)
      case 3: count &+= simplePacket(block, length, out + count)
      default: other(block, length)
      }
    }
    return count
  }

  /// Length of the whole block at `place`, checked against the file and against its copy at the block's end;
  /// 0 where the file ends there. Enters a new section: its byte order is needed to read its own length.
  @inline(__always)
  private mutating func blockLength(at place: Int) -> Int {
    let remaining = length &- place
    if remaining < 12 {
      endPcapng(remaining: remaining)
      return 0
    }
    let block = base + place
    if block.littleEndian(UInt32.self, at: 0) == Self.sectionHeader && !enterSection(block) {
      stop(.badBlock, at: place)
      return 0
    }
    let blockLength = Int(word(block, 4))
    if blockLength < 12 || blockLength & 3 != 0 {
      stop(.badBlock, at: place)
      return 0
    }
    if blockLength > remaining {
      stop(blockLength > Self.blockLengthMaximum ? .badBlock : .truncatedTail, at: place)
      return 0
    }
    if Int(word(block, blockLength &- 4)) != blockLength {
      stop(.badBlock, at: place)
      return 0
    }
    return blockLength
  }

  @inline(never)
  private mutating func endPcapng(remaining: Int) {
    if remaining == 0 { finish() } else { stop(.truncatedTail, at: offset) }
  }

  /// Reads the byte order of a Section Header Block of which 12 bytes are here. False: not one of the two.
  @inline(never)
  private mutating func enterSection(_ block: UnsafeRawPointer) -> Bool {
    switch block.littleEndian(UInt32.self, at: 8) {
    case 0x1A2B_3C4D: isSwapped = false
    case 0x4D3C_2B1A: isSwapped = true
    default: return false
    }
    interfaces.removeAll()
    return true
  }

  /// Enhanced and obsolete Packet Blocks. Returns the number of packets written, 0 or 1.
  @inline(__always)
  private mutating func packet(
    _ block: UnsafeRawPointer, _ length: Int, interface index: Int, _ out: UnsafeMutablePointer<Packet>
  ) -> Int {
    if length < 32 {
      noteBlock(.badRecordLength, length)
      return 0
    }
    let captured = word(block, 20)
    if Int(captured) > length &- 32 {
      noteBlock(.badRecordLength, length)
      return 0
    }
    if index >= interfaces.count {
      noteBlock(.unknownInterface, length)
      return 0
    }
    let interface = interfaces[index]
    let time = interface.pointee.nanoseconds(ticks: UInt64(word(block, 12)) << 32 | UInt64(word(block, 16)))
    if time < clock { note(.timeWentBack, at: offset &- length) } else { clock = time }
    return handOut(block + 28, captured, wire: word(block, 24), interface, length, out)
  }

  /// Simple Packet Blocks belong to interface 0 and carry no time: they get that of the packet before.
  @inline(never)
  private mutating func simplePacket(
    _ block: UnsafeRawPointer, _ length: Int, _ out: UnsafeMutablePointer<Packet>
  ) -> Int {
    if length < 16 {
      noteBlock(.badRecordLength, length)
      return 0
    }
    if interfaces.count == 0 {
      noteBlock(.unknownInterface, length)
      return 0
    }
    let interface = interfaces[0]
    let wire = word(block, 8)
    let snapLength = interface.pointee.snapLength == 0 ? UInt32.max : interface.pointee.snapLength
    // Neither captured length nor interface is written down; what the block holds is the smaller of the two limits.
    let captured = min(wire, snapLength)
    if Int(captured) > length - 16 {
      noteBlock(.badRecordLength, length)
      return 0
    }
    return handOut(block + 12, captured, wire: wire, interface, length, out)
  }

  @inline(__always)
  private mutating func handOut(
    _ bytes: UnsafeRawPointer, _ captured: UInt32, wire: UInt32, _ interface: UnsafeMutablePointer<PcapngInterface>,
    _ length: Int, _ out: UnsafeMutablePointer<Packet>
  ) -> Int {
    let wire = max(wire, captured)
    let index = recordIndex
    recordIndex &+= 1
    if filter != nil && !passes(bytes, captured, wire, interface, length) { return 0 }
    out.initialize(
      to: Packet(
        bytes: bytes, captureNanoseconds: clock, capturedLength: captured, wireLength: wire, recordIndex: index,
        fileIndex: fileIndex, linkType: interface.pointee.linkType))
    return 1
  }

  @inline(never)
  private func passes(
    _ bytes: UnsafeRawPointer, _ captured: UInt32, _ wire: UInt32,
    _ interface: UnsafeMutablePointer<PcapngInterface>, _ length: Int
  ) -> Bool {
    if let program = interface.pointee.program {
      if program.matches(bytes, captured: captured, wire: wire) { return true }
      note(.filteredOut, at: offset - length)
      return false
    }
    if interface.pointee.programIsMissing {
      note(.filterNotApplicable, at: offset - length)
      return false
    }
    return true
  }

  /// A packet record that cannot be handed out still has its place in the count of records.
  @inline(never)
  private mutating func noteBlock(_ counter: CaptureCounter, _ length: Int) {
    note(counter, at: offset - length)
    recordIndex &+= 1
  }

  @inline(never)
  private mutating func other(_ block: UnsafeRawPointer, _ length: Int) {
    switch word(block, 0) {
    case Self.sectionHeader:
      // Type, length, magic, version, section length, length: 28. A reader need not know another major version.
      if length < 28 || half(block, 12) != 1 { stop(.badBlock, at: offset - length) }
    case 1: describeInterface(block, length)
    // Name resolution, interface statistics, systemd journal, decryption secrets, custom blocks; Linux IRIG, ARINC.
    case 4, 5, 7, 8, 9, 0xA, 0xBAD, 0x4000_0BAD: break
    default: note(.unknownBlock, at: offset - length)
    }
  }

  /// Interface Description Block: 8 link type, 12 snap length, 16 options.
  private mutating func describeInterface(_ block: UnsafeRawPointer, _ length: Int) {
    if length < 20 { return stop(.badBlock, at: offset - length) }
    let linkNumber = UInt32(half(block, 8))
    var resolution: UInt8 = 6
    var offsetSeconds: Int64 = 0
    var cursor = 16
    let end = length - 4
    while cursor + 4 <= end {
      let code = half(block, cursor)
      let optionLength = Int(half(block, cursor + 2))
      if code == 0 { break }
      if cursor + 4 + optionLength > end {
        note(.badOption, at: offset - length + cursor)
        break
      }
      switch (code, optionLength) {
      case (9, 1): resolution = block.byte(at: cursor + 4)
      case (14, 8):
        offsetSeconds =
          isSwapped
          ? block.bigEndian(Int64.self, at: cursor + 4) : block.littleEndian(Int64.self, at: cursor + 4)
      case (9, _), (14, _): note(.badOption, at: offset - length + cursor)
      default: break
      }
      cursor += 4 + (optionLength + 3) & ~3
    }
    let linkType = LinkType(captureNumber: linkNumber)
    let program = filter?.takeUnretainedValue().program(linkNumber: linkNumber, isSwapped: isSwapped)
    interfaces.append(
      PcapngInterface(
        linkType: linkType, snapLength: word(block, 12), resolution: resolution, offsetSeconds: offsetSeconds,
        program: program, programIsMissing: filter != nil && program == nil && linkType != .unsupported))
  }

  /// The link types that a file's first section describes before its first packet: those a filter must suit.
  static func leadingLinkTypes(
    _ bytes: UnsafeRawBufferPointer
  ) -> [(linkNumber: UInt32, isSwapped: Bool)] {
    guard let base = bytes.baseAddress, bytes.count >= 12 else { return [] }
    let isSwapped = base.littleEndian(UInt32.self, at: 8) == 0x4D3C_2B1A
    func word(_ offset: Int) -> UInt32 {
      isSwapped ? base.bigEndian(UInt32.self, at: offset) : base.littleEndian(UInt32.self, at: offset)
    }
    var found: [(UInt32, Bool)] = []
    var offset = Int(word(4))
    while bytes.count - offset >= 20, word(offset) == 1 || word(offset) == 5 || word(offset) == 4 {
      if word(offset) == 1 {
        let both = word(offset + 8)
        found.append((isSwapped ? both >> 16 : both & 0xFFFF, isSwapped))
      }
      let length = Int(word(offset + 4))
      if length < 12 || found.count == InterfaceTable.capacityMaximum { break }
      offset += length
    }
    return found
  }

  @inline(__always)
  private func word(_ block: UnsafeRawPointer, _ offset: Int) -> UInt32 {
    isSwapped ? block.bigEndian(UInt32.self, at: offset) : block.littleEndian(UInt32.self, at: offset)
  }

  @inline(__always)
  private func half(_ block: UnsafeRawPointer, _ offset: Int) -> UInt16 {
    isSwapped ? block.bigEndian(UInt16.self, at: offset) : block.littleEndian(UInt16.self, at: offset)
  }
}
