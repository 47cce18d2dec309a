import FeedCore
import Glibc
import Synchronization

/// How far captures have been sent, in a file that another process reads: what servers of missing messages may know by
/// now. It outlives the one that writes it.
///
/// The file holds eight bytes: capture time of the last packet sent, Unix nanoseconds, in the machine's byte order; 0
/// before the first.
public final class TransmitPosition: @unchecked Sendable {
  private static let length = MemoryLayout<UInt64>.size

  private let word: UnsafeMutablePointer<Atomic<UInt64>>

  /// Opens the file, and makes it where there is none.
  ///
  /// - Throws: `TransmitError`.
  public init(path: String) throws(TransmitError) {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .position(path: path, reason: String(cString: strerror(errno))) }
    defer { close(descriptor) }
    guard ftruncate(descriptor, Self.length) == 0,
      let mapped = mmap(nil, Self.length, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), mapped != MAP_FAILED
    else { throw .position(path: path, reason: String(cString: strerror(errno))) }
    // SAFETY: a mapping begins at a page and holds the file's eight bytes; any bytes are an atomic word.
    word = mapped.assumingMemoryBound(to: Atomic<UInt64>.self)
  }

  deinit { munmap(word, Self.length) }

  /// The sender's.
  func note(_ nanoseconds: UInt64) { word.pointee.store(nanoseconds, ordering: .releasing) }

  /// Any process's.
  public var nanoseconds: UInt64 { word.pointee.load(ordering: .acquiring) }
}
