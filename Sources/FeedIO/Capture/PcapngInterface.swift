import FeedCore

/// One interface of a pcapng section: how to read its packets and their times.
struct PcapngInterface {
  var linkType: LinkType
  /// Packets are cut to this; 0 = not.
  var snapLength: UInt32
  /// Nil: no filter, or none for this link type (`programIsMissing`).
  var program: PacketFilter.Program?
  var programIsMissing: Bool
  private var resolution: UInt8
  private var offsetSeconds: Int64
  /// The short way: up to `ticksMaximum`, nanoseconds are ticks · multiplier + offset.
  private var multiplier: UInt64 = 0
  private var offsetNanoseconds: UInt64 = 0
  private var ticksMaximum: UInt64 = 0

  /// No time that a capture can hold lies beyond this (the year 2262); later arithmetic may add to it.
  static let nanosecondsMaximum = UInt64(Int64.max)

  /// - Parameters:
  ///   - resolution: if_tsresol. Top bit clear: ticks of 10^−n seconds; set: of 2^−n.
  ///   - offsetSeconds: if_tsoffset, added to every time.
  init(
    linkType: LinkType, snapLength: UInt32, resolution: UInt8, offsetSeconds: Int64,
    program: PacketFilter.Program?, programIsMissing: Bool
  ) {
    self.linkType = linkType
    self.snapLength = snapLength
    self.resolution = resolution
    self.offsetSeconds = offsetSeconds
    self.program = program
    self.programIsMissing = programIsMissing
    if resolution <= 9 && offsetSeconds >= 0 && offsetSeconds < 1 << 32 {
      multiplier = (resolution..<9).reduce(1) { product, _ in product * 10 }
      offsetNanoseconds = UInt64(offsetSeconds) * 1_000_000_000
      ticksMaximum = (Self.nanosecondsMaximum - offsetNanoseconds) / multiplier
    } else {
      // Zero ticks are the offset itself; every other number takes the long way.
      offsetNanoseconds = Self.exact(0, resolution, offsetSeconds)
    }
  }

  /// Unix nanoseconds of a time in ticks: rounded down, and kept in 0 … `nanosecondsMaximum`.
  @inline(__always)
  func nanoseconds(ticks: UInt64) -> UInt64 {
    if ticks <= ticksMaximum { return ticks &* multiplier &+ offsetNanoseconds }
    return Self.exact(ticks, resolution, offsetSeconds)
  }

  @inline(never)
  private static func exact(_ ticks: UInt64, _ resolution: UInt8, _ offsetSeconds: Int64) -> UInt64 {
    let exponent = Int(resolution & 0x7F)
    var value: Int128
    if resolution & 0x80 != 0 {
      // Below 2^64 · 2^30: no overflow. A shift by 127 is zero.
      value = (Int128(ticks) * 1_000_000_000) >> Int128(exponent)
    } else {
      value = Int128(ticks)
      for _ in 0..<max(0, 9 - exponent) { value *= 10 }
      // 10^20 exceeds every tick count.
      for _ in 0..<min(20, max(0, exponent - 9)) { value /= 10 }
    }
    value += Int128(offsetSeconds) * 1_000_000_000
    return value < 0 ? 0 : UInt64(min(value, Int128(nanosecondsMaximum)))
  }
}

/// The interfaces of the current section, in memory that a cursor can hold without a retain.
struct InterfaceTable {
  /// More than any machine has; beyond it interfaces are not kept, and their packets count as `unknownInterface`.
  static let capacityMaximum = 65_536

  private var storage: UnsafeMutablePointer<PcapngInterface>?
  private var capacity = 0
  private(set) var count = 0

  @inline(__always)
  subscript(index: Int) -> UnsafeMutablePointer<PcapngInterface> {
    assert(index >= 0 && index < count)
    return storage! + index
  }

  mutating func append(_ interface: PcapngInterface) {
    if count == Self.capacityMaximum { return }
    if count == capacity {
      let grown = max(8, capacity * 2)
      let memory = UnsafeMutablePointer<PcapngInterface>.allocate(capacity: grown)
      if let storage {
        memory.moveInitialize(from: storage, count: count)
        storage.deallocate()
      }
      storage = memory
      capacity = grown
    }
    (storage! + count).initialize(to: interface)
    count += 1
  }

  mutating func removeAll() { count = 0 }

  func deallocate() { storage?.deallocate() }
}
