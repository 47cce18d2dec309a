import Glibc

/// A thread for one core and what it leaves behind for the report. Its owner thread writes; others read after `join`.
final class CoreThread: @unchecked Sendable {
  let index: Int
  /// CPU it is pinned to, nil = not pinned.
  var cpu: Int?
  var pipeline: UnsafeMutablePointer<Pipeline>?
  /// Rings layout: the shards, or the ingest.
  var core: UnsafeMutablePointer<Core>?
  var ingest: Ingest?
  var source: Any?
  var endedTicks: UInt64 = 0
  /// Duty cycles (of those stamped) beyond the stall limit, and waits for a full ring.
  var stalls: UInt64 = 0
  /// Of these the waits for a full ring, and the most batches that a core with shards was behind.
  var ringFullWaits: UInt64 = 0
  var ringFillMax: UInt64 = 0
  /// Page faults between the first packet and the last event.
  var pageFaults: UInt64 = 0
  /// SCHED_FIFO was asked for and refused: an errno value; 0: it was not.
  var schedulingError: Int32 = 0
  /// Stopped by command, with input left.
  var isInterrupted = false
  private let preparation = Gate()
  private var thread = pthread_t()
  private var body: (() -> Void)?

  init(index: Int) { self.index = index }

  func start(_ body: @escaping () -> Void) {
    self.body = body
    let context = Unmanaged.passRetained(self).toOpaque()
    let result = pthread_create(&thread, nil, CoreThread.main, context)
    guard result == 0 else { fatalError("cannot start a thread: \(String(cString: strerror(result)))") }
  }

  private static let main: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
    let thread = Unmanaged<CoreThread>.fromOpaque(context!).takeRetainedValue()
    thread.body?()
    thread.prepared()
    return nil
  }

  func join() {
    pthread_join(thread, nil)
    body = nil
  }

  /// Its tables are reserved and touched.
  func prepared() { preparation.open() }

  func waitUntilPrepared() { preparation.wait() }

  /// The shards' side, in either layout.
  var shards: UnsafeMutablePointer<Core>? {
    if let core { return core }
    guard let pipeline else { return nil }
    // SAFETY: `core` is a stored property of the pipeline, which lives as long as the thread object.
    return UnsafeMutableRawPointer(pipeline).advanced(by: MemoryLayout<Pipeline>.offset(of: \.core)!)
      .assumingMemoryBound(to: Core.self)
  }
}
