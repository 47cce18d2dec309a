/// Loads and stores of wire integers at any alignment.
///
/// SAFETY: none of these check bounds. The caller holds the proof: a view or message whose length was checked
/// when it was made.
extension UnsafeRawPointer {
  @inlinable @inline(__always)
  public func bigEndian<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type, at offset: Int) -> T {
    T(bigEndian: loadUnaligned(fromByteOffset: offset, as: T.self))
  }

  @inlinable @inline(__always)
  public func littleEndian<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type, at offset: Int) -> T {
    T(littleEndian: loadUnaligned(fromByteOffset: offset, as: T.self))
  }

  /// A 48-bit big-endian integer: ITCH timestamps.
  @inlinable @inline(__always)
  public func bigEndianUInt48(at offset: Int) -> UInt64 {
    UInt64(bigEndian(UInt16.self, at: offset)) << 32 | UInt64(bigEndian(UInt32.self, at: offset + 2))
  }

  @inlinable @inline(__always)
  public func byte(at offset: Int) -> UInt8 { load(fromByteOffset: offset, as: UInt8.self) }
}

extension UnsafeMutableRawPointer {
  @inlinable @inline(__always)
  public func storeBigEndian<T: FixedWidthInteger & BitwiseCopyable>(_ value: T, at offset: Int) {
    storeBytes(of: value.bigEndian, toByteOffset: offset, as: T.self)
  }

  @inlinable @inline(__always)
  public func storeBigEndianUInt48(_ value: UInt64, at offset: Int) {
    storeBigEndian(UInt16(truncatingIfNeeded: value >> 32), at: offset)
    storeBigEndian(UInt32(truncatingIfNeeded: value), at: offset + 2)
  }

  @inlinable @inline(__always)
  public func storeByte(_ value: UInt8, at offset: Int) { storeBytes(of: value, toByteOffset: offset, as: UInt8.self) }
}
