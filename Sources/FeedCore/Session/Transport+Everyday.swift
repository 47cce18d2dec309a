/// Everyday packets of each transport. The fields stand in the table above its `parse`.
///
/// SAFETY: every read here lies within the first `everydayLength` bytes, which the caller proved, or within a block's
/// minimum.
extension SequencedUnitHeader: EverydayFraming {
  @inline(__always) static var everydayLength: Int { headerLength }
  @inline(__always) static var blocksOffset: Int { headerLength }

  @inline(__always)
  static func everydayHeader(_ payload: UnsafeRawPointer) -> EverydayHeader? {
    let count = Int(payload.byte(at: 2))
    let unit = payload.byte(at: 3)
    let number = payload.littleEndian(UInt32.self, at: 4)
    // Told to be likely, they are branches; else the compiler computes all three.
    guard likely(count > 0), likely(unit > 0), likely(number > 0) else { return nil }
    return EverydayHeader(sequenceNumber: UInt64(number), messageCount: count, stream: UInt32(unit))
  }

  @inline(__always)
  static func declares(_ payload: UnsafeRawPointer, length: Int) -> Bool {
    Int(payload.littleEndian(UInt16.self, at: 0)) == length
  }
}

extension IEXTP: EverydayFraming {
  @inline(__always) static var everydayLength: Int { headerLength }
  @inline(__always) static var blocksOffset: Int { headerLength }

  @inline(__always)
  static func everydayHeader(_ payload: UnsafeRawPointer) -> EverydayHeader? {
    let count = Int(payload.littleEndian(UInt16.self, at: 14))
    let number = payload.littleEndian(UInt64.self, at: 24)
    guard payload.byte(at: 0) == 1, count > 0, number <= UInt64(Int64.max) - 65_535 else { return nil }
    return EverydayHeader(
      sequenceNumber: number, messageCount: count, session: UInt64(payload.littleEndian(UInt32.self, at: 8)),
      sendNanoseconds: payload.littleEndian(UInt64.self, at: 32), stream: payload.littleEndian(UInt32.self, at: 4))
  }

  @inline(__always)
  static func declares(_ payload: UnsafeRawPointer, length: Int) -> Bool {
    headerLength &+ Int(payload.littleEndian(UInt16.self, at: 12)) == length
  }
}

extension XDPPacket: EverydayFraming {
  /// The header, and the head of a message.
  @inline(__always) static var everydayLength: Int { headerLength + 4 }
  @inline(__always) static var blocksOffset: Int { headerLength }
  @inline(__always) static var hasEverydayStreams: Bool { false }

  /// DeliveryFlag 11, original. A Sequence Number Reset is no message of many.
  @inline(__always)
  static func everydayHeader(_ payload: UnsafeRawPointer) -> EverydayHeader? {
    let count = Int(payload.byte(at: 3))
    guard payload.byte(at: 2) == 11, count > 0, payload.littleEndian(UInt16.self, at: headerLength + 2) != 1 else {
      return nil
    }
    return EverydayHeader(
      sequenceNumber: UInt64(payload.littleEndian(UInt32.self, at: 4)), messageCount: count,
      sendNanoseconds: UInt64(payload.littleEndian(UInt32.self, at: 8)) &* 1_000_000_000
        &+ UInt64(payload.littleEndian(UInt32.self, at: 12)))
  }

  @inline(__always)
  static func declares(_ payload: UnsafeRawPointer, length: Int) -> Bool {
    Int(payload.littleEndian(UInt16.self, at: 0)) == length
  }
}

extension MEMXUDP: EverydayFraming {
  @inline(__always) static var everydayLength: Int { headerLength }
  @inline(__always) static var blocksOffset: Int { headerLength }
  @inline(__always) static var hasEverydayStreams: Bool { false }

  @inline(__always)
  static func everydayHeader(_ payload: UnsafeRawPointer) -> EverydayHeader? {
    let count = Int(payload.bigEndian(UInt16.self, at: 18))
    let number = payload.bigEndian(UInt64.self, at: 10)
    guard payload.byte(at: 0) == 2, payload.byte(at: 1) == UInt8(commonHeaderLength), count > 0,
      number <= .max - 65_535
    else { return nil }
    return EverydayHeader(
      sequenceNumber: number, messageCount: count, session: payload.bigEndian(UInt64.self, at: 2))
  }
}

extension MACH: EverydayFraming {
  @inline(__always) static var everydayLength: Int { headerLength }
  @inline(__always) static var blocksOffset: Int { 0 }
  @inline(__always) static var hasEverydayStreams: Bool { false }

  /// The first of the datagram's packets, which are its blocks: application data of a session.
  @inline(__always)
  static func everydayHeader(_ payload: UnsafeRawPointer) -> EverydayHeader? {
    let number = payload.littleEndian(UInt64.self, at: 0)
    let session = payload.byte(at: 11)
    guard payload.byte(at: 10) == 3, session > 0, number < .max - 65_536 else { return nil }
    return EverydayHeader(sequenceNumber: number, session: UInt64(session))
  }

  /// One run: the same type and session in two bytes, and the next number.
  @inline(__always)
  static func follows(
    _ block: UnsafeRawPointer, index: Int, _ header: EverydayHeader, of payload: UnsafeRawPointer
  ) -> Bool {
    block.littleEndian(UInt16.self, at: 10) == payload.littleEndian(UInt16.self, at: 10)
      && block.littleEndian(UInt64.self, at: 0) == header.sequenceNumber &+ UInt64(truncatingIfNeeded: index)
  }
}

extension MDP3Packet: EverydayFraming {
  @inline(__always) static var everydayLength: Int { headerLength + messageHeaderLength }
  @inline(__always) static var blocksOffset: Int { headerLength }
  @inline(__always) static var hasEverydayStreams: Bool { false }

  /// Channel Reset is template 4.
  @inline(__always)
  static func everydayHeader(_ payload: UnsafeRawPointer) -> EverydayHeader? {
    if payload.littleEndian(UInt16.self, at: headerLength + 4) == 4 { return nil }
    return EverydayHeader(
      sequenceNumber: UInt64(payload.littleEndian(UInt32.self, at: 0)),
      sendNanoseconds: payload.littleEndian(UInt64.self, at: 4))
  }
}

extension CoinbaseDerivativesPacket: EverydayFraming {
  @inline(__always) static var everydayLength: Int { headerLength }
  @inline(__always) static var blocksOffset: Int { headerLength }

  @inline(__always)
  static func everydayHeader(_ payload: UnsafeRawPointer) -> EverydayHeader? {
    let number = payload.littleEndian(UInt64.self, at: 8)
    let count = Int(payload.byte(at: 19))
    guard payload.byte(at: 18) & 0x03 == 1, count > 0, number <= UInt64(Int64.max) - 255 else { return nil }
    return EverydayHeader(
      sequenceNumber: number, messageCount: count, sendNanoseconds: payload.littleEndian(UInt64.self, at: 0),
      stream: UInt32(payload.littleEndian(UInt16.self, at: 16)))
  }
}

extension EOBIPacket: EverydayFraming {
  @inline(__always) static var everydayLength: Int { headerLength + 8 }
  @inline(__always) static var blocksOffset: Int { headerLength }

  /// Neither a heartbeat (13001) nor a snapshot (13600 and above), and no ApplSeqResetIndicator.
  @inline(__always)
  static func everydayHeader(_ payload: UnsafeRawPointer) -> EverydayHeader? {
    let template = payload.littleEndian(UInt16.self, at: headerLength + 2)
    guard isHeader(payload), template &- 13_100 < 500, payload.byte(at: 18) != 1 else { return nil }
    return EverydayHeader(
      sequenceNumber: UInt64(payload.littleEndian(UInt32.self, at: headerLength + 4)),
      sendNanoseconds: payload.littleEndian(UInt64.self, at: 24),
      stream: payload.littleEndian(UInt32.self, at: 12) & ~snapshotStream)
  }

  /// MsgSeqNum goes on by one each, in 32 bits.
  @inline(__always)
  static func follows(
    _ block: UnsafeRawPointer, index: Int, _ header: EverydayHeader, of payload: UnsafeRawPointer
  ) -> Bool {
    block.littleEndian(UInt32.self, at: 4)
      == UInt32(truncatingIfNeeded: header.sequenceNumber) &+ UInt32(truncatingIfNeeded: index)
  }
}

extension DeribitPacket: EverydayFraming {
  @inline(__always) static var everydayLength: Int { headerLength }
  /// The framing header is the block's.
  @inline(__always) static var blocksOffset: Int { 0 }

  @inline(__always)
  static func everydayHeader(_ payload: UnsafeRawPointer) -> EverydayHeader? {
    EverydayHeader(
      sequenceNumber: UInt64(payload.littleEndian(UInt32.self, at: 4)) &+ 1,
      stream: UInt32(payload.littleEndian(UInt16.self, at: 2)))
  }

  @inline(__always)
  static func declares(_ payload: UnsafeRawPointer, length: Int) -> Bool {
    length > headerLength && headerLength &+ Int(payload.littleEndian(UInt16.self, at: 0)) == length
  }
}
