import CPlatform
import Glibc
import Synchronization

/// Gives a run's memory back when the run is over: whoever holds it holds the tables that its threads reserved.
///
/// `Storage` itself is a plain pointer, which no core counts references of. Each thread of a run works as the owner's
/// (`own`); what it reserves meanwhile is unmapped with the owner, so a use after that is a fault and no wrong value.
final class StorageOwner: Sendable {
  private let mappings = Mutex<[Mapping]>([])

  private struct Mapping: @unchecked Sendable { var bytes: UnsafeMutableRawBufferPointer }

  deinit {
    mappings.withLock { for mapping in $0 { munmap(mapping.bytes.baseAddress!, mapping.bytes.count) } }
  }

  /// Runs `body`; the storage that this thread reserves in it is the owner's.
  func own<Result>(_ body: () throws -> Result) rethrows -> Result {
    let outer = feedh_storage_owner()
    feedh_set_storage_owner(Unmanaged.passUnretained(self).toOpaque())
    defer { feedh_set_storage_owner(outer) }
    return try withExtendedLifetime(self) { try body() }
  }

  /// The owner whose work the calling thread does.
  static var ofThisThread: StorageOwner? {
    // SAFETY: only `own` sets it, and keeps the owner meanwhile.
    feedh_storage_owner().map { Unmanaged<StorageOwner>.fromOpaque($0).takeUnretainedValue() }
  }

  func adopt(_ bytes: UnsafeMutableRawBufferPointer) { mappings.withLock { $0.append(Mapping(bytes: bytes)) } }
}
