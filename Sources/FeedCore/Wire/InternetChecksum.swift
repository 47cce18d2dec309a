/// The ones'-complement sum of IPv4, UDP and TCP (RFC 1071).
///
/// Words are added as they lie in memory, eight bytes at a time: the sum does not depend on byte order or on word
/// size (RFC 1071 sections 2 (B) and (C)), so neither swaps nor 16-bit steps are needed.
public enum InternetChecksum {
  /// Adds `length` bytes to `initial`; the result is folded to 16 bits, in memory byte order.
  ///
  /// Four independent sums with their carries kept aside let one core add three words a cycle; one add-with-carry
  /// chain adds one. No byte outside `bytes ..< bytes + length` is read: the packet may end its file's mapping.
  ///
  /// - Parameter initial: any sum of 32-bit quantities, such as `pseudoHeader` gives.
  @inline(__always)
  public static func sum(_ bytes: UnsafeRawPointer, length: Int, initial: UInt64 = 0) -> UInt16 {
    // SAFETY: every load below lies in `offset ..< length`; the caller proved that many bytes.
    var a: UInt64 = initial
    var b: UInt64 = 0
    var c: UInt64 = 0
    var d: UInt64 = 0
    var carriesA: UInt64 = 0
    var carriesB: UInt64 = 0
    var offset = 0
    while length &- offset >= 32 {
      add(word(bytes, offset), to: &a, &carriesA)
      add(word(bytes, offset &+ 8), to: &b, &carriesB)
      add(word(bytes, offset &+ 16), to: &c, &carriesA)
      add(word(bytes, offset &+ 24), to: &d, &carriesB)
      offset &+= 32
    }
    while length &- offset >= 8 {
      add(word(bytes, offset), to: &a, &carriesA)
      offset &+= 8
    }
    var tail: UInt64 = 0
    if length & 4 != 0 {
      tail = UInt64(bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
      offset &+= 4
    }
    if length & 2 != 0 {
      tail &+= UInt64(bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
      offset &+= 2
    }
    // An odd last byte is the first of a pair whose second is zero: its low half on these little-endian machines.
    if length & 1 != 0 { tail &+= UInt64(bytes.byte(at: offset)) }
    add(tail, to: &a, &carriesA)
    add(b, to: &a, &carriesA)
    add(c, to: &a, &carriesB)
    add(d, to: &a, &carriesB)
    // The carries go back in at the low end; that can carry once more, and then leaves a small number.
    let (wrapped, overflowed) = a.addingReportingOverflow(carriesA &+ carriesB)
    a = wrapped &+ (overflowed ? 1 : 0)
    return fold(a)
  }

  /// The part of the UDP and TCP checksum that is not in the segment. RFC 768, RFC 8200 section 8.1.
  ///
  /// - Parameters:
  ///   - addresses: source address followed by destination address, as in the IP header.
  ///   - addressesLength: 8 (IPv4) or 32 (IPv6).
  @inline(__always)
  public static func pseudoHeader(
    addresses: UnsafeRawPointer, addressesLength: Int, protocol number: UInt8, length: Int
  ) -> UInt64 {
    UInt64(sum(addresses, length: addressesLength)) &+ UInt64(UInt16(number).bigEndian)
      &+ UInt64(UInt32(truncatingIfNeeded: length).bigEndian)
  }

  /// True where a region that includes its checksum field sums to what RFC 1071 wants: all ones.
  @inline(__always)
  public static func isValid(_ bytes: UnsafeRawPointer, length: Int, initial: UInt64 = 0) -> Bool {
    sum(bytes, length: length, initial: initial) == 0xFFFF
  }

  /// The checksum field for a region whose own field is zero, in host order: store it big-endian.
  public static func checksum(_ bytes: UnsafeRawPointer, length: Int, initial: UInt64 = 0) -> UInt16 {
    ~UInt16(bigEndian: sum(bytes, length: length, initial: initial))
  }

  @inline(__always)
  private static func word(_ bytes: UnsafeRawPointer, _ offset: Int) -> UInt64 {
    bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
  }

  @inline(__always)
  private static func add(_ value: UInt64, to sum: inout UInt64, _ carries: inout UInt64) {
    let (result, overflowed) = sum.addingReportingOverflow(value)
    sum = result
    carries &+= overflowed ? 1 : 0
  }

  @inline(__always)
  private static func fold(_ sum: UInt64) -> UInt16 {
    var folded = (sum & 0xFFFF_FFFF) &+ (sum >> 32)
    folded = (folded & 0xFFFF) &+ ((folded >> 16) & 0xFFFF) &+ (folded >> 32)
    folded = (folded & 0xFFFF) &+ (folded >> 16)
    folded = (folded & 0xFFFF) &+ (folded >> 16)
    return UInt16(truncatingIfNeeded: folded)
  }
}
