import CPlatform
import Glibc

/// Gives a run's memory back when the run is over: whoever holds it holds the tables that its threads reserved.
///
/// `Storage` itself is a plain pointer, which no core counts references of. Each thread of a run works as the owner's
/// (`own`); what it reserves meanwhile is unmapped with the owner, so a use after that is a fault and no wrong value.
final class StorageOwner: @unchecked Sendable {
  /// Guards `mappings`. A lock of pthreads, for the thread sanitizer sees what these do; `Synchronization.Mutex` lies in
  /// a library that is not compiled for it, and each append would be taken for a race.
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private var mappings: [UnsafeMutableRawBufferPointer] = []

  init() {
    lock.initialize(to: pthread_mutex_t())
    pthread_mutex_init(lock, nil)
  }

  deinit {
    for mapping in mappings { munmap(mapping.baseAddress!, mapping.count) }
    pthread_mutex_destroy(lock)
    lock.deallocate()
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

  func adopt(_ bytes: UnsafeMutableRawBufferPointer) {
    pthread_mutex_lock(lock)
    mappings.append(bytes)
    pthread_mutex_unlock(lock)
  }
}
