/// One SBE message within a Deribit packet: header, root block, groups, strings; whole. Little-endian.
///
/// | offset | size | field |
/// |---:|---:|---|
/// | 0 | 2 | blockLength: of the root block, without this header |
/// | 2 | 2 | templateId |
/// | 4 | 2 | schemaId |
/// | 6 | 2 | version |
/// | 8 | 2 | numGroups |
/// | 10 | 2 | numVarDataFields |
/// | 12 | blockLength | root block |
///
/// Then the groups (8 bytes: blockLength, numInGroup, numGroups, numVarDataFields; the entries), then the strings
/// (1 byte of length, the bytes). Nothing has to be known of a template to step over it. Holding the view is the proof
/// that all of it is there.
struct DeribitMessage: BitwiseCopyable {
  static var headerLength: Int { 12 }
  static var schemaId: UInt16 { 1 }

  let bytes: UnsafeRawPointer
  let length: Int

  /// Nil where the bytes up to `available` do not hold the message.
  init?(_ bytes: UnsafeRawPointer, available: Int) {
    guard
      let length = DeribitSnapshotReader.messageLength(UnsafeRawBufferPointer(start: bytes, count: available))
    else { return nil }
    self.bytes = bytes
    self.length = length
  }

  var blockLength: Int { Int(bytes.littleEndian(UInt16.self, at: 0)) }
  var templateId: UInt16 { bytes.littleEndian(UInt16.self, at: 2) }
  var schema: UInt16 { bytes.littleEndian(UInt16.self, at: 4) }

  /// The entries of a group.
  struct Group: BitwiseCopyable {
    let entries: UnsafeRawPointer
    let stride: Int
    let count: Int
  }

  /// The first group; nil where there is none, where its entries are shorter than `entryLength`, or where they hold
  /// groups or strings of their own, which no known template has: then they could not be told apart.
  func firstGroup(entryLength: Int) -> Group? {
    // SAFETY: `init` walked all groups, their headers included.
    guard bytes.littleEndian(UInt16.self, at: 8) > 0 else { return nil }
    let group = bytes + Self.headerLength + blockLength
    let stride = Int(group.littleEndian(UInt16.self, at: 0))
    guard stride >= entryLength, group.littleEndian(UInt32.self, at: 4) == 0 else { return nil }
    return Group(entries: group + 8, stride: stride, count: Int(group.littleEndian(UInt16.self, at: 2)))
  }

  /// The first string, behind all groups; nil where there is none.
  func firstString() -> UnsafeRawBufferPointer? {
    guard bytes.littleEndian(UInt16.self, at: 10) > 0 else { return nil }
    // SAFETY: `init` walked the same way to the end of the message.
    var offset = Self.headerLength + blockLength
    for _ in 0..<bytes.littleEndian(UInt16.self, at: 8) {
      let group = bytes + offset
      offset += 8 + Int(group.littleEndian(UInt16.self, at: 0)) * Int(group.littleEndian(UInt16.self, at: 2))
    }
    return UnsafeRawBufferPointer(start: bytes + offset + 1, count: Int(bytes.byte(at: offset)))
  }
}

extension UnsafeRawPointer {
  /// A binary64, little-endian. SAFETY: as the loads of integers, the caller has proved eight bytes.
  @inline(__always)
  func littleEndianDouble(at offset: Int) -> Double { Double(bitPattern: littleEndian(UInt64.self, at: offset)) }
}
