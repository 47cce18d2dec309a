import FeedCore
import Glibc

/// Buffers of received datagrams: regions, one per burst, used in turn, so that a burst's bytes stay until
/// `LiveSource.retainedBursts` further bursts have come.
///
///     region 0              region 1              …  region 32
///     slot 0 │ slot 1 │ …   slot 0 │ slot 1 │ …
///     └ 64 bytes for headers, then the datagram's payload, then at least 7 bytes of nothing
struct SocketBuffers {
  /// Room for headers in front of a payload; a payload begins at a cache line.
  static var headerLength: Int { 64 }
  static var regionCount: Int { LiveSource.retainedBursts + 1 }

  let base: UnsafeMutableRawPointer
  let byteCount: Int
  /// From one slot to the next: an odd number of cache lines, so that headers do not all fall into the same sets.
  let slotStride: Int
  let slotsPerRegion: Int
  /// Longest payload that is kept whole.
  let payloadCapacity: Int

  /// Nil where there is no memory.
  init?(slotsPerRegion: Int, payloadCapacity: Int) {
    self.slotsPerRegion = slotsPerRegion
    self.payloadCapacity = payloadCapacity
    // Seven bytes behind a payload may be read by those who load words.
    let lines = (Self.headerLength + payloadCapacity + 7 + 63) / 64
    slotStride = (lines | 1) * 64
    byteCount = slotStride * slotsPerRegion * Self.regionCount
    let mapped = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let mapped, mapped != MAP_FAILED else { return nil }
    base = mapped
    // No page fault is left for the core. Where the kernel is too old for it, the first bursts pay.
    madvise(mapped, byteCount, 23 /* MADV_POPULATE_WRITE, Linux 5.14 */)
  }

  @inline(__always)
  func region(_ index: Int) -> UnsafeMutableRawPointer { base + index &* (slotsPerRegion &* slotStride) }

  func deallocate() { munmap(base, byteCount) }
}
