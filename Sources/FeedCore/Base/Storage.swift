import CPlatform
import Glibc

/// Fixed-capacity memory for the hot path: page-aligned (so cache-line-aligned), zeroed, never moved.
///
/// The memory is anonymous and reserved lazily: an element costs resident memory from its first touch on, so a
/// capacity may be generous. Transparent huge pages are asked for from 4 MiB on, where the system allows them by
/// request. A table holds no reference that could be counted on the hot path; its memory goes back with the
/// `StorageOwner` of the thread that reserved it, a run's, and without one when the process ends.
public struct Storage<Element: BitwiseCopyable>: @unchecked Sendable {
  public let base: UnsafeMutablePointer<Element>
  public let capacity: Int

  /// - Parameter capacity: number of elements, 1 ... 2^40 bytes in all.
  public init(capacity: Int, hugePages: Bool = true) {
    precondition(capacity > 0, "storage needs a capacity of at least one element")
    let bytes = capacity * MemoryLayout<Element>.stride
    let rounded = (bytes + 4095) & ~4095
    // 2 MiB of slack lets large tables start on a huge page.
    let huge = hugePages && rounded >= 4 << 20
    let slack = huge ? 2 << 20 : 0
    let mapped = mmap(
      nil, rounded + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let mapped, mapped != MAP_FAILED else {
      fatalError("cannot reserve \(rounded) bytes of address space: \(String(cString: strerror(errno)))")
    }
    StorageOwner.ofThisThread?.adopt(UnsafeMutableRawBufferPointer(start: mapped, count: rounded + slack))
    var start = mapped
    if huge {
      start = UnsafeMutableRawPointer(bitPattern: (UInt(bitPattern: mapped) + (2 << 20) - 1) & ~UInt((2 << 20) - 1))!
      madvise(start, rounded, 14 /* MADV_HUGEPAGE */)
    }
    base = start.bindMemory(to: Element.self, capacity: capacity)
    self.capacity = capacity
  }

  /// A part of this memory, `count` elements from `first` on.
  func part(from first: Int, count: Int) -> Storage {
    precondition(first >= 0 && count > 0 && count <= capacity - first, "a part lies within its whole")
    return Storage(base: base + first, capacity: count)
  }

  private init(base: UnsafeMutablePointer<Element>, capacity: Int) {
    self.base = base
    self.capacity = capacity
  }

  /// Touches the first `count` elements (default all), so that no page fault is left for the hot path.
  public func prefault(count: Int? = nil) {
    let bytes = min(count ?? capacity, capacity) * MemoryLayout<Element>.stride
    if bytes == 0 { return }
    let raw = UnsafeMutableRawPointer(base)
    if madvise(raw, bytes, 23 /* MADV_POPULATE_WRITE, Linux 5.14 */) == 0 { return }
    feedh_touch(raw, bytes)
  }

  /// Touches as much of it as one order path may take without being asked: all of a small table, the beginning of a log.
  func prefaultBeginning() { prefault(count: (128 << 10) / MemoryLayout<Element>.stride) }

  @inlinable @inline(__always)
  public subscript(index: Int) -> Element {
    get { assert(index >= 0 && index < capacity); return base[index] }
    nonmutating _modify { assert(index >= 0 && index < capacity); yield &base[index] }
  }
}
