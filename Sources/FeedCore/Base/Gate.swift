import Glibc

/// Closed until somebody opens it; waiting blocks the thread (start-up only: nothing on the hot path waits like this).
final class Gate: @unchecked Sendable {
  private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

  init() { sem_init(semaphore, 0, 0) }

  deinit {
    sem_destroy(semaphore)
    semaphore.deallocate()
  }

  /// Lets one waiter through, and each waiter lets the next one through: the gate stays open.
  func open() { sem_post(semaphore) }

  func wait() {
    while sem_wait(semaphore) != 0, errno == EINTR {}
    sem_post(semaphore)
  }
}
